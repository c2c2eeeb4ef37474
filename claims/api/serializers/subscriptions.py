"""Subscriptions and their deliveries, as JSON."""

from typing import Any

from rest_framework import serializers

from claims.api.serializers.base import Shown, Strict
from claims.choices import Topic
from claims.models import Attempt, Delivery, Dossier, Subscription
from claims.models.ledger import TYPES

LARGEST_PLACE = 2**63 - 1
CLAIMS_AT_MOST = 200


class SubscriptionSerializer(Shown[Subscription]):
    """An address that is told of changes, which ones, and how it fares."""

    dossier = serializers.SlugRelatedField[Dossier](slug_field="slug", allow_null=True, read_only=True)
    after = serializers.IntegerField(help_text="The place on the ledger up to which it has been looked at.")

    class Meta:
        model = Subscription
        fields = [
            "uid", "name", "url", "dossier", "types", "claims", "topics", "state", "reason", "after", "failures",
            "failing_since", "held_until", "created_at",
        ]  # fmt: skip


class SubscriptionWithSecret(SubscriptionSerializer):
    """A subscription with its secret, which is shown this once."""

    class Meta(SubscriptionSerializer.Meta):
        fields = [*SubscriptionSerializer.Meta.fields, "secret"]


class SubscriptionChange(Strict):
    """What of a subscription may be changed. All filters together decide; an empty one leaves nothing out."""

    url = serializers.CharField(max_length=2000, help_text="An http(s) address on the public internet.")
    name = serializers.CharField(max_length=100, required=False, allow_blank=True, help_text="What it is for.")
    dossier = serializers.SlugRelatedField[Dossier](
        slug_field="slug", queryset=Dossier.objects.none(), required=False, allow_null=True,
        help_text="Only changes in the dossier with this slug.",
    )  # fmt: skip
    types = serializers.ListField(
        child=serializers.ChoiceField(choices=TYPES), required=False, help_text="Only changes of such objects."
    )
    claims = serializers.ListField(
        child=serializers.UUIDField(), required=False, max_length=CLAIMS_AT_MOST,
        help_text="Only changes of these claims, and of positions, contradictions and verdicts on them.",
    )  # fmt: skip
    topics = serializers.ListField(
        child=serializers.ChoiceField(choices=Topic.choices), required=False,
        help_text="Only new standings (standing), or published, superseded and withdrawn verdicts (verdict).",
    )  # fmt: skip

    def get_fields(self) -> dict[str, Any]:
        """With the dossiers that the caller may read."""
        fields: dict[str, Any] = super().get_fields()
        access = self.context.get("access")
        if access is not None:
            fields["dossier"].queryset = Dossier.objects.readable_by(access)
        return fields


class SubscriptionRequest(SubscriptionChange):
    """A new subscription."""

    after = serializers.IntegerField(
        min_value=0, max_value=LARGEST_PLACE, required=False,
        help_text="From which place on the ledger; the present end, unless given.",
    )  # fmt: skip


class ReplayRequest(Strict):
    """From where to deliver once more."""

    after = serializers.IntegerField(
        min_value=0, max_value=LARGEST_PLACE, help_text="All that matches after this place on the ledger."
    )


class AttemptSerializer(Shown[Attempt]):
    """One try, and what the receiver answered."""

    class Meta:
        model = Attempt
        fields = ["at", "duration_ms", "status", "error", "excerpt"]


class DeliverySerializer(Shown[Delivery]):
    """One event, or a ping, to be told once: what became of it, and its newest tries."""

    message_id = serializers.CharField(help_text="The webhook-id that it is sent under.")
    attempts = serializers.SerializerMethodField()

    class Meta:
        model = Delivery
        fields = ["uid", "message_id", "seq", "state", "tries", "try_at", "created_at", "finished_at", "attempts"]

    def get_attempts(self, delivery: Delivery) -> list[dict[str, Any]]:
        """The ten newest tries, the newest first."""
        found = sorted(delivery.attempts.all(), key=lambda one: -one.pk)[:10]
        return [dict(one) for one in AttemptSerializer(found, many=True).data]
