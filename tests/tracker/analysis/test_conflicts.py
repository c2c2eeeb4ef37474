"""Whether two figures conflict, by the rules that say why."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tracker.analysis.conflict_scene import Scene
from tracker.analysis.conflicts import Figure, Relation, compare

TUESDAY = date(2024, 3, 12)
NOON = datetime(2024, 3, 12, 12, tzinfo=UTC)


def killed(best: float | None, **other: object) -> Figure:
    """So many people killed at Arvel on Tuesday, said at noon by a source of its own."""
    figure = Figure(
        measure="killed",
        counted="people",
        low=best,
        best=best,
        high=best,
        place="Arvel",
        when_first=TUESDAY,
        when_last=TUESDAY,
        said_at=NOON,
        origins=frozenset({f"source of {best}"}),
    )
    return replace(figure, **other)


def later(hours: int) -> datetime:
    return NOON + timedelta(hours=hours)


TABLE = [
    ("two tolls of one day by two sources", killed(7), killed(23), Relation.CONFLICT),
    ("the same toll", killed(7), killed(7, counted="dead"), Relation.COMPATIBLE),
    ("at least twelve and thirty", killed(12, high=None), killed(30), Relation.COMPATIBLE),
    ("at least thirty and twelve", killed(30, high=None), killed(12), Relation.CONFLICT),
    ("some 400 and 420", killed(400, low=None, high=None, approximate=True), killed(420), Relation.COMPATIBLE),
    ("some 400 and 900", killed(400, low=None, high=None, approximate=True), killed(900), Relation.CONFLICT),
    ("another place", killed(7), killed(23, place="Besk"), Relation.UNRELATED),
    ("an unknown place", killed(7), killed(23, place=""), Relation.UNRELATED),
    ("the same place, spelt otherwise", killed(7, place="Qarvel"), killed(23, place="al-Qarvel"), Relation.CONFLICT),
    ("another measure", killed(7), killed(23, measure="wounded"), Relation.UNRELATED),
    ("other things counted", killed(7, counted="horses"), killed(23, counted="soldiers"), Relation.UNRELATED),
    ("another day", killed(7), killed(23, when_first=date(2024, 3, 1), when_last=date(2024, 3, 1)), Relation.UNRELATED),
    ("later and higher", killed(7), killed(23, said_at=later(8)), Relation.RISING),
    ("an hour later and higher, by another", killed(7), killed(23, said_at=later(1)), Relation.CONFLICT),
    (
        "an hour later and higher, by the same source",
        killed(7, origins=frozenset({"monitor"})),
        killed(23, origins=frozenset({"monitor"}), said_at=later(1)),
        Relation.RISING,
    ),
    (
        "one source gives two figures at once",
        killed(7, origins=frozenset({"monitor"})),
        killed(23, origins=frozenset({"monitor"})),
        Relation.COMPATIBLE,
    ),
    ("later and lower", killed(23), killed(7, said_at=later(8)), Relation.CONFLICT),
    ("some of the people", killed(7), killed(5, counted="women"), Relation.COMPATIBLE),
    ("more women than people", killed(7), killed(9, counted="women"), Relation.CONFLICT),
    (
        "a day of a week",
        killed(7),
        killed(60, when_first=date(2024, 3, 10), when_last=date(2024, 3, 16)),
        Relation.COMPATIBLE,
    ),
    (
        "more on a day than in its week",
        killed(70),
        killed(60, when_first=date(2024, 3, 10), when_last=date(2024, 3, 16)),
        Relation.CONFLICT,
    ),
    (
        "army troops and regime fighters, by their two names",
        killed(9, counted="army troops"),
        killed(23, counted="regime fighters"),
        Relation.CONFLICT,
    ),
    ("soldiers and militants", killed(9, counted="soldiers"), killed(23, counted="militants"), Relation.UNRELATED),
    ("some besides others", killed(9, besides=True), killed(23), Relation.UNRELATED),
    ("five of the dead", killed(5, part=True), killed(12), Relation.COMPATIBLE),
    ("more of the dead than died", killed(12, part=True), killed(5), Relation.CONFLICT),
    ("five of the dead, three of the dead", killed(5, part=True), killed(3, part=True), Relation.UNRELATED),
    ("five before the toll rose to twelve", killed(5), killed(12, risen=True), Relation.RISING),
    ("a later, lower count than one that rose", killed(12, risen=True), killed(5, said_at=later(9)), Relation.CONFLICT),
    ("dozens and nine", replace(killed(12, high=None, approximate=True), best=None), killed(9), Relation.COMPATIBLE),
    ("dozens and two", replace(killed(12, high=None, approximate=True), best=None), killed(2), Relation.CONFLICT),
    ("what nobody knows for a count", killed(7, measure="confirm"), killed(23, measure="confirm"), Relation.UNRELATED),
    ("an undated toll of the war", killed(5), killed(12000, when_first=None, when_last=None), Relation.UNRELATED),
    ("an undated toll of the day", killed(5), killed(9, when_first=None, when_last=None), Relation.CONFLICT),
]


@pytest.mark.parametrize(("one", "other", "relation"), [row[1:] for row in TABLE], ids=[row[0] for row in TABLE])
def test_the_relation_follows_from_scope_range_and_time(one, other, relation):
    found = compare(one, other)
    assert found.relation == relation, found.explanation
    assert compare(other, one) == found
    assert found.explanation


def told(best: float, content: str, **other: object) -> Figure:
    """A figure with the words that give it."""
    scene = Scene(content, first=TUESDAY, last=TUESDAY, said_on=TUESDAY, report=content)
    return killed(best, scene=scene, place="", **other)


def test_with_their_words_figures_conflict_only_inside_one_incident():
    one = told(7, "seven people were killed by mortar shells in Dravik")
    assert compare(one, told(23, "shells killed 23 people in Dravik")).relation == Relation.CONFLICT
    assert compare(one, told(23, "shells killed 23 people in Kelm")).relation == Relation.UNRELATED
    risen = told(23, "shells killed 23 people in Dravik", said_at=later(9))
    assert compare(one, risen).relation == Relation.RISING


def test_a_part_larger_than_its_whole_takes_a_surer_incident():
    whole = told(7, "seven people were killed in Dravik")
    assert compare(whole, told(9, "nine women were killed in Dravik", counted="women")).relation == Relation.UNRELATED
    whole = told(7, "seven people were killed by shells at the fish market in Dravik")
    women = told(9, "shells killed nine women at the fish market in Dravik", counted="women")
    assert compare(whole, women).relation == Relation.CONFLICT


def test_a_conflict_with_an_undated_figure_is_less_sure():
    undated = killed(9, when_first=None, when_last=None)
    assert compare(killed(5), undated).score < compare(killed(5), killed(9)).score


FIGURES = st.builds(
    killed,
    st.none() | st.integers(0, 10**7).map(float),
    counted=st.sampled_from(["people", "fighters", "rebel fighters", "", "women", "houses"]),
    place=st.sampled_from(["Arvel", "al-Arvel", "Besk", ""]),
    approximate=st.booleans(),
    said_at=st.integers(0, 48).map(later),
)


@given(FIGURES, FIGURES)
def test_comparing_is_symmetric_and_never_fails(one, other):
    found = compare(one, other)
    assert found == compare(other, one)
    assert 0 <= found.score <= 1
    assert (found.relation == Relation.CONFLICT) == (found.score > 0 and found.relation != Relation.RISING)


@given(FIGURES)
def test_no_figure_conflicts_with_itself(figure):
    assert compare(figure, figure).relation != Relation.CONFLICT
