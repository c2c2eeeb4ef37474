"""Who asserts."""

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema, extend_schema_view

from claims import models
from claims.api import filters, loading
from claims.api.asof import HasHistory
from claims.api.serializers.sources import SourceDetailSerializer, SourceSerializer
from claims.api.views.base import ReadOnly


@extend_schema_view(list=extend_schema(summary="Sources"), retrieve=extend_schema(summary="One source"))
class SourceViewSet(HasHistory, ReadOnly):
    """Who asserts: people, organisations and outlets, with what they belong to and how reliable they are held to be.

    A single source also shows the history of its grades and the sources merged into it. A source that was merged into
    another says which in `merged_into`; lists leave it out unless asked for it.
    """

    queryset = models.Source.objects.all()
    serializer_class = SourceSerializer
    detail_serializer_class = SourceDetailSerializer
    filterset_class = filters.SourceFilter
    orderings = {"name": "name"}
    shows = (models.Source, models.SourceName, models.Party, models.ReliabilityGrade)

    def rows(self) -> QuerySet[models.Source]:
        """With names; a single source with its history."""
        return loading.sources_in_full() if self.action == "retrieve" else loading.sources()
