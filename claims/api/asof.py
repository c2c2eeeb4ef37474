"""What was held at a moment, and when it changed: for views of rows that the ledger tells of."""

import base64
import binascii
import json
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from django.shortcuts import get_object_or_404
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, PolymorphicProxySerializer, extend_schema
from rest_framework.decorators import action
from rest_framework.exceptions import ValidationError
from rest_framework.generics import GenericAPIView
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import Serializer
from rest_framework.utils.urls import replace_query_param

from claims.access import access_of
from claims.api.serializers.asof import HistorySerializer, MomentSerializer
from claims.errors import NotYetKnown
from claims.models import Event
from claims.models.ledger import EventQuerySet
from claims.services.asof import Held, moments_of

AS_OF = "as_of"
MOMENT = OpenApiParameter(
    AS_OF,
    OpenApiTypes.DATETIME,
    description="What was held at this moment, from the ledger (ISO 8601 with its offset). Not in the future; before "
    "it was first recorded the answer is 404 with the code `not_yet_known`.",
)
NOW_OR_THEN = "NowOrThen"
PAGE, LARGEST_PAGE = 50, 200
PAGE_SIZE = {"type": "integer", "minimum": 1, "maximum": LARGEST_PAGE, "default": PAGE}


def moment_asked(request: Request) -> datetime | None:
    """The moment that the request asks about; ``None`` where it asks about now. One in the future is refused."""
    given = request.query_params.get(AS_OF)
    if given is None:
        return None
    at = _in_utc(given.replace(" ", "+"))  # a plus sign that was not escaped
    if at is None:
        raise ValidationError({AS_OF: ["Give a moment with its offset, as 2013-05-19T18:00:00Z."]})
    if at > timezone.now():
        raise ValidationError({AS_OF: ["This moment has not come yet."]})
    return at


def _in_utc(given: str) -> datetime | None:
    """The moment in UTC, since PostgreSQL does not take every offset of ISO 8601; ``None`` for what is none."""
    try:
        at = parse_datetime(given)
        return at.astimezone(UTC) if at is not None and at.tzinfo is not None else None
    except (ValueError, OverflowError):  # OverflowError: a moment of no year that UTC has
        return None


def not_yet(at: datetime) -> NotYetKnown:
    """The refusal where nothing was held yet."""
    return NotYetKnown(f"Nothing was held of this at {at.isoformat()}: it was first recorded later.")


def now_or_then(name: str, now: type[Serializer[Any]], then: type[Serializer[Any]]) -> Any:
    """What the schema says of an answer about the present or about a moment."""
    return PolymorphicProxySerializer(
        component_name=f"{name}{NOW_OR_THEN}", serializers=[now, then], resource_type_field_name=None
    )


def held_in(held: Held, at: datetime, **besides: Any) -> dict[str, Any]:
    """What a serializer reads of an object as it was, the moment asked for, and what is told besides."""
    return {"as_of": at, **{name: getattr(held, name) for name in Held.__slots__}, **besides}


class AsOf(GenericAPIView[Any]):
    """A view whose single row can be asked for as it was at a moment."""

    def then(self, uid: UUID, at: datetime) -> dict[str, Any]:
        """What was held of the row at the moment. Raises ``NotYetKnown``."""
        raise NotImplementedError  # pragma: no cover

    def retrieve(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """The row as it is, or as it was."""
        at = moment_asked(request)
        if at is None:
            response: Response = super().retrieve(request, *args, **kwargs)  # type: ignore[misc]  # the viewset's
            return response
        if others := sorted(set(request.query_params) & {"fields", "expand"}):
            raise ValidationError({name: [f"Not together with {AS_OF}."] for name in others})
        found = self.filter_queryset(self.get_queryset()).order_by().values_list("uid", flat=True)
        return Response(self.then(get_object_or_404(found, uid=kwargs["uid"]), at))


class HasHistory(GenericAPIView[Any]):
    """A view of rows whose history can be read, the newest moment first."""

    def events_of(self, row: Any) -> EventQuerySet:
        """The events that the row's history tells."""
        return Event.objects.filter(object_uid=row.uid)

    @extend_schema(
        summary="When it changed, by whom and why",
        responses=HistorySerializer,
        parameters=[
            OpenApiParameter("cursor", OpenApiTypes.STR, description="From the `next` of the page before."),
            OpenApiParameter("page_size", PAGE_SIZE, description=f"Moments per page, 1 to {LARGEST_PAGE}."),
        ],
    )
    @action(detail=True, takes=("cursor", "page_size"), pagination_class=None)
    def history(self, request: Request, **_: Any) -> Response:
        """Moments at which something changed, the newest first, each with what was done and what became of it."""
        size = page_size(request)
        events = self.events_of(self.get_object()).readable_by(access_of(request)).defer("prev_hash", "hash")
        moments, more = moments_of(events, before=_before(request), limit=size)
        shown = [{"at": at, "changes": changes} for at, _transaction, changes in moments]
        next_link = None
        if more:
            at, transaction, _changes = moments[-1]
            cursor = packed(at.isoformat(), transaction)
            next_link = replace_query_param(request.build_absolute_uri(), "cursor", cursor)
        told = MomentSerializer(shown, many=True, context=self.get_serializer_context())
        return Response({"next": next_link, "results": told.data})


def page_size(request: Request) -> int:
    """How many rows a page is to have."""
    given = request.query_params.get("page_size")
    if given is None:
        return PAGE
    if not (given.isascii() and given.isdigit() and len(given) < 6 and 1 <= int(given) <= LARGEST_PAGE):
        raise ValidationError({"page_size": [f"Give a whole number, 1 to {LARGEST_PAGE}."]})
    return int(given)


def packed(*place: Any) -> str:
    """A place in a list as one opaque word."""
    return base64.urlsafe_b64encode(json.dumps(place, separators=(",", ":")).encode()).decode().rstrip("=")


def unpacked(request: Request) -> list[Any] | None:
    """The place that :func:`packed` packed into the cursor of this request; ``None`` without one."""
    word = request.query_params.get("cursor")
    if word is None:
        return None
    try:
        place = json.loads(base64.urlsafe_b64decode(word.encode("ascii") + b"=" * (-len(word) % 4)))
    except (ValueError, binascii.Error, RecursionError) as error:
        raise no_cursor() from error
    if not isinstance(place, list):
        raise no_cursor()
    return place


def no_cursor() -> ValidationError:
    """The refusal of a cursor that is none of this list's."""
    return ValidationError({"cursor": ["This is no cursor of this list."]})


def _before(request: Request) -> tuple[datetime, int] | None:
    place = unpacked(request)
    if place is None:
        return None
    at = None
    if len(place) == 2 and isinstance(place[0], str) and type(place[1]) is int and abs(place[1]) < 2**63:
        at = _in_utc(place[0])
    if at is None:
        raise no_cursor()
    return at, place[1]
