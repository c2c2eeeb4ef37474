"""What we hold true."""

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema, extend_schema_view

from claims import models
from claims.api import filters, loading
from claims.api.serializers.verdicts import VerdictSerializer
from claims.api.views.base import ReadOnly


@extend_schema_view(list=extend_schema(summary="Verdicts"), retrieve=extend_schema(summary="One verdict"))
class VerdictViewSet(ReadOnly):
    """Published verdicts that are in force: how credible a claim is held to be, why, and by which two people."""

    queryset = models.Verdict.objects.all()
    serializer_class = VerdictSerializer
    filterset_class = filters.VerdictFilter
    orderings = {"published": "published_at", "credibility": "credibility"}
    shows = (models.Verdict, models.Evidence, models.Claim, models.Document, models.Snapshot)

    def get_queryset(self) -> QuerySet[models.Verdict]:
        """With claim, people and evidence."""
        return loading.verdicts()
