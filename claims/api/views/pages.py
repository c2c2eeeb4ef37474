"""The way in, the browsable description, and the answer where there is nothing."""

from typing import Any

from django.contrib.auth.views import redirect_to_login
from django.http import HttpResponseBase
from drf_spectacular.views import SpectacularSwaggerSplitView
from rest_framework.exceptions import NotAuthenticated, NotFound
from rest_framework.permissions import IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.reverse import reverse
from rest_framework.views import APIView

from claims.api.views.resources import RESOURCES


class Root(APIView):
    """What there is to read."""

    permission_classes = [IsAuthenticated]
    schema = None

    def get(self, request: Request) -> Response:
        """The address of each resource, of the schema and of the browsable description."""
        found = {name: reverse(f"api:{name}-list", request=request) for name in RESOURCES}
        return Response(
            {
                **found,
                "changes": reverse("api:changes", request=request),
                "subscriptions": reverse("api:subscription-list", request=request),
                "schema": reverse("api:schema", request=request),
                "docs": reverse("api:docs", request=request),
            }
        )


class Nowhere(APIView):
    """Addresses below ``/api/`` that lead nowhere answer as every other error does."""

    permission_classes = [IsAuthenticated]
    schema = None

    def handle(self, *_: Any, **__: Any) -> Response:
        """Never returns."""
        raise NotFound("There is nothing at this address.")

    get = post = put = patch = delete = handle


class Docs(SpectacularSwaggerSplitView):
    """The browsable description. A visitor who is not signed in is sent to the login page."""

    template_name = "api/docs.html"  # without inline styles, which the Content-Security-Policy forbids
    permission_classes = [IsAuthenticated]

    def handle_exception(self, exc: Exception) -> Response | HttpResponseBase:  # type: ignore[override]
        """To the login page first, where that is all that is missing."""
        if isinstance(exc, NotAuthenticated):
            return redirect_to_login(self.request.get_full_path())
        return super().handle_exception(exc)
