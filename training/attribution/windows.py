"""Training windows: stretches of a document cut at sentences, differently in every epoch, with their labels."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from tracker.analysis.neural_decoding import CONTENT, SOURCE
from tracker.analysis.neural_features import FEATURE_SIZES, TAGS, Ints, View
from tracker.analysis.neural_network import WINDOW
from tracker.analysis.neural_reading import Range
from training.attribution.corpus import Annotated, Example

OPEN, CLOSE, MASK = 101, 102, 103  # [CLS], [SEP] and [MASK] in the vocabulary
IGNORED = -100
_SHORTEST_FIRST = 60  # word pieces in the first window of an epoch, at the least
_MASKED, _UNPARSED = 0.06, 0.15
_PARSE_FEATURES = 3  # from this feature on they come from the parser
_TAG_FEATURE = 3


@dataclass(frozen=True, slots=True)
class Window:
    """Words ``[start, stop)`` of a document, with labels: of cues (first 1, later 2) and of roles, word by word."""

    example: Example
    start: int
    stop: int
    cue: Ints
    role: Ints
    cues: tuple[tuple[Range, Annotated], ...]

    @property
    def seen(self) -> View:
        """The document."""
        return self.example.seen

    @property
    def pieces(self) -> Range:
        """Its word pieces."""
        return self.seen.piece_range(self.start, self.stop)

    @property
    def size(self) -> int:
        """How many word pieces it has."""
        return self.pieces[1] - self.pieces[0]

    def verbs(self) -> list[int]:
        """The words tagged as verbs that are in no cue: cues that might have been."""
        tags = self.seen.features[self.seen.first[self.start : self.stop], _TAG_FEATURE]
        return [
            self.start + index
            for index, (tag, cue) in enumerate(zip(tags, self.cue, strict=True))
            if cue == 0 and TAGS[tag].startswith("VB")
        ]


def cut(example: Example, chance: np.random.Generator) -> list[Window]:
    """The document in windows one after another; where the first one ends is left to chance."""
    seen = example.seen
    if not len(seen):
        return []
    bounds = np.append(seen.first, len(seen.pieces))
    most = int(chance.integers(_SHORTEST_FIRST, WINDOW, endpoint=True)) if bounds[-1] > WINDOW else WINDOW
    out, start = [], 0
    while start < len(seen):
        stop = max(start + 1, int(np.searchsorted(bounds, bounds[start] + most, side="right")) - 1)
        stop = min(stop, len(seen))
        if stop < len(seen):
            sentence = int(np.searchsorted(seen.sentence, seen.sentence[stop]))
            stop = sentence if sentence > start else stop
        out.append(_window(example, start, stop))
        start, most = stop, WINDOW
    return out


def _window(example: Example, start: int, stop: int) -> Window:
    cue, role = np.zeros(stop - start, np.int64), np.zeros(stop - start, np.int64)
    cues = []
    for each in example.attributions:
        at = each.cue_range
        if at is None:
            continue
        for pieces, label in ((each.content, 5), (each.source, 1), (each.cue, 3)):
            mark(role, pieces, start, label)
        if start <= at[0] and at[1] <= stop:
            mark(cue, (at,), start, 1)
            cues.append((at, each))
    return Window(example, start, stop, cue, role, tuple(cues))


def mark(labels: Ints, pieces: tuple[Range, ...], offset: int, label: int) -> None:
    """Set ``label`` at the first word of each piece and the next number at its others; parts outside are left out."""
    for first, last in pieces:
        start, stop = max(first - offset, 0), min(last - offset, len(labels))
        if start < stop:
            labels[start] = label
            labels[start + 1 : stop] = label + 1


def link_labels(each: Annotated, low: int, high: int) -> Ints:
    """The linker's labels of the words from ``low`` up to ``high`` for one attribution."""
    labels = np.zeros(high - low, np.int64)
    mark(labels, each.source, low, SOURCE)
    mark(labels, each.content, low, CONTENT)
    return labels


@dataclass(frozen=True, slots=True)
class Batch:
    """Windows side by side; ``first`` is each word's first piece, labels are ``IGNORED`` where there is no word."""

    pieces: Tensor
    features: Tensor
    mask: Tensor
    first: Tensor
    cue: Tensor
    role: Tensor


def batch(windows: list[Window], noise: np.random.Generator) -> Batch:
    """The windows as tensors. Some pieces are masked and at times the parse is hidden: neither is to be relied on."""
    rows, longest = len(windows), max(window.size for window in windows) + 2
    most = max(window.stop - window.start for window in windows)
    pieces = np.zeros((rows, longest), np.int64)
    features = np.zeros((rows, longest, len(FEATURE_SIZES)), np.int64)
    mask = np.zeros((rows, longest), np.float32)
    first = np.zeros((rows, most), np.int64)
    cue, role = np.full((rows, most), IGNORED), np.full((rows, most), IGNORED)
    for row, window in enumerate(windows):
        (a, b), words = window.pieces, window.stop - window.start
        size = b - a
        shown = window.seen.pieces[a:b].copy()
        shown[noise.random(size) < _MASKED] = MASK
        pieces[row, 0], pieces[row, 1 : size + 1], pieces[row, size + 1] = OPEN, shown, CLOSE
        features[row, 1 : size + 1] = window.seen.features[a:b]
        if noise.random() < _UNPARSED:
            features[row, :, _PARSE_FEATURES:] = 0
        mask[row, : size + 2] = 1
        first[row, :words] = window.seen.first[window.start : window.stop] - a + 1
        cue[row, :words], role[row, :words] = window.cue, window.role
    return Batch(*(torch.from_numpy(array) for array in (pieces, features, mask, first, cue, role)))
