"""Reviews over HTTP: of one claim, of one verdict, and as a feed."""

from functools import partial
from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from django.shortcuts import get_object_or_404
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework.generics import GenericAPIView
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.reverse import reverse

from claims import models
from claims.access import access_of
from claims.api.errors import MEDIA_TYPE, Problem
from claims.api.etags import Conditional
from claims.api.filtering import StrictFilterBackend, refuse_unknown
from claims.api.filters import VerdictFilter
from claims.api.pagination import StablePagination
from claims.api.permissions import MayView
from claims.api.schema import ProblemSchema
from claims.choices import VerdictState
from claims.errors import NeverJudged, VerdictWithdrawn
from claims.models import Claim, Event, Verdict
from claims.publishing import claimreview, newsroom
from claims.publishing.reach import mask_for, readable
from claims.publishing.renderers import LINKED, LinkedDataRenderer, OneShape

SHOWS = (
    models.Claim, models.Verdict, models.Evidence, models.Position, models.Statement, models.Source, models.Document,
    models.Dossier,
)  # fmt: skip
_NODE = {
    "type": "object",
    "required": ["@context", "@type"],
    "properties": {"@context": {"const": claimreview.CONTEXT}, "@type": {"type": "string"}},
    "additionalProperties": True,
}
_ELSEWHERE = {
    307: OpenApiResponse(description="`Location` is the review that takes its place."),
    (410, MEDIA_TYPE): OpenApiResponse(Problem, description="It was withdrawn, and nothing has taken its place."),
}


def linked_data(about: str) -> dict[tuple[int, str], Any]:
    """What the schema says of an answer in JSON-LD."""
    return {(200, LINKED): _NODE | {"description": about}}


class _Linked(Conditional):
    permission_classes = [MayView]
    renderer_classes = [LinkedDataRenderer]
    content_negotiation_class = OneShape
    schema = ProblemSchema()
    shows = SHOWS

    def nodes(self, verdicts: list[Verdict]) -> list[dict[str, Any]]:
        """The reviews of these verdicts, as this caller may see them."""
        access = access_of(self.request)
        found = claimreview.reviews_of(verdicts, readable=partial(readable, access=access))
        page_of = partial(newsroom.page_of, request=self.request)
        publisher = newsroom.organisation()
        shown = [claimreview.claim_review(review, publisher=publisher, page_of=page_of) for review in found]
        return list(mask_for(access)(shown))

    def one(self, verdict: Verdict) -> Response:
        """The review of a verdict in force."""
        return Response({"@context": claimreview.CONTEXT, **self.nodes([verdict])[0]})

    def instead(self, claim: Claim) -> Response:
        """Leads to the review that is in force on a claim. Raises ``VerdictWithdrawn`` or ``NeverJudged``."""
        in_force(claim, self.request)
        where = reverse("api:claim-claimreview", kwargs={"uid": claim.uid}, request=self.request)
        return Response(status=307, headers={"Location": where})


def in_force(claim: Claim, request: Request) -> Verdict:
    """The verdict in force on a claim. Raises ``VerdictWithdrawn`` or ``NeverJudged``."""
    access = access_of(request)
    found: Verdict | None = readable(claimreview.in_force(), access).filter(claim=claim).first()
    if found is not None:
        return found
    withdrawn = claim.verdicts.filter(state=VerdictState.WITHDRAWN).order_by("-pk").first()
    if withdrawn is None:
        raise NeverJudged("No verdict on this claim was ever published. Its standing says how it is sourced.")
    event = Event.objects.filter(object_uid=withdrawn.uid, verb="withdrawn").order_by("-pk").first()
    told = f" on {event.recorded_at:%Y-%m-%d}: {event.reason}" if event else ""
    said = f"The verdict of {withdrawn.published_at:%Y-%m-%d} was withdrawn{told}"
    raise VerdictWithdrawn(
        f"{mask_for(access)(said).rstrip('.')}. Nothing has taken its place; do not show it any more."
    )


class ReviewOfClaim(_Linked):
    """The ClaimReview of one claim."""

    @extend_schema(
        summary="The review of a claim, as schema.org's ClaimReview",
        responses={**linked_data("A ClaimReview."), **_ELSEWHERE},
    )
    def get(self, request: Request, uid: str) -> Response:
        """The verdict in force as JSON-LD: rating, where the claim was made and by whom, and reviews that bear on it.

        A claim that was merged leads to the one that it counts as now. `410` tells that the verdict was withdrawn.
        """
        refuse_unknown(request)
        claims = readable(Claim.objects.defer("embedding"), access_of(request))
        claim = get_object_or_404(claims, uid=UUID(uid))
        if claim.merged_into_id is not None:
            return self.instead(claim.resolved)
        return self.one(in_force(claim, request))


class ReviewOfVerdict(_Linked):
    """The ClaimReview of one verdict."""

    @extend_schema(
        summary="The review that a verdict makes, as schema.org's ClaimReview",
        responses={**linked_data("A ClaimReview."), **_ELSEWHERE},
    )
    def get(self, request: Request, uid: str) -> Response:
        """The verdict as JSON-LD while it is in force; afterwards, where the review is that took its place."""
        refuse_unknown(request)
        once = Verdict.objects.filter(state__in=[VerdictState.PUBLISHED, *AFTERWARDS]).select_related("claim")
        access = access_of(request)
        verdict = get_object_or_404(readable(once, access), uid=UUID(uid))
        found = readable(claimreview.in_force(), access).filter(pk=verdict.pk).first()
        return self.one(found) if found is not None else self.instead(verdict.claim.resolved)


AFTERWARDS = (VerdictState.SUPERSEDED, VerdictState.WITHDRAWN)


class ReviewFeed(_Linked, GenericAPIView[Verdict]):
    """Every review in force."""

    queryset = Verdict.objects.all()
    filter_backends = [StrictFilterBackend]
    filterset_class = VerdictFilter
    pagination_class = StablePagination
    orderings = {"published": "published_at"}

    def get_queryset(self) -> QuerySet[Verdict]:
        """Verdicts in force that the caller may read."""
        return readable(claimreview.in_force(), access_of(self.request))

    @extend_schema(
        summary="Reviews, as a schema.org DataFeed of ClaimReviews",
        responses=linked_data("A DataFeed. The `Link` header has the address of the next page."),
    )
    def get(self, _request: Request) -> Response:
        """All verdicts in force as JSON-LD, or those of a dossier, page by page.

        The next page is in the `Link` header, as RFC 8288 has it: the feed itself has no place for it.
        """
        page = self.paginate_queryset(self.filter_queryset(self.get_queryset()))
        nodes = self.nodes(list(page or []))
        publisher = newsroom.organisation()
        shown = claimreview.feed(nodes, name=f"Claim reviews of {publisher['name']}", publisher=publisher)
        following = self.paginator.get_next_link() if self.paginator is not None else None  # type: ignore[attr-defined]
        return Response(shown, headers={"Link": f'<{following}>; rel="next"'} if following else None)
