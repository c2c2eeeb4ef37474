"""Rows that belong to a dossier, and which of them one caller may read."""

from typing import TYPE_CHECKING, ClassVar, Self, TypeVar

from django.db import models

if TYPE_CHECKING:
    from claims.access import Access

M = TypeVar("M", bound=models.Model)


class ReadableQuerySet(models.QuerySet[M]):
    """Rows that belong to a dossier along ``dossier_path``."""

    dossier_path: ClassVar[str] = "dossier"

    def readable_by(self, access: "Access") -> Self:
        """The rows of the dossiers that this caller may read; all of them for who may read every dossier."""
        if access.dossiers is None:
            return self
        return self.filter(**{f"{self.dossier_path}__in": access.dossiers})
