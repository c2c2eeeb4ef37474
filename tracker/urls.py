"""Addresses below ``/api/`` for handing documents in and checking texts."""

from django.urls import include, re_path
from rest_framework.routers import SimpleRouter

from tracker.api import SubmissionViewSet
from tracker.check_api import CheckView

app_name = "submissions"

router = SimpleRouter()
router.trailing_slash = "/?"
router.register("submissions", SubmissionViewSet, basename="submission")

urlpatterns = [
    re_path(r"^v1/check/?$", CheckView.as_view(), name="check"),
    re_path(r"^v1/", include(router.urls)),
]
