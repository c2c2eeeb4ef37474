"""What speaks for and against two reports being of one event, as a few numbers for each pair that is worth a look.

Everything is looked up through inverted indexes whose common entries are left out, so that the work grows with the
number of reports and not with that of their pairs.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence, Set
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from tracker.analysis.incident_features import Features

Floats = NDArray[np.float64]
Pairs = NDArray[np.int64]

EVIDENCE = (
    "names",  # root of the summed weights (inverse document frequency, in nats) of the names that both give
    "wording",  # cosine of the headlines and leads, TF-IDF
    "headline",  # share of the one's headline that the other says too, the better of both ways, by weight
    "ages",  # cosine of the ages given
    "ages differ",  # 1 where both give ages and none is the other's
    "states differ",  # 1 where both name states and none is the other's
    "days apart",  # ln(1 + days) between the days that they speak of, the nearer of first and earliest
    "published apart",  # ln(1 + days) between publications, a week at most
    "length",  # ln(1 + content words) of the shorter: long texts share more by chance
)
# Weights as in a collection of this size at least: in ten reports nothing looks rare.
_SMALLEST = 300
_FEWEST = 4  # a report of fewer content words says too little to be placed, and is no candidate
_COMMON = 200  # an entry that more reports share brings up no candidates
_COMMON_IN_HEADLINES = 1_000  # headlines are short, and all that some pages have
# How many candidates each report gets at most by its words, its lead, its names, its headline.
_BY_TEXT, _BY_LEAD, _BY_NAMES, _BY_HEADLINE = 20, 14, 14, 10
_FADING = 10.0  # days; a headline's likeness counts half at this distance
_ROWS, _PAIRS = 1_000, 20_000  # worked on at a time
_LONGEST_GAP = 1_200  # days
_WEEK = math.log(8)


class Collection:
    """Reports as matrices, one row each. Only ``candidates`` and ``evidence`` are for others; the rest explains."""

    def __init__(self, reports: Sequence[Features]) -> None:
        self.reports = reports
        self._size = max(len(reports), _SMALLEST)
        self.is_name = _names(reports)
        stems, frequency = _vocabulary(report.stems for report in reports)
        self._frequency = frequency
        weights = self._weights(frequency)
        self._text = _unit(_matrix([report.stems for report in reports], stems, weights))
        self._lead = _unit(_matrix([report.lead for report in reports], stems, weights))
        self._said = _matrix([dict.fromkeys(report.stems, 1) for report in reports], stems, np.ones(len(stems)))
        headlines = _matrix([dict.fromkeys(report.title, 1) for report in reports], stems, weights)
        self._headline = _scaled(headlines, np.asarray(headlines.sum(axis=1)).ravel())
        self._names, self._name_frequency = self._set_matrix([report.tokens & self.is_name for report in reports])
        self._ages = _unit(self._set_matrix([report.ages for report in reports])[0])
        states, _ = _vocabulary(report.states for report in reports)
        self._states = _matrix([dict.fromkeys(r.states, 1) for r in reports], states, np.ones(len(states)))
        self._published = _ordinals(report.published for report in reports)
        self._first = _ordinals(r.days[0] if r.days else r.published for r in reports)
        self._earliest = _ordinals(min(r.days) if r.days else r.published for r in reports)
        self._length = np.log1p([float(sum(report.stems.values())) for report in reports])

    def candidates(self) -> Pairs:
        """Return the pairs that share enough to be looked at, as rows ``(lower, higher)`` in order."""
        rare = np.where(self._frequency <= _COMMON, 1.0, 0.0)
        text, lead = _columns(self._text, rare), _columns(self._lead, rare)
        names = _columns(self._names, np.where(self._name_frequency <= _COMMON, 1.0, 0.0))
        headline = _columns(self._headline, np.where(self._frequency <= _COMMON_IN_HEADLINES, 1.0, 0.0))
        found: set[int] = set()
        for asked, answering, most, fades in (
            (text, text, _BY_TEXT, False),
            (lead, lead, _BY_LEAD, False),
            (names, names, _BY_NAMES, False),
            (headline, self._said, _BY_HEADLINE, True),
        ):
            found |= self._nearest(asked, answering, most, fades=fades)
        keys = np.array(sorted(found), dtype=np.int64)
        return np.stack([keys // len(self.reports), keys % len(self.reports)], axis=1) if found else _no_pairs()

    def evidence(self, pairs: Pairs) -> Floats:
        """Return the evidence on each pair: a row a pair, a column each of ``EVIDENCE``."""
        one, other = pairs[:, 0], pairs[:, 1]
        ages = _products(self._ages, self._ages, one, other)
        states = _products(self._states, self._states, one, other)
        columns = {
            "names": np.sqrt(_products(self._names, self._names, one, other)),
            "wording": _products(self._lead, self._lead, one, other),
            "headline": np.maximum(
                _products(self._headline, self._said, one, other), _products(self._headline, self._said, other, one)
            ),
            "ages": ages,
            "ages differ": np.where(_filled(self._ages, one) & _filled(self._ages, other) & (ages == 0), 1.0, 0.0),
            "states differ": np.where(
                _filled(self._states, one) & _filled(self._states, other) & (states == 0), 1.0, 0.0
            ),
            "days apart": np.minimum(_apart(self._first, one, other), _apart(self._earliest, one, other)),
            "published apart": np.minimum(_apart(self._published, one, other), _WEEK),
            "length": np.minimum(self._length[one], self._length[other]),
        }
        return np.stack([columns[name] for name in EVIDENCE], axis=1)

    def shared_names(self, one: int, other: int) -> list[str]:
        """Return the names that both reports give, folded, the rarest first."""
        both = self.reports[one].tokens & self.reports[other].tokens & self.is_name
        reports_with = Counter(name for report in self.reports for name in both & report.tokens)
        return sorted(both, key=lambda name: (reports_with[name], name))

    def _weights(self, frequency: NDArray[np.int64]) -> Floats:
        """Inverse document frequencies in nats."""
        return np.log((1 + self._size) / frequency)

    def _set_matrix(self, sets: Sequence[Set[str]]) -> tuple[Any, NDArray[np.int64]]:
        """Rows whose product is the summed weight of what they share; how many rows have each entry."""
        vocabulary, frequency = _vocabulary(sets)
        roots = np.sqrt(self._weights(frequency))
        return _matrix([dict.fromkeys(entries, 1) for entries in sets], vocabulary, roots), frequency

    def _nearest(self, asked: Any, answering: Any, most: int, *, fades: bool) -> set[int]:
        """Each row's nearest rows by product, as ``lower * rows + higher``."""
        size, found = len(self.reports), set()
        columns = sparse.csr_matrix(answering.T)
        tells = self._length > math.log(_FEWEST)  # ln(1 + words)
        for start in range(0, size, _ROWS):
            products = sparse.csr_matrix(asked[start : start + _ROWS] @ columns)
            for row in range(products.shape[0]):
                index = start + row
                own = slice(products.indptr[row], products.indptr[row + 1])
                others, near = products.indices[own], products.data[own]
                if fades:
                    near = near / (1 + np.expm1(_apart(self._published, np.full(len(others), index), others)) / _FADING)
                if len(others) > most + 1:
                    others = others[np.argpartition(-near, most)[: most + 1]]  # one of them is the row itself
                for other in others.tolist():
                    if other != index and tells[index] and tells[other]:
                        found.add(min(index, other) * size + max(index, other))
        return found


def _names(reports: Sequence[Features]) -> frozenset[str]:
    """The words that have a capital within sentences more often than they have none."""
    capitalised: Counter[str] = Counter()
    lower: Counter[str] = Counter()
    for report in reports:
        capitalised.update(report.capitalised)
        lower.update(report.lower)
    return frozenset(word for word, times in capitalised.items() if len(word) > 1 and times > lower[word])


def _vocabulary(entries: Iterable[Iterable[str]]) -> tuple[dict[str, int], NDArray[np.int64]]:
    """A column for each entry, in alphabetical order, and in how many rows it is."""
    frequency = Counter(entry for row in entries for entry in set(row))
    ordered = sorted(frequency)
    return dict(zip(ordered, range(len(ordered)), strict=True)), np.array(
        [frequency[e] for e in ordered], dtype=np.int64
    )


def _matrix(rows: Sequence[Mapping[str, int]], vocabulary: Mapping[str, int], weights: Floats) -> Any:
    """Rows of ``(1 + ln count) * weight``. The vocabulary holds every entry."""
    starts = np.cumsum([0, *(len(row) for row in rows)])
    columns = np.array([vocabulary[entry] for row in rows for entry in row], dtype=np.int64)
    counts = np.array([count for row in rows for count in row.values()], dtype=np.float64)
    values = (1 + np.log(counts)) * weights[columns]
    matrix = sparse.csr_matrix((values, columns, starts), shape=(len(rows), max(1, len(vocabulary))))
    matrix.sort_indices()
    return matrix


def _scaled(matrix: Any, lengths: Floats) -> Any:
    return sparse.csr_matrix(sparse.diags(1 / np.where(lengths > 0, lengths, 1.0)) @ matrix)


def _unit(matrix: Any) -> Any:
    return _scaled(matrix, np.sqrt(np.asarray(matrix.multiply(matrix).sum(axis=1)).ravel()))


def _columns(matrix: Any, kept: Floats) -> Any:
    """The matrix without the columns that are not kept."""
    if matrix.shape[1] != len(kept):
        return matrix  # a vocabulary without entries has one empty column
    found = sparse.csr_matrix(matrix @ sparse.diags(kept))
    found.eliminate_zeros()
    return found


def _products(left: Any, right: Any, one: NDArray[np.int64], other: NDArray[np.int64]) -> Floats:
    """The product of a row of the one matrix and a row of the other, for each pair."""
    out = np.zeros(len(one))
    for start in range(0, len(one), _PAIRS):
        part = slice(start, start + _PAIRS)
        out[part] = np.asarray(left[one[part]].multiply(right[other[part]]).sum(axis=1)).ravel()
    return out


def _filled(matrix: Any, rows: NDArray[np.int64]) -> NDArray[np.bool_]:
    filled: NDArray[np.bool_] = (np.diff(matrix.indptr) > 0)[rows]
    return filled


def _ordinals(days: Iterable[int | None]) -> NDArray[np.int64]:
    """Days as numbers, -1 where unknown."""
    return np.array([-1 if day is None else day for day in days], dtype=np.int64)


def _apart(days: NDArray[np.int64], one: NDArray[np.int64], other: NDArray[np.int64]) -> Floats:
    """ln(1 + days between); 0 where a day is unknown, which then speaks neither for nor against."""
    first, second = days[one], days[other]
    gap = np.minimum(np.abs(first - second), _LONGEST_GAP)
    return np.where((first < 0) | (second < 0), 0.0, np.log1p(gap))


def _no_pairs() -> Pairs:
    return np.zeros((0, 2), dtype=np.int64)
