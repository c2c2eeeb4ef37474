"""Feeds and pages as servers give them."""

from __future__ import annotations

from typing import Any

RSS = """<?xml version="1.0" encoding="utf-8"?>
<rss version="2.0"><channel><title>Karsk Mail</title><link>{site}/</link><ttl>10</ttl>{items}</channel></rss>"""
ITEM = """<item><title>{title}</title><link>{site}/{n}</link><guid isPermaLink="false">karsk-{n}</guid>
<category>{section}</category><pubDate>{date}</pubDate><description>About {n}.</description></item>"""


def rss(site: str, numbers: Any, *, title: str = "Dispatch {n}", section: str = "News", date: str = "") -> bytes:
    """A feed of these numbers, the first one on top; each of the minute of its number unless ``date`` is given."""
    items = "".join(
        ITEM.format(
            title=title.format(n=n), site=site, n=n, section=section,
            date=date or f"Mon, 05 May 2025 {n // 60 % 24:02}:{n % 60:02}:00 GMT",
        )
        for n in numbers
    )  # fmt: skip
    return RSS.format(site=site, items=items).encode()


def article(words: str = "Harbour closed") -> bytes:
    return (
        f"<!doctype html><html lang='en'><head><title>{words}</title></head><body><article><h1>{words}</h1>"
        f"<p>The harbour master of Velmora said the harbour was closed on Monday: {words}.</p></article></body></html>"
    ).encode()
