"""Who asserts."""

from typing import Any

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework.decorators import action
from rest_framework.exceptions import PermissionDenied
from rest_framework.request import Request
from rest_framework.response import Response

from claims import models
from claims.access import access_of
from claims.api import filters, loading
from claims.api.asof import HasHistory
from claims.api.deciding import Deciding
from claims.api.etags import require_match
from claims.api.serializers.sources import SourceDetailSerializer, SourceSerializer
from claims.api.serializers.writes import Reasoned
from claims.services import protection


@extend_schema_view(list=extend_schema(summary="Sources"), retrieve=extend_schema(summary="One source"))
class SourceViewSet(HasHistory, Deciding):
    """Who asserts: people, organisations and outlets, with what they belong to and how reliable they are held to be.

    A single source also shows the history of its grades and the sources merged into it. A source that was merged into
    another says which in `merged_into`; lists leave it out unless asked for it.
    """

    needs = dict.fromkeys(("protect", "unprotect"), "claims.protect_source")
    changes = frozenset(needs)
    queryset = models.Source.objects.all()
    serializer_class = SourceSerializer
    detail_serializer_class = SourceDetailSerializer
    filterset_class = filters.SourceFilter
    orderings = {"name": "name"}
    shows = (models.Source, models.SourceName, models.Party, models.ReliabilityGrade)

    def rows(self) -> QuerySet[models.Source]:
        """With names; a single source with its history."""
        return loading.sources() if self.action == "list" else loading.sources_in_full()

    @extend_schema(summary="Protect a source", request=Reasoned, responses=SourceDetailSerializer)
    @action(detail=True, methods=["post"], takes=())
    def protect(self, request: Request, **_: Any) -> Response:
        """Its names, and those of all that are one with it, are masked for who may not see them. Say why, not who."""
        return self._flag(request, protection.protect_source)

    @extend_schema(summary="Lift a source's protection", request=Reasoned, responses=SourceDetailSerializer)
    @action(detail=True, methods=["post"], takes=())
    def unprotect(self, request: Request, **_: Any) -> Response:
        """Everybody who may read it sees its names again."""
        return self._flag(request, protection.unprotect_source)

    def _flag(self, request: Request, flag: Any) -> Response:
        if access_of(request).dossiers is not None:
            raise PermissionDenied("A source belongs to no dossier: this takes a token that is limited to none.")
        said, source = self.said(Reasoned), self.get_object()
        protection.hold_body(source)
        require_match(request, source)
        return self.shown(flag(source, by=self.person, reason=said["reason"]))
