"""The feeds that a page names in its head (https://blog.whatwg.org/feed-autodiscovery)."""

from __future__ import annotations

from dataclasses import dataclass

from lxml import etree  # type: ignore[import-untyped]
from lxml import html as lxml_html

from tracker.feeds.listing import line, web_address
from tracker.ingest.charsets import declared_charset, decode
from tracker.ingest.errors import IngestError
from tracker.ingest.fetched import Fetched
from tracker.ingest.signatures import has_tags, is_html

FEED_TYPES = {
    "application/rss+xml": "RSS",
    "application/atom+xml": "Atom",
    "application/rdf+xml": "RDF",
    "application/feed+json": "JSON Feed",
    "application/json": "JSON Feed",
    "application/xml": "RSS",
    "text/xml": "RSS",
}
MOST = 30


@dataclass(frozen=True, slots=True)
class Candidate:
    """A feed that a page names."""

    address: str
    title: str
    format: str


def feeds_named(fetched: Fetched) -> list[Candidate]:
    """The feeds that a page names, in its order; none where it is no page."""
    try:
        text = decode(
            fetched.payload,
            name=fetched.final_address,
            declared=declared_charset(fetched.payload, content_type=fetched.content_type),
            lenient=True,
        ).text
    except IngestError:
        return []
    if not (is_html(text) or (fetched.content_type.startswith("text/html") and has_tags(text))):
        return []
    try:
        tree = lxml_html.document_fromstring(text.encode("utf-8", "replace"), parser=_parser())
    except (etree.LxmlError, ValueError, AssertionError):
        return []
    base = next((str(href) for href in tree.xpath("//base/@href[1]")), "")
    found: dict[str, Candidate] = {}
    for link in tree.xpath("//link[@href and @rel]"):
        kind = FEED_TYPES.get(str(link.get("type", "")).split(";")[0].strip().lower())
        relations = str(link.get("rel")).lower().split()
        if kind is None or "alternate" not in relations or "stylesheet" in relations:
            continue
        address = web_address(
            link.get("href"), base=web_address(base, base=fetched.final_address) or fetched.final_address
        )
        if address:
            found.setdefault(address, Candidate(address, line(link.get("title") or "", longest=300), kind))
        if len(found) >= MOST:
            break
    return list(found.values())


def _parser() -> lxml_html.HTMLParser:
    return lxml_html.HTMLParser(encoding="utf-8", remove_comments=True, remove_pis=True, no_network=True)
