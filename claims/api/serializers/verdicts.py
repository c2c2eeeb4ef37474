"""What we hold true, as JSON."""

from rest_framework import serializers

from claims.api.serializers.base import Shown, UidOf
from claims.api.serializers.briefs import ClaimBrief
from claims.api.serializers.documents import SnapshotReference
from claims.choices import VerdictState
from claims.models import Evidence, Verdict


class EvidenceSerializer(Shown[Evidence]):
    """What a verdict rests on: a link, and the snapshot that keeps what was there."""

    snapshot = SnapshotReference(allow_null=True)

    class Meta:
        model = Evidence
        fields = ["url", "note", "snapshot"]


class VerdictOfClaim(Shown[Verdict]):
    """How credible a claim is held to be, by an author and a different approver."""

    credibility_label = serializers.CharField(source="get_credibility_display")
    author = serializers.CharField(source="author.username")
    approver = serializers.CharField(source="approver.username")
    evidence = EvidenceSerializer(many=True)

    class Meta:
        model = Verdict
        fields = [
            "uid", "credibility", "credibility_label", "rationale", "author", "approver", "published_at", "review_due",
            "evidence",
        ]  # fmt: skip


class VerdictSerializer(VerdictOfClaim):
    """How credible a claim is held to be, with the claim."""

    claim = ClaimBrief()
    state = serializers.ChoiceField(choices=VerdictState.choices, help_text="Only a published one is in force.")
    approver = serializers.CharField(
        source="approver.username", default=None, allow_null=True, help_text="Null for a draft and a proposal."
    )
    superseded_by = UidOf(help_text="The verdict that took its place.")

    class Meta(VerdictOfClaim.Meta):
        fields = ["uid", "claim", "state", "superseded_by", *VerdictOfClaim.Meta.fields[1:]]
