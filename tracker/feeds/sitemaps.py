"""Sitemaps: of news (https://www.google.com/schemas/sitemap-news/0.9), of pages, and indexes of them."""

from __future__ import annotations

from typing import Any

from tracker.feeds.listing import MOST_ITEMS, Item, Listing, line, sections, web_address
from tracker.feeds.syndication import said_at
from tracker.feeds.xml import child_text, children, local_name, parse_xml

MOST_SITEMAPS = 500


def read_sitemap(payload: bytes, *, address: str, name: str) -> Listing:
    """What a sitemap lists, or which sitemaps an index names, the last changed first. Raises ``IngestError``."""
    root = parse_xml(payload, name=name)
    if local_name(root) == "sitemapindex":
        return _index(root, address)
    entries = children(root, "url")
    found = [_item(entry, address) for entry in entries[:MOST_ITEMS]]
    left_out = []
    if len(entries) > MOST_ITEMS:
        left_out.append(f"{len(entries) - MOST_ITEMS:,} pages beyond the first {MOST_ITEMS:,}.")
    if missing := sum(item is None for item in found):
        left_out.append(f"{missing:,} pages without an http(s) address.")
    news = any(children(entry, "news") for entry in entries[:MOST_ITEMS])
    return Listing(
        format="news sitemap" if news else "sitemap",
        title=line(next((_publication(entry) for entry in entries[:MOST_ITEMS] if _publication(entry)), "")),
        site=web_address("/", base=address),
        items=tuple(item for item in found if item is not None),
        left_out=tuple(left_out),
    ).newest_first()


def _index(root: Any, address: str) -> Listing:
    named = [
        (child_text(entry, "lastmod"), web_address(child_text(entry, "loc"), base=address))
        for entry in children(root, "sitemap")
    ]
    # Without a date, the last ones are usually the newest.
    ordered = sorted(enumerate(named), key=lambda one: (one[1][0], one[0]), reverse=True)
    further = tuple(dict.fromkeys(where for _, (_, where) in ordered if where))
    left_out = (f"{len(further) - MOST_SITEMAPS:,} of its sitemaps.",) if len(further) > MOST_SITEMAPS else ()
    return Listing(
        format="index of sitemaps",
        site=web_address("/", base=address),
        further=further[:MOST_SITEMAPS],
        left_out=left_out,
    )


def _publication(entry: Any) -> str:
    return child_text(entry, "news", "publication", "name")


def _item(entry: Any, base: str) -> Item | None:
    where = web_address(child_text(entry, "loc"), base=base)
    if not where:
        return None
    genres = [*child_text(entry, "news", "genres").split(","), *child_text(entry, "news", "keywords").split(",")]
    return Item(
        identifier=where,
        address=where,
        title=line(child_text(entry, "news", "title")),
        sections=sections(genres),
        published_at=said_at(child_text(entry, "news", "publication_date")),
        changed_at=said_at(child_text(entry, "lastmod")),
    )
