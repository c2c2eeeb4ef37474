"""Adding many rows at once."""

import json
from collections.abc import Sequence
from typing import Any

from django.db import connection
from django.db.models import (
    BooleanField,
    CharField,
    DateField,
    Field,
    FloatField,
    ForeignKey,
    IntegerField,
    Model,
    TextField,
)
from django.db.models.expressions import DatabaseDefault

# Their values are what the database takes, moments (a kind of date) and keys included.
_AS_GIVEN = (BooleanField, CharField, DateField, FloatField, ForeignKey, IntegerField, TextField)


def copy_in(rows: Sequence[Model]) -> None:
    """Add new rows of one model by COPY, at a fraction of what ``bulk_create`` takes to put a statement together.

    They keep the keys that were reserved for them (:mod:`claims.services.keys`); without any, the database gives them
    some, which nobody is told. So it does with whatever it has a default for and no row of them sets.
    """
    if not rows:
        return
    meta = rows[0]._meta
    keyed = rows[0].pk is not None
    fields = [one for one in meta.concrete_fields if keyed or not one.primary_key]
    values = [[one.pre_save(row, add=True) for one in fields] for row in rows]
    given = [n for n in range(len(fields)) if not all(isinstance(told[n], DatabaseDefault) for told in values)]
    names = ", ".join(connection.ops.quote_name(str(fields[n].column)) for n in given)
    with (
        connection.wrap_database_errors,
        connection.cursor() as cursor,
        cursor.copy(f"COPY {connection.ops.quote_name(meta.db_table)} ({names}) FROM STDIN") as copy,
    ):
        for told in values:
            copy.write_row([_prepared(fields[n], told[n]) for n in given])
    for row in rows:
        row._state.adding, row._state.db = False, connection.alias


def _prepared(field: "Field[Any, Any]", value: object) -> object:
    """A value as the database takes it. Django asks each field for that, and most give back what they were given."""
    return value if isinstance(field, _AS_GIVEN) else field.get_db_prep_save(value, connection)


def add_unless_there(rows: Sequence[Model]) -> set[int]:
    """Add new rows of one model, but for those with whose unique values another transaction was faster.

    Return the keys of the rows added, which were reserved for them. One query, into which all of them go as one value.
    """
    if not rows:
        return set()
    meta = rows[0]._meta
    fields = {str(one.column): one for one in meta.concrete_fields}
    values = [{column: one.pre_save(row, add=True) for column, one in fields.items()} for row in rows]
    table, key = (connection.ops.quote_name(str(name)) for name in (meta.db_table, meta.pk and meta.pk.column))
    names = ", ".join(map(connection.ops.quote_name, fields))
    statement = f"""
        INSERT INTO {table} ({names}) SELECT {names} FROM jsonb_populate_recordset(NULL::{table}, %s::jsonb)
        ON CONFLICT DO NOTHING RETURNING {key}
    """  # noqa: S608 - only names of ours are put in
    with connection.cursor() as cursor:
        # Moments and public ids are told as they are printed.
        cursor.execute(statement, [json.dumps(values, default=str)])
        added = {key for (key,) in cursor.fetchall()}
    for row in rows:
        row._state.adding, row._state.db = row.pk not in added, connection.alias
    return added
