"""Many rows at once into the product's tables, with what its triggers ask for seen to for all of them at once.

Rows come by COPY into a temporary table and from that into the product's, and each gets its event on the ledger in the
same transaction. The state on these events is only the row's public id: this is for measuring, never for a database
that anybody keeps. Triggers, which would look at every row by itself, are off meanwhile (``session_replication_role``);
:func:`verify` then asks in one query each whether there is a row without an event of its own transaction, or one that
leads nowhere. Constraints other than foreign keys are on all the time.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from django.contrib.postgres.indexes import PostgresIndex
from django.db import connection, transaction
from django.db.models import Model


def rows_of(sql: str, values: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
    """What a query answers; nothing for a command."""
    with connection.cursor() as cursor:
        cursor.execute(sql, values or None)
        return list(cursor.fetchall()) if cursor.description else []


@transaction.atomic
def write(model: type[Model], columns: Sequence[str], rows: Iterable[Sequence[Any]], **same: Any) -> None:
    """Add rows of these columns. The others get the model's default, or the value in ``same``, all the same."""
    template = model(**same)
    rest = [field for field in model._meta.concrete_fields if field.column not in (*columns, "id")]
    values = [field.get_db_prep_save(field.pre_save(template, add=True), connection) for field in rest]
    target, copied = model._meta.db_table, ", ".join(columns)
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")
        cursor.execute(f"CREATE TEMPORARY TABLE incoming AS SELECT {copied} FROM {target} WITH NO DATA")
        with cursor.copy(f"COPY incoming ({copied}) FROM STDIN") as copy:
            for row in rows:
                copy.write_row(row)
        cursor.execute(
            "INSERT INTO claims_event (actor_label, verb, object_type, object_uid, state, reason, prev_hash, hash) "
            "SELECT 'machine:bulk/1', 'created', %s, uid, jsonb_build_object('uid', uid), '', '', '' FROM incoming",
            [model._meta.model_name],
        )
        names = ", ".join([*columns, *[str(field.column) for field in rest]])
        slots = ", ".join([*columns, *["%s"] * len(rest)])
        cursor.execute(f"INSERT INTO {target} ({names}) SELECT {slots} FROM incoming", values)
        cursor.execute("DROP TABLE incoming")
        if "id" in columns:
            cursor.execute(f"SELECT setval(pg_get_serial_sequence('{target}', 'id'), (SELECT max(id) FROM {target}))")


class Unsound(RuntimeError):
    """What was written breaks a rule of the database; the message says which."""


def verify(models: Iterable[type[Model]]) -> None:
    """Raise :class:`Unsound` where a trigger or a foreign key would have refused a row of these models."""
    for model in models:
        table = model._meta.db_table
        # Both were written by one transaction: that is what xmin says.
        broken = rows_of(
            f"SELECT count(*) FROM {table} row WHERE NOT EXISTS "
            "(SELECT FROM claims_event e WHERE e.object_uid = row.uid AND e.xmin = row.xmin)"
        )[0][0]
        if broken:
            raise Unsound(f"{broken} rows of {table} have no event on the ledger.")
        for field in model._meta.concrete_fields:
            if field.related_model is not None:
                other = field.related_model._meta.db_table
                lost = rows_of(
                    f"SELECT count(*) FROM {table} row WHERE row.{field.column} IS NOT NULL AND NOT EXISTS "
                    f"(SELECT FROM {other} there WHERE there.id = row.{field.column})"
                )[0][0]
                if lost:
                    raise Unsound(f"{lost} rows of {table} lead to no {other}.")


def next_id(model: type[Model]) -> int:
    """The first of the ids that new rows may take, where nobody else writes."""
    return int(rows_of(f"SELECT coalesce(max(id), 0) + 1 FROM {model._meta.db_table}")[0][0])


@contextmanager
def without_search_indexes(model: type[Model], **settings: str) -> Iterator[None]:
    """Drop a model's HNSW, GIN and similar indexes and make them again afterwards, with these settings."""
    indexes = [index for index in model._meta.indexes if isinstance(index, PostgresIndex)]
    with connection.schema_editor() as editor:
        for index in indexes:
            editor.remove_index(model, index)
    yield
    for name, value in settings.items():
        rows_of("SELECT set_config(%s, %s, false)", [name, value])
    with connection.schema_editor(atomic=False) as editor:
        for index in indexes:
            editor.add_index(model, index)
