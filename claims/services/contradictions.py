"""Where claims conflict: keeping what a machine proposes, and what people decide about it."""

from collections.abc import Iterable
from dataclasses import dataclass

from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import F, Q
from django.utils import timezone

from claims.choices import Answer, ContradictionState, ContradictionType, JudgementAnswer, Polarity, Question
from claims.errors import AlreadyDecided, ReasonMissing, WrongState
from claims.models import Claim, ClaimMerge, Contradiction, Event, Judgement, Opinion, Position
from claims.models.contradiction import DECIDED
from claims.services import ledger
from claims.services.actor import Actor
from claims.services.claims import Reasoned, judge, suggest_same, undo_claim_merge
from claims.services.opinions import record_decision, record_opinion
from claims.services.versions import refuse_if_changed
from claims.standing import CONTESTED

# What a reviewer may do from which state. Besides, whoever decided last may take that back, which leads to the state
# before, while nothing else has happened since (:func:`take_back_decision`).
TRANSITIONS = {
    ContradictionState.SUGGESTED: {
        ContradictionState.CONFIRMED, ContradictionState.DISMISSED, ContradictionState.RESOLVED,
    },
    ContradictionState.LAPSED: set[ContradictionState](),
    ContradictionState.CONFIRMED: {ContradictionState.DISMISSED, ContradictionState.RESOLVED},
    ContradictionState.DISMISSED: {ContradictionState.CONFIRMED},
    ContradictionState.RESOLVED: {ContradictionState.CONFIRMED},
}  # fmt: skip
_SIDES = ("supporting", "refuting")  # as the explanation of a standing calls them


@dataclass(frozen=True, slots=True)
class Conflict:
    """A conflict that a machine proposes: between two claims, or, without ``other``, between positions on one."""

    claim: Claim
    position: Position
    other_position: Position
    type: ContradictionType
    score: float
    explanation: str
    other: Claim | None = None

    @property
    def key(self) -> tuple[int, int | None, str]:
        """The pair in its one order, and the type."""
        if self.other is None:
            return self.claim.pk, None, self.type
        first, second = sorted((self.claim.pk, self.other.pk))
        return first, second, self.type


@transaction.atomic(savepoint=False)
def propose(
    conflicts: Iterable[Conflict], *, about: Iterable[Claim], algorithm: str, version: str, actor: Actor
) -> list[Contradiction]:
    """Keep what a machine found among the claims ``about``: new conflicts are suggested, others' suggestions lapse.

    What a person decided stays as it is, whatever this run says. A dismissed conflict is proposed again only when other
    sources than those it was dismissed for take its sides. Two queries, and a few for each whose state changes.
    """
    wanted = {conflict.key: conflict for conflict in conflicts}
    ids = [claim.pk for claim in about]
    kept = Contradiction.objects.select_for_update(of=("self",)).filter(Q(claim__in=ids) | Q(other_claim__in=ids))
    present: dict[tuple[int, int | None, str], Contradiction] = {}
    dismissed: set[tuple[object, ...]] = set()
    whose = {"source": F("position__statement__source"), "other_source": F("other_position__statement__source")}
    for row in kept.annotate(**whose).order_by("pk"):
        key = (row.claim_id, row.other_claim_id, row.type)
        if row.state == ContradictionState.DISMISSED:
            dismissed.add((key, frozenset((row.source, row.other_source))))  # type: ignore[attr-defined]
        else:
            present[key] = row
    for key, contradiction in present.items():
        if contradiction.state == ContradictionState.SUGGESTED and key not in wanted:
            _lapse(contradiction, actor)
        elif contradiction.state == ContradictionState.LAPSED and key in wanted:
            _revive(contradiction, wanted[key], algorithm, version, actor)
    new = [
        conflict
        for key, conflict in wanted.items()
        if key not in present and (key, _sides(conflict.position, conflict.other_position)) not in dismissed
    ]
    return _suggest(new, algorithm, version, actor)


def _sides(position: Position, other_position: Position) -> frozenset[int | None]:
    """Whose words conflict."""
    return frozenset((position.statement.source_id, other_position.statement.source_id))


def _suggest(conflicts: Iterable[Conflict], algorithm: str, version: str, actor: Actor) -> list[Contradiction]:
    contradictions = []
    for conflict in conflicts:
        contradictions.append(Contradiction(algorithm=algorithm, algorithm_version=version))
        _fill(contradictions[-1], conflict)
    if contradictions:
        Contradiction.objects.bulk_create(contradictions)
        ledger.record(actor, "suggested", *contradictions)
    return contradictions


def _revive(contradiction: Contradiction, conflict: Conflict, algorithm: str, version: str, actor: Actor) -> None:
    _fill(contradiction, conflict)
    contradiction.algorithm, contradiction.algorithm_version = algorithm, version
    contradiction.state = ContradictionState.SUGGESTED
    contradiction.save()
    ledger.record(actor, "suggested", contradiction)


def _lapse(contradiction: Contradiction, actor: Actor) -> None:
    contradiction.state = ContradictionState.LAPSED
    contradiction.save(update_fields=["state"])
    ledger.record(actor, "lapsed", contradiction)


def _fill(contradiction: Contradiction, conflict: Conflict) -> None:
    claim, other = conflict.claim, conflict.other
    position, other_position = conflict.position, conflict.other_position
    if other is not None and other.pk < claim.pk:
        claim, other, position, other_position = other, claim, other_position, position
    contradiction.claim, contradiction.other_claim = claim, other
    contradiction.position, contradiction.other_position = position, other_position
    contradiction.type, contradiction.score = conflict.type, conflict.score
    contradiction.explanation = conflict.explanation


@transaction.atomic
def decide_contradiction(
    contradiction: Contradiction, *, state: str, by: User, reason: str, seen: int | None = None
) -> Contradiction:
    """Confirm, dismiss or resolve a contradiction, with the reason.

    ``seen`` is the version that the person looked at (:mod:`claims.services.versions`): what changed since is refused
    (:class:`~claims.errors.ChangedMeanwhile`).
    """
    if not reason.strip():
        raise ReasonMissing("Say why.")
    contradiction = Contradiction.objects.select_for_update(of=("self",)).get(pk=contradiction.pk)
    if seen is not None:
        refuse_if_changed(contradiction.uid, since=seen)
    wanted = ContradictionState(state)
    if wanted not in DECIDED or wanted not in TRANSITIONS[ContradictionState(contradiction.state)]:
        by_whom = f" by {contradiction.decided_by}" if contradiction.decided_by else ""
        raise AlreadyDecided(f"The contradiction is {contradiction.state}{by_whom}: it cannot become {wanted}.")
    contradiction.state, contradiction.reason = wanted, reason
    contradiction.decided_by, contradiction.decided_at = by, timezone.now()
    contradiction.save(update_fields=["state", "reason", "decided_by", "decided_at"])
    ledger.record(Actor.person(by), str(wanted), contradiction, reason=reason)
    record_decision(contradiction, by=by, reason=reason)
    return contradiction


@transaction.atomic
def leave_undecided(contradiction: Contradiction, *, by: User, reason: str, seen: int | None = None) -> Contradiction:
    """Note that a person has looked at a suggested contradiction and is unsure. It stays suggested, for everybody."""
    contradiction = Contradiction.objects.select_for_update(of=("self",)).get(pk=contradiction.pk)
    if seen is not None:
        refuse_if_changed(contradiction.uid, since=seen)
    if contradiction.state != ContradictionState.SUGGESTED:
        raise AlreadyDecided(f"The contradiction is {contradiction.state}: there is nothing to leave undecided.")
    record_opinion(contradiction, answer=Answer.UNSURE, by=by, reason=reason)
    return contradiction


@transaction.atomic
def take_up_again(contradiction: Contradiction, *, by: User) -> Contradiction:
    """Forget that this person was unsure about a suggested contradiction."""
    contradiction = Contradiction.objects.select_for_update(of=("self",)).get(pk=contradiction.pk)
    mine = Opinion.objects.about(contradiction).newest().filter(question=Question.CONFLICT, person=by)
    if contradiction.state != ContradictionState.SUGGESTED or not mine.filter(answer=Answer.UNSURE).exists():
        raise WrongState("This was not left undecided.")
    record_opinion(contradiction, answer=Answer.NONE, by=by)
    return contradiction


@transaction.atomic
def suggest_contested(claim: Claim, *, by: User, seen: int | None = None) -> Contradiction:
    """The conflict on a contested claim of which no machine has suggested one, as a person's suggestion.

    It is between the first position that counts for the claim and the first against it. ``seen`` is the version of the
    claim that the person looked at.
    """
    claim = Claim.objects.select_for_update(of=("self",)).get(pk=claim.pk)
    if seen is not None:
        refuse_if_changed(claim.uid, since=seen)
    if claim.merged_into_id is not None or claim.standing != CONTESTED:
        raise WrongState("Nobody contests this claim now.")
    on_it = Contradiction.objects.select_for_update(of=("self",)).filter(claim=claim, other_claim__isnull=True)
    known = on_it.exclude(state=ContradictionState.LAPSED).order_by("-pk").first()
    if known is not None:
        raise _there_already(known)
    conflicts = on_contested([claim])
    if not conflicts:
        raise WrongState("What this claim's standing rests on has changed: look again.")
    return _suggest_as(by, conflicts[0])


@transaction.atomic
def decide_contested(claim: Claim, *, state: str, by: User, reason: str, seen: int | None = None) -> Contradiction:
    """Decide about the conflict on a contested claim of which none was suggested (:func:`suggest_contested`)."""
    return decide_contradiction(suggest_contested(claim, by=by, seen=seen), state=state, by=by, reason=reason)


@transaction.atomic
def mark_contradiction(
    position: Position, *, other: Position, kind: str, state: str, by: User, reason: str
) -> Contradiction:
    """A conflict that a person sees between two positions, on one claim or on two, and decides about at once.

    What was suggested already is decided about where it is, and not marked again: ``AlreadyDecided`` says which it is.
    """
    if not reason.strip():
        raise ReasonMissing("Say why.")
    ids = [position.claim_id, other.claim_id]
    claims = {c.pk: c for c in Claim.objects.select_for_update(of=("self",)).filter(pk__in=ids).order_by("pk")}
    taken = Position.objects.current().select_related("statement").in_bulk([position.pk, other.pk])
    if len(taken) != 2 or any(taken[pk].claim_id not in claims for pk in taken):
        raise WrongState("A conflict is between two positions that are taken now: look at the claims again.")
    if len({claim.dossier_id for claim in claims.values()}) != 1:
        raise WrongState("Claims of two dossiers are not held against each other.")
    position, other = taken[position.pk], taken[other.pk]
    conflict = Conflict(
        claim=claims[position.claim_id],
        other=claims[other.claim_id] if other.claim_id != position.claim_id else None,
        position=position,
        other_position=other,
        type=ContradictionType(kind),
        score=1.0,
        explanation=reason,
    )
    return decide_contradiction(_suggest_as(by, conflict), state=state, by=by, reason=reason)


def speaking_for(claim: Claim) -> Position:
    """The position that a conflict of this claim with another one is told by: the first that counts for it."""
    origins = claim.standing_explanation.get("supporting") or [{}]
    current = Position.objects.current().filter(claim=claim)
    counted = current.filter(uid__in=origins[0].get("positions", [])).order_by("pk").first()
    found = counted or current.order_by("pk").first()
    if found is None:
        raise WrongState(f"Nobody says now that {claim.text}.")
    return found


def _suggest_as(by: User, conflict: Conflict) -> Contradiction:
    """A conflict as a person's suggestion, unless there is one of its type between its sides already."""
    first, second, kind = conflict.key
    rows = Contradiction.objects.select_for_update(of=("self",)).filter(claim=first, other_claim=second, type=kind)
    found_by = ("person", by.get_username()[:50], Actor.person(by))
    sides = _sides(conflict.position, conflict.other_position)
    for row in rows.select_related("position__statement", "other_position__statement").order_by("-pk"):
        if row.state == ContradictionState.LAPSED:
            _revive(row, conflict, *found_by)
            return row
        if row.state != ContradictionState.DISMISSED or _sides(row.position, row.other_position) == sides:
            raise _there_already(row)
    return _suggest([conflict], *found_by)[0]


def _there_already(row: Contradiction) -> AlreadyDecided:
    return AlreadyDecided(
        f"There is a contradiction already, which is {row.state}: decide about that one.",
        members={"contradiction": str(row.uid)},
    )


def on_contested(claims: Iterable[Claim]) -> list[Conflict]:
    """For each contested claim the conflict between the first that counts for it and the first that counts against it.

    By what is kept of their standings; one query for all together. Of a claim whose positions are no longer those that
    its standing rests on there is none.
    """
    sides = {claim: [claim.standing_explanation.get(side) or [] for side in _SIDES] for claim in claims}
    firsts = {claim: [origins[0]["positions"][0] for origins in both] for claim, both in sides.items() if all(both)}
    uids = [uid for pair in firsts.values() for uid in pair]
    said = Position.objects.filter(uid__in=uids).select_related("statement") if uids else ()
    positions = {str(position.uid): position for position in said}
    return [
        _on_contested(claim, *(positions[uid] for uid in pair))
        for claim, pair in firsts.items()
        if positions.keys() >= set(pair)
    ]


def _on_contested(claim: Claim, for_it: Position, against: Position) -> Conflict:
    asserts, denies = (" / ".join(claim.standing_explanation[side][0]["names"]) for side in _SIDES)
    return Conflict(
        claim=claim,
        position=for_it,
        other_position=against,
        type=(ContradictionType.NEGATION if against.statement.polarity == Polarity.DENIES else ContradictionType.OTHER),
        score=1.0,
        explanation=f"{asserts} asserts “{claim.text}”; {denies} denies it.",
    )


@transaction.atomic
def settle_as_same(contradiction: Contradiction, *, by: User, reason: str, seen: int | None = None) -> Contradiction:
    """Say that the two claims of a contradiction assert the same: it is dismissed, and they become one claim.

    The question whether they are the same is answered as if a machine had asked it, and takes the same permission
    (:func:`~claims.services.claims.judge`). :func:`take_back_decision` undoes both.
    """
    if contradiction.other_claim_id is None:
        raise WrongState("These are positions on one claim already.")
    pair = hold_pair(contradiction)
    contradiction = decide_contradiction(
        contradiction, state=ContradictionState.DISMISSED, by=by, reason=reason, seen=seen
    )
    first, second = sorted(pair, key=lambda claim: claim.pk)
    why = Reasoned(1.0, "person", by.get_username()[:50], [reason])
    judgement = suggest_same(first, other=second, why=why, actor=Actor.person(by))
    if judgement is None:
        judgement = Judgement.objects.get(claim=first, other_claim=second)
    judge(judgement, answer=JudgementAnswer.POSITIVE, by=by, reason=reason)
    return contradiction


@transaction.atomic
def take_back_decision(contradiction: Contradiction, *, by: User) -> Contradiction:
    """Undo one's own decision: the contradiction is as it was before, and claims that it made one are two again.

    Only whoever decided it, and only while nothing else has happened to the contradiction since.
    """
    hold_pair(contradiction)
    row = Contradiction.objects.select_for_update(of=("self",)).get(pk=contradiction.pk)
    if row.state not in DECIDED:
        raise WrongState("Nothing is decided about this contradiction, so there is nothing to take back.")
    if row.decided_by_id != by.pk:
        raise WrongState(f"{row.decided_by} decided this: nobody else takes it back.")
    last, before = [*Event.objects.filter(object_uid=row.uid).order_by("-pk")[:2], None][:2]
    if last is None or before is None or last.verb != row.state or last.actor_id != by.pk:
        raise WrongState("Something else has happened to this contradiction since: it cannot be taken back.")
    merge = _merge_decided_with(row, by)
    if merge is not None:
        undo_claim_merge(merge, by=by)
    if Claim.objects.filter(pk__in=[row.claim_id, row.other_claim_id], merged_into__isnull=False).exists():
        raise WrongState("One of the two claims was merged since: undo that merge first.")
    alike = Contradiction.objects.filter(claim=row.claim_id, other_claim=row.other_claim_id, type=row.type)
    if alike.exclude(pk=row.pk).exclude(state=ContradictionState.DISMISSED).exists():
        raise WrongState("The same conflict was suggested again since: decide about that one.")
    row.state, row.decided_by, row.decided_at, row.reason = before.state["state"], None, None, ""
    if row.state in DECIDED:
        row.decided_by, row.decided_at, row.reason = before.actor, before.recorded_at, before.state["reason"]
    row.save(update_fields=["state", "reason", "decided_by", "decided_at"])
    ledger.record(Actor.person(by), "decision taken back", row)
    record_opinion(row, answer=Answer.NONE, by=by)
    return row


def _merge_decided_with(contradiction: Contradiction, by: User) -> ClaimMerge | None:
    """The merge of the contradiction's two claims that was decided in one press with it, if it still stands."""
    if contradiction.other_claim_id is None:
        return None
    return ClaimMerge.objects.filter(
        judgement__claim=contradiction.claim_id,
        judgement__other_claim=contradiction.other_claim_id,
        by=by,
        at__gte=contradiction.decided_at,
        undone_at__isnull=True,
    ).first()


def hold_pair(contradiction: Contradiction) -> list[Claim]:
    """The claims of a contradiction, locked before it as when conflicts are found: nobody waits in a circle."""
    ids = [pk for pk in (contradiction.claim_id, contradiction.other_claim_id) if pk is not None]
    return list(Claim.objects.select_for_update(of=("self",)).filter(pk__in=ids).order_by("pk"))
