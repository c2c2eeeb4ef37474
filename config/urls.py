"""Addresses: the admin is the home, the API lives under ``/api/``."""

from django.contrib import admin
from django.urls import include, path, re_path
from django.views.generic import RedirectView

from claims.publishing.factcheck import FactCheckSearch
from config.health import live, ready
from config.metrics import metrics

urlpatterns = [
    path("", RedirectView.as_view(pattern_name="admin:index"), name="home"),
    path("admin/desk/", include("claims.desk.urls")),
    path("admin/", admin.site.urls),
    path("api/", include("tracker.urls")),
    path("api/", include("claims.api.urls")),  # last: it answers for every other address below /api/
    re_path(r"^v1alpha1/claims:search$", FactCheckSearch.as_view(), name="factcheck"),  # where Google's clients ask
    path("health/live", live, name="live"),
    path("health/ready", ready, name="ready"),
    path("metrics", metrics, name="metrics"),
]
