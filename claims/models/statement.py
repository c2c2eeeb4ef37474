"""Who said which words: one attribution in one snapshot."""

from typing import Any, Self

import pgtrigger
from django.conf import settings
from django.db import models
from django.db.models import Q

from claims.choices import Decider, Modality, Polarity, Quotation, StatementState, known
from claims.models.base import Recorded, never_deleted, noted_as_protection, recorded_in_same_transaction
from claims.models.document import Snapshot
from claims.models.readable import ReadableQuerySet
from claims.models.source import Source

# What no trigger lets anybody change, once written (design, promise 1): a correction is a new row, and merging sources
# changes no statement. ``parent`` may change: a row that stays is nested in what a newer analysis makes of the one
# around it.
QUOTED_FIELDS = (
    "uid", "snapshot", "source_text", "source_spans", "cue_text", "cue_spans", "content_text", "content_spans",
    "content_prefix", "content_suffix", "quotation", "polarity", "modality", "decided_by_words", "quantities", "place",
    "when_text", "when_first", "when_last", "confidence", "source", "extractor", "extractor_version", "origin",
    "supersedes", "created_at",
)  # fmt: skip

# From which state to which a person's decision may lead.
DECISIONS = (
    (StatementState.SUGGESTED, StatementState.CONFIRMED),
    (StatementState.SUGGESTED, StatementState.CORRECTED),
    (StatementState.SUGGESTED, StatementState.REJECTED),
    (StatementState.CONFIRMED, StatementState.CORRECTED),
    (StatementState.CONFIRMED, StatementState.REJECTED),
)

CHECKABLE = (Modality.ASSERTED, Modality.HEDGED)


# Neither rejected nor replaced by a correction.
CURRENT_STATES = (StatementState.SUGGESTED, StatementState.CONFIRMED)


class StatementQuerySet(ReadableQuerySet["Statement"]):
    """Reads of statements."""

    dossier_paths = ("snapshot__document__dossier",)

    def current(self) -> Self:
        """Neither superseded by a newer analysis, nor rejected, nor replaced by a correction."""
        return self.filter(superseded_at__isnull=True, state__in=CURRENT_STATES)

    def checkable(self) -> Self:
        """Assertions about the world: no appeals, wishes, plans, beliefs or questions."""
        return self.filter(modality__in=CHECKABLE)


class Statement(Recorded):
    """One attribution: source, cue and content, located by offsets *and* by exact words with context.

    Spans are lists of ``[start, end)`` code points of the snapshot's text. What the text was found to say never
    changes: a person's correction, or what a newer analysis makes of the same words, is a new row that ``supersedes``
    this one.
    """

    snapshot = models.ForeignKey(Snapshot, models.PROTECT, related_name="statements")
    source = models.ForeignKey(
        Source, models.PROTECT, null=True, blank=True, related_name="statements",
        help_text="Who asserts; empty where the text does not say.",
    )  # fmt: skip
    source_text = models.TextField(blank=True)
    source_spans = models.JSONField(default=list, blank=True)
    cue_text = models.TextField(blank=True)
    cue_spans = models.JSONField(default=list, blank=True)
    content_text = models.TextField()
    content_spans = models.JSONField()
    content_prefix = models.CharField(max_length=64, blank=True, help_text="The characters before the content.")
    content_suffix = models.CharField(max_length=64, blank=True, help_text="The characters after it.")
    parent = models.ForeignKey(
        "self", models.PROTECT, null=True, blank=True, related_name="nested", help_text="The statement it is nested in."
    )
    quotation = models.CharField(max_length=10, choices=Quotation)
    polarity = models.CharField(max_length=10, choices=Polarity, default=Polarity.AFFIRMS)
    modality = models.CharField(max_length=10, choices=Modality, default=Modality.ASSERTED)
    decided_by_words = models.JSONField(default=list, blank=True, help_text="Words that decided polarity and modality.")
    quantities = models.JSONField(default=list, blank=True)
    place = models.CharField(max_length=300, blank=True)
    when_text = models.CharField(max_length=300, blank=True)
    when_first = models.DateField(null=True, blank=True)
    when_last = models.DateField(null=True, blank=True)
    confidence = models.FloatField(default=1.0, help_text="0 to 1.")
    extractor = models.CharField(max_length=100)
    extractor_version = models.CharField(max_length=50)
    origin = models.CharField(max_length=10, choices=Decider, default=Decider.MACHINE)
    state = models.CharField(max_length=10, choices=StatementState, default=StatementState.SUGGESTED)
    supersedes = models.OneToOneField("self", models.PROTECT, null=True, blank=True, related_name="superseded_by")
    superseded_at = models.DateTimeField(null=True, blank=True, help_text="When a newer analysis no longer found it.")
    reviewed_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+")
    reviewed_at = models.DateTimeField(null=True, blank=True)
    review_reason = models.TextField(blank=True)
    protected = models.BooleanField(
        default=False, help_text="Its words are masked for everybody who may not see what is protected."
    )
    created_at = models.DateTimeField(auto_now_add=True)

    objects = StatementQuerySet.as_manager()

    class Meta:
        ordering = ["snapshot_id", "pk"]
        permissions = [("review_statement", "Can review statements")]
        indexes = [
            # The review queue, oldest first.
            models.Index(name="statement_review_queue", fields=["state", "created_at"]),
            # What to mask, for whoever may not see it.
            models.Index(name="statement_protected", fields=["id"], condition=Q(protected=True)),
            # How long that queue is, and how old: without what a newer analysis has superseded.
            models.Index(
                name="statement_to_review",
                fields=["created_at"],
                condition=Q(state=StatementState.SUGGESTED, superseded_at__isnull=True),
            ),
        ]
        constraints = [
            known("quotation", Quotation, name="statement_quotation_known"),
            known("polarity", Polarity, name="statement_polarity_known"),
            known("modality", Modality, name="statement_modality_known"),
            known("state", StatementState, name="statement_state_known"),
            known("origin", Decider, name="statement_origin_known"),
            models.CheckConstraint(name="statement_content_not_empty", condition=~Q(content_text="")),
            models.CheckConstraint(
                name="statement_confidence_is_share", condition=Q(confidence__gte=0, confidence__lte=1)
            ),
            models.CheckConstraint(
                name="statement_period_in_order",
                condition=Q(when_first__isnull=True, when_last__isnull=True) | Q(when_last__gte=models.F("when_first")),
            ),
            # Running one version of the analysis twice must not record a statement twice; going back to an earlier
            # version may find again what a later one had superseded.
            models.UniqueConstraint(
                name="statement_once_per_version",
                fields=["snapshot", "extractor", "extractor_version", "content_spans", "cue_spans", "source_spans"],
                condition=Q(origin=Decider.MACHINE, superseded_at__isnull=True),
            ),
            # What a person decided names the person.
            models.CheckConstraint(
                name="statement_decision_is_signed",
                condition=Q(state=StatementState.SUGGESTED) | Q(reviewed_by__isnull=False, reviewed_at__isnull=False),
            ),
        ]
        triggers = [
            pgtrigger.ReadOnly(name="words_never_edited", fields=list(QUOTED_FIELDS)),
            # What a person decided is never a suggestion again.
            pgtrigger.FSM(name="decided_for_good", field="state", transitions=list(DECISIONS)),
            pgtrigger.Protect(
                name="superseded_for_good",
                operation=pgtrigger.Update,
                condition=pgtrigger.Q(old__superseded_at__isnull=False)
                & pgtrigger.Q(old__superseded_at__df=pgtrigger.F("new__superseded_at")),
            ),
            never_deleted(),
            recorded_in_same_transaction(),
            # The names that a document uses of a protected source are masked too.
            noted_as_protection(
                """
                CASE TG_OP WHEN 'UPDATE' THEN NEW.protected <> OLD.protected
                ELSE NEW.protected OR (
                    EXISTS (SELECT FROM claims_source WHERE id = NEW.source_id AND protected)
                    AND NOT EXISTS (
                        SELECT FROM claims_statement
                        WHERE source_id = NEW.source_id AND source_text = NEW.source_text AND id <> NEW.id
                    )
                ) END
                """,
                operation=pgtrigger.Insert | pgtrigger.Update,
            ),
        ]

    def __str__(self) -> str:
        return f"{self.source_text or 'unnamed'}: {self.content_text[:80]}"

    @property
    def checkable(self) -> bool:
        """Whether the content is an assertion about the world."""
        return self.modality in CHECKABLE

    def in_dossier(self) -> int | None:
        return self.snapshot.document.dossier_id

    def public_state(self) -> dict[str, Any]:
        return {
            "snapshot": str(self.snapshot.uid),
            "source": str(self.source.uid) if self.source else None,
            "source_text": self.source_text,
            "cue_text": self.cue_text,
            "content_text": self.content_text,
            "content_spans": self.content_spans,
            "parent": str(self.parent.uid) if self.parent else None,
            "quotation": self.quotation,
            "polarity": self.polarity,
            "modality": self.modality,
            "quantities": self.quantities,
            "place": self.place,
            "when_text": self.when_text,
            "when": [d.isoformat() if d else None for d in (self.when_first, self.when_last)],
            "extractor": f"{self.extractor}/{self.extractor_version}",
            "state": self.state,
            "superseded": self.superseded_at is not None,
            "protected": self.protected,
        }
