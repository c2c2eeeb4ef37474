"""What every page of the desk shares: the admin's frame and sign-in, its permissions, and how a refusal is told."""

from typing import Any

from django.contrib import admin
from django.contrib.auth.mixins import AccessMixin
from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, JsonResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.generic import TemplateView, View

from claims.desk import said
from claims.errors import ClaimsError


class SignedInWith(AccessMixin):
    """People on the staff who have ``permission``: others are asked to sign in, or refused (403)."""

    permission = ""
    request: HttpRequest

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        """Let nobody in who may not."""
        if not admin.site.has_permission(request):
            return self.handle_no_permission()
        if not request.user.has_perm(self.permission):
            self.raise_exception = True
            return self.handle_no_permission()
        return super().dispatch(request, *args, **kwargs)  # type: ignore[misc,no-any-return]

    def get_login_url(self) -> str:
        """The admin's own sign-in."""
        return reverse("admin:login")

    @property
    def person(self) -> User:
        """Who is at the desk."""
        assert isinstance(self.request.user, User)  # noqa: S101  dispatch lets nobody else in
        return self.request.user


class DeskPage(SignedInWith, TemplateView):
    """A page in the admin's frame. ``page_title`` stands above it; ``template_name`` extends ``desk/base.html``."""

    page_title = ""

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """What the admin's frame needs besides the page's own."""
        return {**admin.site.each_context(self.request), "title": self.page_title, **super().get_context_data(**kwargs)}


class DeskAction(SignedInWith, View):
    """What a page's script may do with POST: JSON in, JSON out.

    :meth:`act` does it and returns what the page is to show. What the domain refuses is answered with the refusal's
    status and ``{"code", "detail"}``; so is what cannot be read (400, ``invalid``) or found (404, ``not_found``).
    """

    http_method_names = ["post"]

    def post(self, request: HttpRequest, **where: Any) -> HttpResponse:
        """Read the body, act, and tell what came of it."""
        try:
            return JsonResponse(self.act(said.read(request.body), **where))
        except ClaimsError as refused:
            return JsonResponse({"code": refused.code, "detail": str(refused)}, status=refused.status)
        except ValidationError as refused:
            return JsonResponse({"code": "invalid", "detail": " ".join(refused.messages)}, status=400)
        except Http404:
            return JsonResponse({"code": "not_found", "detail": _("There is nothing at this address.")}, status=404)

    def act(self, said: dict[str, Any], **where: Any) -> dict[str, Any]:
        """Do it; ``said`` is what the script sent, ``where`` what the address names."""
        raise NotImplementedError(f"{type(self).__name__} must say what it does")  # pragma: no cover
