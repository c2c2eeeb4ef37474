"""What a claim is held against when conflicts are looked for: one search by index for all claims of a batch.

It runs whenever standings change, so for every document that arrives. Its SQL is written out, as that of
:mod:`claims.services.candidates`, and each connection plans it once.
"""

from collections.abc import Collection, Iterable
from functools import cache

from django.db import connection, transaction

from claims import prepared
from claims.choices import ContradictionState
from claims.models import Claim, Contradiction, Position, Snapshot, Statement
from claims.models.claim import PLACED_DIMENSIONS
from claims.models.statement import CURRENT_STATES
from claims.services.candidates import IN_TIME, OF_THE_MEASURE, is_large, look_through_the_index

_CLAIMS = Claim._meta.db_table
_LIVE_OTHERS = f"SELECT id FROM {_CLAIMS} WHERE merged_into_id IS NULL AND id <> wanted.id"  # noqa: S608
_WITH_VECTOR = f"{_LIVE_OTHERS} AND embedding IS NOT NULL AND wanted.embedding IS NOT NULL"
_OF_DOSSIER = "AND dossier_id = wanted.dossier_id"
# Said in a way that no other index than that of meanings serves: of a large dossier it is the only quick one.
_AMONG_ALL = "AND dossier_id + 0 = wanted.dossier_id"
_PLACED, _PLACED_WANTED = (
    f"claims_placed({whose}embedding, {whose}dossier_id)::halfvec({PLACED_DIMENSIONS})" for whose in ("", "wanted.")
)
# From who takes a side now to where, and from where to who; each step an index serves, and ``OFFSET 0`` keeps them in
# this order, which is the quick one however little is known of the tables when this is planned.
_STATEMENT = f"""
    SELECT id, snapshot_id FROM {Statement._meta.db_table}
    WHERE superseded_at IS NULL AND state IN ({", ".join(f"'{state}'" for state in CURRENT_STATES)})
"""  # noqa: S608
_POSITION = f"SELECT id, claim_id, statement_id FROM {Position._meta.db_table} WHERE superseded_at IS NULL"  # noqa: S608
_SNAPSHOT = f"SELECT id, document_id FROM {Snapshot._meta.db_table}"  # noqa: S608
_DOCUMENTS_OF = f"""
    ({_POSITION} AND claim_id {{of}}) position,
    LATERAL ({_STATEMENT} AND id = position.statement_id OFFSET 0) statement,
    LATERAL ({_SNAPSHOT} WHERE id = statement.snapshot_id OFFSET 0) snapshot
"""
_POSITIONS_IN = f"""
    ({_SNAPSHOT} WHERE document_id = ANY({{documents}})) snapshot,
    LATERAL ({_STATEMENT} AND snapshot_id = snapshot.id OFFSET 0) statement,
    LATERAL ({_POSITION} AND statement_id = statement.id OFFSET 0) position
"""
_NEAR_IN_TIME = " UNION ALL ".join(
    f"({_LIVE_OTHERS} {_OF_DOSSIER} {OF_THE_MEASURE} {when} LIMIT {{in_time}})" for when in IN_TIME
)
_NOT_DISMISSED = f"state <> '{ContradictionState.DISMISSED}'"
# In parts of which an index serves each. Two tolls of one incident may share no word and name their place differently;
# but the reports that give them mostly have something else in common: what is ``beside`` a claim in its own reports, or
# ``near`` it, leads to the ``related`` reports, and those to their figures.
_RIVALS = f"""
    WITH wanted AS MATERIALIZED (
        SELECT id, dossier_id, embedding, measure, place_key, when_first AS day, rises_to_id,
            dossier_id = ANY(%s::bigint[]) AS is_large, measure <> ALL(%s::text[]) AS counts
        FROM {_CLAIMS} WHERE id = ANY(%s::bigint[])
    ), near AS MATERIALIZED (
        SELECT wanted.id AS claim, found.id FROM wanted, LATERAL (
            ({_WITH_VECTOR} {_OF_DOSSIER} AND NOT wanted.is_large
                ORDER BY embedding <=> wanted.embedding LIMIT {{nearest}})
            UNION ALL
            ({_WITH_VECTOR} {_AMONG_ALL} AND wanted.is_large
                ORDER BY {_PLACED} <=> {_PLACED_WANTED} LIMIT {{nearest}})
        ) found
    ), own AS MATERIALIZED (
        SELECT id, ARRAY(
            SELECT document_id FROM {_DOCUMENTS_OF.format(of="= wanted.id")}
            ORDER BY position.id LIMIT {{reports}}
        ) AS documents
        FROM wanted WHERE counts
    ), beside AS MATERIALIZED (
        SELECT id, ARRAY(
            SELECT claim_id FROM {_POSITIONS_IN.format(documents="own.documents")}
            ORDER BY claim_id, position.id LIMIT {{most}}
        ) || ARRAY(SELECT near.id FROM near WHERE near.claim = own.id) AS claims
        FROM own
    ), related AS MATERIALIZED (
        SELECT id, ARRAY(
            SELECT DISTINCT document_id FROM {_DOCUMENTS_OF.format(of="= ANY(beside.claims)")}
            ORDER BY document_id DESC LIMIT {{reports}}
        ) AS documents
        FROM beside
    ), found (claim, id) AS (
        SELECT claim, id FROM near
        UNION
        SELECT wanted.id, figure.id FROM wanted JOIN related USING (id), LATERAL (
            SELECT DISTINCT there.id FROM {_POSITIONS_IN.format(documents="related.documents")},
                LATERAL ({_LIVE_OTHERS} {_OF_DOSSIER} AND id = position.claim_id AND measure = wanted.measure OFFSET 0)
                    there
            ORDER BY there.id DESC LIMIT {{most}}
        ) figure
        UNION
        SELECT wanted.id, figure.id FROM wanted, LATERAL (
            {_NEAR_IN_TIME}
        ) figure WHERE wanted.counts AND wanted.place_key <> ''
        UNION
        SELECT wanted.id, pair.other_claim_id
        FROM wanted JOIN {Contradiction._meta.db_table} pair ON pair.claim_id = wanted.id AND {_NOT_DISMISSED}
        UNION
        SELECT wanted.id, pair.claim_id
        FROM wanted JOIN {Contradiction._meta.db_table} pair ON pair.other_claim_id = wanted.id AND {_NOT_DISMISSED}
        UNION
        SELECT wanted.id, earlier.id FROM wanted JOIN {_CLAIMS} earlier ON earlier.rises_to_id = wanted.id
        UNION
        SELECT id, rises_to_id FROM wanted
    )
    SELECT found.claim, rival.id
    FROM found JOIN wanted ON wanted.id = found.claim JOIN {_CLAIMS} rival ON rival.id = found.id
    WHERE rival.merged_into_id IS NULL AND rival.dossier_id = wanted.dossier_id AND rival.id <> wanted.id
    ORDER BY found.claim, rival.id
"""  # noqa: S608  only names, states and limits of ours are put in


@transaction.atomic(savepoint=False)
def rivals(
    claims: Iterable[Claim], *, uncounted: Collection[str], nearest: int, in_time: int, reports: int, most: int
) -> dict[int, list[Claim]]:
    """What each claim could conflict with, by the claim's id: live claims of its dossier, in the order of their ids.

    The ``nearest`` in meaning; of a figure besides the figures of its measure and place that are nearest in time,
    ``in_time`` on either side and as many undated, and the newest ``most`` of its measure in the ``reports`` that say
    something like what its own say. ``uncounted`` are the measures of which none is a figure in that sense. And,
    however many others have come nearer meanwhile, what it conflicts with by what no person dismissed, and the tolls
    that rise to it or to which it rises.

    Three queries for all together, and one for each small dossier; one row stands for a claim however often it is
    found. The rows come without vectors and without what explains their standings.
    """
    by_pk = {claim.pk: claim for claim in claims}
    if not by_pk:
        return {}
    large = [pk for pk in {claim.dossier_id for claim in by_pk.values()} if is_large(pk)]
    statement = _statement(nearest=nearest, in_time=in_time, reports=reports, most=most)
    with connection.cursor() as cursor:
        look_through_the_index(cursor)
        prepared.execute(cursor, statement, [large, sorted(uncounted), list(by_pk)])
        pairs = cursor.fetchall()
    rows = Claim.objects.defer("standing_explanation", "embedding").in_bulk({rival for _claim, rival in pairs})
    found: dict[int, list[Claim]] = {pk: [] for pk in by_pk}
    for claim, rival in pairs:
        found[claim].append(rows[rival])
    return found


@cache
def _statement(**limits: int) -> str:
    """The search with these limits written out, so that whoever plans it knows that little of much is wanted."""
    return _RIVALS.format(**limits)
