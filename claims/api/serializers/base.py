"""What every serializer of rows shares."""

from typing import Any, TypeVar

from django.db.models import Model
from rest_framework import serializers

M = TypeVar("M", bound=Model)


class Shown(serializers.ModelSerializer[M]):
    """A row as it is read: nothing is written through it, and every field is always there."""

    def get_fields(self) -> dict[str, Any]:
        """The fields, all read-only."""
        fields = super().get_fields()
        for field in fields.values():
            field.read_only, field.required = True, False
        return fields


class Strict(serializers.Serializer[Any]):
    """A request's body: an unknown field is an error that names it."""

    def to_internal_value(self, data: Any) -> Any:
        """The known fields."""
        if isinstance(data, dict):
            unknown = {str(name): ["Unknown field."] for name in data if name not in self.fields}
            if unknown:
                raise serializers.ValidationError(unknown)
        return super().to_internal_value(data)
