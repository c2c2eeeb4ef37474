"""How much of a row is shown: only some fields of it, or rows that it names in full besides."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import QuerySet
from drf_spectacular.utils import OpenApiParameter
from rest_framework.exceptions import ValidationError
from rest_framework.generics import GenericAPIView
from rest_framework.serializers import BaseSerializer, Field, ListSerializer, Serializer

from claims.api.serializers.base import all_shown, shown

FIELDS, EXPAND = "fields", "expand"
ALWAYS = "uid"  # whatever is left out, a row says which one it is


@dataclass(frozen=True, slots=True)
class Expansion:
    """Rows that a row names, shown in full under ``expanded``.

    ``of`` gives them (one, several for ``many``, or ``None``), ``load`` reads them in a fixed number of queries.
    """

    serializer: type[Serializer[Any]]
    of: Callable[[Any], Any]
    load: Callable[[QuerySet[Any]], QuerySet[Any]]
    help_text: str
    many: bool = False


class ExpandedField(Field):
    """What was asked for in full, by its name."""

    def __init__(self, expansions: Mapping[str, Expansion]) -> None:
        super().__init__(read_only=True, source="*")
        self.expansions = expansions

    def to_representation(self, value: Any) -> dict[str, Any]:
        """Each of the rows in full; null where there is none."""
        found = {name: (one, one.of(value)) for name, one in self.expansions.items()}
        return {
            name: None if rows is None else one.serializer(rows, many=one.many, context=self.context).data
            for name, (one, rows) in found.items()
        }


class Shaped(GenericAPIView[Any]):
    """A view of rows whose callers say how much of each they want."""

    expansions: Mapping[str, Expansion] = {}

    def get_queryset(self) -> QuerySet[Any]:
        """The rows, with what is to be shown in full besides."""
        rows = self.rows()
        for name in self.expanded():
            rows = self.expansions[name].load(rows)
        return rows

    def rows(self) -> QuerySet[Any]:
        """The rows, with what is always shown of them."""
        return super().get_queryset()

    def get_serializer(self, *args: Any, **kwargs: Any) -> BaseSerializer[Any]:
        """A serializer of no more than the fields asked for."""
        serializer = super().get_serializer(*args, **kwargs)
        row = serializer.child if isinstance(serializer, ListSerializer) else serializer
        if isinstance(row, Serializer):
            self._shape(row)
        return serializer

    def as_shown(self, row: Any) -> Any:
        """A row as this request is shown it."""
        if {FIELDS, EXPAND} & set(self.request.query_params):
            return self.get_serializer(row).data
        return shown(self.get_serializer_class(), row, self.get_serializer_context())

    def all_as_shown(self, rows: Sequence[Any]) -> list[dict[str, Any]]:
        """Rows as this request is shown them."""
        if {FIELDS, EXPAND} & set(self.request.query_params):
            return list(self.get_serializer(rows, many=True).data)
        return all_shown(self.get_serializer_class(), rows, self.get_serializer_context())

    def expanded(self) -> list[str]:
        """What is asked for in full."""
        return self._named(EXPAND, self.expansions)

    def _shape(self, row: Serializer[Any]) -> None:
        if asked := self.expanded():
            row.fields["expanded"] = ExpandedField({name: self.expansions[name] for name in asked})
        if asked := self._named(FIELDS, row.fields):
            for name in set(row.fields) - {*asked, ALWAYS, "expanded"}:
                del row.fields[name]

    def _named(self, parameter: str, known: Mapping[str, Any]) -> list[str]:
        """The names that a parameter lists, with commas between them; an unknown one is refused."""
        request = getattr(self, "request", None)
        given = request.query_params.get(parameter, "") if request is not None else ""
        names = [name.strip() for name in given.split(",")] if given else []
        unknown = [name for name in names if name not in known]
        if unknown:
            said = f"Unknown here: {', '.join(unknown)[:200]}. Known: {', '.join(sorted(known))}."
            raise ValidationError({parameter: [said]})
        return names


def parameters(view: Shaped) -> Sequence[OpenApiParameter]:
    """What the schema says of ``fields`` and ``expand``."""
    described = [
        OpenApiParameter(
            FIELDS,
            str,
            description=f"Only these fields of each row, with commas between them; {ALWAYS} is always there.",
        )
    ]
    if view.expansions:
        shown = "; ".join(f"`{name}`: {one.help_text}" for name, one in sorted(view.expansions.items()))
        described.append(
            OpenApiParameter(EXPAND, str, description=f"What to show in full under `expanded`, with commas: {shown}.")
        )
    return described
