"""Where claims, or positions on one claim, cannot both be true."""

from typing import Any, Self

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from claims.choices import ContradictionState, ContradictionType, known
from claims.models.base import Recorded, never_deleted, recorded_in_same_transaction
from claims.models.claim import Claim, Position
from claims.models.readable import ReadableQuerySet

DECIDED = (ContradictionState.CONFIRMED, ContradictionState.DISMISSED, ContradictionState.RESOLVED)


class ContradictionQuerySet(ReadableQuerySet["Contradiction"]):
    """Reads of contradictions."""

    dossier_paths = (
        "claim__dossier",
        "position__statement__snapshot__document__dossier",
        "other_position__statement__snapshot__document__dossier",
    )
    further_paths = ("other_claim__dossier",)

    def standing(self) -> Self:
        """Suggested or confirmed, not dismissed, resolved or lapsed."""
        return self.filter(state__in=[ContradictionState.SUGGESTED, ContradictionState.CONFIRMED])

    def awaiting_review(self) -> Self:
        """Oldest first, so nothing starves at the back of the queue."""
        return self.filter(state=ContradictionState.SUGGESTED).order_by("created_at", "pk")


class Contradiction(Recorded):
    """A conflict between two claims, or between two positions on one claim, with the reason it was proposed."""

    claim = models.ForeignKey(Claim, models.PROTECT, related_name="contradictions")
    other_claim = models.ForeignKey(
        Claim, models.PROTECT, null=True, blank=True, related_name="+", help_text="Empty for positions on one claim."
    )
    position = models.ForeignKey(Position, models.PROTECT, related_name="+")
    other_position = models.ForeignKey(Position, models.PROTECT, related_name="+")
    type = models.CharField(max_length=10, choices=ContradictionType)
    score = models.FloatField(help_text="0 to 1.")
    explanation = models.TextField()
    algorithm = models.CharField(max_length=100)
    algorithm_version = models.CharField(max_length=50)
    state = models.CharField(max_length=10, choices=ContradictionState, default=ContradictionState.SUGGESTED)
    decided_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+")
    decided_at = models.DateTimeField(null=True, blank=True)
    reason = models.TextField(blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    objects = ContradictionQuerySet.as_manager()

    class Meta:
        ordering = ["-created_at", "-pk"]
        permissions = [("decide_contradiction", "Can confirm, dismiss and resolve contradictions")]
        indexes = [
            # The review queue.
            models.Index(name="contradiction_queue", fields=["state", "created_at"]),
            # Earlier decisions, the latest first.
            models.Index(name="contradiction_decided", fields=["-decided_at"], condition=Q(state__in=DECIDED)),
        ]
        constraints = [
            known("type", ContradictionType, name="contradiction_type_known"),
            known("state", ContradictionState, name="contradiction_state_known"),
            # A pair is stored in one order.
            models.CheckConstraint(
                name="contradiction_pair_in_order",
                condition=Q(other_claim__isnull=True) | Q(claim__lt=F("other_claim")),
            ),
            # Once per type, but for dismissed ones: other words may bring up the same pair again.
            models.UniqueConstraint(
                name="contradiction_pair_once",
                fields=["claim", "other_claim", "type"],
                condition=~Q(state=ContradictionState.DISMISSED),
                nulls_distinct=False,
            ),
            models.CheckConstraint(name="contradiction_two_positions", condition=~Q(position=F("other_position"))),
            models.CheckConstraint(name="contradiction_explained", condition=~Q(explanation="")),
            models.CheckConstraint(name="contradiction_score_is_share", condition=Q(score__gte=0, score__lte=1)),
            models.CheckConstraint(
                name="contradiction_decision_is_signed",
                condition=~Q(state__in=DECIDED)
                | (Q(decided_by__isnull=False, decided_at__isnull=False) & ~Q(reason="")),
            ),
        ]
        triggers = [recorded_in_same_transaction(), never_deleted()]

    def __str__(self) -> str:
        return f"{self.type}: {self.explanation[:100]}"

    def in_dossier(self) -> int | None:
        return self.claim.dossier_id

    def public_state(self) -> dict[str, Any]:
        return {
            "claim": str(self.claim.uid),
            "other_claim": str(self.other_claim.uid) if self.other_claim else None,
            "positions": [str(self.position.uid), str(self.other_position.uid)],
            "type": self.type,
            "score": self.score,
            "explanation": self.explanation,
            "algorithm": f"{self.algorithm}/{self.algorithm_version}",
            "state": self.state,
            "reason": self.reason,
        }
