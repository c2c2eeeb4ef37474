"""Finding what conflicts among the claims whose standing changed. The rules are pure (``tracker.analysis``)."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from claims.choices import ContradictionType
from claims.models import Claim, Contradiction, Position, Statement
from claims.services import contradictions, standings
from claims.services.actor import Actor
from claims.services.contradictions import Conflict
from claims.standing import CONTESTED
from tracker.analysis import conflicts
from tracker.analysis.conflicts import Comparison, Figure, Relation

CONFLICTS = Actor.machine(conflicts.NAME, conflicts.VERSION)


def counted_figure(statement: Statement) -> dict[str, Any]:
    """The figure that a statement is about: its first count of something; empty where it counts nothing."""
    return next((q for q in statement.quantities if q.get("measure", "") not in conflicts.SIZES), {})


def look_for_conflicts(claim_ids: Sequence[int], **_: object) -> None:
    """Whenever standings change: propose what conflicts now, and note which tolls rose. A listener of the domain."""
    find_conflicts(Claim.objects.live().filter(pk__in=claim_ids).order_by("pk"))


def find_conflicts(claims: Iterable[Claim]) -> list[Contradiction]:
    """Propose what conflicts with these claims, and note which tolls rose."""
    claims = list(claims)
    found: list[Conflict] = []
    for claim in claims:
        found += _denials(claim)
        found += _rival_figures(claim)
    return contradictions.propose(
        found, about=claims, algorithm=conflicts.NAME, version=conflicts.VERSION, actor=CONFLICTS
    )


def _denials(claim: Claim) -> list[Conflict]:
    """A contested claim: one conflict, between the first position that counts for it and the first against it."""
    found = standings.assess(claim)
    if found.value != CONTESTED:
        return []
    positions = {str(position.uid): position for position in standings.weighed(claim)}
    position = positions[found.supporting[0].positions[0]]
    other_position = positions[found.refuting[0].positions[0]]
    return [
        Conflict(
            claim=claim,
            position=position,
            other_position=other_position,
            type=ContradictionType.NEGATION,
            score=round(min(position.score, other_position.score), 3),
            explanation=f"{found.supporting[0].label} asserts “{claim.text}”; {found.refuting[0].label} denies it.",
        )
    ]


def _rival_figures(claim: Claim) -> list[Conflict]:
    """Claims with a figure of the same measure and place that excludes this one's. Risen tolls are noted instead."""
    if claim.measure in conflicts.SIZES or not claim.place_key:
        return []
    rivals = list(
        Claim.objects.live()
        .filter(dossier=claim.dossier_id, measure=claim.measure, place_key=claim.place_key)
        .exclude(pk=claim.pk)
        .order_by("pk")
    )
    mine = _figure(claim)
    theirs = {rival: _figure(rival) for rival in rivals}
    compared = {
        rival: conflicts.compare(mine.figure, figure.figure) for rival, figure in theirs.items() if mine and figure
    }
    _note_risen(claim, mine, theirs, compared)
    return [
        Conflict(
            claim=claim,
            other=rival,
            position=mine.position,
            other_position=figure.position,
            type=ContradictionType.NUMERIC,
            score=compared[rival].score,
            explanation=f"{mine.name} and {figure.name} differ. {compared[rival].explanation}.",
        )
        for rival, figure in theirs.items()
        if mine and figure and compared[rival].relation == Relation.CONFLICT
    ]


def _note_risen(
    claim: Claim, mine: "_Sourced | None", theirs: "dict[Claim, _Sourced | None]", compared: dict[Claim, Comparison]
) -> None:
    """Let each toll lead to the later, higher one that is known now, and to none that is known no more."""
    risen = {rival for rival, comparison in compared.items() if comparison.relation == Relation.RISING}
    later = [
        rival
        for rival in risen
        if mine and (figure := theirs[rival]) and conflicts.is_later(figure.figure, mine.figure)
    ]
    highest = max(later, key=lambda rival: (rival.best or rival.low or 0, rival.pk), default=None)
    standings.set_rising(claim, highest, actor=CONFLICTS)
    for rival in theirs:
        if rival in risen and rival not in later and rival.rises_to_id is None:
            standings.set_rising(rival, claim, actor=CONFLICTS)
        elif rival.rises_to_id == claim.pk and rival not in risen:
            standings.set_rising(rival, None, actor=CONFLICTS)


@dataclass(frozen=True, slots=True)
class _Sourced:
    """A claim's figure, and who gave it first."""

    figure: Figure
    position: Position
    name: str


def _figure(claim: Claim) -> _Sourced | None:
    """The claim's figure with its time and origins; ``None`` where nobody asserts it any more."""
    found = standings.assess(claim)
    if not found.supporting:
        return None
    counted = {uid for origin in found.supporting for uid in origin.positions}
    both = [(position, standings.taken(position)) for position in standings.weighed(claim)]
    live = sorted(
        ((position, taken) for position, taken in both if taken.position in counted),
        key=lambda pair: (pair[1].at, pair[0].pk),
    )
    position, first = live[0]
    figure = Figure(
        measure=claim.measure,
        counted=claim.counted,
        low=claim.low,
        best=claim.best,
        high=claim.high,
        place=claim.place,
        when_first=claim.when_first,
        when_last=claim.when_last,
        said_at=first.at,
        origins=frozenset(taken.source.key for _, taken in live),
        approximate=bool(counted_figure(position.statement).get("approximate")),
    )
    return _Sourced(figure, position, first.speaker)
