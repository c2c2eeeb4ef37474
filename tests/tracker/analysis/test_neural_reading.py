"""Windows over a text, and the likely cues in it."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.tracker.analysis.test_neural_features import seen
from tracker.analysis.neural_network import STATE, WINDOW, Reading
from tracker.analysis.neural_reading import SECTION, links, possible_cues, sections, windows


class Parrot:
    """A network that takes every 25th word piece for a cue, and remembers how much it was shown."""

    def __init__(self):
        self.read_pieces = 0
        self.linked = 0

    def read(self, pieces, features):
        assert len(pieces) == len(features) <= WINDOW
        self.read_pieces += len(pieces)
        cue = np.tile(np.array([0, 0, -9], np.float32), (len(pieces), 1))
        cue[:, 1] = np.where(pieces % 25 == 0, 4.0, -4.0)
        return Reading(cue, np.repeat(pieces[:, None], 2 * STATE, 1).astype(np.float32))

    def link(self, states, anchors, places, distances, mask, cue):
        assert states.shape[:2] == places.shape == distances.shape == mask.shape == cue.shape
        assert np.allclose(cue.sum(1), 1)
        self.linked += len(states)
        return np.tile(states[..., :1], (1, 1, 5)), anchors[:, 0]


def prose(words):
    return " ".join("Kesh" if index % 17 else "Kesh.\n\nOrla" for index in range(words))


@pytest.mark.parametrize("words", [0, 1, 40, 600, 9000])
def test_windows_hold_every_word_and_none_is_too_long(words):
    shown = seen(prose(words))
    held = [window for section in sections(shown) for window in windows(shown, section)] if len(shown) else []
    assert {word for first, stop in held for word in range(first, stop)} == set(range(len(shown)))
    assert all(shown.piece_range(*window)[1] - shown.piece_range(*window)[0] <= WINDOW for window in held)


def test_sections_are_bounded_and_leave_no_word_out():
    shown = seen(prose(15_000))
    found = sections(shown)
    assert [start for start, _ in found[1:]] == [stop for _, stop in found[:-1]]
    assert found[-1][1] == len(shown)
    assert all(stop - start <= SECTION for start, stop in found)


def test_twice_the_text_takes_at_most_twice_the_reading():
    small, large = Parrot(), Parrot()
    links(small, seen(prose(4000)))
    links(large, seen(prose(8000)))
    assert large.read_pieces <= 2.1 * small.read_pieces
    assert large.linked <= 2.1 * small.linked


def test_every_likely_cue_is_linked_once_in_order():
    shown = seen(prose(700))
    cues = [link.cue for link in links(Parrot(), shown)]
    assert cues == sorted(set(cues))
    pieces = shown.pieces[shown.first]
    assert {first for first, _ in cues} == set(np.flatnonzero(pieces % 25 == 0).tolist())


def test_a_words_state_is_its_own_whichever_window_it_was_read_in():
    shown = seen(prose(700))
    for link in links(Parrot(), shown):
        assert link.valid == shown.pieces[shown.first[link.cue[0]]]


def test_a_word_of_more_pieces_than_a_window_holds_is_read_as_far_as_it_goes():
    shown = seen("Denn said " + "x" * 5000 + " and left.")
    assert isinstance(links(Parrot(), shown), list)


def test_runs_of_likely_words_are_cues_and_faint_ones_only_by_themselves():
    likely = np.array([0.0, 0.37, 0.9, 0.38, 0.0, 0.0, 0.37, 0.37, 0.0, 0.1], np.float32)
    assert possible_cues(likely) == [(2, 3), (6, 8)]


@settings(max_examples=50)
@given(st.text(max_size=400))
def test_any_text_can_be_read(text):
    for link in links(Parrot(), seen(text)):
        assert link.first <= link.cue[0] < link.cue[1] <= link.first + len(link.labels)
