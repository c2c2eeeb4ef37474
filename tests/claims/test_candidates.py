"""Finding the claims that a statement could be about."""

import random

import pytest
from django.db import connection

from claims.services.claims import Asserted, candidates
from tests.factories import ClaimFactory, DossierFactory

pytestmark = pytest.mark.django_db


def direction(*axes: int) -> list[float]:
    return [1.0 if i in axes else 0.0 for i in range(256)]


def through_the_vector_index() -> None:
    """Make the planner do with a few hundred claims what it does with a million. Rolled back with the test."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT indexname FROM pg_indexes WHERE tablename = 'claims_claim' AND indexdef LIKE '%dossier_id%'"
        )
        for (name,) in cursor.fetchall():
            cursor.execute(f'DROP INDEX "{name}"')
        cursor.execute("SET LOCAL enable_seqscan = off")
        cursor.execute("SET LOCAL enable_sort = off")


def test_the_nearest_claims_of_a_small_dossier_are_found_among_many_others():
    crowd, small = DossierFactory(), DossierFactory()
    chance = random.Random(1)
    for spread in [0.02] * 200 + [0.05] * 20:
        ClaimFactory(dossier=crowd, embedding=[x + chance.gauss(0, spread) for x in direction(1)])
    wanted = ClaimFactory(dossier=small, embedding=[x + chance.gauss(0, 0.05) for x in direction(1)])
    through_the_vector_index()
    found = candidates(small, Asserted(text="the bridge was closed", embedding=direction(1)))
    assert found == [wanted]


def test_figures_of_the_same_kind_and_place_are_candidates_whatever_their_wording():
    dossier = DossierFactory()
    figure = {"kind": "figure", "measure": "killed", "place_key": "arvl", "best": 12}
    toll = ClaimFactory(dossier=dossier, embedding=direction(7), **figure)
    elsewhere = ClaimFactory(dossier=dossier, embedding=direction(7), **figure | {"place_key": "besk"})
    near = ClaimFactory.create_batch(20, dossier=dossier, embedding=direction(1))
    asserted = Asserted(text="14 dead", embedding=direction(1), measure="killed", place_key="arvl")
    found = candidates(dossier, asserted)
    assert toll in found
    assert elsewhere not in found
    assert set(near) < set(found)
