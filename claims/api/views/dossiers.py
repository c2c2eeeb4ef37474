"""Investigations."""

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema, extend_schema_view

from claims import models
from claims.api import filters, loading
from claims.api.serializers.dossiers import DossierSerializer
from claims.api.views.base import ReadOnly


@extend_schema_view(list=extend_schema(summary="Dossiers"), retrieve=extend_schema(summary="One dossier"))
class DossierViewSet(ReadOnly):
    """Investigations, with how many documents and claims each has."""

    queryset = models.Dossier.objects.all()
    serializer_class = DossierSerializer
    filterset_class = filters.DossierFilter
    orderings = {"title": "title"}
    shows = (models.Dossier,)

    def rows(self) -> QuerySet[models.Dossier]:
        """With the counts."""
        return loading.dossiers()
