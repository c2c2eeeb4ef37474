"""From the network's labels to attributions."""

from itertools import product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tracker.analysis.neural_decoding import (
    CONTENT,
    CONTENT_ON,
    NONE,
    SOURCE,
    SOURCE_ON,
    Evidence,
    Weights,
    best_labels,
    decode,
)
from tracker.analysis.neural_reading import Link

WEIGHTS = Weights(constant=0, valid=1, likely=0, content=0, source=0, sourceless=0, threshold=0.3)
ALLOWED = {(CONTENT, CONTENT_ON), (CONTENT_ON, CONTENT_ON), (SOURCE, SOURCE_ON), (SOURCE_ON, SOURCE_ON)}
LETTERS = {".": NONE, "S": SOURCE, "s": SOURCE_ON, "C": CONTENT, "c": CONTENT_ON, "|": NONE}


def link(pattern, *, valid=2.0, sure=0.9, first=0):
    """A link as a row of letters: S source, C content, small letters go on, | the cue."""
    labels = np.full((len(pattern), 5), (1 - sure) / 4)
    for index, letter in enumerate(pattern):
        labels[index, LETTERS[letter]] = sure
    cue = (first + pattern.index("|"), first + pattern.rindex("|") + 1)
    return Link(cue, first, np.log(labels), valid, 0.9)


def shape(found):
    return found.cue, found.source, found.content


def test_source_cue_and_content_are_read_off():
    (found,) = decode([link("Ss|.Cccc.")], WEIGHTS)
    assert shape(found) == ((2, 3), (0, 2), [(4, 8)])


def test_a_content_on_both_sides_of_the_cue_has_two_pieces():
    (found,) = decode([link("Ccc|SsCcc", first=10)], WEIGHTS)
    assert shape(found) == ((13, 14), (14, 16), [(10, 13), (16, 19)])


def test_two_pieces_may_follow_one_another_at_once():
    (found,) = decode([link("S|CcCc")], WEIGHTS)
    assert found.content == [(2, 4), (4, 6)]


def test_of_two_sources_the_more_probable_one_counts():
    (found,) = decode([link("S.|CcSss")], WEIGHTS)
    assert found.source == (5, 8)


def test_without_a_source_there_is_none_and_without_a_content_no_attribution():
    (found,) = decode([link("..|Ccc")], WEIGHTS)
    assert found.source is None
    assert decode([link("Ss|...")], WEIGHTS) == []


def test_what_is_less_sure_than_the_threshold_is_left_out():
    assert decode([link("S|Cc", valid=-4.0)], WEIGHTS) == []


def test_the_confidence_is_that_of_the_logistic_regression():
    weights = Weights(constant=-1, valid=0.5, likely=1, content=2, source=1, sourceless=0.25, threshold=0)
    assert Evidence(2.0, 0.5, 0.5, 0.0).confidence(weights) == pytest.approx(1 / (1 + np.exp(-1.75)))


def test_a_word_is_never_in_the_content_of_two_that_are_not_nested():
    left, right = link("S|Ccccc.....", sure=0.95), link("......cCcc|S".replace("c", "C", 1), valid=1.0, sure=0.6)
    found = decode([left, right], WEIGHTS)
    claimed = [word for each in found for first, stop in each.content for word in range(first, stop)]
    assert len(claimed) == len(set(claimed))
    assert len(found) == 2


def test_of_two_that_claim_the_same_content_the_surer_one_stays():
    found = decode([link("S|Cccc...", valid=3.0), link("..Cccc|S.", valid=1.0)], WEIGHTS)
    assert [each.cue for each in found] == [(1, 2)]


def test_one_that_stands_in_anothers_content_is_kept_and_marked():
    outer, inner = link("S|Ccccccc"), link("..Sc|Cccc".replace("c", "s", 1), valid=1.0)
    by_cue = {each.cue: each for each in decode([outer, inner], WEIGHTS)}
    assert by_cue[(4, 5)].nested
    assert not by_cue[(1, 2)].nested


def test_nesting_does_not_depend_on_which_is_surer():
    outer, inner = link("S|Ccccccc", valid=1.0), link("..Ss|Cccc", valid=3.0)
    assert {each.cue: each.nested for each in decode([outer, inner], WEIGHTS)} == {(1, 2): False, (4, 5): True}


def test_two_guesses_at_one_cue_give_one_attribution():
    assert len(decode([link("S||Cc", valid=1.0), link("S.|Cc", valid=2.0)], WEIGHTS)) == 1


def test_no_links_give_no_attributions():
    assert decode([], WEIGHTS) == []


@given(st.integers(1, 5), st.integers(0, 2**32 - 1))
def test_the_labels_are_the_best_of_all_well_formed_ones(words, seed):
    scores = np.log(np.random.default_rng(seed).dirichlet(np.ones(5), size=(1, words)))

    def fits(labels):
        return all(
            b not in (SOURCE_ON, CONTENT_ON) or (a, b) in ALLOWED for a, b in zip((NONE, *labels), labels, strict=False)
        )

    best = max(filter(fits, product(range(5), repeat=words)), key=lambda labels: sum(scores[0, range(words), labels]))
    assert best_labels(scores)[0].tolist() == list(best)


@given(
    st.lists(st.tuples(st.text(".SsCc", min_size=1, max_size=12), st.integers(0, 30), st.floats(-9, 9)), max_size=12)
)
def test_any_links_give_disjoint_contents_within_reach(drawn):
    found = decode([link(pattern + "|" + pattern, first=at, valid=valid) for pattern, at, valid in drawn], WEIGHTS)
    claimed = [word for each in found if not each.nested for first, stop in each.content for word in range(first, stop)]
    assert all(0 <= word < 60 for word in claimed)
    assert len({each.cue for each in found}) == len(found)
    assert all(each.content and 0 <= each.confidence <= 1 for each in found)
