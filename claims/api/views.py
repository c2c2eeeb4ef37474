"""What API clients read. A view says what it loads, how it shows it and what that takes; the rest follows."""

from typing import Any

from django.contrib.auth.views import redirect_to_login
from django.db.models import Model, QuerySet
from django.http import HttpResponseBase
from django.shortcuts import get_object_or_404
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema, extend_schema_view
from drf_spectacular.views import SpectacularSwaggerSplitView
from rest_framework import viewsets
from rest_framework.decorators import action
from rest_framework.exceptions import NotAuthenticated, NotFound, ValidationError
from rest_framework.permissions import IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.reverse import reverse
from rest_framework.serializers import BaseSerializer
from rest_framework.views import APIView

from claims import models
from claims.api import filters, loading
from claims.api.filtering import StrictFilterBackend
from claims.api.pagination import StablePagination
from claims.api.permissions import MayView
from claims.api.schema import ProblemSchema
from claims.api.serializers.claims import (
    ClaimDetailSerializer,
    ClaimSerializer,
    ExplanationSerializer,
    standing_of,
)
from claims.api.serializers.contradictions import ContradictionSerializer
from claims.api.serializers.documents import DocumentSerializer, SnapshotTextSerializer
from claims.api.serializers.dossiers import DossierSerializer
from claims.api.serializers.sources import SourceDetailSerializer, SourceSerializer
from claims.api.serializers.statements import StatementSerializer
from claims.api.serializers.verdicts import VerdictSerializer

# What nested statements show of themselves.
ATTRIBUTION = (models.Statement, models.Source, models.Party, models.Document, models.Snapshot, models.Dossier)
LARGEST_NUMBER = 2**31 - 1


class ReadOnly(viewsets.ReadOnlyModelViewSet[Any]):
    """Lists and single rows, found by their public id."""

    lookup_field = "uid"
    lookup_value_regex = "[0-9a-fA-F-]{36}"
    lookup_value_converter = "uuid"
    permission_classes = [MayView]
    filter_backends = [StrictFilterBackend]
    pagination_class = StablePagination
    schema = ProblemSchema()
    shows: tuple[type[Model], ...] = ()
    orderings: dict[str, str] = {}
    takes: tuple[str, ...] = ()
    detail_serializer_class: type[BaseSerializer[Any]] | None = None

    def get_serializer_class(self) -> type[BaseSerializer[Any]]:
        """A single row may be shown more fully than in a list."""
        if self.action == "retrieve" and self.detail_serializer_class is not None:
            return self.detail_serializer_class
        return super().get_serializer_class()


@extend_schema_view(list=extend_schema(summary="Dossiers"), retrieve=extend_schema(summary="One dossier"))
class DossierViewSet(ReadOnly):
    """Investigations, with how many documents and claims each has."""

    queryset = models.Dossier.objects.all()
    serializer_class = DossierSerializer
    filterset_class = filters.DossierFilter
    orderings = {"title": "title"}
    shows = (models.Dossier,)

    def get_queryset(self) -> QuerySet[models.Dossier]:
        """With the counts."""
        return loading.dossiers()


@extend_schema_view(list=extend_schema(summary="Documents"), retrieve=extend_schema(summary="One document"))
class DocumentViewSet(ReadOnly):
    """Publications: who printed what and when, what it copies, and every version that was kept with its hashes."""

    queryset = models.Document.objects.all()
    serializer_class = DocumentSerializer
    filterset_class = filters.DocumentFilter
    orderings = {"published": "published_at", "title": "title"}
    shows = (models.Document, models.Snapshot, models.Source, models.Party, models.Dossier)

    def get_queryset(self) -> QuerySet[models.Document]:
        """With the versions, without their text."""
        return loading.documents()

    @extend_schema(
        summary="The text of a document",
        responses=SnapshotTextSerializer,
        parameters=[OpenApiParameter("number", OpenApiTypes.INT, description="Which version; without it, the newest.")],
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
        return Response(SnapshotTextSerializer(snapshot).data)


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

    def get_queryset(self) -> QuerySet[models.Statement]:
        """With source, document and position."""
        return loading.statements()


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

    def get_queryset(self) -> QuerySet[models.Claim]:
        """With the verdict in force; a single claim with all that is said of it."""
        return loading.claims_in_full() if self.action == "retrieve" else loading.claims()

    @extend_schema(summary="Why a claim has its standing", responses=ExplanationSerializer)
    @action(detail=True)
    def explanation(self, _request: Request, **_: Any) -> Response:
        """The standing in words and in full: the rules' version, the origins counted, what was discounted and why."""
        claim = self.get_object()
        standing = standing_of(claim)
        shown = {"claim": claim, "text": " ".join(standing["sentences"]), **standing}
        return Response(ExplanationSerializer(shown, context=self.get_serializer_context()).data)


@extend_schema_view(list=extend_schema(summary="Contradictions"), retrieve=extend_schema(summary="One contradiction"))
class ContradictionViewSet(ReadOnly):
    """Conflicts between claims, or between positions on one claim, with both sides' statements and the reason.

    Lists leave out what was dismissed or resolved and what has lapsed, unless asked for it.
    """

    queryset = models.Contradiction.objects.all()
    serializer_class = ContradictionSerializer
    filterset_class = filters.ContradictionFilter
    orderings = {"score": "score"}
    shows = (*ATTRIBUTION, models.Position, models.Claim, models.Contradiction)

    def get_queryset(self) -> QuerySet[models.Contradiction]:
        """With both sides."""
        return loading.contradictions()


@extend_schema_view(list=extend_schema(summary="Sources"), retrieve=extend_schema(summary="One source"))
class SourceViewSet(ReadOnly):
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

    def get_queryset(self) -> QuerySet[models.Source]:
        """With names; a single source with its history."""
        return loading.sources_in_full() if self.action == "retrieve" else loading.sources()


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


RESOURCES = {
    "dossiers": DossierViewSet,
    "documents": DocumentViewSet,
    "statements": StatementViewSet,
    "claims": ClaimViewSet,
    "contradictions": ContradictionViewSet,
    "sources": SourceViewSet,
    "verdicts": VerdictViewSet,
}


class Root(APIView):
    """What there is to read."""

    permission_classes = [IsAuthenticated]
    schema = None

    def get(self, request: Request) -> Response:
        """The address of each resource, of the schema and of the browsable description."""
        found = {name: reverse(f"api:{name}-list", request=request) for name in RESOURCES}
        return Response(
            {**found, "schema": reverse("api:schema", request=request), "docs": reverse("api:docs", request=request)}
        )


class Nowhere(APIView):
    """Addresses below ``/api/`` that lead nowhere answer as every other error does."""

    permission_classes = [IsAuthenticated]
    schema = None

    def handle(self, *_: Any, **__: Any) -> Response:
        """Never returns."""
        raise NotFound("There is nothing at this address.")

    get = post = put = patch = delete = handle


class Docs(SpectacularSwaggerSplitView):
    """The browsable description. A visitor who is not signed in is sent to the login page."""

    template_name = "api/docs.html"  # without inline styles, which the Content-Security-Policy forbids
    permission_classes = [IsAuthenticated]

    def handle_exception(self, exc: Exception) -> Response | HttpResponseBase:  # type: ignore[override]
        """To the login page first, where that is all that is missing."""
        if isinstance(exc, NotAuthenticated):
            return redirect_to_login(self.request.get_full_path())
        return super().handle_exception(exc)
