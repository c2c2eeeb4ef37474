"""The feed of changes: gapless, in order, with tombstones, and nothing that a reader may not see."""

import importlib
import uuid

import pytest
from django.db import DatabaseError, connection, transaction

from claims.access import Access
from claims.models import Event
from claims.models.ledger import TYPES
from claims.services import ledger
from claims.services.actor import Actor
from claims.services.changes import Wanted, changes_after
from claims.services.claims import merge_claims, undo_claim_merge
from claims.services.documents import set_document_state
from claims.services.protection import protect_source
from claims.services.sources import merge_sources
from claims.services.statements import Attributed, correct_statement, reject_statement
from claims.services.verdicts import approve_verdict, draft_verdict, propose_verdict, withdraw_verdict
from tests import factories

pytestmark = pytest.mark.django_db


@pytest.fixture
def access(editor):
    """What somebody sees who may see all."""
    return Access.of(editor)


@pytest.fixture
def told(access):
    def asked(by=access, **asked):
        ledger.seal()
        return changes_after(0, access=by, **asked)

    return asked


@pytest.fixture
def last_about(told):
    def found(row, **asked):
        return [change for change in told(**asked).changes if change.get("uid") == str(row.uid)][-1]

    return found


def uids(page):
    return [change.get("uid") for change in page.changes]


def names(*rows):
    return [str(row.uid) for row in rows]


def test_every_recorded_row_says_which_dossier_it_belongs_to():
    contradiction = factories.ContradictionFactory()
    judgement = factories.JudgementFactory()
    verdict = factories.VerdictFactory()
    statement = contradiction.position.statement
    unnamed = factories.SourceFactory(kind="unnamed", named_in=statement.snapshot.document)
    notice = factories.NoticeFactory(snapshot=statement.snapshot)
    party = factories.PartyFactory()
    belongs = {
        contradiction: contradiction.claim.dossier,
        contradiction.claim: contradiction.claim.dossier,
        contradiction.claim.dossier: contradiction.claim.dossier,
        contradiction.position: contradiction.claim.dossier,
        judgement: judgement.claim.dossier,
        verdict: verdict.claim.dossier,
        statement: statement.snapshot.document.dossier,
        statement.snapshot: statement.snapshot.document.dossier,
        statement.snapshot.document: statement.snapshot.document.dossier,
        notice: statement.snapshot.document.dossier,
        unnamed: statement.snapshot.document.dossier,
        statement.source: None,
        party: None,
    }
    assert {row: Event.objects.get(object_uid=row.uid).dossier for row in belongs} == belongs
    assert {row._meta.model_name for row in belongs} == set(TYPES)


def test_the_migration_fills_in_the_dossiers_of_events_that_were_written_before():
    factories.ContradictionFactory()
    factories.JudgementFactory()
    factories.VerdictFactory()
    factories.SourceFactory(kind="unnamed", named_in=factories.DocumentFactory())
    factories.PartyFactory()
    ledger.seal()
    belongs = dict(Event.objects.values_list("pk", "dossier"))
    assert len({*belongs.values()}) > 3
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("SET LOCAL session_replication_role = replica")
        cursor.execute("UPDATE claims_event SET dossier_id = NULL")
        cursor.execute("SET LOCAL session_replication_role = origin")
        assert not Event.objects.filter(dossier__isnull=False).exists()
        cursor.execute(
            "DROP TRIGGER pgtrigger_never_edited_b249c ON claims_event"
        )  # as the migration has at that point
        for statement in importlib.import_module("claims.migrations.0011_event_dossier").FILL:
            cursor.execute(statement)
    assert dict(Event.objects.values_list("pk", "dossier")) == belongs
    assert ledger.first_broken(Event.objects.sealed()) is None


def test_where_an_event_belongs_is_changed_by_nobody():
    claim = factories.ClaimFactory()
    with pytest.raises(DatabaseError, match="Cannot update"), transaction.atomic():
        Event.objects.filter(object_uid=claim.uid).update(dossier=None)


def test_all_places_are_told_once_and_in_order_however_they_are_cut(told, access):
    factories.ContradictionFactory()
    page = told(limit=3)
    seqs = [change["seq"] for change in page.changes]
    while page.more:
        page = changes_after(page.next, access=access, limit=3)
        seqs += [change["seq"] for change in page.changes]
    assert seqs == list(range(1, page.head + 1))
    assert page.next == page.head
    assert (page.head, page.head_hash) == ledger.head()
    assert changes_after(page.head, access=access).changes == []


def test_what_is_not_sealed_yet_is_not_told(access):
    factories.DossierFactory()
    ledger.seal()
    factories.DossierFactory()
    page = changes_after(0, access=access)
    assert [change["seq"] for change in page.changes] == [1]
    assert page.head == 1


def test_a_change_says_who_did_what_and_the_state_after_it(last_about):
    claim = factories.ClaimFactory()
    assert last_about(claim) == {
        "seq": 2,
        "kind": "change",
        "type": "claim",
        "uid": str(claim.uid),
        "verb": "created",
        "at": Event.objects.get(seq=2).recorded_at.isoformat(),
        "actor": "machine:test/1",
        "reason": "",
        "dossier": claim.dossier.slug,
        "state": claim.public_state(),
        "hash": Event.objects.get(seq=2).hash,
    }


def test_one_dossier_and_some_types_can_be_asked_for_and_next_covers_what_was_left_out(told):
    claim, other = factories.ClaimFactory(), factories.ClaimFactory()
    source = factories.SourceFactory()
    page = told(wanted=Wanted(dossier=claim.dossier_id))
    assert uids(page) == names(claim.dossier, claim)
    assert page.next == page.head == 5
    page = told(wanted=Wanted(types=frozenset({"claim", "source"})))
    assert uids(page) == names(claim, other, source)
    page = told(wanted=Wanted(types=frozenset({"claim"})), limit=1)
    assert uids(page) == names(claim)
    assert page.next == 2
    page = told(wanted=Wanted(dossier=other.dossier_id, types=frozenset({"claim"})))
    assert uids(page) == names(other)


def test_what_a_reader_may_not_see_is_hidden_but_keeps_its_place(told, reader):
    open_claim, closed_claim = factories.ClaimFactory(), factories.ClaimFactory()
    heard, unheard = factories.SourceFactory(), factories.SourceFactory()
    document = factories.DocumentFactory(dossier=open_claim.dossier, publisher=heard)
    part = Access.of(reader, dossiers=[open_claim.dossier_id])
    page = told(by=part)
    assert [(change["seq"], change["kind"], change.get("uid")) for change in page.changes] == [
        (1, "change", str(open_claim.dossier.uid)),
        (2, "change", str(open_claim.uid)),
        (3, "hidden", None),
        (4, "hidden", None),
        (5, "change", str(heard.uid)),
        (6, "hidden", None),
        (7, "change", str(document.uid)),
    ]
    assert page.changes[2] == {"seq": 3, "kind": "hidden"}
    assert not {closed_claim.text, unheard.name} & {str(change) for change in page.changes}
    filtered = told(by=part, wanted=Wanted(types=frozenset({"claim"})))
    assert uids(filtered) == names(open_claim)
    assert filtered.next == 7
    stranger = Access.of(factories.UserFactory()).in_public()  # nothing is public here
    assert {change["kind"] for change in told(by=stranger).changes} == {"hidden"}


def test_nobody_signed_in_is_told_of_public_dossiers_and_of_no_persons(told, reviewer):
    public = factories.DossierFactory(public_read=True)
    claim, other = factories.ClaimFactory(dossier=public), factories.ClaimFactory()
    statement = factories.StatementFactory(snapshot__document__dossier=public)
    reject_statement(statement, by=reviewer, reason="Nobody says so.")
    page = told(by=Access.of_nobody())
    assert {str(claim.uid), str(statement.uid), str(public.uid)} < {*uids(page)}
    assert str(other.uid) not in uids(page)
    assert page.changes[-1]["actor"] == "user"
    assert "rolf-reviewer" not in str(page.changes)


def test_protected_names_are_masked_in_what_was_recorded_before(told, reader, editor):
    source = factories.SourceFactory(name="Marisol Ventrano", kind="person")
    protect_source(source, by=editor, reason="Asked for it.")
    assert "Ventrano" in str(told().changes)
    assert "Ventrano" not in str(told(by=Access.of(reader)).changes)
    assert "Ventrano" not in str(told(by=Access.of(editor, scopes=["read"])).changes)


def test_drafts_of_verdicts_are_told_only_to_those_who_write_them(told, last_about, reader, reviewer, editor):
    claim = factories.ClaimFactory()
    draft = draft_verdict(claim, credibility=2, rationale="Two origins.", evidence=[], by=reviewer)
    propose_verdict(draft, by=reviewer)
    for other in (Access.of(reader), Access.of(editor, scopes=["read"])):
        assert str(draft.uid) not in uids(told(by=other))
    assert last_about(draft)["verb"] == "proposed"
    approve_verdict(draft, by=editor)
    assert last_about(draft, by=Access.of(reader))["verb"] == "published"


def test_tombstones_say_what_became_of_what_is_gone(last_about, reviewer, editor):
    def gone(row):
        change = last_about(row)
        return change["kind"], change.get("gone"), change.get("became")

    dossier = factories.DossierFactory()
    one, other = (factories.ClaimFactory(dossier=dossier) for _ in range(2))
    merge = merge_claims(one, target=other, by=editor, reason="The same.")
    assert gone(one) == ("tombstone", "merged", str(other.uid))
    undo_claim_merge(merge, by=editor)
    assert gone(one) == ("change", None, None)

    source, same = factories.SourceFactory(), factories.SourceFactory()
    merge_sources(source, target=same, by=editor, reason="The same.")
    assert gone(source) == ("tombstone", "merged", str(same.uid))

    first = draft_verdict(one, credibility=2, rationale="Two origins.", evidence=[], by=reviewer)
    approve_verdict(propose_verdict(first, by=reviewer), by=editor)
    second = draft_verdict(one, credibility=4, rationale="One took it back.", evidence=[], by=reviewer)
    approve_verdict(propose_verdict(second, by=reviewer), by=editor)
    assert gone(first) == ("tombstone", "superseded", str(second.uid))
    withdraw_verdict(second, by=editor, reason="Both did.")
    assert gone(second) == ("tombstone", "withdrawn", None)

    document = factories.DocumentFactory()
    set_document_state(document, state="retracted", actor=Actor.person(editor), reason="Its publisher says so.")
    assert gone(document) == ("tombstone", "retracted", None)

    snapshot = factories.SnapshotFactory(text="The mayor said the bridge was closed.")
    wrong = factories.StatementFactory(snapshot=snapshot, content_spans=[[0, 9]], content_text="The mayor")
    right = correct_statement(
        wrong, corrected=Attributed(content_spans=[[15, 36]]), by=reviewer, reason="These are the words."
    )
    assert gone(wrong) == ("tombstone", "corrected", str(right.uid))
    reject_statement(right, by=reviewer, reason="Nobody says so.")
    assert gone(right) == ("tombstone", "rejected", None)


def test_a_page_takes_a_fixed_number_of_queries(django_assert_num_queries, editor):
    for _ in range(5):
        factories.ContradictionFactory()
    ledger.seal()
    access = Access.of(editor)
    editor.has_perm("claims.view_claim")
    with django_assert_num_queries(4):  # the head, the events, which of them are told, their dossiers
        changes_after(0, access=access)


def test_events_of_unknown_sorts_are_hidden_from_all(told):
    Event.objects.create(
        actor_label=Actor.machine("test", "1").label,
        verb="tried",
        object_type="test",
        object_uid=uuid.uuid4(),
        state={},
    )
    assert [change["kind"] for change in told().changes] == ["hidden"]
