"""Look at a feed once: ask its server, or its folder, and say what is there. Writes nothing about the feed."""

from __future__ import annotations

import re
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Self

from django.conf import settings

from tracker.feeds.folders import read_folder
from tracker.feeds.listing import MOST_ITEMS, Item, Listing
from tracker.feeds.reading import read_listing, read_watched
from tracker.ingest.errors import IngestError, shown
from tracker.ingest.fetched import Fetched
from tracker.ingest.fetching import Wanted
from tracker.models import Feed, FeedKind
from tracker.politeness import PATIENCE, NotNow, fetch_politely

ACCEPT_FEEDS = (
    "application/atom+xml,application/rss+xml,application/feed+json,application/rdf+xml;q=0.9,application/xml;q=0.8,"
    "text/xml;q=0.8,application/json;q=0.5,*/*;q=0.1"
)
MOST_SITEMAPS = 20  # of an index, in one poll
MOST_SECONDS = 120.0  # for all sitemaps of an index together
MAX_AGE = re.compile(r"(?:^|,)\s*max-age\s*=\s*\"?(\d{1,9})", re.IGNORECASE)
# What a server gives to be asked with again; only what may stand in a header of a request.
VALIDATOR = re.compile(r"[\x20-\x7e]{1,500}")


@dataclass(frozen=True, slots=True)
class Looked:
    """What looking needs to know of a feed, which need not be a feed yet."""

    kind: str
    address: str
    obey_robots: bool = True
    validators: dict[str, Any] = field(default_factory=dict)
    digest: str = ""

    @classmethod
    def at(cls, feed: Feed) -> Self:
        """That of a feed."""
        return cls(feed.kind, feed.address, feed.obey_robots, feed.validators, feed.digest)


@dataclass(frozen=True, slots=True)
class Seen:
    """What was there. ``listing`` is ``None`` where the server says that nothing changed.

    ``validators`` are what servers gave to be asked with next time, by address; ``digest`` that of a watched page's
    text; ``asked`` the seconds for which the answer is to be kept.
    """

    listing: Listing | None
    validators: dict[str, dict[str, str]] = field(default_factory=dict)
    digest: str = ""
    moved_to: str = ""
    asked: float | None = None


def look(feed: Looked, *, patience: float = PATIENCE) -> Seen:
    """What is at a feed's address now. Raises ``IngestError`` and ``NotNow``."""
    if feed.kind == FeedKind.FOLDER:
        return Seen(read_folder(feed.address, roots=settings.FEED_FOLDERS))
    fetched = ask(feed, feed.address, patience=patience)
    if feed.kind == FeedKind.PAGE:
        return _page(feed, fetched)
    listing = None if fetched.unchanged else read_listing(fetched, max_bytes=settings.FETCH_MAX_BYTES)
    validators = {feed.address: validators_of(fetched, feed.validators.get(feed.address, {}))}
    known = [address for address in feed.validators if address != feed.address]
    further = listing.further if listing is not None else tuple(known)
    if further:
        listing, validators = _sitemaps(feed, listing, further, validators, patience=patience)
    return Seen(listing, validators, moved_to=fetched.moved_to, asked=_asked(fetched, listing))


def ask(feed: Looked, address: str, *, patience: float) -> Fetched:
    """What the server of ``address`` answers; asked whether it changed, where it told what to ask with."""
    known: Mapping[str, str] = feed.validators.get(address, {})
    wanted = Wanted(etag=known.get("etag", ""), last_modified=known.get("last_modified", ""))
    if feed.kind != FeedKind.PAGE:
        wanted = Wanted(accept=ACCEPT_FEEDS, etag=wanted.etag, last_modified=wanted.last_modified)
    return fetch_politely(address, wanted=wanted, obey_robots=feed.obey_robots, patience=patience)


def validators_of(fetched: Fetched, before: Mapping[str, str]) -> dict[str, str]:
    """What to ask with next time; of an answer without, after nothing changed, what was asked with before."""
    kept = fit_to_ask_with(fetched.header("etag"), fetched.header("last-modified"))
    return dict(before) | kept if fetched.unchanged else kept


def fit_to_ask_with(etag: str, last_modified: str) -> dict[str, str]:
    """Those of the two that may stand in a header of a request."""
    given = {"etag": etag, "last_modified": last_modified}
    return {name: value for name, value in given.items() if VALIDATOR.fullmatch(value)}


def _asked(fetched: Fetched, listing: Listing | None) -> float | None:
    """The seconds for which the server wants its answer kept, or the feed says that it stays as it is."""
    kept = MAX_AGE.search(fetched.header("cache-control"))
    said = [float(kept[1])] if kept else []
    if listing is not None and listing.every:
        said.append(listing.every)
    return max(said, default=None)


def _page(feed: Looked, fetched: Fetched) -> Seen:
    validators = {feed.address: validators_of(fetched, feed.validators.get(feed.address, {}))}
    seen = Seen(None, validators, feed.digest, moved_to=fetched.moved_to, asked=_asked(fetched, None))
    if fetched.unchanged:
        return seen
    page = read_watched(fetched)
    # Each version of its words is an item: the page is handed in again, and archived as a version of its document.
    item = Item(identifier=f"{feed.address}\n{page.digest}", address=feed.address, title=page.title)
    changed = page.digest != feed.digest
    listing = Listing(format="page", title=page.title, items=(item,) if changed else ())
    return Seen(listing, validators, page.digest, seen.moved_to, seen.asked)


def _sitemaps(
    feed: Looked,
    index: Listing | None,
    further: tuple[str, ...],
    validators: dict[str, dict[str, str]],
    *,
    patience: float,
) -> tuple[Listing | None, dict[str, dict[str, str]]]:
    """What the sitemaps of an index list together, as far as one poll goes; what it leaves out is told."""
    items: list[Item] = []
    left_out = list(index.left_out) if index is not None else []
    ends = time.monotonic() + MOST_SECONDS
    read, title, changed = 0, "", index is not None
    for address in further[:MOST_SITEMAPS]:
        if time.monotonic() > ends or len(items) >= MOST_ITEMS:
            break
        read += 1
        try:
            fetched = ask(feed, address, patience=max(patience, PATIENCE))
            validators[address] = validators_of(fetched, feed.validators.get(address, {}))
            if fetched.unchanged:
                continue
            listing = read_listing(fetched, max_bytes=settings.FETCH_MAX_BYTES)
        except IngestError as error:
            left_out.append(f"The sitemap {shown(address)}: {error}")
        except NotNow as busy:
            left_out.append(f"The sitemap {shown(address)}: {busy}")
        else:
            changed = True
            items += listing.items
            title = title or listing.title
            left_out += [f"{shown(address)}: {what}" for what in listing.left_out]
            if listing.further:
                left_out.append(f"{shown(address)} is an index in an index; only one level of them is read.")
    if len(further) > read:
        left_out.append(f"{len(further) - read:,} older sitemaps: one poll reads {MOST_SITEMAPS} of them.")
    if len(items) > MOST_ITEMS:
        left_out.append(f"{len(items) - MOST_ITEMS:,} pages beyond the newest {MOST_ITEMS:,}.")
    if not changed:
        return None, validators
    site = index.site if index is not None else ""
    together = Listing("index of sitemaps", title, site, tuple(items)).newest_first()
    return Listing(together.format, title, site, together.items[:MOST_ITEMS], left_out=tuple(left_out)), validators
