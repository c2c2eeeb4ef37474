"""The conflict queue: which contested claims and suggested contradictions come first, for whom, and why.

Nobody's request reads all of them. Indexes choose what is looked at (the latest and the oldest suggestions; the
contested claims with most origins on both sides), the database weighs it by what columns tell, and the :data:`RANKED`
heaviest of each sort are ranked by the whole rule (:mod:`claims.desk.consequence`). What is decided makes room for what
lies behind.
"""

import math
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.contrib.auth.models import User
from django.db.models import (
    Case,
    Exists,
    F,
    FloatField,
    Func,
    IntegerField,
    JSONField,
    Max,
    OuterRef,
    Q,
    QuerySet,
    Value,
    When,
)  # fmt: skip
from django.db.models.functions import Cast, Coalesce, Extract, Greatest, Least, Ln, Now
from django.template.defaultfilters import floatformat
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from claims.choices import Answer, ContradictionState, ContradictionType, Question
from claims.desk import consequence
from claims.desk.consequence import Stake, Weight
from claims.models import Claim, Contradiction, Dossier, Event, Opinion, Party

LATEST, OLDEST = 4000, 2000  # suggestions looked at, from either end
RANKED = 500  # of each sort
OPPOSING_PAIRS = 10_000  # parties are few; no more pairs of them than this are read

CONTRADICTION, CLAIM = "contradiction", "claim"
SORTS = (CONTRADICTION, CLAIM)
SECONDS_A_DAY = 86_400


@dataclass(frozen=True, slots=True)
class Entry:
    """One conflict in the queue. ``unsure`` says that the person for whom it was ranked has put it off."""

    sort: str
    pk: int
    uid: UUID
    since: datetime
    stake: Stake
    weight: Weight
    unsure: bool = False

    @property
    def why(self) -> list[str]:
        """Why it stands where it stands, in words; what weighs most comes first."""
        said = (
            (self.weight.origins, _on_both_sides(self.stake)),
            (self.weight.parties, _opposed(self.stake)),
            (self.weight.difference, _difference(self.stake)),
            (self.weight.age, _waiting(self.stake)),
        )
        return [words for _points, words in sorted(said, key=lambda told: -told[0]) if words]


def ranked(person: User, *, dossier: Dossier | None = None, sort: str = "") -> list[Entry]:
    """The queue as this person works through it, the most consequential first; what he or she put off comes last.

    At most :data:`RANKED` of each sort, in a fixed number of queries. ``dossier`` and ``sort`` narrow it.
    """
    rows: list[dict[str, Any]] = []
    if sort != CLAIM:
        rows += _suggested(dossier)
    if sort != CONTRADICTION:
        rows += _contested(dossier)
    opposes = frozenset(
        Party.opposes.through.objects.values_list("from_party__name", "to_party__name")[:OPPOSING_PAIRS]
    )
    put_off = unsure_of(person, [row["uid"] for row in rows if row["sort"] == CONTRADICTION])
    now = timezone.now()
    entries = [_entry(row, opposes, now, unsure=row["uid"] in put_off) for row in rows]
    return sorted(entries, key=lambda e: (e.unsure, -e.weight.total, e.since, e.uid))


def unsure_of(person: User, uids: Collection[UUID]) -> set[UUID]:
    """Those of these objects of which this person said last that he or she is unsure whether they conflict."""
    said = Opinion.objects.newest().filter(
        question=Question.CONFLICT, answer=Answer.UNSURE, person=person, object_type=CONTRADICTION, object_uid__in=uids
    )
    return set(said.values_list("object_uid", flat=True))


def versions_of(uids: Iterable[UUID]) -> dict[UUID, int]:
    """The version of each of these objects (:func:`claims.services.versions.version_of`), in one query."""
    told = Event.objects.filter(object_uid__in=list(uids)).order_by().values("object_uid")
    return dict(told.annotate(newest=Max("pk")).values_list("object_uid", "newest"))


def neighbours(entries: Sequence[Entry], uid: UUID) -> tuple[UUID | None, int, UUID | None]:
    """What comes before this one, its place (from 1; 0: not in the queue), and what comes after it.

    What is not in the queue, being decided, is followed by its first.
    """
    places = {entry.uid: place for place, entry in enumerate(entries)}
    place = places.get(uid)
    if place is None:
        return None, 0, entries[0].uid if entries else None
    before = entries[place - 1].uid if place else None
    after = entries[place + 1].uid if place + 1 < len(entries) else None
    return before, place + 1, after


# --- What is looked at -----------------------------------------------------------------------------------------------


def undecided_claims() -> QuerySet[Claim]:
    """Contested claims about whose conflict nobody has decided, and nothing is suggested to decide about."""
    on_it = Contradiction.objects.filter(claim=OuterRef("pk"), other_claim__isnull=True)
    return Claim.objects.contested().exclude(Exists(on_it.exclude(state=ContradictionState.LAPSED)))


def open_contradictions() -> QuerySet[Contradiction]:
    """Suggested contradictions between claims that still stand on their own."""
    return Contradiction.objects.filter(
        state=ContradictionState.SUGGESTED, claim__merged_into__isnull=True, other_claim__merged_into__isnull=True
    )


def _suggested(dossier: Dossier | None) -> list[dict[str, Any]]:
    heaviest = Contradiction.objects.filter(pk__in=list(_heaviest(dossier).values_list("pk", flat=True)[:RANKED]))
    return list(
        heaviest.annotate(
            **_sides(),
            parties_here=_parties("claim__", "supporting"),
            parties_there=Case(
                When(_OF_A_PAIR, then=_parties("other_claim__", "supporting")), default=_parties("claim__", "refuting")
            ),
            since=F("created_at"),
            sort=Value(CONTRADICTION),
        ).values(*_READ)
    )


def _heaviest(dossier: Dossier | None) -> QuerySet[Contradiction]:
    """Suggested contradictions that are looked at, by what the database can tell of their weight (``base``)."""
    # By the index of the queue alone: which of them still stand is asked of those that it gives.
    waiting = Contradiction.objects.filter(state=ContradictionState.SUGGESTED)
    if dossier is not None:
        waiting = waiting.filter(claim__dossier=dossier)
    latest = waiting.order_by("-created_at").values("pk")[:LATEST]
    oldest = waiting.order_by("created_at").values("pk")[:OLDEST]
    looked_at = open_contradictions().filter(pk__in=latest.union(oldest)).annotate(**_sides())
    base = _points("origins_here", "origins_there", F("times"), F("created_at"))
    return looked_at.annotate(base=base).order_by("-base", "created_at", "pk")


_OF_A_PAIR = Q(other_claim__isnull=False)


def _sides() -> dict[str, Any]:
    """The origins on both sides of a contradiction, and how many times one figure is the other."""
    there = Case(
        When(_OF_A_PAIR, then=F("other_claim__origins")),
        default=F("claim__refuting_origins"),
        output_field=IntegerField(),
    )
    times = Case(
        When(_OF_A_PAIR & Q(type=ContradictionType.NUMERIC), then=_times_larger("claim__", "other_claim__")),
        default=Value(1.0),
        output_field=FloatField(),
    )
    return {"origins_here": F("claim__origins"), "origins_there": there, "times": times}


def _contested(dossier: Dossier | None) -> list[dict[str, Any]]:
    waiting = undecided_claims()
    if dossier is not None:
        waiting = waiting.filter(dossier=dossier)
    sides = {
        "origins_here": F("origins"),
        "origins_there": F("refuting_origins"),
        "times": Value(1.0, output_field=FloatField()),
        "parties_here": _parties("", "supporting"),
        "parties_there": _parties("", "refuting"),
        "since": F("created_at"),
        "sort": Value(CLAIM),
    }
    # As the index has them: the most on the weaker side first, and of as many those that have waited longest.
    chosen = waiting.annotate(**sides).order_by(Least("origins", "refuting_origins").desc(), "created_at", "pk")
    return list(chosen.values(*_READ)[:RANKED])


_READ = ("pk", "uid", "sort", "since", "origins_here", "origins_there", "parties_here", "parties_there", "times")


def _points(here: str, there: str, times: Any, since: Any) -> Any:
    """The points of the rule that columns tell, as an expression: all but those for the parties."""
    weaker, stronger = Least(Least(here, there), consequence.PAIRS), Greatest(here, there)
    doublings = Ln(times) / Value(math.log(2))
    days = Extract(Now() - since, "epoch") / Value(float(SECONDS_A_DAY))
    return (
        Cast(weaker, FloatField()) * consequence.PER_PAIR
        + Cast(Least(stronger - weaker, consequence.FURTHER), FloatField()) * consequence.PER_FURTHER
        + Least(doublings * Value(consequence.PER_DOUBLING), Value(consequence.LARGEST), output_field=FloatField())
        + Cast(Greatest(days, Value(0.0), output_field=FloatField()), FloatField()) * consequence.PER_DAY
    )


def _times_larger(one: str, other: str) -> Any:
    """:func:`claims.desk.consequence.times_larger` as an expression."""

    def lower(side: str) -> Any:
        said = Coalesce(f"{side}low", f"{side}best", Value(0.0))
        return Least(Greatest(said, Value(0.0)), Value(consequence.LARGEST_FIGURE))

    def upper(side: str) -> Any:
        return Greatest(Coalesce(f"{side}high", f"{side}best", Value(math.inf)), Value(0.0))

    return Greatest(
        (lower(one) + 1.0) / (upper(other) + 1.0), (lower(other) + 1.0) / (upper(one) + 1.0), Value(1.0),
        output_field=FloatField(),
    )  # fmt: skip


def _parties(claim: str, side: str) -> Func:
    """The parties of the origins on one side of a claim's standing, as a JSON list."""
    return Func(
        F(f"{claim}standing_explanation"),
        Value(f"$.{side}[*].parties[*]"),
        template="jsonb_path_query_array(%(expressions)s::jsonpath)",
        output_field=JSONField(),
    )


def _entry(row: dict[str, Any], opposes: frozenset[tuple[str, str]], now: datetime, *, unsure: bool) -> Entry:
    here, there = (frozenset(row[side] or ()) for side in ("parties_here", "parties_there"))
    stake = Stake(
        origins=row["origins_here"],
        other_origins=row["origins_there"],
        opposed=consequence.opposed_pairs(here, there, opposes),
        times=row["times"],
        days=(now - row["since"]).total_seconds() / SECONDS_A_DAY,
    )
    return Entry(row["sort"], row["pk"], row["uid"], row["since"], stake, consequence.weigh(stake), unsure)


# --- In words ---------------------------------------------------------------------------------------------------------


def _on_both_sides(stake: Stake) -> str:
    here, there = stake.origins, stake.other_origins
    if not min(here, there):
        return _("no independent origin on one side")
    return ngettext(
        "%(here)s origin against %(there)s", "%(here)s origins against %(there)s", max(here, there)
    ) % {"here": here, "there": there}  # fmt: skip


def _opposed(stake: Stake) -> str:
    pairs = sorted(stake.opposed)
    if not pairs:
        return ""
    return _("opposing parties: %(one)s and %(other)s") % {"one": pairs[0][0], "other": pairs[0][1]}


def _difference(stake: Stake) -> str:
    if stake.times < 1.1:
        return ""
    return _("one figure is %(times)s times the other") % {"times": floatformat(stake.times, -1)}


def _waiting(stake: Stake) -> str:
    days = int(stake.days)
    if not days:
        return _("new today")
    return ngettext("waiting for %(days)s day", "waiting for %(days)s days", days) % {"days": days}
