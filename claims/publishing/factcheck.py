"""Published verdicts in the shape of Google's Fact Check Tools API, for programs that speak that already.

Its ``claims:search`` as of v1alpha1: the same parameters, the same answer, and errors in its shape beside our own. A
key in the address ends up in logs, so ``key`` is not looked at: whoever has a token sends it as a header, and everybody
else finds what is public.
"""

import base64
import binascii
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Any, Self
from urllib.parse import urlsplit
from uuid import UUID

from django.conf import settings
from django.contrib.postgres.search import SearchQuery, SearchVector
from django.db.models import Q, QuerySet
from django.utils import timezone
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiExample, OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.exceptions import ValidationError
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response

from claims import models
from claims.access import Access, access_of, answer_in_public
from claims.api.etags import Conditional
from claims.api.filtering import refuse_unknown
from claims.api.filters import LONGEST_SEARCH, containing
from claims.api.permissions import needed
from claims.api.schema import ProblemSchema
from claims.choices import Stance
from claims.models import Verdict
from claims.publishing import claimreview, newsroom
from claims.publishing.claimreview import RATINGS, Review
from claims.publishing.reach import mask_for, readable

PAGE, LARGEST_PAGE = 10, 100
LARGEST_OFFSET = 10_000
LONGEST_AGE = 36_500  # days
# What Google's clients send with every request. None of it changes the answer.
COMMON = (
    "$.xgafv", "access_token", "alt", "callback", "fields", "key", "oauth_token", "prettyPrint", "quotaUser",
    "uploadType", "upload_protocol",
)  # fmt: skip
OWN = ("query", "languageCode", "pageSize", "pageToken", "offset", "maxAgeDays", "reviewPublisherSiteFilter")


class PublisherSerializer(serializers.Serializer[Any]):
    """Who published a review."""

    name = serializers.CharField()
    site = serializers.CharField(help_text="The host of the review's address, without www.")


class FactCheckReview(serializers.Serializer[Any]):
    """One review of a claim."""

    publisher = PublisherSerializer()
    url = serializers.CharField()
    title = serializers.CharField()
    reviewDate = serializers.DateTimeField()  # noqa: N815 - Google's name
    textualRating = serializers.CharField(help_text="The verdict's credibility in words.")  # noqa: N815
    languageCode = serializers.CharField()  # noqa: N815


class FactCheckedClaim(serializers.Serializer[Any]):
    """A claim with its reviews."""

    text = serializers.CharField()
    claimant = serializers.CharField(required=False, help_text="Who asserted it first; left out where nobody is named.")
    claimDate = serializers.DateTimeField(required=False, help_text="When that was printed.")  # noqa: N815
    claimReview = FactCheckReview(many=True)  # noqa: N815


class FactCheckAnswer(serializers.Serializer[Any]):
    """One page of claims, the newest review first."""

    claims = FactCheckedClaim(many=True, required=False, help_text="Left out where nothing is found.")
    nextPageToken = serializers.CharField(required=False, help_text="Left out on the last page.")  # noqa: N815


@dataclass(frozen=True, slots=True)
class Place:
    """The review after which a page begins."""

    published_at: datetime
    pk: int

    def encode(self) -> str:
        """The place as one opaque word."""
        packed = json.dumps([self.published_at.isoformat(), self.pk]).encode()
        return base64.urlsafe_b64encode(packed).decode().rstrip("=")

    @classmethod
    def decode(cls, word: str) -> Self:
        """The place that :meth:`encode` packed. ``ValueError`` for anything else."""
        try:
            at, pk = json.loads(base64.urlsafe_b64decode(word.encode("ascii") + b"=" * (-len(word) % 4)))
            place = cls(datetime.fromisoformat(at), pk)
        except (binascii.Error, RecursionError, TypeError) as error:
            raise ValueError("not a token") from error
        if type(pk) is not int or abs(pk) >= 2**63 or place.published_at.tzinfo is None:
            raise ValueError("not a token")
        return place


def _from(least: int, most: int) -> dict[str, Any]:
    return {"type": "integer", "minimum": least, "maximum": most}


def _parameter(name: str, kind: Any, description: str) -> OpenApiParameter:
    return OpenApiParameter(name, kind, description=description)


class FactCheckSearch(Conditional):
    """Claims with a published verdict in force, as Google's Fact Check Tools API answers.

    Without a token the claims of public dossiers are found. `key`, `alt`, `prettyPrint` and Google's other common
    parameters are taken and change nothing.
    """

    permission_classes = [AllowAny]
    schema = ProblemSchema()
    shows = (
        models.Claim, models.Verdict, models.Evidence, models.Position, models.Statement, models.Source,
        models.Document, models.Dossier,
    )  # fmt: skip

    @extend_schema(
        summary="Search published verdicts, as Google's Fact Check Tools API does",
        operation_id="factcheck_claims_search",
        auth=[{"knoxApiToken": []}, {"cookieAuth": []}, {}],  # type: ignore[list-item]  # a scheme's scopes are none
        responses=FactCheckAnswer,
        parameters=[
            _parameter("query", OpenApiTypes.STR, "Words of the claim. Needed without reviewPublisherSiteFilter."),
            _parameter("languageCode", OpenApiTypes.STR, "Reviews in this language (BCP 47); its region is ignored."),
            _parameter(
                "pageSize", _from(1, LARGEST_OFFSET), f"Claims per page: {PAGE} unless given, {LARGEST_PAGE} at most."
            ),
            _parameter("pageToken", OpenApiTypes.STR, "The nextPageToken of the page before."),
            _parameter("offset", _from(0, LARGEST_OFFSET), "How many claims to leave out; ignored with pageToken."),
            _parameter("maxAgeDays", _from(0, LONGEST_AGE), "Reviewed at most so many days ago."),
            _parameter("reviewPublisherSiteFilter", OpenApiTypes.STR, "Reviews published at this host, without www."),
            *(_parameter(name, OpenApiTypes.STR, "Taken and ignored, as Google's clients send it.") for name in COMMON),
        ],
        examples=[
            OpenApiExample(
                "One claim",
                {
                    "claims": [
                        {
                            "text": "The Osk bridge was destroyed in an air strike",
                            "claimant": "Lowland Voices",
                            "claimDate": "2024-03-13T08:00:00+00:00",
                            "claimReview": [
                                {
                                    "publisher": {"name": "Karsk Desk", "site": "karsk-desk.example"},
                                    "url": "https://karsk-desk.example/osk",
                                    "title": "Probably true: “The Osk bridge was destroyed in an air strike”",
                                    "reviewDate": "2024-03-15T10:00:00+00:00",
                                    "textualRating": "Probably true",
                                    "languageCode": "en",
                                }
                            ],
                        }
                    ]
                },
                response_only=True,
            )
        ],
    )
    def get(self, request: Request) -> Response:
        """The claims found, with the verdict in force on each as its one review."""
        refuse_unknown(request, known=[*OWN, *COMMON])
        access = self._access()
        size = min(_whole(request, "pageSize", default=PAGE, most=LARGEST_OFFSET, least=1), LARGEST_PAGE)
        found = self._found(access).order_by("-published_at", "-pk")
        rows = list(self._page(found)[: size + 1])
        reviews = claimreview.reviews_of(rows[:size], readable=partial(readable, access=access))
        answer: dict[str, Any] = {"claims": [self._claim(review) for review in reviews]} if reviews else {}
        if len(rows) > size:
            last = rows[size - 1]
            answer["nextPageToken"] = Place(last.published_at, last.pk).encode()  # type: ignore[arg-type]
        return Response(mask_for(access)(answer))

    def handle_exception(self, exc: Exception) -> Response:
        """Our own problem details, with the error as Google's clients read it beside them."""
        response = super().handle_exception(exc)
        if isinstance(response.data, dict) and "detail" in response.data:
            status = "INVALID_ARGUMENT" if response.status_code == 400 else "FAILED_PRECONDITION"
            said = {"code": response.status_code, "message": response.data["detail"], "status": status}
            response.data["error"] = said
        return response

    def _access(self) -> Access:
        """What the caller may see: what is public, unless signed in and allowed to see all that is shown."""
        request = self.request
        if request.user.is_authenticated and not request.user.has_perms(needed(self)):
            return answer_in_public(request)
        return access_of(request)

    def _found(self, access: Access) -> QuerySet[Verdict]:
        query = self.request.query_params.get("query", "")
        site = self.request.query_params.get("reviewPublisherSiteFilter", "")
        if not query and not site:
            raise ValidationError({"query": ["Give words to search for, or a reviewPublisherSiteFilter."]})
        if len(query) > LONGEST_SEARCH or "\x00" in query:
            raise ValidationError({"query": [f"Give words, {LONGEST_SEARCH} characters at most."]})
        found: QuerySet[Verdict] = readable(claimreview.in_force(), access)
        language = self.request.query_params.get("languageCode", "")
        if (site and _host(site) != self._site()) or (language and _primary(language) != _primary(_language())):
            return found.none()
        if query:
            words = Q(stems=SearchQuery(query, config="english", search_type="plain"))
            stems = SearchVector("claim__text", config="english")
            found = found.annotate(stems=stems).filter(words | containing("claim__text", query))
        age = _whole(self.request, "maxAgeDays", default=LONGEST_AGE, most=LONGEST_AGE, least=0)
        return found if age == LONGEST_AGE else found.filter(published_at__gte=timezone.now() - timedelta(days=age))

    def _page(self, found: QuerySet[Verdict]) -> QuerySet[Verdict]:
        token = self.request.query_params.get("pageToken")
        if token is None:
            return found[_whole(self.request, "offset", default=0, most=LARGEST_OFFSET, least=0) :]
        try:
            place = Place.decode(token)
        except ValueError as error:
            raise ValidationError({"pageToken": ["This is no token of a page."]}) from error
        earlier = Q(published_at__lt=place.published_at) | Q(published_at=place.published_at, pk__lt=place.pk)
        return found.filter(earlier)

    def _claim(self, review: Review) -> dict[str, Any]:
        verdict, claim = review.verdict, review.verdict.claim
        _, words = RATINGS[verdict.credibility]
        url = newsroom.page_of(claim.uid, request=self.request)
        shown = {
            "publisher": {"name": newsroom.organisation()["name"], "site": _host(url)},
            "url": url,
            "title": f"{words}: “{claim.text}”",
            "reviewDate": verdict.published_at.isoformat() if verdict.published_at else None,
            "textualRating": words,
            "languageCode": _primary(_language()),
        }
        return {"text": claim.text, **_first_asserted(review), "claimReview": [shown]}

    def _site(self) -> str:
        """The host at which reviews are published: the same for every claim."""
        return _host(newsroom.page_of(UUID(int=0), request=self.request))


def _first_asserted(review: Review) -> dict[str, Any]:
    """Who asserted the claim first, and when that was printed."""
    asserted: Sequence[models.Position] = [p for p in review.appearances if p.stance == Stance.SUPPORTS]
    if not asserted:
        return {}
    statement = asserted[0].statement
    printed = statement.snapshot.document.published_at
    claimant = {"claimant": statement.source.resolved.name} if statement.source else {}
    return claimant | ({"claimDate": printed.isoformat()} if printed else {})


def _host(address: str) -> str:
    """The host of an address, or what is written of one, without www and in lower case."""
    host = urlsplit(address if "//" in address else f"//{address}").hostname or ""
    return host.removeprefix("www.")


def _primary(language: str) -> str:
    """The language of a language tag, without script and region."""
    return language.replace("_", "-").split("-", 1)[0].lower()


def _language() -> str:
    return str(settings.LANGUAGE_CODE)


def _whole(request: Request, name: str, *, default: int, least: int, most: int) -> int:
    given = request.query_params.get(name)
    if given is None:
        return default
    if not (given.isascii() and given.isdigit() and len(given) < 10 and least <= int(given) <= most):
        raise ValidationError({name: [f"Give a whole number, {least} to {most}."]})
    return int(given)
