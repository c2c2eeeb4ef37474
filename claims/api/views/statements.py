"""Attributions."""

from typing import Any

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from claims import models
from claims.api import filters, loading
from claims.api.deciding import Deciding, made
from claims.api.etags import require_match
from claims.api.serializers.documents import DocumentSerializer
from claims.api.serializers.sources import SourceSerializer
from claims.api.serializers.statements import StatementSerializer
from claims.api.serializers.writes import CorrectionRequest, NewStatementRequest, PositionRequest, Reasoned
from claims.api.shaping import Expansion
from claims.api.views.base import ATTRIBUTION
from claims.choices import Modality, Polarity, SourceKind
from claims.services import protection, statements
from claims.services.claims import set_position
from claims.services.marking import Marked, attributed, named
from claims.services.sources import Named

REVIEWS, PROTECTS = "claims.review_statement", "claims.protect_source"


@extend_schema_view(list=extend_schema(summary="Statements"), retrieve=extend_schema(summary="One statement"))
class StatementViewSet(Deciding):
    """Attributions: who said which words where, how, and which side they take on a claim.

    Words are located as the W3C Web Annotation data model does. Lists leave out what a newer analysis no longer finds
    and what a person rejected or replaced, unless asked for it.
    """

    needs = {
        **dict.fromkeys(("create", "confirm", "reject", "correct"), REVIEWS),
        **dict.fromkeys(("set_position", "clear_position"), "claims.set_position"),
        **dict.fromkeys(("protect", "unprotect"), PROTECTS),
    }
    changes = frozenset(needs) - {"create"}
    queryset = models.Statement.objects.all()
    serializer_class = StatementSerializer
    filterset_class = filters.StatementFilter
    orderings = {"confidence": "confidence", "happened": "when_first"}
    shows = (*ATTRIBUTION, models.Notice, models.Position, models.Claim)
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

    @extend_schema(
        summary="Add a statement", request=NewStatementRequest, responses=made(StatementSerializer, "Recorded.")
    )
    def create(self, _request: Request) -> Response:
        """One that a person sees in a text, and no machine found. It finds its place among the claims by itself."""
        said = self.said(NewStatementRequest)
        snapshot = said["snapshot"]
        new = statements.add_statement(snapshot, said=attributed(snapshot, _marked(said, snapshot)), by=self.person)
        return self.shown(new, created=True)

    @extend_schema(summary="Confirm a statement", request=None, responses=StatementSerializer)
    @action(detail=True, methods=["post"], takes=())
    def confirm(self, request: Request, **_: Any) -> Response:
        """The text says it, and it is read rightly."""
        return self.shown(statements.confirm_statement(self._meant(request), by=self.person))

    @extend_schema(summary="Reject a statement", request=Reasoned, responses=StatementSerializer)
    @action(detail=True, methods=["post"], takes=())
    def reject(self, request: Request, **_: Any) -> Response:
        """The text does not say it. It counts for nothing from now on."""
        said = self.said(Reasoned)
        return self.shown(statements.reject_statement(self._meant(request), by=self.person, reason=said["reason"]))

    @extend_schema(
        summary="Correct a statement",
        request=CorrectionRequest,
        responses=made(StatementSerializer, "Corrected: the new statement stands in place of the old."),
    )
    @action(detail=True, methods=["post"], takes=())
    def correct(self, request: Request, **_: Any) -> Response:
        """It ought to be read otherwise. The old one stays as it was and says what stands in its place."""
        said, old = self.said(CorrectionRequest), self.get_object()
        snapshot = models.Snapshot.objects.select_related("document").get(pk=old.snapshot_id)
        corrected = attributed(snapshot, _marked(said, snapshot, instead_of=old), instead_of=old)
        # In the order in which the service locks them, so that nobody waits in a circle.
        statements.hold_snapshot(old.snapshot_id)
        require_match(request, old)
        new = statements.correct_statement(old, corrected=corrected, by=self.person, reason=said["reason"])
        return self.shown(new, created=True)

    @extend_schema(summary="Set a statement's position", request=PositionRequest, responses=StatementSerializer)
    @action(detail=True, methods=["post"], url_path="set-position", takes=())
    def set_position(self, request: Request, **_: Any) -> Response:
        """Which side it takes on which claim. No machine changes that afterwards."""
        said, statement = self.said(PositionRequest), self._meant(request)
        set_position(statement, claim=said["claim"], stance=said["stance"], by=self.person, reason=said["reason"])
        return self.shown(statement)

    @extend_schema(summary="Clear a statement's position", request=Reasoned, responses=StatementSerializer)
    @action(detail=True, methods=["post"], url_path="clear-position", takes=())
    def clear_position(self, request: Request, **_: Any) -> Response:
        """Take back which side a person said that it takes. A machine places it anew, within seconds."""
        said, statement = self.said(Reasoned), self.get_object()
        statements.hold_snapshot(statement.snapshot_id)
        require_match(request, statement)
        return self.shown(statements.clear_position(statement, by=self.person, reason=said["reason"]))

    @extend_schema(summary="Protect a statement", request=Reasoned, responses=StatementSerializer)
    @action(detail=True, methods=["post"], takes=())
    def protect(self, request: Request, **_: Any) -> Response:
        """What it says is masked for whoever may not see it. Say why, without saying what or who."""
        said = self.said(Reasoned)
        return self.shown(protection.protect_statement(self._meant(request), by=self.person, reason=said["reason"]))

    @extend_schema(summary="Lift a statement's protection", request=Reasoned, responses=StatementSerializer)
    @action(detail=True, methods=["post"], takes=())
    def unprotect(self, request: Request, **_: Any) -> Response:
        """Everybody who may read it sees what it says again."""
        said = self.said(Reasoned)
        return self.shown(protection.unprotect_statement(self._meant(request), by=self.person, reason=said["reason"]))

    def _meant(self, request: Request) -> models.Statement:
        statement: models.Statement = self.get_object()
        require_match(request, statement)
        return statement


def _marked(said: dict[str, Any], snapshot: models.Snapshot, *, instead_of: models.Statement | None = None) -> Marked:
    """What a request says of an attribution; where it says nothing, what is held of the one that is corrected."""
    old = instead_of or models.Statement(polarity=Polarity.AFFIRMS, modality=Modality.ASSERTED)
    kept = Named(old.source.name, old.source.kind) if old.source is not None else None
    return Marked(
        content_spans=said.get("content_spans", old.content_spans),
        cue_spans=said.get("cue_spans", old.cue_spans),
        source_spans=said.get("said_by_spans", old.source_spans),
        source=_named(said["source"], snapshot) if "source" in said else kept,
        polarity=said.get("polarity", old.polarity),
        modality=said.get("modality", old.modality),
    )


def _named(said: dict[str, Any] | None, snapshot: models.Snapshot) -> Named | None:
    if said is None:
        return None
    if "uid" in said:
        return named(said["uid"], document=snapshot.document)
    return Named(said["name"], said.get("kind", SourceKind.UNKNOWN))
