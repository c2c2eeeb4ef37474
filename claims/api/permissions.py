"""Who may read what: a permission for every kind of row that an answer shows, or a dossier that is public."""

from typing import Any

from django.contrib.auth import get_permission_codename
from rest_framework.permissions import BasePermission
from rest_framework.request import Request
from rest_framework.views import APIView

from claims.access import access_of, answer_in_public


class MayView(BasePermission):
    """Allowed to view every model that the view says it ``shows``, nested rows included; or where dossiers are public.

    Whoever may not view all of it, or did not sign in, reads the public dossiers as anybody does. Where there are none,
    that is refused: it would be an empty answer to a question that has one.
    """

    def has_permission(self, request: Request, view: APIView) -> bool:
        """Whether the user holds the view permission of each model in ``view.shows``, or something is public."""
        if request.user.is_authenticated and request.user.has_perms(needed(view)):
            return True
        if not getattr(view, "public", True):
            return False
        access = answer_in_public(request) if request.user.is_authenticated else access_of(request)
        return bool(access.dossiers)


def needed(view: APIView) -> list[str]:
    """The permissions that reading through this view takes."""
    shown: Any = getattr(view, "shows", ())
    return [f"{m._meta.app_label}.{get_permission_codename('view', m._meta)}" for m in shown]
