"""Signing in with a token."""

from typing import Any

from drf_spectacular.contrib.knox_auth_token import KnoxTokenScheme
from knox.auth import TokenAuthentication
from rest_framework.exceptions import AuthenticationFailed


class PrintableTokenAuthentication(TokenAuthentication):
    """Knox's tokens. What cannot be one is refused before the database, which knows no NUL characters, is asked."""

    def authenticate_credentials(self, token: bytes) -> Any:
        """The user and the token's row."""
        if not token.isalnum():
            raise AuthenticationFailed("Invalid token.")
        return super().authenticate_credentials(token)


class _Scheme(KnoxTokenScheme):  # type: ignore[no-untyped-call]  # registers itself with the schema generator
    target_class = "claims.api.authentication.PrintableTokenAuthentication"
