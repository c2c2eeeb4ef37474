"""Many rows at once into the product's tables, with what its triggers ask for seen to for all of them at once.

Rows come by COPY into a temporary table and from that into the product's, and each gets its event on the ledger in the
same transaction. The state on these events is only the row's public id, or about what the product would write, and the
hashes of sealed ones are made up: this is for measuring, never for a database that anybody keeps. Triggers, which would
look at every row by itself, are off meanwhile (``session_replication_role``); :func:`verify` then asks in one query
each whether there is a row without an event of its own transaction, or one that leads nowhere. Constraints other than
foreign keys are on all the time.
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
def write(
    model: type[Model], columns: Sequence[str], rows: Iterable[Sequence[Any]], *, in_full: bool = False, **same: Any
) -> None:
    """Add rows of these columns. The others get the model's default, or the value in ``same``, all the same.

    ``in_full``: the events say what a row is like and which dossier it belongs to, and have their places in the chain.
    """
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
        names = ", ".join([*columns, *[str(field.column) for field in rest]])
        slots = ", ".join([*columns, *["%s"] * len(rest)])
        cursor.execute(f"INSERT INTO {target} ({names}) SELECT {slots} FROM incoming", values)
        event = _FULL_EVENT if in_full else _EVENT
        dossier = _DOSSIERS.get(target, "NULL::bigint")
        cursor.execute(event.format(target=target, dossier=dossier), {"kind": model._meta.model_name, "heavy": _HEAVY})
        cursor.execute("DROP TABLE incoming")
        if "id" in columns:
            cursor.execute(f"SELECT setval(pg_get_serial_sequence('{target}', 'id'), (SELECT max(id) FROM {target}))")


_EVENT = """
    INSERT INTO claims_event (actor_label, verb, object_type, object_uid, state, reason, prev_hash, hash)
    SELECT 'machine:bulk/1', 'created', %(kind)s, uid, jsonb_build_object('uid', uid), '', '', '' FROM incoming
"""
_FULL_EVENT = """
    INSERT INTO claims_event (
        actor_label, verb, object_type, object_uid, dossier_id, state, reason, seq, prev_hash, hash
    )
    SELECT 'machine:bulk/1', 'created', %(kind)s, it.uid, {dossier},
        to_jsonb(it) - %(heavy)s::text[] - CASE WHEN %(kind)s = 'snapshot' THEN 'text' ELSE '' END, '',
        (SELECT coalesce(max(seq), 0) FROM claims_event) + row_number() OVER (ORDER BY it.id),
        encode(sha256('before'), 'hex'), encode(sha256(it.uid::text::bytea), 'hex')
    FROM {target} it JOIN incoming USING (uid)
"""
# What the state on an event leaves out, here and in the product; and the text of a snapshot.
_HEAVY = ["id", "uid", "embedding", "headers", "signature", "created_at"]
# Which dossier a row ``it`` belongs to.
_OF_CLAIM = "(SELECT dossier_id FROM claims_claim WHERE id = it.claim_id)"
_DOSSIERS = {
    "claims_dossier": "it.id",
    "claims_claim": "it.dossier_id",
    "claims_document": "it.dossier_id",
    "claims_snapshot": "(SELECT dossier_id FROM claims_document WHERE id = it.document_id)",
    "claims_statement": (
        "(SELECT d.dossier_id FROM claims_document d JOIN claims_snapshot s ON s.document_id = d.id "
        "WHERE s.id = it.snapshot_id)"
    ),
    "claims_position": _OF_CLAIM,
    "claims_verdict": _OF_CLAIM,
}


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
