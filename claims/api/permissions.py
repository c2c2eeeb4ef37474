"""Who may read what: a permission for every kind of row that an answer shows."""

from typing import Any

from django.contrib.auth import get_permission_codename
from rest_framework.permissions import IsAuthenticated
from rest_framework.request import Request
from rest_framework.views import APIView


class MayView(IsAuthenticated):
    """Signed in, and allowed to view every model that the view says it ``shows``, nested rows included."""

    def has_permission(self, request: Request, view: APIView) -> bool:
        """Whether the user holds the view permission of each model in ``view.shows``."""
        return super().has_permission(request, view) and request.user.has_perms(needed(view))


def needed(view: APIView) -> list[str]:
    """The permissions that reading through this view takes."""
    shown: Any = getattr(view, "shows", ())
    return [f"{m._meta.app_label}.{get_permission_codename('view', m._meta)}" for m in shown]
