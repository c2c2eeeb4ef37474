"""``/metrics`` for Prometheus: numbers only, for those whom the settings name."""

import hmac
from ipaddress import ip_address, ip_network

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe
from prometheus_client.exposition import choose_encoder

from tracker.metrics import registry

# A proxy says for whom it asks in one of these; its own address says nothing then.
FORWARDED = ("HTTP_FORWARDED", "HTTP_X_FORWARDED_FOR", "HTTP_X_REAL_IP", "HTTP_X_FORWARDED_PROTO", "HTTP_VIA")
REFUSED = (
    "Metrics are for those whom METRICS_ALLOW names, asking directly and not through a proxy, or who send "
    "METRICS_TOKEN as a bearer token.\n"
)


@require_safe
@never_cache
def metrics(request: HttpRequest) -> HttpResponse:
    """What :mod:`tracker.metrics` counts, in the format that the scraper asks for; 403 for anybody else."""
    if not (_has_token(request) or _is_allowed(request)):
        return HttpResponse(REFUSED, status=403, content_type="text/plain; charset=utf-8")
    encode, content_type = choose_encoder(request.headers.get("Accept", ""))
    return HttpResponse(encode(registry()), content_type=content_type)


def _has_token(request: HttpRequest) -> bool:
    scheme, _, given = request.headers.get("Authorization", "").partition(" ")
    wanted = settings.METRICS_TOKEN
    return bool(wanted) and scheme.lower() == "bearer" and hmac.compare_digest(given.encode(), wanted.encode())


def _is_allowed(request: HttpRequest) -> bool:
    if any(header in request.META for header in FORWARDED):
        return False
    try:
        asking = ip_address(request.META.get("REMOTE_ADDR", ""))
    except ValueError:
        return False
    return any(asking in ip_network(network) for network in settings.METRICS_ALLOW)
