"""Queries that are put together once."""

import pytest
from django.db.models import Prefetch

from claims.api.kept import Kept
from claims.api.loading import verdicts
from claims.models import Claim, Position, Verdict
from tests import factories


def test_the_rows_are_those_of_the_queryset_with_all_that_is_loaded_with_them(db, django_assert_num_queries):
    claims = [factories.ClaimFactory() for _ in range(2)]
    positions = [factories.PositionFactory(claim=claim) for claim in claims for _ in range(2)]
    kept = Kept[Position](
        lambda claim: Position.objects.filter(claim=claim).select_related("statement__source", "by").order_by("pk")
    )
    for claim in claims:
        found = kept.rows(claim.pk)
        with django_assert_num_queries(0):
            told = [(row, row.statement, row.statement.source, row.by, row.explanation) for row in found]
        mine = [position for position in positions if position.claim == claim]
        assert told == [(p, p.statement, p.statement.source, None, p.explanation) for p in mine]
    assert kept.rows(0) == []


def test_rows_that_are_fetched_besides_come_too(case, django_assert_num_queries):
    verdict = case.verdict
    kept = Kept[Claim](
        lambda pk: Claim.objects.filter(pk=pk).prefetch_related(Prefetch("verdicts", verdicts(), to_attr="judged"))
    )
    (claim,) = kept.rows(verdict.claim_id)
    with django_assert_num_queries(0):
        assert claim.judged == [verdict]


def test_a_query_that_does_not_ask_for_its_key_is_refused(db):
    with pytest.raises(ValueError, match="key"):
        Kept[Verdict](lambda _: Verdict.objects.all()).rows(1)
