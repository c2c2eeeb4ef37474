"""Placing statements among the claims. The rules are pure (``tracker.analysis``)."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from django.db import transaction
from rapidfuzz import fuzz, process

from claims.choices import Decider, Modality, Polarity, Stance
from claims.models import Claim, Dossier, Position, Snapshot, Statement
from claims.services import claims as claim_services
from claims.services import ledger, standings
from claims.services.actor import Actor
from claims.services.candidates import candidates, other_wordings
from claims.services.claims import Asserted, Reasoned
from tracker.analysis import conflicts, matching
from tracker.analysis.embedding import embed
from tracker.analysis.matching import Match
from tracker.analysis.toponyms import place_key
from tracker.analysis.types import Period
from tracker.camps import parties_by_name
from tracker.conflicts import counted_figure

# A negated or opposed wording refutes a claim only where it is nearly the claim's own: what is merely alike is about
# something else.
REFUTES_FROM = 0.85
# So many claims a statement is compared with, and with so many wordings of each besides the claim's own.
SCORED = 12
WORDINGS = 2
MATCHING = Actor.machine(matching.NAME, matching.VERSION)
MATCHED_WITH = f"{matching.NAME}/{matching.VERSION}+{conflicts.NAME}/{conflicts.VERSION}"


def match_snapshot(snapshot_id: int) -> None:
    """Give every checkable statement of a snapshot its position on a claim, once; standings and conflicts follow.

    Statements that hold a position keep it: a second run adds nothing, and no run moves what a person decided.
    """
    with transaction.atomic():
        dossier_id = Snapshot.objects.values_list("document__dossier", flat=True).get(pk=snapshot_id)
        # One at a time in a dossier: two documents that assert the same must not both make a claim of it.
        dossier = Dossier.objects.select_for_update(no_key=True).get(pk=dossier_id)
        # A statement that a person adds meanwhile waits, and is placed by the run that it asks for.
        snapshot = Snapshot.objects.select_for_update(of=("self",), no_key=True).get(pk=snapshot_id)
        if snapshot.matched_with:
            return
        with ledger.written_together(), standings.once_at_the_end(actor=MATCHING):
            _place_all(snapshot, dossier)
            # Any version of the document: a new one may have dropped what an old one said.
            said = Claim.objects.filter(positions__statement__snapshot__document=snapshot.document_id)
            standings.refresh(said.values_list("pk", flat=True), actor=MATCHING)
        Snapshot.objects.filter(pk=snapshot_id).update(matched_with=MATCHED_WITH)


# --- Statements to claims --------------------------------------------------------------------------------------------


def _place_all(snapshot: Snapshot, dossier: Dossier) -> None:
    """Place every statement without a position; those nested deepest first, so that a relay can follow its content."""
    statements = list(snapshot.statements.current().checkable().select_related("source").order_by("pk"))
    nested: dict[int, list[Statement]] = defaultdict(list)
    for statement in statements:
        if statement.parent_id is not None:
            nested[statement.parent_id].append(statement)
    held = Position.objects.filter(statement__in=statements, superseded_at__isnull=True)
    holders = list(held.select_related("claim"))
    positions = {position.statement_id: position.claim for position in holders}
    relaying = _seen_to_relay(statements, holders)
    parties = parties_by_name()
    for statement in sorted(statements, key=lambda s: (-_depth(s, statements), s.pk)):
        if statement.pk in positions and statement.pk not in relaying:
            continue
        inner = next((positions[s.pk] for s in nested[statement.pk] if s.pk in positions), None)
        claim = _relay(statement, inner) if inner is not None else _place(statement, dossier, parties)
        positions[statement.pk] = claim


def _seen_to_relay(statements: Sequence[Statement], holders: Iterable[Position]) -> set[int]:
    """Those that a machine placed before a person saw that somebody else's word is nested in them."""
    nested_by_people = {s.parent_id for s in statements if s.origin == Decider.PERSON and s.parent_id is not None}
    return nested_by_people & {p.statement_id for p in holders if p.origin == Decider.MACHINE}


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


def _place(statement: Statement, dossier: Dossier, parties: Mapping[str, str]) -> Claim:
    """The claim that a statement is about: one that is there already, or a new one."""
    asserted = _asserted(statement)
    kept = claim_services.predecessor_claim(statement)
    found = [*candidates(dossier, asserted), *([kept] if kept else [])]
    likely = ranked(asserted, found, parties=parties)
    best = _best(likely, kept)
    if best is not None and best.match.score >= matching.JOIN:
        claim, match = best.claim, best.match
    else:
        claim = claim_services.create_claim(dossier, asserted, actor=MATCHING)
        match = Match(score=1.0, explanation=("the first statement of this claim",))
    why = Reasoned(match.score, matching.NAME, matching.VERSION, list(match.explanation))
    stance = _stance(statement, refutes=match.refutes)
    claim_services.take_position(statement, claim=claim, stance=stance, why=why, actor=MATCHING)
    for rival in likely:
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


def _best(likely: "Sequence[Candidate]", kept: Claim | None) -> "Candidate | None":
    """The likeliest claim, unless people's decisions point elsewhere.

    A statement whose words were read before stays with the claim that they belong to (``kept``, merges followed), as
    long as it may still be about it, and never joins one that a reviewer has told apart from that.
    """
    if kept is None:
        return next((c for c in likely if not c.match.refutes or c.match.score >= REFUTES_FROM), None)
    own = next((c for c in likely if c.claim.pk == kept.pk), None)
    if own is not None and own.match.score >= matching.SUGGEST:
        return Candidate(own.claim, replace(own.match, score=max(own.match.score, matching.JOIN)))
    apart = claim_services.judged_different([kept.pk])
    return next((c for c in likely if frozenset((c.claim.pk, kept.pk)) not in apart), None)


@dataclass(frozen=True, slots=True)
class Candidate:
    """A claim that a statement may be about, and how surely."""

    claim: Claim
    match: Match


def ranked(asserted: Asserted, found: Sequence[Claim], *, parties: Mapping[str, str] | None = None) -> list[Candidate]:
    """Claims by their best likeness: to the claim's own words, or those of statements about it.

    ``parties`` says by name who is on whose side (``camps.parties_by_name``). What cannot even be suggested is not
    looked into further: its score says no more than that.
    """
    wordings = other_wordings(found)
    scored = []
    for claim in _promising(asserted.text, found, wordings):
        places = (asserted.place or None, claim.place or None)
        periods = (_period(asserted), _period(claim))
        matches = [
            matching.similarity(
                asserted.text, text, places=places, periods=periods, parties=parties, at_least=matching.SUGGEST
            )
            for text in sorted({claim.text, *_closest(asserted.text, wordings[claim.pk])})
        ]
        scored.append(Candidate(claim, max(matches, key=lambda m: m.score)))
    return sorted(scored, key=lambda c: (-c.match.score, c.claim.pk))


def _promising(text: str, found: Iterable[Claim], wordings: Mapping[int, Collection[str]]) -> list[Claim]:
    """Each candidate once, of many those that look likeliest at a glance: scoring takes a hundred times as long.

    The glance is at the vectors, which know synonyms, and at the words of every statement about the claim. A claim that
    was not searched for, but is known to be the one that these words belonged to, is always among them.
    """

    def likely(claim: Claim) -> float:
        distance = getattr(claim, "distance", 0.0)
        near = 0.0 if distance is None else 1.0 - distance
        alike = (fuzz.token_set_ratio(text, wording) / 100 for wording in (claim.text, *wordings.get(claim.pk, ())))
        return max(near, *alike)

    # A claim that was handed in besides has no distance; the last one with its id counts.
    once = {claim.pk: claim for claim in found}
    return sorted(once.values(), key=lambda claim: (-likely(claim), claim.pk))[:SCORED]


def _closest(text: str, wordings: Iterable[str]) -> list[str]:
    """The few wordings that share most with a text: a claim that many have stated is not compared with all."""
    found = process.extract(text, sorted(wordings), scorer=fuzz.token_set_ratio, limit=WORDINGS)
    return [wording for wording, _, _ in found]


def _period(dated: Asserted | Claim) -> Period | None:
    if dated.when_first is None or dated.when_last is None:
        return None
    return Period("", dated.when_first, dated.when_last)


def _asserted(statement: Statement) -> Asserted:
    figure: dict[str, Any] = counted_figure(statement)
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
