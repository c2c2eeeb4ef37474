"""Conflicts."""

from typing import Any

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from claims import models
from claims.api import filters, loading
from claims.api.deciding import Deciding, made
from claims.api.etags import require_match
from claims.api.serializers.claims import ClaimSerializer
from claims.api.serializers.contradictions import ContradictionSerializer
from claims.api.serializers.writes import MarkRequest, Reasoned
from claims.api.shaping import Expansion
from claims.api.views.base import ATTRIBUTION
from claims.choices import ContradictionState
from claims.services import contradictions

DECIDES = "claims.decide_contradiction"


@extend_schema_view(list=extend_schema(summary="Contradictions"), retrieve=extend_schema(summary="One contradiction"))
class ContradictionViewSet(Deciding):
    """Conflicts between claims, or between positions on one claim, with both sides' statements and the reason.

    Lists leave out what was dismissed or resolved and what has lapsed, unless asked for it.
    """

    needs = dict.fromkeys(("create", "confirm", "dismiss", "resolve", "take_back"), DECIDES)
    changes = frozenset(("confirm", "dismiss", "resolve", "take_back"))
    queryset = models.Contradiction.objects.all()
    serializer_class = ContradictionSerializer
    filterset_class = filters.ContradictionFilter
    orderings = {"score": "score"}
    expansions = {
        "claims": Expansion(
            ClaimSerializer,
            lambda row: [claim for claim in (row.claim_in_full, row.other_claim_in_full) if claim is not None],
            loading.with_claims,
            "the claims of both sides, as in the list of claims; one where its positions conflict",
            many=True,
        )
    }
    shows = (*ATTRIBUTION, models.Position, models.Claim, models.Contradiction)

    def rows(self) -> QuerySet[models.Contradiction]:
        """With both sides."""
        return loading.contradictions()

    @extend_schema(
        summary="Mark a contradiction",
        request=MarkRequest,
        responses=made(ContradictionSerializer, "Marked, and decided."),
    )
    def create(self, _request: Request) -> Response:
        """A conflict that no machine has suggested. One that is there already is refused: decide about that one."""
        said = self.said(MarkRequest)
        told = {"state": said["state"], "by": self.person, "reason": said["reason"]}
        if "claim" in said:
            marked = contradictions.decide_contested(said["claim"], **told)
        else:
            first, second = said.get("positions") or map(contradictions.speaking_for, said["claims"])
            marked = contradictions.mark_contradiction(first, other=second, kind=said["type"], **told)
        return self.shown(marked, created=True)

    @extend_schema(summary="Confirm a contradiction", request=Reasoned, responses=ContradictionSerializer)
    @action(detail=True, methods=["post"], takes=())
    def confirm(self, _request: Request, **_: Any) -> Response:
        """They conflict."""
        return self._decide(ContradictionState.CONFIRMED)

    @extend_schema(summary="Dismiss a contradiction", request=Reasoned, responses=ContradictionSerializer)
    @action(detail=True, methods=["post"], takes=())
    def dismiss(self, _request: Request, **_: Any) -> Response:
        """They do not conflict. It is suggested again only when other sources take its sides."""
        return self._decide(ContradictionState.DISMISSED)

    @extend_schema(summary="Resolve a contradiction", request=Reasoned, responses=ContradictionSerializer)
    @action(detail=True, methods=["post"], takes=())
    def resolve(self, _request: Request, **_: Any) -> Response:
        """They conflicted, and it is known by now how that came."""
        return self._decide(ContradictionState.RESOLVED)

    @extend_schema(summary="Take a decision back", request=None, responses=ContradictionSerializer)
    @action(detail=True, methods=["post"], url_path="take-back", takes=())
    def take_back(self, request: Request, **_: Any) -> Response:
        """It is as it was before. Only whoever decided it may, while nothing else has happened to it since."""
        row = self.get_object()
        contradictions.hold_pair(row)
        require_match(request, row)
        return self.shown(contradictions.take_back_decision(row, by=self.person))

    def _decide(self, state: ContradictionState) -> Response:
        said, row = self.said(Reasoned), self.get_object()
        require_match(self.request, row)
        decided = contradictions.decide_contradiction(row, state=state, by=self.person, reason=said["reason"])
        return self.shown(decided)
