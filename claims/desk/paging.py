"""Long lists in parts, without counting them: a page may hold several lists, each with a parameter of its own."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest

FURTHEST = 200  # no list is gone through further than this; skipping rows takes the longer the further one goes


@dataclass(frozen=True, slots=True)
class Part:
    """One part of a list. ``earlier`` and ``later`` are the queries that lead to the next ones, if there are any."""

    rows: list[Any]
    number: int
    first: int  # the place of its first row in the whole list, from 1
    earlier: str
    later: str

    @property
    def last(self) -> int:
        """The place of its last row in the whole list."""
        return self.first + len(self.rows) - 1


def number_asked(request: HttpRequest, name: str) -> int:
    """Which part is asked for, from 1; what is not a number, or out of range, counts as the nearest that is."""
    asked = request.GET.get(name, "")
    return min(max(int(asked), 1), FURTHEST) if asked.isascii() and asked.isdigit() and len(asked) < 6 else 1


def part_of(request: HttpRequest, name: str, rows: Any, *, size: int) -> Part:
    """The part of a queryset or list that the parameter ``name`` asks for."""
    number = number_asked(request, name)
    start = (number - 1) * size
    return part(request, name, list(rows[start : start + size + 1]), size=size)


def part(request: HttpRequest, name: str, found: Sequence[Any], *, size: int) -> Part:
    """The same of rows that were read from the right place already, one more than are shown where there are more."""
    number = number_asked(request, name)
    return Part(
        rows=list(found[:size]),
        number=number,
        first=(number - 1) * size + 1,
        earlier=query_with(request, **{name: number - 1}) if number > 1 else "",
        later=query_with(request, **{name: number + 1}) if len(found) > size and number < FURTHEST else "",
    )


def query_with(request: HttpRequest, **changed: Any) -> str:
    """The present query with these parameters changed; an empty one is left out."""
    query = request.GET.copy()
    for name, value in changed.items():
        if value in ("", None, 1):
            query.pop(name, None)
        else:
            query[name] = str(value)
    return f"?{query.urlencode()}"
