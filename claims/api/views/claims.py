"""What is asserted, and why it stands as it does."""

from typing import Any

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from claims import models
from claims.api import filters, loading
from claims.api.serializers.claims import (
    ClaimDetailSerializer,
    ClaimSerializer,
    ExplanationSerializer,
    standing_of,
)
from claims.api.views.base import ATTRIBUTION, ReadOnly


@extend_schema_view(list=extend_schema(summary="Claims"), retrieve=extend_schema(summary="One claim in full"))
class ClaimViewSet(ReadOnly):
    """What is asserted, how it is sourced and what is held of it.

    A single claim also shows everybody who takes a side on it and everything that conflicts with it. A claim that was
    merged into another says which in `merged_into`; lists leave it out unless asked for it.
    """

    queryset = models.Claim.objects.all()
    serializer_class = ClaimSerializer
    detail_serializer_class = ClaimDetailSerializer
    filterset_class = filters.ClaimFilter
    orderings = {"origins": "origins", "happened": "when_first", "best": "best"}
    shows = (*ATTRIBUTION, models.Position, models.Claim, models.Contradiction, models.Verdict, models.Evidence)

    def rows(self) -> QuerySet[models.Claim]:
        """With the verdict in force; a single claim with all that is said of it."""
        return loading.claims_in_full() if self.action == "retrieve" else loading.claims()

    @extend_schema(summary="Why a claim has its standing", responses=ExplanationSerializer)
    @action(detail=True, takes=())
    def explanation(self, _request: Request, **_: Any) -> Response:
        """The standing in words and in full: the rules' version, the origins counted, what was discounted and why."""
        claim = self.get_object()
        standing = standing_of(claim)
        shown = {"claim": claim, "text": " ".join(standing["sentences"]), **standing}
        return Response(ExplanationSerializer(shown, context=self.get_serializer_context()).data)
