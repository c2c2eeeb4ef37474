"""What we hold true."""

from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework.decorators import action
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from claims import models
from claims.access import access_of
from claims.api import filters, loading
from claims.api.asof import AS_OF, MOMENT, AsOf, HasHistory, held_in, not_yet, now_or_then
from claims.api.deciding import Deciding, made
from claims.api.etags import require_match
from claims.api.serializers.asof import VerdictThenSerializer
from claims.api.serializers.claims import ClaimSerializer
from claims.api.serializers.verdicts import VerdictSerializer
from claims.api.serializers.writes import Reasoned, VerdictRequest, VerdictWords
from claims.api.shaping import Expansion
from claims.api.views.base import ReadOnly
from claims.models.verdict import ONCE_PUBLISHED
from claims.services import verdicts
from claims.services.asof import object_as_of
from claims.services.verdicts import Link


@extend_schema_view(
    list=extend_schema(summary="Verdicts"),
    retrieve=extend_schema(
        summary="One verdict",
        responses=now_or_then("Verdict", VerdictSerializer, VerdictThenSerializer),
        parameters=[MOMENT],
    ),
)
class VerdictViewSet(AsOf, HasHistory, Deciding):
    """Verdicts: how credible a claim is held to be, why, and by which two people.

    A verdict that was superseded or withdrawn says so in `state`; lists leave it out unless asked for it. Drafts and
    proposals are nobody's word yet: they are here for those alone who may propose or approve, and who ask for them.
    """

    needs = {
        "create": "claims.add_verdict",
        "partial_update": "claims.add_verdict",
        "propose": "claims.propose_verdict",
        "approve": "claims.approve_verdict",
        "give_back": "claims.approve_verdict",
        "withdraw": "claims.approve_verdict",
    }
    changes = frozenset(needs) - {"create"}

    queryset = models.Verdict.objects.all()
    serializer_class = VerdictSerializer
    filterset_class = filters.VerdictFilter
    orderings = {"published": "published_at", "credibility": "credibility"}
    expansions = {
        "claim": Expansion(
            ClaimSerializer, lambda verdict: verdict.claim_in_full, loading.with_claim, "as in the list of claims"
        )
    }
    takes = (*ReadOnly.takes, AS_OF)
    shows = (models.Verdict, models.Evidence, models.Claim, models.Document, models.Snapshot)

    def rows(self) -> QuerySet[models.Verdict]:
        """With claim, people and evidence."""
        described = getattr(self, "swagger_fake_view", False)
        return loading.verdicts(drafts=not described and access_of(self.request).sees_drafts)

    def then(self, uid: UUID, at: datetime) -> dict[str, Any]:
        """What was held then; before it was published it was nobody's word."""
        held = object_as_of(uid, at)
        if held is None or held.state["state"] not in ONCE_PUBLISHED:
            raise not_yet(at)
        claim = object_as_of(UUID(held.state["claim"]), at)
        told = VerdictThenSerializer(held_in(held, at, claim=claim), context=self.get_serializer_context())
        return dict(told.data)

    @extend_schema(
        summary="Draft a verdict", request=VerdictRequest, responses=made(VerdictSerializer, "Drafted, or proposed.")
    )
    def create(self, _request: Request) -> Response:
        """A draft of your own; with `propose`, one that somebody else may approve."""
        said = self.said(VerdictRequest)
        claim, propose = said["claim"], said["propose"]
        verdict = verdicts.draft_verdict(
            claim,
            credibility=said["credibility"],
            rationale=said["rationale"],
            evidence=links(said.get("evidence", []), claim),
            review_due=said.get("review_due"),
            by=self.person,
        )
        if propose:
            if not self.person.has_perm(self.needs["propose"]):
                self.permission_denied(self.request)
            verdict = verdicts.propose_verdict(verdict, by=self.person)
        return self.shown(verdict, created=True)

    @extend_schema(summary="Change a draft", request=VerdictWords, responses=VerdictSerializer)
    def partial_update(self, request: Request, **_: Any) -> Response:
        """Other words for a draft of your own. What is left out stays."""
        said, verdict = self.said(VerdictWords, partial=True), self.get_object()
        require_match(request, verdict)
        changed = verdicts.revise_verdict(
            verdict,
            credibility=said.get("credibility", verdict.credibility),
            rationale=said.get("rationale", verdict.rationale),
            evidence=links(said.get("evidence", []), verdict.claim),
            review_due=said.get("review_due", verdict.review_due),
            by=self.person,
        )
        return self.shown(changed)

    @extend_schema(summary="Propose a draft", request=None, responses=VerdictSerializer)
    @action(detail=True, methods=["post"], takes=())
    def propose(self, request: Request, **_: Any) -> Response:
        """Ask for approval."""
        verdict = self._meant(request)
        return self.shown(verdicts.propose_verdict(verdict, by=self.person))

    @extend_schema(summary="Approve and publish a verdict", request=None, responses=VerdictSerializer)
    @action(detail=True, methods=["post"], takes=())
    def approve(self, request: Request, **_: Any) -> Response:
        """Publish what somebody else proposed. It takes the place of the claim's verdict in force."""
        verdict = self._meant(request)
        return self.shown(verdicts.approve_verdict(verdict, by=self.person))

    @extend_schema(summary="Return a proposal to its author", request=Reasoned, responses=VerdictSerializer)
    @action(detail=True, methods=["post"], url_path="return", url_name="return", takes=())
    def give_back(self, request: Request, **_: Any) -> Response:
        """It is a draft again."""
        said, verdict = self.said(Reasoned), self._meant(request)
        return self.shown(verdicts.return_verdict(verdict, by=self.person, reason=said["reason"]))

    @extend_schema(summary="Withdraw a verdict", request=Reasoned, responses=VerdictSerializer)
    @action(detail=True, methods=["post"], takes=())
    def withdraw(self, request: Request, **_: Any) -> Response:
        """What was published holds no more. It stays readable, as withdrawn."""
        said, verdict = self.said(Reasoned), self._meant(request)
        return self.shown(verdicts.withdraw_verdict(verdict, by=self.person, reason=said["reason"]))

    def _meant(self, request: Request) -> models.Verdict:
        verdict: models.Verdict = self.get_object()
        require_match(request, verdict)
        return verdict


def links(said: list[dict[str, Any]], claim: models.Claim) -> list[Link]:
    """Evidence as the services take it. A snapshot is one of a document that says something of the claim."""
    wanted = {one["snapshot"] for one in said if "snapshot" in one}
    found = {snapshot.uid: snapshot for snapshot in verdicts.snapshots_of(claim).filter(uid__in=wanted)}
    if unknown := wanted - found.keys():
        told = ", ".join(map(str, sorted(unknown)))
        raise ValidationError({"evidence": [f"No document that says something of this claim has the snapshot {told}."]})
    return [
        Link(
            url=one.get("url") or found[one["snapshot"]].document.url,
            snapshot=found[one["snapshot"]] if "snapshot" in one else None,
            note=one["note"],
        )
        for one in said
    ]
