"""How a claim is asserted first: kept with its standing, whatever changes that, and made up for where it is missing."""

import json
from datetime import timedelta

import pytest
from django.utils import timezone

from claims.choices import Stance
from claims.models import Claim, Event, FirstWord, Position
from claims.services import standings
from claims.services.assertions import first_assertions
from claims.services.claims import merge_claims
from claims.services.statements import reject_statement
from tests import factories
from tests.factories import MACHINE

pytestmark = pytest.mark.django_db

NOW = timezone.now()


def said(claim: Claim, name: str, *, days_ago: int, stance: str = Stance.SUPPORTS) -> Position:
    """A position that somebody takes in a document of that day; the standing follows."""
    document = factories.DocumentFactory(published_at=NOW - timedelta(days=days_ago), title=f"Report of {name}")
    snapshot = factories.SnapshotFactory(document=document, text="It is said. The bridge is closed. So it was.")
    statement = factories.StatementFactory(
        snapshot=snapshot,
        source=factories.SourceFactory(name=name),
        content_text="The bridge is closed",
        content_spans=[[12, 18], [19, 32]],
        quantities=[{"measure": "killed", "best": 7}],
    )
    position = factories.PositionFactory(claim=claim, statement=statement, stance=stance)
    standings.refresh([claim.pk], actor=MACHINE)
    return position


def first(claim: Claim):
    return first_assertions([claim.pk], actor=MACHINE).get(claim.pk)


def test_the_earliest_of_those_who_count_comes_with_all_that_was_said_of_it_there():
    claim = factories.ClaimFactory()
    said(claim, "Ada Lind", days_ago=1)
    earlier = said(claim, "Olaf Brandt", days_ago=3)
    said(claim, "Ilme Raal", days_ago=9, stance=Stance.REFUTES)
    said(claim, "Edvin Sorn", days_ago=9, stance=Stance.REPORTS)
    found = first(claim)
    assert (found.position, found.speaker, found.title) == (earlier.pk, "Olaf Brandt", "Report of Olaf Brandt")
    assert (found.content, found.text[found.start : found.end]) == ("The bridge is closed",) * 2
    assert json.loads(found.quantities) == [{"measure": "killed", "best": 7}]
    assert found.root == str(earlier.statement.snapshot.document.uid)
    assert found.at == NOW - timedelta(days=3)
    assert len(found.bodies) == 2


def test_nobody_asserts_what_is_only_denied_or_passed_on():
    claim = factories.ClaimFactory()
    said(claim, "Ilme Raal", days_ago=2, stance=Stance.REFUTES)
    said(claim, "Edvin Sorn", days_ago=1, stance=Stance.REPORTS)
    assert first(claim) is None
    assert FirstWord.objects.get().position is None


def test_who_speaks_first_follows_what_reviewers_decide(reviewer):
    claim, other = factories.ClaimFactory.create_batch(2, dossier=factories.DossierFactory())
    said(claim, "Ada Lind", days_ago=1)
    earlier = said(other, "Olaf Brandt", days_ago=3)
    merge_claims(other, target=claim, by=reviewer, reason="The same bridge.")
    assert first(claim).speaker == "Olaf Brandt"
    assert first(other) is None
    reject_statement(earlier.statement, by=reviewer, reason="Misread.")
    assert first(claim).speaker == "Ada Lind"


def test_what_is_missing_is_made_up_for_and_nothing_of_it_is_told_on_the_ledger():
    claims = factories.ClaimFactory.create_batch(3)
    for claim in claims:
        said(claim, f"Ada Lind of {claim.pk}", days_ago=1)
    pks = [claim.pk for claim in claims]
    before = first_assertions(pks, actor=MACHINE)
    FirstWord.objects.filter(claim__in=pks[1:]).delete()
    events = Event.objects.count()
    assert first_assertions(pks, actor=MACHINE) == before
    assert FirstWord.objects.count() == 3
    assert Event.objects.count() == events
