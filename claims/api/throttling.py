"""How much a caller may ask of the API: which limit counts a request, for whom, and what its answer says of it.

Limits are the settings' (``API_LIMITS``). Each token has its own count of each, whoever signed in with a session one of
his or her own, and whoever did not sign in shares that of an address.
"""

from collections.abc import Callable
from dataclasses import dataclass
from ipaddress import IPv6Address, IPv6Network, ip_address
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from rest_framework.exceptions import APIException
from rest_framework.request import Request
from rest_framework.throttling import BaseThrottle

from claims.access import access_of
from claims.api.authentication import scopes_for
from claims.choices import Scope
from claims.errors import TooManyRequests
from claims.limits import Limit
from claims.services.allowances import Spent, spend

if TYPE_CHECKING:
    from rest_framework.views import APIView  # which loads this module

NOBODY = "nobody"
CHECK, CHANGES = "check", "changes"  # what has a limit of its own, whoever asks
_KEPT = "_counted"
_ONE_NETWORK = 64  # bits of an IPv6 address: what one customer of a provider has


@dataclass(frozen=True, slots=True)
class Counted:
    """Which limit a request was counted under, and what is left of it."""

    name: str
    limit: Limit | None
    caller: str
    spent: Spent | None

    def headers(self) -> dict[str, str]:
        """As draft-ietf-httpapi-ratelimit-headers says it; nothing where there is no limit."""
        if self.limit is None or self.spent is None:
            return {}
        return {
            "RateLimit-Policy": f'"{self.name}";q={self.limit.amount};w={self.limit.seconds}',
            "RateLimit": f'"{self.name}";r={self.spent.left};t={self.spent.ends_in}',
        }


class Throttle(BaseThrottle):
    """Counts each request. REST framework's ``DEFAULT_THROTTLE_CLASSES``."""

    def allow_request(self, request: Request, view: "APIView") -> bool:
        """Always true: a request too many is refused by :class:`TooManyRequests`."""
        count(request, view)
        return True


def count(request: Request, view: "APIView") -> None:
    """Count a request, once: what is refused before throttles are looked at counts too. Raises `TooManyRequests`."""
    plain: Any = request._request
    if hasattr(plain, _KEPT):
        return
    try:
        signed_in = bool(request.user.is_authenticated)
    except APIException:  # whose token does not count is nobody, of this address
        signed_in = False
    name = getattr(view, "allowance", "") or (_scope(request) if signed_in else NOBODY)
    _spend(plain, name=name, caller=_caller(request, signed_in=signed_in), cost=1)


def count_more(request: Request, cost: int) -> None:
    """Count so many besides the one that a request is. Raises `TooManyRequests`."""
    plain: Any = request._request
    counted: Counted = getattr(plain, _KEPT)
    if cost > 0:
        _spend(plain, name=counted.name, caller=counted.caller, cost=cost)


def _spend(plain: Any, *, name: str, caller: str, cost: int) -> None:
    limit: Limit | None = settings.API_LIMITS[name]
    spent = spend(limit, name=name, caller=caller, cost=cost) if limit is not None else None
    setattr(plain, _KEPT, Counted(name, limit, caller, spent))
    if limit is not None and spent is not None and not spent.allowed:
        refused = TooManyRequests(
            f"This is more than the limit {name!r} lets through: {limit.amount} in {limit.seconds} seconds. "
            f"Ask again in {spent.ends_in} seconds."
        )
        refused.retry_after = spent.ends_in
        raise refused


def _scope(request: Request) -> str:
    """The first scope, of those that the caller has, that lets this request in."""
    wanted = scopes_for(request)
    held = wanted & access_of(request).scopes or wanted
    return next(scope for scope in Scope.values if scope in held)


def _caller(request: Request, *, signed_in: bool) -> str:
    if not signed_in:
        return f"address {_network(BaseThrottle().get_ident(request))}"
    token = request.auth
    return f"token {token.pk}" if token is not None else f"user {request.user.pk}"


def _network(address: str) -> str:
    """An IPv4 address; of an IPv6 address the network that one customer has. What is neither stays as it is."""
    try:
        parsed = ip_address(address.strip())
    except ValueError:
        return address
    if isinstance(parsed, IPv6Address):
        return str(parsed.ipv4_mapped or IPv6Network((parsed, _ONE_NETWORK), strict=False))
    return str(parsed)


class RateLimitHeaders:
    """Middleware: each answer of the API says which limit counted it, and what is left of it."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """The answer, with what is left where the request was counted."""
        response = self._get_response(request)
        counted: Counted | None = getattr(request, _KEPT, None)
        for name, value in (counted.headers() if counted else {}).items():
            response[name] = value
        return response
