"""Promises 1, 2 and 6 where the database itself keeps them."""

from dataclasses import replace

import pytest
from django.db import DatabaseError, IntegrityError, transaction
from django.utils import timezone

from claims import models
from claims.choices import ContradictionState, Credibility, Stance, StatementState, VerdictState
from claims.errors import AlreadyDecided, OwnVerdict, WrongState
from claims.services import contradictions, statements, verdicts
from claims.services.actor import Actor
from claims.services.claims import set_position
from claims.services.contradictions import Conflict
from claims.services.documents import set_origin
from claims.services.sources import merge_sources, resolve_source, undo_source_merge
from claims.services.statements import Attributed
from tests import factories
from tests.factories import MACHINE, take_position

pytestmark = pytest.mark.django_db

EVIDENCE = [
    (models.Snapshot, "text", "Other words."),
    (models.Snapshot, "payload_sha256", "0" * 64),
    (models.Snapshot, "warc_path", "elsewhere"),
    (models.Snapshot, "fetched_at", timezone.now()),
    (models.Notice, "payload_sha256", "0" * 64),
    (models.Notice, "words", "It stands."),
    (models.Notice, "headers", [["x", "y"]]),
    (models.Statement, "content_text", "the bridge was open"),
    (models.Statement, "content_spans", [[1, 2]]),
    (models.Statement, "source_text", "somebody else"),
    (models.Statement, "polarity", "denies"),
    (models.Position, "stance", "refutes"),
]


@pytest.mark.parametrize(("model", "field", "value"), EVIDENCE, ids=[f"{m.__name__}.{f}" for m, f, _ in EVIDENCE])
def test_evidence_cannot_be_edited_even_by_raw_sql(model, field, value):
    row = {
        models.Snapshot: factories.SnapshotFactory,
        models.Notice: factories.NoticeFactory,
        models.Statement: factories.StatementFactory,
        models.Position: factories.PositionFactory,
    }[model]()
    with pytest.raises(DatabaseError, match="Cannot update"), transaction.atomic():
        model.objects.filter(pk=row.pk).update(**{field: value})


@pytest.mark.parametrize(
    "factory",
    [factories.SnapshotFactory, factories.NoticeFactory, factories.StatementFactory, factories.PositionFactory],
)
def test_evidence_cannot_be_deleted(factory):
    row = factory()
    with pytest.raises(DatabaseError, match="Cannot delete"), transaction.atomic():
        type(row).objects.filter(pk=row.pk)._raw_delete("default")


def analysis_of(snapshot, *found, version="1"):
    return statements.record_statements(snapshot, found, extractor="finder", version=version, actor=MACHINE)


@pytest.fixture
def snapshot():
    return factories.SnapshotFactory(text="The mayor said the bridge was closed. A driver said it was open.")


BRIDGE = Attributed(content_spans=[[15, 36]], cue_spans=[[10, 14]], source_spans=[[0, 9]])
DRIVER = Attributed(content_spans=[[52, 63]], cue_spans=[[47, 51]], source_spans=[[38, 46]])


def test_running_an_analysis_twice_records_each_statement_once(snapshot):
    assert len(analysis_of(snapshot, BRIDGE, DRIVER).added) == 2
    again = analysis_of(snapshot, BRIDGE, DRIVER)
    assert (len(again.added), len(again.kept), len(again.superseded)) == (0, 2, 0)
    assert models.Statement.objects.count() == 2


def test_a_new_version_keeps_what_it_finds_again_and_supersedes_what_it_does_not(snapshot):
    analysis_of(snapshot, BRIDGE, DRIVER)
    later = analysis_of(snapshot, BRIDGE, version="2")
    assert (len(later.added), len(later.kept), len(later.superseded)) == (0, 1, 1)
    assert [s.content_text for s in models.Statement.objects.current()] == ["the bridge was closed"]


def test_a_new_version_that_reads_the_same_words_otherwise_adds_a_row_for_its_reading(snapshot):
    (old,) = analysis_of(snapshot, BRIDGE).added
    (new,) = analysis_of(snapshot, replace(BRIDGE, polarity="denies"), version="2").added
    old.refresh_from_db()
    assert (old.polarity, new.polarity) == ("affirms", "denies")
    assert old.superseded_at is not None
    assert list(models.Statement.objects.current()) == [new]


def test_a_position_that_a_person_set_holds_its_statement_through_every_new_version(snapshot, reviewer):
    (bridge,) = analysis_of(snapshot, BRIDGE).added
    decided = set_position(bridge, claim=factories.ClaimFactory(), stance=Stance.REFUTES, by=reviewer, reason="Irony.")
    analysis_of(snapshot, replace(BRIDGE, polarity="denies"), version="2")
    analysis_of(snapshot, version="3")
    assert list(models.Position.objects.current()) == [decided]
    assert list(models.Statement.objects.current()) == [bridge]


def test_no_analysis_undoes_what_a_person_decided_about_a_statement(snapshot, reviewer):
    bridge, driver = analysis_of(snapshot, BRIDGE, DRIVER).added
    statements.confirm_statement(bridge, by=reviewer)
    statements.reject_statement(driver, by=reviewer, reason="She said it of another bridge.")
    for version in ("1", "2", "3"):
        analysis_of(snapshot, DRIVER, version=version)
    analysis_of(snapshot, replace(DRIVER, cue_spans=[[44, 51]], content_spans=[[52, 60]]), version="4")
    bridge.refresh_from_db()
    driver.refresh_from_db()
    assert (bridge.state, bridge.superseded_at) == (StatementState.CONFIRMED, None)
    assert driver.state == StatementState.REJECTED
    assert models.Statement.objects.count() == 2


def test_a_correction_is_a_new_row_and_the_old_words_stay(snapshot, reviewer):
    (bridge,) = analysis_of(snapshot, BRIDGE).added
    whole = Attributed(content_spans=[[19, 36]], cue_spans=[[10, 14]], source_spans=[[0, 9]])
    new = statements.correct_statement(bridge, corrected=whole, by=reviewer, reason="without the article")
    bridge.refresh_from_db()
    assert (bridge.state, bridge.content_text) == (StatementState.CORRECTED, "the bridge was closed")
    assert (new.supersedes, new.state, new.content_text) == (bridge, StatementState.CONFIRMED, "bridge was closed")
    analysis_of(snapshot, BRIDGE, version="2")
    assert list(models.Statement.objects.current()) == [new]


def test_no_machine_moves_a_position_that_a_person_set(reviewer):
    statement, claim, other = factories.StatementFactory(), factories.ClaimFactory(), factories.ClaimFactory()
    take_position(statement, claim=claim)
    decided = set_position(
        statement, claim=other, stance=Stance.REFUTES, by=reviewer, reason="It is about the other bridge."
    )
    assert take_position(statement, claim=claim) is None
    assert list(models.Position.objects.current()) == [decided]
    assert models.Position.objects.count() == 2


def conflict() -> Conflict:
    claim = factories.ClaimFactory()
    position = factories.PositionFactory(claim=claim)
    denial = factories.PositionFactory(claim=claim, stance=Stance.REFUTES)
    return Conflict(claim, position, denial, "negation", 0.9, "One asserts it, the other denies it.")


def proposed(one: Conflict, version: str = "1") -> None:
    contradictions.propose([one], about=[one.claim], algorithm="test", version=version, actor=MACHINE)


@pytest.mark.parametrize(
    "state", [ContradictionState.DISMISSED, ContradictionState.CONFIRMED, ContradictionState.RESOLVED]
)
def test_no_run_reopens_or_drops_a_contradiction_that_a_person_decided(state, reviewer):
    one = conflict()
    proposed(one)
    contradictions.decide_contradiction(
        models.Contradiction.objects.get(), state=state, by=reviewer, reason="I looked."
    )
    proposed(one, version="2")
    contradictions.propose([], about=[one.claim], algorithm="test", version="3", actor=MACHINE)
    kept = models.Contradiction.objects.get()
    assert (kept.state, kept.algorithm_version, kept.decided_by) == (state, "1", reviewer)


def test_a_suggestion_whose_evidence_went_away_lapses_and_comes_back_with_it():
    one = conflict()
    proposed(one)
    contradictions.propose([], about=[one.claim], algorithm="test", version="1", actor=MACHINE)
    assert models.Contradiction.objects.get().state == ContradictionState.LAPSED
    proposed(one)
    assert models.Contradiction.objects.get().state == ContradictionState.SUGGESTED


TRANSITIONS = [
    (before, after, after in contradictions.TRANSITIONS[before])
    for before in ContradictionState
    for after in (ContradictionState.CONFIRMED, ContradictionState.DISMISSED, ContradictionState.RESOLVED)
]


@pytest.mark.parametrize(("before", "after", "allowed"), TRANSITIONS)
def test_contradictions_change_state_only_as_the_table_says(before, after, allowed, reviewer):
    signed = (
        {}
        if before in ("suggested", "lapsed")
        else {"decided_by": reviewer, "decided_at": timezone.now(), "reason": "x"}
    )
    row = factories.ContradictionFactory(state=before, **signed)
    if allowed:
        assert contradictions.decide_contradiction(row, state=after, by=reviewer, reason="Seen.").state == after
    else:
        with pytest.raises(AlreadyDecided):
            contradictions.decide_contradiction(row, state=after, by=reviewer, reason="Seen.")


def drafted(by) -> models.Verdict:
    claim = factories.ClaimFactory()
    return verdicts.draft_verdict(claim, credibility=Credibility.PROBABLY_TRUE, rationale="Two origins.", by=by)


def test_a_verdict_is_published_by_somebody_else_than_its_author(reviewer, editor):
    verdict = verdicts.propose_verdict(drafted(reviewer), by=reviewer)
    with pytest.raises(OwnVerdict):
        verdicts.approve_verdict(verdict, by=reviewer)
    published = verdicts.approve_verdict(verdict, by=editor)
    assert (published.state, published.approver) == (VerdictState.PUBLISHED, editor)


@pytest.mark.parametrize("approver", ["nobody", "the author"])
def test_the_database_refuses_a_published_verdict_of_one_person(approver, reviewer):
    who = {"nobody": None, "the author": reviewer}[approver]
    with pytest.raises(IntegrityError, match="verdict_two_people"), transaction.atomic():
        factories.VerdictFactory(
            author=reviewer, approver=who, state=VerdictState.PUBLISHED, published_at=timezone.now()
        )


def test_a_published_verdict_keeps_its_words(reviewer, editor):
    verdict = verdicts.approve_verdict(verdicts.propose_verdict(drafted(reviewer), by=reviewer), by=editor)
    with pytest.raises(DatabaseError, match="Cannot update"), transaction.atomic():
        models.Verdict.objects.filter(pk=verdict.pk).update(rationale="Something else.")


def test_a_new_verdict_supersedes_the_one_in_force_and_a_withdrawn_one_stays_readable(reviewer, editor):
    first = verdicts.approve_verdict(verdicts.propose_verdict(drafted(reviewer), by=reviewer), by=editor)
    second = verdicts.draft_verdict(first.claim, credibility=Credibility.DOUBTFUL, rationale="A denial.", by=editor)
    verdicts.approve_verdict(verdicts.propose_verdict(second, by=editor), by=reviewer)
    first.refresh_from_db()
    assert (first.state, first.superseded_by) == (VerdictState.SUPERSEDED, second)
    withdrawn = verdicts.withdraw_verdict(second, by=editor, reason="The photograph was of another town.")
    assert withdrawn.state == VerdictState.WITHDRAWN
    with pytest.raises(WrongState):
        verdicts.withdraw_verdict(second, by=editor, reason="Again.")


def test_merged_sources_count_as_one_and_can_be_told_apart_again(reviewer, editor):
    claim = factories.ClaimFactory()
    one = take(claim)
    other = take(claim)
    claim.refresh_from_db()
    assert claim.standing == "corroborated"
    merge = merge_sources(
        other.statement.source, target=one.statement.source, reason="One man, two spellings.", by=editor
    )
    claim.refresh_from_db()
    assert claim.standing == "echoed"
    undo_source_merge(merge, by=editor)
    claim.refresh_from_db()
    assert claim.standing == "corroborated"


def take(claim):
    return take_position(factories.StatementFactory(), claim=claim)


def test_unnamed_sources_of_two_documents_are_never_one_row():
    from claims.services.sources import Named

    official = Named("unnamed government official", "unnamed")
    here, there = factories.DocumentFactory(), factories.DocumentFactory()
    rows = [resolve_source(official, document=d, actor=Actor.machine("t", "1")) for d in (here, here, there)]
    assert rows[0] == rows[1] != rows[2]


def test_an_unnamed_source_counts_once_in_a_document_and_its_copy_and_again_in_an_independent_one():
    claim = factories.ClaimFactory()
    wire, paper, rival = factories.DocumentFactory(), factories.DocumentFactory(), factories.DocumentFactory()
    set_origin(paper, origin=wire, explanation="the same words", actor=MACHINE)

    def official_says_so_in(document):
        paper.refresh_from_db()
        snapshot = factories.SnapshotFactory(document=document)
        source = factories.SourceFactory(name="unnamed official", kind="unnamed", named_in=document)
        statement = factories.StatementFactory(snapshot=snapshot, source=source)
        take_position(statement, claim=claim)
        claim.refresh_from_db()
        return claim.standing, claim.origins

    assert official_says_so_in(wire) == ("single-origin", 1)
    assert official_says_so_in(paper) == ("echoed", 1)
    assert official_says_so_in(rival) == ("corroborated", 2)


def test_a_dismissed_conflict_comes_back_only_when_other_sources_take_its_sides(reviewer):
    one = conflict()
    proposed(one)
    row = models.Contradiction.objects.get()
    contradictions.decide_contradiction(row, state="dismissed", by=reviewer, reason="He meant another bridge.")
    proposed(one, version="2")
    assert models.Contradiction.objects.count() == 1
    denial = factories.PositionFactory(claim=one.claim, stance=Stance.REFUTES)
    proposed(replace(one, other_position=denial), version="2")
    assert [c.state for c in models.Contradiction.objects.order_by("pk")] == ["dismissed", "suggested"]
