"""What the API is measured against: the same rows as plain Django answers with them, without a sign-in.

A WSGI application of its own with the product's settings and middleware, and these few views instead of its addresses.
"""

from __future__ import annotations

import os
from uuid import UUID

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

from django.core.wsgi import get_wsgi_application

application = get_wsgi_application()

from django.conf import settings  # noqa: E402  once Django is set up
from django.http import HttpRequest, JsonResponse  # noqa: E402
from django.urls import path  # noqa: E402

from claims.models import Claim, Event  # noqa: E402

settings.ROOT_URLCONF = __name__
_CLAIM = [field.attname for field in Claim._meta.concrete_fields if field.name != "embedding"]


def claim(_request: HttpRequest, uid: UUID) -> JsonResponse:
    """One row."""
    return JsonResponse(Claim.objects.values(*_CLAIM).get(uid=uid))


def claims(request: HttpRequest) -> JsonResponse:
    """Fifty rows of a dossier with one standing, the newest first."""
    found = Claim.objects.filter(dossier__slug=request.GET["dossier"], standing=request.GET["standing"])
    return JsonResponse({"results": list(found.order_by("-pk").values(*_CLAIM)[:50])})


def changes(request: HttpRequest) -> JsonResponse:
    """A hundred events after one."""
    found = Event.objects.filter(seq__gt=request.GET["after"]).order_by("seq")
    return JsonResponse({"results": list(found.values()[:100])})


def live(_request: HttpRequest) -> JsonResponse:
    """That the process answers."""
    return JsonResponse({})


urlpatterns = [
    path("api/v1/claims/<uuid:uid>", claim),
    path("api/v1/claims", claims),
    path("api/v1/changes", changes),
    path("health/live", live),
]
