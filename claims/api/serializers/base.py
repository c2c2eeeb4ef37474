"""What every serializer of rows shares: nothing is written through it, and no row is shown to who may not read it.

Lists and single rows that are asked for are narrowed down by their querysets. What such a row leads to is narrowed down
here: a row of a dossier that the caller may not read is left out of a list, and null where it stands alone.
"""

from typing import Any, TypeVar

from django.db.models import Manager, Model
from rest_framework import serializers

from claims.access import Access, access_of
from claims.models.ledger import actor_told
from claims.models.readable import may_read, paths_of, readable_among

M = TypeVar("M", bound=Model)


def reader(serializer: serializers.Field) -> Access:
    """What the caller whom an answer is made for may see."""
    return access_of(serializer.context["request"])


class ReadableList(serializers.ListSerializer[Any]):
    """The rows that the caller may read."""

    def to_representation(self, data: Any) -> list[Any]:
        """Those rows, in their order."""
        rows = list(data.all() if isinstance(data, Manager) else data)
        # What was asked for, and belongs to no dossier, was looked at before.
        if rows and (self.root is not self or paths_of(type(rows[0]))):
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
