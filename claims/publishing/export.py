"""Rows as CSV or JSON Lines, piece by piece: memory does not grow with their number.

All of an export is read from one snapshot of the database, through a cursor on the server that is freed when the reader
is done or goes away.
"""

import csv
import io
import json
from collections.abc import Callable, Generator, Iterable, Sequence
from contextlib import closing
from datetime import date
from itertools import islice
from typing import Any
from uuid import UUID

from django.db import connection, transaction
from django.db.models import QuerySet

CSV, JSON_LINES = "csv", "jsonl"
MEDIA_TYPES = {CSV: "text/csv; charset=utf-8; header=present", JSON_LINES: "application/x-ndjson"}
ROWS_AT_ONCE = 500
# Spreadsheets take UTF-8 without this mark for some older code, and show Ö as Ã–.
BYTE_ORDER_MARK = "\ufeff"
# What a spreadsheet would run as a formula, full-width ones too, or what makes it look for one behind it. After an
# apostrophe it takes everything for text.
FORMULAE = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
AS_TEXT = "'"

Row = Sequence[Any]


def from_one_snapshot(rows: QuerySet[Any, tuple[Any, ...]]) -> Generator[tuple[Any, ...]]:
    """The rows, all as they are now, however long reading them takes. Close it to end the transaction early."""
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        with closing(rows.iterator(chunk_size=ROWS_AT_ONCE)) as read:  # type: ignore[type-var]  # it is a generator
            yield from read


def encoded(
    rows: Generator[Row], *, names: Sequence[str], form: str, shown: Callable[[Any], Any] = lambda value: value
) -> Generator[bytes]:
    """The rows in the form asked for, many in one piece; ``shown`` says what of a row, by its names, the reader sees.

    Closing it closes ``rows``.
    """
    write = {CSV: _as_csv, JSON_LINES: _as_json_lines}[form]

    def as_seen(row: Row) -> Row:
        held = shown(dict(zip(names, [plain(value) for value in row], strict=True)))
        return list(held.values())

    if form == CSV:
        yield (BYTE_ORDER_MARK + _as_csv([names], names)).encode()
    with closing(rows) as read:
        while batch := [as_seen(row) for row in islice(read, ROWS_AT_ONCE)]:
            yield write(batch, names).encode()


def plain(value: Any) -> Any:
    """A value of a row as JSON has it."""
    if isinstance(value, UUID):
        return str(value)
    return value.isoformat() if isinstance(value, date) else value


def cell(value: Any) -> str | int | float:
    """A JSON value as a cell of CSV: empty for none, lists as JSON, and no text that a spreadsheet would run."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return value
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return AS_TEXT + text if text.startswith(FORMULAE) else text


def _as_csv(rows: Iterable[Row], _names: Sequence[str]) -> str:
    buffer = io.StringIO()
    csv.writer(buffer).writerows([cell(value) for value in row] for row in rows)
    return buffer.getvalue()


def _as_json_lines(rows: Iterable[Row], names: Sequence[str]) -> str:
    return "".join(json.dumps(dict(zip(names, row, strict=True)), ensure_ascii=False) + "\n" for row in rows)
