"""Pages whose text was known and whose markup took it back: the evidence of corrections and retractions."""

from typing import Any, ClassVar

import pgtrigger
from django.db import models
from django.db.models import Q

from claims.choices import DocumentState, known
from claims.models.archived import (
    CONTENTS,
    KEPT_FIELDS,
    Archived,
    ArchivedQuerySet,
    contents_only_removed,
    removed_under_a_rule,
)
from claims.models.base import never_deleted, recorded_in_same_transaction
from claims.models.document import Snapshot


class NoticeQuerySet(ArchivedQuerySet["Notice"]):
    """Reads of such pages."""

    dossier_paths = ("snapshot__document__dossier",)


class Notice(Archived):
    """The page by which a publisher said something new of the state of a text without changing the text.

    It is no version: the text, and its hash, are those of ``snapshot``. Its contents go with that version's.
    """

    # What a snapshot has of a fetched copy and this has, too.
    COPIED: ClassVar = tuple(name for name in (*KEPT_FIELDS, "headers") if name != "uid")

    snapshot = models.ForeignKey(Snapshot, models.PROTECT, related_name="notices")
    state = models.CharField(
        max_length=20, choices=DocumentState, blank=True,
        help_text="What it says that the document is; empty for pages kept before it was noted.",
    )  # fmt: skip
    words = models.TextField(blank=True, help_text="The words, or the markup, by which it says so.")

    objects = NoticeQuerySet.as_manager()

    class Meta:
        ordering = ["pk"]
        indexes = [
            # Whether a row names a file.
            models.Index(name="notice_by_payload", fields=["payload_sha256"]),
            # Files that are still to be deleted.
            models.Index(
                name="notice_file_to_remove",
                fields=["removed_at"],
                condition=Q(removed_at__isnull=False, file_removed_at__isnull=True),
            ),
        ]
        constraints = [
            known("state", DocumentState, name="notice_state_known", or_blank=True),
            models.CheckConstraint(name="notice_removed_under_a_rule", condition=removed_under_a_rule(headers=[])),
            models.CheckConstraint(
                name="notice_hashes_are_sha256",
                condition=Q(payload_sha256__regex=r"^[0-9a-f]{64}$", warc_sha256__regex=r"^[0-9a-f]{64}$"),
            ),
        ]
        triggers = [
            pgtrigger.ReadOnly(name="evidence_never_edited", fields=[*KEPT_FIELDS, "snapshot", "state", "words"]),
            contents_only_removed(
                CONTENTS, document="(SELECT document_id FROM claims_snapshot WHERE id = NEW.snapshot_id)"
            ),
            never_deleted(),
            recorded_in_same_transaction(operation=pgtrigger.Insert | pgtrigger.UpdateOf("removed_at")),  # type: ignore[no-untyped-call]
        ]

    def __str__(self) -> str:
        return (
            f"{self.snapshot.document} (notice of {self.fetched_at:%Y-%m-%d %H:%M} on version {self.snapshot.number})"
        )

    def in_dossier(self) -> int | None:
        return self.snapshot.document.dossier_id

    @property
    def hashes(self) -> dict[str, str]:
        return {
            "payload_sha256": self.payload_sha256,
            "text_sha256": self.snapshot.text_sha256,
            "warc_sha256": self.warc_sha256,
        }

    def public_state(self) -> dict[str, Any]:
        return {
            "document": str(self.snapshot.document.uid),
            "snapshot": str(self.snapshot.uid),
            "state": self.state,
            "words": self.words,
            "fetched_at": self.fetched_at.isoformat(),
            "fetched_from": self.fetched_from,
            **self.hashes,
            **({"removed": self.removed_under} if self.removed_at else {}),
        }


# What is kept in a file of its own.
ARCHIVED: tuple[type[Snapshot] | type[Notice], ...] = (Snapshot, Notice)
