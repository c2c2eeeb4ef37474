"""A query that is asked over and over with another key: put together once, planned once by each connection.

Putting a query of a dozen joined tables together takes Django longer than PostgreSQL takes to answer it.
"""

from collections.abc import Callable
from threading import Lock
from typing import Any, Generic, TypeVar

from django.db import connection
from django.db.models import Model, QuerySet, prefetch_related_objects
from django.db.models.query import get_related_populators

from claims import prepared

M = TypeVar("M", bound=Model)
_KEY = -(2**62) + 1  # stands for the key while the query is put together


class Kept(Generic[M]):
    """The rows of a query that ``make`` makes of a key. Nothing but the key may differ from time to time."""

    def __init__(self, make: Callable[[int], QuerySet[M]]) -> None:
        self._make = make
        self._making = Lock()
        self._compiled: _Compiled | None = None

    def rows(self, key: int) -> list[M]:
        """The rows, as the queryset would give them."""
        if self._compiled is None:
            with self._making:
                self._compiled = self._compiled or _Compiled(self._make(_KEY))
        return self._compiled.rows(key)


class _Compiled:
    """What Django makes of a queryset before it asks, and how rows are made of the answer (as by ``ModelIterable``)."""

    def __init__(self, made: QuerySet[Any]) -> None:
        self._compiler = compiler = made.query.get_compiler(using=made.db)
        self._statement, self._values = compiler.as_sql()
        if _KEY not in self._values:
            raise ValueError("This query does not ask for its key.")
        info = compiler.klass_info
        fields = info["select_fields"]
        self._own = slice(fields[0], fields[-1] + 1)
        self._names = [column[0].target.attname for column in compiler.select[self._own]]
        # What makes the value of each column. Django looks it up anew for every answer: a tenth of a whole request.
        self._converters = compiler.get_converters([column[0] for column in compiler.select[: compiler.col_count]])
        self._model, self._db = info["model"], made.db
        self._related = get_related_populators(info, compiler.select, made.db)  # type: ignore[call-arg]
        self._prefetched: Any = made._prefetch_related_lookups  # type: ignore[attr-defined]

    def rows(self, key: int) -> list[Any]:
        with connection.cursor() as cursor:
            prepared.execute(cursor, self._statement, [key if value == _KEY else value for value in self._values])
            answered = cursor.fetchall()
        rows = []
        for values in self._compiler.apply_converters(answered, self._converters):
            row = self._model.from_db(self._db, self._names, values[self._own])
            for related in self._related:
                related.populate(values, row)
            rows.append(row)
        if self._prefetched:
            prefetch_related_objects(rows, *self._prefetched)
        return rows
