"""Rows that belong to dossiers, and which of them one caller may read: asked of the database, or of a row at hand."""

from collections.abc import Sequence
from functools import cache
from typing import TYPE_CHECKING, Any, ClassVar, Self, TypeVar

from django.db import models
from django.db.models import Q

if TYPE_CHECKING:
    from claims.access import Access

M = TypeVar("M", bound=models.Model)


class ReadableQuerySet(models.QuerySet[M]):
    """Rows that belong to the dossiers along ``dossier_paths``, and, where there is one, along ``further_paths``.

    A row that bears on two dossiers says something of both: only who may read both may read it.
    """

    dossier_paths: ClassVar[tuple[str, ...]] = ("dossier",)
    further_paths: ClassVar[tuple[str, ...]] = ()

    def readable_by(self, access: "Access") -> Self:
        """The rows of the dossiers that this caller may read; all of them for who may read every dossier."""
        if access.dossiers is None:
            return self
        there = Q(*(Q(**{f"{path}__in": access.dossiers}) for path in self.dossier_paths))
        for path in self.further_paths:
            there &= Q(**{f"{path}__isnull": True}) | Q(**{f"{path}__in": access.dossiers})
        return self.filter(there)


@cache
def paths_of(model: type[models.Model]) -> tuple[str, ...]:
    """Where the rows of a model lead to dossiers; nothing for those that belong to none, such as sources."""
    rows: Any = getattr(model._default_manager, "_queryset_class", None)
    return (*getattr(rows, "dossier_paths", ()), *getattr(rows, "further_paths", ()))


def may_read(access: "Access", row: models.Model) -> bool:
    """Whether this caller may read this row, which another row that he or she reads has led to.

    The same as :meth:`ReadableQuerySet.readable_by`, without a query where what leads to the dossiers is loaded. A row
    that belongs to no dossier, such as a source, is read where it is named.
    """
    if access.dossiers is None:
        return True
    return all(found is None or found in access.dossiers for found in (_at(row, path) for path in paths_of(type(row))))


def readable_among(access: "Access", rows: Sequence[M]) -> list[M]:
    """Those of the rows of one model that this caller may read. Of sources the database is asked which."""
    if access.dossiers is None or not rows:
        return list(rows)
    manager: Any = type(rows[0])._default_manager
    if paths_of(type(rows[0])) or not hasattr(manager, "readable_by"):
        return [row for row in rows if may_read(access, row)]
    seen = set(manager.filter(pk__in=[row.pk for row in rows]).readable_by(access).values_list("pk", flat=True))
    return [row for row in rows if row.pk in seen]


def _at(row: Any, path: str) -> int | None:
    """The key of the dossier at the end of the path; ``None`` where it leads nowhere."""
    *steps, last = path.split("__")
    for step in steps:
        row = getattr(row, step)
        if row is None:
            return None
    key: int | None = row.pk if last == "pk" else getattr(row, f"{last}_id")
    return key
