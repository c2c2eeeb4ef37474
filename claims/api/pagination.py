"""How lists are cut: by a place in their order, never by counting rows."""

import base64
import binascii
import json
from dataclasses import dataclass
from typing import Any, Self

from django.core.exceptions import FieldDoesNotExist
from django.core.exceptions import ValidationError as InvalidValue
from django.db.models import F, Field, Model, Q, QuerySet
from rest_framework.exceptions import ValidationError
from rest_framework.pagination import CursorPagination
from rest_framework.request import Request
from rest_framework.utils.urls import replace_query_param
from rest_framework.views import APIView

NEWEST_FIRST = {"created": "pk"}
DEFAULT_ORDERING = "-created"


@dataclass(frozen=True, slots=True)
class Mark:
    """A place in a list: the row beside which a page starts, in which order, and in which direction to read."""

    ordering: str
    pk: int
    value: str | None = None
    backwards: bool = False

    def encode(self) -> str:
        """The mark as one opaque word."""
        packed = json.dumps([self.ordering, self.pk, self.value, self.backwards], separators=(",", ":"))
        return base64.urlsafe_b64encode(packed.encode()).decode().rstrip("=")

    @classmethod
    def decode(cls, word: str) -> Self:
        """The mark that :meth:`encode` packed. ``ValueError`` for anything else."""
        try:
            packed = base64.urlsafe_b64decode(word.encode("ascii") + b"=" * (-len(word) % 4))
            ordering, pk, value, backwards = json.loads(packed)
        except (binascii.Error, RecursionError, TypeError) as error:
            raise ValueError("not a cursor") from error
        if not (
            isinstance(ordering, str)
            and type(pk) is int
            and abs(pk) < 2**63
            and (value is None or (isinstance(value, str) and "\x00" not in value))
            and isinstance(backwards, bool)
        ):
            raise ValueError("not a cursor")
        return cls(ordering, pk, value, backwards)


class StablePagination(CursorPagination):
    """Pages by place: none repeats or skips a row, whatever is added meanwhile.

    The view's ``orderings`` maps what ``ordering`` may name to one field each; ties are broken by id and empty values
    come last, so that every row has exactly one place. (The cursors of REST framework know neither.) A row whose
    ordering value changes between two pages may move from one to the other.
    """

    page_size_query_param: str = "page_size"
    max_page_size = 200
    ordering_query_param = "ordering"
    page_size_query_description = "Rows per page, 1 to 200."

    def paginate_queryset(self, queryset: Any, request: Request, view: APIView | None = None) -> list[Any]:
        """One page of the queryset, and what its links need to know."""
        self.address = request.build_absolute_uri()
        orderings = orderings_of(view)
        self.ordering_name = self._ordering(request, orderings)
        self.field_name = orderings[self.ordering_name.lstrip("-")]
        size = self._size(request)
        mark = self._mark(request)
        backwards = mark is not None and mark.backwards
        rows = list(self._from(queryset, mark, backwards=backwards)[: size + 1])
        more = len(rows) > size
        rows = rows[:size]
        if backwards:
            rows.reverse()
        self.rows = rows
        self.has_next = bool(rows) and (more or backwards)
        self.has_previous = bool(rows) and (more if backwards else mark is not None)
        return rows

    def get_next_link(self) -> str | None:
        """The address of the page after this one."""
        return self._link(self.rows[-1], backwards=False) if self.has_next else None

    def get_previous_link(self) -> str | None:
        """The address of the page before this one."""
        return self._link(self.rows[0], backwards=True) if self.has_previous else None

    def get_paginated_response_schema(self, schema: dict[str, Any]) -> dict[str, Any]:
        """What the schema says of a page: its rows, and the addresses of its neighbours where it has any."""
        link = {"type": ["string", "null"], "format": "uri"}
        return {
            "type": "object",
            "required": ["next", "previous", "results"],
            "properties": {"next": link, "previous": link, "results": schema},
        }

    def get_schema_operation_parameters(self, view: APIView) -> list[dict[str, Any]]:
        """What the schema says of ``cursor``, ``page_size`` and ``ordering``."""
        parameters = super().get_schema_operation_parameters(view)
        for parameter in parameters:
            if parameter["name"] == self.page_size_query_param:
                parameter["schema"] = {"type": "integer", "minimum": 1, "maximum": self.max_page_size, "default": 50}
        names = [sign + name for name in orderings_of(view) for sign in ("-", "")]
        ordering = {
            "name": self.ordering_query_param,
            "required": False,
            "in": "query",
            "description": "Which row comes first; a minus sign turns it round. Rows without a value come last.",
            "schema": {"type": "string", "enum": names, "default": DEFAULT_ORDERING},
        }
        return [*parameters, ordering]

    def _ordering(self, request: Request, orderings: dict[str, str]) -> str:
        name = request.query_params.get(self.ordering_query_param, DEFAULT_ORDERING)
        if name.removeprefix("-") not in orderings:
            known = ", ".join(sorted(orderings))
            raise ValidationError({self.ordering_query_param: [f"Order by one of: {known}; with a minus to reverse."]})
        return name

    def _size(self, request: Request) -> int:
        given = request.query_params.get(self.page_size_query_param)
        if given is None:
            # Whoever names the rows wants them all at once.
            return self.max_page_size if "uid" in request.query_params else self.page_size or self.max_page_size
        if not (given.isascii() and given.isdigit() and len(given) < 6 and 1 <= int(given) <= self.max_page_size):
            raise ValidationError({self.page_size_query_param: [f"Give a whole number, 1 to {self.max_page_size}."]})
        return int(given)

    def _mark(self, request: Request) -> Mark | None:
        word = request.query_params.get(self.cursor_query_param)
        if word is None:
            return None
        try:
            mark = Mark.decode(word)
        except ValueError as error:
            raise ValidationError({self.cursor_query_param: ["This is no cursor of this list."]}) from error
        if mark.ordering != self.ordering_name:
            raise ValidationError({self.cursor_query_param: ["The cursor belongs to another ordering of this list."]})
        return mark

    def _from(self, queryset: QuerySet[Any], mark: Mark | None, *, backwards: bool) -> QuerySet[Any]:
        """The rows after the mark (before it, nearest first, when reading backwards)."""
        name = self.field_name
        ascending = self.ordering_name.startswith("-") == backwards
        by_id = "pk" if ascending else "-pk"
        compare = "gt" if ascending else "lt"
        if name == "pk":
            found = queryset if mark is None else queryset.filter(**{f"pk__{compare}": mark.pk})
            return found.order_by(by_id)
        # Empty values are last; read backwards, they are first.
        place = {"nulls_first": True} if backwards else {"nulls_last": True}
        by_value = F(name).asc(**place) if ascending else F(name).desc(**place)
        if mark is not None:
            queryset = queryset.filter(self._beyond(queryset.model, mark, compare, backwards=backwards))
        return queryset.order_by(by_value, by_id)

    def _beyond(self, model: type[Model], mark: Mark, compare: str, *, backwards: bool) -> Q:
        name = self.field_name
        empty = Q(**{f"{name}__isnull": True})
        if mark.value is None:
            among_empty = empty & Q(**{f"pk__{compare}": mark.pk})
            return ~empty | among_empty if backwards else among_empty
        try:
            value = _field(model, name).to_python(mark.value)
        except InvalidValue as error:
            raise ValidationError({self.cursor_query_param: ["This is no cursor of this list."]}) from error
        beyond = Q(**{f"{name}__{compare}": value}) | Q(**{name: value, f"pk__{compare}": mark.pk})
        return beyond if backwards else beyond | empty

    def _link(self, row: Any, *, backwards: bool) -> str:
        value = None
        if self.field_name != "pk":
            held = getattr(row, self.field_name)
            value = None if held is None else _field(type(row), self.field_name).value_to_string(row)
        mark = Mark(self.ordering_name, row.pk, value, backwards)
        return replace_query_param(self.address, self.cursor_query_param, mark.encode())


def orderings_of(view: APIView | None) -> dict[str, str]:
    """What a view's list may be ordered by, and by which field that is."""
    return NEWEST_FIRST | getattr(view, "orderings", {})


def parameters() -> tuple[str, ...]:
    """The query parameters that paging itself understands."""
    paging = StablePagination
    return paging.cursor_query_param, paging.page_size_query_param, paging.ordering_query_param


def _field(model: type[Model], name: str) -> "Field[Any, Any]":
    field = model._meta.get_field(name)
    if not isinstance(field, Field):  # pragma: no cover
        raise FieldDoesNotExist(name)
    return field
