"""Conflicts and risen tolls follow what the rows say, whoever changes them."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from claims.models import Claim, Contradiction, Judgement
from claims.services import statements
from claims.services.claims import judge, merge_claims
from claims.services.documents import set_document_state
from claims.services.sources import Named
from claims.services.statements import Attributed
from tests.factories import MACHINE, JudgementFactory
from tracker import matching, pipeline
from tracker.submissions import submit

pytestmark = pytest.mark.django_db


def read(name: str, text: str, *, hour: int, publisher: str) -> None:
    front = (
        f"---\nurl: https://{name}.example/\npublisher: {publisher}\npublished_at: 2024-03-12T{hour:02}:00:00Z\n---\n"
    )
    submit(address=f"{name}.md", payload=(front + text).encode(), content_type="text/markdown", announce=False)
    pipeline.work_off()


def claim(fragment: str) -> Claim:
    return Claim.objects.get(text__icontains=fragment)


@pytest.fixture
def contested() -> Claim:
    read(
        "one",
        "The mayor of Arvel, Ada Lind, said the bridge at Arvel was closed on Tuesday.",
        hour=9,
        publisher="Gazette",
    )
    read(
        "two",
        "An engineer, Olaf Brandt, denied that the bridge at Arvel was closed on Tuesday.",
        hour=10,
        publisher="Courier",
    )
    return claim("bridge")


def open_conflicts() -> list[str]:
    return list(Contradiction.objects.standing().values_list("type", flat=True))


def test_a_denial_is_proposed_as_a_conflict_that_names_both_sides(contested):
    assert contested.standing == "contested"
    assert open_conflicts() == ["negation"]
    explanation = Contradiction.objects.get().explanation
    assert "Ada Lind" in explanation
    assert "Olaf Brandt" in explanation


def test_rejecting_the_denial_lapses_the_conflict(contested, reviewer):
    denial = contested.positions.get(stance="refutes").statement
    statements.reject_statement(denial, by=reviewer, reason="He spoke of another bridge.")
    contested.refresh_from_db()
    assert contested.standing == "single-origin"
    assert open_conflicts() == []


def test_a_retraction_lapses_the_conflict(contested):
    document = contested.positions.get(stance="supports").statement.snapshot.document
    set_document_state(document, state="retracted", actor=MACHINE)
    contested.refresh_from_db()
    assert contested.standing == "denied"
    assert open_conflicts() == []


def test_a_toll_rises_and_rises_no_more_when_the_later_figure_is_rejected(reviewer):
    read("noon", "The Arvel Monitor said nine people were killed in Arvel on Tuesday.", hour=12, publisher="Gazette")
    read("night", "The Arvel Monitor said 14 people were killed in Arvel on Tuesday.", hour=22, publisher="Gazette")
    assert claim("nine people").standing_flags == ["rising"]
    assert claim("nine people").rises_to == claim("14 people")
    assert open_conflicts() == []
    statements.reject_statement(claim("14 people").positions.get().statement, by=reviewer, reason="Misprint.")
    assert claim("nine people").standing_flags == []
    assert claim("nine people").rises_to is None
    assert claim("14 people").standing == "unattested"


def test_rival_tolls_conflict_and_the_conflict_goes_with_one_of_them(reviewer):
    read("army", "The army said seven people were killed in Arvel on Tuesday.", hour=12, publisher="Gazette")
    read("monitor", "The Arvel Monitor said 23 people were killed in Arvel on Tuesday.", hour=13, publisher="Courier")
    assert open_conflicts() == ["numeric"]
    statements.reject_statement(claim("seven people").positions.get().statement, by=reviewer, reason="It said wounded.")
    assert open_conflicts() == []


def reread(claim_fragment: str, *, trimmed_to: str) -> None:
    """A newer analysis reads the same statement with a shorter content."""
    statement = claim(claim_fragment).positions.filter(superseded_at__isnull=True).first().statement
    snapshot = statement.snapshot
    start = snapshot.text.index(trimmed_to)
    one = Attributed(
        content_spans=[[start, start + len(trimmed_to)]],
        cue_spans=statement.cue_spans,
        source_spans=statement.source_spans,
        source=Named(statement.source.name, statement.source.kind),
    )
    statements.record_statements(snapshot, [one], extractor="newer", version="2", actor=MACHINE)
    pipeline.work_off()


@pytest.fixture
def told_apart() -> tuple[Claim, Claim]:
    """Two claims about bridges that are alike, but not enough to be joined."""
    read(
        "one",
        "The mayor, Ada Lind, said the northern bridge at Arvel was closed on Tuesday.",
        hour=9,
        publisher="Gazette",
    )
    read(
        "two",
        "An engineer, Olaf Brandt, said the old stone bridge at Arvel was shut to lorries.",
        hour=10,
        publisher="Courier",
    )
    return claim("northern bridge"), claim("stone bridge")


def test_a_new_reading_stays_with_the_claim_that_a_reviewer_merged_its_old_one_into(told_apart, editor):
    first, second = told_apart
    merge_claims(second, target=first, by=editor, reason="There is one bridge.")
    reread("northern", trimmed_to="the northern bridge at Arvel was closed")
    assert Claim.objects.live().count() == 1
    first.refresh_from_db()
    assert first.standing == "corroborated"


def test_a_new_reading_never_joins_a_claim_that_a_reviewer_told_apart(told_apart, reviewer):
    first, second = told_apart
    pair = Judgement.objects.first() or JudgementFactory(claim=first, other_claim=second)
    judge(pair, answer="negative", by=reviewer, reason="Two bridges.")
    reread("northern", trimmed_to="bridge at Arvel")
    for one in (first, second):
        one.refresh_from_db()
        assert one.standing in ("single-origin", "unattested")


TOWNS = ("Arvel", "Besk", "Corin", "Dravik", "Elm", "Fosk", "Kelm", "Osk")
HAPPENED = (
    "the mill burned down", "a ferry sank", "two schools were closed", "the council resigned", "wheat was stolen",
    "a dam was repaired", "the market reopened", "the trains stood still",
)  # fmt: skip


def placing(dossier: str, towns: tuple[str, ...]) -> int:
    """How many queries it takes to place a document that says something of each of these towns."""
    said = "\n\n".join(
        f"The mayor of {town}, Ada {town}son, said {HAPPENED[n]} in {town} on Tuesday." for n, town in enumerate(towns)
    )
    front = f"---\nurl: https://{dossier}.example/\npublisher: Gazette\npublished_at: 2024-03-12T09:00:00Z\n---\n"
    submission = submit(
        address="a.md", payload=(front + said).encode(), content_type="text/markdown", dossier=dossier, announce=False
    )
    pipeline.read_submission(submission.pk)
    submission.refresh_from_db()
    pipeline.analyse_snapshot(submission.snapshot_id)
    with CaptureQueriesContext(connection) as queries:
        matching.match_snapshots([submission.snapshot_id])
    assert Claim.objects.filter(dossier__slug=dossier).count() == len(towns)
    return len(queries)


def test_placing_many_statements_takes_as_many_queries_as_placing_few():
    placing("warm", TOWNS[:2])  # what is looked up once in a process
    assert placing("few", TOWNS[:2]) == placing("many", TOWNS)
