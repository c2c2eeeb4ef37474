"""What people mark in a text: it fits the text, counts like any other statement, and outlives every re-reading."""

from dataclasses import replace
from datetime import UTC, datetime
from itertools import pairwise

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from hypothesis import given
from hypothesis import strategies as st

from claims.choices import Decider, Stance, StatementState
from claims.errors import ChangedMeanwhile, SpansDoNotFit, StatementThere
from claims.models import Contradiction, Event, Position, Statement
from claims.services import versions
from claims.services.claims import set_position
from claims.services.marking import Marked, attributed
from claims.services.protection import protect_statement
from claims.services.sources import Named
from claims.services.statements import (
    Attributed,
    add_statement,
    confirm_statement,
    correct_statement,
    fitted,
    record_statements,
    reject_statement,
    words,
)
from tests.factories import MACHINE, DocumentFactory, SnapshotFactory, StatementFactory
from tracker import pipeline

TEXT = (
    "\U0001f525 LINDEL — State Bulletin said on Monday that the army said the bridge at Arvel was closed. "
    "Nobody spoke. 23 people were killed in Kelm on Sunday, the mayor told us."
)


def span(said, nth=0, *, text=TEXT):
    start = -1
    for _ in range(nth + 1):
        start = text.index(said, start + 1)
    return [start, start + len(said)]


INNER = Attributed(
    content_spans=[span("the bridge at Arvel was closed")],
    cue_spans=[span("said", 1)],
    source_spans=[span("the army")],
    source=Named("the army", "armed force"),
)
OUTER = Attributed(
    content_spans=[span("that the army said the bridge at Arvel was closed")],
    cue_spans=[span("said")],
    source_spans=[span("State Bulletin")],
    source=Named("State Bulletin", "state media"),
)
TOLL = Marked(
    content_spans=[span("23 people were killed in Kelm on Sunday")],
    cue_spans=[span("told us")],
    source_spans=[span("the mayor")],
    source=Named("the mayor", "unnamed"),
)


@pytest.fixture
def snapshot(db):
    return SnapshotFactory(
        text=TEXT, document=DocumentFactory(published_at=datetime(2024, 3, 12, 10, tzinfo=UTC)), matched_with="x/1"
    )


def read(snapshot, *found, version="1"):
    return record_statements(snapshot, found, extractor="finder", version=version, actor=MACHINE)


# --- Fitting ---------------------------------------------------------------------------------------------------------

SPANS = st.lists(
    st.tuples(st.integers(0, 40), st.integers(0, 40)).map(sorted).filter(lambda s: s[0] < s[1]), max_size=6
)


@given(st.text(alphabet="ab \n\U0001f525", min_size=40, max_size=40), SPANS)
def test_what_is_marked_keeps_its_letters_and_loses_only_blanks_around_it(text, spans):
    found = fitted(text, spans)
    assert found == sorted(found)
    assert all(text[start:end] == text[start:end].strip() != "" for start, end in found)
    assert all(one[1] < other[0] for one, other in pairwise(found))
    marked = {at for start, end in spans for at in range(start, end) if not text[at].isspace()}
    assert marked <= {at for start, end in found for at in range(start, end)}


@pytest.mark.parametrize("spans", [[[0, 41]], [[-1, 3]], [[3, 3]], [[5, 2]], [[n, n + 1] for n in range(21)]])
def test_what_is_not_in_the_text_is_refused(spans):
    with pytest.raises(SpansDoNotFit):
        fitted("x" * 40, spans)


def test_a_whole_text_is_not_one_statement():
    with pytest.raises(SpansDoNotFit):
        fitted("x" * 20_000, [[0, 20_000]])


def test_nothing_but_blanks_is_no_content(snapshot, reviewer):
    blank = TEXT.index(" ")
    with pytest.raises(SpansDoNotFit):
        attributed(snapshot, replace(TOLL, content_spans=[[blank, blank + 1]]))
    with pytest.raises(SpansDoNotFit):
        add_statement(snapshot, said=replace(INNER, content_spans=[[blank, blank + 1]]), by=reviewer)


# --- What the words tell ---------------------------------------------------------------------------------------------


def test_marked_words_are_read_for_figures_place_and_time(snapshot):
    said = attributed(snapshot, TOLL)
    (figure,) = said.quantities
    assert (figure["measure"], figure["best"]) == ("killed", 23)
    assert words(TEXT, figure["spans"]) == figure["text"]
    assert said.place == "Kelm"
    assert said.when_first.isoformat() == "2024-03-10"


def test_words_deep_in_a_long_text_are_read_where_they_stand(snapshot):
    filler = "The square was quiet and the shops were shut, as on most days. \n\n" * 3000
    long = SnapshotFactory(text=filler + "He said: “Nine people were killed in Kelm.”\n\n" + filler)
    content = span("Nine people were killed in Kelm.", text=long.text)
    said = attributed(long, Marked(content_spans=[content]))
    assert said.quotation == "direct"
    assert said.quantities[0]["best"] == 9
    assert words(long.text, said.quantities[0]["spans"]) == said.quantities[0]["text"]


def test_a_correction_of_the_same_content_keeps_what_was_read_of_it(snapshot):
    old = StatementFactory(
        snapshot=snapshot, content_spans=INNER.content_spans, quotation="mixed", place="Arvel", quantities=[{"best": 4}]
    )
    said = attributed(snapshot, Marked(content_spans=INNER.content_spans, polarity="denies"), instead_of=old)
    assert (said.quotation, said.place, said.quantities, said.polarity) == ("mixed", "Arvel", [{"best": 4}], "denies")


def test_a_statement_is_not_lost_when_nothing_can_read_its_words(snapshot, monkeypatch, caplog):
    def broken(*_args, **_options):
        raise RuntimeError("no parser today")

    monkeypatch.setattr("tracker.asked.read_words", broken)
    said = attributed(snapshot, TOLL)
    assert (said.quantities, said.quotation) == ([], "indirect")
    assert "could not be read" in caplog.text


# --- Adding ----------------------------------------------------------------------------------------------------------


def test_an_added_statement_is_a_persons_and_confirmed(snapshot, reviewer):
    new = add_statement(snapshot, said=attributed(snapshot, TOLL), by=reviewer)
    assert (new.state, new.origin, new.reviewed_by) == (StatementState.CONFIRMED, Decider.PERSON, reviewer)
    assert (new.extractor, new.extractor_version) == ("person", "rolf-reviewer")
    assert new.content_text == "23 people were killed in Kelm on Sunday"
    assert (new.source.kind, new.source.named_in) == ("unnamed", snapshot.document)
    event = Event.objects.get(object_uid=new.uid)
    assert (event.verb, event.actor) == ("added", reviewer)


def test_words_after_an_emoji_are_the_words_that_were_marked(snapshot, reviewer):
    new = add_statement(snapshot, said=attributed(snapshot, TOLL), by=reviewer)
    assert (new.source_text, new.cue_text) == ("the mayor", "told us")
    assert new.content_prefix.endswith("was closed. Nobody spoke. ")
    assert new.content_suffix == ", the mayor told us."


def test_the_same_words_are_not_added_twice(snapshot, reviewer):
    add_statement(snapshot, said=INNER, by=reviewer)
    with pytest.raises(StatementThere):
        add_statement(snapshot, said=INNER, by=reviewer)


def test_what_was_rejected_may_be_added_by_somebody_who_sees_it(snapshot, reviewer, editor):
    (wrong,) = read(snapshot, INNER).added
    reject_statement(wrong, by=reviewer, reason="I do not see it.")
    assert add_statement(snapshot, said=INNER, by=editor).state == StatementState.CONFIRMED


def test_an_added_statement_is_nested_in_the_one_around_its_cue(snapshot, reviewer):
    (outer,) = read(snapshot, OUTER).added
    assert add_statement(snapshot, said=INNER, by=reviewer).parent == outer


def test_what_stands_in_an_added_statement_is_nested_in_it(snapshot, reviewer):
    (inner,) = read(snapshot, INNER).added
    outer = add_statement(snapshot, said=OUTER, by=reviewer)
    inner.refresh_from_db()
    assert inner.parent == outer
    assert outer.parent is None


@pytest.mark.parametrize("otherwise", [{}, {"modality": "hedged"}, {"content_spans": [span("the bridge at Arvel")]}])
def test_a_later_reading_neither_takes_an_added_statement_away_nor_out_of_its_nest(snapshot, reviewer, otherwise):
    read(snapshot, INNER)
    outer = add_statement(snapshot, said=OUTER, by=reviewer)
    read(snapshot, replace(INNER, **otherwise), version="2")
    (inner,) = Statement.objects.current().exclude(pk=outer.pk)
    outer.refresh_from_db()
    assert (outer.superseded_at, outer.state) == (None, StatementState.CONFIRMED)
    assert inner.parent == outer


def test_a_later_reading_that_finds_the_same_adds_nothing(snapshot, reviewer):
    new = add_statement(snapshot, said=INNER, by=reviewer)
    again = read(snapshot, replace(INNER, polarity="denies"), version="2")
    assert (again.added, again.kept) == ([], [new])


def test_a_find_of_a_later_reading_is_nested_in_an_added_statement_around_it(snapshot, reviewer):
    outer = add_statement(snapshot, said=OUTER, by=reviewer)
    (inner,) = read(snapshot, INNER, version="2").added
    assert inner.parent == outer


def test_a_very_long_name_of_a_person_still_fits(snapshot, reviewer):
    reviewer.username = "r" * 150
    reviewer.save()
    assert add_statement(snapshot, said=INNER, by=reviewer).extractor_version == "r" * 50


# --- What somebody saw -----------------------------------------------------------------------------------------------

CHANGES = {
    "confirm": confirm_statement,
    "reject": lambda row, **more: reject_statement(row, reason="No.", **more),
    "correct": lambda row, **more: correct_statement(row, corrected=INNER, reason="Otherwise.", **more),
}


@pytest.mark.parametrize("name", CHANGES)
def test_a_decision_on_what_changed_meanwhile_is_refused_and_says_who_did_what(snapshot, reviewer, editor, name):
    (row,) = read(snapshot, OUTER).added
    seen = versions.version_of(row.uid)
    confirm_statement(row, by=editor)
    with pytest.raises(ChangedMeanwhile, match="user:edda-editor: confirmed"):
        CHANGES[name](row, by=reviewer, since=seen)
    row.refresh_from_db()
    assert (row.state, row.reviewed_by) == (StatementState.CONFIRMED, editor)
    assert not Statement.objects.filter(supersedes=row).exists()


# --- Among the claims ------------------------------------------------------------------------------------------------


def analysed(snapshot, *found):
    read(snapshot, *found)
    pipeline.work_off()


def test_an_added_statement_finds_its_claim_and_its_conflict(snapshot, reviewer):
    other = SnapshotFactory(
        text="The army said seven people were killed in Kelm on Sunday.",
        document=DocumentFactory(dossier=snapshot.document.dossier, published_at=datetime(2024, 3, 12, 11, tzinfo=UTC)),
    )
    pipeline.analyse_snapshot(other.pk)
    analysed(snapshot)
    new = add_statement(snapshot, said=attributed(snapshot, TOLL), by=reviewer)
    assert not new.positions.exists()
    pipeline.work_off()
    position = new.positions.get()
    assert (position.stance, position.claim.measure, position.claim.best) == (Stance.SUPPORTS, "killed", 23)
    assert position.claim.standing == "single-origin"
    assert Contradiction.objects.filter(type="numeric").exists()


def test_a_worker_is_woken_for_what_was_added_and_for_what_was_corrected(
    snapshot, reviewer, monkeypatch, django_capture_on_commit_callbacks
):
    woken = []
    monkeypatch.setattr("tracker.submissions.current_app.send_task", lambda task, args, **_: woken.append((task, args)))
    with django_capture_on_commit_callbacks(execute=True):
        new = add_statement(snapshot, said=INNER, by=reviewer)
    with django_capture_on_commit_callbacks(execute=True):
        correct_statement(new, corrected=replace(INNER, polarity="denies"), by=reviewer, reason="It denies.")
    assert woken == [("tracker.tasks.match_snapshot", [snapshot.pk])] * 2


def test_a_corrected_statement_is_placed_anew(snapshot, reviewer):
    analysed(snapshot, INNER)
    (old,) = Statement.objects.current()
    new = correct_statement(old, corrected=replace(INNER, polarity="denies"), by=reviewer, reason="It denies.")
    pipeline.work_off()
    assert new.positions.get().stance == Stance.REFUTES
    assert new.positions.get().claim == old.positions.get().claim
    assert new.positions.get().claim.standing == "denied"


def test_a_statement_that_a_person_sees_to_pass_on_another_counts_no_more_beside_it(snapshot, reviewer):
    analysed(snapshot, OUTER)
    (outer,) = Statement.objects.current()
    assert outer.positions.get().stance == Stance.SUPPORTS
    inner = add_statement(snapshot, said=INNER, by=reviewer)
    pipeline.work_off()
    position = Position.objects.get(statement=outer, superseded_at=None)
    assert position.stance == Stance.REPORTS
    assert position.claim == inner.positions.get().claim
    assert position.claim.origins == 1


def test_a_position_that_a_person_set_stays_when_another_statement_is_seen_inside(snapshot, reviewer):
    analysed(snapshot, OUTER)
    (outer,) = Statement.objects.current()
    claim = outer.positions.get().claim
    add_statement(snapshot, said=INNER, by=reviewer)
    set_position(outer, claim=claim, stance=Stance.REFUTES, by=reviewer, reason="It mocks it.")
    pipeline.work_off()
    assert Position.objects.get(statement=outer, superseded_at=None).stance == Stance.REFUTES


def test_nothing_is_added_while_statements_are_placed_so_that_no_placing_forgets_it(snapshot, reviewer):
    """Both take the snapshot's lock: what is added meanwhile waits, and then asks for a placing of its own."""
    analysed(snapshot, OUTER)
    with CaptureQueriesContext(connection) as adding:
        add_statement(snapshot, said=INNER, by=reviewer)
    with CaptureQueriesContext(connection) as placing:
        pipeline.match_snapshot(snapshot.pk)

    def locks(queries):
        asked = [q["sql"] for q in queries if q["sql"].startswith("SELECT") and 'FROM "claims_snapshot"' in q["sql"]]
        return [sql.rpartition(" FOR ")[2] for sql in asked if " FOR " in sql]

    assert locks(adding) == ['UPDATE OF "claims_snapshot"']
    assert locks(placing) == ['NO KEY UPDATE OF "claims_snapshot"']


@pytest.mark.django_db
def test_what_takes_the_place_of_a_protected_statement_is_protected_too(editor):
    snapshot = SnapshotFactory(text=TEXT)
    record_statements(snapshot, [INNER], extractor="rules", version="1", actor=MACHINE)
    row = snapshot.statements.get()
    protect_statement(row, by=editor, reason="Told in confidence.")
    shorter = replace(INNER, content_spans=[span("the bridge at Arvel")])
    record_statements(snapshot, [shorter], extractor="rules", version="2", actor=MACHINE)
    assert list(snapshot.statements.filter(superseded_at__isnull=True)) == [row], "no machine reads past a protection"
    new = correct_statement(row, corrected=shorter, by=editor, reason="Too long.")
    assert new.protected
