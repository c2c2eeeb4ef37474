"""Whether two assertions are of one incident, by what stands in and around them."""

from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tracker.analysis.conflict_scene import Scene, fine_places, is_broad, is_sum, one_incident

TUESDAY, WEDNESDAY = date(2024, 3, 12), date(2024, 3, 13)


def scene(content: str, context: str = "", **other: object) -> Scene:
    """An assertion printed on Wednesday about Tuesday, in a report of its own."""
    told = Scene(content, context, first=TUESDAY, last=TUESDAY, said_on=WEDNESDAY, report=content)
    return replace(told, **other)


ONE = [
    (
        "a village and a day",
        scene("seven people were killed in Dravik on Tuesday"),
        scene("23 died in Dravik on Tuesday"),
    ),
    (
        "a village that only the words around name",
        scene("seven people were killed", "Mortar fire at the market of Dravik. The square was full."),
        scene("23 people were killed by mortar shells in Dravik", "The market was full of shoppers."),
    ),
    (
        "two spellings of the village",
        scene("an air raid on the village of al-Qorsa killed four"),
        scene("a raid near Korsa left nine dead"),
    ),
    (
        "a quarter of the town that one does not name",
        scene("shells hit the Mill district of Dravik and killed two"),
        scene("five people died when mortar shells fell on Dravik"),
    ),
]
APART = [
    ("two villages", scene("four were killed by shells in Dravik"), scene("nine were killed by shells in Kelm")),
    (
        "two quarters of a town",
        scene("four were killed in Dravik, in the Mill district"),
        scene("nine were killed in Dravik, near the Harbour gate"),
    ),
    (
        "two sorts of deed",
        scene("four people were executed in Dravik"),
        scene("a car bomb exploded in Dravik and killed nine"),
    ),
    (
        "two doers",
        scene("rebel shelling of Dravik killed four"),
        scene("shelling by the army killed nine in Dravik"),
    ),
    (
        "rebels' shells and bombs from helicopters",
        scene("rebel shelling of Dravik killed four"),
        scene("bombs dropped from helicopters on Dravik killed nine"),
    ),
    (
        "separate raids",
        scene("an air raid on Dravik killed four"),
        scene("separate air raids on Dravik killed nine"),
    ),
    (
        "two days",
        scene("four were killed in Dravik"),
        scene("nine were killed in Dravik", first=WEDNESDAY, last=WEDNESDAY),
    ),
    (
        "a day and everything since",
        scene("four were killed in Dravik"),
        scene("90 people have been killed in Dravik since January"),
    ),
    (
        "an undated one printed a week later",
        scene("four were killed in Dravik"),
        scene("nine were killed in Dravik", first=None, last=None, said_on=date(2024, 3, 20)),
    ),
    ("nothing but the country", scene("four were killed in Egypt"), scene("nine were killed in northern Egypt")),
    ("nothing at all", scene("four were killed"), scene("nine were killed")),
]


@pytest.mark.parametrize(("one", "other"), [row[1:] for row in ONE], ids=[row[0] for row in ONE])
def test_a_place_finer_than_a_country_with_day_deed_or_details_makes_one_incident(one, other):
    found = one_incident(one, other)
    assert found.is_one, found
    assert one_incident(other, one).score == found.score


@pytest.mark.parametrize(("one", "other"), [row[1:] for row in APART], ids=[row[0] for row in APART])
def test_another_place_day_deed_or_doer_makes_two(one, other):
    found = one_incident(one, other)
    assert not found.is_one, found
    assert found.explanation
    assert not one_incident(other, one).is_one


def test_a_bare_sentence_is_about_what_the_one_before_it_names():
    dravik = scene("23 people were killed by mortar shells in Dravik")
    bare = scene(
        "seven people were killed", sentence="It said seven people were killed.", title="Shells fall on Dravik"
    )
    assert one_incident(bare, dravik).is_one
    assert not one_incident(replace(bare, before="A convoy was ambushed near Kelm."), dravik).is_one


def test_its_own_sentence_tells_what_an_assertion_is_about():
    one = scene("four dead", sentence="After shells had hit the fish market in Dravik, a doctor spoke of four dead.")
    assert one_incident(one, scene("nine were killed by shells at the fish market in Dravik")).is_one
    assert not one_incident(one, scene("nine were killed by shells at the fish market in Kelm")).is_one


def test_two_voices_side_by_side_in_one_report_speak_of_one_incident():
    said = "The ministry spoke of 27 dead. The relief society counted 31."
    one = scene("27 dead", said, title="Plane crash in Dravik", report="one", first=None, last=None)
    other = scene("31", said, title="Plane crash in Dravik", report="one", first=None, last=None)
    assert one_incident(one, other).is_one
    assert "side by side" in one_incident(one, other).explanation


def test_the_details_that_both_have_are_named_in_words_not_stems():
    one = scene("four died when shells hit the mosque bases in Dravik")
    other = scene("nine died when shells hit bases by the mosque in Dravik")
    found = one_incident(one, other).explanation
    assert "both mention bases, mosque" in found
    assert one_incident(other, one).explanation == found


def test_words_for_peoples_and_deeds_are_no_places():
    assert fine_places("raids in Kurdish areas, on Syrian Stronghold Kill Nine in Dravik") == {"Dravik"}


def test_opposing_doers_may_be_the_very_question():
    one, other = scene("rebel shelling of Dravik killed four"), scene("shelling by the army killed four in Dravik")
    assert one_incident(one, other, whoever_did_it=True).is_one


def test_a_night_since_dawn_is_no_sum():
    assert not is_sum(scene("nine people have been killed in Dravik since dawn", first=TUESDAY, last=WEDNESDAY))
    assert is_sum(scene("nine people were killed", first=date(2024, 3, 1), last=WEDNESDAY))
    assert is_sum(scene("40 per cent of the dead were children"))


@pytest.mark.parametrize("place", ["Egypt", "northern Egypt", "the east of Iraq", "Syria's", "", "Tuesday"])
def test_a_country_or_a_stretch_of_one_is_broad(place):
    assert is_broad(place)


@pytest.mark.parametrize("place", ["Dravik", "northern Dravik", "the village of Kelm", "Old Market"])
def test_anything_finer_is_not(place):
    assert not is_broad(place)


def test_places_are_found_by_the_words_around_their_names():
    told = (
        "On Tuesday shells hit the village of Kelm, the Mill district and a road near al-Orsa in Egypt, Reuters said."
    )
    assert fine_places(told) == {"Kelm", "Mill", "al-Orsa"}


@settings(deadline=None)  # the first call compiles and caches
@given(st.text(max_size=80), st.text(max_size=80), st.text(max_size=60))
def test_any_words_are_compared_alike_in_both_orders(content, other, context):
    one, two = scene(content, context), scene(other, context, first=None, last=None)
    found = one_incident(one, two)
    assert 0 <= found.score <= 1
    assert found.score == one_incident(two, one).score
