"""Kinds of filters, and the backend that refuses what it does not understand instead of ignoring it."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, ClassVar, cast
from uuid import UUID

import django_filters as filters
from django import forms
from django.core.exceptions import ValidationError as InvalidValue
from django.db.models import Model, QuerySet
from django.utils.regex_helper import _lazy_re_compile
from django_filters.rest_framework import DjangoFilterBackend, FilterSet
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.views import APIView

from claims.access import Access, access_of
from claims.api import pagination
from claims.api.schema import MOST_UIDS

SLUG = _lazy_re_compile(r"^[-a-zA-Z0-9_]{1,100}\Z")

Rows = QuerySet[Any]


class StrictFilterBackend(DjangoFilterBackend):
    """Filters lists by the view's filter set. An unknown, empty or doubled parameter is an error that names it."""

    def filter_queryset(self, request: Request, queryset: Rows, view: APIView) -> Rows:
        """The rows asked for. A single row takes no parameters and no filter hides it."""
        if getattr(view, "detail", False):
            refuse_unknown(request, known=getattr(view, "takes", ()))
            return queryset
        filterset = self.get_filterset_class(view, queryset)
        declared = filterset.base_filters if filterset else {}
        many = {name for name, f in declared.items() if isinstance(f, filters.MultipleChoiceFilter | Uids)}
        paging = pagination.parameters() if getattr(view, "pagination_class", None) else ()
        shaping = getattr(view, "takes_in_lists", ())
        refuse_unknown(request, known=[*declared, *paging, *shaping], many=many)
        return cast("Rows", super().filter_queryset(request, queryset, view))


def refuse_unknown(
    request: Request, *, known: "list[str] | tuple[str, ...]" = (), many: "set[str] | frozenset[str]" = frozenset()
) -> None:
    """Raise a validation error that names each query parameter which is not ``known``, is empty, or is given twice."""
    wrong: dict[str, list[str]] = {}
    for name, values in request.query_params.lists():
        if name not in known:
            wrong[name] = [f"Unknown parameter. Known here: {', '.join(sorted(known)) or 'none'}."]
        elif not all(values):
            wrong[name] = ["Give a value, or leave the parameter out."]
        elif len(values) > 1 and name not in many:
            wrong[name] = ["Give this parameter once."]
    if wrong:
        raise ValidationError(wrong)


class OneOf(filters.MultipleChoiceFilter):
    """One of a closed list of values; given several times, any of them."""

    def __init__(self, choices: Any, **kwargs: Any) -> None:
        super().__init__(choices=choices, distinct=False, **kwargs)


class _YesNoField(forms.Field):
    """A form field that takes two words."""

    def clean(self, value: Any) -> bool | None:
        """Whether it says ``true``; ``None`` for no value."""
        if value in self.empty_values:
            return None
        if value not in ("true", "false"):
            raise InvalidValue("Give true or false.", code="invalid")
        return bool(value == "true")


class YesNo(filters.BooleanFilter):
    """``true`` or ``false``, and nothing else. (Django's own field takes any other word for no answer.)"""

    field_class = _YesNoField


class _MomentField(filters.fields.IsoDateTimeField):
    """A form field whose moments are UTC: PostgreSQL takes no offset beyond 15:59, which ISO 8601 allows."""

    def to_python(self, value: Any) -> datetime | None:
        """The moment; refused where UTC has no such year."""
        found: datetime | None = super().to_python(value)
        try:
            return found.astimezone(UTC) if found is not None else None
        except OverflowError as error:
            raise InvalidValue("There is no such moment in UTC.", code="invalid") from error


class Moment(filters.IsoDateTimeFilter):
    """A moment, in ISO 8601."""

    field_class = _MomentField


class Whole(filters.NumberFilter):
    """A whole number."""

    field_class = forms.IntegerField


class _UidsField(forms.Field):
    """A form field for many public ids: given several times, or in one value with commas between them."""

    widget = forms.MultipleHiddenInput

    def clean(self, value: Any) -> list[UUID]:
        """The ids, each once; refused where one is no id or there are too many."""
        given = [part.strip() for one in value or () for part in str(one).split(",")]
        parse = forms.UUIDField().clean
        found = list(dict.fromkeys(parse(part) for part in given))
        if len(found) > MOST_UIDS:
            raise InvalidValue(f"Ask for {MOST_UIDS} at most; these are {len(found)}.", code="too_many")
        return found


class Uids(filters.Filter):
    """Rows by their own public ids, up to ``MOST_UIDS`` of them."""

    field_class = _UidsField

    def __init__(self) -> None:
        super().__init__(
            field_name="uid",
            help_text=f"Exactly these, whatever has become of them: up to {MOST_UIDS} ids, with commas between them or "
            "the parameter several times. What is not there is left out.",
        )

    def filter(self, rows: Rows, value: list[UUID]) -> Rows:
        """The rows asked for; all, where none is named."""
        return rows.filter(uid__in=value) if value else rows


class _RowField(forms.Field):
    """A form field whose value is the row that a key names; a key that names none is refused."""

    def __init__(self, *, model: type[Model], key: str, access: Access | None = None, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.access = access
        self.model, self.key = model, key
        self.parse = forms.UUIDField() if key == "uid" else forms.RegexField(SLUG)

    def clean(self, value: Any) -> Model | None:
        """The row, or ``None`` for no value."""
        if value in self.empty_values:
            return None
        parsed = self.parse.clean(value)
        rows: Any = self.model._default_manager.only("pk").filter(**{self.key: parsed})
        row: Model | None = (rows.readable_by(self.access) if self.access is not None else rows).first()
        if row is None:
            raise InvalidValue(f"There is no {self.model._meta.verbose_name} {parsed}.", code="unknown")
        return row


class _RowFilter:
    """Rows that belong to one row of another model, by its public key. ``chosen`` says how they belong."""

    field_class: ClassVar[type[forms.Field]] = _RowField

    def __init__(self, model: type[Model], *, chosen: Callable[[Rows, Any], Rows] | None = None, **kwargs: Any) -> None:
        super().__init__(model=model, key=self.key, **kwargs)  # type: ignore[call-arg]
        self.chosen = chosen

    key: ClassVar[str]

    @property
    def field(self) -> forms.Field:
        """The form field: what its caller may not read is to it as if it were not there."""
        request = getattr(getattr(self, "parent", None), "request", None)
        self.extra["access"] = access_of(request) if request is not None else None  # type: ignore[attr-defined]
        made: forms.Field = super().field  # type: ignore[misc]
        return made

    def filter(self, rows: Rows, value: Model | None) -> Rows:
        """The rows that belong to ``value``; all, without one."""
        if value is None:
            return rows
        if self.chosen is not None:
            return self.chosen(rows, value)
        return rows.filter(**{self.field_name: value})  # type: ignore[attr-defined]


class Uid(_RowFilter, filters.UUIDFilter):
    """A row named by its uid."""

    key = "uid"


class Slug(_RowFilter, filters.CharFilter):
    """A row named by its slug."""

    key = "slug"


__all__ = [
    "FilterSet",
    "Moment",
    "OneOf",
    "Rows",
    "Slug",
    "StrictFilterBackend",
    "Uid",
    "Uids",
    "Whole",
    "YesNo",
    "refuse_unknown",
]
