"""Time stamps over the ledger: what is to be stamped next, what a token covers, and the proof for one event."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import connection, transaction
from django.db.models import Max
from django.utils import timezone

from claims import merkle
from claims.models import Event, Stamp
from claims.services import ledger

MOST = 65_536  # events of one stamp: a proof never needs more hashes than these to be computed
STAMPER_LOCK = 0x57A3  # a PostgreSQL advisory lock: one process divides the ledger at a time
BATCH = 2000
LONGEST_WAIT = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Inclusion:
    """That one event is among those that a token covers: hashing ``leaf`` along ``path`` gives the stamp's root."""

    stamp: Stamp
    event: Event
    path: list[tuple[str, bytes]]


@transaction.atomic
def begin_stamp(*, every: timedelta) -> Stamp | None:
    """The next range of sealed events to be stamped; ``None`` while one is outstanding, or it is too early.

    A range is begun when ``every`` has passed since the last one, or when it is full.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [STAMPER_LOCK])
        if not cursor.fetchone()[0]:
            return None
    if Stamp.objects.outstanding().exists():
        return None
    last = Stamp.objects.order_by("-last_seq").first()
    first_seq = last.last_seq + 1 if last else 1
    newest = Event.objects.aggregate(newest=Max("seq"))["newest"] or 0
    if newest < first_seq:
        return None
    full = newest - first_seq + 1 >= MOST
    if last is not None and not full and last.created_at > timezone.now() - every:
        return None
    last_seq = min(newest, first_seq + MOST - 1)
    return Stamp.objects.create(
        first_seq=first_seq, last_seq=last_seq, root=merkle.root(_hashes(first_seq, last_seq)).hex()
    )


def keep_token(stamp: Stamp, *, authority: str, response: bytes, stamped_at: datetime) -> None:
    """Keep the authority's answer; without effect where there is one already."""
    Stamp.objects.outstanding().filter(pk=stamp.pk).update(
        authority=authority, response=response, stamped_at=stamped_at, error="", next_try_at=None, claimed_until=None
    )


def put_off(stamp: Stamp, *, why: str) -> None:
    """Note why an attempt brought nothing, and when the next one is due: later each time, an hour at most."""
    wait = min(timedelta(minutes=1) * 2 ** min(stamp.attempts - 1, 6), LONGEST_WAIT)
    Stamp.objects.outstanding().filter(pk=stamp.pk).update(
        error=why, next_try_at=timezone.now() + wait, attempts=min(stamp.attempts, 1000)
    )


def covers(stamp: Stamp) -> bool:
    """Whether the events of a stamp are still those that it was made over: their contents, hashes and order."""

    def checked() -> Iterator[bytes]:
        expected = stamp.first_seq
        for event in _events(stamp.first_seq, stamp.last_seq):
            whole = event.seq == expected and ledger.digest(event) == event.hash
            yield bytes.fromhex(event.hash) if whole else b"altered"
            expected += 1

    return merkle.root(checked()).hex() == stamp.root


def inclusion(event: Event) -> Inclusion | None:
    """The proof that an event was there when a token was given; ``None`` where none covers it yet."""
    stamp = Stamp.objects.given().filter(first_seq__lte=event.seq or 0, last_seq__gte=event.seq or 0).first()
    if stamp is None or event.seq is None:
        return None
    leaves = list(_hashes(stamp.first_seq, stamp.last_seq))
    return Inclusion(stamp, event, merkle.path(leaves, event.seq - stamp.first_seq))


def state() -> dict[str, Any]:
    """How far the ledger is stamped, and what stands in the way: for whoever watches."""
    last = Stamp.objects.given().last()
    waiting = Stamp.objects.outstanding().first()
    return {
        "stamped_to": last.last_seq if last else 0,
        "stamped_at": last.stamped_at if last else None,
        "waiting_since": waiting.created_at if waiting else None,
        "error": waiting.error if waiting else "",
    }


def _events(first_seq: int, last_seq: int) -> Iterator[Event]:
    return Event.objects.sealed().filter(seq__range=(first_seq, last_seq)).iterator(chunk_size=BATCH)


def _hashes(first_seq: int, last_seq: int) -> Iterator[bytes]:
    rows = Event.objects.sealed().filter(seq__range=(first_seq, last_seq)).values_list("hash", flat=True)
    return (bytes.fromhex(digest) for digest in rows.iterator(chunk_size=BATCH))
