"""Signing in: with a token, whose scopes are looked at before anything is done, or with a session."""

from collections.abc import Collection, Iterator, Mapping
from datetime import timedelta
from itertools import islice
from typing import Any

from django.contrib.auth.models import Group, Permission, User
from django.contrib.contenttypes.models import ContentType
from django.db import DEFAULT_DB_ALIAS, connection
from django.db.models import Model, Q
from django.utils import timezone
from drf_spectacular.contrib.knox_auth_token import KnoxTokenScheme
from knox.auth import TokenAuthentication
from knox.crypto import hash_token
from knox.models import AuthToken
from rest_framework.exceptions import AuthenticationFailed, PermissionDenied
from rest_framework.permissions import SAFE_METHODS
from rest_framework.request import Request

from claims import prepared
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
        found = token_of(hash_token(token.decode()))
        if found is None:
            raise AuthenticationFailed("Invalid token.")
        return self.validate_user(found)


def token_of(digest: str) -> AuthToken | None:
    """The token with this digest, unless it has expired, with its user, what the user may do, and its grant."""
    with connection.cursor() as cursor:
        prepared.execute(cursor, _WHO, [digest])
        row = cursor.fetchone()
    if row is None:
        return None
    values = iter(row)
    token, user, grant = (_made(model, values) for model in (AuthToken, User, TokenGrant))
    if not user.is_superuser:
        user._perm_cache = set(next(values))  # where Django keeps what a user may do, once it has asked
    token.user = user
    token._state.fields_cache["grant"] = grant if grant.pk else None
    return token


def _made(model: type[Model], values: Iterator[Any]) -> Any:
    names = [field.attname for field in model._meta.concrete_fields]
    return model.from_db(DEFAULT_DB_ALIAS, names, list(islice(values, len(names))))


def _columns(model: type[Model], table: str) -> str:
    return ", ".join(f"{table}.{field.column}" for field in model._meta.concrete_fields)


# All that decides who asks, in one statement: it is sent with every request.
_WHO = f"""
    SELECT {_columns(AuthToken, "t")}, {_columns(User, "u")}, {_columns(TokenGrant, "g")}, ARRAY(
        SELECT c.app_label || '.' || p.codename
        FROM {Permission._meta.db_table} p JOIN {ContentType._meta.db_table} c ON c.id = p.content_type_id
        WHERE p.id IN (
            SELECT permission_id FROM {User.user_permissions.through._meta.db_table} WHERE user_id = u.id
            UNION ALL
            SELECT r.permission_id FROM {Group.permissions.through._meta.db_table} r
            JOIN {User.groups.through._meta.db_table} m ON m.group_id = r.group_id WHERE m.user_id = u.id
        )
    )
    FROM {AuthToken._meta.db_table} t JOIN {User._meta.db_table} u ON u.id = t.user_id
    LEFT JOIN {TokenGrant._meta.db_table} g ON g.token_id = t.digest
    WHERE t.digest = %s AND (t.expiry IS NULL OR t.expiry > statement_timestamp())
"""  # noqa: S608  only names of tables and columns


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
