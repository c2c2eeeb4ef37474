"""What is asserted: creating claims, taking and changing positions, and deciding which claims are the same."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date

from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone

from claims.choices import ClaimKind, Decider, JudgementAnswer, Stance
from claims.errors import AlreadyDecided, NotMergeable, ReasonMissing, WrongState
from claims.models import Claim, ClaimMerge, Dossier, Judgement, Party, Position, Statement
from claims.services import ledger, standings
from claims.services.actor import Actor
from claims.services.copying import copy_in
from claims.services.keys import reserved_keys
from claims.services.opinions import record_decision


@dataclass(frozen=True, slots=True)
class Asserted:
    """What a statement asserts, ready to be looked up or to become a claim."""

    text: str
    embedding: Sequence[float]
    place: str = ""
    place_key: str = ""
    when_first: date | None = None
    when_last: date | None = None
    measure: str = ""
    counted: str = ""
    low: float | None = None
    best: float | None = None
    high: float | None = None


@dataclass(frozen=True, slots=True)
class Reasoned:
    """A machine's decision: how sure, why, and by which algorithm."""

    score: float
    algorithm: str
    version: str
    explanation: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Side:
    """Which side a statement takes on a claim, and why that is said."""

    statement: Statement
    claim: Claim
    stance: str
    why: Reasoned


def drafted(dossier: Dossier, asserted: Asserted, *, key: int) -> Claim:
    """A claim that asserts this, for :func:`take_positions` to write under a key that was reserved for it."""
    return Claim(
        pk=key,
        dossier=dossier,
        text=asserted.text,
        kind=ClaimKind.FIGURE if asserted.measure else ClaimKind.EVENT,
        place=asserted.place[:300],
        place_key=asserted.place_key[:300],
        when_first=asserted.when_first,
        when_last=asserted.when_last,
        measure=asserted.measure[:50],
        counted=asserted.counted[:200],
        low=asserted.low,
        best=asserted.best,
        high=asserted.high,
        embedding=list(asserted.embedding),
    )


@transaction.atomic(savepoint=False)
def take_positions(
    sides: Sequence[Side], *, founded: Sequence[Claim] = (), actor: Actor, reason: str = ""
) -> list[Position]:
    """Let each statement support, refute or report its claim; the positions that are new, in their order.

    ``founded`` are the claims among them that were drafted: they are written now. A statement takes no position where
    it takes it already, or a person said otherwise and this is no person. A claim that was merged meanwhile stands for
    the one that it was merged into. A fixed number of queries, and one for each position that is superseded.
    """
    drafts = {claim.pk: claim for claim in founded}
    present = Position.objects.filter(statement__in=[s.statement.pk for s in sides], superseded_at__isnull=True)
    held_on = present.order_by().values_list("claim", flat=True)
    claims = drafts | _locked(*({side.claim.pk for side in sides} - set(drafts)), *held_on)
    now = {position.statement_id: position for position in present.select_for_update(of=("self",)).order_by("pk")}
    ledger.record(actor, "created", *founded)
    taken, touched = [], set[int]()
    with standings.once_at_the_end(actor=actor):
        for side in sides:
            claim, before = claims[side.claim.pk], now.get(side.statement.pk)
            if before is not None:
                same = before.claim_id == claim.pk and before.stance == side.stance
                if same or (before.origin == Decider.PERSON and actor.user is None):
                    continue
                _supersede(before, actor)
                touched.add(before.claim_id)
            taken.append(_position(side, claim, actor, reason))
        for position, key in zip(taken, reserved_keys(Position, len(taken)), strict=True):
            position.pk = key
            ledger.record(actor, position.stance, position, reason=reason)
        standings.begin(founded, positions=[p for p in taken if p.claim_id in drafts], actor=actor)
        copy_in(founded)
        copy_in(taken)
        standings.refresh(touched | {position.claim_id for position in taken}, actor=actor)
    return taken


def _position(side: Side, claim: Claim, actor: Actor, reason: str) -> Position:
    return Position(
        statement=side.statement,
        claim=claim,
        stance=side.stance,
        origin=actor.decider,
        score=side.why.score,
        explanation=side.why.explanation,
        algorithm=side.why.algorithm,
        algorithm_version=side.why.version,
        by=actor.user,
        reason=reason,
    )


def _supersede(position: Position, actor: Actor) -> None:
    position.superseded_at = timezone.now()
    position.save(update_fields=["superseded_at"])
    ledger.record(actor, "superseded", position)


def _locked(*claim_ids: int) -> dict[int, Claim]:
    """The claims that these count as now, by the ids asked for; locked in one order, so that nobody waits in a circle.

    While a claim is locked nobody merges it, so what it counts as is read again once it is. Without their vectors.
    """
    wanted = {pk: pk for pk in claim_ids}
    everyone = Claim.objects.select_for_update(of=("self",)).defer("embedding")
    while True:
        locked = {c.pk: c for c in everyone.filter(pk__in=set(wanted.values())).order_by("pk")}
        stale = [pk for pk, at in wanted.items() if locked[at].merged_into_id is not None]
        if not stale:
            return {pk: locked[at] for pk, at in wanted.items()}
        wanted |= {pk: locked[wanted[pk]].resolved.pk for pk in stale}


@transaction.atomic
def set_position(statement: Statement, *, claim: Claim, stance: str, by: User, reason: str) -> Position:
    """A person's word on what a statement says of a claim. No machine changes it afterwards."""
    if not reason.strip():
        raise ReasonMissing("Say why the statement takes this position.")
    statement = Statement.objects.select_for_update(of=("self",), no_key=True).get(pk=statement.pk)
    if statement.superseded_at is not None:
        raise WrongState(
            "A newer analysis has superseded this statement: the one that replaced it takes positions now."
        )
    claim = Claim.objects.select_related("merged_into").get(pk=claim.pk)
    if claim.merged_into_id is not None:
        raise WrongState(f"This claim was merged into {claim.merged_into}: set the position there.")
    why = Reasoned(1.0, "person", by.get_username()[:50], [reason])
    side = Side(statement, claim, Stance(stance), why)
    taken = take_positions([side], actor=Actor.person(by), reason=reason)
    if not taken:
        raise AlreadyDecided(f"The statement already {stance} this claim.")
    return taken[0]


@transaction.atomic
def drop_decided_position(statement: Statement, *, by: User, reason: str) -> Position:
    """Let what a person said that a statement says of a claim count no more. It takes no position then.

    :func:`claims.services.statements.clear_position` asks for another one besides.
    """
    decided = Position.objects.filter(statement=statement, origin=Decider.PERSON, superseded_at__isnull=True)
    _locked(*decided.values_list("claim", flat=True))
    position = decided.select_for_update(of=("self",)).first()
    if position is None:
        raise WrongState("No person has set the position of this statement: there is nothing to clear.")
    position.superseded_at = timezone.now()
    position.save(update_fields=["superseded_at"])
    ledger.record(Actor.person(by), "cleared", position, reason=reason)
    standings.refresh([position.claim_id], actor=Actor.person(by))
    return position


@transaction.atomic
def carry_decided_position(statement: Statement, *, to: Statement, actor: Actor) -> None:
    """Give the position that a person set for a statement to the one that takes its place; a machine's stays behind."""
    decided = Position.objects.filter(statement=statement, origin=Decider.PERSON, superseded_at__isnull=True)
    for claim_id in list(decided.values_list("claim", flat=True)):
        _move_positions(decided, actor, statement=to)
        standings.refresh([claim_id], actor=actor)


def predecessor_claim(statement: Statement) -> Claim | None:
    """The claim that the statement which this one replaces was about, as it counts now; ``None`` if there is none.

    A statement that a newer analysis reads otherwise (or a person corrected) ``supersedes`` the row about the same
    words. What people decided about that row's claim, as its merge into another, holds for the new row too: this is
    the first claim to compare it with.
    """
    older = statement.supersedes
    while older is not None:
        position = older.positions.filter(superseded_at__isnull=True).select_related("claim").first()
        if position is not None:
            return position.claim.resolved
        older = older.supersedes
    return None


@transaction.atomic
def set_favours(claim: Claim, *, party: Party | None, actor: Actor) -> Claim:
    """Note which party gains if the claim is believed; it harms those that the party opposes."""
    claim = Claim.objects.select_for_update(of=("self",)).get(pk=claim.pk)
    if claim.favours_id != (party.pk if party else None):
        claim.favours = party
        claim.save(update_fields=["favours"])
        ledger.record(actor, "favours set", claim)
        standings.refresh([claim.pk], actor=actor)
        claim.refresh_from_db()
    return claim


# --- The same claim? -------------------------------------------------------------------------------------------------


@transaction.atomic
def suggest_same(claim: Claim, *, other: Claim, why: Reasoned, actor: Actor) -> Judgement | None:
    """Ask a reviewer whether two claims are the same, unless it was asked before."""
    first, second = sorted((claim, other), key=lambda c: c.pk)
    judgement, created = Judgement.objects.get_or_create(
        claim=first,
        other_claim=second,
        defaults={
            "score": why.score,
            "explanation": why.explanation,
            "algorithm": why.algorithm,
            "algorithm_version": why.version,
        },
    )
    if not created:
        return None
    ledger.record(actor, "suggested", judgement)
    return judgement


def judged_different(claim_ids: Sequence[int]) -> set[frozenset[int]]:
    """Pairs among these claims that a reviewer has said are not the same."""
    pairs = Judgement.objects.filter(answer=JudgementAnswer.NEGATIVE).filter(
        Q(claim__in=claim_ids) | Q(other_claim__in=claim_ids)
    )
    return {frozenset(pair) for pair in pairs.values_list("claim_id", "other_claim_id")}


@transaction.atomic
def judge(judgement: Judgement, *, answer: str, by: User, reason: str = "") -> Judgement:
    """A reviewer's answer. ``positive`` makes one claim of the two, which :func:`undo_claim_merge` takes back.

    The younger is merged into the older, or the one without a published verdict into the one that has it; nothing is
    left to merge where others have made one claim of them since. Whoever may judge pairs (``judge_pair``) may answer
    so: the merge is what the question asks for, and needs no ``merge_claim`` besides.
    """
    judgement = Judgement.objects.select_for_update(of=("self",)).get(pk=judgement.pk)
    if judgement.answer in (JudgementAnswer.POSITIVE, JudgementAnswer.NEGATIVE):
        raise AlreadyDecided(f"This pair was judged {judgement.answer} by {judgement.decided_by}.")
    if answer == JudgementAnswer.PENDING:
        raise WrongState("Answer positive, negative or unsure.")
    judgement.answer = JudgementAnswer(answer)
    judgement.decided_by, judgement.decided_at, judgement.reason = by, timezone.now(), reason
    judgement.save(update_fields=["answer", "decided_by", "decided_at", "reason"])
    ledger.record(Actor.person(by), str(judgement.answer), judgement, reason=reason)
    record_decision(judgement, by=by, reason=reason)
    if judgement.answer == JudgementAnswer.POSITIVE:
        sides = set(_locked(judgement.claim_id, judgement.other_claim_id).values())
        if len(sides) == 2:
            target, claim = sorted(sides, key=lambda c: (not c.verdicts.published().exists(), c.pk))
            merge_claims(claim, target=target, by=by, reason=reason or "judged the same", judgement=judgement)
    return judgement


@transaction.atomic
def merge_claims(
    claim: Claim, *, target: Claim, by: User, reason: str, judgement: Judgement | None = None
) -> ClaimMerge:
    """Move a claim's positions to another that asserts the same; :func:`undo_claim_merge` moves them back.

    ``judgement`` is the answer that asked for it, if one did.
    """
    rows = {
        c.pk: c
        for c in Claim.objects.select_for_update(of=("self",)).filter(pk__in=[claim.pk, target.pk]).order_by("pk")
    }
    claim, target = rows[claim.pk], rows[target.pk]
    if claim.pk == target.pk or claim.merged_into_id is not None or target.merged_into_id is not None:
        raise NotMergeable("A claim is merged into another one that is itself not merged.")
    if claim.dossier_id != target.dossier_id:
        raise NotMergeable("Claims of two dossiers cannot be merged.")
    if claim.verdicts.published().exists():
        raise NotMergeable(
            "This claim has a published verdict, which does not move: merge the other claim into this one, or withdraw "
            "the verdict first."
        )
    if not reason.strip():
        raise ReasonMissing("Say why the two are the same.")
    actor = Actor.person(by)
    moved = _move_positions(Position.objects.filter(claim=claim, superseded_at__isnull=True), actor, claim=target)
    claim.merged_into = target
    claim.save(update_fields=["merged_into"])
    ledger.record(actor, "merged", claim, reason=reason)
    merge = ClaimMerge.objects.create(
        claim=claim, target=target, moved_positions=moved, reason=reason, by=by, judgement=judgement
    )
    standings.refresh([claim.pk, target.pk], actor=actor)
    return merge


@transaction.atomic
def undo_claim_merge(merge: ClaimMerge, *, by: User) -> Claim:
    """Give the merged claim its positions back, except those that were changed since. The last merge goes first.

    A judgement that asked for the merge is unsure again, so that it can be answered anew.
    """
    merge = ClaimMerge.objects.select_for_update(of=("self",)).get(pk=merge.pk)
    if merge.undone_at is not None:
        raise WrongState("This merge is already undone.")
    pair = Claim.objects.select_for_update(of=("self",)).filter(pk__in=[merge.claim_id, merge.target_id])
    rows = {c.pk: c for c in pair.order_by("pk")}
    claim, target = rows[merge.claim_id], rows[merge.target_id]
    if target.merged_into_id is not None:
        raise WrongState(f"“{target}” was itself merged since: undo that merge first.")
    actor = Actor.person(by)
    claim.merged_into = None
    claim.save(update_fields=["merged_into"])
    ledger.record(actor, "merge undone", claim)
    _move_positions(_as_moved(merge), actor, claim=claim)
    merge.undone_by, merge.undone_at = by, timezone.now()
    merge.save(update_fields=["undone_by", "undone_at"])
    if merge.judgement is not None:
        judgement = Judgement.objects.select_for_update(of=("self",)).get(pk=merge.judgement.pk)
        judgement.answer = JudgementAnswer.UNSURE
        judgement.decided_by, judgement.decided_at, judgement.reason = by, timezone.now(), "the merge was undone"
        judgement.save(update_fields=["answer", "decided_by", "decided_at", "reason"])
        ledger.record(actor, "reopened", judgement)
    standings.refresh([claim.pk, merge.target_id], actor=actor)
    claim.refresh_from_db()
    return claim


# What a position that only moved keeps.
MOVED_AS_THEY_ARE = ("statement_id", "stance", "origin", "by_id", "reason", "score", "algorithm", "algorithm_version")


def _as_moved(merge: ClaimMerge) -> QuerySet[Position]:
    """The positions on the merge's target that it moved there, and that nobody has changed since.

    They may have moved on and come back with a later merge that was undone: then they are other rows that say the same.
    """

    def told(position: Position) -> tuple[object, ...]:
        return tuple(getattr(position, name) for name in MOVED_AS_THEY_ARE)

    moved = {told(p) for p in Position.objects.filter(pk__in=[new for _, new in merge.moved_positions])}
    there = Position.objects.filter(claim=merge.target_id, superseded_at__isnull=True)
    return there.filter(pk__in=[p.pk for p in there if told(p) in moved])


def _move_positions(
    positions: QuerySet[Position], actor: Actor, *, claim: Claim | None = None, statement: Statement | None = None
) -> list[list[int]]:
    """Supersede these positions by the same ones on ``claim``, or of ``statement``; pairs of old and new ids."""
    moved = []
    for old in list(positions):
        old.superseded_at = timezone.now()
        old.save(update_fields=["superseded_at"])
        new = Position.objects.create(
            statement=statement or old.statement,
            claim=claim or old.claim,
            stance=old.stance,
            origin=old.origin,
            score=old.score,
            explanation=old.explanation,
            algorithm=old.algorithm,
            algorithm_version=old.algorithm_version,
            by=old.by,
            reason=old.reason,
        )
        ledger.record(actor, "moved", old, new)
        moved.append([old.pk, new.pk])
    return moved
