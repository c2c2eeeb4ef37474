"""What a claim is held against when conflicts are looked for: one search by index for all claims of a batch.

It runs whenever standings change, so for every document that arrives. Its SQL is written out, as that of
:mod:`claims.services.candidates`.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from django.db import connection, transaction

from claims.choices import ContradictionState
from claims.models import Claim, Contradiction, Position, Snapshot, Statement
from claims.models.statement import CURRENT_STATES
from claims.services.candidates import EXACT, IN_TIME, OF_THE_MEASURE, PLACED, is_large, look_through_the_index

_CLAIMS = Claim._meta.db_table
_OTHERS = f"FROM {_CLAIMS} WHERE merged_into_id IS NULL AND id <> wanted.id"
_LIVE_OTHERS = f"SELECT id {_OTHERS}"
_OF_DOSSIER = "AND dossier_id = %(dossier)s"
# Said in a way that no index of dossiers serves: of the few rows that a key leads to.
_ALSO_OF_DOSSIER = "AND dossier_id + 0 = %(dossier)s"
# Each of these is asked for the rows that one key leads to, and ``OFFSET 0`` keeps the steps in their order and further
# conditions out of them: so the index of that key serves each, whatever PostgreSQL thinks that it knows of the tables.
_POSITIONS = f"SELECT id, claim_id, statement_id, superseded_at FROM {Position._meta.db_table}"  # noqa: S608
_STATEMENTS = f"SELECT id, snapshot_id, superseded_at, state FROM {Statement._meta.db_table}"  # noqa: S608
_SNAPSHOTS = f"SELECT id, document_id FROM {Snapshot._meta.db_table}"  # noqa: S608
_PAIRS = f"SELECT claim_id, other_claim_id, state FROM {Contradiction._meta.db_table}"  # noqa: S608
_CURRENT = f"""
    position.superseded_at IS NULL AND statement.superseded_at IS NULL
    AND statement.state IN ({", ".join(f"'{state}'" for state in CURRENT_STATES)})
"""
_NOT_DISMISSED = f"pair.state <> '{ContradictionState.DISMISSED}'"
# Who takes a side on these claims, and in which document; and who takes one in these documents.
_ON = f"""
    unnest({{claims}}) about (id),
    LATERAL ({_POSITIONS} WHERE claim_id = about.id OFFSET 0) position,
    LATERAL ({_STATEMENTS} WHERE id = position.statement_id OFFSET 0) statement,
    LATERAL ({_SNAPSHOTS} WHERE id = statement.snapshot_id OFFSET 0) snapshot
"""
_IN = f"""
    (SELECT DISTINCT unnest({{documents}})) document (id),
    LATERAL ({_SNAPSHOTS} WHERE document_id = document.id OFFSET 0) snapshot,
    LATERAL ({_STATEMENTS} WHERE snapshot_id = snapshot.id OFFSET 0) statement,
    LATERAL ({_POSITIONS} WHERE statement_id = statement.id OFFSET 0) position
"""
_NEAR_IN_TIME = " UNION ALL ".join(
    f"({_LIVE_OTHERS} {_OF_DOSSIER} {OF_THE_MEASURE} {when} LIMIT %(in_time)s)" for when in IN_TIME
)
# In parts of which an index serves each. Two tolls of one incident may share no word and name their place differently;
# but the reports that give them mostly have something else in common: what is ``beside`` a claim in its own reports, or
# ``near`` it, leads to the ``related`` reports, and those to their figures.
_RIVALS = f"""
    WITH wanted AS MATERIALIZED (
        SELECT claim.id, embedding AS vector, measure, place_key, when_first AS day, rises_to_id,
            measure <> ALL(%(uncounted)s::text[]) AS counts
        FROM unnest(%(claims)s::bigint[]) asked (id),
            LATERAL (SELECT * FROM {_CLAIMS} WHERE id = asked.id OFFSET 0) claim
    ), near AS MATERIALIZED (
        SELECT wanted.id AS claim, found.id FROM wanted, LATERAL (
            {_LIVE_OTHERS} {_OF_DOSSIER} AND embedding IS NOT NULL ORDER BY {{distance}} LIMIT %(nearest)s
        ) found
        WHERE wanted.vector IS NOT NULL AND wanted.id <> ALL(%(searched)s::bigint[])
        UNION ALL
        SELECT * FROM unnest(%(near_to)s::bigint[], %(near)s::bigint[])
    ), own AS MATERIALIZED (
        SELECT id, ARRAY(
            SELECT document_id FROM {_ON.format(claims="ARRAY[wanted.id]")} WHERE {_CURRENT}
            ORDER BY position.id LIMIT %(reports)s
        ) AS documents
        FROM wanted WHERE counts
    ), beside AS MATERIALIZED (
        SELECT id, ARRAY(
            SELECT * FROM (
                SELECT claim_id FROM {_IN.format(documents="own.documents")} WHERE {_CURRENT}
                ORDER BY claim_id, position.id LIMIT %(most)s
            ) told
            UNION SELECT near.id FROM near WHERE near.claim = own.id
        ) AS claims
        FROM own
    ), related AS MATERIALIZED (
        SELECT id, ARRAY(
            SELECT DISTINCT document_id
            FROM {_ON.format(claims="beside.claims")} WHERE {_CURRENT}
            ORDER BY document_id DESC LIMIT %(reports)s
        ) AS documents
        FROM beside
    ), found (claim, id) AS (
        SELECT claim, id FROM near
        UNION
        SELECT wanted.id, figure.id FROM wanted JOIN related USING (id), LATERAL (
            SELECT DISTINCT there.id FROM {_IN.format(documents="related.documents")},
                LATERAL (
                    {_LIVE_OTHERS} {_ALSO_OF_DOSSIER} AND id = position.claim_id AND measure = wanted.measure OFFSET 0
                ) there
            WHERE {_CURRENT}
            ORDER BY there.id DESC LIMIT %(most)s
        ) figure
        UNION
        SELECT wanted.id, figure.id FROM wanted, LATERAL (
            {_NEAR_IN_TIME}
        ) figure WHERE wanted.counts AND wanted.place_key <> ''
        UNION
        SELECT wanted.id, pair.other_claim_id
        FROM wanted, LATERAL ({_PAIRS} WHERE claim_id = wanted.id OFFSET 0) pair WHERE {_NOT_DISMISSED}
        UNION
        SELECT wanted.id, pair.claim_id
        FROM wanted, LATERAL ({_PAIRS} WHERE other_claim_id = wanted.id OFFSET 0) pair WHERE {_NOT_DISMISSED}
        UNION
        SELECT wanted.id, earlier.id
        FROM wanted, LATERAL (SELECT id FROM {_CLAIMS} WHERE rises_to_id = wanted.id OFFSET 0) earlier
        UNION
        SELECT id, rises_to_id FROM wanted
    )
    SELECT found.claim, rival.id, rival.rises_to_id
    FROM found JOIN wanted ON wanted.id = found.claim,
        LATERAL (SELECT id, rises_to_id {_OTHERS} {_ALSO_OF_DOSSIER} AND id = found.id OFFSET 0) rival
    ORDER BY found.claim, rival.id
"""  # noqa: S608  only names and states of ours are put in


class Rival(NamedTuple):
    """A claim that another one could conflict with: its id, and that of the later, higher toll that it rises to."""

    pk: int
    rises_to: int | None


@transaction.atomic(savepoint=False)
def rivals(
    claims: Iterable[Claim],
    *,
    uncounted: Collection[str],
    nearest: int,
    in_time: int,
    reports: int,
    most: int,
    known: Mapping[int, Sequence[int]],
) -> dict[int, list[Rival]]:
    """What each claim could conflict with, by the claim's id: live claims of its dossier, in the order of their ids.

    The ``nearest`` in meaning; of a figure besides the figures of its measure and place that are nearest in time,
    ``in_time`` on either side and as many undated, and the newest ``most`` of its measure in the ``reports`` that say
    something like what its own say. ``uncounted`` are the measures of which none is a figure in that sense. And,
    however many others have come nearer meanwhile, what it conflicts with by what no person dismissed, and the tolls
    that rise to it or to which it rises. Of claims whose nearest are ``known``, the nearest first, none are searched
    for.

    One query for all together and one or two for each dossier.
    """
    by_dossier: defaultdict[int, list[int]] = defaultdict(list)
    for one in claims:
        by_dossier[one.dossier_id].append(one.pk)
    if not by_dossier:
        return {}
    limits = {"nearest": nearest, "in_time": in_time, "reports": reports, "most": most}
    found: dict[int, list[Rival]] = {pk: [] for ids in by_dossier.values() for pk in ids}
    with connection.cursor() as cursor:
        look_through_the_index(cursor)
        for dossier, ids in by_dossier.items():
            search = _RIVALS.format(distance=PLACED if is_large(dossier) else EXACT)
            searched = _as_arrays({pk: known[pk][:nearest] for pk in ids if pk in known})
            given: dict[str, Any] = {
                "dossier": dossier,
                "claims": ids,
                "uncounted": list(uncounted),
                **limits,
                **searched,
            }
            cursor.execute(search, given)
            for claim, rival, rises_to in cursor.fetchall():
                found[claim].append(Rival(rival, rises_to))
    return found


def _as_arrays(known: Mapping[int, Sequence[int]]) -> dict[str, list[int]]:
    """Which claims' nearest are known, and the pairs of each with one of them."""
    return {
        "searched": list(known),
        "near_to": [claim for claim, others in known.items() for _ in others],
        "near": [other for others in known.values() for other in others],
    }
