"""What was held at a moment, as the ledger recorded it, as JSON."""

from typing import Any

from rest_framework import serializers

from claims.api.serializers.base import Actor


class HeldSerializer(serializers.Serializer[Any]):
    """One object as it was at the moment: its public state as recorded, and the change that made it so."""

    uid = serializers.UUIDField()
    type = serializers.CharField(source="kind", help_text="What sort of object: claim, verdict, position, …")
    state: Any = serializers.JSONField(help_text="Its public state, exactly as the ledger recorded it.")
    since = serializers.DateTimeField(help_text="When the change was made.")
    actor = Actor()
    verb = serializers.CharField()
    reason = serializers.CharField()


class _Then(serializers.Serializer[Any]):
    """The moment asked for, and the object itself."""

    as_of = serializers.DateTimeField()


class PositionThen(serializers.Serializer[Any]):
    """A position that counted, with the statement that took it and where that was printed."""

    position = HeldSerializer()
    statement = HeldSerializer()
    source = HeldSerializer(  # type: ignore[assignment]
        allow_null=True, help_text="Who said so; null where the text does not say."
    )
    snapshot = HeldSerializer()
    document = HeldSerializer()
    publisher = HeldSerializer(allow_null=True)


class ContradictionThen(serializers.Serializer[Any]):
    """A contradiction in the state that it was in, and the claim on its other side."""

    contradiction = HeldSerializer()
    other = HeldSerializer(allow_null=True, help_text="Null where positions on the claim itself conflict.")


class ClaimThenSerializer(_Then, HeldSerializer):
    """A claim as it was held at a moment: its standing with the reasons is in `state`."""

    verdict = HeldSerializer(allow_null=True, help_text="The verdict that was in force.")
    positions = PositionThen(many=True, help_text="Those that counted, the oldest first: up to 500, see `offset`.")
    positions_in_all = serializers.IntegerField()
    contradictions = ContradictionThen(many=True, help_text="The newest 200, whatever state they were in.")
    verdicts = HeldSerializer(many=True, help_text="All that had been published by then, the newest first.")


class VerdictThenSerializer(_Then, HeldSerializer):
    """A verdict as it was held at a moment, and its claim."""

    claim = HeldSerializer()


class DossierThenSerializer(_Then, HeldSerializer):
    """A dossier as it was at a moment. `dossiers/{uid}/claims?as_of=…` lists its claims with their standings then."""


class ClaimInDossierThen(HeldSerializer):
    """A claim of the dossier as it was at the moment."""


class RecordedSerializer(serializers.Serializer[Any]):
    """One change: what was done to which object, by whom, why, and its public state after it."""

    uid = serializers.UUIDField(source="object_uid")
    type = serializers.CharField(source="object_type", help_text="What sort of object: claim, verdict, position, …")
    state: Any = serializers.JSONField(help_text="Its public state after the change.")
    at = serializers.DateTimeField(source="recorded_at")
    actor = Actor(source="actor_label")
    verb = serializers.CharField()
    reason = serializers.CharField()


class MomentSerializer(serializers.Serializer[Any]):
    """Changes that were made together. Ask `as_of` this time to see what they led to."""

    at = serializers.DateTimeField()
    changes = RecordedSerializer(many=True)


class HistorySerializer(serializers.Serializer[Any]):
    """One page of a history, the newest moment first."""

    next = serializers.URLField(allow_null=True, help_text="The page of earlier moments.")
    results = MomentSerializer(many=True)


class DossierClaimsSerializer(serializers.Serializer[Any]):
    """One page of a dossier's claims as they were, the oldest claim first."""

    as_of = serializers.DateTimeField()
    next = serializers.URLField(allow_null=True)
    results = ClaimInDossierThen(many=True)
