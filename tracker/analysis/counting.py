"""How many the main event of a report killed and injured: one figure a document, with bounds."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Any

from tracker.analysis.figures import Figure, find_figures
from tracker.analysis.measures import may_be_people, word_set
from tracker.analysis.sentences import sentences

NAME, VERSION = "counting", "1"
MEASURES = {"killed": "killed", "injured": "wounded"}


def count_document(title: str, text: str) -> dict[str, dict[str, float | None] | None]:
    """Return low, best and high of the main event's killed and injured, each ``None`` where none is counted."""
    return {key: _count(title, text, measure) for key, measure in MEASURES.items()}


def run(lines: Iterable[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """Answer each ``{"id", "title", "text"}`` with its ``id`` and counts, in the input's order."""
    for line in lines:
        yield {"id": line.get("id"), **count_document(str(line.get("title") or ""), str(line.get("text") or ""))}


@dataclass(frozen=True, slots=True)
class Weights:
    """What speaks for and against a figure's being the main event's total; settled on news of one war (FA-KES)."""

    title: float = 4.0
    body: float = 3.0
    later_sentence: float = -0.35
    repeated: float = 0.5
    everybody: float = 0.5
    toll: float = 1.2
    vague: float = -4.0
    group: float = -2.5
    listed: float = -2.0
    article: float = -2.0
    cumulative: float = -5.0
    added_up: float = -1.0


WEIGHTS = Weights()
_LAST_SENTENCE = 12  # beyond it, later is not less likely
_PART_BEFORE = re.compile(r"\b(?:includ\w+|among|of whom|of them|comprising)\W+(?:\w+\W+){0,4}$", re.IGNORECASE)
_TOLL = re.compile(r"\btoll\b", re.IGNORECASE)
_JOINED = re.compile(r"[\s,]*(?:and|as well as|plus)?[\s,]*", re.IGNORECASE)
_GROUPS = word_set("children child women woman boys girls minors babies infants students boy girl baby teenager")


@dataclass(frozen=True, slots=True)
class _Candidate:
    """A figure that may be the answer: its bounds, and how often each feature of ``Weights`` holds for it."""

    value: float
    low: float | None
    high: float | None
    vague: bool
    features: dict[str, float]

    def score(self, weights: Weights) -> float:
        return float(sum(getattr(weights, name) * count for name, count in self.features.items()))


def _count(title: str, text: str, measure: str) -> dict[str, float | None] | None:
    candidates = _candidates(title, text, measure)
    if not candidates:
        return None
    best = max(candidates, key=lambda c: c.score(WEIGHTS))
    return {"low": best.low, "best": None if best.vague else best.value, "high": best.high}


def _candidates(title: str, text: str, measure: str) -> list[_Candidate]:
    found: list[_Candidate] = []
    for source, where in ((title, "title"), (text, "body")):
        starts = [start for start, _ in sentences(source)]
        previous: tuple[Figure, _Candidate] | None = None
        for figure in find_figures(source, singular=True):
            if figure.measure != measure or not may_be_people(figure.counted):
                continue
            sentence = min(sum(start <= figure.start for start in starts) - 1, _LAST_SENTENCE)
            features = {where: 1.0, "later_sentence": float(sentence if where == "body" else 0)}
            candidate = _candidate(figure, features | _features(source, figure))
            found.append(candidate)
            if (
                previous
                and _JOINED.fullmatch(source[previous[0].end : figure.start])
                and not previous[1].features["listed"]
            ):
                found.append(_sum(previous[1], candidate))
                candidate = found[-1]  # "a man, two women and three children" adds up step by step
            previous = (figure, candidate)
    values = Counter(candidate.value for candidate in found)
    return [replace(c, features=c.features | {"repeated": float(min(3, values[c.value] - 1))}) for c in found]


def _candidate(figure: Figure, features: dict[str, float]) -> _Candidate:
    numeral = figure.numeral
    return _Candidate(numeral.value, numeral.low, numeral.high, numeral.best is None and numeral.high is None, features)


def _sum(one: _Candidate, other: _Candidate) -> _Candidate:
    """Return what two groups in one list come to: "killed nine children and 14 others"."""
    low = None if one.low is None or other.low is None else one.low + other.low
    high = None if one.high is None or other.high is None else one.high + other.high
    features = one.features | {"group": 0.0, "article": 0.0, "everybody": 0.0, "added_up": 1.0}
    return _Candidate(one.value + other.value, low, high, one.vague or other.vague, features)


def _features(source: str, figure: Figure) -> dict[str, float]:
    numeral = figure.numeral
    noun = figure.counted.lower().split()[-1:]
    before = source[max(0, figure.start - 100) : figure.start]
    return {
        "everybody": float(figure.is_total),
        "cumulative": float(figure.cumulative),
        "vague": float(numeral.best is None and numeral.high is None),
        "article": float(source[numeral.number_start : numeral.end].lower() in ("a", "an", "another")),
        "group": float(bool(noun) and noun[0] in _GROUPS),
        "listed": float(figure.inherited or bool(_PART_BEFORE.search(before[-40:]))),
        "toll": float(bool(_TOLL.search(before))),
    }
