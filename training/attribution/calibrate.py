"""Fits the confidence to how often the attributions are right, and chooses the threshold with the best F1.

    python -m training.attribution.calibrate DATA MODEL

An attribution counts as right when its content and its source each share half of their words with an annotated one's
(half of the words of both together). Prints the ``Weights`` for ``tracker.analysis.neural_spans`` and a table of how
often attributions of each confidence are right, from five-fold cross-validation over documents.
"""

from __future__ import annotations

import argparse
import logging
from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from tracker.analysis.neural_decoding import Evidence, Found, Weights, decode
from tracker.analysis.neural_network import Network
from tracker.analysis.neural_reading import Link, links
from training.attribution.corpus import Annotated, Example, read
from training.attribution.train import tokenizer

log = logging.getLogger("calibrate")

_FOLDS = 5
_RIDGE = 1e-2
_BINS = 10
_ALL = Weights(constant=0, valid=0, likely=0, content=0, source=0, sourceless=0, threshold=0)

Floats = NDArray[np.float64]


def words(pieces: tuple[tuple[int, int], ...] | list[tuple[int, int]]) -> set[int]:
    """The words of several ranges."""
    return {word for first, stop in pieces for word in range(first, stop)}


def overlap(a: set[int], b: set[int]) -> float:
    """The words shared, out of all; 1 when there are none at all."""
    return len(a & b) / len(a | b) if a or b else 1.0


def is_right(found: Found, truth: tuple[Annotated, ...]) -> bool:
    """Whether an annotated attribution has half of its content and half of its source."""
    content, source = words(found.content), words([found.source] if found.source else [])
    return any(
        overlap(content, words(each.content)) >= 0.5 and overlap(source, words(each.source)) >= 0.5 for each in truth
    )


def observations(examples: list[Example], linked: list[list[Link]]) -> tuple[Floats, Floats, Floats]:
    """Of every draft: what the network says of it, whether it is right, and which document it is from."""
    rows, right, document = [], [], []
    for index, (example, some) in enumerate(zip(examples, linked, strict=True)):
        for link in some:
            for found in decode([link], _ALL):
                rows.append(regressors(found.evidence))
                right.append(is_right(found, example.attributions))
                document.append(index)
    return np.array(rows), np.array(right, float), np.array(document)


def regressors(evidence: Evidence) -> list[float]:
    """The evidence in the order of ``Weights``."""
    return [1.0, evidence.valid, evidence.likely, evidence.content, evidence.source, float(not evidence.source)]


def fit(rows: Floats, right: Floats) -> Floats:
    """Logistic regression with a slight pull towards nought, by Newton's method."""
    weights = np.zeros(rows.shape[1])
    pull = _RIDGE * np.eye(len(weights))
    for _ in range(40):
        guess = 1 / (1 + np.exp(-rows @ weights))
        gradient = rows.T @ (guess - right) + pull @ weights
        weights -= np.linalg.solve((rows * (guess * (1 - guess))[:, None]).T @ rows + pull, gradient)
    return weights


def crossed(rows: Floats, right: Floats, document: Floats) -> Floats:
    """Each draft's confidence from a fit that has not seen its document."""
    out = np.zeros(len(rows))
    for fold in range(_FOLDS):
        held = document % _FOLDS == fold
        out[held] = 1 / (1 + np.exp(-rows[held] @ fit(rows[~held], right[~held])))
    return out


def best_threshold(examples: list[Example], linked: list[list[Link]], weights: Weights) -> tuple[float, float]:
    """The threshold with the best F1 of right attributions, and that F1."""
    total = sum(len(example.attributions) for example in examples)
    best = (0.0, 0.0)
    for threshold in np.arange(0.2, 0.71, 0.02):
        counted = replace(weights, threshold=float(threshold))
        found = right = 0
        for example, some in zip(examples, linked, strict=True):
            decoded = decode(some, counted)
            found += len(decoded)
            right += sum(is_right(each, example.attributions) for each in decoded)
        best = max(best, (2 * right / (found + total), float(threshold)))
    return best[1], best[0]


def main() -> None:
    """Command line."""
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("data", type=Path)
    asked.add_argument("model", type=Path)
    told = asked.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    network = Network(told.model, check=False)
    examples = read(told.data / "attribution.polnear.dev.jsonl", tokenizer())
    linked = [links(network, example.seen) for example in examples]
    rows, right, document = observations(examples, linked)
    weights = Weights(*(round(float(weight), 3) for weight in (*fit(rows, right), 0.0)))
    threshold, f1 = best_threshold(examples, linked, weights)
    log.info("%s F1 %.3f", replace(weights, threshold=round(threshold, 2)), f1)
    confidence = crossed(rows, right, document)
    for low in np.arange(0, 1, 1 / _BINS):
        held = (confidence >= low) & (confidence < low + 1 / _BINS)
        if held.any():
            log.info("%.1f-%.1f: %5d drafts, %.3f right", low, low + 1 / _BINS, held.sum(), right[held].mean())
    gap = sum(abs(right[held].mean() - confidence[held].mean()) * held.mean() for held in _bins(confidence))
    log.info("expected calibration error %.3f", gap)


def _bins(confidence: Floats) -> list[NDArray[np.bool_]]:
    place = np.minimum((confidence * _BINS).astype(int), _BINS - 1)
    return [place == number for number in range(_BINS) if (place == number).any()]


if __name__ == "__main__":
    main()
