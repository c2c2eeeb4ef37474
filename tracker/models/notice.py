"""Pages whose text was known and whose markup took it back: the files that show it."""

from typing import ClassVar, Self

import pgtrigger
from django.db import models

from claims.models import Snapshot


class NoticeFileQuerySet(models.QuerySet["NoticeFile"]):
    """Reads of such files."""

    def with_contents(self) -> Self:
        """Those of versions whose contents were not removed."""
        return self.filter(snapshot__removed_at__isnull=True)

    def to_remove(self) -> Self:
        """Those of versions whose contents were removed, none of dossiers on legal hold."""
        rows = self.filter(snapshot__removed_at__isnull=False, snapshot__document__dossier__legal_hold=False)
        return rows.order_by("pk")


class NoticeFile(models.Model):
    """Where the page is kept by which a publisher corrected or retracted a text without changing it.

    It is no version: the text is that of ``snapshot``. The ledger has the words of the notice, this has the page.
    """

    COPIED: ClassVar = (
        "fetched_at", "fetched_from", "http_status", "headers", "warc_path", "warc_offset", "warc_length",
        "warc_sha256", "payload_sha256",
    )  # fmt: skip

    snapshot = models.ForeignKey(Snapshot, models.PROTECT, related_name="+")
    fetched_at = models.DateTimeField()
    fetched_from = models.CharField(max_length=2000)
    http_status = models.PositiveSmallIntegerField(null=True, blank=True)
    headers = models.JSONField(default=list, blank=True)
    warc_path = models.CharField(max_length=500, help_text="Below the evidence folder.")
    warc_offset = models.PositiveBigIntegerField()
    warc_length = models.PositiveBigIntegerField()
    warc_sha256 = models.CharField(max_length=64, help_text="Of the whole WARC file.")
    payload_sha256 = models.CharField(max_length=64)

    objects = NoticeFileQuerySet.as_manager()

    class Meta:
        ordering = ["pk"]
        indexes = [
            # Whether a file is named.
            models.Index(name="notice_file_by_payload", fields=["payload_sha256"]),
        ]
        triggers = [pgtrigger.Protect(name="evidence_never_edited", operation=pgtrigger.Update)]

    def __str__(self) -> str:
        return f"{self.fetched_from} of {self.fetched_at:%Y-%m-%d %H:%M}"
