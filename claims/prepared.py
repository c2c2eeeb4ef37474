"""Statements that are sent over and over, in a few shapes: each connection plans each of them once.

Django sends every statement as one text, which PostgreSQL plans anew each time; for a statement that joins a dozen
tables that takes several times as long as its answer. What is prepared belongs to the session: a pooler between must
keep sessions (docs/operations.md).
"""

import hashlib
from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import Any
from weakref import WeakKeyDictionary

from django.db import connection
from django.db.backends.utils import CursorWrapper

_held: WeakKeyDictionary[Any, set[str]] = WeakKeyDictionary()
"""What each connection has prepared. That is no part of a transaction, so that no rollback takes it back."""


def execute(cursor: CursorWrapper, statement: str, values: Sequence[Any] = ()) -> None:
    """Have a statement executed whose values are marked ``%s``, as Django writes it; planned once by this connection.

    The statement must not be made of values: each text stays prepared as long as the connection.
    """
    name, numbered = _named(statement)
    held = _held.setdefault(connection.connection, set())
    if name not in held:
        cursor.execute(f"PREPARE {name} AS {numbered}")
        held.add(name)
    cursor.execute(f"EXECUTE {name} ({', '.join(['%s'] * len(values))})" if values else f"EXECUTE {name}", values)


@lru_cache(maxsize=1024)
def _named(statement: str) -> tuple[str, str]:
    """A name for the statement, and the statement with its values numbered as ``PREPARE`` wants them."""
    numbered = "".join(_numbered(statement))
    return f"kept_{hashlib.blake2b(statement.encode(), digest_size=12).hexdigest()}", numbered


def _numbered(statement: str) -> Iterator[str]:
    first, *others = statement.split("%s")
    yield first.replace("%%", "%")
    for number, part in enumerate(others, 1):
        yield f"${number}{part.replace('%%', '%')}"
