"""Who printed it and when: documents, their evidentiary snapshots, and the dossiers that they belong to."""

from datetime import datetime
from typing import Any, Self

import pgtrigger
from django.apps import apps
from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models import Exists, F, OuterRef, Q

from claims.choices import DocumentState, StatementState, known
from claims.models.archived import (
    CONTENTS,
    KEPT_FIELDS,
    Archived,
    ArchivedQuerySet,
    contents_only_removed,
    removed_under_a_rule,
)
from claims.models.base import Recorded, never_deleted, recorded_in_same_transaction
from claims.models.channel import Channel
from claims.models.readable import ReadableQuerySet
from claims.models.source import Source
from claims.models.work import Work, WorkQuerySet

# What no trigger lets anybody change, once written (design, promise 1).
EVIDENCE_FIELDS = (*KEPT_FIELDS, "document", "number", "text_sha256", "extractor", "extractor_version")


class DossierQuerySet(ReadableQuerySet["Dossier"]):
    """Reads of dossiers."""

    dossier_paths = ("pk",)

    def public(self) -> Self:
        """Dossiers that anybody may read."""
        return self.filter(public_read=True)


class Dossier(Recorded):
    """One investigation. Claims are matched and figures compared within a dossier."""

    slug = models.SlugField(max_length=100, unique=True)
    title = models.CharField(max_length=300)
    description = models.TextField(blank=True)
    public_read = models.BooleanField(
        default=False, help_text="Anybody may read it through the API, without signing in."
    )
    created_at = models.DateTimeField(auto_now_add=True)
    keep_unused_days = models.PositiveIntegerField(
        null=True, blank=True, help_text="Then the contents of versions go that no claim and no verdict rests on."
    )
    keep_closed_days = models.PositiveIntegerField(
        null=True, blank=True, help_text="So long after its closing the contents of all versions go."
    )
    closed_at = models.DateTimeField(null=True, blank=True, editable=False)
    legal_hold = models.BooleanField(default=False, editable=False, help_text="Nothing is removed while it is set.")

    objects = DossierQuerySet.as_manager()

    class Meta:
        ordering = ["title"]
        constraints = [
            # A day at least, so that nobody removes by a slip of the hand what came in just now.
            models.CheckConstraint(
                name="dossier_keeps_for_a_day",
                condition=(Q(keep_unused_days__isnull=True) | Q(keep_unused_days__gte=1))
                & (Q(keep_closed_days__isnull=True) | Q(keep_closed_days__gte=1)),
            ),
        ]
        triggers = [recorded_in_same_transaction(), never_deleted()]

    def __str__(self) -> str:
        return self.title

    def in_dossier(self) -> int | None:
        return self.pk

    def public_state(self) -> dict[str, Any]:
        return {
            "slug": self.slug,
            "title": self.title,
            "description": self.description,
            "public_read": self.public_read,
            **self._keeping(),
        }

    def _keeping(self) -> dict[str, Any]:
        """What somebody decided on how long its contents are kept; nothing, where nobody did."""
        kept = {
            "keep_unused_days": self.keep_unused_days,
            "keep_closed_days": self.keep_closed_days,
            "closed_at": self.closed_at.isoformat() if self.closed_at else None,
            "legal_hold": self.legal_hold or None,
        }
        return {name: value for name, value in kept.items() if value is not None}


class DocumentQuerySet(ReadableQuerySet["Document"]):
    """Reads of documents."""

    def new_since(self, moment: datetime) -> Self:
        """Those first seen since then. What an archive brought was not new when it came."""
        return self.filter(first_seen_at__gte=moment, from_archive=False)


class Document(Recorded):
    """One publication at one address. ``origin`` is the document that it copies or syndicates."""

    dossier = models.ForeignKey(Dossier, models.PROTECT, related_name="documents")
    url = models.CharField(max_length=2000, unique=True, help_text="Its address; urn:sha256:… for a file without.")
    title = models.CharField(max_length=500, blank=True)
    publisher = models.ForeignKey(Source, models.PROTECT, null=True, blank=True, related_name="publications")
    credit = models.ForeignKey(
        Source, models.PROTECT, null=True, blank=True, related_name="credited", help_text="The wire that it credits."
    )
    byline = models.CharField(max_length=300, blank=True)
    published_at = models.DateTimeField(null=True, blank=True)
    language = models.CharField(max_length=20, blank=True)
    state = models.CharField(max_length=20, choices=DocumentState, default=DocumentState.LIVE)
    notice = models.TextField(
        blank=True, help_text="The words, or the markup, by which its publisher corrects or retracts it."
    )
    state_decided_by_person = models.BooleanField(default=False, help_text="No machine changes it then.")
    origin = models.ForeignKey("self", models.PROTECT, null=True, blank=True, related_name="copies")
    origin_explanation = models.TextField(blank=True, help_text="Why it is held to be a copy.")
    origin_decided_by_person = models.BooleanField(default=False, help_text="No machine changes it then.")
    channel = models.ForeignKey(
        Channel, models.PROTECT, null=True, blank=True, related_name="documents", help_text="What first brought it."
    )
    from_archive = models.BooleanField(
        default=False, help_text="An archive first brought it: when it came says nothing of when it was new."
    )
    first_seen_at = models.DateTimeField(auto_now_add=True)

    objects = DocumentQuerySet.as_manager()

    class Meta:
        ordering = ["-first_seen_at", "-pk"]
        permissions = [("submit_document", "Can submit documents for reading")]
        indexes = [
            # A dossier's documents, newest first.
            models.Index(name="document_by_dossier", fields=["dossier", "-first_seen_at"]),
            # What came in lately, and how often a publisher is heard of.
            models.Index(name="document_by_arrival", fields=["-first_seen_at"]),
            models.Index(name="document_by_publisher", fields=["publisher", "-first_seen_at"]),
            # The same of what was new when it came.
            models.Index(
                name="document_heard_of", fields=["publisher", "-first_seen_at"], condition=Q(from_archive=False)
            ),
            GinIndex(name="document_title_trigrams", fields=["title"], opclasses=["gin_trgm_ops"]),
        ]
        constraints = [
            known("state", DocumentState, name="document_state_known"),
            models.CheckConstraint(name="document_not_its_own_origin", condition=~Q(origin=F("id"))),
            models.CheckConstraint(
                name="document_origin_explained", condition=Q(origin__isnull=True) | ~Q(origin_explanation="")
            ),
        ]
        triggers = [recorded_in_same_transaction(), never_deleted()]

    def __str__(self) -> str:
        return self.title or self.url

    @property
    def taken_back(self) -> bool:
        """Whether its publisher openly corrected or retracted it: not only changed it, and a person's word decides."""
        if self.state == DocumentState.CORRECTED:
            return bool(self.notice) or self.state_decided_by_person
        return self.state == DocumentState.RETRACTED

    @property
    def root(self) -> "Document":
        """The document at the start of the copying: itself, if it copies none."""
        document, seen = self, {self.pk}
        while document.origin is not None and document.origin_id not in seen:
            document = document.origin
            seen.add(document.pk)
        return document

    def in_dossier(self) -> int | None:
        return self.dossier_id

    def public_state(self) -> dict[str, Any]:
        return {
            "url": self.url,
            "title": self.title,
            "dossier": self.dossier.slug,
            "publisher": str(self.publisher.uid) if self.publisher else None,
            "credit": str(self.credit.uid) if self.credit else None,
            "byline": self.byline,
            "published_at": self.published_at.isoformat() if self.published_at else None,
            "language": self.language,
            "state": self.state,
            "notice": self.notice,
            "origin": str(self.origin.uid) if self.origin else None,
            "origin_explanation": self.origin_explanation,
            "channel": str(self.channel.uid) if self.channel else None,
        }


class SnapshotQuerySet(WorkQuerySet["Snapshot"], ArchivedQuerySet["Snapshot"]):  # type: ignore[override]
    """Reads of snapshots."""

    dossier_paths = ("document__dossier",)

    def awaiting_analysis(self) -> Self:
        """Versions of documents that no analysis has read yet, oldest first, without those given up.

        Those of archives come after all others. Old ones too: what a document said once and dropped is withdrawn, not
        unknown. Reading them again with a newer analysis is asked for, never done by itself.
        """
        return self.filter(analysed_with="", error="").order_by("later", "pk")

    def analysed_otherwise(self, version: str) -> Self:
        """Versions of documents that an analysis other than ``version`` read last, oldest first."""
        return self.with_contents().exclude(analysed_with__in=["", version]).order_by("pk")

    def with_notices_left(self) -> Self:
        """Removed versions whose text was printed again since, on a page that took it back and is still kept."""
        kept = apps.get_model("claims", "Notice").objects.with_contents().filter(snapshot=OuterRef("pk"))
        return self.filter(Exists(kept), removed_at__isnull=False)

    def unused(self) -> Self:
        """Versions, read to the end, on which nothing rests.

        No position on a claim, no words that a person confirmed, corrected or protected, and no verdict.
        """
        statement, position, evidence = (
            apps.get_model("claims", name) for name in ("Statement", "Position", "Evidence")
        )
        held = (StatementState.CONFIRMED, StatementState.CORRECTED)
        kept = statement.objects.filter(snapshot=OuterRef("pk")).filter(Q(state__in=held) | Q(protected=True))
        placed = position.objects.filter(statement__snapshot=OuterRef("pk"), superseded_at__isnull=True)
        return self.exclude(matched_with="").filter(
            ~Exists(kept), ~Exists(placed), ~Exists(evidence.objects.filter(snapshot=OuterRef("pk"))), error=""
        )

    def awaiting_matching(self) -> Self:
        """Analysed versions whose statements have not been placed since, without those given up.

        Oldest first, those of archives after all others.
        """
        return self.exclude(analysed_with="").filter(matched_with="", error="").order_by("later", "pk")

    def given_up(self) -> Self:
        """Versions whose analysis or matching failed too often; somebody has to look at them."""
        return self.exclude(error="")

    def newest_analysed(self) -> Self:
        """Of each document the newest version that has been analysed: what it says, as far as anybody knows.

        That is the latest version, but while that one waits for its analysis (or was given up) it is the one before:
        what a document no longer says is known only once its new text is read.
        """
        newer = Snapshot.objects.filter(document=OuterRef("document"), number__gt=OuterRef("number"))
        return self.exclude(analysed_with="").exclude(Exists(newer.exclude(analysed_with="")))


class Snapshot(Archived, Work):
    """The evidentiary copy of one fetched version (Berkeley Protocol). Its bytes, hashes and text never change.

    Its contents may go, whole and for good, under a rule of its dossier; hashes, words quoted and the ledger stay.
    """

    document = models.ForeignKey(Document, models.PROTECT, related_name="snapshots")
    number = models.PositiveIntegerField(help_text="1 for the first version seen.")
    latest = models.BooleanField(default=True)
    text = models.TextField()
    text_sha256 = models.CharField(max_length=64)
    extractor = models.CharField(max_length=100)
    extractor_version = models.CharField(max_length=50)
    signature = ArrayField(models.BigIntegerField(), default=list, help_text="Bands of the text's MinHash.")
    analysed_with = models.CharField(max_length=100, blank=True, help_text="Algorithm/version of the newest analysis.")
    matched_with = models.CharField(max_length=100, blank=True, help_text="Algorithm/version of the newest matching.")
    error = models.TextField(blank=True, help_text="Why its analysis or matching was given up.")
    later = models.BooleanField(
        default=False, editable=False, help_text="It is from an archive: what is fresh has its turn before it."
    )

    objects = SnapshotQuerySet.as_manager()

    class Meta:
        ordering = ["document_id", "-number"]
        indexes = [
            # Which documents share a band of the MinHash: candidates for being copies. Every document asks, so none is
            # to be kept waiting by a list of entries that have not found their place yet.
            GinIndex(name="snapshot_signature", fields=["signature"], fastupdate=False),
            # The same bytes under another address.
            models.Index(name="snapshot_by_payload", fields=["payload_sha256"]),
            # The pipeline's work lists: however much is done, they hold what is left.
            models.Index(name="snapshot_to_analyse", fields=["later", "id"], condition=Q(analysed_with="", error="")),
            models.Index(
                name="snapshot_to_match",
                fields=["later", "id"],
                condition=~Q(analysed_with="") & Q(matched_with="", error=""),
            ),
            # What the pipeline gave up.
            models.Index(name="snapshot_given_up", fields=["fetched_at"], condition=~Q(error="")),
            # Files that are still to be deleted.
            models.Index(
                name="snapshot_file_to_remove",
                fields=["removed_at"],
                condition=Q(removed_at__isnull=False, file_removed_at__isnull=True),
            ),
        ]
        constraints = [
            models.UniqueConstraint(name="snapshot_numbered_once", fields=["document", "number"]),
            models.UniqueConstraint(name="snapshot_one_latest", fields=["document"], condition=Q(latest=True)),
            models.CheckConstraint(name="snapshot_text_not_empty", condition=~Q(text="") | Q(removed_at__isnull=False)),
            models.CheckConstraint(
                name="snapshot_removed_under_a_rule", condition=removed_under_a_rule(text="", headers=[])
            ),
            models.CheckConstraint(
                name="snapshot_hashes_are_sha256",
                condition=Q(payload_sha256__regex=r"^[0-9a-f]{64}$", text_sha256__regex=r"^[0-9a-f]{64}$"),
            ),
            models.CheckConstraint(
                name="snapshot_file_hash_is_sha256", condition=Q(warc_sha256__regex=r"^([0-9a-f]{64})?$")
            ),
        ]
        triggers = [
            # They look at the row once it is written. Of a row that a trigger could still change PostgreSQL works out
            # anew what a search reads: each step of the pipeline would have the whole text taken apart once more.
            pgtrigger.ReadOnly(name="evidence_never_edited", fields=list(EVIDENCE_FIELDS), when=pgtrigger.After),
            contents_only_removed(("text", *CONTENTS), document="NEW.document_id"),
            never_deleted(),
            recorded_in_same_transaction(operation=pgtrigger.Insert | pgtrigger.UpdateOf("removed_at")),  # type: ignore[no-untyped-call]
        ]

    def __str__(self) -> str:
        return f"{self.document} (version {self.number})"

    def in_dossier(self) -> int | None:
        return self.document.dossier_id

    @property
    def hashes(self) -> dict[str, str]:
        return {
            "payload_sha256": self.payload_sha256,
            "text_sha256": self.text_sha256,
            "warc_sha256": self.warc_sha256,
        }

    def public_state(self) -> dict[str, Any]:
        return {
            "document": str(self.document.uid),
            "number": self.number,
            "fetched_at": self.fetched_at.isoformat(),
            "fetched_from": self.fetched_from,
            **self.hashes,
            "extractor": f"{self.extractor}/{self.extractor_version}",
            **({"removed": self.removed_under} if self.removed_at else {}),
        }
