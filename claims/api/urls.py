"""Addresses below ``/api/``: version 1 of the resources, the schema and the browsable description.

A slash at the end is never needed and never wrong.
"""

from django.urls import include, re_path
from drf_spectacular.views import SpectacularAPIView
from rest_framework.permissions import IsAuthenticated
from rest_framework.routers import SimpleRouter

from claims.api.views import RESOURCES, ChangesView, Docs, Nowhere, Root, StreamView
from claims.api.views.subscriptions import SubscriptionViewSet
from claims.api.views.tokens import Token, Tokens
from claims.publishing.factcheck import FactCheckSearch

app_name = "api"

router = SimpleRouter()
router.trailing_slash = "/?"
for name, viewset in RESOURCES.items():
    router.register(name, viewset, basename=name)
router.register("subscriptions", SubscriptionViewSet, basename="subscription")

urlpatterns = [
    re_path(r"^$", Root.as_view(), name="root"),
    re_path(r"^v1/?$", Root.as_view(), name="v1"),
    re_path(r"^schema/?$", SpectacularAPIView.as_view(permission_classes=[IsAuthenticated]), name="schema"),
    re_path(r"^docs/?$", Docs.as_view(url_name="api:schema"), name="docs"),
    re_path(r"^v1/tokens/?$", Tokens.as_view(), name="tokens"),
    re_path(r"^v1/tokens/(?P<key>[0-9A-Za-z-]{1,36})/?$", Token.as_view(), name="token"),
    re_path(r"^v1/", include("claims.publishing.urls")),
    re_path(r"^v1/changes/?$", ChangesView.as_view(), name="changes"),
    re_path(r"^v1/changes/stream/?$", StreamView.as_view(), name="changes-stream"),
    re_path(r"^v1alpha1/claims:search$", FactCheckSearch.as_view(schema=None), name="factcheck"),
    re_path(r"^v1/", include(router.urls)),
    re_path(r"", Nowhere.as_view()),
]
