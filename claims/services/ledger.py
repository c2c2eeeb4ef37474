"""Writing, sealing and verifying the ledger."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import datetime
from typing import Any

from django.db import connection, transaction

from claims.chain import GENESIS, digest_of, written
from claims.models import Event
from claims.models.base import Recorded
from claims.services.actor import Actor
from claims.services.copying import copy_in

SEALER_LOCK = 0x5EA1  # a PostgreSQL advisory lock: one sealer at a time
BATCH = 1000
# Channels of PostgreSQL: something was committed that waits for its place, and something got its place.
RECORDED, SEALED = "ledger_recorded", "ledger_sealed"
_gathered: ContextVar[list[Event] | None] = ContextVar("gathered", default=None)
PLACE = """
    UPDATE claims_event AS event SET seq = placed.seq, prev_hash = placed.prev_hash, hash = placed.hash
    FROM unnest(%s::bigint[], %s::bigint[], %s::text[], %s::text[]) AS placed (id, seq, prev_hash, hash)
    WHERE event.id = placed.id
"""


def record(actor: Actor, verb: str, *changed: Recorded, reason: str = "") -> None:
    """Write one event for each changed row, with its public state now. Call it in the transaction of the change."""
    if not changed:
        return
    events = [
        Event(
            actor=actor.user,
            actor_label=actor.label,
            verb=verb,
            object_type=row._meta.model_name or "",
            object_uid=row.uid,
            dossier_id=row.in_dossier(),
            state=row.public_state(),
            reason=reason,
        )
        for row in changed
    ]
    gathered = _gathered.get()
    if gathered is None:
        copy_in(events)
    else:
        gathered += events
    _announce_once_committed()


@contextmanager
def written_together() -> Iterator[None]:
    """Within it, in one transaction, events are kept in their order and written at its end, in one go.

    For steps that change very many rows: an event for each is then no round trip for each. Nothing in between may read
    the events of this transaction. What fails writes none, as its transaction undoes the changes.
    """
    if _gathered.get() is not None:
        yield
        return
    gathered: list[Event] = []
    token = _gathered.set(gathered)
    try:
        yield
    finally:
        _gathered.reset(token)
    copy_in(gathered)


def _announce_once_committed() -> None:
    """Tell whoever waits for changes that there is something to seal; once for each transaction.

    It is told after the commit and not in it: a commit that notifies waits for every other one that does. Should this
    process die in between, the next regular sealing takes its place.
    """
    if not any(_announce in waiting for waiting in connection.run_on_commit):
        transaction.on_commit(_announce, robust=True)


def _announce() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_notify(%s, '')", [RECORDED])


def seal(*, wait: bool = False) -> int:
    """Give every committed, unsealed event its place in the chain; return how many were sealed.

    While another sealer is at work this leaves it all to that one, or, with ``wait``, comes after it: then everything
    that was committed before the call has its place after it.

    Only committed events are visible here and places are given by one sealer at a time, so an event that was committed
    before another sealing is never placed after it: the order is that of commit, and there are no gaps. Within one
    sealing the order is that of writing; two changes of one object are written in the order of their commits, because
    each holds the object's row lock.
    """
    sealed = 0
    while count := _seal_batch(wait):
        sealed += count
    return sealed


@transaction.atomic
def _seal_batch(wait: bool) -> int:
    with connection.cursor() as cursor:
        if wait:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [SEALER_LOCK])
        else:
            cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [SEALER_LOCK])
        if not wait and not cursor.fetchone()[0]:
            return 0  # another sealer is at work and will see these events too
        seq, digested = head()
        events = list(Event.objects.unsealed()[:BATCH])
        if not events:
            return 0
        for event in events:
            seq += 1
            event.seq, event.prev_hash = seq, digested
            event.hash = digested = digest(event)
        columns = zip(*((e.pk, e.seq, e.prev_hash, e.hash) for e in events), strict=True)
        cursor.execute(PLACE, [list(column) for column in columns])
        cursor.execute("SELECT pg_notify(%s, %s)", [SEALED, str(seq)])
    return len(events)


def digest(event: Event) -> str:
    """SHA-256 over everything that the event says and its place in the chain."""
    return digest_of(said_by(event))


def canonical(event: Event) -> str:
    """What an event's hash is over: everything that it says, and its place in the chain."""
    return written(said_by(event))


def said_by(event: Event) -> dict[str, Any]:
    """Everything that an event says, as its hash covers it."""
    return {
        "seq": event.seq,
        "prev_hash": event.prev_hash,
        "recorded_at": event.recorded_at.isoformat(),
        "transaction": event.transaction,
        "actor": event.actor_label,
        "verb": event.verb,
        "object_type": event.object_type,
        "object_uid": str(event.object_uid),
        "state": event.state,
        "reason": event.reason,
    }


def first_broken(events: Iterable[Event], *, after: tuple[int, str] = (0, GENESIS)) -> tuple[Event, str] | None:
    """The first event of a chain, read in order, that does not verify, and why; ``None`` when all do.

    ``after`` is the place and the hash that they follow: the beginning, unless told otherwise.
    """
    expected_seq, head = after[0] + 1, after[1]
    for event in events:
        if event.seq != expected_seq:
            return event, f"expected event {expected_seq} here: {event.seq - expected_seq} missing"  # type: ignore[operator]
        if event.prev_hash != head:
            return event, "it does not follow from the event before it"
        if digest(event) != event.hash:
            return event, "its contents were altered after it was sealed"
        expected_seq, head = expected_seq + 1, event.hash
    return None


def first_broken_of_newest(count: int) -> tuple[Event, str] | None:
    """The first of the newest ``count`` sealed events that does not verify, and why; ``None`` when all do."""
    first = max(head()[0] - count + 1, 1)
    before = Event.objects.sealed().filter(seq__lt=first).values_list("seq", "hash").last()
    after = (before[0] or 0, before[1]) if before else (0, GENESIS)
    return first_broken(Event.objects.sealed().filter(seq__gte=first).iterator(), after=after)


def unsealed_since() -> datetime | None:
    """When the oldest event was recorded that has no place in the chain yet; ``None`` where all have theirs."""
    return Event.objects.unsealed().values_list("recorded_at", flat=True).first()


def head() -> tuple[int, str]:
    """The last place in the chain and its hash: note it elsewhere to be able to tell when the end was cut off."""
    last = Event.objects.sealed().values_list("seq", "hash").last()
    return (last[0] or 0, last[1]) if last else (0, GENESIS)
