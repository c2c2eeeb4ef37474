"""What a feed lists, whatever its format. Texts are plain, addresses are complete, and nothing is endless."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from urllib.parse import urljoin

from lxml import etree  # type: ignore[import-untyped]
from lxml import html as lxml_html

from tracker.ingest.addresses import parse_address
from tracker.ingest.charsets import storable
from tracker.ingest.errors import IngestError

MOST_ITEMS = 10_000  # of one document
MOST_SECTIONS = 30
LONGEST_TITLE = 500
LONGEST_SUMMARY = 2_000
LONGEST_ADDRESS = 2_000
LONGEST_SECTION = 100
EARLIEST = datetime(1970, 1, 2, tzinfo=UTC)
TAGGED = re.compile(r"<[a-zA-Z/!]|&[#a-zA-Z]")
NO_TEXT = frozenset({"script", "style", "noscript", "template", "iframe", "object"})


@dataclass(frozen=True, slots=True)
class Item:
    """One thing that a feed lists. ``identifier`` is what the feed calls it, its address where it gives it no name."""

    identifier: str
    address: str
    title: str = ""
    summary: str = ""
    sections: tuple[str, ...] = ()
    published_at: datetime | None = None
    changed_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Listing:
    """What was found at an address, the newest item first where the feed says when they are from.

    ``left_out`` says in words what of it is not among ``items``. ``every`` is after how many seconds the feed itself
    says that it is worth looking again. ``further`` are the sitemaps that an index of sitemaps names.
    """

    format: str
    title: str = ""
    site: str = ""
    items: tuple[Item, ...] = ()
    left_out: tuple[str, ...] = ()
    every: float | None = None
    further: tuple[str, ...] = ()

    def newest_first(self) -> Listing:
        """The same with its items in order: those without a date stay behind the others, as the feed has them."""
        dated = [item for item in self.items if item.published_at or item.changed_at]
        undated = [item for item in self.items if not (item.published_at or item.changed_at)]
        dated.sort(key=lambda item: item.published_at or item.changed_at or EARLIEST, reverse=True)
        return replace(self, items=(*dated, *undated))


def line(value: object, *, html: bool = False, longest: int = LONGEST_TITLE) -> str:
    """One line of plain text: of HTML the words alone, without scripts; control characters and ends of lines go."""
    text = value if isinstance(value, str) else ""
    text = text[: 20 * longest]
    if html and TAGGED.search(text):
        text = _words(text)
    text = "".join(char if char.isprintable() else " " for char in storable(text))
    return " ".join(text.split())[:longest]


def _words(markup: str) -> str:
    try:
        tree = lxml_html.fragment_fromstring(markup, create_parent="div")
    except (etree.LxmlError, ValueError, AssertionError):
        return re.sub(r"<[^>]*>?", " ", markup)
    for element in list(tree.iter(*NO_TEXT)):
        element.clear(keep_tail=True)
    return str(tree.text_content())


def web_address(value: object, *, base: str = "") -> str:
    """A complete http(s) address, relative ones completed by ``base``; empty where there is none to be made of it."""
    if not isinstance(value, str) or not value.strip() or len(value) > LONGEST_ADDRESS:
        return ""
    try:
        address = str(parse_address(urljoin(base, value.strip()) if base else value))
    except (IngestError, ValueError):
        return ""
    return address if len(address) <= LONGEST_ADDRESS else ""


def sections(values: Iterable[object]) -> tuple[str, ...]:
    """Names of sections or categories, each once."""
    named = (line(value, html=True, longest=LONGEST_SECTION) for value in values)
    return tuple(dict.fromkeys(name for name in named if name))[:MOST_SECTIONS]


def plausible(moment: datetime | None) -> datetime | None:
    """The moment, if a database and a person can make something of it; what has no zone is taken for UTC."""
    if moment is None:
        return None
    try:
        aware = moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    except (OverflowError, ValueError):
        return None
    return aware if aware >= EARLIEST and aware.year < 2200 else None
