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
