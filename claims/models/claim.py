"""What is asserted: claims, the positions taken on them, and what people decided about their identity."""

from typing import Any, Self

import pgtrigger
from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex, OpClass
from django.db import models
from django.db.models import F, Func, Q, Value
from django.db.models.functions import Cast, Least
from pgvector.django import HalfVectorField, HnswIndex, VectorField

from claims.choices import ClaimKind, Decider, JudgementAnswer, Stance, known
from claims.models.base import Merge, Recorded, never_deleted, recorded_in_same_transaction
from claims.models.document import Dossier
from claims.models.readable import ReadableQuerySet
from claims.models.source import Party
from claims.models.statement import Statement
from claims.standing import FLAGS, VALUES

EMBEDDING_DIMENSIONS = 256
PLACED_DIMENSIONS = EMBEDDING_DIMENSIONS + 16


def placed(vector: F | Cast, dossier: F | Value) -> Cast:
    """A vector as the index of claims by meaning holds it: what is ordered by something else is not served by it.

    Sixteen numbers that stand for the dossier follow it, so that the nearest of a dossier are near in the index too.
    They are the same within a dossier, where the order is therefore that of the vectors alone.
    """
    return Cast(
        Func(vector, dossier, function="claims_placed", output_field=HalfVectorField()),
        HalfVectorField(dimensions=PLACED_DIMENSIONS),
    )


class ClaimQuerySet(ReadableQuerySet["Claim"]):
    """Reads of claims."""

    def live(self) -> Self:
        """Claims that have not been merged into another."""
        return self.filter(merged_into__isnull=True)

    def contested(self) -> Self:
        """Claims that somebody asserts and somebody else refutes."""
        return self.live().filter(standing="contested")


class Claim(Recorded):
    """One assertion about the world, whoever makes it, with the cached standing that its positions give it."""

    dossier = models.ForeignKey(Dossier, models.PROTECT, related_name="claims")
    text = models.TextField()
    kind = models.CharField(max_length=10, choices=ClaimKind, default=ClaimKind.EVENT)
    place = models.CharField(max_length=300, blank=True, help_text="Where it is said to have happened.")
    place_key = models.CharField(max_length=300, blank=True, help_text="The place in its transliteration-free form.")
    when_first = models.DateField(null=True, blank=True, help_text="First day on which it is said to have happened.")
    when_last = models.DateField(null=True, blank=True)
    measure = models.CharField(max_length=50, blank=True, help_text="For a figure: killed, wounded, destroyed, …")
    counted = models.CharField(max_length=200, blank=True, help_text="Who or what is counted.")
    low = models.FloatField(null=True, blank=True)
    best = models.FloatField(null=True, blank=True)
    high = models.FloatField(null=True, blank=True)
    favours = models.ForeignKey(
        Party,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="favoured_by",
        help_text="Who gains if believed.",
    )
    rises_to = models.ForeignKey(
        "self", models.PROTECT, null=True, blank=True, related_name="rose_from",
        help_text="The later, higher figure of the same toll.",
    )  # fmt: skip
    embedding = VectorField(dimensions=EMBEDDING_DIMENSIONS, null=True, blank=True)
    standing = models.CharField(max_length=20, blank=True, choices=[(v, v) for v in VALUES])
    standing_version = models.CharField(max_length=20, blank=True)
    standing_flags = ArrayField(models.CharField(max_length=30), default=list, blank=True)
    standing_explanation = models.JSONField(default=dict, blank=True)
    origins = models.PositiveIntegerField(default=0, help_text="Independent origins that support it.")
    refuting_origins = models.PositiveIntegerField(default=0)
    merged_into = models.ForeignKey("self", models.PROTECT, null=True, blank=True, related_name="merged")
    created_at = models.DateTimeField(auto_now_add=True)

    objects = ClaimQuerySet.as_manager()

    class Meta:
        ordering = ["-created_at", "-pk"]
        permissions = [("merge_claim", "Can merge claims"), ("set_position", "Can set positions")]
        indexes = [
            # Candidates for being the same claim: by meaning, those of one dossier near each other.
            # Half precision finds as much in half the space.
            HnswIndex(
                OpClass(placed(F("embedding"), F("dossier")), name="halfvec_cosine_ops"),
                name="claim_placed_embedding",
                # Half the price of a new claim of what is usual (16 and 64), and nearly the same claims are found.
                m=12,
                ef_construction=48,
                condition=Q(merged_into__isnull=True),
            ),
            # Search by part of the wording.
            GinIndex(name="claim_text_trigrams", fields=["text"], opclasses=["gin_trgm_ops"]),
            # Candidates again, and figures that could conflict: of one measure and place, nearest in time.
            models.Index(
                name="claim_figures_by_day",
                fields=["dossier", "measure", "place_key", "when_first", "id"],
                condition=~Q(measure="") & Q(merged_into__isnull=True),
            ),
            # Candidates again: what is said to have happened at one place, nearest in time.
            models.Index(
                name="claim_places_by_day",
                fields=["dossier", "place_key", "when_first", "id"],
                condition=~Q(place_key="") & Q(merged_into__isnull=True),
            ),
            # Lists by standing.
            models.Index(name="claim_by_standing", fields=["dossier", "standing"]),
            # The first page: how many claims of a dossier stand how, and how long the oldest has been contested.
            models.Index(
                name="claim_live_by_standing", fields=["dossier", "standing"], condition=Q(merged_into__isnull=True)
            ),
            models.Index(
                name="claim_contested_by_age",
                fields=["created_at"],
                condition=Q(standing="contested", merged_into__isnull=True),
            ),
            # The conflict queue: contested claims, the most origins on the weaker side first.
            models.Index(
                Least("origins", "refuting_origins").desc(),
                "created_at",
                "id",
                name="claim_contested",
                condition=Q(standing="contested", merged_into__isnull=True),
            ),
        ]
        constraints = [
            known("kind", ClaimKind, name="claim_kind_known"),
            models.CheckConstraint(name="claim_standing_known", condition=Q(standing__in=["", *VALUES])),
            models.CheckConstraint(name="claim_flags_known", condition=Q(standing_flags__contained_by=list(FLAGS))),
            models.CheckConstraint(name="claim_text_not_empty", condition=~Q(text="")),
            models.CheckConstraint(
                name="claim_figure_has_measure", condition=~Q(kind=ClaimKind.FIGURE) | ~Q(measure="")
            ),
            models.CheckConstraint(
                name="claim_bounds_in_order",
                condition=(Q(low__isnull=True) | Q(high__isnull=True) | Q(low__lte=F("high")))
                & (Q(low__isnull=True) | Q(best__isnull=True) | Q(low__lte=F("best")))
                & (Q(best__isnull=True) | Q(high__isnull=True) | Q(best__lte=F("high"))),
            ),
            models.CheckConstraint(
                name="claim_period_in_order",
                condition=Q(when_first__isnull=True, when_last__isnull=True) | Q(when_last__gte=F("when_first")),
            ),
            models.CheckConstraint(name="claim_not_merged_into_itself", condition=~Q(merged_into=F("id"))),
        ]
        triggers = [recorded_in_same_transaction(), never_deleted()]

    def __str__(self) -> str:
        return self.text[:120]

    @property
    def resolved(self) -> "Claim":
        """The claim that this one now counts as: itself, or the one it was merged into."""
        claim = self
        while claim.merged_into is not None:
            claim = claim.merged_into
        return claim

    def in_dossier(self) -> int | None:
        return self.dossier_id

    def public_state(self) -> dict[str, Any]:
        return {
            "dossier": self.dossier.slug,
            "text": self.text,
            "kind": self.kind,
            "place": self.place,
            "when": [d.isoformat() if d else None for d in (self.when_first, self.when_last)],
            "measure": self.measure,
            "counted": self.counted,
            "low": self.low,
            "best": self.best,
            "high": self.high,
            "favours": self.favours.slug if self.favours else None,
            "rises_to": str(self.rises_to.uid) if self.rises_to else None,
            "standing": self.standing,
            "standing_version": self.standing_version,
            "standing_flags": list(self.standing_flags),
            "origins": self.origins,
            "refuting_origins": self.refuting_origins,
            # Why: what a client needs to answer for this standing when it is no longer the present one.
            "why": {key: self.standing_explanation.get(key, []) for key in ("sentences", "supporting", "refuting")},
            "merged_into": str(self.merged_into.uid) if self.merged_into else None,
        }


class PositionQuerySet(ReadableQuerySet["Position"]):
    """Reads of positions."""

    dossier_paths = ("claim__dossier", "statement__snapshot__document__dossier")

    def current(self) -> Self:
        """Positions that no later one has replaced, of statements that nothing has replaced."""
        return self.filter(superseded_at__isnull=True, statement__in=Statement.objects.current())


class Position(Recorded):
    """Which side a statement takes on a claim, who says so, and why."""

    statement = models.ForeignKey(Statement, models.PROTECT, related_name="positions")
    claim = models.ForeignKey(Claim, models.PROTECT, related_name="positions")
    stance = models.CharField(max_length=10, choices=Stance)
    origin = models.CharField(max_length=10, choices=Decider, default=Decider.MACHINE)
    score = models.FloatField(help_text="0 to 1: how surely the statement is about this claim.")
    explanation = models.JSONField(default=list, help_text="Sentences that give the reasons.")
    algorithm = models.CharField(max_length=100)
    algorithm_version = models.CharField(max_length=50)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+")
    reason = models.TextField(blank=True)
    superseded_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    objects = PositionQuerySet.as_manager()

    class Meta:
        ordering = ["claim_id", "pk"]
        constraints = [
            known("stance", Stance, name="position_stance_known"),
            known("origin", Decider, name="position_origin_known"),
            models.CheckConstraint(name="position_score_is_share", condition=Q(score__gte=0, score__lte=1)),
            # A statement is about one claim at a time.
            models.UniqueConstraint(
                name="position_one_per_statement", fields=["statement"], condition=Q(superseded_at__isnull=True)
            ),
            models.CheckConstraint(
                name="position_decision_is_signed", condition=~Q(origin=Decider.PERSON) | Q(by__isnull=False)
            ),
        ]
        triggers = [
            # What was once decided stays readable: a new position supersedes, and only that fact may change.
            pgtrigger.ReadOnly(name="superseded_not_edited", exclude=["superseded_at"]),
            never_deleted(),
            recorded_in_same_transaction(),
        ]

    def __str__(self) -> str:
        return f"{self.statement} {self.stance} {self.claim}"

    def in_dossier(self) -> int | None:
        return self.claim.dossier_id

    def public_state(self) -> dict[str, Any]:
        return {
            "statement": str(self.statement.uid),
            "claim": str(self.claim.uid),
            "stance": self.stance,
            "origin": self.origin,
            "score": self.score,
            "algorithm": f"{self.algorithm}/{self.algorithm_version}",
            "explanation": self.explanation,
            "by": self.by.get_username() if self.by else None,
            "reason": self.reason,
            "superseded": self.superseded_at is not None,
        }


class ClaimMerge(Merge):
    """One merge of a claim into another, with the positions that moved and the judgement that asked for it."""

    claim = models.ForeignKey(Claim, models.PROTECT, related_name="merges")
    target = models.ForeignKey(Claim, models.PROTECT, related_name="+")
    moved_positions = models.JSONField(default=list, help_text="Pairs of old and new position ids.")
    judgement = models.ForeignKey("Judgement", models.PROTECT, null=True, related_name="merges")

    class Meta(Merge.Meta):
        constraints = [
            *Merge.Meta.constraints,
            models.UniqueConstraint(name="claim_merged_once", fields=["claim"], condition=Q(undone_at__isnull=True)),
        ]

    def __str__(self) -> str:
        return f"{self.claim} -> {self.target}"


class JudgementQuerySet(ReadableQuerySet["Judgement"]):
    """Reads of judgements."""

    dossier_paths = ("claim__dossier", "other_claim__dossier")

    def pending(self) -> Self:
        """Pairs that wait for a reviewer, the likeliest first."""
        return self.filter(answer=JudgementAnswer.PENDING).order_by("-score", "pk")


class Judgement(Recorded):
    """Are these two claims the same? A machine asks once, a person answers, and the question does not come back."""

    claim = models.ForeignKey(Claim, models.PROTECT, related_name="+")
    other_claim = models.ForeignKey(Claim, models.PROTECT, related_name="+")
    answer = models.CharField(max_length=10, choices=JudgementAnswer, default=JudgementAnswer.PENDING)
    score = models.FloatField(help_text="0 to 1.")
    explanation = models.JSONField(default=list)
    algorithm = models.CharField(max_length=100)
    algorithm_version = models.CharField(max_length=50)
    decided_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+")
    decided_at = models.DateTimeField(null=True, blank=True)
    reason = models.TextField(blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    objects = JudgementQuerySet.as_manager()

    class Meta:
        ordering = ["-score", "pk"]
        permissions = [("judge_pair", "Can judge whether claims are the same")]
        indexes = [
            # The queue: how long it is, and how old.
            models.Index(name="judgement_pending", fields=["created_at"], condition=Q(answer=JudgementAnswer.PENDING)),
        ]
        constraints = [
            known("answer", JudgementAnswer, name="judgement_answer_known"),
            # A pair is stored in one order, once.
            models.CheckConstraint(name="judgement_pair_in_order", condition=Q(claim__lt=F("other_claim"))),
            models.UniqueConstraint(name="judgement_pair_once", fields=["claim", "other_claim"]),
            models.CheckConstraint(name="judgement_score_is_share", condition=Q(score__gte=0, score__lte=1)),
            models.CheckConstraint(
                name="judgement_is_signed",
                condition=Q(answer=JudgementAnswer.PENDING, decided_by__isnull=True)
                | (~Q(answer=JudgementAnswer.PENDING) & Q(decided_by__isnull=False, decided_at__isnull=False)),
            ),
        ]
        triggers = [recorded_in_same_transaction(), never_deleted()]

    def __str__(self) -> str:
        return f"{self.claim} = {self.other_claim}? {self.answer}"

    def in_dossier(self) -> int | None:
        return self.claim.dossier_id

    def public_state(self) -> dict[str, Any]:
        return {
            "claim": str(self.claim.uid),
            "other_claim": str(self.other_claim.uid),
            "answer": self.answer,
            "score": self.score,
            "algorithm": f"{self.algorithm}/{self.algorithm_version}",
            "reason": self.reason,
        }
