"""Changes as JSON, for the schema: the answers themselves are made by :mod:`claims.services.changes`."""

from typing import Any

from rest_framework import serializers

from claims.models.ledger import TYPES
from claims.services.changes import CHANGE, HIDDEN, TOMBSTONE


class HeadSerializer(serializers.Serializer[Any]):
    """Where the ledger ends."""

    seq = serializers.IntegerField(help_text="The last place; 0 for an empty ledger.")
    hash = serializers.CharField(help_text="The hash of the event there: note it to be able to tell a cut-off end.")


class ChangeSerializer(serializers.Serializer[Any]):
    """One event of the ledger. Of a hidden one only `seq` and `kind` are told."""

    seq = serializers.IntegerField(help_text="Its place: 1, 2, 3, … without gaps.")
    kind = serializers.ChoiceField(
        choices=[CHANGE, TOMBSTONE, HIDDEN],
        help_text="tombstone: the object counts no longer. hidden: not yours to see.",
    )
    type = serializers.ChoiceField(choices=TYPES, required=False)
    uid = serializers.UUIDField(required=False, help_text="Of the object that changed.")
    verb = serializers.CharField(required=False, help_text="What was done to it.")
    at = serializers.DateTimeField(
        required=False, help_text="When that was written; places follow the order of commit."
    )
    actor = serializers.CharField(required=False, help_text="user:<name>, or machine:<algorithm>/<version>.")
    reason = serializers.CharField(required=False, allow_blank=True)
    dossier = serializers.SlugField(required=False, allow_null=True, help_text="Null for what belongs to none.")
    state = serializers.DictField(required=False, help_text="The object's public state after the change.")
    hash = serializers.CharField(required=False, help_text="The event's hash in the chain.")
    gone = serializers.CharField(
        required=False,
        help_text="Of a tombstone: merged, superseded, corrected, rejected, dismissed, resolved, lapsed, withdrawn, "
        "retracted or gone.",
    )
    became = serializers.UUIDField(
        required=False,
        allow_null=True,
        help_text="Of a tombstone: the object of its sort in its place, if there is one.",
    )


class ChangesSerializer(serializers.Serializer[Any]):
    """Changes in the order of the ledger, and from where to go on."""

    changes = ChangeSerializer(many=True)
    next = serializers.IntegerField(help_text="All up to this place was looked at: give it as `after` next time.")
    more = serializers.BooleanField(help_text="Whether there is more to read right now.")
    head = HeadSerializer()
