"""Archives that are read into submissions: how far each is, and which of its records could not be taken in."""

import uuid
from typing import Self

from django.db import models
from django.db.models import F, Q

from claims.models.work import Work, WorkQuerySet


class BackfillKind(models.TextChoices):
    """What is read."""

    WARC = "warc", "WARC"
    JSONL = "jsonl", "JSON Lines"
    FOLDER = "folder", "folder of files"
    FEEDS = "feeds", "list of feeds (OPML)"


class BackfillState(models.TextChoices):
    """Whether there is more of it."""

    READING = "reading", "being read"
    DONE = "done", "read to its end"
    FAILED = "failed", "cannot be read"


class BackfillQuerySet(WorkQuerySet["Backfill"]):
    """Reads of backfills."""

    def unfinished(self) -> Self:
        """Those that are to be read on, oldest first."""
        return self.filter(state=BackfillState.READING).order_by("pk")


class Backfill(Work):
    """One archive and how far it has been read. Its position moves in the transaction that hands its records in."""

    uid = models.UUIDField("public id", default=uuid.uuid4, unique=True, editable=False)
    kind = models.CharField(max_length=10, choices=BackfillKind)
    path = models.CharField(max_length=4000, help_text="Where it lies on the machine that reads it.")
    dossier = models.SlugField(max_length=100, blank=True, help_text="Used where a document itself names none.")
    fingerprint = models.CharField(max_length=100, blank=True, help_text="Tells whether it has changed meanwhile.")
    state = models.CharField(max_length=10, choices=BackfillState, default=BackfillState.READING)
    error = models.TextField(blank=True, help_text="Why it cannot be read, or no further.")
    position = models.JSONField(default=dict, blank=True, help_text="Where reading goes on.")
    size = models.PositiveBigIntegerField(null=True, blank=True, help_text="Bytes, files or feeds in all.")
    done = models.PositiveBigIntegerField(default=0, help_text="How much of them has been read.")
    records = models.PositiveBigIntegerField(default=0, help_text="Records that were looked at.")
    handed_in = models.PositiveBigIntegerField(default=0, help_text="Documents among them, handed in to be read.")
    left_out = models.PositiveBigIntegerField(default=0, help_text="Records that hold no document to be read.")
    bad = models.PositiveBigIntegerField(default=0, help_text="Records that could not be taken in.")
    rate = models.FloatField(null=True, blank=True, help_text="Documents a second, lately.")
    created_at = models.DateTimeField(auto_now_add=True)
    moved_at = models.DateTimeField(null=True, blank=True, help_text="When its position last moved.")
    finished_at = models.DateTimeField(null=True, blank=True)

    objects = BackfillQuerySet.as_manager()

    class Meta:
        ordering = ["-pk"]
        constraints = [
            models.CheckConstraint(name="backfill_kind_known", condition=Q(kind__in=BackfillKind.values)),
            models.CheckConstraint(name="backfill_state_known", condition=Q(state__in=BackfillState.values)),
            models.CheckConstraint(
                name="backfill_failure_explained", condition=~Q(state=BackfillState.FAILED) | ~Q(error="")
            ),
            models.CheckConstraint(
                name="backfill_every_record_counted",
                condition=Q(records=F("handed_in") + F("left_out") + F("bad")),
            ),
            # Whoever begins an archive again goes on with what was begun.
            models.UniqueConstraint(
                name="backfill_one_unfinished", fields=["path"], condition=Q(state=BackfillState.READING)
            ),
        ]

    def __str__(self) -> str:
        return f"{self.path} ({self.get_state_display()})"


class BadRecord(models.Model):
    """A record of an archive that could not be taken in, kept for a look. What failed later is a failed submission."""

    backfill = models.ForeignKey(Backfill, models.PROTECT, related_name="bad_records")
    number = models.PositiveBigIntegerField(help_text="Of the record in the archive.")
    name = models.CharField(max_length=300, blank=True, help_text="What it is called there.")
    code = models.CharField(max_length=50)
    reason = models.TextField()
    excerpt = models.TextField(blank=True, help_text="How it begins.")
    seen_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["backfill", "number"]
        constraints = [models.UniqueConstraint(name="bad_record_once", fields=["backfill", "number"])]

    def __str__(self) -> str:
        return self.reason
