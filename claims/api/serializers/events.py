"""The ledger as JSON."""

from typing import Any

from rest_framework import serializers

from claims.api.serializers.base import Actor, Shown
from claims.models import Event


class EventSerializer(Shown[Event]):
    """One change, as it is sealed: who did what to which object, its public state after it, and its place."""

    seq = serializers.IntegerField(help_text="Its gapless place in the chain.")
    at = serializers.DateTimeField(source="recorded_at")
    actor = Actor(source="actor_label")
    type = serializers.CharField(source="object_type", help_text="What sort of object: claim, verdict, position, …")
    object = serializers.UUIDField(source="object_uid", help_text="The public id of the object.")
    state: Any = serializers.JSONField(help_text="The object's public state after the change.")
    prev_hash = serializers.CharField(help_text="The hash of the event before it.")
    hash = serializers.CharField(help_text="SHA-256 over this event and the hash before it, hexadecimal.")

    class Meta:
        model = Event
        fields = ["seq", "at", "actor", "verb", "type", "object", "state", "reason", "prev_hash", "hash"]
