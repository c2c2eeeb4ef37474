"""What every resource that is read shares."""

from typing import Any

from django.db.models import Model, QuerySet
from rest_framework import viewsets
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import BaseSerializer

from claims import models
from claims.access import access_of
from claims.api.etags import ConditionalRows
from claims.api.filtering import StrictFilterBackend
from claims.api.pagination import StablePagination
from claims.api.permissions import MayView
from claims.api.schema import ProblemSchema
from claims.api.shaping import EXPAND, FIELDS, Shaped
from claims.services.protection import masker_for
from claims.services.unseen import holds

NAMES = ("name", "title")  # what a row is called: it may name somebody who is protected
# What nested statements show of themselves.
ATTRIBUTION = (models.Statement, models.Source, models.Party, models.Document, models.Snapshot, models.Dossier)


class ReadOnly(ConditionalRows, Shaped, viewsets.ReadOnlyModelViewSet[Any]):
    """Lists and single rows, found by their public id."""

    lookup_field = "uid"
    lookup_value_regex = "[0-9a-fA-F-]{36}"
    lookup_value_converter = "uuid"
    permission_classes = [MayView]
    filter_backends = [StrictFilterBackend]
    pagination_class = StablePagination
    schema = ProblemSchema()
    shows: tuple[type[Model], ...] = ()
    orderings: dict[str, str] = {}
    takes: tuple[str, ...] = (FIELDS, EXPAND)
    takes_in_lists: tuple[str, ...] = (FIELDS, EXPAND)
    detail_serializer_class: type[BaseSerializer[Any]] | None = None

    def list(self, request: Request, *args: Any, **kwargs: Any) -> Response:  # noqa: ARG002, D102  the view describes it
        page = self.paginate_queryset(self.filter_queryset(self.get_queryset()))
        return self.get_paginated_response(self.all_as_shown(page or []))

    def one(self) -> Response:
        """The single row asked for."""
        return Response(self.as_shown(self.get_object()))

    def filter_queryset(self, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """The rows asked for, of those that the caller may read."""
        bound: Any = queryset
        readable = super().filter_queryset(bound.readable_by(access_of(self.request)))
        by = self.request.query_params.get("ordering", "").lstrip("-")
        masker = masker_for(self.request) if self.orderings.get(by) in NAMES else None
        # A place in the alphabet tells a name.
        return readable if masker is None else readable.exclude(holds([self.orderings[by]], masker))

    def get_serializer_class(self) -> type[BaseSerializer[Any]]:
        """A single row may be shown more fully than in a list."""
        if self.action == "retrieve" and self.detail_serializer_class is not None:
            return self.detail_serializer_class
        return super().get_serializer_class()
