"""Rows as they appear inside others."""

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from claims import standing
from claims.api.merges import counts_as
from claims.api.serializers.base import Shown, UidOf
from claims.models import Claim, Document, Dossier, Party, Source


class PartyBrief(Shown[Party]):
    """A side with an interest in what is believed."""

    class Meta:
        model = Party
        fields = ["slug", "name"]


class DossierBrief(Shown[Dossier]):
    """One investigation."""

    class Meta:
        model = Dossier
        fields = ["uid", "slug", "title"]


class SourceBrief(Shown[Source]):
    """Who asserts. ``merged_into`` says where a merged source went."""

    party = PartyBrief(allow_null=True)
    merged_into = serializers.SerializerMethodField(help_text="The source that it counts as, after all merges.")

    class Meta:
        model = Source
        fields = ["uid", "name", "kind", "reliability", "party", "merged_into"]

    @extend_schema_field(serializers.UUIDField(allow_null=True))
    def get_merged_into(self, source: Source) -> str | None:
        """The end of its merges."""
        end = counts_as(source, self.context)
        return str(end.uid) if end else None


class DocumentBrief(Shown[Document]):
    """One publication. ``origin`` is the document that it copies."""

    publisher = SourceBrief(allow_null=True)
    origin = UidOf()

    class Meta:
        model = Document
        fields = ["uid", "url", "title", "publisher", "published_at", "language", "state", "origin"]


class DocumentReference(Shown[Document]):
    """Only which document it is."""

    class Meta:
        model = Document
        fields = ["uid", "url", "title"]


class ClaimBrief(Shown[Claim]):
    """What is asserted, and how it is sourced."""

    standing = serializers.ChoiceField(
        choices=standing.VALUES, allow_null=True, help_text="Null before it was computed."
    )

    class Meta:
        model = Claim
        fields = ["uid", "text", "kind", "standing", "origins", "refuting_origins"]

    def to_representation(self, instance: Claim) -> Any:
        """A standing that was never computed is null, not an empty word."""
        shown: dict[str, Any] | None = super().to_representation(instance)
        return shown and {**shown, "standing": shown["standing"] or None}


class Figure(serializers.Serializer[Claim]):
    """A figure with its bounds: what is counted, low, best, high. Null where no bound is given."""

    measure = serializers.CharField(help_text="What happened: killed, wounded, destroyed, …")
    counted = serializers.CharField(help_text="To whom or what.")
    low = serializers.FloatField(allow_null=True)
    best = serializers.FloatField(allow_null=True)
    high = serializers.FloatField(allow_null=True)
