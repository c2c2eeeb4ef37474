"""Investigations as JSON."""

from rest_framework import serializers

from claims.api.serializers.base import Shown
from claims.models import Dossier


class DossierSerializer(Shown[Dossier]):
    """One investigation. Claims are matched and figures compared within it."""

    documents = serializers.IntegerField(source="document_count", help_text="How many documents belong to it.")
    claims = serializers.IntegerField(source="claim_count", help_text="How many claims, merged ones not counted.")

    class Meta:
        model = Dossier
        fields = [
            "uid", "slug", "title", "description", "documents", "claims", "created_at", "closed_at",
            "legal_hold", "keep_unused_days", "keep_closed_days",
        ]  # fmt: skip
