"""Placing statements among the claims, and finding what then conflicts. The rules are pure (``tracker.analysis``)."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import transaction

from claims.choices import ContradictionType, Modality, Polarity, Stance
from claims.models import Claim, Contradiction, Dossier, Position, Snapshot, Statement
from claims.services import claims as claim_services
from claims.services import contradictions, standings
from claims.services.actor import Actor
from claims.services.claims import Asserted, Reasoned
from claims.services.contradictions import Conflict
from claims.standing import REFUTES, SUPPORTS, Taken
from tracker.analysis import conflicts, matching
from tracker.analysis.conflicts import Figure, Relation
from tracker.analysis.embedding import embed
from tracker.analysis.matching import Match
from tracker.analysis.toponyms import place_key
from tracker.analysis.types import Period

MATCHING = Actor.machine(matching.NAME, matching.VERSION)
MATCHED_WITH = f"{matching.NAME}/{matching.VERSION}+{conflicts.NAME}/{conflicts.VERSION}"


def match_snapshot(snapshot_id: int) -> None:
    """Give every checkable statement of a snapshot its position on a claim, once, then look for conflicts.

    Statements that hold a position keep it: a second run adds nothing, and no run moves what a person decided.
    """
    with transaction.atomic():
        dossier_id = Snapshot.objects.values_list("document__dossier", flat=True).get(pk=snapshot_id)
        # One at a time in a dossier: two documents that assert the same must not both make a claim of it.
        dossier = Dossier.objects.select_for_update(no_key=True).get(pk=dossier_id)
        snapshot = Snapshot.objects.get(pk=snapshot_id)
        if snapshot.matched_with:
            return
        placed = _place_all(snapshot, dossier)
        touched = _touched(snapshot) | {claim.pk for claim in placed}
        find_conflicts(Claim.objects.live().filter(pk__in=touched).order_by("pk"))
        standings.refresh(touched, actor=MATCHING)
        Snapshot.objects.filter(pk=snapshot_id).update(matched_with=MATCHED_WITH)


def _touched(snapshot: Snapshot) -> set[int]:
    """Claims on which any version of the document takes a position: a new one may have dropped what an old one said."""
    return set(
        Claim.objects.filter(positions__statement__snapshot__document=snapshot.document_id).values_list("pk", flat=True)
    )


# --- Statements to claims --------------------------------------------------------------------------------------------


def _place_all(snapshot: Snapshot, dossier: Dossier) -> list[Claim]:
    """Place every statement without a position; those nested deepest first, so that a relay can follow its content."""
    statements = list(snapshot.statements.current().checkable().select_related("source").order_by("pk"))
    nested: dict[int, list[Statement]] = defaultdict(list)
    for statement in statements:
        if statement.parent_id is not None:
            nested[statement.parent_id].append(statement)
    holders = Position.objects.filter(statement__in=statements, superseded_at__isnull=True)
    positions = {position.statement_id: position.claim for position in holders.select_related("claim")}
    placed = []
    for statement in sorted(statements, key=lambda s: (-_depth(s, statements), s.pk)):
        if statement.pk in positions:
            continue
        inner = next((positions[s.pk] for s in nested[statement.pk] if s.pk in positions), None)
        claim = _relay(statement, inner) if inner is not None else _place(statement, dossier)
        positions[statement.pk] = claim
        placed.append(claim)
    return placed


def _depth(statement: Statement, statements: Sequence[Statement]) -> int:
    parents = {s.pk: s.parent_id for s in statements}
    depth, at = 0, statement.parent_id
    while at is not None and depth <= len(parents):
        depth, at = depth + 1, parents.get(at)
    return depth


def _relay(statement: Statement, claim: Claim) -> Claim:
    """A statement that only passes on a nested one reports the same claim."""
    why = Reasoned(1.0, matching.NAME, matching.VERSION, ["it passes on what the source nested in it says"])
    claim_services.take_position(statement, claim=claim, stance=Stance.REPORTS, why=why, actor=MATCHING)
    return claim


def _place(statement: Statement, dossier: Dossier) -> Claim:
    """The claim that a statement is about: one that is there already, or a new one."""
    asserted = _asserted(statement)
    ranked = _ranked(asserted, claim_services.candidates(dossier, asserted))
    best = ranked[0] if ranked else None
    if best is not None and best.match.score >= matching.JOIN:
        claim, match = best.claim, best.match
    else:
        claim = claim_services.create_claim(dossier, asserted, actor=MATCHING)
        match = Match(score=1.0, explanation=("the first statement of this claim",))
    why = Reasoned(match.score, matching.NAME, matching.VERSION, list(match.explanation))
    stance = _stance(statement, refutes=match.refutes)
    claim_services.take_position(statement, claim=claim, stance=stance, why=why, actor=MATCHING)
    for rival in ranked:
        if rival.claim.pk != claim.pk and rival.match.score >= matching.SUGGEST and not rival.match.refutes:
            same = Reasoned(rival.match.score, matching.NAME, matching.VERSION, list(rival.match.explanation))
            claim_services.suggest_same(claim, other=rival.claim, why=same, actor=MATCHING)
    return claim


def _stance(statement: Statement, *, refutes: bool) -> Stance:
    """What a statement says of a claim: a hedge only reports it, and denying the opposite supports it."""
    if statement.modality == Modality.HEDGED:
        return Stance.REPORTS
    denies = (statement.polarity == Polarity.DENIES) != refutes
    return Stance.REFUTES if denies else Stance.SUPPORTS


@dataclass(frozen=True, slots=True)
class _Candidate:
    claim: Claim
    match: Match


def _ranked(asserted: Asserted, candidates: Sequence[Claim]) -> list[_Candidate]:
    """Candidates by their best likeness: to the claim's own words, or those of statements about it."""
    wordings: dict[int, set[str]] = defaultdict(set)
    said = Position.objects.current().filter(claim__in=candidates).exclude(stance=Stance.REPORTS)
    for claim_id, content in said.values_list("claim", "statement__content_text"):
        wordings[claim_id].add(content)
    ranked = []
    for claim in candidates:
        places = (asserted.place or None, claim.place or None)
        periods = (_period(asserted), _period(claim))
        matches = [
            matching.similarity(asserted.text, text, places=places, periods=periods)
            for text in sorted({claim.text, *wordings[claim.pk]})
        ]
        ranked.append(_Candidate(claim, max(matches, key=lambda m: m.score)))
    return sorted(ranked, key=lambda c: (-c.match.score, c.claim.pk))


def _counted(statement: Statement) -> dict[str, Any]:
    """The figure that a statement is about: its first count of something; empty where it counts nothing."""
    return next((q for q in statement.quantities if q.get("measure", "") not in conflicts.SIZES), {})


def _period(dated: Asserted | Claim) -> Period | None:
    if dated.when_first is None or dated.when_last is None:
        return None
    return Period("", dated.when_first, dated.when_last)


def _asserted(statement: Statement) -> Asserted:
    figure: dict[str, Any] = _counted(statement)
    place = figure.get("place") or statement.place
    text = statement.content_text.removeprefix("that ").strip(" \n\"'“”‘’«»,;:")
    return Asserted(
        text=text or statement.content_text,
        embedding=embed(text),
        place=place,
        place_key=place_key(place) if place else "",
        when_first=statement.when_first,
        when_last=statement.when_last,
        measure=figure.get("measure") or "",
        counted=figure.get("counted") or "",
        low=figure.get("low"),
        best=figure.get("best"),
        high=figure.get("high"),
    )


# --- Conflicts -------------------------------------------------------------------------------------------------------


def find_conflicts(claims: Iterable[Claim]) -> list[Contradiction]:
    """Propose what conflicts with these claims, and note which tolls rose."""
    claims = list(claims)
    found: list[Conflict] = []
    for claim in claims:
        found += _denials(claim)
        found += _rival_figures(claim)
    return contradictions.propose(
        found, about=claims, algorithm=conflicts.NAME, version=conflicts.VERSION, actor=MATCHING
    )


def _live(claim: Claim) -> list[tuple[Position, Taken]]:
    positions = Position.objects.current().filter(claim=claim, statement__source__isnull=False)
    both = [
        (position, standings.taken(position))
        for position in positions.select_related(
            "statement__source", "statement__snapshot__document__publisher", "statement__snapshot__document__origin"
        )
    ]
    return sorted(
        ((position, taken) for position, taken in both if taken.stands), key=lambda pair: (pair[1].at, pair[0].pk)
    )


def _denials(claim: Claim) -> list[Conflict]:
    """A claim that one source supports and another refutes: one conflict, between the first of each."""
    live = _live(claim)
    first_for = next((pair for pair in live if pair[1].stance == SUPPORTS), None)
    first_against = next(
        (pair for pair in live if pair[1].stance == REFUTES and first_for and pair[1].source != first_for[1].source),
        None,
    )
    if first_for is None or first_against is None:
        return []
    (position, asserting), (other_position, denying) = first_for, first_against
    return [
        Conflict(
            claim=claim,
            position=position,
            other_position=other_position,
            type=ContradictionType.NEGATION,
            score=round(min(position.score, other_position.score), 3),
            explanation=f"{asserting.speaker} asserts “{claim.text}”; {denying.speaker} denies it.",
        )
    ]


def _rival_figures(claim: Claim) -> list[Conflict]:
    """Claims with a figure of the same measure and place that excludes this one's; risen tolls are noted instead."""
    if not claim.measure or not claim.place_key:
        return []
    mine = _figure(claim)
    rivals = Claim.objects.live().filter(dossier=claim.dossier_id, measure=claim.measure, place_key=claim.place_key)
    found = []
    for rival in rivals.exclude(pk=claim.pk).order_by("pk"):
        theirs = _figure(rival)
        if mine is None or theirs is None:
            continue
        comparison = conflicts.compare(mine.figure, theirs.figure)
        if comparison.relation == Relation.RISING:
            earlier, later = (claim, rival) if mine.figure.said_at <= theirs.figure.said_at else (rival, claim)
            standings.mark_rising(earlier, later, actor=MATCHING)
            standings.refresh([earlier.pk], actor=MATCHING)
        elif comparison.relation == Relation.CONFLICT:
            found.append(
                Conflict(
                    claim=claim,
                    other=rival,
                    position=mine.position,
                    other_position=theirs.position,
                    type=ContradictionType.NUMERIC,
                    score=comparison.score,
                    explanation=f"{mine.name} and {theirs.name} differ. {comparison.explanation}.",
                )
            )
    return found


@dataclass(frozen=True, slots=True)
class _Sourced:
    """A claim's figure, and who gave it first."""

    figure: Figure
    position: Position
    name: str


def _figure(claim: Claim) -> _Sourced | None:
    """The claim's figure with its time and origins; ``None`` where nobody asserts it any more."""
    live = [pair for pair in _live(claim) if pair[1].stance == SUPPORTS]
    if not live:
        return None
    position, first = live[0]
    printed: dict[str, Any] = _counted(position.statement)
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
        approximate=bool(printed.get("approximate")),
    )
    return _Sourced(figure, position, first.speaker)
