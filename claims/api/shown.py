"""Which recorded rows an answer shows, and which change of each it shows: one query, whatever the answer is.

An object's events are written one after the other, each while its writer holds the object's row, so the largest key of
an object's events names what the object is like. The largest keys of all the objects that an answer shows name what the
answer says. (The largest of all of them would not do: of two objects' events, the smaller key may be committed later.)
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import Any

from django.contrib.auth.models import User
from django.core.exceptions import EmptyResultSet
from django.db import connection
from django.db.models import Model, QuerySet

from claims import models, prepared
from claims.choices import ContradictionState, VerdictState

PK = "SELECT %(pk)s::bigint"


@dataclass(frozen=True, slots=True)
class Shown:
    """What an answer shows. ``newest`` is the latest of the changes that it shows, ``mark`` names all of them."""

    newest: int
    mark: str


@dataclass(frozen=True, slots=True)
class Found:
    """A row that was asked for: its key, what its answer shows, and how many rows of each kind that are."""

    pk: int
    shown: Shown
    kinds: Mapping[str, int]
    protection: tuple[int, int | None]
    """What was protected at that moment, as :func:`claims.services.protection.protection_version` says it."""


def _table(model: type[Model]) -> str:
    return model._meta.db_table


_TABLES: Mapping[str, type[Model]] = {
    "verdicts": models.Verdict,
    "contradictions": models.Contradiction,
    "positions": models.Position,
    "statements": models.Statement,
    "documents": models.Document,
    "sources": models.Source,
    "parties": models.Party,
    "claims": models.Claim,
    "dossiers": models.Dossier,
}
# What is shown together with a row: for each kind, in an order in which all that leads to it stands before it, the kind
# that it follows from and the columns or the query that lead there.
_FOLLOWS: Sequence[tuple[str, str, str]] = (
    ("positions", "contradictions", "unnest(ARRAY[{c}.position_id, {c}.other_position_id])"),
    ("statements", "positions", "{c}.statement_id"),
    ("documents", "verdicts", ""),
    ("documents", "statements", ""),
    ("sources", "statements", "{c}.source_id"),
    ("sources", "documents", "{c}.publisher_id"),
    ("parties", "sources", "{c}.party_id"),
    ("claims", "contradictions", "unnest(ARRAY[{c}.claim_id, {c}.other_claim_id])"),
)
# What a merged row counts as is shown with it, to the end of all merges.
_MERGED = ("sources", "claims")
_THROUGH_SNAPSHOTS = {
    "statements": f"""
        SELECT n.document_id FROM statements JOIN {_table(models.Statement)} s USING (id)
        JOIN {_table(models.Snapshot)} n ON n.id = s.snapshot_id
    """,  # noqa: S608 - here and below, only names of tables are put in
    "verdicts": f"""
        SELECT n.document_id FROM verdicts JOIN {_table(models.Evidence)} e ON e.verdict_id = verdicts.id
        JOIN {_table(models.Snapshot)} n ON n.id = e.snapshot_id
    """,  # noqa: S608
}
# The people whom a row names. Their names are not on the ledger.
_PEOPLE = {
    "verdicts": "unnest(ARRAY[{c}.author_id, {c}.approver_id])",
    "contradictions": "{c}.decided_by_id",
    "positions": "{c}.by_id",
    "statements": "{c}.reviewed_by_id",
}


@dataclass(frozen=True, slots=True)
class _Answer:
    """What leads from one row to all that its answer shows, and what it says that the ledger does not tell."""

    leads_to: Mapping[str, Sequence[str]]
    besides: str = "SELECT ''::text"


def _column(model: type[Model], column: str) -> str:
    return f"SELECT {column} FROM {_table(model)} WHERE id = %(pk)s"  # noqa: S608


def _rows(model: type[Model], column: str, condition: str = "true", *, of: str = "id") -> str:
    return f"SELECT {of} FROM {_table(model)} WHERE {column} = %(pk)s AND {condition}"  # noqa: S608


_STANDING = f"state IN ('{ContradictionState.SUGGESTED.value}', '{ContradictionState.CONFIRMED.value}')"
_IN_FORCE = f"state = '{VerdictState.PUBLISHED.value}'"
_ANSWERS: Mapping[type[Model], _Answer] = {
    models.Dossier: _Answer(
        {"dossiers": [PK]},
        # How many documents and claims it has, without counting claims: they are made one at a time in a dossier, so
        # that the newest of them tells of each, and leave the count only by merges, which are few.
        besides=f"""
            SELECT concat_ws(
                ',', (SELECT count(*) FROM {_table(models.Document)} WHERE dossier_id = %(pk)s),
                (SELECT id FROM {_table(models.Claim)} WHERE dossier_id = %(pk)s ORDER BY id DESC LIMIT 1),
                (SELECT concat_ws(',', count(*), count(undone_at)) FROM {_table(models.ClaimMerge)})
            )
        """,  # noqa: S608
    ),
    models.Document: _Answer(
        {
            "documents": [PK, _column(models.Document, "origin_id")],
            "sources": [_column(models.Document, "credit_id")],
            "dossiers": [_column(models.Document, "dossier_id")],
        },
        # How far each version has come, which notices are on it, and what of them is gone.
        besides=f"""
            SELECT string_agg(
                concat_ws(
                    ',', n.id, latest, analysed_with, matched_with, removed_at, (
                        SELECT string_agg(concat_ws(',', t.id, t.removed_at), ',' ORDER BY t.id)
                        FROM {_table(models.Notice)} t WHERE t.snapshot_id = n.id
                    )
                ),
                ';' ORDER BY n.id
            )
            FROM {_table(models.Snapshot)} n WHERE document_id = %(pk)s
        """,  # noqa: S608
    ),
    models.Statement: _Answer(
        {
            "statements": [PK],
            "positions": [_rows(models.Position, "statement_id", "superseded_at IS NULL")],
            "claims": [_rows(models.Position, "statement_id", "superseded_at IS NULL", of="claim_id")],
        }
    ),
    models.Claim: _Answer(
        {
            "verdicts": [_rows(models.Verdict, "claim_id", _IN_FORCE)],
            "contradictions": [
                _rows(models.Contradiction, "claim_id", _STANDING),
                _rows(models.Contradiction, "other_claim_id", _STANDING),
            ],
            "positions": [_rows(models.Position, "claim_id", "superseded_at IS NULL")],
            "parties": [_column(models.Claim, "favours_id")],
            "claims": [PK, _rows(models.Claim, "rises_to_id"), _rows(models.Claim, "merged_into_id")],
            "dossiers": [_column(models.Claim, "dossier_id")],
        }
    ),
    models.Contradiction: _Answer({"contradictions": [PK]}),
    models.Source: _Answer(
        {
            "sources": [
                PK,
                _column(models.Source, "parent_id"),
                _column(models.Source, "merged_into_id"),
                _rows(models.Source, "merged_into_id"),
            ]
        },
        # Who graded it.
        besides=f"""
            SELECT string_agg(u.username, ',' ORDER BY g.id)
            FROM {_table(models.ReliabilityGrade)} g JOIN {_table(User)} u ON u.id = g.by_id WHERE g.source_id = %(pk)s
        """,  # noqa: S608
    ),
    models.Verdict: _Answer({"verdicts": [PK], "claims": [_column(models.Verdict, "claim_id")]}),
}


def shown_of_pk(model: type[Model], pk: int) -> Shown:
    """What the answer about the row with this key shows now."""
    with connection.cursor() as cursor:
        cursor.execute(_marked(model), {"pk": pk})
        newest, mark = cursor.fetchone()
    return Shown(newest or 0, mark)


def find(rows: QuerySet[Any]) -> Found | None:
    """The only row of a query and what its answer shows, ``None`` where there is no row: one small statement."""
    try:
        wanted, values = rows.order_by().values("pk").query.sql_with_params()
    except EmptyResultSet:  # such as those of no dossier
        return None
    model: type[Model] = rows.model
    with connection.cursor() as cursor:
        prepared.execute(cursor, _found(model, wanted), values)
        pk, newest, mark, counts, *protection = cursor.fetchone()
    if pk is None:
        return None
    kinds = dict(zip(_walk(model)[1], counts, strict=True))
    return Found(pk, Shown(newest or 0, mark), kinds, (protection[0], protection[1]))


def objects_shown(row: Model) -> str:
    """The SQL for the public ids of everything that the answer about a row shows; it takes the parameter ``pk``."""
    walk, kinds = _walk(type(row))
    return f"WITH RECURSIVE {walk} {_uids(kinds)}"


@cache
def _marked(model: type[Model]) -> str:
    parts, newest_and_mark = _parts(model)
    return f"WITH RECURSIVE {parts} SELECT {newest_and_mark} FROM newest"  # noqa: S608


@lru_cache(maxsize=256)
def _found(model: type[Model], wanted: str) -> str:
    parts, newest_and_mark = (part % {"pk": "(SELECT id FROM wanted)"} for part in _parts(model))
    counts = ", ".join(f"(SELECT count(*) FROM {kind})" for kind in _walk(model)[1])  # noqa: S608
    protection = _table(models.ProtectionChange)
    return f"""
        WITH RECURSIVE wanted (id) AS MATERIALIZED ({wanted}), {parts}
        SELECT (SELECT id FROM wanted), {newest_and_mark}, ARRAY[{counts}],
            (SELECT count(*) FROM {protection}), (SELECT max(id) FROM {protection})
        FROM newest
    """  # noqa: S608


@cache
def _parts(model: type[Model]) -> tuple[str, str]:
    """The parts of a ``WITH`` up to the newest events of all that is shown, and what names them."""
    # Materialised: PostgreSQL would look up the events once for each place where their keys are named.
    walk, kinds = _walk(model)
    people = " UNION ".join(
        f"SELECT {_PEOPLE[kind].format(c='c')} FROM {kind} JOIN {_table(_TABLES[kind])} c USING (id)"  # noqa: S608
        for kind in kinds
        if kind in _PEOPLE
    )
    named = f"(SELECT string_agg(username, ',' ORDER BY id) FROM {_table(User)} WHERE id IN ({people}))"  # noqa: S608
    newest = f"""
        newest (pk) AS MATERIALIZED (
            SELECT (SELECT max(e.id) FROM {_table(models.Event)} e WHERE e.object_uid = shown.uid)
            FROM ({_uids(kinds)}) shown
        )
    """  # noqa: S608
    mark = f"""
        max(pk), md5(concat_ws(
            '|', string_agg(pk::text, ',' ORDER BY pk), ({_ANSWERS[model].besides}), {named if people else "''"}
        ))
    """
    return f"{walk}, {newest}", mark


def _uids(kinds: Sequence[str]) -> str:
    return " UNION ALL ".join(f"SELECT uid FROM {_table(_TABLES[kind])} JOIN {kind} USING (id)" for kind in kinds)  # noqa: S608


@cache
def _walk(model: type[Model]) -> tuple[str, list[str]]:
    """The parts of a ``WITH`` that hold the keys of all rows of each kind that is shown, and these kinds."""
    leads_to = _ANSWERS[model].leads_to
    parts: dict[str, str] = {}
    for kind in _TABLES:
        queries = list(leads_to.get(kind, ()))
        for follower, origin, columns in _FOLLOWS:
            if follower == kind and origin in parts:
                queries.append(
                    f"SELECT {columns.format(c='c')} FROM {origin} JOIN {_table(_TABLES[origin])} c USING (id)"  # noqa: S608
                    if columns
                    else _THROUGH_SNAPSHOTS[origin]
                )
        if queries and kind in _MERGED:
            merged = f"SELECT m.merged_into_id FROM {kind} JOIN {_table(_TABLES[kind])} m USING (id)"  # noqa: S608
            queries.append(f"{merged} WHERE m.merged_into_id IS NOT NULL")
        if queries:
            parts[kind] = f"{kind} (id) AS ({' UNION '.join(queries)})"
    return ", ".join(parts.values()), list(parts)
