"""Damaged and hostile feeds, sitemaps, lists and pages: read or refused, never an exception, never without end."""

from __future__ import annotations

import resource
import time
from datetime import UTC, datetime

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.tracker.feeds.texts import article, rss
from tracker.feeds.discovery import feeds_named
from tracker.feeds.listing import Listing
from tracker.feeds.opml import read_opml
from tracker.feeds.reading import read_listing, read_watched
from tracker.ingest.errors import IngestError
from tracker.ingest.fetched import Fetched

ATOM = b"""<?xml version="1.0" encoding="utf-8"?><feed xmlns="http://www.w3.org/2005/Atom" xml:lang="en">
<title type="html">Osk &amp;lt;b&gt;Valley&lt;/b&gt;</title><id>urn:osk</id><updated>2025-05-05T10:00:00Z</updated>
<entry><title type="xhtml"><div xmlns="http://www.w3.org/1999/xhtml">Ferry <b>late</b></div></title><id>urn:osk:1</id>
<link rel="alternate" href="/ferry"/><updated>2025-05-05T10:00:00+02:00</updated><category term="Ferries"/>
<content type="html">&lt;script&gt;alert(1)&lt;/script&gt;It was late.</content></entry></feed>"""
RDF = b"""<?xml version="1.0"?><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"
xmlns="http://purl.org/rss/1.0/" xmlns:dc="http://purl.org/dc/elements/1.1/">
<channel rdf:about="http://osk.example/"><title>Osk</title><link>http://osk.example/</link></channel>
<item rdf:about="http://osk.example/1"><title>Pier</title><link>http://osk.example/1</link>
<dc:date>2025-05-05T10:00:00Z</dc:date></item></rdf:RDF>"""
JSON = b"""{"version": "https://jsonfeed.org/version/1.1", "title": "Osk", "home_page_url": "http://osk.example/",
"items": [{"id": 7, "url": "http://osk.example/7", "title": "Crane", "date_published": "2025-05-05T10:00:00Z",
"tags": ["Port"], "content_html": "<p>It fell.</p>"}]}"""
SITEMAP = b"""<?xml version="1.0"?><urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9"
xmlns:news="http://www.google.com/schemas/sitemap-news/0.9"><url><loc>http://osk.example/8</loc><news:news>
<news:publication><news:name>Osk</news:name></news:publication><news:title>Lock</news:title>
<news:publication_date>2025-05-05</news:publication_date></news:news></url></urlset>"""
INDEX = b"""<sitemapindex xmlns="http://www.sitemaps.org/schemas/sitemap/0.9"><sitemap>
<loc>http://osk.example/a.xml</loc><lastmod>2025-05-05</lastmod></sitemap></sitemapindex>"""
OPML = b"""<opml version="2.0"><head><title>Mine</title></head><body><outline text="Wires"><outline type="rss"
text="Osk" xmlUrl="http://osk.example/feed" htmlUrl="http://osk.example/"/></outline></body></opml>"""
HOME = b"""<!doctype html><html><head><base href="/x/"><link rel="alternate" type="application/rss+xml" title="All"
href="feed.xml"></head><body><p>Osk Valley said so.</p></body></html>"""
BASES = [rss("http://osk.example", [2, 1]), ATOM, RDF, JSON, SITEMAP, INDEX, OPML, HOME, article()]
PIECES = [
    b"<", b">", b"</", b"<![CDATA[", b"]]>", b"<!--", b"-->", b"<!DOCTYPE a [", b"<!ENTITY b 'c'>", b"&a;", b"&#0;",
    b"&#x110000;", b"\x00", b"\xff", b"\xfe\xff", b"\xed\xa0\x80", b"<?xml version='1.1'?>", b" encoding='utf-7'",
    b"{" * 40,
    b"[" * 2000, b'"', b"\\ud800", b"1e999", b"9" * 5000, b"<a>" * 300, b"xmlns:x='y'",
    b"<xi:include href='/etc/passwd'/>",
    b"http://[", b"//", b"javascript:alert(1)", b"99999-13-45T99:99:99Z", b"Mon, 99 Foo 0000", b"\x1f\x8b\x08", b"=",
    b"<script>", b"<rss>", b"<feed>", b"<item>", b"</item>", b"\r\n" * 50, b"\xe2\x80\xae",
]  # fmt: skip


@st.composite
def mutated(draw: st.DrawFn) -> bytes:
    """One of the bases, with bytes cut, doubled, replaced or moved, and pieces of markup thrown in."""
    data = draw(st.sampled_from(BASES))
    for _ in range(draw(st.integers(1, 6))):
        start = draw(st.integers(0, len(data)))
        end = min(start + draw(st.integers(0, 60)), len(data))
        piece = draw(st.sampled_from(PIECES) | st.binary(max_size=12))
        kind = draw(st.sampled_from(["cut", "double", "insert", "replace", "truncate", "widen"]))
        data = {
            "cut": data[:start] + data[end:],
            "double": data[:end] + data[start:end] * 3 + data[end:],
            "insert": data[:start] + piece + data[start:],
            "replace": data[:start] + piece + data[end:],
            "truncate": data[:start],
            "widen": data.decode("latin-1").encode("utf-16") if len(data) < 20_000 else data,
        }[kind]
    return data


TYPES = ["", "text/html; charset=utf-16", "application/rss+xml", "application/json", "text/plain; charset=\x00", "x"]


def read_all(data: bytes, content_type: str) -> None:
    """Whatever is read from outside, by everything that reads."""
    fetched = Fetched("http://osk.example/f", "http://osk.example/f", data, content_type, datetime.now(UTC), status=200)
    for reader in (
        lambda: read_listing(fetched, max_bytes=1_000_000),
        lambda: read_watched(fetched),
        lambda: read_opml(data, name="list.opml"),
        lambda: feeds_named(fetched),
    ):
        refusal = ""
        found: object = None
        try:
            found = reader()
        except IngestError as error:
            refusal = str(error)
        assert len(refusal) < 2000
        assert refusal.isprintable()
        if isinstance(found, Listing):
            for item in found.items:
                assert item.address.startswith(("http://", "https://"))
                assert "\x00" not in item.title + item.summary + "".join(item.sections)
                assert len(item.title) <= 500


@settings(max_examples=500, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(data=mutated(), content_type=st.sampled_from(TYPES))
def test_no_damage_brings_more_than_a_refusal(data: bytes, content_type: str) -> None:
    began = time.process_time()
    read_all(data, content_type)
    assert time.process_time() - began < 10


@pytest.mark.parametrize(
    "data",
    [
        b"<rss version='2.0'><channel>" + b"<a>" * 50_000,
        b"<rss version='2.0'><channel><item><title>" + b"&" * 100_000,
        b"<rss version='2.0'><channel>" + b"<" * 100_000,
        b"<rss version='2.0'><channel><item><title>" + b"<b>" * 20_000,
        b"<!DOCTYPE rss [" + b"<!ELEMENT a (b)>" * 20_000,
        b"<!--" * 50_000,
        b"{" + b'"a":[' * 50_000,
        b"<html><head>" + b"<link rel=alternate type=application/rss+xml href=x>" * 5_000,
        b"<opml><body>" + b"<outline text='a'>" * 20_000,
        b"<urlset>" + b"<url><loc>http://a.example/</loc></url>" * 5_000,
    ],
    ids=["nesting", "ampersands", "brackets", "tags", "declarations", "comments", "JSON", "links", "outlines", "pages"],
)
def test_what_is_made_to_be_slow_or_large_stays_bounded(data: bytes) -> None:
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    began = time.process_time()
    read_all(data, "text/html")
    assert time.process_time() - began < 30
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 400_000  # kB


def test_more_markup_than_any_feed_has_is_not_even_parsed() -> None:
    data = b"<rss version='2.0'><channel>" + b"<a>" * 700_000
    fetched = Fetched("http://osk.example/f", "http://osk.example/f", data, "", datetime.now(UTC), status=200)
    with pytest.raises(IngestError, match="tags") as refused:
        read_listing(fetched, max_bytes=10_000_000)
    assert refused.value.code == "too_large"
