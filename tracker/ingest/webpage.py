"""Text and metadata of an HTML page."""

from __future__ import annotations

import json
import logging
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import trafilatura
from lxml import etree  # type: ignore[import-untyped]
from lxml import html as lxml_html
from trafilatura.settings import use_config

from tracker.analysis.corrections import CORRECTED, RETRACTED, SHOWN, Notice
from tracker.ingest.charsets import storable
from tracker.ingest.front_matter import parse_moment

logger = logging.getLogger(__name__)

NAME = "trafilatura"
# Ours first: how paragraphs are joined is ours too.
VERSION = f"1+{trafilatura.__version__}"

ABOUT_ITSELF = frozenset({"datePublished", "dateModified", "correction", "creativeWorkStatus"})
# schema.org's kinds of what a page may be the page of.
ARTICLES = re.compile(r"(?:Article|Report|BlogPosting|Posting|NewsStory)$")
TAKEN_BACK = frozenset({"retracted", "withdrawn"})
BLOCKS = frozenset({"p", "head", "item", "quote", "row", "list", "table", "div", "code", "fw"})
# Never what the page says to a reader who sees it.
UNSEEN = ("script", "style", "noscript", "template", "iframe", "object", "svg")
XML_DECLARATION = re.compile(r"^\s*<\?xml[^>]*\?>")
LANGUAGE = re.compile(r"[a-z]{2,3}(?:-[a-z0-9-]+)?$", re.I)
PUBLISHED = (
    "//meta[@property='article:published_time']/@content",
    "//meta[@property='og:article:published_time']/@content",
    "//meta[@itemprop='datePublished']/@content",
    "//meta[@name='date' or @name='pubdate' or @name='publish-date' or @name='DC.date.issued']/@content",
    "//time[@itemprop='datePublished']/@datetime",
    "//article//time[@pubdate]/@datetime",
)
MODIFIED = (
    "//meta[@property='article:modified_time']/@content",
    "//meta[@itemprop='dateModified']/@content",
    "//time[@itemprop='dateModified']/@datetime",
)


@dataclass(frozen=True, slots=True)
class Page:
    """What an HTML page says, and says about itself. ``text`` has a blank line between paragraphs."""

    text: str
    title: str | None = None
    publisher: str | None = None
    byline: str | None = None
    published_at: datetime | None = None
    updated_at: datetime | None = None
    language: str | None = None
    canonical: str | None = None
    description: str | None = None
    notice: Notice | None = None


def read_page(markup: str, *, address: str) -> Page:
    """The page's main text, without navigation, advertisements and comments. Never raises; no text is ``""``."""
    try:
        return _read(markup, address)
    except Exception:  # any page may trip a parser of other people's; one page must not stop a run
        logger.warning("The page at %s could not be parsed.", address, exc_info=True)
        return Page("")


def _read(markup: str, address: str) -> Page:
    # lxml refuses characters that XML cannot hold, and declarations of an encoding in what is decoded already.
    markup = XML_DECLARATION.sub("", markup).replace("\x00", "\ufffd")
    tree = lxml_html.document_fromstring(markup, parser=_parser())
    linked = list(_linked_data(tree))
    published, modified = (
        _moment(tree, PUBLISHED, linked, "datePublished"),
        _moment(tree, MODIFIED, linked, "dateModified"),
    )
    language = _first(tree, ["//html/@lang", "//meta[@http-equiv='content-language']/@content"])
    canonical = _first(tree, ["//link[@rel='canonical']/@href", "//meta[@property='og:url']/@content"])
    metadata = trafilatura.extract_metadata(tree, default_url=address)
    etree.strip_elements(tree, *UNSEEN, with_tail=False)
    found: Any = trafilatura.bare_extraction(tree, url=address, config=_settings(), include_comments=False)
    if published is None and metadata.date:
        published = parse_moment(metadata.date)
    return Page(
        text="" if found is None else "\n\n".join(_paragraphs(found.body)),
        title=_clean(metadata.title),
        publisher=_clean(metadata.sitename),
        byline=_clean(metadata.author),
        published_at=published,
        updated_at=modified,
        language=language.split("-")[0].lower() if language and LANGUAGE.match(language) else None,
        canonical=canonical,
        description=_clean(metadata.description),
        notice=_notice(linked),
    )


def _parser() -> Any:
    # Pages made with page builders nest deeper than the 256 levels that libxml2 allows by default.
    return lxml_html.HTMLParser(remove_comments=True, remove_pis=True, huge_tree=True)


def _settings() -> Any:
    config = use_config()
    # A dispatch of two lines is a document too.
    config["DEFAULT"]["MIN_EXTRACTED_SIZE"] = "1"
    config["DEFAULT"]["MIN_OUTPUT_SIZE"] = "1"
    # Signal-based time limits do not work in a worker's threads.
    config["DEFAULT"]["EXTRACTION_TIMEOUT"] = "0"
    return config


def _paragraphs(body: Any) -> Iterator[str]:
    pieces: list[str] = []

    def flushed() -> Iterator[str]:
        lines = [" ".join(line.split()) for line in "".join(pieces).split("\n")]
        paragraph = "\n".join(line for line in lines if line)
        pieces.clear()
        if paragraph:
            yield paragraph

    for event, element in etree.iterwalk(body, events=("start", "end")):
        if not isinstance(element.tag, str):
            continue
        if element.tag in BLOCKS:
            yield from flushed()
        if event == "start":
            # Line breaks of the source are blanks; the only ones of the text are the page's own.
            pieces.append("\n" if element.tag == "lb" else "")
            pieces.append((element.text or "").replace("\n", " "))
        else:
            pieces.append((element.tail or "").replace("\n", " "))
            if element.tag == "cell":
                pieces.append(" ")
    yield from flushed()


def _clean(value: str | None) -> str | None:
    return " ".join(value.split()) or None if value else None


def _first(tree: Any, paths: list[str] | tuple[str, ...]) -> str | None:
    for path in paths:
        for value in tree.xpath(path):
            if str(value).strip():
                return str(value).strip()
    return None


def _moment(tree: Any, paths: tuple[str, ...], linked: list[dict[str, Any]], key: str) -> datetime | None:
    values = [str(value) for path in paths for value in tree.xpath(path)]
    values += [str(item[key]) for item in linked if key in item]
    for value in values:
        moment = parse_moment(value)
        if moment is not None and moment.astimezone(UTC).year > 1:
            return moment
    return None


def _notice(linked: list[dict[str, Any]]) -> Notice | None:
    """What the page's first article says of itself by schema.org's ``creativeWorkStatus`` and ``correction``."""
    article = next((item for item in linked if any(map(ARTICLES.search, _words(item.get("@type"))))), None)
    if article is None:
        return None
    status = next((word for word in _words(article.get("creativeWorkStatus")) if word.lower() in TAKEN_BACK), None)
    if status:
        return Notice(RETRACTED, f"creativeWorkStatus: {status}", "the page's markup (schema.org) says so")
    corrections = [storable(word) for word in _words(article.get("correction")) if word.strip()]
    if corrections:
        return Notice(CORRECTED, " ".join(corrections)[:SHOWN], "the page's markup (schema.org) has a correction")
    return None


def _words(value: object) -> list[str]:
    """The words of a value in JSON-LD: itself, the text of an object (a ``CorrectionComment``), or all of a list."""
    if isinstance(value, str):
        return [value.strip()]
    if isinstance(value, dict):
        return next((_words(value[key]) for key in ("text", "name", "url", "@id") if value.get(key)), [])
    return [word for item in value for word in _words(item)] if isinstance(value, list) else []


def _linked_data(tree: Any) -> Iterator[dict[str, Any]]:
    """Every object in the page's JSON-LD that has a date of publication, or a word on a correction."""
    for script in tree.xpath("//script[@type='application/ld+json']/text()"):
        try:
            waiting = [json.loads(script)]
        except (ValueError, RecursionError):
            continue
        while waiting:
            item = waiting.pop()
            if isinstance(item, list):
                waiting.extend(reversed(item))
            elif isinstance(item, dict):
                if not ABOUT_ITSELF.isdisjoint(item):
                    yield item
                waiting.extend(value for value in reversed(list(item.values())) if isinstance(value, dict | list))
