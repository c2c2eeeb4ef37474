"""The fitted model of stance: features with names, trees read from a file."""

import json

import pytest

from tracker.analysis.stance import judge
from tracker.analysis.stance_lines import extra_words, measure
from tracker.analysis.stance_trees import Tree, from_json, load

LINE = "Story of Torvik bridge attack is a hoax, say police"
HYPOTHESIS = "Gunmen attacked the Torvik bridge"

STILL = [[-1], [0.0], [0], [0]]
GROWING = [[0, -1, -1], [0.5, -1.0, 1.0], [1, 0, 0], [2, 0, 0]]
# One label that grows with "a" above one half, one that does not.
STORED = {
    "labels": ["no", "yes"],
    "features": ["a"],
    "models": [
        {"first": [0.0, 0.0], "forests": [[STILL], [GROWING]]},
        {"first": [0.0, 0.0], "forests": [[STILL], [STILL]]},
    ],
}  # fmt: skip


def test_a_tree_is_walked_to_its_leaf() -> None:
    tree = Tree((0, -1, -1), (0.5, -1.0, 1.0), (1, 0, 0), (2, 0, 0))
    assert [tree.value((value,)) for value in (0.2, 0.5, 0.7)] == [-1.0, -1.0, 1.0]


def test_models_are_averaged_as_probabilities() -> None:
    model = from_json(json.dumps(STORED))
    low, high = (model.probabilities({"a": value}) for value in (0.0, 1.0))
    assert high["yes"] == pytest.approx((0.7310586 + 0.5) / 2)
    assert low["yes"] == pytest.approx((0.2689414 + 0.5) / 2)
    assert sum(low.values()) == pytest.approx(1.0)


def test_a_missing_feature_is_an_error() -> None:
    with pytest.raises(KeyError):
        from_json(json.dumps(STORED)).probabilities({})


def test_the_model_asks_for_exactly_what_is_measured() -> None:
    assert set(load().features) == set(measure(LINE, HYPOTHESIS).features)
    assert set(load().labels) == {"supports", "refutes", "neutral"}


def test_features_count_what_they_are_named_for() -> None:
    line = measure(LINE, HYPOTHESIS)
    assert line.features["untrue"] == line.features["any against"] == 1.0
    assert line.features["question here"] == 0.0
    assert line.features["saying here"] == 1.0
    assert 0.0 < line.covered < 1.0
    assert line.clues[0] == 'calls it untrue: "hoax"'


def test_a_hypothesis_that_calls_itself_untrue_is_not_called_so() -> None:
    assert measure(LINE, "The story of the Torvik bridge is a hoax").features["untrue"] == 0.0


def test_extra_words_are_stems_the_hypothesis_has_not() -> None:
    assert extra_words("Bridge never opened, police say", "Police opened the bridge") == {"never", "say"}


@pytest.mark.parametrize(
    ("line", "label", "named"),
    [
        (LINE, "refutes", "hoax"),
        ("Police deny attack on Torvik bridge", "refutes", "deny"),
        ("Gunmen attack Torvik bridge", "supports", "covers 100%"),
        ("Did gunmen attack the Torvik bridge?", "neutral", "?"),
        ("Gunmen reportedly attacked Torvik bridge, sources say", "neutral", "reportedly"),
        ("Bread prices rise again", "neutral", "covers 0%"),
    ],
)
def test_lines_are_judged_with_the_word_that_decided(line: str, label: str, named: str) -> None:
    stance = judge(line, HYPOTHESIS)
    assert stance.label == label, stance
    assert named in stance.explanation


def test_nothing_speaks_for_nothing() -> None:
    assert judge("", HYPOTHESIS).label == judge(LINE, "  ").label == "neutral"
