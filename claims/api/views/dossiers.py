"""Investigations."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from django.utils import timezone
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema, extend_schema_view
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.utils.urls import replace_query_param

from claims import models
from claims.api import filters, loading
from claims.api.asof import (
    AS_OF,
    MOMENT,
    PAGE_SIZE,
    AsOf,
    HasHistory,
    held_in,
    moment_asked,
    no_cursor,
    not_yet,
    now_or_then,
    packed,
    page_size,
    unpacked,
)
from claims.api.serializers.asof import DossierClaimsSerializer, DossierThenSerializer
from claims.api.serializers.dossiers import DossierSerializer
from claims.api.views.base import ReadOnly
from claims.services.asof import object_as_of, objects_as_of

# A claim's time is a little later than that of its event, which is when the transaction began.
LONGEST_WRITE = timedelta(minutes=10)


@extend_schema_view(
    list=extend_schema(summary="Dossiers"),
    retrieve=extend_schema(
        summary="One dossier",
        responses=now_or_then("Dossier", DossierSerializer, DossierThenSerializer),
        parameters=[MOMENT],
    ),
)
class DossierViewSet(AsOf, HasHistory, ReadOnly):
    """Investigations, with how many documents and claims each has."""

    queryset = models.Dossier.objects.all()
    serializer_class = DossierSerializer
    filterset_class = filters.DossierFilter
    orderings = {"title": "title"}
    takes = (*ReadOnly.takes, AS_OF)
    shows = (models.Dossier,)

    def rows(self) -> QuerySet[models.Dossier]:
        """With the counts."""
        return loading.dossiers()

    def then(self, uid: UUID, at: datetime) -> dict[str, Any]:
        """The dossier itself as it was then."""
        held = object_as_of(uid, at)
        if held is None:
            raise not_yet(at)
        return dict(DossierThenSerializer(held_in(held, at), context=self.get_serializer_context()).data)

    @extend_schema(
        summary="The claims of a dossier as they were",
        responses=DossierClaimsSerializer,
        parameters=[
            MOMENT,
            OpenApiParameter("cursor", OpenApiTypes.STR, description="From the `next` of the page before."),
            OpenApiParameter("page_size", PAGE_SIZE, description="Claims per page, 1 to 200."),
        ],
    )
    @action(
        detail=True,
        takes=(AS_OF, "cursor", "page_size"),
        pagination_class=None,
        shows=(models.Dossier, models.Claim),
    )
    def claims(self, request: Request, **_: Any) -> Response:
        """Every claim that was held at the moment (now, without one) with its standing then, the oldest first."""
        size, at = page_size(request), moment_asked(request)
        at = at or timezone.now()
        dossier = self.get_object()
        if object_as_of(dossier.uid, at) is None:
            raise not_yet(at)
        rows = models.Claim.objects.filter(dossier=dossier, pk__gt=_after(request), created_at__lte=at + LONGEST_WRITE)
        rows = rows.order_by("pk")
        page = list(rows.values_list("pk", "uid")[: size + 1])
        held = objects_as_of([uid for _, uid in page[:size]], at)
        shown = [held[uid] for _, uid in page[:size] if uid in held]
        more = len(page) > size
        link = replace_query_param(request.build_absolute_uri(), "cursor", packed(page[size - 1][0])) if more else None
        if link and AS_OF not in request.query_params:
            link = replace_query_param(link, AS_OF, at.isoformat())  # all pages are of one moment
        told = {"as_of": at, "next": link, "results": shown}
        return Response(DossierClaimsSerializer(told, context=self.get_serializer_context()).data)


def _after(request: Request) -> int:
    place = unpacked(request)
    if place is None:
        return 0
    if len(place) != 1 or type(place[0]) is not int or abs(place[0]) >= 2**63:
        raise no_cursor()
    return int(place[0])
