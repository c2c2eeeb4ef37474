"""How claims are asserted: in whose words, where, and with which figures. What they are held against each other by.

The SQL is written out, as that of :mod:`claims.services.rivals`, which it is asked after.
"""

from collections.abc import Collection, Hashable, Iterable
from dataclasses import dataclass, fields
from datetime import date, datetime
from typing import Any

from django.db import connection, transaction

from claims import prepared
from claims.models import Claim, Document, FirstWord, Position, Snapshot, Statement
from claims.services import standings
from claims.services.actor import Actor

_ASSERTED = f"""
    SELECT word.claim_id, statement.snapshot_id, word.position_id, claim.place, claim.when_first, claim.when_last,
        claim.measure, coalesce(nullif(claim.best, 0), claim.low, 0), word.speaker, word.root::text, word.at,
        statement.content_text, (statement.content_spans->0->0)::int, (statement.content_spans->-1->1)::int,
        statement.quantities, document.title, word.bodies
    FROM {FirstWord._meta.db_table} word
        JOIN {Claim._meta.db_table} claim ON claim.id = word.claim_id
        LEFT JOIN {Position._meta.db_table} position ON position.id = word.position_id
        LEFT JOIN {Statement._meta.db_table} statement ON statement.id = position.statement_id
        LEFT JOIN {Snapshot._meta.db_table} snapshot ON snapshot.id = statement.snapshot_id
        LEFT JOIN {Document._meta.db_table} document ON document.id = snapshot.document_id
    WHERE word.claim_id = ANY(%s)
"""  # noqa: S608  only names of ours are put in


@dataclass(frozen=True, slots=True)
class Assertion:
    """A claim as it is asserted first, among those who count, with all that was said of it there.

    ``position`` is the id of the position; ``place``, ``when_first``, ``when_last``, ``measure`` and ``toll`` (its best
    or else lowest figure, or 0) are the claim's. ``root`` is the public id of the document in which it was said,
    ``bodies`` are the keys of everybody who counts for the claim. ``content`` stands in ``text`` from ``start`` to
    ``end``; ``quantities`` are the statement's, as JSON.
    """

    position: int
    place: str
    when_first: date | None
    when_last: date | None
    measure: str
    toll: float
    speaker: str
    root: str
    at: datetime
    content: str
    start: int
    end: int
    quantities: str
    title: str
    bodies: frozenset[str]
    text: str

    @property
    def key(self) -> tuple[Hashable, ...]:
        """Another one for whatever says something else, without holding on to the text."""
        *said, text = (getattr(self, one.name) for one in fields(self))
        return *said, hash(text)


@transaction.atomic(savepoint=False)
def first_assertions(claims: Collection[int], *, actor: Actor) -> dict[int, Assertion]:
    """How each of these claims, by their ids, is asserted first: those of one text after each other.

    There is none for a claim that nobody who counts asserts.

    Two queries, however many claims there are. Of claims from before this was kept the standing is recomputed.
    """
    rows = _rows(claims)
    unkept = set(claims) - {row[0] for row in rows}
    if unkept:
        standings.refresh(unkept, actor=actor)
        rows += _rows(unkept)
    asserted = sorted((row for row in rows if row[1] is not None), key=lambda row: row[1])
    snapshots = {row[1] for row in asserted}
    texts = dict(Snapshot.objects.filter(pk__in=snapshots).order_by("pk").values_list("pk", "text"))
    return {claim: Assertion(*[*told, texts[snapshot]]) for claim, snapshot, *told in asserted}


def _rows(claims: Iterable[int]) -> list[list[Any]]:
    with connection.cursor() as cursor:
        prepared.execute(cursor, _ASSERTED, [list(claims)])
        return [[*told, frozenset(bodies)] for *told, bodies in cursor.fetchall()]
