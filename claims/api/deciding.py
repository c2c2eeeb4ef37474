"""What reviewers' tools do to rows: who may, which version they mean, and how the changed row is answered."""

from collections.abc import Mapping
from typing import Any, cast

from django.contrib.auth.models import User
from django.db.models import Model, QuerySet
from drf_spectacular.utils import OpenApiResponse
from rest_framework.permissions import BasePermission, IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.reverse import reverse
from rest_framework.serializers import BaseSerializer
from rest_framework.views import APIView

from claims.access import access_of
from claims.api.etags import etag_of
from claims.api.filtering import refuse_unknown
from claims.api.permissions import needed
from claims.api.views.base import ReadOnly
from claims.api.writing import Writing


class MayDecide(IsAuthenticated):
    """Signed in, allowed to do what the view's action does, and to view all that its answer shows."""

    def has_permission(self, request: Request, view: APIView) -> bool:
        """Whether the user holds the permission that the action takes, and those that reading takes."""
        action = getattr(view, "action", "")
        wanted = cast("Deciding", view).needs[action]
        return super().has_permission(request, view) and request.user.has_perms([wanted, *needed(view)])


class Deciding(Writing, ReadOnly):
    """A resource on whose rows people decide. ``needs`` has the permission that each such action takes."""

    needs: Mapping[str, str] = {}
    # Actions that change a row which is there: they take If-Match.
    changes: frozenset[str] = frozenset()

    def get_permissions(self) -> list[BasePermission]:
        """That of the action, where it decides something."""
        return [MayDecide()] if self.action in self.needs else super().get_permissions()  # type: ignore[return-value]

    def get_serializer_class(self) -> type[BaseSerializer[Any]]:
        """A changed row is shown as when it is asked for by itself."""
        if self.action in self.needs and self.detail_serializer_class is not None:
            return self.detail_serializer_class
        return super().get_serializer_class()

    def said(self, form: type[Any], *, partial: bool = False) -> dict[str, Any]:
        """What the body says, as the form reads it. No parameter is taken."""
        refuse_unknown(self.request)
        asked = form(data=self.request.data, partial=partial, context={"access": access_of(self.request)})
        asked.is_valid(raise_exception=True)
        valid: dict[str, Any] = asked.validated_data
        return valid

    @property
    def person(self) -> User:
        """Who decides."""
        return cast("User", self.request.user)  # the permission saw to it

    def shown(self, row: Model, *, created: bool = False) -> Response:
        """The row as it is now, as GET shows it, with the ETag for the next change; where it is, if it is new."""
        rows: QuerySet[Any] = self.get_queryset()
        response = Response(self.get_serializer(rows.get(pk=row.pk)).data, status=201 if created else 200)
        response["ETag"] = etag_of(row, self.request)
        if created:
            name = f"{self.request.resolver_match.namespace}:{self.basename}-detail"  # type: ignore[union-attr]
            response["Location"] = reverse(name, kwargs={"uid": row.uid}, request=self.request)  # type: ignore[attr-defined]
        return response


def made(serializer: type[Any], said: str) -> dict[int, OpenApiResponse]:
    """What the schema says of an answer about a new row."""
    return {201: OpenApiResponse(serializer, description=f"{said} `Location` says where it is.")}
