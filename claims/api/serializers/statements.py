"""Attributions and the sides that they take, as JSON."""

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from claims.api.serializers.base import Shown, UidOf
from claims.api.serializers.briefs import ClaimBrief, DocumentBrief, Figure, SourceBrief
from claims.api.serializers.selectors import Passage, targets
from claims.models import Position, Statement


class PeriodSerializer(serializers.Serializer[Any]):
    """When it is said to have happened: first and last day, inclusive."""

    first = serializers.DateField(allow_null=True)
    last = serializers.DateField(allow_null=True)


class WordedPeriodSerializer(PeriodSerializer):
    """When it is said to have happened, and in which words."""

    text = serializers.CharField()


class QuantitySerializer(Figure):
    """A figure in the content. ``spans`` are code points of the snapshot's text."""

    text = serializers.CharField(required=False)
    spans = serializers.ListField(child=serializers.ListField(child=serializers.IntegerField()), required=False)
    unit = serializers.CharField(required=False)
    approximate = serializers.BooleanField(required=False)
    approximator = serializers.CharField(required=False, help_text="The text's own word: at least, some, …")
    parts = serializers.ListField(child=serializers.JSONField(), required=False, help_text="What it is made up of.")
    parts_add_up = serializers.BooleanField(required=False, allow_null=True)
    place = serializers.CharField(required=False, allow_null=True)
    when = WordedPeriodSerializer(required=False, allow_null=True)


class AlgorithmSerializer(serializers.Serializer[Any]):
    """What made a row: a machine's algorithm, or a person."""

    name = serializers.CharField()
    version = serializers.CharField()


class _Taken(Shown[Position]):
    """What every face of a position has."""

    algorithm = serializers.SerializerMethodField()
    by = serializers.CharField(source="by.username", default=None, allow_null=True, help_text="The person, if one did.")
    explanation = serializers.ListField(child=serializers.CharField(), help_text="The reasons, a sentence each.")

    @extend_schema_field(AlgorithmSerializer)
    def get_algorithm(self, position: Position) -> dict[str, str]:
        """Its name and version."""
        return {"name": position.algorithm, "version": position.algorithm_version}


class PositionOfStatement(_Taken):
    """The side that a statement takes, with the claim that it is about."""

    claim = ClaimBrief()

    class Meta:
        model = Position
        fields = [
            "uid", "stance", "claim", "origin", "score", "explanation", "algorithm", "by", "reason", "created_at",
        ]  # fmt: skip


class StatementBrief(Shown[Statement]):
    """One attribution: who says what, in which words and where it is printed."""

    source = SourceBrief(  # type: ignore[assignment]  # a field of the answer, not its own origin
        allow_null=True, help_text="Null where the text does not say who."
    )
    document = DocumentBrief(source="snapshot.document")
    snapshot = serializers.UUIDField(source="snapshot.uid")
    said_by = serializers.SerializerMethodField(help_text="The words that name the source.")
    cue = serializers.SerializerMethodField(help_text="The words that attribute.")
    content = serializers.SerializerMethodField(help_text="What is asserted.")
    parent = UidOf(help_text="It is nested in this.")  # type: ignore[assignment]
    checkable = serializers.BooleanField(help_text="Whether it is an assertion about the world.")

    class Meta:
        model = Statement
        fields = [
            "uid", "source", "document", "snapshot", "said_by", "cue", "content", "parent", "quotation", "polarity",
            "modality", "checkable", "state",
        ]  # fmt: skip

    @extend_schema_field(Passage)
    def get_said_by(self, statement: Statement) -> dict[str, Any]:
        """The words that name the source, and where they stand."""
        return {"text": statement.source_text, "target": targets(statement.source_text, statement.source_spans)}

    @extend_schema_field(Passage)
    def get_cue(self, statement: Statement) -> dict[str, Any]:
        """The words that attribute, and where they stand."""
        return {"text": statement.cue_text, "target": targets(statement.cue_text, statement.cue_spans)}

    @extend_schema_field(Passage)
    def get_content(self, statement: Statement) -> dict[str, Any]:
        """The words asserted, where they stand, and what is around them."""
        located = targets(
            statement.content_text,
            statement.content_spans,
            prefix=statement.content_prefix,
            suffix=statement.content_suffix,
        )
        return {"text": statement.content_text, "target": located}


class StatementSerializer(StatementBrief):
    """One attribution in one snapshot: source, cue and content, how it is said, and the side it takes."""

    decided_by_words = serializers.ListField(
        child=serializers.CharField(), help_text="Words that decided polarity and modality."
    )
    quantities = QuantitySerializer(many=True)
    period = serializers.SerializerMethodField()
    algorithm = serializers.SerializerMethodField()
    reviewed_by = serializers.CharField(source="reviewed_by.username", default=None, allow_null=True)
    supersedes = UidOf()
    superseded_by = UidOf(help_text="What stands in its place now.")
    positions = PositionOfStatement(
        many=True, source="taken_now", help_text="The side that it takes now, on one claim."
    )

    class Meta(StatementBrief.Meta):
        fields = [
            *StatementBrief.Meta.fields,
            "decided_by_words", "quantities", "place", "period", "confidence", "algorithm", "origin", "reviewed_by",
            "reviewed_at", "review_reason", "supersedes", "superseded_by", "superseded_at", "created_at", "positions",
        ]  # fmt: skip

    @extend_schema_field(WordedPeriodSerializer)
    def get_period(self, statement: Statement) -> dict[str, Any]:
        """When it is said to have happened."""
        return {"text": statement.when_text, "first": statement.when_first, "last": statement.when_last}

    @extend_schema_field(AlgorithmSerializer)
    def get_algorithm(self, statement: Statement) -> dict[str, str]:
        """What found it."""
        return {"name": statement.extractor, "version": statement.extractor_version}


class PositionOnClaim(_Taken):
    """The side that is taken on a claim, with the statement that takes it."""

    statement = StatementBrief()

    class Meta:
        model = Position
        fields = [
            "uid", "stance", "statement", "origin", "score", "explanation", "algorithm", "by", "reason", "created_at",
        ]  # fmt: skip
