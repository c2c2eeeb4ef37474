"""What we hold true: a judgement by two people, with its evidence."""

import functools
import operator
from typing import Any, Self

import pgtrigger
from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils import timezone

from claims.choices import Credibility, VerdictState, known
from claims.models.base import Recorded, never_deleted, recorded_in_same_transaction
from claims.models.claim import Claim
from claims.models.document import Snapshot
from claims.models.readable import ReadableQuerySet

ONCE_PUBLISHED = (VerdictState.PUBLISHED, VerdictState.SUPERSEDED, VerdictState.WITHDRAWN)
# The only ways from state to state; what was published never becomes a draft again.
WAYS = (
    (VerdictState.DRAFT, VerdictState.PROPOSED),
    (VerdictState.PROPOSED, VerdictState.DRAFT),
    (VerdictState.PROPOSED, VerdictState.PUBLISHED),
    (VerdictState.PUBLISHED, VerdictState.SUPERSEDED),
    (VerdictState.PUBLISHED, VerdictState.WITHDRAWN),
)
# What readers of a published verdict rely on.
PUBLISHED_FIELDS = ("uid", "claim", "credibility", "rationale", "author", "approver", "published_at", "created_at")


class VerdictQuerySet(ReadableQuerySet["Verdict"]):
    """Reads of verdicts."""

    dossier_paths = ("claim__dossier",)

    def published(self) -> Self:
        """The verdicts in force."""
        return self.filter(state=VerdictState.PUBLISHED)

    def due_for_review(self) -> Self:
        """Published verdicts whose review date has come."""
        return self.published().filter(review_due__lte=timezone.now())


class Verdict(Recorded):
    """How credible a claim is held to be, by an author and a different approver."""

    claim = models.ForeignKey(Claim, models.PROTECT, related_name="verdicts")
    credibility = models.PositiveSmallIntegerField(choices=Credibility)
    rationale = models.TextField()
    state = models.CharField(max_length=10, choices=VerdictState, default=VerdictState.DRAFT)
    author = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="verdicts")
    approver = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="approved_verdicts"
    )
    published_at = models.DateTimeField(null=True, blank=True)
    superseded_by = models.ForeignKey("self", models.PROTECT, null=True, blank=True, related_name="supersedes")
    review_due = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    objects = VerdictQuerySet.as_manager()

    class Meta:
        ordering = ["-created_at", "-pk"]
        permissions = [("propose_verdict", "Can propose verdicts"), ("approve_verdict", "Can approve verdicts")]
        indexes = [
            # The queues: what waits for approval, and what is to be looked at again.
            models.Index(name="verdict_proposed", fields=["created_at"], condition=Q(state=VerdictState.PROPOSED)),
            models.Index(name="verdict_review_due", fields=["review_due"], condition=Q(state=VerdictState.PUBLISHED)),
        ]
        constraints = [
            known("credibility", Credibility, name="verdict_credibility_known"),
            known("state", VerdictState, name="verdict_state_known"),
            models.CheckConstraint(name="verdict_has_rationale", condition=~Q(rationale="")),
            # A published verdict has two people (design, promise 6).
            models.CheckConstraint(
                name="verdict_two_people",
                condition=~Q(state__in=ONCE_PUBLISHED)
                | (Q(approver__isnull=False, published_at__isnull=False) & ~Q(approver=F("author"))),
            ),
            # A claim has at most one verdict in force.
            models.UniqueConstraint(
                name="verdict_one_in_force", fields=["claim"], condition=Q(state=VerdictState.PUBLISHED)
            ),
            models.CheckConstraint(
                name="verdict_superseded_by_another",
                condition=Q(superseded_by__isnull=True) | Q(state=VerdictState.SUPERSEDED),
            ),
        ]
        triggers = [
            # What was published is what was approved: a change is a new verdict.
            pgtrigger.Protect(
                name="published_words_stand",
                operation=pgtrigger.Update,
                condition=pgtrigger.Q(old__state__in=ONCE_PUBLISHED)
                & functools.reduce(
                    operator.or_,
                    (pgtrigger.Q(**{f"old__{name}__df": pgtrigger.F(f"new__{name}")}) for name in PUBLISHED_FIELDS),
                ),
            ),
            pgtrigger.FSM(name="one_way_to_publication", field="state", transitions=list(WAYS)),
            recorded_in_same_transaction(),
            never_deleted(),
        ]

    def __str__(self) -> str:
        return f"{self.get_credibility_display()} ({self.state}): {self.claim}"

    def in_dossier(self) -> int | None:
        return self.claim.dossier_id

    def public_state(self) -> dict[str, Any]:
        return {
            "claim": str(self.claim.uid),
            "credibility": self.credibility,
            "rationale": self.rationale,
            "state": self.state,
            "author": self.author.get_username(),
            "approver": self.approver.get_username() if self.approver else None,
            "published_at": self.published_at.isoformat() if self.published_at else None,
            "superseded_by": str(self.superseded_by.uid) if self.superseded_by else None,
            "review_due": self.review_due.isoformat() if self.review_due else None,
            "evidence": [{"url": e.url, "note": e.note} for e in self.evidence.all()] if self.pk else [],
        }


class Evidence(models.Model):
    """What a verdict rests on: a link, and the snapshot that keeps what was there."""

    verdict = models.ForeignKey(Verdict, models.PROTECT, related_name="evidence")
    url = models.URLField(max_length=2000)
    snapshot = models.ForeignKey(Snapshot, models.PROTECT, null=True, blank=True, related_name="evidence")
    note = models.TextField(blank=True)

    class Meta:
        ordering = ["pk"]
        verbose_name_plural = "evidence"
        constraints = [models.UniqueConstraint(name="evidence_once_per_verdict", fields=["verdict", "url"])]
        triggers = [
            pgtrigger.Protect(name="evidence_stands", operation=pgtrigger.Update),
            never_deleted(),
            # What was approved is what is published. The lock makes a publication at the same moment come first.
            pgtrigger.Trigger(
                name="complete_when_published",
                when=pgtrigger.Before,
                operation=pgtrigger.Insert,
                declare=[("stage", "text")],
                func="""
                    SELECT state INTO stage FROM claims_verdict WHERE id = NEW.verdict_id FOR SHARE;
                    IF stage IN ('published', 'superseded', 'withdrawn') THEN
                        RAISE EXCEPTION 'Cannot add evidence: the verdict is %', stage;
                    END IF;
                    RETURN NEW;
                """,
            ),
        ]

    def __str__(self) -> str:
        return self.url
