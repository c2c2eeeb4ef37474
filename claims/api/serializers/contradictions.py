"""Conflicts as JSON."""

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from claims.api.serializers.base import Shown, all_shown
from claims.api.serializers.briefs import ClaimBrief
from claims.api.serializers.statements import AlgorithmSerializer, PositionOnClaim
from claims.models import Contradiction


class SideSerializer(serializers.Serializer[Any]):
    """One side of a conflict: a claim, and the position on it that was compared."""

    claim = ClaimBrief()
    position = PositionOnClaim()


class ContradictionSerializer(Shown[Contradiction]):
    """Two sides that cannot both be true, and why. Both have one claim where it is its positions that conflict."""

    sides = serializers.SerializerMethodField(help_text="Always two.")
    algorithm = serializers.SerializerMethodField()
    decided_by = serializers.CharField(source="decided_by.username", default=None, allow_null=True)

    class Meta:
        model = Contradiction
        fields = [
            "uid", "type", "explanation", "score", "algorithm", "state", "decided_by", "decided_at", "reason", "sides",
            "created_at",
        ]  # fmt: skip

    @extend_schema_field(SideSerializer(many=True))
    def get_sides(self, contradiction: Contradiction) -> list[dict[str, Any]]:
        """Each claim with its position."""
        sides = [
            {"claim": contradiction.claim, "position": contradiction.position},
            {
                "claim": contradiction.other_claim or contradiction.claim,
                "position": contradiction.other_position,
            },
        ]
        return all_shown(SideSerializer, sides, self.context)

    @extend_schema_field(AlgorithmSerializer)
    def get_algorithm(self, contradiction: Contradiction) -> dict[str, str]:
        """What proposed it."""
        return {"name": contradiction.algorithm, "version": contradiction.algorithm_version}
