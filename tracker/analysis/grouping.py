"""Which documents report the same event, and why.

Pairs that share rare words, names or headlines are scored on a few things that a reader would look at (names, ages,
places, days, wording; ``incident_evidence``), and the scores joined by average link (``agglomeration``). No window of
days cuts pairs off: an arrest months later still names the victim. The order of the documents makes no difference.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np

from tracker.analysis.agglomeration import average_link
from tracker.analysis.furniture import headline, without_furniture
from tracker.analysis.incident_evidence import EVIDENCE, Collection, Floats
from tracker.analysis.incident_features import features_of

NAME = "incident-average-link"
VERSION = "2"

# Two groups are joined while the average score of their pairs is at least this. The scores are log odds, shifted.
THRESHOLD = 0.0
ABSENT = -4.0  # the score of a pair that is no candidate, and the least that counts
# What a unit of evidence adds to the score. Fitted by ``training/grouping/fit.py``: logistic regression on the
# candidate pairs of 765 incidents of the Gun Violence Archive (news from SemEval-2018 task 5, development part: 1,999
# documents), the pairs of one incident weighing as much as it has documents less one. On incidents that were not
# fitted on, five folds: B-cubed P 0.976, R 0.921, F1 0.948.
# They know crime in many towns. Where all reports are of one war, on the same few places, days and deeds, they join too
# readily (a threshold of 2 is better there). How many died is left out on purpose: reports of one event that give other
# figures are just those that must meet.
WEIGHTS = {
    "names": 1.010,
    "wording": 8.421,
    "headline": 3.004,
    "ages": 2.314,
    "ages differ": -0.941,
    "states differ": -1.295,
    "days apart": -0.830,
    "published apart": -0.765,
    "length": -1.056,
}
BIAS = 0.698

_TELLING = 0.25  # what adds or takes less than this from a score is not worth a word
_MOST_NAMES = 6


@dataclass(frozen=True, slots=True)
class Report:
    """One document to be grouped. Without a day its words alone decide."""

    key: str
    title: str
    text: str
    published_on: date | None = None


@dataclass(frozen=True, slots=True)
class Comparison:
    """What speaks for and against two reports being of one event, in words, the weightiest first.

    ``score`` is that of the pair alone; ``together`` is whether the grouping has them in one group, which also hangs on
    the other reports of their groups.
    """

    together: bool
    score: float
    reasons: tuple[str, ...]


class Grouping:
    """The groups of a collection of reports. ``groups`` has each report's, in the given order."""

    def __init__(self, documents: Sequence[Report], *, threshold: float = THRESHOLD) -> None:
        given = sorted(range(len(documents)), key=lambda index: rank(documents[index]))
        self._place = {index: place for place, index in enumerate(given)}
        self._documents = [documents[index] for index in given]
        self._collection = collection(self._documents)
        pairs = self._collection.candidates()
        scores = score(self._collection.evidence(pairs))
        edges = ((int(one), int(other), float(s)) for (one, other), s in zip(pairs, scores, strict=True))
        clusters = average_link(len(documents), edges, threshold=threshold, absent=ABSENT)
        self._leader = {member: cluster[0] for cluster in clusters for member in cluster}
        self._clusters = {cluster[0]: cluster for cluster in clusters}
        self.groups = [self._documents[self._leader[self._place[i]]].key for i in range(len(documents))]

    def compare(self, one: int, other: int) -> Comparison:
        """Return what speaks for and against the reports at two positions of the given order being of one event."""
        first, second = self._place[one], self._place[other]
        together = self._leader[first] == self._leader[second]
        pairs = np.array([(min(first, second), max(first, second))], dtype=np.int64)
        evidence = self._collection.evidence(pairs)
        (total,) = score(evidence).tolist()
        reasons = self._reasons(first, second, dict(zip(EVIDENCE, evidence[0].tolist(), strict=True)))
        if together and first != second and total < THRESHOLD and (link := self._link(first, second)) is not None:
            reasons.append(f"the report {self._documents[link].key} links them")
        return Comparison(together, total, tuple(reasons))

    def _reasons(self, one: int, other: int, evidence: dict[str, float]) -> list[str]:
        weighed = sorted(((WEIGHTS[name] * value, name) for name, value in evidence.items()), key=lambda w: -abs(w[0]))
        told = []
        for weight, name in weighed:
            if abs(weight) >= _TELLING and name in _WORDS:
                told.append(_WORDS[name](self._collection, one, other, evidence[name]))
        return told

    def _link(self, one: int, other: int) -> int | None:
        """The report of the group whose weaker tie to either of the two is the strongest."""
        between = [m for m in self._clusters[self._leader[one]] if m not in (one, other)]
        if not between:
            return None
        ties = [
            score(self._collection.evidence(np.array([sorted((m, end)) for m in between], dtype=np.int64)))
            for end in (one, other)
        ]
        return between[int(np.argmax(np.minimum(*ties)))]


def group(documents: Sequence[Report], *, threshold: float = THRESHOLD) -> list[str]:
    """Return each document's group in the given order: the key of the earliest published document in the group."""
    return Grouping(documents, threshold=threshold).groups


def collection(documents: Sequence[Report]) -> Collection:
    """Return the documents without their furniture, as they are compared."""
    texts = without_furniture([(document.text, document.published_on) for document in documents])
    return Collection(
        [
            features_of(headline(document.title), text, document.published_on)
            for document, text in zip(documents, texts, strict=True)
        ]
    )


def score(evidence: Floats) -> Floats:
    """Return the score of each row of evidence; from ``THRESHOLD`` two reports alone are held to be of one event."""
    scores: Floats = evidence @ np.array([WEIGHTS[name] for name in EVIDENCE]) + BIAS
    return scores


def run(lines: Iterable[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """Answer all of ``{"id", "title", "text", "published_at"}`` with ``id`` and ``group``, in the input's order."""
    rows = list(lines)
    for row, found in zip(rows, group([report_of(row) for row in rows]), strict=True):
        yield {"id": row.get("id"), "group": found}


def report_of(row: dict[str, Any]) -> Report:
    """Return the report that a line of input describes."""
    return Report(
        str(row.get("id")),
        str(row.get("title") or ""),
        str(row.get("text") or ""),
        _day(row.get("published_at")),
    )


def _day(printed: object) -> date | None:
    with suppress(ValueError):
        return date.fromisoformat(str(printed or "")[:10])
    return None


def rank(document: Report) -> tuple[bool, date, str, str, str]:
    """Return what reports are ordered by: the day, those without one last. The first of a group gives it its name."""
    day = document.published_on
    return day is None, day or date.min, document.key, document.title, document.text


# --- The evidence in words -------------------------------------------------------------------------------------------


def _names(known: Collection, one: int, other: int, _: float) -> str:
    names = known.shared_names(one, other)
    more = f" and {len(names) - _MOST_NAMES} more" if len(names) > _MOST_NAMES else ""
    return "both name " + ", ".join(name.capitalize() for name in names[:_MOST_NAMES]) + more


def _ages(known: Collection, one: int, other: int, _: float) -> str:
    shared = sorted(known.reports[one].ages & known.reports[other].ages)
    return "both give the age " + ", ".join(map(_age, shared))


def _other_ages(known: Collection, one: int, other: int, _: float) -> str:
    first, second = (", ".join(map(_age, sorted(known.reports[index].ages))) for index in (one, other))
    return f"against: other ages ({first}; {second})"


def _other_states(known: Collection, one: int, other: int, _: float) -> str:
    first, second = (", ".join(sorted(known.reports[index].states)) for index in (one, other))
    return f"against: other states ({first}; {second})"


def _age(printed: str) -> str:
    unit = {"m": " months", "w": " weeks", "d": " days"}.get(printed[-1], "")
    return printed[:-1] + unit


def _days(value: float) -> int:
    return round(math.expm1(value))


_WORDS: dict[str, Callable[[Collection, int, int, float], str]] = {
    "names": _names,
    "wording": lambda *found: f"their openings are alike (cosine {found[3]:.2f})",
    "headline": lambda *found: f"one says {found[3]:.0%} of the other's headline",
    "ages": _ages,
    "ages differ": _other_ages,
    "states differ": _other_states,
    "days apart": lambda *found: f"against: they speak of days {_days(found[3])} apart",
    "published apart": lambda *found: (
        f"against: published {_days(found[3])} days apart or more"
        if found[3] >= math.log(8)
        else f"against: published {_days(found[3])} days apart"
    ),
}
