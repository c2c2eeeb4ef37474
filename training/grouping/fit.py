"""Fits what each piece of evidence weighs when two reports are held to be of one event.

    python -m training.grouping.fit FILE [--threshold T] [--folds N] [--seed S]

FILE holds incidents as JSON Lines, each with ``id`` and ``documents`` (``id, title, text, published_at``). Prints the
weights for ``tracker/analysis/grouping.py``, and what they reach on incidents that they were not fitted on: for each
fold, fitted on the pairs of the other folds' documents, all documents are grouped, and B-cubed counted over the
documents of the fold. The curve over thresholds is flat at its top; of the best ones the default is the strictest,
because a merged incident makes figures conflict that do not.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections import Counter, defaultdict
from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from tracker.analysis import grouping
from tracker.analysis.agglomeration import average_link
from tracker.analysis.grouping import Report, report_of
from tracker.analysis.incident_evidence import EVIDENCE

Floats = NDArray[np.float64]
PENALTY = 0.1  # L2, on the weights of the evidence as it comes
THRESHOLDS = tuple(float(t) for t in np.arange(-3.0, 0.01, 0.25))
_HOLD = 1e-3  # L2 on the intercept, so that pairs of one sort alone have a solution
_FLOOR = -6.0  # log odds of a pair that is no candidate


@dataclass(frozen=True, slots=True)
class Incidents:
    """Documents and the incident of each."""

    reports: list[Report]
    incident: list[str]


@dataclass(frozen=True, slots=True)
class Pairs:
    """Candidate pairs of the documents, the evidence on each, and whether they are of one incident."""

    pairs: NDArray[np.int64]
    evidence: Floats
    same: NDArray[np.bool_]
    weight: Floats


def read(path: Path) -> Incidents:
    """The incidents of a JSON Lines file, in the order in which grouping works on documents."""
    with path.open(encoding="utf-8") as lines:
        rows = [json.loads(line) for line in lines if line.strip()]
    found = [(report_of(document), str(row["id"])) for row in rows for document in row["documents"]]
    found.sort(key=lambda pair: grouping.rank(pair[0]))
    return Incidents([report for report, _ in found], [incident for _, incident in found])


def pairs_of(incidents: Incidents) -> Pairs:
    """The candidate pairs. Those of one incident weigh together as much as it has documents less one."""
    collection = grouping.collection(incidents.reports)
    pairs = collection.candidates()
    names = incidents.incident
    size = Counter(names)
    same = np.array([names[one] == names[other] for one, other in pairs.tolist()], dtype=bool)
    weight = np.array(
        [2 / size[names[one]] if hit else 1.0 for (one, _), hit in zip(pairs.tolist(), same, strict=True)]
    )
    return Pairs(pairs, collection.evidence(pairs), same, weight)


def fitted(evidence: Floats, same: NDArray[np.bool_], weight: Floats) -> Floats:
    """The weights of a logistic regression, the intercept last, by Newton's method."""
    if not len(evidence):
        return np.zeros(evidence.shape[1] + 1)
    rows = np.hstack([evidence, np.ones((len(evidence), 1))])
    penalty = np.diag([PENALTY] * evidence.shape[1] + [_HOLD])
    weights = np.zeros(rows.shape[1])
    for _ in range(50):
        chance = 1 / (1 + np.exp(-rows @ weights))
        gradient = rows.T @ (weight * (chance - same)) + penalty @ weights
        curvature = (rows * (weight * chance * (1 - chance))[:, None]).T @ rows + penalty
        step = np.linalg.solve(curvature, gradient)
        weights -= step
        if np.abs(step).max() < 1e-8:
            break
    return weights


def folds_of(incidents: Incidents, *, folds: int, seed: int) -> NDArray[np.int64]:
    """The fold of each document: whole incidents, dealt out at random."""
    names = sorted(set(incidents.incident))
    dealt = np.random.default_rng(seed).permutation(len(names)) % folds
    fold = dict(zip(names, dealt.tolist(), strict=True))
    return np.array([fold[name] for name in incidents.incident], dtype=np.int64)


def held_out_scores(found: Pairs, fold: NDArray[np.int64], *, folds: int) -> list[Floats]:
    """The log odds of all pairs, once for each fold, by weights fitted without its documents."""
    one, other = found.pairs[:, 0], found.pairs[:, 1]
    scores = []
    for held in range(folds):
        kept = (fold[one] != held) & (fold[other] != held)
        weights = fitted(found.evidence[kept], found.same[kept], found.weight[kept])
        scores.append(found.evidence @ weights[:-1] + weights[-1])
    return scores


def grouped(size: int, found: Pairs, scores: Floats, threshold: float) -> list[int]:
    """The group of each document."""
    edges = ((int(one), int(other), float(s)) for (one, other), s in zip(found.pairs, scores, strict=True))
    groups = [0] * size
    for number, cluster in enumerate(average_link(size, edges, threshold=threshold, absent=_FLOOR)):
        for member in cluster:
            groups[member] = number
    return groups


def b_cubed(truth: Sequence[Hashable], answer: Sequence[Hashable], counted: Iterable[int]) -> tuple[float, float, int]:
    """Sums of precision and recall over the counted documents, and their number (Bagga and Baldwin 1998)."""
    by_truth: dict[Hashable, set[int]] = defaultdict(set)
    by_answer: dict[Hashable, set[int]] = defaultdict(set)
    for index, (true, given) in enumerate(zip(truth, answer, strict=True)):
        by_truth[true].add(index)
        by_answer[given].add(index)
    precision = recall = 0.0
    number = 0
    for index in counted:
        own, together = by_truth[truth[index]], by_answer[answer[index]]
        precision += len(own & together) / len(together)
        recall += len(own & together) / len(own)
        number += 1
    return precision, recall, number


def cross_validated(
    incidents: Incidents, *, thresholds: Sequence[float] = THRESHOLDS, folds: int = 5, seed: int = 0
) -> dict[float, tuple[float, float, float]]:
    """B-cubed precision, recall and F1 at each threshold, over documents of incidents that were not fitted on."""
    found = pairs_of(incidents)
    fold = folds_of(incidents, folds=folds, seed=seed)
    scores = held_out_scores(found, fold, folds=folds)
    figures = {}
    for threshold in thresholds:
        precision = recall = 0.0
        for held in range(folds):
            answer = grouped(len(fold), found, scores[held], threshold)
            p, r, _ = b_cubed(incidents.incident, answer, np.flatnonzero(fold == held).tolist())
            precision, recall = precision + p, recall + r
        precision, recall = precision / len(fold), recall / len(fold)
        figures[threshold] = precision, recall, 2 * precision * recall / ((precision + recall) or 1.0)
    return figures


def main(argv: list[str] | None = None) -> int:
    """Print the weights and what they reach; the exit status."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("file", type=Path, metavar="FILE")
    parser.add_argument("--threshold", type=float, default=-2.0, help="log odds from which groups are joined")
    parser.add_argument("--folds", type=int, default=5)
    parser.add_argument("--seed", type=int, default=0)
    asked = parser.parse_args(argv)
    incidents = read(asked.file)
    figures = cross_validated(incidents, folds=asked.folds, seed=asked.seed)
    out = ["threshold      P      R     F1   (held out)"]
    out += [f"{threshold:9.2f}  {p:.3f}  {r:.3f}  {f1:.4f}" for threshold, (p, r, f1) in figures.items()]
    found = pairs_of(incidents)
    weights = fitted(found.evidence, found.same, found.weight)
    out.append(
        f"\nwith the threshold {asked.threshold} at 0 (and a pair that is no candidate at {_FLOOR - asked.threshold}):"
    )
    out += [f'    "{name}": {weight:.3f},' for name, weight in zip(EVIDENCE, weights, strict=False)]
    out.append(f"    bias {weights[-1] - asked.threshold:.3f}")
    sys.stdout.write("\n".join(out) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
