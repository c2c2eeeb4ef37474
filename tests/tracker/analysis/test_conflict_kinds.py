"""Each kind of conflict between two assertions: what it takes, and what looks like it and is none."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tracker.analysis.conflict_actor import compare_actors
from tracker.analysis.conflict_agents import FOREIGN, REBELS, STATE, agents
from tracker.analysis.conflict_circumstances import compare_days, compare_places
from tracker.analysis.conflict_scene import Scene
from tracker.analysis.conflict_types import Found, Kind
from tracker.analysis.conflict_wording import compare_wording

MONDAY, TUESDAY, WEDNESDAY = date(2024, 3, 11), date(2024, 3, 12), date(2024, 3, 13)
Compare = Callable[[Scene, Scene], Found]


def said(content: str, day: date | None = TUESDAY, **other: object) -> Scene:
    """An assertion about a day, printed on Wednesday."""
    told = Scene(content, first=day, last=day, said_on=WEDNESDAY, report=content)
    return replace(told, **other)


def undated(content: str, printed: date) -> Scene:
    return said(content, None, said_on=printed)


CONFLICTS: list[tuple[str, Compare, Scene, Scene, Kind]] = [
    (
        "a bridge open and closed",
        compare_wording,
        said("the stone bridge at Kelm was open on Tuesday"),
        said("the stone bridge at Kelm was closed on Tuesday"),
        Kind.ANTONYM,
    ),
    (
        "a state of things and its negation, undated, of one day's papers",
        compare_wording,
        undated("the hospital in Dravik has enough blood", WEDNESDAY),
        undated("the hospital in Dravik does not have enough blood", WEDNESDAY),
        Kind.NEGATION,
    ),
    (
        "the day on which a named person was killed",
        compare_days,
        said("Commander Olaf Brandt was killed near Kelm on Monday", MONDAY),
        said("Commander Olaf Brandt was killed near Kelm on Wednesday", WEDNESDAY),
        Kind.TEMPORAL,
    ),
    (
        "the day on which a town fell",
        compare_days,
        said("rebels captured the town of Dravik on Monday", MONDAY),
        said("rebels captured the town of Dravik on Tuesday"),
        Kind.TEMPORAL,
    ),
    (
        "the place where a named person was killed",
        compare_places,
        said("Commander Olaf Brandt was shot dead in Kelm on Tuesday"),
        said("Commander Olaf Brandt was shot dead in Dravik on Tuesday"),
        Kind.LOCATION,
    ),
    (
        "the place where the one helicopter crashed",
        compare_places,
        said("a medical helicopter crashed near Kelm on Tuesday"),
        said("a medical helicopter crashed near Dravik on Tuesday"),
        Kind.LOCATION,
    ),
    (
        "who shelled the school",
        compare_actors,
        said("the school in Dravik was shelled by the army on Tuesday"),
        said("the school in Dravik was shelled by rebels on Tuesday"),
        Kind.ACTOR,
    ),
    (
        "whose raid it was",
        compare_actors,
        said("a coalition air raid on the grain market of Dravik killed nine people on Tuesday"),
        said("nine people died in a regime air raid on the grain market of Dravik on Tuesday"),
        Kind.ACTOR,
    ),
]
NONE: list[tuple[str, Compare, Scene, Scene]] = [
    (
        "a bridge open on one day and closed on the next",
        compare_wording,
        said("the stone bridge at Kelm was open", MONDAY),
        said("the stone bridge at Kelm was closed"),
    ),
    (
        "undated states of things of different days' papers",
        compare_wording,
        undated("the stone bridge at Kelm is open", MONDAY),
        undated("the stone bridge at Kelm is closed", WEDNESDAY),
    ),
    (
        "two bridges",
        compare_wording,
        said("the bridge at Kelm was open on Tuesday", place="Kelm"),
        said("the bridge at Dravik was closed on Tuesday", place="Dravik"),
    ),
    (
        "what happens on many days",
        compare_days,
        said("mortar shells hit the market of Dravik on Monday", MONDAY),
        said("mortar shells hit the market of Dravik on Tuesday"),
    ),
    (
        "a second time",
        compare_days,
        said("rebels captured the town of Dravik on Monday", MONDAY),
        said("rebels again captured the town of Dravik on Tuesday"),
    ),
    (
        "a night between two days",
        compare_days,
        said("Commander Olaf Brandt was killed near Kelm late on Monday", MONDAY),
        said("Commander Olaf Brandt was killed near Kelm on Tuesday"),
    ),
    (
        "a month between them",
        compare_days,
        said("Commander Olaf Brandt was wounded near Kelm", date(2024, 2, 12)),
        said("Commander Olaf Brandt was wounded near Kelm"),
    ),
    (
        "two people",
        compare_days,
        said("Commander Olaf Brandt was killed near Kelm", MONDAY),
        said("Commander Edvin Raal was killed near Kelm"),
    ),
    (
        "shelling in two places",
        compare_places,
        said("mortar shells killed four people in Kelm on Tuesday"),
        said("mortar shells killed four people in Dravik on Tuesday"),
    ),
    (
        "a place within the other",
        compare_places,
        said("Commander Olaf Brandt was shot dead in Kelm", context="The gate of Kelm is in Dravik."),
        said("Commander Olaf Brandt was shot dead in Dravik"),
    ),
    (
        "an undated one",
        compare_places,
        said("Commander Olaf Brandt was shot dead in Kelm"),
        undated("Commander Olaf Brandt was shot dead in Dravik", WEDNESDAY),
    ),
    (
        "one doer by two names",
        compare_actors,
        said("the school in Dravik was shelled by the army"),
        said("the school in Dravik was shelled by regime forces"),
    ),
    (
        "two schools",
        compare_actors,
        said("the school in Dravik was shelled by the army"),
        said("the school in Kelm was shelled by rebels"),
    ),
    (
        "another deed",
        compare_actors,
        said("the school in Dravik was shelled by the army"),
        said("a bank manager in Dravik was abducted by rebels"),
    ),
    (
        "nobody named",
        compare_actors,
        said("the school in Dravik was shelled by the army"),
        said("the school in Dravik was shelled"),
    ),
]


@pytest.mark.parametrize(
    ("compare", "one", "other", "kind"), [row[1:] for row in CONFLICTS], ids=[row[0] for row in CONFLICTS]
)
def test_a_conflict_has_its_kind_a_score_and_a_reason(compare, one, other, kind):
    found = compare(one, other)
    assert found.kind == kind, found
    assert 0.5 <= found.score <= 1
    assert found.explanation
    assert (found.kind, found.score) == (compare(other, one).kind, compare(other, one).score)


@pytest.mark.parametrize(("compare", "one", "other"), [row[1:] for row in NONE], ids=[row[0] for row in NONE])
def test_what_looks_like_a_conflict_is_none_and_says_why(compare, one, other):
    found = compare(one, other)
    assert found.kind is None, found
    assert found.explanation
    assert compare(other, one).kind is None


AGENTS = [
    ("the clinic was bombed by government troops", {STATE}),
    ("rebel shelling hit the clinic", {REBELS}),
    ("insurgents attacked the clinic", {REBELS}),
    ("coalition warplanes struck the clinic", {FOREIGN}),
    ("an attack by the army on rebels", {STATE}),
    ("soldiers were killed by insurgents", {REBELS}),
    ("soldiers were killed", set()),
    ("shells fell on the rebel-held market", set()),
    ("the clinic was not bombed", set()),
    ("Russian jets struck the clinic", set()),
]


@pytest.mark.parametrize(("text", "camps"), AGENTS, ids=[row[0] for row in AGENTS])
def test_who_did_it_is_read_from_the_order_of_the_words(text, camps):
    assert agents(text) == camps


def test_names_of_parties_that_the_caller_knows_are_camps_too():
    parties = {"northern guard": "Northern Guard and allies"}
    one = said("the school in Dravik was shelled by the Northern Guard on Tuesday")
    other = said("the school in Dravik was shelled by the army on Tuesday")
    assert compare_actors(one, other).kind is None
    assert compare_actors(one, other, parties=parties).kind == Kind.ACTOR
    assert agents("the Northern Guard shelled the school", parties=parties) == {"Northern Guard and allies"}


@pytest.mark.parametrize("compare", [compare_wording, compare_days, compare_places, compare_actors])
@settings(deadline=None)  # the first call compiles and caches
@given(
    one=st.text(max_size=60),
    other=st.text(max_size=60),
    days=st.tuples(*[st.none() | st.dates(date(2024, 1, 1), date(2024, 1, 9))] * 2),
)
def test_any_words_are_compared_alike_in_both_orders_and_nothing_conflicts_with_itself(compare, one, other, days):
    first, second = said(one, days[0]), said(other, days[1])
    found = compare(first, second)
    assert found.kind == compare(second, first).kind
    assert 0 <= found.score <= 1
    assert compare(first, first).kind is None
