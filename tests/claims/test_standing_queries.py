"""What recomputing standings costs: the queries listed, for one position as for all of many claims."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from claims.choices import Stance
from claims.models import Claim, Event, Position
from claims.services import standings
from claims.services.weighing import weighed_positions
from tests import factories
from tests.factories import MACHINE

pytestmark = pytest.mark.django_db

READS = [
    "the claims, locked",
    "positions, with statements and snapshots",
    "the statements that those are nested in",
    "which sources and documents all of them lead to",
    "the sources, with their parties",
    "the documents",
    "whom the claims harm",
    "verdicts due for review",
    "the first words kept",
]
WRITES = ["the first words that changed", "the claims that changed", "their events"]


def one_position(claim: Claim) -> None:
    factories.PositionFactory(claim=claim)


def everything_that_bears_on_a_standing(claim: Claim) -> None:
    """Positions of sources merged, unnamed and in organisations, in copies, in chains and in replaced versions."""
    league = factories.SourceFactory(name=f"League of {claim.pk}", party=factories.PartyFactory())
    guild = factories.SourceFactory(parent=league)
    wire = factories.DocumentFactory(publisher=factories.SourceFactory(parent=guild))
    for n in range(4):
        member = factories.SourceFactory(parent=guild)
        alias = factories.SourceFactory(merged_into=member)
        copy = factories.DocumentFactory(origin=wire, origin_explanation="The same words.")
        snapshot = factories.SnapshotFactory(document=copy)
        factories.SnapshotFactory(document=copy, number=2, latest=False, analysed_with="a/1")
        unnamed = factories.SourceFactory(name=f"an official {n}", kind="unnamed", named_in=copy)
        said = factories.StatementFactory(snapshot=snapshot, source=alias)
        passed_on = factories.StatementFactory(snapshot=snapshot, source=unnamed, parent=said)
        nested = factories.StatementFactory(snapshot=snapshot, source=unnamed, parent=passed_on)
        for statement in (said, passed_on, nested):
            factories.PositionFactory(claim=claim, statement=statement, stance=list(Stance)[n % 3])
    party = factories.PartyFactory()
    party.opposes.add(factories.PartyFactory(), factories.PartyFactory())
    claim.favours = party
    claim.rises_to = factories.ClaimFactory(dossier=claim.dossier, embedding=[1.0] * 256)
    claim.save()
    factories.ledger.record(MACHINE, "favours set", claim)


def queries_of(claims: list[Claim]) -> list[str]:
    with CaptureQueriesContext(connection) as queries:
        changed = standings.refresh([claim.pk for claim in claims], actor=MACHINE)
    assert changed == len(claims)
    # A connection prepares a statement once.
    return [query["sql"] for query in queries if not query["sql"].startswith("PREPARE")]


@pytest.fixture(autouse=True)
def nobody_listens(monkeypatch):
    """What the tracker makes of changed standings is counted elsewhere."""
    monkeypatch.setattr(standings.signals.standings_changed, "send", lambda **_: None)


@pytest.mark.parametrize("how_many", [1, 12])
def test_claims_take_the_queries_listed_however_many_they_are_and_whatever_bears_on_them(how_many):
    claims = factories.ClaimFactory.create_batch(how_many)
    for claim in claims:
        one_position(claim)
        everything_that_bears_on_a_standing(claim)
    queries = queries_of(claims)
    assert len(queries) == len(READS) + len(WRITES), "\n\n".join(queries)


def test_where_no_claim_favours_anybody_nobody_is_asked_for_whom_it_harms():
    claim = factories.ClaimFactory()
    one_position(claim)
    assert len(queries_of([claim])) == len(READS) - 1 + len(WRITES)


def test_claims_whose_standing_stays_are_only_read():
    claim = factories.ClaimFactory()
    one_position(claim)
    standings.refresh([claim.pk], actor=MACHINE)
    events = Event.objects.count()
    with CaptureQueriesContext(connection) as queries:
        assert standings.refresh([claim.pk], actor=MACHINE) == 0
    assert len(queries) == len(READS) - 1
    assert Event.objects.count() == events


def test_more_claims_than_a_batch_are_all_recomputed_and_told_of_once(monkeypatch):
    told = []
    monkeypatch.setattr(standings.signals.standings_changed, "send", lambda **said: told.append(said["claim_ids"]))
    monkeypatch.setattr(standings, "BATCH", 2)
    claims = factories.ClaimFactory.create_batch(5)
    for claim in claims:
        one_position(claim)
    assert standings.refresh([claim.pk for claim in reversed(claims)], actor=MACHINE) == 5
    assert told == [[claim.pk for claim in claims]]
    assert set(Claim.objects.values_list("standing", flat=True)) == {"single-origin"}


def test_no_standing_reads_the_text_of_a_version_or_a_vector():
    claim = factories.ClaimFactory()
    everything_that_bears_on_a_standing(claim)
    loaded = " ".join(queries_of([claim]))
    for column in (
        '"claims_snapshot"."text"',
        '"claims_snapshot"."headers"',
        '"claims_claim"."embedding"',
        '."embedding"',
    ):
        assert column not in loaded


def test_what_was_read_beforehand_is_what_the_rows_lead_to():
    """Following every link from the rows as they are gives the same bodies, parties and originals."""
    claim = factories.ClaimFactory()
    everything_that_bears_on_a_standing(claim)
    factories.PositionFactory(claim=claim, statement=factories.StatementFactory(superseded_at=timezone.now()))
    read = weighed_positions([claim])[claim.pk]
    with CaptureQueriesContext(connection) as queries:
        before = [standings.taken(position) for position in read]
    assert len(queries) == 0
    one_by_one = []
    for position in read:
        alone = Position.objects.get(pk=position.pk)
        alone.replaced = position.replaced
        one_by_one.append(standings.taken(alone))
    assert before == one_by_one
    assert len(before) == 12
