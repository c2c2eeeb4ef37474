"""Publications and their texts."""

from typing import Any

from django.db.models import Q, QuerySet
from django.shortcuts import get_object_or_404
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema, extend_schema_view
from rest_framework.decorators import action
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from claims import models
from claims.api import filters, loading
from claims.api.asof import HasHistory
from claims.api.errors import MEDIA_TYPE, Problem
from claims.api.serializers.documents import DocumentSerializer, SnapshotTextSerializer
from claims.api.views.base import ReadOnly
from claims.models.ledger import EventQuerySet
from claims.services.retention import refuse_if_removed

LARGEST_NUMBER = 2**31 - 1
GONE = (
    "A rule of its dossier removed the contents of this version; `removed_at` and `removed_under` say when and which."
)
NUMBER = {"type": "integer", "minimum": 0, "maximum": LARGEST_NUMBER}


@extend_schema_view(list=extend_schema(summary="Documents"), retrieve=extend_schema(summary="One document"))
class DocumentViewSet(HasHistory, ReadOnly):
    """Publications: who printed what and when, what it copies, and every version that was kept with its hashes."""

    queryset = models.Document.objects.all()
    serializer_class = DocumentSerializer
    filterset_class = filters.DocumentFilter
    orderings = {"published": "published_at", "title": "title"}
    shows = (models.Document, models.Snapshot, models.Notice, models.Source, models.Party, models.Dossier)

    def rows(self) -> QuerySet[models.Document]:
        """With the versions, without their text."""
        return loading.documents()

    @extend_schema(
        summary="The text of a document",
        responses={200: SnapshotTextSerializer, (410, MEDIA_TYPE): OpenApiResponse(Problem, description=GONE)},
        parameters=[OpenApiParameter("number", NUMBER, description="Which version; without it, the newest.")],
    )
    @action(detail=True, takes=("number",), shows=(models.Document, models.Snapshot))
    def text(self, request: Request, **_: Any) -> Response:
        """The text read from one version, with its SHA-256. Positions of statements count its code points."""
        document = self.get_object()
        given = request.query_params.get("number")
        versions = models.Snapshot.objects.select_related("document").filter(document=document)
        if given is None:
            snapshot = get_object_or_404(versions, latest=True)
        else:
            if not (given.isascii() and given.isdigit() and len(given) < 11 and int(given) <= LARGEST_NUMBER):
                raise ValidationError({"number": ["Give the number of a version: 1 for the first."]})
            snapshot = get_object_or_404(versions, number=int(given))
        refuse_if_removed(snapshot)
        return Response(SnapshotTextSerializer(snapshot, context=self.get_serializer_context()).data)

    def events_of(self, row: models.Document) -> EventQuerySet:
        """Its own events, those of its versions and those of the notices on them."""
        versions = models.Snapshot.objects.filter(document=row).values("uid")
        notices = models.Notice.objects.filter(snapshot__document=row).values("uid")
        own = Q(object_uid=row.uid) | Q(object_uid__in=versions) | Q(object_uid__in=notices)
        return models.Event.objects.filter(own)
