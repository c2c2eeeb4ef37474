"""Signing in: with a token, whose scopes are looked at before anything is done, or with a session."""

from collections.abc import Collection, Mapping
from datetime import timedelta
from typing import Any

from django.db.models import Q
from django.utils import timezone
from drf_spectacular.contrib.knox_auth_token import KnoxTokenScheme
from knox.auth import TokenAuthentication
from knox.crypto import hash_token
from knox.models import AuthToken
from rest_framework.exceptions import AuthenticationFailed, PermissionDenied
from rest_framework.permissions import SAFE_METHODS
from rest_framework.request import Request

from claims.choices import Scope
from claims.models import TokenGrant

LAST_USE_SECONDS = 60  # no request writes that its token was used more often than this


class InsufficientScope(PermissionDenied):
    """The token was not granted what this takes, whatever its user may do."""

    default_code = "insufficient_scope"


class PrintableTokenAuthentication(TokenAuthentication):
    """Knox's tokens, and what they were granted (:class:`claims.models.access.TokenGrant`).

    A token is found by its hash: one query, and nothing is written but, once a minute, that it was used.
    """

    def authenticate(self, request: Request) -> Any:
        """The user and the token; refused where the token's scopes do not cover this request."""
        found = super().authenticate(request)
        if found is not None:
            _, token = found
            grant: TokenGrant | None = getattr(token, "grant", None)
            if grant is not None:
                wanted = scopes_for(request)
                if not wanted & set(grant.scopes):
                    raise InsufficientScope(
                        f"This takes a token with the scope {' or '.join(sorted(wanted))}; "
                        f"this one has: {', '.join(sorted(grant.scopes))}."
                    )
                note_use(grant)
        return found

    def authenticate_credentials(self, token: bytes) -> Any:
        """The user and the token's row. What cannot be a token is refused before the database is asked."""
        if not token.isalnum():  # the database knows no NUL characters
            raise AuthenticationFailed("Invalid token.")
        found = (
            AuthToken.objects.select_related("user", "grant")
            .filter(Q(expiry=None) | Q(expiry__gt=timezone.now()), digest=hash_token(token.decode()))
            .first()
        )
        if found is None:
            raise AuthenticationFailed("Invalid token.")
        return self.validate_user(found)


def scopes_for(request: Request) -> set[str]:
    """The scopes any of which this request takes: what its view says of the method, else read or review."""
    view = request.parser_context.get("view") if request.parser_context else None
    named: Mapping[str, str | Collection[str]] = getattr(view, "scopes", {})
    method = request.method or ""
    wanted = named.get(method, Scope.READ if method in SAFE_METHODS else Scope.REVIEW)
    return {wanted} if isinstance(wanted, str) else set(wanted)


def note_use(grant: TokenGrant) -> None:
    """Note that a token was used, where that was not noted within the last minute."""
    now = timezone.now()
    stale = now - timedelta(seconds=LAST_USE_SECONDS)
    if grant.last_used_at is None or grant.last_used_at < stale:
        unnoted = Q(last_used_at=None) | Q(last_used_at__lt=stale)  # of many at once, one writes
        TokenGrant.objects.filter(unnoted, pk=grant.pk).update(last_used_at=now)


class _Scheme(KnoxTokenScheme):  # type: ignore[no-untyped-call]  # registers itself with the schema generator
    target_class = "claims.api.authentication.PrintableTokenAuthentication"
