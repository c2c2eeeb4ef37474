"""What was held about a claim at a moment, and why: read from the ledger, exactly as recorded (design, promise 8).

Which positions, contradictions and verdicts belong to a claim never changes: each names its claim once and for all, and
a change is a new row. So the present rows only say *whose* events to look for, by their indexes; what each was like at
the moment is the newest event of it until then. What was written at the very moment asked for, but not committed yet,
is told as held.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Self
from uuid import UUID

from django.db.models import Max, Min, Q, QuerySet, TextField, Value
from django.db.models.fields.json import KT
from django.db.models.functions import Coalesce

from claims.access import Access
from claims.choices import StatementState, VerdictState
from claims.models import Contradiction, Event, Position, Statement, Verdict
from claims.models.ledger import EventQuerySet

# Of a statement's events, those that decide whether its positions are held.
DECIDED = ("confirmed", "corrected", "rejected", "superseded")
COUNTED = (StatementState.SUGGESTED.value, StatementState.CONFIRMED.value)
POSITIONS = 500  # positions told at once
OTHERS = 200  # contradictions, and verdicts, told at once: the newest
MOMENTS = 200  # steps of a history told at once


@dataclass(frozen=True, slots=True)
class Held:
    """One object as it was at a moment, and the change that made it so.

    ``state`` is its public state as recorded (JSON values), ``since`` when that was, ``actor`` and ``verb`` who did
    what, ``reason`` why, if anybody said.
    """

    uid: UUID
    kind: str
    state: Mapping[str, Any]
    since: datetime
    actor: str
    verb: str
    reason: str

    @classmethod
    def by(cls, event: Event) -> Self:
        """What this event made of its object."""
        return cls(
            event.object_uid, event.object_type, event.state, event.recorded_at, event.actor_label, event.verb,
            event.reason,
        )  # fmt: skip


@dataclass(frozen=True, slots=True)
class PositionHeld:
    """A position, the statement that took it, whose that is (``None``: the text does not say), and where it stands."""

    position: Held
    statement: Held
    snapshot: Held
    document: Held
    source: Held | None
    publisher: Held | None


@dataclass(frozen=True, slots=True)
class ContradictionHeld:
    """A contradiction, and the claim on its other side (``None``: within the claim)."""

    contradiction: Held
    other: Held | None


@dataclass(frozen=True, slots=True)
class ClaimThen:
    """What was held about a claim at the moment ``at``.

    The standing and its reasons are in ``claim.state`` (``standing``, ``standing_flags``, ``why``). ``positions`` are
    those that counted, oldest first; ``positions_in_all`` says how many there were. ``verdicts`` holds drafts too,
    the newest first: whoever passes them on must leave out what its readers may not see.
    """

    at: datetime
    claim: Held
    positions: tuple[PositionHeld, ...]
    positions_in_all: int
    contradictions: tuple[ContradictionHeld, ...]
    verdicts: tuple[Held, ...]

    @property
    def verdict(self) -> Held | None:
        """The published verdict that was in force, if any was."""
        return next((v for v in self.verdicts if v.state["state"] == VerdictState.PUBLISHED), None)


@dataclass(frozen=True, slots=True)
class Change:
    """One event: who did what, to which sort of object, and what it then was (its standing, stance or state)."""

    uid: UUID
    kind: str
    at: datetime
    actor: str
    verb: str
    became: str
    reason: str


@dataclass(frozen=True, slots=True)
class Moment:
    """Changes that were made together. ``at`` is when the last was written: ask for that to see what they led to."""

    at: datetime
    changes: tuple[Change, ...]


@dataclass(frozen=True, slots=True)
class History:
    """Part of a claim's history, earliest first, and whether there is more before and after it."""

    moments: tuple[Moment, ...]
    more_before: bool
    more_after: bool


def claim_as_of(
    uid: UUID, at: datetime, *, limit: int = POSITIONS, offset: int = 0, access: Access | None = None
) -> ClaimThen | None:
    """What was held about this claim at this moment; ``None`` before it existed.

    With ``access``, no positions and contradictions that bear on a dossier which that caller may not read.

    At most ``limit`` positions are told, from the ``offset``-th on. A fixed number of queries, whatever there is.
    """
    claim = _newest([uid], at).get(uid)
    if claim is None:
        return None
    access = access or Access.of_everything()
    held = _positions_held(uid, at, access)
    rows = list(
        Position.objects.filter(uid__in=held[offset : offset + limit])
        .order_by("pk")
        .values_list(
            "uid", "statement__uid", "statement__snapshot__uid", "statement__snapshot__document__uid",
            "statement__source__uid",
        )
    )  # fmt: skip
    conflicts = _contradictions(uid, access)
    verdicts = list(Verdict.objects.filter(claim__uid=uid).order_by("-pk").values_list("uid", flat=True)[:OTHERS])
    asked = {one for row in (*rows, *conflicts) for one in row if one is not None} | set(verdicts)
    found = _newest(asked, at)
    published_by = {document: found[document].state["publisher"] for _, _, _, document, _ in rows}
    publishers = _newest({UUID(one) for one in published_by.values() if one}, at)
    return ClaimThen(
        at=at,
        claim=claim,
        positions=tuple(
            PositionHeld(
                found[position],
                found[statement],
                found[snapshot],
                found[document],
                found.get(source),
                publishers.get(UUID(published_by[document])) if published_by[document] else None,
            )
            for position, statement, snapshot, document, source in rows
        ),
        positions_in_all=len(held),
        contradictions=tuple(
            ContradictionHeld(found[one], found.get(other if first == uid else first) if other else None)
            for one, first, other in conflicts
            if one in found
        ),
        verdicts=tuple(found[one] for one in verdicts if one in found),
    )


def object_as_of(uid: UUID, at: datetime) -> Held | None:
    """One object as it was at this moment; ``None`` before it existed."""
    return _newest([uid], at).get(uid)


def objects_as_of(uids: Iterable[UUID], at: datetime) -> dict[UUID, Held]:
    """Each of these objects as it was at this moment, by its id, without those that did not exist yet. One query."""
    return _newest(uids, at)


def moments_of(
    events: QuerySet[Event], *, before: tuple[datetime, int] | None = None, limit: int = MOMENTS
) -> tuple[list[tuple[datetime, int, list[Event]]], bool]:
    """The newest moments at which some of these events were written, and whether there are earlier ones.

    A moment is its time, its transaction and its events in their order; ``before`` is the time and the transaction of
    one, to go on from there. Two queries.
    """
    moments = events.order_by().values("transaction").annotate(at=Max("recorded_at"))
    if before is not None:
        moments = moments.filter(Q(at__lt=before[0]) | Q(at=before[0], transaction__lt=before[1]))
    found = list(moments.order_by("-at", "-transaction")[: limit + 1])
    told: dict[int, list[Event]] = {one["transaction"]: [] for one in found[:limit]}
    for event in events.filter(transaction__in=list(told)).order_by("pk"):
        told[event.transaction].append(event)
    return [(one["at"], one["transaction"], told[one["transaction"]]) for one in found[:limit]], len(found) > limit


def history_of(uid: UUID, *, around: datetime | None = None, limit: int = MOMENTS) -> History:
    """When something changed about this claim, and what: its newest moments, or those on both sides of ``around``.

    At most ``limit`` moments, and as many more on the far side of ``around``.
    """
    events = events_about(uid)
    moments = events.values("transaction").annotate(at=Max("recorded_at"))
    until = moments if around is None else moments.filter(at__lte=around)
    before = list(until.order_by("-at", "-transaction")[: limit + 1])
    after = [] if around is None else list(moments.filter(at__gt=around).order_by("at", "transaction")[: limit + 1])
    shown = [*reversed(before[:limit]), *after[:limit]]
    changes: dict[int, list[Change]] = {one["transaction"]: [] for one in shown}
    became = Coalesce(
        KT("state__standing"), KT("state__stance"), KT("state__state"), Value(""), output_field=TextField()
    )
    told = events.filter(transaction__in=list(changes)).annotate(became=became).defer("state").order_by("pk")
    for event in told:
        changes[event.transaction].append(
            Change(
                event.object_uid, event.object_type, event.recorded_at, event.actor_label, event.verb, event.became,
                event.reason,
            )
        )  # fmt: skip
    return History(
        tuple(Moment(one["at"], tuple(changes[one["transaction"]])) for one in shown),
        more_before=len(before) > limit,
        more_after=len(after) > limit,
    )


def _newest(uids: Iterable[UUID], at: datetime) -> dict[UUID, Held]:
    """Each of these objects as it was at the moment, by its id; those that did not exist yet are left out."""
    return {e.object_uid: Held.by(e) for e in Event.objects.filter(pk__in=_last(list(uids), at))}


def _last(uids: Sequence[UUID], at: datetime) -> QuerySet[Any]:
    """The keys of the newest events of these objects until the moment.

    An object's events are written one after the other, each while its writer holds the object's row: the largest key is
    the newest. The ids are given one by one, and not as a query: PostgreSQL then reads the index of events by object
    for each, where it might otherwise read the whole ledger.
    """
    until = Event.objects.filter(object_uid__in=uids, recorded_at__lte=at).order_by()
    return until.values("object_uid").annotate(last=Max("pk")).values("last")


def _positions_held(uid: UUID, at: datetime, access: Access) -> list[UUID]:
    """The positions that counted at the moment, oldest first: not superseded, of statements that were held then."""
    rows = Position.objects.filter(claim__uid=uid).readable_by(access)
    ever = list(rows.order_by("pk").values_list("uid", "statement__uid"))
    newest = Event.objects.filter(pk__in=_last([one for pair in ever for one in pair], at), state__superseded=False)
    held = dict(newest.annotate(decided=KT("state__state")).values_list("object_uid", "decided"))
    return [position for position, said in ever if position in held and held.get(said) in COUNTED]


def _contradictions(uid: UUID, access: Access) -> list[tuple[UUID, UUID, UUID | None]]:
    """The newest contradictions of the claim, each with its two claims; either side has an index of its own."""
    named = ("pk", "uid", "claim__uid", "other_claim__uid")
    readable = Contradiction.objects.readable_by(access)
    first, other = readable.filter(claim__uid=uid), readable.filter(other_claim__uid=uid)
    both = first.order_by().values_list(*named).union(other.order_by().values_list(*named))
    return [tuple(row[1:]) for row in both.order_by("-pk")[:OTHERS]]


def events_about(uid: UUID) -> EventQuerySet:
    """Every event since the claim was made that bears on it: its own, and those of what belongs to it."""
    belonging: list[QuerySet[Any]] = [
        Position.objects.filter(claim__uid=uid),
        Statement.objects.filter(positions__claim__uid=uid),
        Contradiction.objects.filter(claim__uid=uid),
        Contradiction.objects.filter(other_claim__uid=uid),
        Verdict.objects.filter(claim__uid=uid),
    ]
    first, *others = (rows.order_by().values_list("uid", flat=True) for rows in belonging)
    made = Event.objects.filter(object_uid=uid).order_by().aggregate(at=Min("recorded_at"))["at"]
    undecided = Q(object_type="statement") & ~Q(verb__in=DECIDED)
    if made is None:
        return Event.objects.none()
    events = Event.objects.filter(object_uid__in=[uid, *first.union(*others)], recorded_at__gte=made)
    return events.exclude(undecided).order_by()
