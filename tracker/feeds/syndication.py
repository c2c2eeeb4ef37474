"""RSS, Atom and RDF, by feedparser; JSON Feed by its own specification."""

from __future__ import annotations

import calendar
import io
import json
import time
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

import feedparser

from tracker.feeds.listing import LONGEST_SUMMARY, MOST_ITEMS, Item, Listing, line, plausible, sections, web_address
from tracker.ingest.errors import ErrorCode, IngestError
from tracker.ingest.front_matter import parse_moment

# feedparser's short names, as people write them.
FORMATS = {
    "rss090": "RSS 0.90", "rss091n": "RSS 0.91", "rss091u": "RSS 0.91", "rss10": "RSS 1.0 (RDF)", "rss092": "RSS 0.92",
    "rss093": "RSS 0.93", "rss094": "RSS 0.94", "rss20": "RSS 2.0", "rss": "RSS", "atom01": "Atom 0.1",
    "atom02": "Atom 0.2", "atom03": "Atom 0.3", "atom10": "Atom 1.0", "atom": "Atom", "cdf": "CDF",
}  # fmt: skip
HTML_TYPES = frozenset({"text/html", "application/xhtml+xml"})
PERIODS = {"hourly": 3600, "daily": 86_400, "weekly": 604_800, "monthly": 2_592_000, "yearly": 31_536_000}
JSON_FEED = "https://jsonfeed.org/version/"


def parse_feed(payload: bytes, *, address: str, content_type: str) -> feedparser.FeedParserDict:
    """What feedparser makes of these bytes. It is given a stream: of anything else it would open files or addresses."""
    headers = {"content-location": address, "content-type": content_type}
    return feedparser.parse(io.BytesIO(payload), response_headers=headers)


def read_feed(payload: bytes, *, address: str, content_type: str, name: str) -> Listing:
    """What an RSS, Atom or RDF document lists, however badly it is written. Raises ``IngestError``: not_a_feed."""
    try:
        parsed = parse_feed(payload, address=address, content_type=content_type)
    except Exception as error:  # a parser of everything that people publish finds new ways to fail
        raise IngestError(
            ErrorCode.NOT_A_FEED, f"{name} cannot be read as a feed ({type(error).__name__}). Check it in a browser."
        ) from error
    if not parsed.get("version") and not parsed.entries:
        raise IngestError(
            ErrorCode.NOT_A_FEED,
            f"{name} is no feed: neither RSS, Atom, RDF, JSON Feed nor a sitemap. Check the address.",
        )
    return listing_of(parsed, address=address)


def listing_of(parsed: feedparser.FeedParserDict, *, address: str) -> Listing:
    """What was parsed, as values of our own."""
    found = [_item(entry, address) for entry in parsed.entries[:MOST_ITEMS]]
    feed = parsed.feed
    left_out = []
    if len(parsed.entries) > MOST_ITEMS:
        left_out.append(f"{len(parsed.entries) - MOST_ITEMS:,} items beyond the first {MOST_ITEMS:,}.")
    if missing := sum(item is None for item in found):
        left_out.append(f"{missing:,} items without an http(s) address.")
    version = str(parsed.get("version") or "")
    return Listing(
        format=FORMATS.get(version, version or "feed without a version"),
        title=line(feed.get("title"), html=_is_html(feed.get("title_detail")), longest=300),
        site=web_address(feed.get("link"), base=address),
        items=tuple(item for item in found if item is not None),
        left_out=tuple(left_out),
        every=_every(feed),
    ).newest_first()


def _item(entry: Mapping[str, Any], base: str) -> Item | None:
    where = web_address(entry.get("link"), base=base)
    if not where:
        links = entry.get("links") or []
        named = (web_address(link.get("href"), base=base) for link in links if link.get("rel") == "alternate")
        where = next((address for address in named if address), "") or web_address(entry.get("id"))
    if not where:
        return None
    return Item(
        identifier=str(entry.get("id") or where)[:5000],
        address=where,
        title=line(entry.get("title"), html=_is_html(entry.get("title_detail"))),
        summary=line(entry.get("summary"), html=True, longest=LONGEST_SUMMARY),
        sections=sections(_terms(entry)),
        published_at=_moment(entry.get("published_parsed")),
        # Asked of feedparser's dictionary itself, a missing date of change is that of publication, and a warning.
        changed_at=_moment(dict.get(entry, "updated_parsed")),  # type: ignore[call-overload]
    )


def _terms(entry: Mapping[str, Any]) -> Iterator[object]:
    for tag in entry.get("tags") or []:
        yield tag.get("label") or tag.get("term")


def _is_html(detail: Any) -> bool:
    return isinstance(detail, Mapping) and detail.get("type") in HTML_TYPES


def _moment(parsed: object) -> datetime | None:
    if not isinstance(parsed, time.struct_time):
        return None
    try:
        return plausible(datetime.fromtimestamp(calendar.timegm(parsed), tz=UTC))
    except (ValueError, OverflowError, OSError):
        return None


def _every(feed: Mapping[str, Any]) -> float | None:
    """After how long the feed says that it is worth looking again: by RSS's ``ttl``, or by the syndication module."""
    ttl = str(feed.get("ttl") or "")
    if ttl.isascii() and ttl.isdigit() and len(ttl) < 8:
        return float(ttl) * 60
    period = PERIODS.get(str(feed.get("sy_updateperiod") or "").strip().lower())
    if period is None:
        return None
    often = str(feed.get("sy_updatefrequency") or "1").strip()
    times = int(often) if often.isascii() and often.isdigit() and len(often) < 6 else 1
    return period / max(times, 1)


def read_json_feed(payload: bytes, *, address: str, name: str) -> Listing:
    """What a JSON Feed lists. Raises ``IngestError``: not_a_feed."""
    try:
        feed = json.loads(payload)
    except (ValueError, RecursionError) as error:
        raise IngestError(ErrorCode.NOT_A_FEED, f"{name} looks like JSON but cannot be read as such.") from error
    version = feed.get("version") if isinstance(feed, dict) else None
    if not (isinstance(version, str) and version.startswith(JSON_FEED) and isinstance(feed.get("items"), list)):
        raise IngestError(ErrorCode.NOT_A_FEED, f"{name} is JSON, but no JSON Feed (its `version` does not say so).")
    listed = feed["items"]
    found = [_json_item(item, address) for item in listed[:MOST_ITEMS]]
    left_out = []
    if len(listed) > MOST_ITEMS:
        left_out.append(f"{len(listed) - MOST_ITEMS:,} items beyond the first {MOST_ITEMS:,}.")
    if missing := sum(item is None for item in found):
        left_out.append(f"{missing:,} items without an http(s) address.")
    return Listing(
        format=f"JSON Feed {line(version.removeprefix(JSON_FEED), longest=10)}",
        title=line(feed.get("title"), longest=300),
        site=web_address(feed.get("home_page_url"), base=address),
        items=tuple(item for item in found if item is not None),
        left_out=tuple(left_out),
    ).newest_first()


def _json_item(item: object, base: str) -> Item | None:
    if not isinstance(item, dict):
        return None
    named = item.get("id")
    where = (
        web_address(item.get("url"), base=base)
        or web_address(item.get("external_url"), base=base)
        or web_address(named)
    )
    if not where:
        return None
    tags = item.get("tags")
    return Item(
        identifier=str(named)[:5000] if isinstance(named, str | int | float) and str(named) else where,
        address=where,
        title=line(item.get("title")),
        summary=line(item.get("summary") or item.get("content_text"), longest=LONGEST_SUMMARY)
        or line(item.get("content_html"), html=True, longest=LONGEST_SUMMARY),
        sections=sections(tags if isinstance(tags, list) else []),
        published_at=said_at(item.get("date_published")),
        changed_at=said_at(item.get("date_modified")),
    )


def said_at(value: object) -> datetime | None:
    """The moment that a text names in one of the usual ways; ``None`` where it names none."""
    if not isinstance(value, str) or not value or len(value) > 100:
        return None
    return plausible(parse_moment(value))
