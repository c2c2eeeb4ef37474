"""Every error of the API as problem details (RFC 9457), by one handler."""

from http import HTTPStatus
from typing import Any

from django.core.exceptions import ValidationError as InvalidRow
from rest_framework import exceptions, serializers
from rest_framework.response import Response
from rest_framework.views import exception_handler, set_rollback

from claims.api import throttling
from claims.api.renderers import REQUEST_ID
from claims.errors import ClaimsError, TooManyRequests

MEDIA_TYPE = "application/problem+json"
CODE_WHEN_INVALID = "invalid"


class Problem(serializers.Serializer[Any]):
    """What went wrong (RFC 9457). ``code`` is stable and made for programs; ``detail`` is made for people."""

    type = serializers.CharField(help_text="Always about:blank: the status and the code say what kind it is.")
    title = serializers.CharField(help_text="The HTTP status in words.")
    status = serializers.IntegerField()
    detail = serializers.CharField()
    code = serializers.CharField(help_text="Stable: not_authenticated, permission_denied, not_found, invalid, …")
    errors = serializers.DictField(  # type: ignore[assignment]  # a field of the answer, not the serializer's own
        child=serializers.ListField(child=serializers.CharField()),
        required=False,
        help_text="For code invalid: what is wrong, by parameter or field.",
    )
    removed_at = serializers.DateTimeField(required=False, help_text="For code contents_removed: when they went.")
    removed_under = serializers.CharField(required=False, help_text="For code contents_removed: the rule, in words.")
    changes = serializers.ListField(
        child=serializers.JSONField(),
        required=False,
        help_text="For code changed_meanwhile: what changed since, the newest first, with at, actor, verb and reason.",
    )
    now = serializers.DictField(
        required=False,
        help_text="For code changed_meanwhile, of subscriptions and feeds: how what people settle of it is now.",
    )
    contradiction = serializers.UUIDField(
        required=False, help_text="For code already_decided: the contradiction that is there already."
    )
    request_id = serializers.CharField(
        required=False,
        help_text="What X-Request-ID of this answer says: name it to whoever runs this server, whose logs have it.",
    )


def problem(
    *,
    status: int,
    code: str,
    detail: str,
    errors: dict[str, list[str]] | None = None,
    members: dict[str, Any] | None = None,
) -> Response:
    """An answer that says what went wrong, as ``application/problem+json``; ``members`` are what it says besides."""
    body: dict[str, Any] = {
        "type": "about:blank",
        "title": HTTPStatus(status).phrase,
        "status": status,
        "detail": sendable(detail),
        "code": code,
        **(members or {}),
    }
    if errors is not None:
        body["errors"] = {sendable(name): [sendable(m) for m in said] for name, said in errors.items()}
    return Response(body, status=status, content_type=MEDIA_TYPE)


def answer(error: Exception, context: dict[str, Any]) -> Response | None:
    """REST framework's ``EXCEPTION_HANDLER``. ``None``, for an unforeseen error, leaves it to Django to log."""
    found = _answer(error, context)
    if found is not None:
        found.data = with_request_id(found.data, context.get("request"))
    return found


def with_request_id(body: Any, request: Any) -> Any:
    """Problem details with the id by which the server's logs know the request, where it has one."""
    request_id = getattr(request, REQUEST_ID, None)
    return {**body, REQUEST_ID: request_id} if request_id else body


def _answer(error: Exception, context: dict[str, Any]) -> Response | None:
    error = _or_too_many(error, context)
    if isinstance(error, ClaimsError):
        set_rollback()
        refused = problem(status=error.status, code=error.code, detail=str(error), members=error.members)
        if error.retry_after is not None:
            refused["Retry-After"] = str(error.retry_after)
        return refused
    if isinstance(error, InvalidRow):
        named = error.message_dict if hasattr(error, "error_dict") else error.messages
        error = exceptions.ValidationError(named)
    plain = exception_handler(error, context)
    if plain is None:
        return None
    if isinstance(error, exceptions.ValidationError):
        errors = by_field(error.detail)
        detail = "; ".join(f"{field}: {' '.join(messages)}" for field, messages in errors.items())
        found = problem(status=plain.status_code, code=CODE_WHEN_INVALID, detail=detail, errors=errors)
    else:
        said = plain.data.get("detail", "") if isinstance(plain.data, dict) else ""
        code = getattr(said, "code", None) or CODE_WHEN_INVALID
        found = problem(status=plain.status_code, code=code, detail=str(said))
    for name in ("WWW-Authenticate", "Retry-After"):
        if name in plain.headers:
            found[name] = plain[name]
    return found


def _or_too_many(error: Exception, context: dict[str, Any]) -> Exception:
    """The error; or, where it came before the request was counted and was one too many, the refusal for that."""
    if "request" in context:
        try:
            throttling.count(context["request"], context["view"])
        except TooManyRequests as refused:
            return refused
    return error


def sendable(text: str) -> str:
    """The text without what UTF-8 cannot carry: a message may repeat a lone surrogate that a request's JSON escaped."""
    return text.encode(errors="replace").decode()


def by_field(detail: Any, prefix: str = "") -> dict[str, list[str]]:
    """Messages of a validation error by the path of their field; those of no field under ``""``."""
    if isinstance(detail, dict):
        flat: dict[str, list[str]] = {}
        for name, inner in detail.items():
            here = "" if name == "non_field_errors" else str(name)
            for path, messages in by_field(inner, ".".join(part for part in (prefix, here) if part)).items():
                flat.setdefault(path, []).extend(messages)
        return flat
    if isinstance(detail, list):
        flat = {}
        for number, inner in enumerate(detail):
            nested = isinstance(inner, dict | list)
            path = f"{prefix}.{number}" if nested and prefix else prefix
            for at, messages in by_field(inner, path).items():
                flat.setdefault(at, []).extend(messages)
        return flat
    return {prefix: [str(detail)]}
