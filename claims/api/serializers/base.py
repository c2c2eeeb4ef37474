"""What every serializer of rows shares: nothing is written through it, and no row is shown to who may not read it.

Lists and single rows that are asked for are narrowed down by their querysets. What such a row leads to is narrowed down
here: a row of a dossier that the caller may not read is left out of a list, and null where it stands alone.
"""

from collections.abc import Iterable, Mapping
from threading import local
from typing import Any, TypeVar

from django.db.models import Manager, Model
from rest_framework import serializers

from claims.access import Access, access_of
from claims.models.ledger import actor_told
from claims.models.readable import may_read, paths_of, readable_among

M = TypeVar("M", bound=Model)


class _Made(local):
    """The serializers that one thread has made, by their classes."""

    def __init__(self) -> None:
        self.of: dict[tuple[type, bool], Any] = {}


_made = _Made()


def shown(serializer: type[serializers.BaseSerializer[Any]], row: Any, context: Mapping[str, Any]) -> Any:
    """A row in JSON values, as its serializer shows it.

    Making a serializer, with all that are nested in it, takes longer than showing a row: each thread makes one of each
    kind and keeps it. Nothing but the context differs from one answer to the other.
    """
    return _represented(serializer, row, context, many=False)


def all_shown(
    serializer: type[serializers.BaseSerializer[Any]], rows: Iterable[Any], context: Mapping[str, Any]
) -> list[dict[str, Any]]:
    """Rows in JSON values: those that the caller may read."""
    made: list[dict[str, Any]] = _represented(serializer, rows, context, many=True)
    return made


def _represented(
    serializer: type[serializers.BaseSerializer[Any]], given: Any, context: Mapping[str, Any], *, many: bool
) -> Any:
    kept: Any = _made.of.get((serializer, many))
    if kept is None:
        kept = _made.of[serializer, many] = serializer(many=many) if many else serializer()
    before, kept._context = kept._context, context
    try:
        return kept.to_representation(given)
    finally:
        kept._context = before


def reader(serializer: serializers.Field) -> Access:
    """What the caller whom an answer is made for may see."""
    return access_of(serializer.context["request"])


class ReadableList(serializers.ListSerializer[Any]):
    """The rows that the caller may read."""

    def to_representation(self, data: Any) -> list[Any]:
        """Those rows, in their order."""
        rows = list(data.all() if isinstance(data, Manager) else data)
        # What was asked for, and belongs to no dossier, was looked at before.
        kind: type[Model] | None = type(rows[0]) if rows else None
        if kind is not None and (self.root is not self or paths_of(kind)):
            rows = readable_among(reader(self), rows)
        return super().to_representation(rows)


class Shown(serializers.ModelSerializer[M]):
    """A row as it is read: every field is always there."""

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        if hasattr(cls, "Meta"):
            cls.Meta.list_serializer_class = ReadableList

    def get_fields(self) -> dict[str, Any]:
        """The fields, all read-only."""
        fields = super().get_fields()
        for field in fields.values():
            field.read_only, field.required = True, False
        return fields

    def to_representation(self, instance: M) -> Any:
        """The row; ``None`` where the caller may not read it."""
        hidden = paths_of(type(instance)) and not may_read(reader(self), instance)
        return None if hidden else super().to_representation(instance)


class UidOf(serializers.UUIDField):
    """The public id of a row that this one names; null where there is none, or none that the caller may read."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(read_only=True, allow_null=True, **kwargs)

    def to_representation(self, value: Any) -> Any:
        """The id."""
        return str(value.uid) if may_read(reader(self), value) else None


class Actor(serializers.CharField):
    """Who did something: a machine, or a person whom not everybody is told the name of."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(help_text="user:NAME (user where names are not told) or machine:ALGORITHM/VERSION.", **kwargs)

    def to_representation(self, value: Any) -> str:
        """The label."""
        return actor_told(reader(self), str(value))


class Strict(serializers.Serializer[Any]):
    """A request's body: an unknown field is an error that names it."""

    def to_internal_value(self, data: Any) -> Any:
        """The known fields."""
        if isinstance(data, dict):
            unknown = {str(name): ["Unknown field."] for name in data if name not in self.fields}
            if unknown:
                raise serializers.ValidationError(unknown)
        return super().to_internal_value(data)
