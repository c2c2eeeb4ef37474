"""Which documents report the same event: TF-IDF cosine, joined by single link within a window of days.

Single link after Sparck Jones' weighting (1972): reports of one event chain through the follow-ups that quote them.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tracker.analysis.wording import content_stems

NAME = "tfidf-single-link"
VERSION = "1"

WINDOW = timedelta(days=14)
TITLE_WEIGHT = 3  # a title's words count as often as this
LONGEST = 3_000  # characters of a text that are read; what an event is about comes first
# Cosine from which two documents are of one event.
THRESHOLD = 0.18


@dataclass(frozen=True, slots=True)
class Report:
    """One document to be grouped. Without a day it may join documents of any day."""

    key: str
    title: str
    text: str
    published_on: date | None = None


def group(documents: Sequence[Report], *, threshold: float = THRESHOLD) -> list[str]:
    """Return each document's group in the given order: the key of the group's first document."""
    leaders = list(range(len(documents)))

    def leader(index: int) -> int:
        while leaders[index] != index:
            leaders[index] = leaders[leaders[index]]
            index = leaders[index]
        return index

    for one, other in _links(documents, threshold):
        first, second = sorted((leader(one), leader(other)))
        leaders[second] = first
    return [documents[leader(index)].key for index in range(len(documents))]


def run(lines: Iterable[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """Answer all of ``{"id", "title", "text", "published_at"}`` with ``id`` and ``group``, in the input's order."""
    rows = list(lines)
    reports = [
        Report(
            str(row.get("id")),
            str(row.get("title") or ""),
            str(row.get("text") or ""),
            _day(row.get("published_at")),
        )
        for row in rows
    ]
    for row, found in zip(rows, group(reports), strict=True):
        yield {"id": row.get("id"), "group": found}


def _day(printed: object) -> date | None:
    with suppress(ValueError):
        return date.fromisoformat(str(printed or "")[:10])
    return None


def _links(documents: Sequence[Report], threshold: float) -> Iterator[tuple[int, int]]:
    """Yield each pair of documents within the window whose cosine reaches the threshold."""
    postings, vectors = _weighted(documents)
    days = np.array([d.published_on.toordinal() if d.published_on else -1 for d in documents])
    for index, vector in enumerate(vectors):
        scores = np.zeros(len(documents))
        for feature, weight in vector.items():
            rows, weights = postings[feature]
            scores[rows] += weight * weights
        near = (days < 0) | (days[index] < 0) | (np.abs(days - days[index]) <= WINDOW.days)
        for other in np.flatnonzero((scores >= threshold) & near):
            if other > index:
                yield index, int(other)


Postings = dict[str, tuple[NDArray[np.int64], NDArray[np.float64]]]


def _weighted(documents: Sequence[Report]) -> tuple[Postings, list[dict[str, float]]]:
    """Return unit TF-IDF vectors, by document and by feature."""
    counted = [Counter(content_stems(" ".join([*[d.title] * TITLE_WEIGHT, d.text[:LONGEST]]))) for d in documents]
    frequency = Counter(feature for features in counted for feature in features)
    size = len(documents)
    vectors: list[dict[str, float]] = []
    rows: dict[str, tuple[list[int], list[float]]] = {}
    for index, features in enumerate(counted):
        weights = {f: (1 + math.log(n)) * math.log((1 + size) / frequency[f]) for f, n in features.items()}
        length = math.sqrt(sum(w * w for w in weights.values())) or 1.0
        vectors.append({feature: weight / length for feature, weight in weights.items()})
        for feature, weight in vectors[-1].items():
            places, values = rows.setdefault(feature, ([], []))
            places.append(index)
            values.append(weight)
    return {f: (np.array(places), np.array(values)) for f, (places, values) in rows.items()}, vectors
