"""Requests that change something: each in one transaction, and done once however often it is sent under one key.

The ``Idempotency-Key`` is that of draft-ietf-httpapi-idempotency-key-header. What was done (2xx) and what the domain
refused as things stood (409) is kept and given again. Any other refusal changed nothing and settled nothing: the same
key may be used once what it says is put right.
"""

import hashlib
import json
import re
from collections.abc import Callable
from functools import partial
from typing import Any

from django.db import transaction
from django.http import HttpRequest, HttpResponseBase, QueryDict
from rest_framework.exceptions import PermissionDenied, ValidationError
from rest_framework.permissions import SAFE_METHODS
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from claims.access import access_of
from claims.api.errors import MEDIA_TYPE, with_request_id
from claims.api.renderers import REQUEST_ID
from claims.errors import ClaimsError
from claims.services import idempotency
from claims.services.idempotency import Answer, Key

HEADER = "Idempotency-Key"
LONGEST_KEY = 255
KEY = rf'^("[!#-~]{{1,{LONGEST_KEY}}}"|[!#-~]{{1,{LONGEST_KEY}}})$'
REPLAYED = "Idempotent-Replayed"
REFUSED = 409
KEPT_HEADERS = ("Location", "ETag")


class Writing(APIView):
    """A view whose changes happen in one transaction each, and whose POST takes an ``Idempotency-Key``."""

    asks_only: tuple[str, ...] = ()  # actions whose POST changes nothing: they take no key and hold no transaction

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        """Answer; what changes something, all of it or nothing."""
        method = (request.method or "").lower()
        handler = getattr(self, method, None)
        if method.upper() not in SAFE_METHODS and handler is not None:
            vars(self)[method] = partial(self._change, handler)
        return super().dispatch(request, *args, **kwargs)

    def _change(self, handler: Callable[..., Response], request: Request, *args: Any, **kwargs: Any) -> Response:
        if getattr(self, "action", None) in self.asks_only:
            return handler(request, *args, **kwargs)
        key = _key_of(request)
        with transaction.atomic():
            if key is None:
                return handler(request, *args, **kwargs)
            asked = _asked(request)
            first = idempotency.first_answer(key, request=asked)
            if first is not None:
                return _again(first, request)
            try:
                with transaction.atomic():
                    response = handler(request, *args, **kwargs)
            except ClaimsError as refused:
                if refused.status != REFUSED:
                    raise
                response = self.handle_exception(refused)
            idempotency.keep(key, _as_given(response, request), request=asked)
        return response


def _key_of(request: Request) -> Key | None:
    """What the caller calls this request; ``None`` without a name, and for methods that do not need one."""
    given = request.headers.get(HEADER)
    if given is None or request.method != "POST":
        return None
    if not re.fullmatch(KEY, given):
        said = f"Give 1 to {LONGEST_KEY} visible ASCII characters, best a random UUID; in double quotes or without."
        raise ValidationError({HEADER: [said]})
    signed_in_by = request.auth.pk if request.auth is not None else "session"
    return Key(caller=f"{request.user.pk} {signed_in_by}", word=given.strip('"'))


def _asked(request: Request) -> str:
    """A hash of all that a request says, however it is written: where, what, and of which version."""
    said: Any = request.data
    if isinstance(said, QueryDict):
        said = dict(said.lists())
    elif isinstance(said, bytes):
        said = said.hex()
    whole = [request.method, request.get_full_path(), request.headers.get("If-Match"), said]
    return hashlib.sha256(json.dumps(whole, sort_keys=True, default=str).encode()).hexdigest()


def _as_given(response: Response, request: Request) -> Answer:
    body = None if response.data is None else json.loads(JSONRenderer().render(response.data))
    if response.status_code >= REFUSED and body is not None:
        body.pop(REQUEST_ID, None)  # each answer has that of its own request
    headers = {name: response[name] for name in KEPT_HEADERS if name in response}
    within = access_of(request).dossiers
    return Answer(response.status_code, body, headers, None if within is None else sorted(within))


def _again(first: Answer, request: Request) -> Response:
    """The first answer. Whoever may read less than then is refused, since it may tell of what was taken away."""
    now = access_of(request).dossiers
    if now is not None and (first.within is None or not set(first.within) <= now):
        raise PermissionDenied("This was answered when you could read more dossiers: it is not answered again.")
    refused = first.status >= REFUSED
    return Response(
        with_request_id(first.body, request) if refused else first.body,
        status=first.status,
        headers={**first.headers, REPLAYED: "true"},
        content_type=MEDIA_TYPE if refused else None,
    )
