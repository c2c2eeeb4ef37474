"""What the linker is trained on: the annotated cues, the reader's own guesses at them, and words that are no cues."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from tracker.analysis.neural_features import SIDE, distances, places
from tracker.analysis.neural_reading import LONGEST_CUE, Range, runs
from training.attribution.corpus import Annotated
from training.attribution.windows import IGNORED, Window, link_labels

_POSSIBLE = 0.12  # lower than at run time: the linker should know what it is to refuse
_OWN_GUESS = 0.4  # how often an annotated cue is replaced by the reader's guess at it
_MOST_WRONG = 4  # in a window
_VERB, _NO_PLACES = 0.5, 0.1


@dataclass(frozen=True, slots=True)
class _Candidate:
    row: int
    cue: Range
    truth: Annotated | None


@dataclass(frozen=True, slots=True)
class Candidates:
    """Cues with the words around them; ``window`` and ``pieces`` say where each word's state is."""

    window: Tensor
    pieces: Tensor
    places: Tensor
    distances: Tensor
    mask: Tensor
    cue: Tensor
    labels: Tensor
    valid: Tensor


def candidates(windows: list[Window], likely: NDArray[np.float32], noise: np.random.Generator) -> Candidates | None:
    """The candidates of a batch, given how ``likely`` the reader thinks each word part of a cue; none where none is."""
    chosen = [each for row, window in enumerate(windows) for each in _of_window(row, window, likely[row], noise)]
    return _tensors(windows, chosen, noise) if chosen else None


def _of_window(row: int, window: Window, likely: NDArray[np.float32], noise: np.random.Generator) -> list[_Candidate]:
    guesses = [
        (first + window.start, last + window.start)
        for first, last in runs(likely[: window.stop - window.start] > _POSSIBLE)
        if last - first < LONGEST_CUE
    ]
    out = []
    for cue, truth in window.cues:
        near = [guess for guess in guesses if _overlap(guess, cue)]
        shown = near[noise.integers(len(near))] if near and noise.random() < _OWN_GUESS else cue
        out.append(_Candidate(row, shown, truth))
    wrong = [guess for guess in guesses if not any(_overlap(guess, cue) for cue, _ in window.cues)]
    noise.shuffle(wrong)
    wrong = wrong[:_MOST_WRONG]
    verbs = window.verbs()
    if verbs and noise.random() < _VERB:
        verb = verbs[noise.integers(len(verbs))]
        wrong.append((verb, verb + 1))
    return out + [_Candidate(row, (int(first), int(last)), None) for first, last in wrong]


def _overlap(a: Range, b: Range) -> bool:
    return a[0] < b[1] and b[0] < a[1]


def _tensors(windows: list[Window], chosen: list[_Candidate], noise: np.random.Generator) -> Candidates:
    around = [
        (max(windows[each.row].start, each.cue[0] - SIDE), min(windows[each.row].stop, each.cue[1] + SIDE))
        for each in chosen
    ]
    shape = (len(chosen), max(high - low for low, high in around))
    pieces, place, distance = (np.zeros(shape, np.int64) for _ in range(3))
    mask, weight = np.zeros(shape, np.float32), np.zeros(shape, np.float32)
    labels = np.full(shape, IGNORED)
    for row, (each, (low, high)) in enumerate(zip(chosen, around, strict=True)):
        window, width = windows[each.row], high - low
        pieces[row, :width] = window.seen.first[low:high] - window.pieces[0] + 1
        if noise.random() >= _NO_PLACES:
            place[row, :width] = places(window.seen, each.cue, low, high)
        distance[row, :width] = distances(each.cue, low, high)
        mask[row, :width] = 1
        weight[row, each.cue[0] - low : each.cue[1] - low] = 1 / (each.cue[1] - each.cue[0])
        if each.truth is not None:
            labels[row, :width] = link_labels(each.truth, low, high)
    row_of = np.array([each.row for each in chosen])
    valid = np.array([each.truth is not None for each in chosen], np.float32)
    arrays = (row_of, pieces, place, distance, mask, weight, labels, valid)
    return Candidates(*(torch.from_numpy(array) for array in arrays))
