"""What the network is shown of a text."""

import re

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from tracker.analysis.neural_features import (
    DISTANCES,
    FEATURE_SIZES,
    LABELS,
    PLACES,
    TAGS,
    Token,
    distances,
    places,
    view,
)

SENTENCE = "Mayor Orla Denn said: “The bridge at Kesh is closed.”\n\nNobody in Velmora knew why."


def parsed(text, heads=None):
    """Tokens of a made-up parse: words and marks, each hanging on the one before it unless ``heads`` says otherwise."""
    found = list(re.finditer(r"\w+|[^\w\s]|\s{2,}", text))
    return [
        Token(match.start(), match.end(), "NN", "dobj", (heads or {}).get(index, max(0, index - 1)), index == 0)
        for index, match in enumerate(found)
    ]


def cut(text):
    """Word pieces of at most three letters, as ``(numbers, offsets)``."""
    offsets = [
        (at, min(at + 3, match.end()))
        for match in re.finditer(r"\w+|[^\w\s]", text)
        for at in range(match.start(), match.end(), 3)
    ]
    return [1000 + index for index in range(len(offsets))], offsets


def seen(text, heads=None):
    return view(text, parsed(text, heads), *cut(text))


def word(shown, text, index):
    return text[shown.start[index] : shown.end[index]]


def test_words_are_the_parsers_tokens_that_hold_pieces():
    shown = seen(SENTENCE)
    words = [word(shown, SENTENCE, index) for index in range(len(shown))]
    assert words[:5] == ["Mayor", "Orla", "Denn", "said", ":"]
    assert "\n\n" not in words
    assert words[-1] == "."


def test_each_word_starts_at_its_first_piece():
    shown = seen(SENTENCE)
    numbers, offsets = cut(SENTENCE)
    assert len(shown.pieces) == len(numbers)
    assert [offsets[piece][0] for piece in shown.first] == shown.start.tolist()
    assert shown.piece_range(0, len(shown)) == (0, len(numbers))


def test_shapes_tell_capitals_figures_and_marks_apart():
    text = "NATO sent 40 trucks to Kesh, McAdam said"
    shown = seen(text)
    by_word = {word(shown, text, index): shown.features[shown.first[index], 0] for index in range(len(shown))}
    assert [by_word[each] for each in (",", "40", "trucks", "Kesh", "NATO", "McAdam")] == [0, 1, 2, 3, 4, 5]


def test_quotation_marks_and_what_they_hold_are_told_apart():
    shown = seen(SENTENCE)
    by_word = {word(shown, SENTENCE, index): shown.features[shown.first[index], 1] for index in range(len(shown))}
    assert (by_word["“"], by_word["bridge"], by_word["”"], by_word["Nobody"]) == (2, 1, 3, 0)


def test_an_empty_line_is_seen_before_the_word_that_follows_it():
    shown = seen(SENTENCE)
    breaks = {word(shown, SENTENCE, index): shown.features[shown.first[index], 2] for index in range(len(shown))}
    assert breaks["Nobody"] == 3
    assert breaks["in"] == 0


def test_tags_and_labels_that_are_not_known_count_as_none():
    tokens = [Token(0, 4, "no such tag", "no such label", 0, starts_sentence=True)]
    shown = view("word", tokens, [7], [(0, 4)])
    assert shown.features[0, 3:].tolist() == [0, 0]
    assert (TAGS[0], LABELS[0]) == ("", "")


def test_words_at_a_span_are_those_that_share_a_character_with_it():
    shown = seen(SENTENCE)
    first, stop = shown.words_at((SENTENCE.index("bridge") + 2, SENTENCE.index("Kesh") + 1))
    assert shown.characters(first, stop) == (SENTENCE.index("bridge"), SENTENCE.index("Kesh") + 4)


def test_places_depend_on_the_branch_that_a_word_hangs_on():
    text = "Denn said trucks left"
    shown = seen(text, heads={0: 1, 1: 1, 2: 3, 3: 1})
    around = places(shown, (1, 2), 0, 4)
    assert around[1] not in around[[0, 2, 3]]
    assert around[2] == around[3]  # both in the clause that hangs on the cue


def test_distances_are_signed_and_nought_in_the_cue():
    around = distances((3, 5), 0, 9)
    assert around[3:5].tolist() == [0, 0]
    assert len(set(around.tolist())) == 8


def test_an_empty_text_has_no_words():
    assert len(view("", [], [], [])) == 0
    assert len(seen(" \n ")) == 0


@given(st.text(max_size=200), st.dictionaries(st.integers(0, 60), st.integers(0, 60), max_size=30), st.data())
def test_any_text_and_any_tree_stay_within_the_networks_tables(text, heads, data):
    count = len(parsed(text))
    shown = seen(text, {index: head for index, head in heads.items() if head < count})
    assert (shown.features >= 0).all()
    assert (shown.features < np.array(FEATURE_SIZES)).all()
    if len(shown):
        first = data.draw(st.integers(0, len(shown) - 1))
        cue = (first, data.draw(st.integers(first + 1, len(shown))))
        for around, size in ((places(shown, cue, 0, len(shown)), PLACES), (distances(cue, 0, len(shown)), DISTANCES)):
            assert ((around >= 0) & (around < size)).all()
