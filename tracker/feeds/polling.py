"""Polling: a feed whose time has come is claimed, looked at outside any transaction, and what is new is handed in.

What a poll finds is written whole or not at all. A worker that is killed leaves a claim that lapses; the feed is due
still, and looking again finds the same items, each of which is known by its key.
"""

import logging
import random
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import F
from django.db.models.functions import Coalesce, Now
from django.utils import timezone

from claims.services.coverage import rename_channel
from tracker import claimants
from tracker.feeds import health, pacing
from tracker.feeds.listing import Item
from tracker.feeds.looking import Looked, Seen, look
from tracker.feeds.reading import key_of
from tracker.feeds.routing import Rule, route
from tracker.ingest.errors import ErrorCode, IngestError, shown
from tracker.ingest.reading import read_path
from tracker.models import Feed, FeedItem, FeedKind, FeedState, ItemState
from tracker.politeness import NotNow
from tracker.submissions import file_address, submit, wake

logger = logging.getLogger(__name__)

POLL = "tracker.tasks.poll_feed"
ANNOUNCED_AT_ONCE = 200
ATTEMPTS = 3
GONE = 410
# What a feed says changed is fetched again, but not oftener than this: some say so of everything, always.
CHANGED_AGAIN = timedelta(hours=1)
AT_ONCE = 1000  # rows


def announce_due() -> int:
    """Wake workers for the feeds whose time has come; return the number of messages. Any number may do so at once."""
    with transaction.atomic():
        due = Feed.objects.due().unclaimed().unannounced(within=settings.WORK_LEASE_SECONDS)
        told = list(
            due.select_for_update(skip_locked=True, of=("self",)).values_list("pk", flat=True)[:ANNOUNCED_AT_ONCE]
        )
        Feed.objects.filter(pk__in=told).update(announced_at=Now())
        for pk in told:
            wake(POLL, pk)
    return len(told)


def poll_feed(pk: int) -> None:
    """Look at one feed, if its time has come and nobody else is at it. What goes wrong is written on it."""
    feed = Feed.objects.due().claim(pk, seconds=settings.WORK_LEASE_SECONDS, by=claimants.this_process())
    if feed is None:
        return
    try:
        if feed.attempts > ATTEMPTS:
            _note_failure(feed, IngestError(ErrorCode.UNREADABLE, f"The worker died on it {ATTEMPTS} times."))
        else:
            _note_success(feed, look(Looked.at(feed)))
    except NotNow as busy:
        Feed.objects.postpone(feed, seconds=busy.seconds)
    except IngestError as error:
        _note_failure(feed, error)
    except Exception as error:  # whatever it is, it must not stop the other feeds
        logger.exception("Polling feed %s failed.", pk)
        said = shown(f"{type(error).__name__}: {error}")
        _note_failure(feed, IngestError(ErrorCode.UNREADABLE, f"The program failed on it ({said}). The log says more."))
    finally:
        Feed.objects.release(feed)


# --- What went well ---------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Noted:
    """What became of the items of one listing."""

    new: int = 0
    handed_in: int = 0


@transaction.atomic
def _note_success(feed: Feed, seen: Seen) -> None:
    locked = _still_ours(feed)
    if locked is None:
        return
    noted = _note_items(locked, seen.listing.items if seen.listing is not None else ())
    now = timezone.now()
    arrivals = arrivals_of(locked)
    wait = pacing.interval(
        arrivals, now=now, shortest=locked.shortest_interval, longest=locked.longest_interval, asked=seen.asked
    )
    usual = pacing.rhythm(arrivals)
    changes: dict[str, Any] = {
        "last_polled_at": now,
        "last_success_at": now,
        "failures": 0,
        "failing_since": None,
        "error": "",
        "error_code": "",
        "attempts": 0,
        "usual_gap": int(usual.usual) if usual is not None else None,
        "interval": int(wait),
        "next_poll_at": Now() + timedelta(seconds=pacing.after_success(wait, chance=random.random())),  # noqa: S311
        "validators": seen.validators,
        "digest": seen.digest,
    }
    if noted.new:
        changes["last_new_at"] = now
    if seen.listing is not None:
        changes |= {
            "format": seen.listing.format[:50],
            "listed": len(seen.listing.items),
            "note": "\n".join(seen.listing.left_out)[:10_000],
            "title": locked.title or seen.listing.title[:300],
            "site": locked.site or seen.listing.site[:2000],
        }
    if FeedItem.objects.filter(feed=locked).waiting().exists():
        # There is more than one poll takes in: the rest comes with the next ones, which cost the server nothing new.
        changes["next_poll_at"] = Now() + timedelta(seconds=locked.shortest_interval)
    changes |= _moved(locked, seen.moved_to)
    Feed.objects.filter(pk=locked.pk).update(**changes)
    if changes.get("title", locked.title) != locked.title:
        rename_channel(locked.channel, name=changes["title"], actor=health.FEEDS)
    locked.refresh_from_db()
    health.note_coverage(locked, arrivals=arrivals, now=now)


def _still_ours(feed: Feed) -> Feed | None:
    """The feed's row, locked; ``None`` where the time was up and somebody else has it now."""
    locked = Feed.objects.select_for_update(of=("self",)).select_related("dossier", "channel").get(pk=feed.pk)
    return locked if locked.claimed_until == feed.claimed_until else None


def _moved(feed: Feed, address: str) -> dict[str, Any]:
    """What changes where the server says that the address is another for good."""
    if not address or address == feed.address or len(address) > 2000:
        return {}
    if Feed.objects.filter(address=address).exclude(pk=feed.pk).exists():
        reason = f"It has moved to {address}, which is a feed here already. Nothing is lost by leaving this one paused."
        return {"state": FeedState.PAUSED, "state_reason": reason}
    logger.info("Feed %s moved from %s to %s.", feed.pk, shown(feed.address), shown(address))
    return {"address": address, "moved_from": feed.address}


def arrivals_of(feed: Feed) -> list[datetime]:
    """When the latest items came, the newest first: when they were published, as far as that can be true."""
    items = feed.items.order_by("-first_seen_at", "-pk").values_list("published_at", "first_seen_at")
    return sorted((min(said or seen, seen) for said, seen in items[: 2 * pacing.LAST]), reverse=True)


def _note_items(feed: Feed, items: Sequence[Item]) -> _Noted:
    """Note what is new, once each, and hand in the newest of what waits."""
    by_key = {key_of(item.identifier): item for item in reversed(items)}  # of two of one name the newer one
    known = _known(feed, by_key)
    rules = [Rule(r.field, r.value, r.dossier.slug) for r in feed.rules.select_related("dossier")]
    otherwise = feed.dossier.slug if feed.dossier is not None else ""
    new = [
        FeedItem(
            feed=feed, key=key, address=item.address[:2000], title=item.title[:500], published_at=item.published_at,
            changed_at=item.changed_at, dossier=route(item, rules, otherwise=otherwise),
        )
        for key, item in by_key.items()
        if key not in known
    ]  # fmt: skip
    FeedItem.objects.bulk_create(new, batch_size=AT_ONCE)
    _note_changes(known.values(), by_key)
    return _Noted(len(new), _hand_in(feed, limit=settings.FEED_ITEMS_AT_ONCE))


def _known(feed: Feed, keys: Iterable[str]) -> dict[str, FeedItem]:
    wanted = list(keys)
    found: dict[str, FeedItem] = {}
    for start in range(0, len(wanted), AT_ONCE):
        rows = FeedItem.objects.filter(feed=feed, key__in=wanted[start : start + AT_ONCE])
        found |= {row.key: row for row in rows}
    return found


def _note_changes(known: Iterable[FeedItem], listed: dict[str, Item]) -> None:
    """What the feed says has changed since it was handed in is to be handed in again."""
    changed = []
    for row in known:
        at = listed[row.key].changed_at
        if row.state != ItemState.SUBMITTED or at is None or row.changed_at is None:
            continue
        if at - row.changed_at >= CHANGED_AGAIN:
            row.changed_at, row.state, row.title = at, ItemState.WAITING, listed[row.key].title[:500] or row.title
            changed.append(row)
    FeedItem.objects.bulk_update(changed, ["changed_at", "state", "title"], batch_size=AT_ONCE)


def _hand_in(feed: Feed, *, limit: int) -> int:
    """Hand in the newest items that wait; return how many."""
    handed_in = 0
    for item in FeedItem.objects.filter(feed=feed).waiting()[:limit]:
        try:
            payload, content_type, address = _content(feed, item)
        except IngestError as error:
            item.state, item.reason = ItemState.SKIPPED, str(error)[:300]
            item.save(update_fields=["state", "reason"])
            continue
        item.submission = submit(
            address=address, payload=payload, content_type=content_type, dossier=item.dossier, feed=feed
        )
        item.state = ItemState.SUBMITTED
        item.save(update_fields=["state", "submission"])
        handed_in += 1
    return handed_in


def _content(feed: Feed, item: FeedItem) -> tuple[bytes | None, str, str]:
    """The bytes, their type and the address to hand in; of what is fetched later, the address alone."""
    if feed.kind != FeedKind.FOLDER:
        return None, "", item.address
    path = Path(feed.address) / item.address
    if path.is_symlink() or not path.resolve().is_relative_to(Path(feed.address).resolve()):
        raise IngestError(ErrorCode.REFUSED_ADDRESS, f"{shown(item.address)} leads out of the folder.")
    fetched = read_path(path, max_bytes=settings.FETCH_MAX_BYTES)
    return fetched.payload, fetched.content_type, file_address(path)


# --- What went wrong --------------------------------------------------------------------------------------------------


@transaction.atomic
def _note_failure(feed: Feed, error: IngestError) -> None:
    locked = _still_ours(feed)
    if locked is None:
        return
    wait = pacing.after_failure(
        locked.interval,
        failures=locked.failures + 1,
        chance=random.random(),  # noqa: S311
        retry_after=error.retry_after,
    )
    now = timezone.now()
    changes: dict[str, Any] = {
        "last_polled_at": now,
        "failures": F("failures") + 1,
        "failing_since": Coalesce("failing_since", now),
        "error": str(error),
        "error_code": str(error.code),
        "attempts": 0,
        "next_poll_at": Now() + timedelta(seconds=wait),
    }
    if error.status == GONE and error.code is ErrorCode.HTTP_STATUS:
        changes |= {"state": FeedState.GONE, "state_reason": f"Its server says that it is gone for good: {error}"}
    Feed.objects.filter(pk=locked.pk).update(**changes)
    locked.refresh_from_db()
    health.note_coverage(locked, arrivals=arrivals_of(locked), now=now)
