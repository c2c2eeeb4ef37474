"""What people say when they decide: the bodies of requests that change something."""

from typing import Any

from django.db.models import Model
from django.utils import timezone
from rest_framework import serializers

from claims.access import Access
from claims.api.serializers.base import Strict
from claims.choices import ContradictionType, Credibility, Modality, Polarity, SourceKind, Stance
from claims.models import Claim, Position, Snapshot, Source
from claims.models.contradiction import DECIDED

LONGEST = 20_000  # characters of a reason or a rationale
MOST_LINKS = 20
MOST_SPANS = 20
STATES = [(state.value, state.label) for state in DECIDED]


class RowField(serializers.UUIDField):
    """A row that the body names by its public id: one that the caller may read."""

    def __init__(self, model: type[Model], **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.model = model

    def to_internal_value(self, data: Any) -> Any:
        """The row."""
        uid = super().to_internal_value(data)
        access: Access = self.context["access"]
        rows: Any = self.model._default_manager
        row = rows.readable_by(access).filter(uid=uid).first()
        if row is None:
            raise serializers.ValidationError(f"There is no {self.model._meta.verbose_name} {uid}.")
        return row


class Reasoned(Strict):
    """A decision that says why."""

    reason = serializers.CharField(max_length=LONGEST, help_text="Kept on the ledger, for whoever asks later.")


class MarkRequest(Reasoned):
    """A conflict that no machine has suggested: name two ``positions``, two ``claims``, or one contested ``claim``."""

    positions = serializers.ListField(
        child=RowField(Position), min_length=2, max_length=2, required=False,
        help_text="The two that conflict, on one claim or on two.",
    )  # fmt: skip
    claims = serializers.ListField(
        child=RowField(Claim), min_length=2, max_length=2, required=False,
        help_text="The two that conflict; of each the first position that counts for it is named.",
    )  # fmt: skip
    claim = RowField(
        Claim, required=False, help_text="A contested claim: what counts for it conflicts with what denies it."
    )
    type = serializers.ChoiceField(
        choices=ContradictionType.choices, required=False, help_text="In what they conflict; not with `claim`."
    )
    state = serializers.ChoiceField(choices=STATES, default=STATES[0][0], help_text="What is decided about it at once.")

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """One of the three, and two that differ."""
        given = [name for name in ("positions", "claims", "claim") if name in attrs]
        if len(given) != 1:
            raise serializers.ValidationError({(given or ["positions"])[-1]: ["Give positions, claims or claim."]})
        if given == ["claim"] and "type" in attrs:
            raise serializers.ValidationError({"type": ["Not with claim, whose positions say it."]})
        if given != ["claim"]:
            if "type" not in attrs:
                raise serializers.ValidationError({"type": ["Say in what they conflict."]})
            if len({row.pk for row in attrs[given[0]]}) != 2:
                raise serializers.ValidationError({given[0]: ["Name two that differ."]})
        return attrs


class PositionRequest(Reasoned):
    """A person's word on what a statement says of a claim."""

    claim = RowField(Claim)
    stance = serializers.ChoiceField(choices=Stance.choices)


class Span(serializers.ListField):
    """Beginning and end of a piece of the text."""

    child = serializers.IntegerField(min_value=0, max_value=2**31 - 1)

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(min_length=2, max_length=2, **kwargs)


def _spans(said_of: str, **kwargs: Any) -> serializers.ListField:
    return serializers.ListField(
        child=Span(), max_length=MOST_SPANS, required=False,
        help_text=f"{said_of}: `[start, end)` in code points of the snapshot's text, as in TextPositionSelector.",
        **kwargs,
    )  # fmt: skip


class NamedRequest(Strict):
    """Whose words they are: a source by its ``uid``, or a ``name`` as it is printed."""

    uid = RowField(Source, required=False)
    name = serializers.CharField(max_length=300, required=False)
    kind = serializers.ChoiceField(choices=SourceKind.choices, required=False, help_text="Only with `name`.")

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """One of the two."""
        if ("uid" in attrs) == ("name" in attrs):
            raise serializers.ValidationError({"name": ["Give the uid of a source, or a name."]})
        if "uid" in attrs and "kind" in attrs:
            raise serializers.ValidationError({"kind": ["Only with a name."]})
        return attrs


class AttributionRequest(Strict):
    """An attribution as a person reads it."""

    content_spans = _spans("The words that are said", min_length=1)
    cue_spans = _spans("The words that attribute")
    said_by_spans = _spans("The words that name the source")
    source = NamedRequest(  # type: ignore[assignment]  # a field of the request, not the serializer's own
        required=False, allow_null=True, help_text="Null where the text does not say who."
    )
    polarity = serializers.ChoiceField(choices=Polarity.choices, required=False)
    modality = serializers.ChoiceField(choices=Modality.choices, required=False)


class CorrectionRequest(AttributionRequest, Reasoned):
    """How it ought to be read. What is left out stays as it was."""


class NewStatementRequest(AttributionRequest):
    """A statement that a person sees in a text, and no machine found."""

    snapshot = RowField(Snapshot, help_text="The version of the document that says it.")
    content_spans = serializers.ListField(
        child=Span(), min_length=1, max_length=MOST_SPANS,
        help_text="The words that are said: `[start, end)` in code points of the snapshot's text.",
    )  # fmt: skip


class LinkRequest(Strict):
    """One thing that a verdict rests on: an address, a snapshot of one of the claim's documents, or both."""

    url = serializers.CharField(max_length=2000, required=False, help_text="http(s).")
    snapshot = serializers.UUIDField(
        required=False, help_text="A version of a document in which something is said of the claim."
    )
    note = serializers.CharField(max_length=LONGEST, required=False, allow_blank=True, default="")

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """At least one of the two."""
        if not {"url", "snapshot"} & set(attrs):
            raise serializers.ValidationError({"url": ["Give an address, or a snapshot."]})
        return attrs


class VerdictWords(Strict):
    """A draft's words. What is left out stays as it was; `evidence` is added to what there is."""

    credibility = serializers.ChoiceField(choices=Credibility.choices)
    rationale = serializers.CharField(max_length=LONGEST)
    evidence = serializers.ListField(child=LinkRequest(), required=False, max_length=MOST_LINKS)
    review_due = serializers.DateTimeField(required=False, allow_null=True, help_text="A moment to come.")

    def validate_review_due(self, at: Any) -> Any:
        """To come: a review that is due already would say nothing."""
        if at is not None and at <= timezone.now():
            raise serializers.ValidationError("Give a moment to come.")
        return at


class VerdictRequest(VerdictWords):
    """A new draft."""

    claim = RowField(Claim)
    propose = serializers.BooleanField(default=False, help_text="Ask for approval at once.")
