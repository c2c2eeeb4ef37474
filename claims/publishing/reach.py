"""What of the rows that leave through this package the caller may see: asked here, and nowhere else in it."""

from collections.abc import Callable
from typing import Any

from django.db.models import QuerySet

from claims.access import Access
from claims.services.protection import masker_now


def readable(rows: QuerySet[Any], access: Access) -> QuerySet[Any]:
    """Those of the rows that the caller may read."""
    found: QuerySet[Any] = rows.readable_by(access)  # type: ignore[attr-defined]  # every queryset of rows has it
    return found


def mask_for(access: Access) -> Callable[[Any], Any]:
    """What lays a mask over protected sources in texts and JSON values for this caller.

    It is made once for many values: asking for each what is protected would be a query for each.
    """
    masker = None if access.sees_protected else masker_now()
    if masker is None:
        return _unchanged
    return lambda value: masker.text(value) if isinstance(value, str) else masker.value(value)


def _unchanged(value: Any) -> Any:
    return value
