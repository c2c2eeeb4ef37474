"""Attributions."""

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema, extend_schema_view

from claims import models
from claims.api import filters, loading
from claims.api.serializers.documents import DocumentSerializer
from claims.api.serializers.sources import SourceSerializer
from claims.api.serializers.statements import StatementSerializer
from claims.api.shaping import Expansion
from claims.api.views.base import ATTRIBUTION, ReadOnly


@extend_schema_view(list=extend_schema(summary="Statements"), retrieve=extend_schema(summary="One statement"))
class StatementViewSet(ReadOnly):
    """Attributions: who said which words where, how, and which side they take on a claim.

    Words are located as the W3C Web Annotation data model does. Lists leave out what a newer analysis no longer finds
    and what a person rejected or replaced, unless asked for it.
    """

    queryset = models.Statement.objects.all()
    serializer_class = StatementSerializer
    filterset_class = filters.StatementFilter
    orderings = {"confidence": "confidence", "happened": "when_first"}
    shows = (*ATTRIBUTION, models.Position, models.Claim)
    expansions = {
        "source": Expansion(
            SourceSerializer, lambda statement: statement.source, loading.with_source, "who says so, as in sources"
        ),
        "document": Expansion(
            DocumentSerializer,
            lambda statement: statement.snapshot.document,
            loading.with_document,
            "where it is printed, as in documents",
        ),
    }

    def rows(self) -> QuerySet[models.Statement]:
        """With source, document and position."""
        return loading.statements()
