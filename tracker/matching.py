"""Placing statements among the claims. The rules are pure (``tracker.analysis``)."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from django.db import transaction
from numpy.typing import ArrayLike

from claims.choices import Decider, Modality, Polarity, Stance
from claims.models import EMBEDDING_DIMENSIONS, Claim, Document, Dossier, Position, Snapshot, Statement
from claims.services import claims as claim_services
from claims.services import ledger, standings
from claims.services.actor import Actor
from claims.services.candidates import Near, candidates, other_wordings
from claims.services.claims import Asserted, Reasoned, Side
from claims.services.keys import reserved_keys
from tracker import nearby
from tracker.analysis import conflicts, matching
from tracker.analysis.embedding import embed
from tracker.analysis.matching import Match
from tracker.analysis.toponyms import place_key
from tracker.camps import parties_by_name
from tracker.conflicts import counted_figure
from tracker.ranking import Candidate, ranked

# A negated or opposed wording refutes a claim only where it is nearly the claim's own: what is merely alike is about
# something else.
REFUTES_FROM = 0.85
FOUNDED = 20  # claims of this run that a statement is compared with: those nearest in meaning
MATCHING = Actor.machine(matching.NAME, matching.VERSION)
MATCHED_WITH = f"{matching.NAME}/{matching.VERSION}+{conflicts.NAME}/{conflicts.VERSION}"


def match_snapshots(snapshot_ids: Sequence[int]) -> None:
    """Give every checkable statement of these snapshots, which are of one dossier, its position on a claim, once.

    Standings and conflicts follow. Statements that hold a position keep it: a second run adds nothing, and no run moves
    what a person decided. All is read first, then decided, then written, in one transaction: a fixed number of queries,
    however many statements and snapshots there are, and a few for each statement that was read before or whose claim
    may be the same as another one.
    """
    with transaction.atomic(savepoint=False):
        dossiers = Document.objects.filter(snapshots__in=snapshot_ids)
        # One at a time in a dossier: two documents that assert the same must not both make a claim of it.
        dossier = Dossier.objects.select_for_update(no_key=True).get(pk__in=dossiers.values("dossier"))
        # A statement that a person adds meanwhile waits, and is placed by the run that it asks for.
        waiting = Snapshot.objects.select_for_update(of=("self",), no_key=True).filter(matched_with="")
        snapshots = list(waiting.filter(pk__in=snapshot_ids).order_by("pk"))
        if not snapshots:
            return
        with nearby.remembered(), ledger.written_together(), standings.once_at_the_end(actor=MATCHING):
            _place_all(snapshots, dossier)
            # Any version of their documents: a new one may have dropped what an old one said.
            documents = [snapshot.document_id for snapshot in snapshots]
            said = Claim.objects.filter(positions__statement__snapshot__document__in=documents)
            standings.refresh(said.order_by().values_list("pk", flat=True), actor=MATCHING)
        Snapshot.objects.filter(pk__in=[snapshot.pk for snapshot in snapshots]).update(matched_with=MATCHED_WITH)


# --- Statements to claims --------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Placed:
    """The side that a statement takes, and the other claims that may assert the same as the one it is about."""

    side: Side
    alike: Sequence[Candidate] = ()


def _place_all(snapshots: Sequence[Snapshot], dossier: Dossier) -> None:
    """Place every statement without a position; those nested deepest first, so that a relay can follow its content."""
    by_pk = {snapshot.pk: snapshot for snapshot in snapshots}
    statements = list(Statement.objects.filter(snapshot__in=by_pk).current().checkable().order_by("pk"))
    for statement in statements:
        statement.snapshot = by_pk[statement.snapshot_id]
    nested: dict[int, list[Statement]] = defaultdict(list)
    for statement in statements:
        if statement.parent_id is not None:
            nested[statement.parent_id].append(statement)
    held = Position.objects.filter(statement__in=statements, superseded_at__isnull=True)
    holders = list(held.select_related("claim").defer("claim__embedding", "claim__standing_explanation"))
    claims = {position.statement_id: position.claim for position in holders}
    relaying = _seen_to_relay(statements, holders)
    waiting = [s for s in _deepest_first(statements) if s.pk not in claims or s.pk in relaying]
    known = _Known.about([s for s in waiting if s.pk not in nested], dossier)
    placed: list[Placed] = []
    for statement in waiting:
        inner = next((claims[s.pk] for s in nested.get(statement.pk, ()) if s.pk in claims), None)
        placed.append(_relay(statement, inner) if inner is not None else _place(statement, known))
        claims[statement.pk] = placed[-1].side.claim
    _write(placed, known.founded.claims)
    known.founded.remember_nearby()


def _write(placed: Sequence[Placed], founded: Sequence[Claim]) -> None:
    claim_services.take_positions([one.side for one in placed], founded=founded, actor=MATCHING)
    for one in placed:
        for rival in one.alike:
            claim_services.suggest_same(one.side.claim, other=rival.claim, why=_why(rival.match), actor=MATCHING)


def _seen_to_relay(statements: Sequence[Statement], holders: Iterable[Position]) -> set[int]:
    """Those that a machine placed before a person saw that somebody else's word is nested in them."""
    nested_by_people = {s.parent_id for s in statements if s.origin == Decider.PERSON and s.parent_id is not None}
    return nested_by_people & {p.statement_id for p in holders if p.origin == Decider.MACHINE}


def _deepest_first(statements: Sequence[Statement]) -> list[Statement]:
    """Snapshot by snapshot, those nested deepest before what they are nested in."""
    parents = {s.pk: s.parent_id for s in statements}

    def depth(statement: Statement) -> int:
        depth, at = 0, statement.parent_id
        while at is not None and depth <= len(parents):
            depth, at = depth + 1, parents.get(at)
        return depth

    return sorted(statements, key=lambda s: (s.snapshot_id, -depth(s), s.pk))


def _relay(statement: Statement, claim: Claim) -> Placed:
    """A statement that only passes on a nested one reports the same claim."""
    why = Reasoned(1.0, matching.NAME, matching.VERSION, ["it passes on what the source nested in it says"])
    return Placed(Side(statement, claim, Stance.REPORTS, why))


class _Founded:
    """The claims that this run founds, which no search finds yet."""

    def __init__(self, dossier: Dossier, keys: Sequence[int]) -> None:
        self.claims: list[Claim] = []
        self._vectors = np.empty((len(keys), EMBEDDING_DIMENSIONS))
        self._stored: list[Sequence[Near]] = []
        self._dossier = dossier
        self._keys = iter(keys)

    def found(self, asserted: Asserted, *, near: Sequence[Near]) -> Claim:
        """A new claim, still to be written; ``near`` is what the search found near it."""
        claim = claim_services.drafted(self._dossier, asserted, key=next(self._keys))
        self._vectors[len(self.claims)] = asserted.embedding
        self.claims.append(claim)
        self._stored.append(near)
        return claim

    def remember_nearby(self) -> None:
        """Let what is near these claims be known: among what the search found, and among themselves."""
        for n, (claim, near) in enumerate(zip(self.claims, self._stored, strict=True)):
            nearby.remember(claim, [*near, *self.near(self._vectors[n])])

    def near(self, vector: ArrayLike) -> Iterator[Near]:
        """Those nearest in meaning."""
        distances = 1.0 - self._vectors[: len(self.claims)] @ np.asarray(vector)
        for n in np.argsort(distances, kind="stable")[:FOUNDED]:
            yield Near(self.claims[n], float(distances[n]))


@dataclass(frozen=True, slots=True)
class _Known:
    """What placing needs, read in one go: what each statement asserts, and which claims could be what it is about."""

    asserted: Mapping[int, Asserted]
    near: Mapping[int, Sequence[Near]]
    kept: Mapping[int, Claim]  # the claims that the words of statements belonged to before
    wordings: dict[int, set[str]]
    parties: Mapping[str, str]
    founded: _Founded

    @classmethod
    def about(cls, statements: Sequence[Statement], dossier: Dossier) -> "_Known":
        """Read it for these statements, by their ids."""
        asserted = {statement.pk: _asserted(statement) for statement in statements}
        near = dict(zip(asserted, candidates(dossier, list(asserted.values()), limit=nearby.NEAREST), strict=True))
        before = ((s.pk, claim_services.predecessor_claim(s)) for s in statements if s.supersedes_id is not None)
        kept = {pk: claim for pk, claim in before if claim is not None}
        everyone = {one.claim.pk: one.claim for found in near.values() for one in found}
        everyone |= {claim.pk: claim for claim in kept.values()}
        founded = _Founded(dossier, reserved_keys(Claim, len(statements)))
        return cls(asserted, near, kept, dict(other_wordings(everyone.values())), parties_by_name(), founded)

    def found(self, statement: Statement) -> list[Near]:
        """What a statement could be about. What its words belonged to is always among what is compared."""
        kept = self.kept.get(statement.pk)
        besides = [Near(kept, 0.0)] if kept is not None else []
        return [*self.near[statement.pk], *self.founded.near(self.asserted[statement.pk].embedding), *besides]


def _place(statement: Statement, known: _Known) -> Placed:
    """The claim that a statement is about: one that is there already, or a new one."""
    asserted, kept = known.asserted[statement.pk], known.kept.get(statement.pk)
    likely = ranked(asserted, known.found(statement), wordings=known.wordings, parties=known.parties)
    best = _best(likely, kept)
    if best is not None and best.match.score >= matching.JOIN:
        claim, match = best.claim, best.match
    else:
        claim = known.founded.found(asserted, near=known.near[statement.pk])
        match = Match(score=1.0, explanation=("the first statement of this claim",))
    stance = _stance(statement, refutes=match.refutes)
    if stance != Stance.REPORTS:
        known.wordings.setdefault(claim.pk, set()).add(statement.content_text)
    alike = [
        rival
        for rival in likely
        if rival.claim.pk != claim.pk and rival.match.score >= matching.SUGGEST and not rival.match.refutes
    ]
    return Placed(Side(statement, claim, stance, _why(match)), alike)


def _why(match: Match) -> Reasoned:
    return Reasoned(match.score, matching.NAME, matching.VERSION, list(match.explanation))


def _stance(statement: Statement, *, refutes: bool) -> Stance:
    """What a statement says of a claim: a hedge only reports it, and denying the opposite supports it."""
    if statement.modality == Modality.HEDGED:
        return Stance.REPORTS
    denies = (statement.polarity == Polarity.DENIES) != refutes
    return Stance.REFUTES if denies else Stance.SUPPORTS


def _best(likely: Sequence[Candidate], kept: Claim | None) -> Candidate | None:
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
