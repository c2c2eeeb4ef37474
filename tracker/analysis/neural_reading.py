"""Runs the network over a whole text: windows for the reader, then each likely cue with the words around it.

A long text is read in sections, so that memory and time stay linear in its length. Within a section each word keeps the
state of the window in which it stands farthest from an edge.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from tracker.analysis import neural_features
from tracker.analysis.neural_features import SIDE, Ints, View
from tracker.analysis.neural_network import STATE, WINDOW, Floats, Network

_Number = TypeVar("_Number", np.float32, np.float64)

Range = tuple[int, int]

OVERLAP = 40  # word pieces that two windows share, at the least
SECTION = 6000  # words
# How probable the words of a cue are. A run of possible ones counts when it has no likely one.
LIKELY, POSSIBLE = 0.4, 0.35
LONGEST_CUE = 20  # words
_TOGETHER = 32  # cues linked in one run


@dataclass(frozen=True, slots=True)
class Link:
    """What the network says of one possible cue.

    ``labels`` has a row for each word from ``first`` on: log probabilities of the linker's five labels. ``valid`` is
    the logit of its being a cue, ``likely`` the mean probability that the reader gives its words.
    """

    cue: Range
    first: int
    labels: NDArray[np.float64]
    valid: float
    likely: float


def links(network: Network, seen: View) -> list[Link]:
    """Every possible cue of the text, linked, in order."""
    found: list[Link] = []
    for section in sections(seen):
        found.extend(_section(network, seen, section))
    return found


def sections(seen: View) -> list[Range]:
    """The text in parts of about ``SECTION`` words, cut at the starts of sentences."""
    return _cut(seen, (0, len(seen)), SECTION, np.arange(len(seen) + 1))


def _cut(seen: View, within: Range, most: int, measure: Ints) -> list[Range]:
    """Consecutive ranges of words whose ``measure`` grows by at most ``most``, cut at sentences where possible."""
    out = []
    start, stop = within
    while start < stop:
        end = min(stop, max(start + 1, int(np.searchsorted(measure, measure[start] + most, side="right")) - 1))
        if end < stop:
            end = _sentence_start(seen, end, start + (end - start) // 2)
        out.append((start, end))
        start = end
    return out


def _sentence_start(seen: View, word: int, floor: int) -> int:
    """The start of the sentence that ``word`` stands in, or ``word`` itself where that start is not above ``floor``."""
    start = int(np.searchsorted(seen.sentence, seen.sentence[word]))
    return start if start > floor else word


def windows(seen: View, section: Range) -> list[Range]:
    """The windows of a section, in words: none over ``WINDOW`` pieces, each overlapping the one before it."""
    bounds = np.append(seen.first, len(seen.pieces))
    out = []
    start, stop = section
    while True:
        end = min(stop, max(start + 1, int(np.searchsorted(bounds, bounds[start] + WINDOW, side="right")) - 1))
        out.append((start, end))
        if end >= stop:
            return out
        back = int(np.searchsorted(bounds, bounds[end] - OVERLAP))
        begin = _sentence_start(seen, back, start)
        if bounds[end] - bounds[begin] > 2 * OVERLAP:
            begin = back
        start = max(begin, start + 1)


def _section(network: Network, seen: View, section: Range) -> Iterator[Link]:
    start, stop = section
    cue = np.zeros((stop - start, 3), np.float32)
    state = np.zeros((stop - start, 2 * STATE), np.float32)
    best = np.full(stop - start, -1)
    for first, end in windows(seen, section):
        a, b = seen.piece_range(first, end)
        if b - a > WINDOW:  # one word of more pieces than a window holds: its beginning has to do
            b = a + WINDOW
        reading = network.read(seen.pieces[a:b], seen.features[a:b])
        words = np.arange(first, end)
        room_before = words - first if first > start else np.full(len(words), stop)
        room_after = end - 1 - words if end < stop else np.full(len(words), stop)
        room = np.minimum(room_before, room_after)
        better = room > best[first - start : end - start]
        rows = words[better]
        pieces = seen.first[rows] - a
        best[rows - start] = room[better]
        cue[rows - start] = reading.cue[pieces]
        state[rows - start] = reading.state[pieces]
    likely = 1 - softmax(cue)[:, 0]
    found = [(a + start, b + start) for a, b in possible_cues(likely)]
    for at in range(0, len(found), _TOGETHER):
        yield from _linked(network, seen, section, state, likely, found[at : at + _TOGETHER])


def possible_cues(likely: Floats) -> list[Range]:
    """Runs of words that may be cues: of likely words, and of possible ones where no likely one is among them."""
    sure = runs(likely > LIKELY)
    unsure = [(start, end) for start, end in runs(likely > POSSIBLE) if not (likely[start:end] > LIKELY).any()]
    return sorted((start, end) for start, end in (*sure, *unsure) if end - start < LONGEST_CUE)


def runs(chosen: NDArray[np.bool_]) -> list[Range]:
    """The ``[start, stop)`` of each run of true values."""
    edges = np.diff(np.concatenate([[0], chosen.astype(np.int8), [0]]))
    return list(zip(np.flatnonzero(edges == 1).tolist(), np.flatnonzero(edges == -1).tolist(), strict=True))


def _linked(
    network: Network, seen: View, section: Range, state: Floats, likely: Floats, cues: list[Range]
) -> Iterator[Link]:
    start, stop = section
    around = [(max(start, first - SIDE), min(stop, end + SIDE)) for first, end in cues]
    shape = (len(cues), max(high - low for low, high in around))
    states = np.zeros((*shape, STATE), np.float32)
    anchors = np.zeros((len(cues), STATE), np.float32)
    places, distances = np.zeros(shape, np.int64), np.zeros(shape, np.int64)
    mask, weights = np.zeros(shape, np.float32), np.zeros(shape, np.float32)
    for row, ((first, end), (low, high)) in enumerate(zip(cues, around, strict=True)):
        width = high - low
        states[row, :width] = state[low - start : high - start, :STATE]
        anchors[row] = state[first - start : end - start, STATE:].mean(0)
        places[row, :width] = neural_features.places(seen, (first, end), low, high)
        distances[row, :width] = neural_features.distances((first, end), low, high)
        mask[row, :width] = 1
        weights[row, first - low : end - low] = 1 / (end - first)
    labels, valid = network.link(states, anchors, places, distances, mask, weights)
    log_probabilities = np.log(softmax(labels.astype(np.float64)) + 1e-12)
    for row, ((first, end), (low, high)) in enumerate(zip(cues, around, strict=True)):
        yield Link(
            (first, end),
            low,
            log_probabilities[row, : high - low],
            float(valid[row]),
            float(likely[first - start : end - start].mean()),
        )


def softmax(logits: NDArray[_Number]) -> NDArray[_Number]:
    """The probabilities that ``logits`` stand for, along the last axis."""
    grown: NDArray[_Number] = np.exp(logits - logits.max(-1, keepdims=True))
    shares: NDArray[_Number] = grown / grown.sum(-1, keepdims=True)
    return shares
