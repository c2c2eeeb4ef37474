"""Making and ending tokens of API clients."""

from collections.abc import Collection
from datetime import datetime

from django.contrib.auth.models import User
from django.db import transaction
from django.utils import timezone
from knox.models import AuthToken

from claims.access import Access
from claims.errors import BeyondOwnToken, WrongExpiry
from claims.models import Dossier, TokenGrant


@transaction.atomic
def issue_token(
    user: User,
    *,
    name: str,
    scopes: Collection[str],
    granted_by: Access,
    dossiers: Collection[Dossier] | None = None,
    expires_at: datetime | None = None,
) -> tuple[TokenGrant, str]:
    """A new token and its secret, which is kept nowhere: whoever asked notes it now.

    With a token nobody makes one that may do more: neither other scopes nor other dossiers than ``granted_by`` has.
    """
    if not set(scopes) <= granted_by.scopes:
        raise BeyondOwnToken(
            f"A token makes none that may do more: this one has {', '.join(sorted(granted_by.scopes))}."
        )
    if granted_by.dossiers is not None and (dossiers is None or not {d.pk for d in dossiers} <= granted_by.dossiers):
        raise BeyondOwnToken("A token that is limited to dossiers makes none that reads others.")
    if expires_at is not None and expires_at <= timezone.now():
        raise WrongExpiry("Give a moment to come, or none.")
    token, secret = AuthToken.objects.create(user, expiry=None)
    if expires_at is not None:
        token.expiry = expires_at
        token.save(update_fields=["expiry"])
    grant = TokenGrant.objects.create(token=token, name=name, scopes=sorted(set(scopes)), limited=dossiers is not None)
    grant.dossiers.set(dossiers or [])
    return grant, secret
