"""What changed since a place on the ledger: as pages that can be waited for, and as server-sent events."""

import json
import time
from collections.abc import Iterator
from typing import Any

from django.conf import settings
from django.core.serializers.json import DjangoJSONEncoder
from django.http import HttpResponseBase, StreamingHttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework.exceptions import ValidationError
from rest_framework.renderers import BaseRenderer, JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from claims import models
from claims.access import Access, access_of
from claims.api.etags import Conditional
from claims.api.filtering import SLUG, refuse_unknown
from claims.api.permissions import MayView
from claims.api.schema import ProblemSchema
from claims.api.serializers.changes import ChangesSerializer
from claims.api.throttling import CHANGES
from claims.errors import AheadOfLedger
from claims.models.ledger import TYPES
from claims.services.bell import bell
from claims.services.changes import LIMIT, Page, Wanted, changes_after

LONGEST_WAIT = 60  # seconds
LARGEST_PLACE = 2**63 - 1
EVENT_STREAM = "text/event-stream"
HEARTBEAT = 15.0  # seconds
RECONNECT_AFTER = 2000  # milliseconds
STREAMED_AT_ONCE = 200

PLACE = {"type": "integer", "format": "int64", "minimum": 0, "maximum": LARGEST_PLACE}
AFTER = OpenApiParameter("after", PLACE, description="The place that you have read up to; 0 at first.")
DOSSIER = OpenApiParameter("dossier", OpenApiTypes.STR, description="Only changes in the dossier with this slug.")
TYPE = OpenApiParameter(
    "type", OpenApiTypes.STR, enum=TYPES, many=True, description="Only changes of such objects; may be repeated."
)
AHEAD = OpenApiResponse(description="The ledger ends before this place: it was restored from an older copy.")
PLACES_TAKEN = OpenApiResponse(description="As many clients wait as this server lets; `Retry-After` says when to ask.")


class ChangesView(Conditional):
    """Changes after a place on the ledger, in order, without gaps.

    Without `dossier` and `type` every place is told once: a change, a tombstone for what counts no longer (with what
    it became), or `hidden` for what you may not see. With them, only what matches; `next` says how far that holds. Ask
    again with `after` = `next`. With `wait`, an answer that has nothing to tell waits so long for something.
    """

    permission_classes = [MayView]
    schema = ProblemSchema()
    shows = (models.Event,)
    allowance = CHANGES

    @extend_schema(
        summary="What changed",
        responses={200: ChangesSerializer, 409: AHEAD, 503: PLACES_TAKEN},
        parameters=[
            AFTER,
            OpenApiParameter(
                "wait",
                {"type": "integer", "minimum": 0, "maximum": LONGEST_WAIT, "default": 0},
                description=f"Seconds to wait for a change, 0 to {LONGEST_WAIT}.",
            ),
            OpenApiParameter(
                "limit",
                {"type": "integer", "minimum": 1, "maximum": LIMIT, "default": LIMIT},
                description=f"Places in one answer, 1 to {LIMIT}.",
            ),
            DOSSIER,
            TYPE,
        ],
    )
    def get(self, request: Request) -> Response:
        """The changes after `after`, at once or as soon as there are any."""
        refuse_unknown(request, known=["after", "dossier", "limit", "type", "wait"], many={"type"})
        after = _whole(request, "after", default=0, least=0, most=LARGEST_PLACE)
        wait = _whole(request, "wait", default=0, least=0, most=LONGEST_WAIT)
        limit = _whole(request, "limit", default=LIMIT, least=1, most=LIMIT)
        access = access_of(request)
        wanted = _wanted(request, access)
        page = changes_after(after, access=access, wanted=wanted, limit=limit)
        _refuse_ahead(after, page)
        if wait and not page.changes and not page.more:
            page = _waited(page, access, wanted, limit, until=time.monotonic() + wait)
        return Response(page.as_json())


class EventStreamRenderer(BaseRenderer):
    """Lets a client that takes nothing but an event stream have one; errors are problem details all the same."""

    media_type = EVENT_STREAM
    format = "json"  # errors are
    charset = None

    def render(self, data: Any, *_: Any, **__: Any) -> bytes:
        """An error as JSON."""
        return json.dumps(data, cls=DjangoJSONEncoder).encode()


class StreamView(APIView):
    """The same changes as server-sent events, one event for each.

    The `id` of an event is its place, its name is `change`, `tombstone` or `hidden`. A browser's `EventSource` comes
    back by itself with `Last-Event-ID` and misses nothing. The stream ends after some minutes: come back then, too.
    """

    permission_classes = [MayView]
    schema = ProblemSchema()
    shows = (models.Event,)
    allowance = CHANGES
    renderer_classes = [EventStreamRenderer, JSONRenderer]

    @extend_schema(
        summary="What changes, as it does",
        responses={(200, EVENT_STREAM): OpenApiTypes.STR, 409: AHEAD, 503: PLACES_TAKEN},
        parameters=[
            AFTER,
            OpenApiParameter(
                "Last-Event-ID", PLACE, OpenApiParameter.HEADER,
                description="Where a stream broke off; it goes before `after`.",
            ),
            DOSSIER,
            TYPE,
        ],
    )  # fmt: skip
    def get(self, request: Request) -> HttpResponseBase:
        """A stream of changes that begins after `Last-Event-ID`, or else after `after`."""
        refuse_unknown(request, known=["after", "dossier", "type"], many={"type"})
        after = _whole(request, "after", default=0, least=0, most=LARGEST_PLACE)
        if resumed := request.headers.get("Last-Event-ID"):
            after = _number(resumed, "Last-Event-ID", least=0, most=LARGEST_PLACE)
        access = access_of(request)
        wanted = _wanted(request, access)
        _refuse_ahead(after, changes_after(after, access=access, wanted=wanted, limit=1))
        bell.take_place()
        stream = Stream(after, access, wanted)
        return StreamingHttpResponse(
            stream, content_type=EVENT_STREAM, headers={"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
        )


class Stream:
    """The bytes of one event stream. It holds a place at the bell, which :meth:`close` gives back."""

    def __init__(self, after: int, access: Access, wanted: Wanted) -> None:
        self._chunks = self._told(after, access, wanted)
        self._open = True

    def __iter__(self) -> Iterator[bytes]:
        return self

    def __next__(self) -> bytes:
        return next(self._chunks)

    def close(self) -> None:
        """Called by the web server when it is done with the answer, whether or not all of it was sent."""
        if self._open:
            self._open = False
            bell.leave_place()

    def _told(self, after: int, access: Access, wanted: Wanted) -> Iterator[bytes]:
        ends = time.monotonic() + settings.CHANGES_STREAM_SECONDS
        yield f"retry: {RECONNECT_AFTER}\n\n".encode()
        while True:
            rung = bell.listen()
            page = changes_after(after, access=access, wanted=wanted, limit=STREAMED_AT_ONCE)
            for change in page.changes:
                told = json.dumps(change, cls=DjangoJSONEncoder, ensure_ascii=False)
                yield f"id: {change['seq']}\nevent: {change['kind']}\ndata: {told}\n\n".encode()
            if page.next > after or not page.more:
                # An id without data is where a client resumes, though nothing of it was for it.
                yield f": still here\nid: {page.next}\n\n".encode()
            after = page.next
            if bell.stopped or time.monotonic() >= ends:
                return
            if not page.more:
                bell.wait(rung, until=min(ends, time.monotonic() + HEARTBEAT))


def _waited(page: Page, access: Access, wanted: Wanted, limit: int, *, until: float) -> Page:
    """The first page after this one that has something to tell, or that of the last moment."""
    with bell.place():
        while True:
            rung = bell.listen()
            page = changes_after(page.next, access=access, wanted=wanted, limit=limit)
            if page.changes or page.more or bell.stopped or time.monotonic() >= until:
                return page
            bell.wait(rung, until=until)


def _wanted(request: Request, access: Access) -> Wanted:
    types = request.query_params.getlist("type")
    for name in types:
        if name not in TYPES:
            raise ValidationError({"type": [f"There is no type {name!r}. Known: {', '.join(TYPES)}."]})
    slug = request.query_params.get("dossier")
    if slug is None:
        return Wanted(None, frozenset(types))
    dossier = models.Dossier.objects.filter(slug=slug).only("pk").first() if SLUG.match(slug) else None
    if dossier is None or (access.dossiers is not None and dossier.pk not in access.dossiers):
        raise ValidationError({"dossier": [f"There is no dossier {slug}."]})
    return Wanted(dossier.pk, frozenset(types))


def _refuse_ahead(after: int, page: Page) -> None:
    if after > page.head:
        raise AheadOfLedger(
            f"This ledger ends at {page.head}, and you have read up to {after}: it is not the one that you read, or it "
            "was restored from an older copy. Read what you hold again, then go on from its head."
        )


def _whole(request: Request, name: str, *, default: int, least: int, most: int) -> int:
    given = request.query_params.get(name)
    return default if given is None else _number(given, name, least=least, most=most)


def _number(given: str, name: str, *, least: int, most: int) -> int:
    if given.isascii() and given.isdigit() and len(given) < 20 and least <= int(given) <= most:
        return int(given)
    bounds = f"{least} or more" if most == LARGEST_PLACE else f"{least} to {most}"
    raise ValidationError({name: [f"Give a whole number, {bounds}."]})
