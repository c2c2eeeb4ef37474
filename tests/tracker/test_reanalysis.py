"""Reading stored snapshots again with a newer analysis: the difference is shown before anything is written."""

import io
from dataclasses import replace

import pytest
from django.core.management import call_command

from claims.choices import Stance, StatementState
from claims.models import Claim, Event, Position, Snapshot, Statement
from claims.services import statements
from claims.services.claims import set_position
from claims.services.statements import Attributed
from tests.factories import MACHINE
from tracker import pipeline, reanalysis
from tracker.submissions import submit

pytestmark = pytest.mark.django_db

TEXT = "The mayor of Arvel said the bridge was closed. Olga Brandt, a doctor, said five people were wounded in Arvel."


def span(words: str) -> list[list[int]]:
    start = TEXT.index(words)
    return [[start, start + len(words)]]


def attribution(source: str, content: str) -> Attributed:
    return Attributed(content_spans=span(content), cue_spans=span("said"), source_spans=span(source))


@pytest.fixture
def snapshot() -> Snapshot:
    """A snapshot that an older version of the analysis has read, badly, and whose statements have been placed."""
    submission = submit(address="arvel.txt", payload=TEXT.encode(), content_type="text/plain", announce=False)
    pipeline.read_submission(submission.pk)
    found = Snapshot.objects.get()
    older = [attribution("The mayor", "the bridge was closed. Olga Brandt"), attribution("Arvel", "Arvel")]
    statements.record_statements(found, older, extractor=pipeline.EXTRACTOR, version="0", actor=MACHINE)
    pipeline.match_snapshot(found.pk)
    return found


def reanalyse(**options: object) -> str:
    out = io.StringIO()
    call_command("reanalyse", stdout=out, **options)
    return " ".join(out.getvalue().split())


def test_the_difference_is_shown_and_nothing_is_written(snapshot):
    before = (Statement.objects.count(), Event.objects.count())
    printed = reanalyse()
    assert "+ Olga Brandt: five people were wounded in Arvel" in printed
    assert "- The mayor: the bridge was closed. Olga Brandt" in printed
    assert "nothing was written" in printed
    assert (Statement.objects.count(), Event.objects.count()) == before


def test_applying_it_supersedes_what_is_not_found_again_and_places_what_is_new(snapshot):
    assert "1 snapshots" in reanalyse(apply=True)
    current = set(Statement.objects.current().values_list("content_text", flat=True))
    assert current == {"the bridge was closed", "five people were wounded in Arvel"}
    assert Position.objects.current().count() == 2
    bridge = Position.objects.current().get(statement__content_text="the bridge was closed")
    assert bridge.claim.standing == "single-origin"
    assert "0 snapshots" in reanalyse(apply=True)


def test_every_decision_of_a_person_survives_it(snapshot, reviewer):
    bad, other = Statement.objects.order_by("pk")
    statements.reject_statement(bad, by=reviewer, reason="The content runs into the next sentence.")
    claim = Claim.objects.exclude(positions__statement=other).first()
    decided = set_position(other, claim=claim, stance=Stance.REPORTS, by=reviewer, reason="Only a place.")
    reanalyse(apply=True)
    bad.refresh_from_db()
    other.refresh_from_db()
    assert (bad.state, bad.superseded_at) == (StatementState.REJECTED, None)
    assert other.superseded_at is None
    assert decided in Position.objects.current()


def test_words_read_otherwise_are_shown_as_they_will_be_recorded(snapshot):
    reanalyse(apply=True)
    mayor = Statement.objects.current().get(content_text="the bridge was closed")
    older = [
        replace(one, polarity="denies", place="Besk") if one.content_spans == mayor.content_spans else one
        for one in pipeline.found_in(snapshot)
    ]
    statements.record_statements(snapshot, older, extractor=pipeline.EXTRACTOR, version="0", actor=MACHINE)
    printed = reanalyse()
    assert "+ unnamed mayor of Arvel: the bridge was closed (read otherwise: polarity, place)" in printed
    assert "- The mayor of Arvel: the bridge was closed" in printed
    shown = reanalysis.difference(snapshot)
    reanalyse(apply=True)
    (new,) = Statement.objects.filter(supersedes__in=shown.dropped)
    assert len(shown.added) == 1
    assert (new.polarity, new.place, new.supersedes.polarity) == ("affirms", mayor.place, "denies")


def test_a_statement_whose_position_a_person_set_is_not_shown_as_dropped(snapshot, reviewer):
    claim = Claim.objects.first()
    for statement in Statement.objects.current():
        set_position(statement, claim=claim, stance=Stance.REFUTES, by=reviewer, reason="I looked.")
    printed = reanalyse()
    assert "0 kept, 2 decided by people" in printed
    assert " - " not in printed


def test_it_can_be_kept_to_one_dossier_or_one_document(snapshot):
    assert "0 snapshots" in reanalyse(dossier="another")
    assert "0 snapshots" in reanalyse(document="https://elsewhere.example/")
    assert "1 snapshots" in reanalyse(dossier="inbox", document=snapshot.document.url)
