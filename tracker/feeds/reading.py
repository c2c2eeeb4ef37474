"""From bytes to what they list: the bytes decide what they are, whatever a header or a name says."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

from tracker.feeds.listing import Listing, line
from tracker.feeds.sitemaps import read_sitemap
from tracker.feeds.syndication import read_feed, read_json_feed
from tracker.feeds.xml import BLANK, narrowed, refuse_unsafe
from tracker.ingest.errors import ErrorCode, IngestError, shown
from tracker.ingest.extraction import extract
from tracker.ingest.fetched import Fetched
from tracker.ingest.inflation import Corrupt, TooMuch, inflate
from tracker.ingest.signatures import binary_format

GZIP = b"\x1f\x8b"
SITEMAPS = frozenset({"urlset", "sitemapindex"})
PAGES = frozenset({"html", "head", "body"})


@dataclass(frozen=True, slots=True)
class Page:
    """A watched page as it was: what it calls itself, and the SHA-256 of its text, which tells whether it changed."""

    title: str
    digest: str


def read_listing(fetched: Fetched, *, max_bytes: int) -> Listing:
    """What a feed or sitemap lists.

    Raises ``IngestError``: empty, binary, too_large, unsafe_xml, not_a_feed (with what it is instead).
    """
    name = shown(fetched.final_address)
    payload = _unpacked(fetched.payload, max_bytes=max_bytes, name=name)
    if not payload.strip(BLANK + b"\x00"):
        raise IngestError(ErrorCode.EMPTY, f"{name} is empty. Check the address in a browser.")
    known = binary_format(payload)
    if known is not None:
        raise IngestError(ErrorCode.BINARY, f"{name} is {known}, whatever its name or header says, and no feed.")
    opening = narrowed(payload[:4096]).lstrip(BLANK)[:1]
    if opening in (b"{", b"["):
        return read_json_feed(payload, address=fetched.final_address, name=name)
    root = refuse_unsafe(payload, name=name)
    if root in SITEMAPS:
        return read_sitemap(payload, address=fetched.final_address, name=name)
    if root == "opml":
        raise IngestError(ErrorCode.NOT_A_FEED, f"{name} is a list of feeds (OPML). Import it instead of adding it.")
    if root in PAGES:
        raise IngestError(
            ErrorCode.NOT_A_FEED, f"{name} is a web page, no feed. Add the feed that it names, or watch it as a page."
        )
    return read_feed(payload, address=fetched.final_address, content_type=fetched.content_type, name=name)


def read_watched(fetched: Fetched) -> Page:
    """A watched page's title and what its text hashes to. Raises ``IngestError`` as extraction does."""
    extracted = extract(fetched)
    words = " ".join(extracted.text.split())
    return Page(line(extracted.title or "", longest=300), hashlib.sha256(words.encode()).hexdigest())


def key_of(identifier: str) -> str:
    """How an item is known in the database, however long what its feed calls it."""
    return hashlib.sha256(identifier.encode(errors="replace")).hexdigest()


def _unpacked(payload: bytes, *, max_bytes: int, name: str) -> bytes:
    """Sitemaps are often sent as gzip files, which no header says."""
    if not payload.startswith(GZIP):
        return payload
    try:
        return inflate([payload], encoding="gzip", max_bytes=max_bytes)
    except TooMuch as error:
        raise IngestError(
            ErrorCode.TOO_LARGE, f"{name} unpacks to more than {max_bytes:,} bytes, the most that is taken in."
        ) from error
    except Corrupt as error:
        raise IngestError(ErrorCode.BINARY, f"{name} cannot be unpacked: {error}.") from error
