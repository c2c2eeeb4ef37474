"""Finding the claims that a statement could be about."""

import random
from datetime import date, timedelta

import pytest
from django.db import connection
from django.db.models import F, Value
from django.db.models.functions import Cast
from django.test.utils import CaptureQueriesContext
from pgvector.django import CosineDistance, VectorField

from claims.models import Claim, Dossier
from claims.models.claim import placed
from claims.services import candidates as services
from claims.services.candidates import candidates, nearest_claims
from claims.services.claims import Asserted
from tests.factories import ClaimFactory, DossierFactory
from tests.plans import plan_of

TUESDAY = date(2031, 5, 6)

pytestmark = pytest.mark.django_db


def direction(*axes: int) -> list[float]:
    return [1.0 if i in axes else 0.0 for i in range(256)]


@pytest.fixture
def many_claims(monkeypatch) -> None:
    """Search every dossier as those are searched that are too large to be read whole."""
    monkeypatch.setattr(services, "EXACT_UP_TO", 0)


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


def found_for(dossier: Dossier, asserted: Asserted, **bounds: int) -> set[Claim]:
    """The candidates for one assertion."""
    (found,) = candidates(dossier, [asserted], **bounds)
    return {near.claim for near in found}


def test_the_nearest_claims_of_a_small_dossier_are_found_among_many_others(many_claims):
    crowd, small = DossierFactory(), DossierFactory()
    chance = random.Random(1)
    for spread in [0.02] * 200 + [0.05] * 20:
        ClaimFactory(dossier=crowd, embedding=[x + chance.gauss(0, spread) for x in direction(1)])
    wanted = ClaimFactory(dossier=small, embedding=[x + chance.gauss(0, 0.05) for x in direction(1)])
    through_the_vector_index()
    found = found_for(small, Asserted(text="the bridge was closed", embedding=direction(1)))
    assert found == {wanted}


def test_figures_of_the_same_kind_and_place_are_candidates_whatever_their_wording():
    dossier = DossierFactory()
    figure = {"kind": "figure", "measure": "killed", "place_key": "arvl", "best": 12}
    toll = ClaimFactory(dossier=dossier, embedding=direction(7), **figure)
    elsewhere = ClaimFactory(dossier=dossier, embedding=direction(7), **figure | {"place_key": "besk"})
    near = ClaimFactory.create_batch(20, dossier=dossier, embedding=direction(1))
    asserted = Asserted(text="14 dead", embedding=direction(1), measure="killed", place_key="arvl")
    found = found_for(dossier, asserted)
    assert toll in found
    assert elsewhere not in found
    assert set(near) < found


def test_of_many_figures_of_a_kind_and_place_those_nearest_in_time_are_candidates():
    dossier = DossierFactory()
    figure = {"kind": "figure", "measure": "killed", "place_key": "arvl", "best": 12}
    same_day = ClaimFactory(dossier=dossier, when_first=TUESDAY, when_last=TUESDAY, **figure)
    undated = ClaimFactory(dossier=dossier, **figure)
    for days in (*range(-30, -20), *range(20, 30)):
        day = TUESDAY + timedelta(days=days)
        ClaimFactory(dossier=dossier, when_first=day, when_last=day, **figure)
    asserted = Asserted("14 dead", direction(1), place_key="arvl", measure="killed", when_first=TUESDAY)
    found = found_for(dossier, asserted, figures=2, same_place=0)
    days_away = sorted(abs((claim.when_first - TUESDAY).days) for claim in found if claim.when_first)
    assert {same_day, undated} < found
    assert days_away == [0, 20, 21, 22]
    asserted = Asserted("14 dead", direction(1), place_key="arvl", measure="killed")
    found = found_for(dossier, asserted, figures=2, same_place=0)
    assert {claim.when_first for claim in found} == {None, TUESDAY + timedelta(days=29)}


def test_what_happened_at_the_same_place_that_day_is_a_candidate_whatever_its_wording():
    dossier = DossierFactory()
    there = {"place_key": "arvl", "when_first": TUESDAY, "when_last": TUESDAY}
    same = ClaimFactory(dossier=dossier, embedding=direction(7), **there)
    other = ClaimFactory(dossier=dossier, embedding=direction(7), **there | {"place_key": "besk"})
    ClaimFactory.create_batch(20, dossier=dossier, embedding=direction(1))
    found = found_for(dossier, Asserted("nobody can cross", direction(1), place_key="arvl", when_first=TUESDAY))
    assert same in found
    assert other not in found


def test_each_of_many_finds_what_it_would_find_alone_in_as_many_queries(django_assert_num_queries):
    dossier = DossierFactory()
    for n in range(60):
        figure = {"kind": "figure", "measure": "killed"} if n // 2 % 2 else {}
        day = TUESDAY + timedelta(days=n % 5 - 2) if n // 4 % 2 else None
        place = "arvl" if n % 2 else ""
        ClaimFactory(
            dossier=dossier, embedding=direction(n, n + 1), place_key=place, when_first=day, when_last=day, **figure
        )
    asked = [
        Asserted("anything", direction(5 * n), place_key=place, measure=measure, when_first=day)
        for n, (place, measure, day) in enumerate(
            (place, measure, day) for place in ("", "arvl") for measure in ("", "killed") for day in (None, TUESDAY)
        )
    ]
    bounds = {"limit": 5, "figures": 2, "same_place": 1}
    with django_assert_num_queries(4):
        found = candidates(dossier, asked, **bounds)
    assert [{near.claim for near in each} for each in found] == [found_for(dossier, one, **bounds) for one in asked]
    assert len({frozenset(near.claim.pk for near in each) for each in found}) == len(asked)


def test_a_claim_that_was_merged_is_no_candidate():
    claim = ClaimFactory(embedding=direction(1), measure="killed", place_key="arvl")
    merged = ClaimFactory(
        dossier=claim.dossier, embedding=direction(1), measure="killed", place_key="arvl", merged_into=claim
    )
    found = found_for(claim.dossier, Asserted("14 dead", direction(1), place_key="arvl", measure="killed"))
    assert merged not in found
    assert found == {claim}


@pytest.mark.parametrize(
    ("served_by", "without"),
    [("claim_places_by_day", "claim_figures_by_day"), ("claim_figures_by_day", "claim_places_by_day")],
)
def test_every_part_of_the_search_is_served_by_an_index_in_one_query(many_claims, served_by, without):
    dossier = DossierFactory()
    ClaimFactory.create_batch(5, dossier=dossier, embedding=direction(1), measure="killed", place_key="arvl")
    asserted = Asserted("14 dead", direction(1), place_key="arvl", measure="killed", when_first=TUESDAY)
    with CaptureQueriesContext(connection) as queries:
        candidates(dossier, [asserted])
    _how_many, settings, search, _rows = (query["sql"] for query in queries)
    assert "hnsw.iterative_scan" in settings
    with connection.cursor() as cursor:
        # Among few rows either index of days would do for both.
        cursor.execute(f"DROP INDEX {without}")
    plan = plan_of(search)
    assert served_by in plan
    assert "claim_placed_embedding" in plan


def test_the_nearest_of_all_dossiers_are_looked_for_in_the_index_by_meaning():
    claim = ClaimFactory(embedding=direction(1))
    with CaptureQueriesContext(connection) as queries:
        assert [near.claim for near in nearest_claims(direction(1))] == [claim]
    _settings, search = (query["sql"] for query in queries)
    assert "claim_placed_embedding" in plan_of(search)


def test_of_claims_that_are_as_like_those_of_the_dossier_are_nearer_in_the_index():
    others, ours = DossierFactory(), DossierFactory()
    ClaimFactory(dossier=others, embedding=direction(1, 2, 3, 5))
    ClaimFactory(dossier=ours, embedding=direction(1, 2, 3, 6))
    wanted = placed(Cast(Value(str(direction(1, 2, 3, 4))), VectorField()), Value(ours.pk))
    near = Claim.objects.order_by(CosineDistance(placed(F("embedding"), F("dossier")), wanted))
    assert [claim.dossier for claim in near] == [ours, others]


def test_a_small_dossier_is_read_whole_and_its_nearest_are_exactly_the_nearest():
    dossier = DossierFactory()
    chance = random.Random(2)
    vectors = [[chance.gauss(0, 1) for _ in range(256)] for _ in range(60)]
    claims = [ClaimFactory(dossier=dossier, embedding=vector) for vector in vectors]
    wanted = direction(*range(0, 256, 3))

    def nearness(vector: list[float]) -> float:
        return sum(a * b for a, b in zip(vector, wanted, strict=True)) / sum(a * a for a in vector) ** 0.5

    order = sorted(range(60), key=lambda n: -nearness(vectors[n]))
    found = found_for(dossier, Asserted("anything", wanted))
    assert found == {claims[n] for n in order[:20]}
