"""Sources as JSON."""

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from claims.api.merges import counts_as
from claims.api.serializers.base import Shown, UidOf, shown
from claims.api.serializers.briefs import PartyBrief, SourceBrief
from claims.models import ReliabilityGrade, Source


class SourceSerializer(Shown[Source]):
    """A body that asserts. ``merged_into`` says as which source it counts now."""

    party = PartyBrief(allow_null=True)
    parent = SourceBrief(allow_null=True, help_text="The body that it speaks for.")
    aliases = serializers.SerializerMethodField(help_text="Other names that lead to it.")
    named_in = UidOf(help_text="For an unnamed source: the document that it speaks in.")
    merged_into = serializers.SerializerMethodField(help_text="The source that it counts as, after all merges.")

    class Meta:
        model = Source
        fields = [
            "uid", "name", "aliases", "kind", "description", "parent", "party", "reliability", "wikidata_id",
            "named_in", "merged_into", "created_at",
        ]  # fmt: skip

    @extend_schema_field(serializers.ListField(child=serializers.CharField()))
    def get_aliases(self, source: Source) -> list[str]:
        """Its names but the one it goes by."""
        return [name.name for name in source.names.all() if name.name != source.name]

    @extend_schema_field(SourceBrief(allow_null=True))
    def get_merged_into(self, source: Source) -> dict[str, Any] | None:
        """The end of its merges."""
        end = counts_as(source, self.context)
        return shown(SourceBrief, end, self.context) if end else None


class GradeSerializer(Shown[ReliabilityGrade]):
    """One grading, by whom and why."""

    by = serializers.CharField(source="by.username", default=None, allow_null=True)

    class Meta:
        model = ReliabilityGrade
        fields = ["grade", "reason", "by", "at"]


class SourceDetailSerializer(SourceSerializer):
    """A body that asserts, with the history of its grades and the sources that were merged into it."""

    grades = GradeSerializer(many=True, help_text="The newest first.")
    merged = SourceBrief(many=True, help_text="Sources that were merged into it and count as it.")

    class Meta(SourceSerializer.Meta):
        fields = [*SourceSerializer.Meta.fields, "grades", "merged"]
