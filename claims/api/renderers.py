"""JSON as every answer of the API is written: with a mask over what its caller may not see."""

from collections.abc import Mapping
from typing import Any

from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request

from claims.masking import Masker, squeezed
from claims.services.protection import masker_for

# Addresses that are made of the caller's own.
OWN = ("next", "previous")
REQUEST_ID = "request_id"  # in problem details


class MaskedJSONRenderer(JSONRenderer):
    """JSON in which protected names and words are masked for whoever may not see them.

    Here and not in the serializers, so that no field can forget it. An answer that is not written by this renderer has
    to call :func:`claims.services.protection.masked` itself.

    What callers sent is given back as they sent it: a mask over it would tell them that they guessed a name.
    """

    def render(
        self, data: Any, accepted_media_type: str | None = None, renderer_context: Mapping[str, Any] | None = None
    ) -> bytes:
        """The bytes of the answer."""
        context = renderer_context or {}
        request: Request | None = context.get("request")
        response = context.get("response")
        if request is not None and data is not None:
            masker = masker_for(request)
            if masker is not None:
                status = response.status_code if response is not None else 200
                sent = _without_own(data, masker, request) if status == 400 else _masked(data, masker)
                # What callers may have sent in a header is theirs, too.
                data = sent if status < 400 or REQUEST_ID not in data else {**sent, REQUEST_ID: data[REQUEST_ID]}
        if response is not None:
            response.masked = True
        written: bytes = super().render(data, accepted_media_type, renderer_context)
        return written


def _masked(data: Any, masker: Masker) -> Any:
    if not (isinstance(data, Mapping) and "results" in data):
        return masker.value(data)
    own = {name: data[name] for name in OWN if name in data}
    return {**masker.value({name: inner for name, inner in data.items() if name not in own}), **own}


def _without_own(data: Any, masker: Masker, request: Request) -> Any:
    """A refusal of what a caller sent: its own words stay, and nothing else."""
    sent = squeezed(sent_with(request))
    if isinstance(data, Mapping):
        return {_unless_own(name, masker, sent): _without_own(inner, masker, request) for name, inner in data.items()}
    if isinstance(data, list | tuple):
        return [_without_own(inner, masker, request) for inner in data]
    return _unless_own(data, masker, sent) if isinstance(data, str) else data


def _unless_own(text: str, masker: Masker, sent: str) -> str:
    own = all(squeezed(text[start:end]) in sent for start, end in masker.spans(text))
    return text if own else masker.text(text)


def sent_with(request: Request) -> str:
    """The words that a caller sent, in the address or the body."""
    words = [request.path, *(word for name, values in request.query_params.lists() for word in (name, *values))]
    data = getattr(request, "_full_data", None)
    if isinstance(data, Mapping):
        words += [str(inner) for item in data.items() for inner in item]
    return "\0".join(words)
