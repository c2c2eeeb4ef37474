"""Fits the gradient-boosted trees of ``tracker.analysis.stance_trees``, and says how good they are on unseen claims.

    python -m training.stance.fit GOLD OUT

GOLD: JSON Lines with ``premise``, ``hypothesis`` and ``stance``. Three models that differ in their random draws only
are fitted on all of it and written to OUT. Before that, the same is fitted five times on four fifths of the hypotheses
and judged on the last fifth, for each of three ways to draw the fifths: a hypothesis is never on both sides.
"""

from __future__ import annotations

import argparse
import json
import logging
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.ensemble import GradientBoostingClassifier

from tracker.analysis.stance import judge
from tracker.analysis.stance_lines import measure
from tracker.analysis.stance_trees import from_json

log = logging.getLogger("stance")

LABELS = ("neutral", "refutes", "supports")
FOLDS, DRAWS, BAGS = 5, 3, 3
# Chosen among a handful by the cross-validation below; its figures hardly tell them apart.
SETTINGS = {
    "n_estimators": 90,
    "learning_rate": 0.05,
    "max_depth": 4,
    "min_samples_leaf": 10,
    "max_features": 0.15,
    "subsample": 0.6,
}

Floats = NDArray[np.float64]
Labels = NDArray[np.int64]


def read(path: Path) -> list[dict[str, Any]]:
    """The rows of a gold file."""
    with path.open(encoding="utf-8") as lines:
        return [json.loads(line) for line in lines if line.strip()]


def matrix(rows: list[dict[str, Any]]) -> tuple[list[str], Floats]:
    """The features' names and the rows' values, in that order."""
    measured = [measure(row["premise"], row["hypothesis"]).features for row in rows]
    names = sorted(measured[0])
    return names, np.array([[one[name] for name in names] for one in measured])


def fitted(values: Floats, labels: Labels, seed: int) -> list[GradientBoostingClassifier]:
    """Models of the same data, each of its own random draws."""
    return [
        GradientBoostingClassifier(**SETTINGS, random_state=100 * seed + bag).fit(values, labels) for bag in range(BAGS)
    ]


def folds(groups: list[str], seed: int) -> Iterator[NDArray[np.bool_]]:
    """For each fold, which rows are left out: all of some groups."""
    names = np.array(sorted(set(groups)))
    np.random.default_rng(seed).shuffle(names)
    for fold in range(FOLDS):
        out = set(names[fold::FOLDS])
        yield np.array([group in out for group in groups])


def f1(gold: Labels, answered: Labels) -> list[float]:
    """Each label's F1."""
    found = []
    for label in range(len(LABELS)):
        right = int(((gold == label) & (answered == label)).sum())
        found.append(2 * right / max(1, int((gold == label).sum() + (answered == label).sum())))
    return found


def held_out(rows: list[dict[str, Any]], seed: int) -> list[dict[str, Any]]:
    """The product's answer to every row, with headlines judged by models that never saw the row's hypothesis."""
    names, values = matrix(rows)
    labels = numbered(rows)
    answers: dict[int, dict[str, Any]] = {}
    for out in folds([row["hypothesis"] for row in rows], seed):
        model = from_json(as_json(names, fitted(values[~out], labels[~out], seed)))
        for at in np.flatnonzero(out).tolist():
            found = judge(rows[at]["premise"], rows[at]["hypothesis"], model=model)
            answers[at] = {"id": rows[at].get("id", at), "stance": found.label, "scores": found.scores}
    return [answers[at] for at in range(len(rows))]


def numbered(rows: list[dict[str, Any]]) -> Labels:
    """The rows' labels as numbers."""
    return np.array([LABELS.index(row["stance"]) for row in rows])


def cross_validated(rows: list[dict[str, Any]]) -> None:
    """Log F1 by label, macro F1 and accuracy on unseen hypotheses, for each draw."""
    labels = numbered(rows)
    for seed in range(DRAWS):
        answered = numbered(held_out(rows, seed))
        each = f1(labels, answered)
        shown = ", ".join(f"{label} {value:.3f}" for label, value in zip(LABELS, each, strict=True))
        log.info("draw %d: %s, macro %.3f, accuracy %.3f", seed, shown, np.mean(each), (labels == answered).mean())


def as_json(names: list[str], models: list[GradientBoostingClassifier]) -> str:
    """The models as ``tracker.analysis.stance_trees`` reads them."""
    stored = {"labels": LABELS, "features": names, "models": [exported(model) for model in models]}
    return json.dumps(stored, separators=(",", ":")) + "\n"


def exported(model: GradientBoostingClassifier) -> dict[str, Any]:
    """One model as numbers: where it starts, and each label's trees."""
    start = np.log(np.maximum(model.init_.class_prior_, 1e-12))
    forests = []
    for label in range(len(LABELS)):
        forest = []
        for stage in model.estimators_:
            tree = stage[label].tree_
            leaf = tree.children_left < 0
            numbers = np.where(leaf, tree.value[:, 0, 0] * model.learning_rate, tree.threshold)
            forest.append(
                [
                    np.where(leaf, -1, tree.feature).tolist(),
                    [float(f"{number:.6g}") for number in numbers],
                    np.where(leaf, 0, tree.children_left).tolist(),
                    np.where(leaf, 0, tree.children_right).tolist(),
                ]
            )
        forests.append(forest)
    return {"first": start.tolist(), "forests": forests}


def main() -> None:
    """Cross-validate, fit on everything, write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("gold", type=Path)
    parser.add_argument("out", type=Path)
    asked = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    rows = read(asked.gold)
    cross_validated(rows)
    names, values = matrix(rows)
    asked.out.write_text(as_json(names, fitted(values, numbered(rows), seed=DRAWS)), encoding="utf-8")
    log.info("%d features, %d rows; written to %s", len(names), len(rows), asked.out)


if __name__ == "__main__":
    main()
