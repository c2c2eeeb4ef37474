"""The trained network of the span finder: two small graphs run by onnxruntime, checked by hash before they are used.

The *reader* reads a window of word pieces and says of each whether it is part of a cue, and what the linker has to know
of it. The *linker* takes one cue with the words around it and labels them as its source, its content or neither.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from tokenizers import Tokenizer

from tracker.analysis.neural_features import FEATURE_SIZES, Ints
from tracker.analysis.types import Span

# Its official builds send their maker what runs them, under an id that they leave in the home folder, unless they are
# told not to before they are loaded. Nothing of an investigation is anybody's business.
os.environ["ORT_DISABLE_TELEMETRY"] = "1"

import onnxruntime

Floats = NDArray[np.float32]

DIRECTORY = Path(__file__).parent / "model"
# The files belong together; a damaged or exchanged one must not pass for a finding of this version.
SHA256 = {
    "reader.onnx": "b8ad7fde0510b38025b91a46c1e1177d64bf1ce1ef0596f484dfda625f7dcb78",
    "linker.onnx": "fee3833b81b7e93c5eb15457d1779bd7ba0f05565a5fb0d0d5eeb9174d05f3aa",
    "tokenizer.json": "be50c3628f2bf5bb5e3a7f17b1f74611b2561a3a27eeab05e5aa30f411572037",
}
VERSION = "2"

STATE = 160
"""Numbers that the reader gives of each word for the linker; twice as many in all, the second half for cues."""

WINDOW = 254
"""Word pieces in one window, the two special ones at its ends left out."""

_OPEN, _CLOSE = 101, 102  # the vocabulary's numbers of [CLS] and [SEP]


class ModelError(RuntimeError):
    """A model file is missing or is not the one this version was released with."""


@dataclass(frozen=True, slots=True)
class Reading:
    """What the reader says of each word piece: logits of no cue, a cue's first word and a later one; its state."""

    cue: Floats
    state: Floats


class Network:
    """The two graphs and the tokeniser. Answers are the same on every call and whatever is asked besides."""

    def __init__(self, directory: Path = DIRECTORY, *, threads: int = 1, check: bool = True) -> None:
        """Load the files; ``ModelError`` when one is missing or, with ``check``, not the one named in ``SHA256``."""
        contents = {name: _content(directory / name, SHA256[name] if check else None) for name in SHA256}
        self._tokenizer = Tokenizer.from_str(contents["tokenizer.json"].decode())
        self._tokenizer.no_truncation()
        self._tokenizer.no_padding()
        self._reader = _session(contents["reader.onnx"], threads)
        self._linker = _session(contents["linker.onnx"], threads)

    def pieces(self, text: str) -> tuple[list[int], list[Span]]:
        """The word pieces of ``text``: their numbers in the vocabulary, and where each stands."""
        encoding = self._tokenizer.encode(text, add_special_tokens=False)
        return encoding.ids, encoding.offsets

    def read(self, pieces: Ints, features: Ints) -> Reading:
        """One window of at most ``WINDOW`` word pieces. It is run by itself: what else is read changes nothing."""
        numbers = np.concatenate([[_OPEN], pieces, [_CLOSE]])[np.newaxis]
        edge = np.zeros((1, len(FEATURE_SIZES)), np.int64)
        shown = np.concatenate([edge, features, edge])[np.newaxis]
        cue, state = self._reader.run(["cue", "state"], {"pieces": numbers, "features": shown})
        return Reading(cue[0, 1:-1], state[0, 1:-1])

    def link(
        self, states: Floats, anchors: Floats, places: Ints, distances: Ints, mask: Floats, cue: Floats
    ) -> tuple[Floats, Floats]:
        """Logits of the words around each cue, and one of its being a cue at all.

        The labels are: none, source, source goes on, content, content goes on.
        ``states`` [cues, words, STATE]; ``anchors`` [cues, STATE], the mean over the cue's words; ``cue`` holds the
        weight of each word in that mean; ``mask`` is 1 where there is a word.
        """
        labels, valid = self._linker.run(
            ["labels", "valid"],
            {"states": states, "anchors": anchors, "places": places, "distances": distances, "mask": mask, "cue": cue},
        )
        return labels, valid


@cache
def shared() -> Network:
    """The network of this process, loaded on first use."""
    return Network()


def _content(path: Path, digest: str | None) -> bytes:
    try:
        content = path.read_bytes()
    except OSError as error:
        raise ModelError(f"the span finder's {path.name} cannot be read") from error
    if digest is not None and hashlib.sha256(content).hexdigest() != digest:
        raise ModelError(f"the span finder's {path.name} is not the file of version {VERSION}")
    return content


def _session(content: bytes, threads: int) -> onnxruntime.InferenceSession:
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    options.log_severity_level = 3
    return onnxruntime.InferenceSession(content, options, providers=_providers())


def _providers() -> Sequence[str]:
    return ["CPUExecutionProvider"]
