"""Which known claims could be the one that a statement makes: a search by index, whose work is bounded.

It runs for every document that arrives, so it is one search for all of its statements, and its SQL is written out:
putting the same query together from querysets took longer than the database does to answer it.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from time import monotonic
from typing import Any

from django.db import connection, transaction
from django.db.backends.utils import CursorWrapper
from pgvector import Vector

from claims.choices import Stance
from claims.models import Claim, Dossier, Position, Statement
from claims.models.claim import EMBEDDING_DIMENSIONS, PLACED_DIMENSIONS
from claims.models.statement import CURRENT_STATES
from claims.services.claims import Asserted

BREADTH = 260  # entries that the search keeps in view: more finds more of the nearest and takes longer
REACH = 1000  # entries that it looks at; what a thousand others are nearer to is hardly the same claim
# What of a claim it is compared by, and what tells of it on the ledger.
COMPARED = ("uid", "dossier_id", "text", "place", "when_first", "when_last", "merged_into_id")
EXACT_UP_TO = 1000  # claims of a dossier, of which reading every vector is quicker than finding them among all others

# How PostgreSQL looks through the index of vectors, for one transaction. Most neighbours there are of the same dossier;
# where too few are, it must go on looking. Their order does not matter, since they are scored.
_LOOKING = """
    SELECT set_config('hnsw.iterative_scan', 'relaxed_order', true), set_config('hnsw.ef_search', %s, true),
        set_config('hnsw.max_scan_tuples', %s, true), set_config('jit', 'off', true)
"""
_TABLE = Claim._meta.db_table
_IS_LARGE = f"SELECT EXISTS (SELECT FROM {_TABLE} WHERE dossier_id = %s OFFSET %s)"  # noqa: S608  only names of ours
_ZEROS = Vector([0.0] * (PLACED_DIMENSIONS - EMBEDDING_DIMENSIONS)).to_text()
# As the index of claims by meaning holds the vectors; read whole, they are compared as they are. Where no dossier is
# asked for, zeros stand for it: every dossier is as far from them.
_HELD_AS = f"claims_placed(embedding, dossier_id)::halfvec({PLACED_DIMENSIONS})"
PLACED = f"{_HELD_AS} <=> claims_placed(wanted.vector, %(dossier)s)::halfvec({PLACED_DIMENSIONS})"
EXACT = "embedding <=> wanted.vector"
_ANYWHERE = f"{_HELD_AS} <=> (%(vector)s::vector || %(zeros)s::vector)::halfvec({PLACED_DIMENSIONS})"
_NEAREST_OF_ALL = f"""
    SELECT id, {", ".join(COMPARED)}, embedding <=> %(vector)s::vector AS distance FROM {_TABLE} WHERE id IN (
        SELECT id FROM {_TABLE} WHERE merged_into_id IS NULL AND embedding IS NOT NULL {{whose}}
        ORDER BY {_ANYWHERE} LIMIT %(limit)s
    )
"""  # noqa: S608
# For each of those asked for, in parts of which an index serves each.
_NEAR_EACH = """
    WITH wanted AS MATERIALIZED (
        SELECT n, vector::vector, place_key, measure, day
        FROM unnest(%(vectors)s::text[], %(place_keys)s::text[], %(measures)s::text[], %(days)s::date[])
            WITH ORDINALITY asked (vector, place_key, measure, day, n)
    )
    SELECT wanted.n, near.id, near.embedding <=> wanted.vector FROM wanted, LATERAL ({parts}) near
"""
_LIVE = f"SELECT id, embedding FROM {_TABLE} WHERE merged_into_id IS NULL AND dossier_id = %(dossier)s"  # noqa: S608
_NEAREST = f"({_LIVE} AND embedding IS NOT NULL ORDER BY {{distance}} LIMIT %(limit)s)"
# That what they are of is not empty is said besides, because the indexes hold nothing else.
_AT_THE_PLACE = "AND place_key = wanted.place_key AND place_key <> ''"
OF_THE_MEASURE = "AND measure = wanted.measure AND measure <> '' AND place_key = wanted.place_key"
# On either side of a day and undated; without a day, undated ones and those of the latest days.
IN_TIME = (
    "AND when_first >= wanted.day ORDER BY when_first, id",
    "AND when_first < wanted.day ORDER BY when_first DESC, id DESC",
    "AND wanted.day IS NOT NULL AND when_first IS NULL ORDER BY id DESC",
    "AND wanted.day IS NULL ORDER BY when_first DESC, id DESC",
)

# In which words others have asserted or denied it, the newest first, and those of claims that were merged into it.
_WORDINGS = f"""
    SELECT wanted.id, said.content_text
    FROM unnest(%(claims)s::bigint[]) wanted (id), LATERAL (
        SELECT s.content_text
        FROM {Position._meta.db_table} p JOIN {Statement._meta.db_table} s ON s.id = p.statement_id
        WHERE p.claim_id = wanted.id AND p.superseded_at IS NULL AND p.stance <> %(reports)s AND s.superseded_at IS NULL
            AND s.state = ANY(%(states)s)
        ORDER BY p.id DESC LIMIT %(limit)s
    ) said
    UNION
    SELECT merged_into_id, text FROM {_TABLE} WHERE merged_into_id = ANY(%(claims)s::bigint[])
"""  # noqa: S608

_large: set[int] = set()  # dossiers known to hold more than EXACT_UP_TO claims: none is ever deleted
_small: dict[int, float] = {}  # those that lately held fewer, and until when that is taken for true
COUNTED_FOR = 60.0  # seconds, in which a dossier does not grow by so much that reading every vector would be slow


@dataclass(frozen=True, slots=True)
class Near:
    """A claim that was found, and how far in meaning (cosine distance); ``None`` for one without a vector."""

    claim: Claim
    distance: float | None


@transaction.atomic(savepoint=False)
def candidates(
    dossier: Dossier, asked: Sequence[Asserted], *, limit: int = 20, figures: int = 5, same_place: int = 3
) -> list[list[Near]]:
    """For each of these, in their order, the claims of the dossier that could be the same, in no order of their own.

    The ``limit`` nearest in meaning; of the figures of the same measure and place the nearest in time, ``figures`` on
    either side and as many undated; and likewise ``same_place`` of whatever happened there. So the work is bounded
    however many claims there are. At most four queries for all together. The claims come with what they are
    compared by (``COMPARED``), and one row stands for a claim however often it is found.
    """
    if not asked:
        return []
    exactly = not is_large(dossier.pk)
    parts = [_NEAREST.format(distance=EXACT if exactly else PLACED)]
    if any(one.place_key for one in asked):
        parts += [f"({_LIVE} {_AT_THE_PLACE} {when} LIMIT %(same_place)s)" for when in IN_TIME]
    if any(one.measure for one in asked):
        parts += [f"({_LIVE} {OF_THE_MEASURE} {when} LIMIT %(figures)s)" for when in IN_TIME]
    given: dict[str, Any] = {
        "dossier": dossier.pk,
        "vectors": [Vector(list(one.embedding)).to_text() for one in asked],
        "place_keys": [one.place_key for one in asked],
        "measures": [one.measure for one in asked],
        "days": [one.when_first for one in asked],
        "limit": limit,
        "figures": figures,
        "same_place": same_place,
    }
    with connection.cursor() as cursor:
        look_through_the_index(cursor, breadth=max(BREADTH, limit))
        cursor.execute(_NEAR_EACH.format(parts=" UNION ALL ".join(parts)), given)
        found = cursor.fetchall()
    claims = Claim.objects.only(*COMPARED).in_bulk({claim for _n, claim, _distance in found})
    # What several parts find is found once.
    once = {(n, claim): distance for n, claim, distance in found}
    near: list[list[Near]] = [[] for _ in asked]
    for (n, claim), distance in once.items():
        near[n - 1].append(Near(claims[claim], distance))
    return near


@transaction.atomic(savepoint=False)
def nearest_claims(
    embedding: Sequence[float], *, dossiers: Collection[int] | None = None, limit: int = 20
) -> list[Near]:
    """The live claims that are nearest in meaning, of these dossiers or of all: as :func:`candidates` gives them."""
    given = {
        "vector": Vector(list(embedding)).to_text(),
        "zeros": _ZEROS,
        "limit": limit,
        "dossiers": list(dossiers or ()),
    }
    whose = "" if dossiers is None else "AND dossier_id = ANY(%(dossiers)s::bigint[])"
    with connection.cursor() as cursor:
        # Among all dossiers the nearest lie further apart in the index than among one's.
        look_through_the_index(cursor, breadth=max(2 * BREADTH, limit))
    found: Iterable[Any] = Claim.objects.raw(_NEAREST_OF_ALL.format(whose=whose), given)
    return [Near(claim, claim.distance) for claim in found]


def other_wordings(claims: Iterable[Claim], *, limit: int = 50) -> Mapping[int, set[str]]:
    """In which words each claim was asserted or denied besides its own, by the claim's id; empty for one without.

    Of each claim the newest ``limit``, and the words of claims that were merged into it.
    """
    given: dict[str, Any] = {
        "claims": [claim.pk for claim in claims],
        "reports": Stance.REPORTS.value,
        "states": [str(state) for state in CURRENT_STATES],
        "limit": limit,
    }
    found: defaultdict[int, set[str]] = defaultdict(set)
    with connection.cursor() as cursor:
        cursor.execute(_WORDINGS, given)
        for claim, words in cursor.fetchall():
            found[claim].add(words)
    return found


def look_through_the_index(cursor: CursorWrapper, *, breadth: int = BREADTH) -> None:
    """Until the end of the transaction, let the index of vectors keep so many entries in view, and look at enough."""
    cursor.execute(_LOOKING, [str(breadth), str(REACH)])


def is_large(dossier_id: int) -> bool:
    """Whether a dossier has so many claims that the nearest are looked for in the index of all claims by meaning.

    A query once a minute, and none for one that was found to be large.
    """
    if dossier_id in _large:
        return True
    if monotonic() < _small.get(dossier_id, 0.0):
        return False
    with connection.cursor() as cursor:
        cursor.execute(_IS_LARGE, [dossier_id, EXACT_UP_TO])
        (large,) = cursor.fetchone()
    if large:
        _large.add(dossier_id)
    else:
        _small[dossier_id] = monotonic() + COUNTED_FOR
    return bool(large)
