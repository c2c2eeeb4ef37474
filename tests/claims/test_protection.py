"""Promises 1, 2 and 6 against raw SQL: what the database itself refuses to edit, delete, truncate or take back."""

from datetime import date

import pytest
from django.core.management import CommandError, call_command
from django.db import DatabaseError, connection, transaction
from django.utils import timezone

from claims import models
from claims.choices import Credibility
from claims.services import ledger, verdicts
from claims.services.claims import merge_claims, undo_claim_merge
from claims.services.sources import add_alias, grade_source, merge_sources
from claims.services.verdicts import Link
from tests import factories
from tests.factories import MACHINE

pytestmark = pytest.mark.django_db


def published(author, approver):
    link = Link("https://archive.example/photograph")
    draft = verdicts.draft_verdict(
        factories.ClaimFactory(),
        credibility=Credibility.PROBABLY_TRUE,
        rationale="Two origins.",
        by=author,
        evidence=[link],
    )
    return verdicts.approve_verdict(verdicts.propose_verdict(draft, by=author), by=approver)


def changed(row, **values):
    """An attempt to change a row behind the services' back, though with an event on the ledger."""
    with transaction.atomic():
        type(row).objects.filter(pk=row.pk).update(**values)
        if isinstance(row, models.base.Recorded):
            ledger.record(MACHINE, "changed", row)


# --- TRUNCATE and DELETE ---------------------------------------------------------------------------------------------

KEPT = [
    models.Assignment, models.Claim, models.ClaimMerge, models.Comment, models.Contradiction, models.Disagreement,
    models.Document, models.Dossier, models.Event, models.Evidence, models.Judgement, models.Mention, models.Opinion,
    models.Party, models.Position, models.ReliabilityGrade, models.Snapshot, models.Source, models.SourceMerge,
    models.SourceName, models.Statement, models.Verdict,
]  # fmt: skip


def in_production() -> None:
    """From here to the end of the transaction this is a session like any other, not one of the tests'."""
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("SET LOCAL corroborate.allow_truncate = off")


@pytest.mark.parametrize("model", KEPT, ids=lambda model: model.__name__)
def test_no_table_of_the_domain_can_be_truncated(model):
    in_production()
    with (
        pytest.raises(DatabaseError, match="Cannot truncate rows"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(f"TRUNCATE {model._meta.db_table} CASCADE")


@pytest.mark.parametrize("model", KEPT, ids=lambda model: model.__name__)
def test_no_row_of_the_domain_can_be_deleted(model):
    with pytest.raises(DatabaseError, match="Cannot delete rows"), transaction.atomic():
        model.objects.all()._raw_delete("default")


@pytest.mark.django_db(transaction=True)
def test_flush_is_refused_and_takes_nothing():
    factories.DossierFactory()
    with connection.cursor() as cursor:
        cursor.execute("SET corroborate.allow_truncate = off")
    try:
        with pytest.raises(CommandError) as refused:
            call_command("flush", interactive=False)
        assert "what is recorded stays" in str(refused.value.__cause__)
    finally:
        with connection.cursor() as cursor:
            cursor.execute("SET corroborate.allow_truncate = on")
    assert models.Dossier.objects.exists()


def test_a_session_may_truncate_only_by_the_setting_that_the_tests_have():
    with connection.cursor() as cursor:
        cursor.execute("SHOW corroborate.allow_truncate")
        assert cursor.fetchone() == ("on",)
    from django.conf import settings

    assert "allow_truncate" not in str(settings.DATABASES)


# --- Statements ------------------------------------------------------------------------------------------------------

FOUND = {
    "quantities": [{"best": 5}],
    "place": "Elsewhere",
    "when_text": "yesterday",
    "when_first": date(2031, 5, 4),
    "confidence": 0.5,
    "decided_by_words": ["not"],
    "origin": "person",
    "source": None,
}


@pytest.mark.parametrize("field", FOUND)
def test_what_was_found_in_the_text_is_never_edited(field):
    with pytest.raises(DatabaseError, match="Cannot update"):
        changed(factories.StatementFactory(), **{field: FOUND[field]})


@pytest.mark.parametrize("state", ["confirmed", "rejected", "corrected"])
def test_what_a_person_decided_is_never_a_suggestion_again(state, reviewer):
    row = factories.StatementFactory(state=state, reviewed_by=reviewer, reviewed_at=timezone.now())
    with pytest.raises(DatabaseError, match=f'Invalid transition .* from "{state}" to "suggested"'):
        changed(row, state="suggested")


def test_a_superseded_statement_stays_superseded():
    row = factories.StatementFactory(superseded_at=timezone.now())
    with pytest.raises(DatabaseError, match="Cannot update"):
        changed(row, superseded_at=None)


# --- Verdicts --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("field", ["claim", "published_at", "rationale", "credibility", "author", "approver"])
def test_nothing_that_readers_rely_on_changes_in_a_published_verdict(field, reviewer, editor):
    other = {
        "claim": factories.ClaimFactory(),
        "published_at": timezone.now(),
        "rationale": "Other words.",
        "credibility": 1,
        "author": factories.UserFactory(),
        "approver": factories.UserFactory(),
    }
    with pytest.raises(DatabaseError, match="Cannot update"):
        changed(published(reviewer, editor), **{field: other[field]})


@pytest.mark.parametrize("state", ["draft", "proposed"])
def test_a_published_verdict_never_becomes_a_draft_again(state, reviewer, editor):
    with pytest.raises(DatabaseError, match="Invalid transition"):
        changed(published(reviewer, editor), state=state)


def test_a_draft_is_not_published_unseen(reviewer, editor):
    draft = factories.VerdictFactory(author=reviewer)
    with pytest.raises(DatabaseError, match="Invalid transition"):
        changed(draft, state="published", approver=editor, published_at=timezone.now())


def test_evidence_is_added_to_a_draft_and_never_to_what_was_published(reviewer, editor):
    verdict = published(reviewer, editor)
    withdrawn = published(editor, reviewer)
    verdicts.withdraw_verdict(withdrawn, by=editor, reason="Another town.")
    for once_published in (verdict, withdrawn):
        with pytest.raises(DatabaseError, match="Cannot add evidence"), transaction.atomic():
            models.Evidence.objects.create(verdict=once_published, url="https://archive.example/later")
    models.Evidence.objects.create(verdict=factories.VerdictFactory(), url="https://archive.example/later")
    assert [e.url for e in verdict.evidence.all()] == ["https://archive.example/photograph"]


# --- Names, grades and merges ----------------------------------------------------------------------------------------


def test_a_name_a_grade_and_a_merge_are_never_rewritten(editor):
    source, other = factories.SourceFactory(), factories.SourceFactory()
    rows = {
        "name": add_alias(source, name="Another Name", actor=MACHINE),
        "reason": grade_source(source, grade="B", reason="Often right.", actor=MACHINE),
        "target": merge_sources(other, target=source, reason="The same.", by=editor),
    }
    for field, row in rows.items():
        with pytest.raises(DatabaseError, match="Cannot update"):
            changed(row, **{field: other if field == "target" else "Rewritten."})


def test_who_undid_a_merge_is_written_once(editor, reviewer):
    claim = factories.ClaimFactory()
    merge = merge_claims(claim, target=factories.ClaimFactory(dossier=claim.dossier), by=editor, reason="The same.")
    undo_claim_merge(merge, by=editor)
    with pytest.raises(DatabaseError, match="Cannot update"):
        changed(merge, undone_by=reviewer)
    merge.refresh_from_db()
    assert merge.undone_by == editor


# --- The ledger keeps the reasons ------------------------------------------------------------------------------------


def test_the_ledger_says_what_was_held_and_why(editor):
    position = factories.PositionFactory(origin="person", by=editor, explanation=["He said it."], reason="I heard it.")
    from claims.services import standings

    standings.refresh([position.claim_id], actor=MACHINE)
    said = {e.object_type: e.state for e in models.Event.objects.order_by("pk")}
    assert said["claim"]["why"]["sentences"] == [
        f"Only one origin says so, in one document: {position.statement.source}."
    ]
    assert [o["positions"] for o in said["claim"]["why"]["supporting"]] == [[str(position.uid)]]
    assert said["position"]["by"] == editor.get_username()
    assert (said["position"]["explanation"], said["position"]["reason"]) == (["He said it."], "I heard it.")
    assert {"quantities", "place", "when", "when_text", "quotation"} <= said["statement"].keys()
