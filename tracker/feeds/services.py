"""Adding, changing and stopping feeds. Admin, API and commands all call these."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.contrib.auth.models import User
from django.db import IntegrityError, transaction
from django.db.models.functions import Now
from django.utils import timezone

from claims.errors import ClaimsError
from claims.models import Dossier, Source
from claims.services.actor import Actor
from claims.services.coverage import open_channel, rename_channel
from tracker.feeds import health
from tracker.feeds.discovery import Candidate, feeds_named
from tracker.feeds.folders import allowed_folder, read_folder
from tracker.feeds.listing import LONGEST_ADDRESS, Listing, line
from tracker.feeds.looking import ACCEPT_FEEDS, Looked, Seen, look
from tracker.feeds.polling import POLL, arrivals_of
from tracker.feeds.reading import read_listing, read_watched
from tracker.ingest.addresses import parse_address
from tracker.ingest.errors import ErrorCode, IngestError
from tracker.ingest.fetching import Wanted
from tracker.models import Feed, FeedItem, FeedKind, FeedState, ItemState
from tracker.politeness import NotNow, fetch_politely, sitemaps_named
from tracker.submissions import wake

PATIENCE = 20.0  # seconds that a person waits for a server's turn
SHOWN = 20  # items of a preview
NEVER = frozenset({ErrorCode.REFUSED_ADDRESS, ErrorCode.INVALID_ADDRESS, ErrorCode.MISSING_FILE})
# What may be changed of a feed by hand; the rest is the poller's.
CHANGEABLE = (
    "title", "group", "publisher", "dossier", "obey_robots", "shortest_interval", "longest_interval",
)  # fmt: skip


class FeedThere(ClaimsError):
    """There is a feed of this address already."""

    code = "feed_there"


class NotAFeedAddress(ClaimsError):
    """Nothing can be polled at this address."""

    code = "not_a_feed_address"
    status = 400


class NotPolled(ClaimsError):
    """A paused feed is not polled."""

    code = "not_polled"


@dataclass(frozen=True, slots=True)
class Preview:
    """What a feed would bring: nothing of it is kept.

    ``kind`` is what was found at ``address``. A page may name ``candidates``, feeds to add in its place. ``error`` says
    why nothing can be read, ``refused`` that it never will be.
    """

    address: str
    kind: str
    listing: Listing | None = None
    candidates: tuple[Candidate, ...] = ()
    error: str = ""
    refused: bool = False

    @property
    def items(self) -> Sequence[Any]:
        """The first items, the newest first."""
        return self.listing.items[:SHOWN] if self.listing else ()


def checked_address(address: str, *, kind: str) -> str:
    """The address as it is stored. Raises ``NotAFeedAddress``."""
    try:
        if kind == FeedKind.FOLDER:
            return str(allowed_folder(address, roots=settings.FEED_FOLDERS))
        complete = str(parse_address(address))
    except IngestError as error:
        raise NotAFeedAddress(str(error)) from error
    if len(complete) > LONGEST_ADDRESS:
        raise NotAFeedAddress(f"The address is longer than {LONGEST_ADDRESS:,} characters.")
    return complete


def preview(address: str, *, kind: str = "") -> Preview:
    """What is at an address, without keeping any of it: the feed's items, or the feeds that a page names.

    Without a ``kind`` the bytes decide. What goes wrong is in the answer.
    """
    address = address.strip()
    try:
        if kind == FeedKind.FOLDER or (not kind and address.startswith("/")):
            return Preview(address, FeedKind.FOLDER, read_folder(address, roots=settings.FEED_FOLDERS))
        if kind == FeedKind.PAGE:
            return Preview(address, kind, look(Looked(kind, address), patience=PATIENCE).listing)
        return _found(address)
    except IngestError as error:
        return Preview(address, kind or FeedKind.FEED, error=str(error), refused=error.code in NEVER)
    except NotNow as busy:
        return Preview(address, kind or FeedKind.FEED, error=f"{busy} Try again then.")


def _found(address: str) -> Preview:
    fetched = fetch_politely(address, wanted=Wanted(accept=ACCEPT_FEEDS), obey_robots=True, patience=PATIENCE)
    try:
        listing = read_listing(fetched, max_bytes=settings.FETCH_MAX_BYTES)
    except IngestError as error:
        candidates = feeds_named(fetched)
        if not candidates and error.code is not ErrorCode.NOT_A_FEED:
            raise
        candidates += [Candidate(where, "", "sitemap") for where in sitemaps_named(fetched.final_address)]
        return Preview(
            address, FeedKind.PAGE, candidates=tuple(candidates), listing=_as_page(fetched), error=str(error)
        )
    if listing.further:
        seen: Seen = look(Looked(FeedKind.SITEMAP, address), patience=PATIENCE)
        return Preview(address, FeedKind.SITEMAP, seen.listing or listing)
    return Preview(address, FeedKind.SITEMAP if "sitemap" in listing.format else FeedKind.FEED, listing)


def _as_page(fetched: Any) -> Listing | None:
    try:
        page = read_watched(fetched)
    except IngestError:
        return None
    return Listing(format="page", title=page.title)


@transaction.atomic
def add_feed(
    *,
    address: str,
    kind: str = FeedKind.FEED,
    title: str = "",
    group: str = "",
    publisher: Source | None = None,
    dossier: Dossier | None = None,
    by: User | None = None,
    **settled: Any,
) -> Feed:
    """A new feed, due at once. ``settled`` are other fields of :data:`CHANGEABLE`.

    Raises ``NotAFeedAddress`` and ``FeedThere``.
    """
    address = checked_address(address, kind=kind)
    unknown = set(settled) - set(CHANGEABLE)
    if unknown:
        raise TypeError(f"a feed has no {', '.join(sorted(unknown))} to settle")
    title = line(title, longest=300)
    actor = Actor.person(by) if by is not None else health.FEEDS
    channel = open_channel(name=title or address, actor=actor)
    try:
        with transaction.atomic():
            feed = Feed.objects.create(
                address=address, kind=kind, title=title, group=clean_group(group), publisher=publisher, dossier=dossier,
                channel=channel, added_by=by, **settled,
            )  # fmt: skip
    except IntegrityError as error:
        if not Feed.objects.filter(address=address).exists():
            raise
        raise FeedThere(f"There is a feed of {address} already.") from error
    wake(POLL, feed.pk)
    return feed


def clean_group(group: str) -> str:
    """Folders, one below the other, as they are stored: ``Wires/Regional``."""
    return "/".join(part for part in (line(one, longest=100) for one in group.split("/")) if part)[:300]


@transaction.atomic
def change_feed(feed: Feed, *, by: User, **changes: Any) -> Feed:
    """Change what people settle of a feed; see :data:`CHANGEABLE`."""
    unknown = set(changes) - set(CHANGEABLE)
    if unknown:
        raise TypeError(f"{', '.join(sorted(unknown))} cannot be changed")
    locked = Feed.objects.select_for_update(of=("self",)).select_related("channel").get(pk=feed.pk)
    for name, value in changes.items():
        setattr(locked, name, clean_group(value) if name == "group" else value)
    locked.title = line(locked.title, longest=300)
    locked.save(update_fields=list(changes))
    if "title" in changes:
        rename_channel(locked.channel, name=locked.title or locked.address, actor=Actor.person(by))
    return locked


@transaction.atomic
def pause_feed(feed: Feed, *, by: User, reason: str) -> Feed:
    """Poll a feed no more, until somebody resumes it. Its claims are not held to be worse covered for that."""
    locked = Feed.objects.select_for_update(of=("self",)).select_related("channel").get(pk=feed.pk)
    locked.state = FeedState.PAUSED
    locked.state_reason = f"{by.get_username()}: {reason.strip() or 'paused'}"
    locked.save(update_fields=["state", "state_reason"])
    health.note_coverage(locked, arrivals=arrivals_of(locked), now=timezone.now())
    return locked


@transaction.atomic
def resume_feed(feed: Feed) -> Feed:
    """Poll a feed again, beginning now."""
    locked = Feed.objects.select_for_update(of=("self",)).select_related("channel").get(pk=feed.pk)
    if locked.state != FeedState.ACTIVE:
        locked.state, locked.state_reason, locked.failures, locked.error, locked.failing_since = (
            FeedState.ACTIVE, "", 0, "", None,
        )  # fmt: skip
        locked.save(update_fields=["state", "state_reason", "failures", "error", "failing_since"])
        _make_due(locked)
    return locked


@transaction.atomic
def poll_now(feed: Feed) -> Feed:
    """Let a feed be polled as soon as a worker is free, whatever its interval. Raises ``NotPolled``."""
    locked = Feed.objects.select_for_update(of=("self",)).get(pk=feed.pk)
    if locked.state != FeedState.ACTIVE:
        raise NotPolled(f"{locked} is {locked.get_state_display()}. Resume it first.")
    _make_due(locked)
    return locked


def _make_due(feed: Feed) -> None:
    Feed.objects.filter(pk=feed.pk).update(next_poll_at=Now(), announced_at=None)
    wake(POLL, feed.pk)


@transaction.atomic
def skip_waiting(feed: Feed, *, by: User) -> int:
    """Leave out what waits of a feed with more items than one poll takes in; return how many. They stay listed."""
    waiting = FeedItem.objects.filter(feed=feed).waiting()
    return waiting.order_by().update(state=ItemState.SKIPPED, reason=f"Left out by {by.get_username()}.")
