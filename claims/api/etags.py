"""What version of a thing an answer shows: ``ETag``, answers of 304, and changes only of what somebody has seen.

A tag has two parts. The first names the state of the row and of all rows that its answer shows, by their newest events
on the ledger (:mod:`claims.api.shown`): one small query, and no answer has to be made to compare it. The second names
how it is shown: to whom, with which parameters, in which form, by which version of the serializers. ``If-None-Match``
compares both parts, ``If-Match`` the first only: whoever has seen a thing in one form may change it.

Lists and sub-resources are named by a hash of what is sent. So are rows that are not on the ledger, such as a
subscription; the state of one is what people settle of it (``SETTLED`` of its model), and not how it fares by itself.
"""

import hashlib
import re
from pathlib import Path
from typing import Any, cast

from django.db import connection
from django.db.models import Model, QuerySet
from django.http import Http404, HttpResponseBase
from django.utils.cache import get_conditional_response, patch_vary_headers
from rest_framework.generics import GenericAPIView
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from claims.access import access_of
from claims.api.shaping import EXPAND
from claims.api.shown import Found, Shown, find, objects_shown, shown_of_pk
from claims.errors import ChangedMeanwhile, MatchMissing
from claims.models import Event
from claims.services.protection import know_version, version_for

VARY = ("Authorization", "Cookie", "Accept")
CACHE_CONTROL = "private, no-cache"
CHANGES_TOLD = 20
_TAG = re.compile(r'"(?P<newest>[0-9a-f]+)\.(?P<mark>[0-9a-f]{32})(?:-[0-9a-f]+)?"')
# Another version of the serializers shows the same rows otherwise.
_SERIALIZERS = hashlib.sha256(
    b"".join(path.read_bytes() for path in sorted((Path(__file__).parent / "serializers").glob("*.py")))
).hexdigest()


def etag_of(row: Model, request: Request | None = None) -> str:
    """The tag of a row as it is now. With the request, the one that the answer to it has."""
    return _tag(_shown(type(row), row.pk), request)


def _tag(shown: Shown, request: Request | None) -> str:
    form = f"-{_form(request)}" if request is not None else ""
    return f'"{shown.newest:x}.{shown.mark}{form}"'


def _shown(model: type[Model], pk: int) -> Shown:
    """The state of a row: on the ledger by its events, and else by what people settle of it."""
    if not hasattr(model, "SETTLED"):
        return shown_of_pk(model, pk)
    return Shown(newest=0, mark=hashlib.sha256(repr(settled(model, pk)).encode()).hexdigest()[:32])


def settled(model: Any, pk: int) -> dict[str, Any]:
    """What people settle of a row, as it is now: by name, without that of the key of what it leads to."""
    values: dict[str, Any] = model._default_manager.values(*model.SETTLED).get(pk=pk)
    return {name.partition("__")[0]: value for name, value in values.items()}


def _form(request: Request, body: bytes = b"") -> str:
    """How something is shown: to whom, with which parameters, in which form; and, where it is known, its bytes."""
    parameters = sorted((name, value) for name, values in request.query_params.lists() for value in values)
    accepted = getattr(request, "accepted_media_type", "")
    named = repr((_SERIALIZERS, seen_by(request), parameters, accepted)).encode()
    return hashlib.sha256(named + body).hexdigest()[:20]


def seen_by(request: Request) -> str:
    """Whom an answer is made for: whoever may see something else has another mark."""
    access = access_of(request)
    dossiers = "all" if access.dossiers is None else sorted(access.dossiers)
    masked_by = "nothing" if access.sees_protected else version_for(request)
    return repr((access.user.pk, dossiers, masked_by))


class Conditional(APIView):
    """A view whose answers have tags; what the caller has already is answered with 304."""

    def finalize_response(self, request: Request, response: Any, *args: Any, **kwargs: Any) -> Any:
        """The answer, for no shared cache. What has no tag yet gets one made of its bytes."""
        final: Any = super().finalize_response(request, response, *args, **kwargs)
        if request.method in ("GET", "HEAD"):
            patch_vary_headers(final, VARY)
            final.headers.setdefault("Cache-Control", CACHE_CONTROL)
            if final.status_code == 200 and "ETag" not in final:
                if isinstance(final, Response):
                    final.add_post_render_callback(lambda rendered: _by_bytes(request, rendered))
                elif not final.streaming:
                    return _by_bytes(request, final)
        return final


class ConditionalRows(Conditional, GenericAPIView[Any]):
    """Single rows whose tag comes from the ledger: no answer is made for what the caller has already."""

    tagged_by_ledger = True  # otherwise by the bytes of the answer
    found: Found | None = None  # while a single row is shown

    def retrieve(self, request: Request, *_args: Any, **kwargs: Any) -> Response:
        """The row, or 304."""
        if not self.tagged_by_ledger:
            return self.one()
        rows = self.filter_queryset(self.identified())
        found = find(rows.filter(**{self.lookup_field: kwargs[self.lookup_field]}))
        if found is None:
            raise Http404(f"No {rows.model._meta.object_name} matches the given query.")
        know_version(request, found.protection)
        self.found, tag = found, _tag(found.shown, request)
        if EXPAND in request.query_params:
            # Besides the state of the row, its tag names the bytes: what is shown in full has changes of its own.
            response = self.one()
            vars(response)["state_shown"] = tag.rsplit("-", 1)[0].strip('"')
            return response
        if _has_it(request, tag):
            return Response(status=304, headers={"ETag": tag})
        response = self.one()
        response["ETag"] = tag
        return response

    def one(self) -> Response:
        """The single row asked for; ``found`` is what is known of it, where that was asked before."""
        raise NotImplementedError  # pragma: no cover

    def identified(self) -> QuerySet[Any]:
        """The rows among which the one that is asked for is found by its public id."""
        return self.get_queryset()


class ConditionalSettled(Conditional, GenericAPIView[Any]):
    """Single rows that are not on the ledger: compared by their bytes, and changed by what people settled of them."""

    def retrieve(self, request: Request, *args: Any, **kwargs: Any) -> Response:  # noqa: ARG002  the viewset knows
        """The row."""
        row = self.get_object()
        tag = _tag(_shown(type(row), row.pk), None)
        response = Response(self.get_serializer(row).data)
        vars(response)["state_shown"] = tag.strip('"')
        return response


def _has_it(request: Request, tag: str) -> bool:
    found = get_conditional_response(request._request, etag=tag)
    return found is not None and found.status_code == 304


def _by_bytes(request: Request, response: Any) -> HttpResponseBase:
    state = vars(response).get("state_shown")
    form = _form(request, response.content)
    tag = f'"{state}-{form}"' if state else f'"{form}"'
    response["ETag"] = tag
    return get_conditional_response(request._request, etag=tag, response=response) or response


def require_match(request: Request, row: Model) -> None:
    """Refuse a change of something that the caller has not seen as it is now. Call it in the change's transaction.

    ``If-Match`` is needed: without it the change is refused with 428, and with one that is no longer true with 412,
    which says what has changed since. The row is locked from here on, so that nobody changes it in between.
    """
    given = request.headers.get("If-Match", "").strip()
    if not given:
        raise MatchMissing(
            "Say which version you want to change: send If-Match with the ETag of your last GET of it, or * for any."
        )
    if connection.in_atomic_block:
        type(row)._default_manager.select_for_update(of=("self",), no_key=True).only("pk").get(pk=row.pk)
    if given == "*":
        return
    now = _shown(type(row), row.pk)
    seen = [match.groupdict() for match in _TAG.finditer(re.sub(r'W/"[^"]*"', "", given))]
    if any(tag["mark"] == now.mark for tag in seen):
        return
    since = max((int(tag["newest"], 16) for tag in seen), default=None)
    raise _settled_otherwise(row) if hasattr(row, "SETTLED") else changed_since(row, since)


def match_if_given(request: Request, row: Model) -> None:
    """The same of who says which version is meant: for switches, which overwrite nothing that somebody wrote."""
    if "If-Match" in request.headers:
        require_match(request, row)


def _settled_otherwise(row: Model) -> ChangedMeanwhile:
    """The refusal that tells how a row is settled now, of which no history is kept."""
    return ChangedMeanwhile(
        "This has changed since you saw it: `now` says how it is. GET it again, and decide anew.",
        members={"now": settled(type(row), cast("int", row.pk))},
    )


def changed_since(row: Model, since: int | None) -> ChangedMeanwhile:
    """The refusal that tells which events of what this row's answer shows came after the event ``since``."""
    if since is None or since >= 2**63:
        return ChangedMeanwhile("If-Match holds no ETag of this: GET it and send the ETag that comes with it.")
    with connection.cursor() as cursor:
        cursor.execute(objects_shown(row), {"pk": row.pk})
        uids = [uid for (uid,) in cursor.fetchall()]
    later = Event.objects.filter(object_uid__in=uids, pk__gt=since).defer("state").order_by("-pk")[:CHANGES_TOLD]
    changes = [
        {
            "at": event.recorded_at,
            "actor": event.actor_label,
            "verb": event.verb,
            "object": event.object_type,
            "uid": str(event.object_uid),
            "reason": event.reason,
        }
        for event in later
    ]
    told = "; ".join(f"{c['actor']}: {c['verb']} {c['object']}" for c in changes[:5]) or "what it shows is another"
    return ChangedMeanwhile(
        f"This has changed since you saw it ({told}). GET it again, and decide anew.", members={"changes": changes}
    )
