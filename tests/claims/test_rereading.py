"""Promise 2 across versions of the analysis: what people decided, and what is nested in what, outlives a re-reading."""

from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from claims.choices import Decider, Stance, StatementState
from claims.models import ClaimMerge, Event, Position, Statement
from claims.services.claims import merge_claims, predecessor_claim, set_position
from claims.services.sources import Named, merge_sources
from claims.services.statements import (
    Attributed,
    confirm_statement,
    correct_statement,
    plan,
    reading,
    record_statements,
)
from tests.factories import MACHINE, ClaimFactory, SnapshotFactory, SourceFactory, take_position

TEXT = "State television said on Monday that troops said the bridge at Arvel was closed to 40 lorries."


def span(words: str, nth: int = 0) -> list[list[int]]:
    start = -1
    for _ in range(nth + 1):
        start = TEXT.index(words, start + 1)
    return [[start, start + len(words)]]


OUTER = Attributed(
    content_spans=span("that troops said the bridge at Arvel was closed"),
    cue_spans=span("said"),
    source_spans=span("State television"),
    source=Named("State television", "state media"),
)
SHORTER = replace(OUTER, content_spans=span("troops said the bridge at Arvel was closed"))
INNER = Attributed(
    content_spans=span("the bridge at Arvel was closed"),
    cue_spans=span("said", 1),
    source_spans=span("troops"),
    source=Named("troops", "armed force"),
    parent=0,
)


@pytest.fixture
def snapshot(db):
    return SnapshotFactory(text=TEXT)


def read(snapshot, *found, version="1"):
    return record_statements(snapshot, found, extractor="finder", version=version, actor=MACHINE)


def current():
    return {s.source_text: s for s in Statement.objects.current().select_related("parent")}


def test_however_many_are_found_the_same_number_of_queries(snapshot, django_assert_num_queries):
    def about(word: str, **changes: object) -> Attributed:
        said = replace(INNER, parent=0, content_spans=span(word), cue_spans=[], **changes)
        return replace(said, source=Named(f"the {word} troops", "armed force", organisation=f"{word} army"))

    found = [OUTER, replace(INNER, source=Named("an official", "unnamed")), *map(about, ["bridge", "Arvel", "closed"])]
    for some in (found[:3], found):
        fresh = SnapshotFactory(text=TEXT)
        # The version is held; one finds the sources, three create those that are new and one tells it; its statements
        # are read, their keys reserved, they are written and told; and the version is marked.
        with django_assert_num_queries(11):
            read(fresh, *some)
        # Now two ask besides who says them and what people said, and three supersede rows and tell it; none is new.
        with django_assert_num_queries(12):
            again = read(fresh, *(replace(one, modality="hedged") for one in some), version="2")
        assert len(again.added) == len(again.superseded) == len(some)


# --- Nesting ---------------------------------------------------------------------------------------------------------


def test_a_kept_statement_is_nested_in_what_the_new_reading_makes_of_its_outer_one(snapshot):
    read(snapshot, OUTER, INNER)
    later = read(snapshot, SHORTER, INNER, version="2")
    rows = current()
    assert later.kept == [rows["troops"]]
    assert rows["troops"].parent == rows["State television"]
    assert rows["State television"].content_text.startswith("troops said")
    assert Event.objects.filter(verb="nested", object_uid=rows["troops"].uid).count() == 1


@pytest.mark.parametrize("inner", [[INNER], []], ids=["found again", "not found again"])
def test_a_confirmed_statement_follows_its_outer_one_to_the_new_row(snapshot, reviewer, inner):
    _, troops = read(snapshot, OUTER, INNER).added
    confirm_statement(troops, by=reviewer)
    read(snapshot, SHORTER, *inner, version="2")
    rows = current()
    assert rows["troops"] == troops
    assert rows["troops"].parent == rows["State television"]
    assert rows["State television"].superseded_at is None


def test_a_kept_statement_whose_outer_one_is_gone_stands_by_itself(snapshot):
    read(snapshot, OUTER, INNER)
    read(snapshot, replace(INNER, parent=None), version="2")
    assert current()["troops"].parent is None


def test_what_is_nested_in_a_corrected_statement_is_nested_in_the_correction(snapshot, reviewer):
    television, _ = read(snapshot, OUTER, INNER).added
    correction = correct_statement(television, corrected=SHORTER, by=reviewer, reason="without “that”")
    assert current()["troops"].parent == correction
    again = read(snapshot, OUTER, INNER, version="2")
    assert (again.added, again.superseded) == ([], [])
    assert current()["troops"].parent == correction


def test_the_finds_of_one_reading_need_no_order_and_may_repeat(snapshot):
    read(snapshot, replace(INNER, parent=1), OUTER, replace(INNER, parent=1), replace(OUTER, parent=3))
    rows = current()
    assert Statement.objects.count() == 2
    assert rows["troops"].parent == rows["State television"]
    assert rows["State television"].parent is None


# --- Other readings of the same words --------------------------------------------------------------------------------

OTHERWISE = {
    "quotation": {"quotation": "direct"},
    "polarity": {"polarity": "denies"},
    "modality": {"modality": "hedged"},
    "quantities": {"quantities": [{"measure": "closed", "best": 40}]},
    "place": {"place": "Arvel"},
    "when": {"when_text": "on Monday"},
    "source": {"source": Named("the army", "armed force")},
}


@pytest.mark.parametrize("field", OTHERWISE)
def test_whatever_a_reading_makes_otherwise_of_the_same_words_is_a_new_row_that_succeeds_the_old_one(snapshot, field):
    (old,) = read(snapshot, INNER).added
    otherwise = replace(INNER, **OTHERWISE[field])
    (step,) = reading(snapshot, [otherwise]).added
    assert (step.replaces, step.differs) == (old, [field])
    (new,) = read(snapshot, otherwise, version="2").added
    assert new.supersedes == old
    assert list(Statement.objects.current()) == [new]
    assert not reading(snapshot, [otherwise]).changes


def test_a_merged_source_is_no_other_reading(snapshot, editor):
    (old,) = read(snapshot, INNER).added
    merge_sources(old.source, target=SourceFactory(), reason="The same men.", by=editor)
    assert not reading(snapshot, [INNER]).changes
    unnamed = replace(OUTER, source=Named("an official", "unnamed"))
    read(snapshot, INNER, unnamed)
    official = current()["State television"].source
    merge_sources(
        official, target=SourceFactory(kind="unnamed", named_in=snapshot.document), reason="One man.", by=editor
    )
    assert not reading(snapshot, [INNER, unnamed]).changes


def test_going_back_to_an_earlier_version_finds_again_what_the_later_one_read_otherwise(snapshot):
    read(snapshot, INNER, version="1")
    read(snapshot, replace(INNER, modality="hedged"), version="2")
    (again,) = read(snapshot, INNER, version="1").added
    assert list(Statement.objects.current()) == [again]


def test_looking_at_what_a_reading_would_change_writes_nothing(snapshot):
    reading(snapshot, [OUTER, INNER])
    assert not Statement.objects.exists()
    assert not Event.objects.filter(object_type="source", verb="created").exclude(
        object_uid=snapshot.document.publisher.uid
    )


# --- Positions and claims --------------------------------------------------------------------------------------------


def test_a_position_that_a_person_set_goes_over_to_the_correction(snapshot, reviewer, editor):
    (old,) = read(snapshot, INNER).added
    claim = ClaimFactory()
    set_position(old, claim=claim, stance=Stance.REFUTES, by=editor, reason="Irony.")
    new = correct_statement(old, corrected=replace(INNER, polarity="denies"), by=reviewer, reason="It denies.")
    position = Position.objects.current().get()
    assert (position.statement, position.claim, position.stance) == (new, claim, Stance.REFUTES)
    assert (position.origin, position.by, position.reason) == (Decider.PERSON, editor, "Irony.")
    claim.refresh_from_db()
    assert (claim.standing, claim.refuting_origins) == ("denied", 1)


def test_a_position_that_a_machine_took_does_not_go_over_to_the_correction(snapshot, reviewer):
    (old,) = read(snapshot, INNER).added
    take_position(old, claim=ClaimFactory())
    correct_statement(old, corrected=replace(INNER, polarity="denies"), by=reviewer, reason="It denies.")
    assert not Position.objects.current().exists()


def test_a_statement_read_otherwise_is_led_to_the_claim_that_people_made_of_its_predecessors(snapshot, editor):
    (old,) = read(snapshot, INNER).added
    claim = ClaimFactory()
    target = ClaimFactory(dossier=claim.dossier)
    take_position(old, claim=claim)
    merge_claims(claim, target=target, by=editor, reason="The same closure.")
    (second,) = read(snapshot, replace(INNER, content_spans=span("bridge at Arvel was closed")), version="2").added
    (third,) = read(snapshot, replace(INNER, content_spans=span("the bridge at Arvel")), version="3").added
    assert (second.supersedes, third.supersedes) == (old, second)
    assert predecessor_claim(second) == predecessor_claim(third) == target
    assert predecessor_claim(old) is None
    assert ClaimMerge.objects.count() == 1


def test_the_find_that_shares_most_words_succeeds_a_statement(snapshot):
    (old,) = read(snapshot, INNER).added
    longer = "bridge at Arvel was closed to 40 lorries"
    some, most = (replace(INNER, content_spans=span(words)) for words in ("the bridge", longer))
    read(snapshot, some, most, version="2")
    assert old.superseded_by.content_text == longer
    assert Statement.objects.current().count() == 2


# --- The plan is pure ------------------------------------------------------------------------------------------------

spans = st.lists(
    st.tuples(st.integers(0, 12), st.integers(1, 6)).map(lambda p: [p[0], p[0] + p[1]]), min_size=1, max_size=2
)
finds = st.builds(
    Attributed,
    content_spans=spans,
    cue_spans=st.just([]) | spans,
    parent=st.none() | st.integers(-2, 6),
    polarity=st.sampled_from(["affirms", "denies"]),
)
states = st.sampled_from(list(StatementState))


@st.composite
def recorded(draw: st.DrawFn) -> list[Statement]:
    """Rows that are there, as no sane history would leave them."""
    rows = []
    for pk in range(1, draw(st.integers(0, 5)) + 1):
        one = draw(finds)
        row = Statement(
            pk=pk, content_spans=one.content_spans, cue_spans=one.cue_spans, state=draw(states), polarity=one.polarity,
            quotation=one.quotation, parent_id=draw(st.none() | st.integers(1, 5)),
        )  # fmt: skip
        rows.append(row)
    return rows


@settings(suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(found=st.lists(finds, max_size=6), present=recorded(), people=st.sets(st.integers(1, 5)))
def test_no_plan_touches_what_people_decided_or_nests_a_find_in_itself(found, present, people):
    decided = {row for row in present if row.pk in people or row.state != StatementState.SUGGESTED}
    planned = plan(found, sources=[None] * len(found), present=present, decided=decided)
    assert not decided & set(planned.dropped)
    assert {*planned.kept, *planned.dropped, *planned.decided} == set(present)
    for number, step in enumerate(planned.steps):
        assert step.found.parent is None or step.found.parent < number
        assert step.row is None or (step.row in decided or step.row in planned.kept)
        assert step.replaces is None or step.replaces in planned.dropped
    replaced = [step.replaces.pk for step in planned.steps if step.replaces]
    assert len(replaced) == len(set(replaced))
