"""What one caller may see and do: decided once for a request, and asked by every read and by whatever masks.

Who signed in with a session may do what the role allows. A token may do of that what it was granted
(:class:`claims.models.access.TokenGrant`), and never more. Whoever did not sign in reads the public dossiers.
"""

from collections.abc import Collection
from dataclasses import dataclass, replace
from typing import Any, Self

from django.contrib.auth.models import AnonymousUser, User
from django.http import HttpRequest
from rest_framework.request import Request

from claims.choices import Scope
from claims.models import Dossier, TokenGrant

EVERY_SCOPE = frozenset(Scope.values)
# With these a token sees what is protected, where its user may: a token that only reads is made to hand things on.
SEES_PROTECTED = frozenset({Scope.REVIEW.value, Scope.ADMIN.value})
_KEPT = "_access"


@dataclass(frozen=True, slots=True)
class Access:
    """What one caller may see and do."""

    user: User | AnonymousUser
    scopes: frozenset[str]
    dossiers: frozenset[int] | None
    """Keys of the dossiers that it may read; ``None`` for every dossier."""
    sees_protected: bool

    @classmethod
    def of_nobody(cls) -> Self:
        """What anybody may see without signing in: the public dossiers, masked."""
        public = frozenset(Dossier.objects.public().values_list("pk", flat=True))
        return cls(AnonymousUser(), frozenset({Scope.READ.value}), public, sees_protected=False)

    @classmethod
    def of(cls, user: User, *, scopes: Collection[str] = EVERY_SCOPE, dossiers: Collection[int] | None = None) -> Self:
        """What this person may see and do, with no more than these scopes and dossiers."""
        granted = frozenset(scopes)
        return cls(
            user=user,
            scopes=granted,
            dossiers=None if dossiers is None else frozenset(dossiers),
            sees_protected=bool(granted & SEES_PROTECTED) and user.has_perm("claims.view_protected"),
        )

    @classmethod
    def of_everything(cls) -> Self:
        """What the product itself sees: for commands that a person with a shell on the server runs."""
        return cls(AnonymousUser(), EVERY_SCOPE, None, sees_protected=True)

    @property
    def sees_drafts(self) -> bool:
        """Whether verdicts that were never published are for its eyes: it writes or approves them."""
        writes = self.user.has_perm("claims.propose_verdict") or self.user.has_perm("claims.approve_verdict")
        return writes and Scope.REVIEW in self.scopes

    def in_public(self) -> Self:
        """The same caller, with what anybody may see."""
        return replace(self.of_nobody(), user=self.user)


def access_of(request: Request | HttpRequest) -> Access:
    """What the caller of this request may see and do. Asked again, the same answer."""
    plain: Any = _plain(request)
    kept: Access | None = getattr(plain, _KEPT, None)
    if kept is None or kept.user != request.user:  # a page may sign somebody in on its way
        kept = _decided(request)
        setattr(plain, _KEPT, kept)
    return kept


def answer_in_public(request: Request) -> Access:
    """Let this request see no more than anybody may, because its user may see less than this view shows."""
    access = access_of(request).in_public()
    setattr(_plain(request), _KEPT, access)
    return access


def _plain(request: Request | HttpRequest) -> HttpRequest:
    """Django's request, also within REST framework's: both know the same answer."""
    return request._request if isinstance(request, Request) else request


def _decided(request: Request | HttpRequest) -> Access:
    user = getattr(request, "user", None)
    if user is None or not user.is_authenticated:
        return Access.of_nobody()
    token = getattr(request, "auth", None)
    if token is None:
        return Access.of(user)
    grant: TokenGrant | None = getattr(token, "grant", None)
    if grant is None:
        return Access.of(user)
    dossiers = grant.dossiers.values_list("pk", flat=True) if grant.limited else None
    return Access.of(user, scopes=grant.scopes, dossiers=dossiers)
