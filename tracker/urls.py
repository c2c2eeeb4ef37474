"""Addresses below ``/api/`` for handing documents in."""

from django.urls import include, re_path
from rest_framework.routers import SimpleRouter

from tracker.api import SubmissionViewSet

app_name = "submissions"

router = SimpleRouter()
router.trailing_slash = "/?"
router.register("submissions", SubmissionViewSet, basename="submission")

urlpatterns = [re_path(r"^v1/", include(router.urls))]
