"""The fitted model of stance: gradient-boosted trees, read from a file of numbers and walked in plain Python.

Fitted by ``training/stance/fit.py``; what it was fitted on and how good it is stands in ``model/STANCE_CARD.md``.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

PATH = Path(__file__).parent / "model" / "stance.json"


@dataclass(frozen=True, slots=True)
class Tree:
    """One tree: at each node the feature asked, its threshold, and the nodes to go on to; leaves have feature -1."""

    feature: tuple[int, ...]
    threshold: tuple[float, ...]
    below: tuple[int, ...]
    above: tuple[int, ...]

    def value(self, row: tuple[float, ...]) -> float:
        """Return the value of the leaf that the features lead to."""
        at = 0
        while (feature := self.feature[at]) >= 0:
            at = self.below[at] if row[feature] <= self.threshold[at] else self.above[at]
        return self.threshold[at]


@dataclass(frozen=True, slots=True)
class Model:
    """Several boosted models of the same features, whose probabilities are averaged."""

    labels: tuple[str, ...]
    features: tuple[str, ...]
    first: tuple[tuple[float, ...], ...]
    trees: tuple[tuple[tuple[Tree, ...], ...], ...]

    def probabilities(self, features: Mapping[str, float]) -> dict[str, float]:
        """Return each label's probability; raises ``KeyError`` where a feature is missing."""
        row = tuple(features[name] for name in self.features)
        sums = [0.0] * len(self.labels)
        for first, trees in zip(self.first, self.trees, strict=True):
            raw = [start + sum(tree.value(row) for tree in forest) for start, forest in zip(first, trees, strict=True)]
            highest = max(raw)
            powers = [math.exp(value - highest) for value in raw]
            sums = [total + power / sum(powers) for total, power in zip(sums, powers, strict=True)]
        return {label: total / len(self.trees) for label, total in zip(self.labels, sums, strict=True)}


@cache
def load(path: Path = PATH) -> Model:
    """Return the model in the file; raises ``OSError`` or ``ValueError`` where there is none."""
    return from_json(path.read_text(encoding="utf-8"))


def from_json(text: str) -> Model:
    """Return the model that the text describes, as ``training/stance/fit.py`` writes it."""
    stored = json.loads(text)
    return Model(
        tuple(stored["labels"]),
        tuple(stored["features"]),
        tuple(tuple(one["first"]) for one in stored["models"]),
        tuple(
            tuple(tuple(Tree(*map(tuple, tree)) for tree in forest) for forest in one["forests"])
            for one in stored["models"]
        ),
    )
