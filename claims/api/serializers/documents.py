"""Documents and their evidentiary copies as JSON."""

from typing import Any

from rest_framework import serializers

from claims.api.serializers.base import Shown, reader
from claims.api.serializers.briefs import DocumentReference, DossierBrief, SourceBrief
from claims.models import Document, Notice, Snapshot
from claims.models.readable import may_read


class NoticeSerializer(Shown[Notice]):
    """A page by which the publisher corrected or retracted a version, or said it stands, without changing its text."""

    class Meta:
        model = Notice
        fields = [
            "uid", "state", "words", "fetched_at", "fetched_from", "http_status", "content_type", "payload_sha256",
            "removed_at", "removed_under",
        ]  # fmt: skip


class SnapshotSerializer(Shown[Snapshot]):
    """One fetched version, as it was kept: hashes of its bytes and of the text read from them."""

    notices = NoticeSerializer(many=True, help_text="The oldest first.")
    analysed_with = serializers.CharField(
        help_text="Empty until an analysis has read it: no statement says nothing then."
    )

    class Meta:
        model = Snapshot
        fields = [
            "uid", "number", "latest", "fetched_at", "fetched_from", "http_status", "content_type", "payload_sha256",
            "text_sha256", "extractor", "extractor_version", "analysed_with", "matched_with", "removed_at",
            "removed_under", "notices",
        ]  # fmt: skip


class SnapshotReference(Shown[Snapshot]):
    """Which version, with its hashes."""

    document = DocumentReference()

    class Meta:
        model = Snapshot
        fields = ["uid", "document", "number", "fetched_at", "payload_sha256", "text_sha256"]


class DocumentSerializer(Shown[Document]):
    """One publication at one address, with every version of it that was kept, the oldest first."""

    dossier = DossierBrief()
    publisher = SourceBrief(allow_null=True)
    credit = SourceBrief(allow_null=True, help_text="The wire that it credits.")
    origin = DocumentReference(allow_null=True, help_text="The document that it copies or syndicates.")
    snapshots = SnapshotSerializer(many=True)

    class Meta:
        model = Document
        fields = [
            "uid", "url", "title", "dossier", "publisher", "credit", "byline", "published_at", "language", "state",
            "notice", "origin", "origin_explanation", "origin_decided_by_person", "first_seen_at", "snapshots",
        ]  # fmt: skip

    def to_representation(self, instance: Document) -> Any:
        """Why it is held to be a copy is said only with what it copies."""
        shown = super().to_representation(instance)
        hidden = instance.origin is not None and not may_read(reader(self), instance.origin)
        if shown and hidden and "origin_explanation" in shown:
            shown["origin_explanation"] = ""
        return shown


class SnapshotTextSerializer(Shown[Snapshot]):
    """The text of one version. Statements' positions count its code points from 0."""

    document = serializers.UUIDField(source="document.uid")

    class Meta:
        model = Snapshot
        fields = [
            "uid", "document", "number", "latest", "fetched_at", "text", "text_sha256", "extractor",
            "extractor_version",
        ]  # fmt: skip
