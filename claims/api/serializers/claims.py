"""Claims, how they are sourced and what is held of them, as JSON."""

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from claims import standing
from claims.api.filters import UNVERIFIED, VERIFICATIONS
from claims.api.merges import counts_as
from claims.api.serializers.base import Shown, UidOf, all_shown, shown
from claims.api.serializers.briefs import ClaimBrief, DossierBrief, Figure, PartyBrief
from claims.api.serializers.contradictions import ContradictionSerializer
from claims.api.serializers.statements import PeriodSerializer, PositionOnClaim
from claims.api.serializers.verdicts import VerdictOfClaim
from claims.models import Claim

NEVER_COMPUTED = "No position on this claim has been weighed yet."


class OriginSerializer(serializers.Serializer[Any]):
    """Where a claim enters the record: one body, or several that only cite each other (``circular``)."""

    names = serializers.ListField(child=serializers.CharField())
    parties = serializers.ListField(child=serializers.CharField(), help_text="Slugs.")
    positions = serializers.ListField(child=serializers.UUIDField(), help_text="The positions that it was counted by.")
    circular = serializers.BooleanField()


class DiscountSerializer(serializers.Serializer[Any]):
    """A position that adds no origin, and why."""

    position = serializers.UUIDField()
    source = serializers.CharField()  # type: ignore[assignment]
    reason = serializers.CharField()
    detail = serializers.CharField()


class StandingSerializer(serializers.Serializer[Any]):
    """How a claim is sourced, by the rules of ``version``. Null before it was computed."""

    value = serializers.ChoiceField(choices=standing.VALUES, allow_null=True)
    version = serializers.CharField(allow_null=True)
    flags = serializers.ListField(child=serializers.ChoiceField(choices=standing.FLAGS))
    sentences = serializers.ListField(child=serializers.CharField(), help_text="The reasons, a sentence each.")


class StandingInFullSerializer(StandingSerializer):
    """How a claim is sourced, with the origins counted and what was discounted and why."""

    supporting = OriginSerializer(many=True, help_text="Origins that assert it.")
    refuting = OriginSerializer(many=True, help_text="Origins that refute it.")
    discounted = DiscountSerializer(many=True, help_text="What adds no origin, and why.")


class ExplanationSerializer(StandingInFullSerializer):
    """A claim's standing in words and in full."""

    claim = ClaimBrief()
    text = serializers.CharField(help_text="The reasons as one text.")


class VerificationSerializer(serializers.Serializer[Any]):
    """What is held of a claim: that nobody has judged it yet, that it cannot be judged, or the verdict in force."""

    value = serializers.ChoiceField(choices=[UNVERIFIED, *VERIFICATIONS.values()])
    verdict = VerdictOfClaim(allow_null=True, help_text="Null for unverified.")


def standing_of(claim: Claim) -> dict[str, Any]:
    """The cached standing, in full; empty where it was never computed."""
    kept = claim.standing_explanation
    return {
        "value": claim.standing or None,
        "version": claim.standing_version or None,
        "flags": list(claim.standing_flags),
        "sentences": kept.get("sentences") or ([] if claim.standing else [NEVER_COMPUTED]),
        "supporting": kept.get("supporting", []),
        "refuting": kept.get("refuting", []),
        "discounted": kept.get("discounted", []),
    }


class ClaimSerializer(Shown[Claim]):
    """What is asserted, how it is sourced, and what is held of it."""

    dossier = DossierBrief()
    period = serializers.SerializerMethodField()
    quantity = serializers.SerializerMethodField(help_text="Null for a claim that is no figure.")
    favours = PartyBrief(allow_null=True, help_text="The party that gains if it is believed.")
    rises_to = UidOf(help_text="The later, higher figure of the same toll.")
    standing = serializers.SerializerMethodField()
    verification = serializers.SerializerMethodField()
    merged_into = serializers.SerializerMethodField(help_text="The claim that it counts as, after all merges.")

    class Meta:
        model = Claim
        fields = [
            "uid", "dossier", "text", "kind", "place", "period", "quantity", "favours", "rises_to", "standing",
            "origins", "refuting_origins", "verification", "merged_into", "created_at",
        ]  # fmt: skip

    @extend_schema_field(PeriodSerializer)
    def get_period(self, claim: Claim) -> dict[str, Any]:
        """When it is said to have happened."""
        return {"first": claim.when_first, "last": claim.when_last}

    @extend_schema_field(Figure(allow_null=True))
    def get_quantity(self, claim: Claim) -> dict[str, Any] | None:
        """The figure, if it is one."""
        return shown(Figure, claim, self.context) if claim.measure else None

    @extend_schema_field(serializers.UUIDField(allow_null=True))
    def get_merged_into(self, claim: Claim) -> str | None:
        """The end of its merges."""
        end = counts_as(claim, self.context)
        return str(end.uid) if end else None

    @extend_schema_field(StandingSerializer)
    def get_standing(self, claim: Claim) -> dict[str, Any]:
        """How it is sourced, with the reasons in words."""
        return dict(shown(StandingSerializer, standing_of(claim), self.context))

    @extend_schema_field(VerificationSerializer)
    def get_verification(self, claim: Claim) -> dict[str, Any]:
        """The verdict in force, or the honest absence of one."""
        in_force = getattr(claim, "verdicts_in_force")  # noqa: B009  # prefetched under this name
        if not in_force:
            return {"value": UNVERIFIED, "verdict": None}
        verdict = in_force[0]
        return {
            "value": VERIFICATIONS[verdict.credibility],
            "verdict": shown(VerdictOfClaim, verdict, self.context),
        }


class ClaimDetailSerializer(ClaimSerializer):
    """What is asserted, with everybody who takes a side on it, in which words, and all that conflicts with it."""

    rose_from = ClaimBrief(many=True, source="lower_figures", help_text="Earlier, lower figures of the same toll.")
    merged = ClaimBrief(many=True, source="merged_here", help_text="Claims that were merged into it.")
    positions = PositionOnClaim(many=True, source="taken_now", help_text="The sides taken now.")
    contradictions = serializers.SerializerMethodField(help_text="What stands against it: suggested or confirmed.")

    class Meta(ClaimSerializer.Meta):
        fields = [*ClaimSerializer.Meta.fields, "rose_from", "merged", "positions", "contradictions"]

    @extend_schema_field(StandingInFullSerializer)
    def get_standing(self, claim: Claim) -> dict[str, Any]:
        """How it is sourced, in full."""
        return dict(shown(StandingInFullSerializer, standing_of(claim), self.context))

    @extend_schema_field(ContradictionSerializer(many=True))
    def get_contradictions(self, claim: Claim) -> list[dict[str, Any]]:
        """What stands against it, on whichever side of the pair it is kept."""
        return all_shown(ContradictionSerializer, getattr(claim, "conflicts_now"), self.context)  # noqa: B009  loaded so
