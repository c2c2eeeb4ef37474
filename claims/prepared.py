"""Statements that are sent over and over, in a few shapes: each connection plans each of them once.

Django sends every statement as one text, which PostgreSQL plans anew each time; for a statement that joins a dozen
tables that takes several times as long as its answer. What is prepared belongs to the session: a pooler between must
keep sessions (docs/operations.md).
"""

import hashlib
import re
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any
from weakref import WeakKeyDictionary

from django.db import connection
from django.db.backends.utils import CursorWrapper

_held: WeakKeyDictionary[Any, set[str]] = WeakKeyDictionary()
"""What each connection has prepared. That is no part of a transaction, so that no rollback takes it back."""
_MARK = re.compile(r"%(?:(?P<percent>%)|(?:\((?P<name>\w+)\))?s)")


def execute(cursor: CursorWrapper, statement: str, values: Sequence[Any] | Mapping[str, Any] = ()) -> None:
    """Have a statement executed whose values are marked ``%s`` or ``%(name)s``, as Django writes it.

    This connection plans it once. The statement must not be made of values: each text stays prepared as long as the
    connection.
    """
    name, numbered, names = _named(statement)
    given = [values[one] for one in names] if isinstance(values, Mapping) else values
    held = _held.setdefault(connection.connection, set())
    if name not in held:
        cursor.execute(f"PREPARE {name} AS {numbered}")
        held.add(name)
    cursor.execute(f"EXECUTE {name} ({', '.join(['%s'] * len(given))})" if given else f"EXECUTE {name}", given)


@lru_cache(maxsize=1024)
def _named(statement: str) -> tuple[str, str, tuple[str, ...]]:
    """A name for the statement, the statement with its values numbered as ``PREPARE`` wants them, and their names."""
    names: list[str] = []  # by number; empty for what has none

    def number(mark: re.Match[str]) -> str:
        if mark["percent"]:
            return "%"
        if mark["name"] is None or mark["name"] not in names:
            names.append(mark["name"] or "")
            return f"${len(names)}"
        return f"${names.index(mark['name']) + 1}"

    numbered = _MARK.sub(number, statement)
    return f"kept_{hashlib.blake2b(statement.encode(), digest_size=12).hexdigest()}", numbered, tuple(names)
