"""Finding what the claims of a batch could conflict with."""

from datetime import date, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from claims.models import Claim, Dossier, Position, Statement
from claims.services import candidates as services
from claims.services import ledger
from claims.services.claims import merge_claims
from claims.services.contradictions import decide_contradiction
from claims.services.rivals import rivals
from tests import factories
from tests.factories import (
    MACHINE,
    ClaimFactory,
    ContradictionFactory,
    DossierFactory,
    PositionFactory,
    StatementFactory,
)
from tests.plans import plan_of

TUESDAY = date(2031, 5, 6)
TOLL = {"kind": "figure", "measure": "killed", "best": 12}

pytestmark = pytest.mark.django_db


def direction(*axes: int) -> list[float]:
    return [1.0 if i in axes else 0.0 for i in range(256)]


def found_for(
    claims: list[Claim], *, known: dict[int, list[int]] | None = None, **limits: int
) -> dict[int, list[Claim]]:
    """What they could conflict with; of each kind nothing but what is asked for."""
    none = {"nearest": 0, "in_time": 0, "reports": 0, "most": 0}
    found = rivals(claims, uncounted=["", "distance"], known=known or {}, **none | limits)
    rows = Claim.objects.in_bulk({rival.pk for each in found.values() for rival in each})
    assert all(rival.rises_to == rows[rival.pk].rises_to_id for each in found.values() for rival in each)
    return {claim: [rows[rival.pk] for rival in each] for claim, each in found.items()}


def rivals_of(claim: Claim, **limits: int) -> set[Claim]:
    return set(found_for([claim], **limits)[claim.pk])


def reported_together(*claims: Claim) -> None:
    """One report that asserts all of them."""
    snapshot = factories.SnapshotFactory()
    for claim in claims:
        PositionFactory(claim=claim, statement=StatementFactory(snapshot=snapshot))


def record(*claims: Claim) -> None:
    """Put on the ledger what was changed of their positions and statements."""
    for position in Position.objects.filter(claim__in=claims):
        ledger.record(MACHINE, "superseded", position, position.statement)


@pytest.fixture
def dossier() -> Dossier:
    return DossierFactory()


@pytest.fixture(params=["small", "large"])
def of_any_size(request, monkeypatch) -> None:
    """A dossier is read whole or looked up in the index of all vectors."""
    monkeypatch.setattr(services, "_large", set())
    if request.param == "large":
        monkeypatch.setattr(services, "EXACT_UP_TO", 0)


@pytest.mark.usefixtures("of_any_size")
def test_the_nearest_live_claims_of_the_dossier_are_rivals(dossier):
    claim = ClaimFactory(dossier=dossier, embedding=direction(1, 2, 3))
    near = ClaimFactory(dossier=dossier, embedding=direction(1, 2))
    further = ClaimFactory(dossier=dossier, embedding=direction(1))
    ClaimFactory(dossier=dossier, embedding=direction(1, 2, 3), merged_into=near)
    ClaimFactory(embedding=direction(1, 2, 3))
    without = ClaimFactory(dossier=dossier)
    assert rivals_of(claim, nearest=1) == {near}
    assert rivals_of(claim, nearest=9) == {near, further}
    assert rivals_of(without, nearest=9) == set()


def test_figures_of_its_measure_and_place_that_are_nearest_in_time_are_rivals(dossier):
    there = {"dossier": dossier, "place_key": "arvl", **TOLL}
    claim = ClaimFactory(when_first=TUESDAY, when_last=TUESDAY, **there)
    on_day = {days: TUESDAY + timedelta(days=days) for days in (-9, -2, 0, 3, 8)}
    others = {days: ClaimFactory(when_first=day, when_last=day, **there) for days, day in on_day.items()}
    undated = [ClaimFactory(**there) for _ in range(2)]
    ClaimFactory(when_first=TUESDAY, when_last=TUESDAY, **there | {"measure": "wounded"})
    ClaimFactory(when_first=TUESDAY, when_last=TUESDAY, **there | {"place_key": "besk"})
    assert rivals_of(claim, in_time=1) == {others[0], others[-2], undated[1]}
    assert rivals_of(claim, in_time=9) == {*others.values(), *undated}
    assert rivals_of(undated[0], in_time=2) == {undated[1], others[8]}


@pytest.mark.parametrize("measure", ["", "distance"])
def test_what_counts_nothing_is_held_against_no_figures(dossier, measure):
    alike = {"dossier": dossier, "measure": measure, "place_key": "arvl", "when_first": TUESDAY, "when_last": TUESDAY}
    claim, other = ClaimFactory.create_batch(2, **alike)
    reported_together(claim, other)
    assert rivals_of(claim, in_time=9, reports=9, most=9) == set()


def test_figures_of_reports_that_say_something_alike_are_rivals(dossier):
    """By what stands beside them in their reports, and by what is near in meaning."""
    claim = ClaimFactory(dossier=dossier, embedding=direction(1, 2), **TOLL)
    told_beside, told_near, elsewhere = ClaimFactory.create_batch(3, dossier=dossier, **TOLL)
    wounded = ClaimFactory(dossier=dossier, **TOLL | {"measure": "wounded"})
    beside, near = ClaimFactory(dossier=dossier), ClaimFactory(dossier=dossier, embedding=direction(1))
    reported_together(claim, beside)
    reported_together(beside, told_beside, wounded)
    reported_together(near, told_near)
    reported_together(elsewhere)
    assert rivals_of(claim, reports=9, most=9) == {told_beside}
    assert rivals_of(claim, nearest=1, reports=9, most=9) == {told_beside, near, told_near}
    # The newest reports, and of what stands in them the newest claims.
    assert rivals_of(claim, nearest=1, reports=1, most=9) == {near, told_near}
    Position.objects.filter(claim=told_beside).update(superseded_at=timezone.now())
    Statement.objects.filter(positions__claim=near).update(superseded_at=timezone.now())
    record(told_beside, near)
    assert rivals_of(claim, nearest=1, reports=9, most=9) == {near}


def test_what_it_conflicts_with_stays_a_rival_until_a_person_dismisses_it(dossier, reviewer):
    claims = ClaimFactory.create_batch(4, dossier=dossier)
    first, second, third, merged = claims
    pairs = [
        ContradictionFactory(claim=one, other_claim=other, other_position__claim=other)
        for one, other in ((first, second), (second, third), (second, merged))
    ]
    ContradictionFactory(claim=second)
    merge_claims(merged, target=ClaimFactory(dossier=dossier), by=reviewer, reason="The same.")
    assert rivals_of(second) == {first, third}
    decide_contradiction(pairs[0], state="dismissed", by=reviewer, reason="Two events.")
    assert rivals_of(second) == {third}
    assert rivals_of(first) == set()


def test_tolls_that_rise_to_one_another_are_rivals_of_each_other(dossier):
    later = ClaimFactory(dossier=dossier, **TOLL)
    earlier = ClaimFactory(dossier=dossier, rises_to=later, **TOLL)
    assert (rivals_of(later), rivals_of(earlier)) == ({earlier}, {later})


def test_claims_of_a_batch_find_what_each_would_find_alone_in_as_many_queries(django_assert_num_queries):
    claims = []
    for dossier in DossierFactory.create_batch(2):
        for n in range(24):
            figure = TOLL | {"place_key": "arvl" if n % 3 else ""} if n % 2 else {}
            day = TUESDAY + timedelta(days=n % 5) if n % 4 else None
            vector = direction(n % 7, n % 5 + 7) if n % 6 else None
            claims.append(ClaimFactory(dossier=dossier, embedding=vector, when_first=day, when_last=day, **figure))
        for n in range(0, 24, 3):
            reported_together(*claims[-24:][n : n + 4])
    limits = {"nearest": 3, "in_time": 1, "reports": 2, "most": 4}
    with django_assert_num_queries(6):  # the index; whether each dossier is large, and its search; the rows
        found = found_for(claims, **limits)
    assert list(found) == [claim.pk for claim in claims]
    assert found == {claim.pk: found_for([claim], **limits)[claim.pk] for claim in claims}
    assert all(rivals == sorted(rivals, key=lambda claim: claim.pk) for rivals in found.values())
    assert len({frozenset(claim.pk for claim in rivals) for rivals in found.values()}) > len(claims) / 2


def test_whose_nearest_are_known_needs_no_search_for_them_and_others_have_theirs(dossier):
    one, other, third = (ClaimFactory(dossier=dossier, embedding=direction(1, n)) for n in range(2, 5))
    merged, elsewhere = ClaimFactory(dossier=dossier, merged_into=third), ClaimFactory()
    known = {one.pk: [third.pk, merged.pk, elsewhere.pk, other.pk]}
    found = found_for([one, other], known=known, nearest=3)
    assert found == {one.pk: [third], other.pk: [one, third]}


def test_no_claims_have_no_rivals(django_assert_num_queries):
    with django_assert_num_queries(0):
        assert found_for([]) == {}


def test_every_part_of_the_search_is_served_by_an_index(dossier, monkeypatch):
    monkeypatch.setattr(services, "EXACT_UP_TO", 0)
    claim, other = ClaimFactory.create_batch(2, dossier=dossier, embedding=direction(1), place_key="arvl", **TOLL)
    reported_together(claim, other)
    with CaptureQueriesContext(connection) as queries:
        assert rivals_of(claim, nearest=5, in_time=5, reports=5, most=5) == {other}
    plan = plan_of(queries[-2]["sql"])
    assert "claim_placed_embedding" in plan
    assert "claim_figures_by_day" in plan
    assert "Seq Scan" not in plan
