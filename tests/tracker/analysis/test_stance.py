"""Whether one text supports or refutes another, by rules."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tracker.analysis.figures import find_figures
from tracker.analysis.opposition import antonyms_between, denial, falsehood, hedges
from tracker.analysis.stance import figures_clash, judge, run

HYPOTHESIS = "The army opened the Torvik bridge to villagers"


@pytest.mark.parametrize(
    ("premise", "hypothesis", "label"),
    [
        ("Army opens Torvik bridge to villagers", HYPOTHESIS, "supports"),
        ("Army opens the bridge at Torvik so that villagers can cross", HYPOTHESIS, "supports"),
        ("The army did not open the Torvik bridge to villagers", HYPOTHESIS, "refutes"),
        ("Army denies that it opened the Torvik bridge", HYPOTHESIS, "refutes"),
        ("Story of the opened Torvik bridge is a hoax", HYPOTHESIS, "refutes"),
        ("No, the army has not opened the Torvik bridge", HYPOTHESIS, "refutes"),
        ("Army closed the Torvik bridge to villagers", HYPOTHESIS, "refutes"),
        ("Army reportedly opened the Torvik bridge to villagers", HYPOTHESIS, "neutral"),
        ("Did the army open the Torvik bridge to villagers?", HYPOTHESIS, "neutral"),
        ("Bakers raised the price of bread", HYPOTHESIS, "neutral"),
        ("Shelling killed 12 people in Torvik", "Shelling killed 30 people in Torvik", "refutes"),
        ("Shelling killed at least 12 people in Torvik", "Shelling killed 14 people in Torvik", "supports"),
        ("The story of the bridge is no hoax: the army opened the Torvik bridge", HYPOTHESIS, "supports"),
    ],
)
def test_a_premise_is_judged_by_what_it_says_of_the_hypothesis(premise: str, hypothesis: str, label: str) -> None:
    stance = judge(premise, hypothesis)
    assert stance.label == label, stance.explanation
    assert stance.explanation


def test_two_negations_agree() -> None:
    assert judge("The army has not opened the bridge", "The army never opened the bridge").label == "supports"


def test_what_calls_itself_no_hoax_calls_nothing_untrue() -> None:
    assert falsehood("It is not a hoax") == ""
    assert falsehood("Real or fake?") == ""
    assert falsehood("A hoax") == "hoax"


def test_denials_and_hedges_are_named() -> None:
    assert denial("The council rejected reports of a siege") == "rejected reports"
    assert hedges("The council may meet") == ["may"]


def test_antonyms_count_only_where_the_texts_differ() -> None:
    assert antonyms_between("the gate opened", "the gate closed") == [("open", "clos")]
    assert antonyms_between("it opened, then closed", "it closed, then opened") == []


@pytest.mark.parametrize(
    ("one", "other", "clash"),
    [
        ("12 people were killed", "30 people were killed", True),
        ("at least 12 people were killed", "30 people were killed", False),
        ("some 400 people were wounded", "380 people were wounded", False),
        ("some 400 people were wounded", "200 people were wounded", True),
        ("12 people were killed", "30 people were wounded", False),
        ("12 people were killed", "30 houses were destroyed", False),
        ("up to 30 people were killed", "45 people were killed", True),
    ],
)
def test_figures_clash_only_on_the_same_measure_and_outside_their_bounds(one: str, other: str, clash: bool) -> None:
    assert bool(figures_clash(find_figures(one), find_figures(other))) is clash


def test_lines_are_answered_in_order() -> None:
    lines: list[dict[str, object]] = [
        {"id": 2, "premise": "Army opens bridge", "hypothesis": "Army opened bridge"},
        {"id": 1},
    ]
    assert [(row["id"], row["stance"]) for row in run(lines)] == [(2, "supports"), (1, "neutral")]


PIECES = st.sampled_from(
    ["no", ",", "not", "the army", "opened", "closed", "hoax", "denies", "?", "12 people", "killed", "2011", "may", "."]
)


@settings(deadline=None)  # the first text of sentences loads the parser
@given(
    st.lists(PIECES, max_size=12).map(" ".join),
    st.one_of(st.text(max_size=80), st.lists(PIECES, max_size=8).map(" ".join)),
)
def test_any_pair_gets_a_label_and_scores_within_bounds(premise: str, hypothesis: str) -> None:
    stance = judge(premise, hypothesis)
    assert stance == judge(premise, hypothesis)
    assert stance.label in stance.scores
    assert all(0.0 <= score <= 1.0 for score in stance.scores.values())
