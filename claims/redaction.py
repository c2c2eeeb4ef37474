"""The last door: a mask over every page and every other text that is about to be sent to who may not see it all.

What the API's renderer wrote is masked already, value by value. This covers the rest: the admin, the desk, answers of
scripts, errors and headers. A stream is masked by whoever writes it, piece by piece.
"""

from collections.abc import Callable
from urllib.parse import quote_plus

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.urls import Resolver404, resolve
from django.utils.html import escape

from claims.markup import masked_markup
from claims.masking import Masker
from claims.services.protection import masker_for

WRITTEN = ("text/", "json", "xml", "yaml")
# What these say holds no word of any row, and they must answer without a database.
WATCHED = ("/health/", "/metrics")
_KEPT = "\ue000"  # stands for what callers sent themselves, while all else is masked


class RedactionMiddleware:
    """Masks what is protected in every answer for whoever may not see it. Costs them one small query."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """The answer as this caller may see it."""
        response = self.get_response(request)
        if (
            response.streaming
            or request.path_info.startswith(WATCHED)
            or getattr(response, "masked", False)
            or not any(kind in response.get("Content-Type", "") for kind in WRITTEN)
        ):
            return response
        masker = masker_for(request)
        if masker is None:
            return response
        content = getattr(response, "content", b"")
        shown = _masked(content.decode(response.charset or "utf-8", "surrogateescape"), masker, _own(request))
        written = shown.encode(response.charset or "utf-8", "surrogateescape")
        if written != content:
            response.content = written  # type: ignore[attr-defined]  # no stream
            if response.has_header("Content-Length"):
                response["Content-Length"] = str(len(written))
        return response


def _masked(page: str, masker: Masker, own: list[str]) -> str:
    kept = [said for said in own if said in page]
    for number, said in enumerate(kept, 1):
        page = page.replace(said, f"{_KEPT * number}\n")
    page = masked_markup(page, masker)
    for number, said in reversed(list(enumerate(kept, 1))):
        page = page.replace(f"{_KEPT * number}\n", said)
    return page


def _own(request: HttpRequest) -> list[str]:
    """The forms in which a page of search gives back what was looked for.

    A mask over it would tell that a name was guessed. It stays in the box and in addresses, where nothing that the
    record holds is written; as a text only where what was found never holds it.
    """
    asked = request.GET.get("q", "").strip()
    if not asked:
        return []
    safe = escape(asked)
    forms = [f'value="{safe}"', f"q={quote_plus(asked)}"]
    try:
        found = resolve(request.path_info).view_name
    except Resolver404:
        found = ""
    return [*forms, f"<bdi>{safe}</bdi>"] if found == "desk:search" else forms
