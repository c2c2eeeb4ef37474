"""What is asserted, and why it stands as it does."""

from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from drf_spectacular.utils import OpenApiParameter, extend_schema, extend_schema_view
from rest_framework.decorators import action
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from claims import models
from claims.access import access_of
from claims.api import filters, loading
from claims.api.asof import AS_OF, MOMENT, AsOf, HasHistory, held_in, not_yet, now_or_then
from claims.api.serializers.asof import ClaimThenSerializer
from claims.api.serializers.claims import (
    ClaimDetailSerializer,
    ClaimSerializer,
    ExplanationSerializer,
    standing_of,
)
from claims.api.views.base import ATTRIBUTION, ReadOnly
from claims.models.ledger import EventQuerySet
from claims.models.verdict import ONCE_PUBLISHED
from claims.services.asof import claim_as_of, events_about

LARGEST_OFFSET = 100_000


@extend_schema_view(
    list=extend_schema(summary="Claims"),
    retrieve=extend_schema(
        summary="One claim in full",
        responses=now_or_then("Claim", ClaimDetailSerializer, ClaimThenSerializer),
        parameters=[
            MOMENT,
            OpenApiParameter(
                "offset",
                {"type": "integer", "minimum": 0, "maximum": LARGEST_OFFSET, "default": 0},
                description="With `as_of`: leave out so many positions.",
            ),
        ],
    ),
)
class ClaimViewSet(AsOf, HasHistory, ReadOnly):
    """What is asserted, how it is sourced and what is held of it.

    A single claim also shows everybody who takes a side on it and everything that conflicts with it. A claim that was
    merged into another says which in `merged_into`; lists leave it out unless asked for it.
    """

    queryset = models.Claim.objects.all()
    serializer_class = ClaimSerializer
    detail_serializer_class = ClaimDetailSerializer
    filterset_class = filters.ClaimFilter
    orderings = {"origins": "origins", "happened": "when_first", "best": "best"}
    takes = (*ReadOnly.takes, AS_OF, "offset")
    shows = (*ATTRIBUTION, models.Position, models.Claim, models.Contradiction, models.Verdict, models.Evidence)

    def retrieve(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """The claim; refused for an ``offset`` that is none, whether or not it is needed."""
        _offset(request)
        return super().retrieve(request, *args, **kwargs)

    def rows(self) -> QuerySet[models.Claim]:
        """With the verdict in force."""
        return loading.claims()

    def identified(self) -> QuerySet[models.Claim]:
        """All claims, without what is shown of them."""
        return models.Claim.objects.all()

    def one(self) -> Response:
        """The claim with all that is said of it."""
        assert self.found is not None  # noqa: S101  claims are tagged by the ledger
        return Response(self.as_shown(loading.claim_in_full(self.found.pk, self.found.kinds)))

    def then(self, uid: UUID, at: datetime) -> dict[str, Any]:
        """What was held of the claim then, with the positions that counted, its contradictions and its verdicts."""
        found = claim_as_of(uid, at, offset=_offset(self.request), access=access_of(self.request))
        if found is None:
            raise not_yet(at)
        published = [verdict for verdict in found.verdicts if verdict.state["state"] in ONCE_PUBLISHED]
        besides = {
            "verdict": found.verdict,
            "positions": found.positions,
            "positions_in_all": found.positions_in_all,
            "contradictions": found.contradictions,
            "verdicts": published,
        }
        told = ClaimThenSerializer(held_in(found.claim, at, **besides), context=self.get_serializer_context())
        return dict(told.data)

    def events_of(self, row: models.Claim) -> EventQuerySet:
        """Its own events, and those of the positions, statements, contradictions and verdicts that belong to it."""
        return events_about(row.uid)

    @extend_schema(summary="Why a claim has its standing", responses=ExplanationSerializer)
    @action(detail=True, takes=())
    def explanation(self, _request: Request, **_: Any) -> Response:
        """The standing in words and in full: the rules' version, the origins counted, what was discounted and why."""
        claim = self.get_object()
        standing = standing_of(claim)
        shown = {"claim": claim, "text": " ".join(standing["sentences"]), **standing}
        return Response(ExplanationSerializer(shown, context=self.get_serializer_context()).data)


def _offset(request: Request) -> int:
    given = request.query_params.get("offset", "0")
    if not (given.isascii() and given.isdigit() and len(given) < 7 and int(given) <= LARGEST_OFFSET):
        raise ValidationError({"offset": [f"Give a whole number, 0 to {LARGEST_OFFSET}."]})
    return int(given)
