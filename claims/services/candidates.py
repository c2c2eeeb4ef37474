"""Which known claims could be the one that a statement makes: a search by index, whose work is bounded.

It runs for every statement that arrives, so it is one round trip and its SQL is written out: putting the same query
together from querysets took longer than the database does to answer it.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

from django.db import connection, transaction
from pgvector import Vector

from claims.choices import Stance
from claims.models import Claim, Dossier, Position, Statement
from claims.models.claim import EMBEDDING_DIMENSIONS, PLACED_DIMENSIONS
from claims.models.statement import CURRENT_STATES
from claims.services.claims import Asserted

BREADTH = 220  # entries that the search keeps in view: more finds more of the nearest and takes longer
REACH = 1000  # entries that it looks at; what a thousand others are nearer to is hardly the same claim
EXACT_UP_TO = 5000  # claims of a dossier, of which reading every vector is quicker than finding them among all others

# How PostgreSQL looks through the index of vectors, for one transaction. Most neighbours there are of the same dossier;
# where too few are, it must go on looking. Their order does not matter, since they are scored.
_LOOKING = """
    SELECT set_config('hnsw.iterative_scan', 'relaxed_order', true), set_config('hnsw.ef_search', %s, true),
        set_config('hnsw.max_scan_tuples', %s, true), set_config('jit', 'off', true)
"""
_TABLE = Claim._meta.db_table
_HELD = [f'"{field.get_attname_column()[1]}"' for field in Claim._meta.concrete_fields if field.name != "embedding"]
_IS_LARGE = f"SELECT EXISTS (SELECT FROM {_TABLE} WHERE dossier_id = %s OFFSET %s)"  # noqa: S608  only names of ours
_LIVE = f"SELECT id FROM {_TABLE} WHERE merged_into_id IS NULL AND dossier_id = %(dossier)s"  # noqa: S608
# As the index of claims by meaning holds the vectors; read whole, they are compared as they are. Where no dossier is
# asked for, zeros stand for it: every dossier is as far from them.
_HELD_AS = f"claims_placed(embedding, dossier_id)::halfvec({PLACED_DIMENSIONS})"
_PLACED = f"{_HELD_AS} <=> claims_placed(%(vector)s::vector, %(dossier)s)::halfvec({PLACED_DIMENSIONS})"
_ANYWHERE = f"{_HELD_AS} <=> (%(vector)s::vector || %(zeros)s::vector)::halfvec({PLACED_DIMENSIONS})"
_ZEROS = Vector([0.0] * (PLACED_DIMENSIONS - EMBEDDING_DIMENSIONS)).to_text()
_NEAREST = f"({_LIVE} AND embedding IS NOT NULL ORDER BY {{distance}} LIMIT %(limit)s)"
_NEAREST_OF_ALL = (
    f"(SELECT id FROM {_TABLE} WHERE merged_into_id IS NULL AND embedding IS NOT NULL {{whose}} "  # noqa: S608
    f"ORDER BY {_ANYWHERE} LIMIT %(limit)s)"
)
_AT_THE_PLACE = "AND place_key = %(place_key)s"
_OF_THE_MEASURE = "AND measure = %(measure)s AND place_key = %(place_key)s"
# On either side of a day and undated; without a day, undated ones and those of the latest days.
_IN_TIME = (
    "AND when_first >= %(day)s ORDER BY when_first, id",
    "AND when_first < %(day)s ORDER BY when_first DESC, id DESC",
    "AND when_first IS NULL ORDER BY id DESC",
)
_LATEST = ("ORDER BY when_first DESC, id DESC",)

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


@transaction.atomic(savepoint=False)
def candidates(
    dossier: Dossier, asserted: Asserted, *, limit: int = 20, figures: int = 5, same_place: int = 3
) -> list[Claim]:
    """Claims of the dossier that could be the same, in no order and without their vectors, but with their ``distance``.

    The ``limit`` nearest in meaning; of the figures of the same measure and place the nearest in time, ``figures`` on
    either side and as many undated; and likewise ``same_place`` of whatever happened there. So the work is bounded
    however many claims there are.
    """
    exactly = not is_large(dossier.pk)
    if not exactly:
        with connection.cursor() as cursor:
            cursor.execute(_LOOKING, [str(max(BREADTH, limit)), str(REACH)])
    given = {
        "dossier": dossier.pk,
        "vector": Vector(list(asserted.embedding)).to_text(),
        "place_key": asserted.place_key,
        "measure": asserted.measure,
        "day": asserted.when_first,
        "limit": limit,
        "figures": figures,
        "same_place": same_place,
    }
    blocks = [_NEAREST.format(distance="embedding <=> %(vector)s::vector" if exactly else _PLACED)]
    in_time = _LATEST if asserted.when_first is None else _IN_TIME
    if asserted.place_key:
        blocks += [f"({_LIVE} {_AT_THE_PLACE} {when} LIMIT %(same_place)s)" for when in in_time]
    if asserted.measure:
        blocks += [f"({_LIVE} {_OF_THE_MEASURE} {when} LIMIT %(figures)s)" for when in in_time]
    return list(Claim.objects.raw(_search(blocks), given))


@transaction.atomic(savepoint=False)
def nearest_claims(
    embedding: Sequence[float], *, dossiers: Collection[int] | None = None, limit: int = 20
) -> list[Claim]:
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
        cursor.execute(_LOOKING, [str(max(2 * BREADTH, limit)), str(REACH)])
    return list(Claim.objects.raw(_search([_NEAREST_OF_ALL.format(whose=whose)]), given))


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


def _search(blocks: Sequence[str]) -> str:
    return (
        f"SELECT {', '.join(_HELD)}, embedding <=> %(vector)s::vector AS distance FROM {_TABLE} "  # noqa: S608
        f"WHERE id IN ({' UNION ALL '.join(blocks)})"
    )


def is_large(dossier_id: int) -> bool:
    """Whether a dossier has so many claims that the nearest are looked for in the index of all claims by meaning."""
    if dossier_id not in _large:
        with connection.cursor() as cursor:
            cursor.execute(_IS_LARGE, [dossier_id, EXACT_UP_TO])
            if not cursor.fetchone()[0]:
                return False
        _large.add(dossier_id)
    return True
