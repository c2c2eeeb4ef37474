"""What was handed in to be read, and what became of it."""

import uuid
from datetime import datetime
from typing import Self

from django.conf import settings
from django.contrib.postgres.indexes import HashIndex
from django.db import models
from django.db.models import Q

from claims.models import Snapshot
from claims.models.work import Work, WorkQuerySet


class SubmissionState(models.TextChoices):
    """Where a submission stands."""

    QUEUED = "queued", "waiting"
    DONE = "done", "read"
    FAILED = "failed", "failed"


class SubmissionQuerySet(WorkQuerySet["Submission"]):
    """Reads of submissions."""

    def waiting(self) -> Self:
        """Submissions that nobody has read yet, oldest first, those of archives after all others."""
        return self.filter(state=SubmissionState.QUEUED).order_by("later", "pk")

    def failed_since(self, moment: datetime) -> Self:
        """Submissions that failed for good since then."""
        return self.filter(state=SubmissionState.FAILED, finished_at__gte=moment)


class Submission(Work):
    """One address, or one file's bytes, to be read. It is the job itself: a broker message is only a wake-up call."""

    uid = models.UUIDField("public id", default=uuid.uuid4, unique=True, editable=False)
    address = models.CharField(max_length=2000, help_text="An http(s) address, or the name of the file handed in.")
    payload = models.BinaryField(null=True, blank=True, help_text="A file's bytes, until they are in the archive.")
    content_type = models.CharField(max_length=200, blank=True, help_text="Of the payload, where it is known.")
    dossier = models.SlugField(max_length=100, blank=True, help_text="Used where the document itself names none.")
    feed = models.ForeignKey(
        "tracker.Feed", models.PROTECT, null=True, blank=True, related_name="submissions",
        help_text="The feed that listed it.",
    )  # fmt: skip
    backfill = models.ForeignKey(
        "tracker.Backfill", models.PROTECT, null=True, blank=True, related_name="submissions", db_index=False,
        help_text="The archive that it is from.",
    )  # fmt: skip
    entry = models.PositiveBigIntegerField(null=True, blank=True, help_text="The number of its record in the archive.")
    told = models.JSONField(default=dict, blank=True, help_text="What the archive says of it.")
    later = models.BooleanField(
        default=False, editable=False, help_text="It is from an archive: what is fresh has its turn before it."
    )
    state = models.CharField(max_length=10, choices=SubmissionState, default=SubmissionState.QUEUED)
    failures = models.PositiveSmallIntegerField(default=0, help_text="How often its server failed to answer.")
    error_code = models.CharField(max_length=50, blank=True)
    error = models.TextField(blank=True, help_text="Why it failed, or why it has to be tried again.")
    snapshot = models.ForeignKey(Snapshot, models.PROTECT, null=True, blank=True, related_name="submissions")
    new_document = models.BooleanField(default=False, help_text="Whether its document had not been seen before.")
    new_snapshot = models.BooleanField(default=False, help_text="Whether it brought a version not seen before.")
    submitted_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)
    finished_at = models.DateTimeField(null=True, blank=True)

    objects = SubmissionQuerySet.as_manager()

    class Meta:
        ordering = ["-pk"]
        indexes = [
            # The work list.
            models.Index(name="submission_to_read", fields=["later", "id"], condition=Q(state=SubmissionState.QUEUED)),
            # Whether an archive holds an earlier version that is to be read first.
            HashIndex(
                name="submission_versions",
                fields=["address"],
                condition=Q(state=SubmissionState.QUEUED, backfill__isnull=False),
            ),
            # What of one archive could not be read.
            models.Index(
                name="submission_failed_of_archive",
                fields=["backfill", "entry"],
                condition=Q(state=SubmissionState.FAILED, backfill__isnull=False),
            ),
            # What failed lately, and why: for whoever watches.
            models.Index(name="submission_failed", fields=["finished_at"], condition=Q(state=SubmissionState.FAILED)),
        ]
        constraints = [
            models.CheckConstraint(name="submission_state_known", condition=Q(state__in=SubmissionState.values)),
            models.CheckConstraint(
                name="submission_failure_explained", condition=~Q(state=SubmissionState.FAILED) | ~Q(error="")
            ),
            models.CheckConstraint(
                name="submission_done_has_snapshot",
                condition=~Q(state=SubmissionState.DONE) | Q(snapshot__isnull=False, payload__isnull=True),
            ),
            # However often an archive is begun again, no record of it is handed in twice.
            models.UniqueConstraint(
                name="submission_once_per_record", fields=["backfill", "entry"], condition=Q(backfill__isnull=False)
            ),
            models.CheckConstraint(
                name="submission_of_archive_numbered", condition=Q(backfill__isnull=True) | Q(entry__isnull=False)
            ),
        ]

    def __str__(self) -> str:
        return f"{self.address} ({self.state})"
