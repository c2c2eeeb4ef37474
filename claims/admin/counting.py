"""Counting that stays quick however many rows there are."""

from dataclasses import dataclass
from typing import Any

from django.db.models import QuerySet

MOST = 1000


@dataclass(frozen=True, slots=True)
class Counted:
    """How many there are, as far as they were counted."""

    number: int
    more: bool = False

    def __str__(self) -> str:
        """As a page shows it: ``12``, or ``1,000+``."""
        return f"{self.number:,}{'+' if self.more else ''}"

    def __add__(self, other: "Counted") -> "Counted":
        return Counted(self.number + other.number, self.more or other.more)


def counted(found: int, most: int = MOST) -> Counted:
    """What counting up to one more than ``most`` gave."""
    return Counted(min(found, most), found > most)


def bounded_count(rows: QuerySet[Any], *, most: int = MOST) -> Counted:
    """How many rows there are, counted up to ``most``: the database stops there."""
    return counted(rows.order_by()[: most + 1].count(), most)
