"""Where claims conflict: keeping what a machine proposes, and what people decide about it."""

from collections.abc import Iterable
from dataclasses import dataclass

from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from claims.choices import ContradictionState, ContradictionType
from claims.errors import AlreadyDecided, ReasonMissing
from claims.models import Claim, Contradiction, Position
from claims.models.contradiction import DECIDED
from claims.services import ledger
from claims.services.actor import Actor

# What a reviewer may do from which state.
TRANSITIONS = {
    ContradictionState.SUGGESTED: {
        ContradictionState.CONFIRMED, ContradictionState.DISMISSED, ContradictionState.RESOLVED,
    },
    ContradictionState.LAPSED: set[ContradictionState](),
    ContradictionState.CONFIRMED: {ContradictionState.DISMISSED, ContradictionState.RESOLVED},
    ContradictionState.DISMISSED: {ContradictionState.CONFIRMED},
    ContradictionState.RESOLVED: {ContradictionState.CONFIRMED},
}  # fmt: skip


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


@transaction.atomic
def propose(
    conflicts: Iterable[Conflict], *, about: Iterable[Claim], algorithm: str, version: str, actor: Actor
) -> list[Contradiction]:
    """Keep what a machine found among the claims ``about``: new conflicts are suggested, others' suggestions lapse.

    What a person decided stays as it is, whatever this run says. A dismissed conflict is proposed again only when other
    sources than those it was dismissed for take its sides.
    """
    wanted = {conflict.key: conflict for conflict in conflicts}
    ids = [claim.pk for claim in about]
    kept = Contradiction.objects.select_for_update(of=("self",)).filter(Q(claim__in=ids) | Q(other_claim__in=ids))
    present: dict[tuple[int, int | None, str], Contradiction] = {}
    dismissed: set[tuple[object, ...]] = set()
    for row in kept.select_related("position__statement", "other_position__statement").order_by("pk"):
        key = (row.claim_id, row.other_claim_id, row.type)
        if row.state == ContradictionState.DISMISSED:
            dismissed.add((key, _sides(row.position, row.other_position)))
        else:
            present[key] = row
    for key, contradiction in present.items():
        if contradiction.state == ContradictionState.SUGGESTED and key not in wanted:
            _lapse(contradiction, actor)
        elif contradiction.state == ContradictionState.LAPSED and key in wanted:
            _revive(contradiction, wanted[key], algorithm, version, actor)
    return [
        _suggest(conflict, algorithm, version, actor)
        for key, conflict in wanted.items()
        if key not in present and (key, _sides(conflict.position, conflict.other_position)) not in dismissed
    ]


def _sides(position: Position, other_position: Position) -> frozenset[int | None]:
    """Whose words conflict."""
    return frozenset((position.statement.source_id, other_position.statement.source_id))


def _suggest(conflict: Conflict, algorithm: str, version: str, actor: Actor) -> Contradiction:
    contradiction = Contradiction(algorithm=algorithm, algorithm_version=version)
    _fill(contradiction, conflict)
    contradiction.save()
    ledger.record(actor, "suggested", contradiction)
    return contradiction


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
def decide_contradiction(contradiction: Contradiction, *, state: str, by: User, reason: str) -> Contradiction:
    """Confirm, dismiss or resolve a contradiction, with the reason. The only way a person changes its state."""
    if not reason.strip():
        raise ReasonMissing("Say why.")
    contradiction = Contradiction.objects.select_for_update(of=("self",)).get(pk=contradiction.pk)
    wanted = ContradictionState(state)
    if wanted not in DECIDED or wanted not in TRANSITIONS[ContradictionState(contradiction.state)]:
        by_whom = f" by {contradiction.decided_by}" if contradiction.decided_by else ""
        raise AlreadyDecided(f"The contradiction is {contradiction.state}{by_whom}: it cannot become {wanted}.")
    contradiction.state, contradiction.reason = wanted, reason
    contradiction.decided_by, contradiction.decided_at = by, timezone.now()
    contradiction.save(update_fields=["state", "reason", "decided_by", "decided_at"])
    ledger.record(Actor.person(by), str(wanted), contradiction, reason=reason)
    return contradiction
