"""Addresses below ``/api/`` for handing documents in and checking texts."""

from django.urls import include, re_path
from rest_framework.routers import SimpleRouter

from tracker.api import SubmissionViewSet
from tracker.check_api import CheckView
from tracker.feeds.api import FeedViewSet

app_name = "submissions"

router = SimpleRouter()
router.trailing_slash = "/?"
router.register("submissions", SubmissionViewSet, basename="submission")
router.register("feeds", FeedViewSet, basename="feed")

urlpatterns = [
    re_path(r"^v1/check/?$", CheckView.as_view(), name="check"),
    re_path(r"^v1/", include(router.urls)),
]
