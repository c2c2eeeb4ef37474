"""How a feed is doing: in plain words, and as the coverage of the claims that it feeds."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from enum import StrEnum

from django.utils.timesince import timesince

from claims.services.actor import Actor
from claims.services.coverage import note_heard, note_silence
from tracker.feeds import pacing
from tracker.ingest.errors import ErrorCode
from tracker.models import Feed, FeedState

FEEDS = Actor.machine("feeds", "1")

# Why nothing comes, in words that stay the same while the reason does: the ledger keeps them.
REASONS: dict[str, str] = {
    ErrorCode.TIMED_OUT: "its server does not answer in time",
    ErrorCode.CONNECTION_FAILED: "its server cannot be reached",
    ErrorCode.HTTP_STATUS: "its server answers with an error",
    ErrorCode.ROBOTS: "its server asks not to be read by programs",
    ErrorCode.REFUSED_ADDRESS: "its address is not one that may be fetched",
    ErrorCode.TOO_MANY_REDIRECTS: "its address leads round in a circle",
    ErrorCode.NOT_A_FEED: "what is at its address is no feed any more",
    ErrorCode.UNSAFE_XML: "what is at its address is not safe to read",
    ErrorCode.TOO_LARGE: "what is at its address is too large",
    ErrorCode.MISSING_FILE: "its folder is not there",
}


def note_coverage(feed: Feed, *, arrivals: Sequence[datetime], now: datetime) -> None:
    """Flag the claims that the feed feeds while nothing comes from it, and take the flag away when it does again.

    Called in the transaction of what the poll found. A feed that a person paused is not listened for, and not silent.
    """
    since, why = silence_of(feed, arrivals=arrivals, now=now)
    if since is None:
        note_heard(feed.channel, actor=FEEDS)
    else:
        note_silence(feed.channel, since=since, why=why, actor=FEEDS)
    if feed.quiet_since != since:
        Feed.objects.filter(pk=feed.pk).update(quiet_since=since)
        feed.quiet_since = since


def silence_of(feed: Feed, *, arrivals: Sequence[datetime], now: datetime) -> tuple[datetime | None, str]:
    """Since when nothing comes from a feed that should, and why; ``None`` while it does as usual, or was paused."""
    last_heard = feed.last_success_at or feed.created_at
    if feed.state == FeedState.GONE:
        return last_heard, "its server says that it is gone for good"
    if feed.state == FeedState.PAUSED:
        return None, ""
    if feed.failures >= pacing.UNREACHABLE:
        return last_heard, REASONS.get(feed.error_code, "it cannot be read")
    if pacing.is_silent(arrivals, now=now):
        return max(arrivals), f"something new usually comes every {usual_shown(feed, now=now)}"
    return None, ""


def usual_shown(feed: Feed, *, now: datetime) -> str:
    """The usual gap between new items, in words."""
    return timesince(now - timedelta(seconds=feed.usual_gap), now) if feed.usual_gap else ""


class Condition(StrEnum):
    """How a feed is doing, in one word for whoever counts them."""

    WELL = "well"
    FAILING = "failing"  # once or twice; it may pass
    UNREACHABLE = "unreachable"
    SILENT = "silent"
    PAUSED = "paused"
    GONE = "gone"


def condition(feed: Feed) -> Condition:
    """How a feed is doing, by what its last polls noted on it."""
    if feed.state == FeedState.GONE:
        return Condition.GONE
    if feed.state == FeedState.PAUSED:
        return Condition.PAUSED
    if feed.failures:
        return Condition.UNREACHABLE if feed.failures >= pacing.UNREACHABLE else Condition.FAILING
    return Condition.SILENT if feed.quiet_since is not None else Condition.WELL


def in_words(feed: Feed, *, now: datetime) -> str:
    """How a feed is doing, in one sentence."""
    if feed.state != FeedState.ACTIVE:
        return feed.state_reason
    if feed.failures:
        times = "once" if feed.failures == 1 else f"{feed.failures} times in a row"
        return f"It failed {times}. {feed.error}"
    if feed.quiet_since is not None:
        usual = usual_shown(feed, now=now)
        return f"Nothing new for {timesince(feed.quiet_since, now)}; usually something comes every {usual}."
    if feed.last_success_at is None:
        return "It has not been read yet."
    return "It is read as usual."
