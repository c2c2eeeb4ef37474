"""Which known claims a text may repeat: a ranking by weighted word and letter overlap.

Okapi BM25 (Robertson and Zaragoza, The Probabilistic Relevance Framework, 2009) over stems, joined with TF-IDF cosine
over runs of letters, which forgives spelling, hashtags and inflection.
"""

from __future__ import annotations

import math
import re
from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Callable, Iterable, Sequence

import numpy as np
from numpy.typing import NDArray

from tracker.analysis.wording import content_stems, without_links

K1, B = 1.0, 0.4
LETTERS = 4
LETTER_SHARE = 0.5  # of the score; the rest is BM25, both scaled to the query's best

_HASHTAG = re.compile(r"[#@]([A-Za-z]\w+)")
_CAMEL = re.compile(r"(?<=[a-z])(?=[A-Z])|(?<=[A-Za-z])(?=\d)|_")
# "— Name (@handle) January 1, 2031": who posted it often is in the claim, when never.
_POSTED = re.compile(r"\b[A-Z][a-z]+ \d{1,2}, \d{4}\s*$")

Analyser = Callable[[str], list[str]]
Rows = NDArray[np.int64]
Weights = NDArray[np.float64]


def cleaned(text: str) -> str:
    """Return the text without links and date of posting, with hashtags and handles as words."""
    body = _POSTED.sub(" ", without_links(text))
    return _HASHTAG.sub(lambda m: " " + _CAMEL.sub(" ", m.group(1)) + " ", body)


def _terms(text: str) -> list[str]:
    return content_stems(cleaned(text))


def _letters(text: str) -> list[str]:
    out: list[str] = []
    for word in _terms(text):
        padded = f" {word} "
        out += [padded[i : i + LETTERS] for i in range(max(1, len(padded) - LETTERS + 1))]
    return out


class _Index(ABC):
    """Texts by weighted features: for each feature the rows that have it and how much it weighs there."""

    def __init__(self, texts: Sequence[str], analyse: Analyser) -> None:
        self.analyse = analyse
        self.size = len(texts)
        counted = [Counter(analyse(text)) for text in texts]
        self.lengths = np.array([max(1, sum(features.values())) for features in counted], dtype=float)
        postings: dict[str, tuple[list[int], list[int]]] = {}
        for row, features in enumerate(counted):
            for feature, count in features.items():
                rows, counts = postings.setdefault(feature, ([], []))
                rows.append(row)
                counts.append(count)
        self.postings: dict[str, tuple[Rows, Weights]] = {}
        for feature, (rows, counts) in postings.items():
            self.postings[feature] = np.array(rows), np.array(counts, dtype=float)
        self.weigh()

    def idf(self, feature: str) -> float:
        frequency = len(self.postings[feature][0])
        return math.log(1 + (self.size - frequency + 0.5) / (frequency + 0.5))

    @abstractmethod
    def weigh(self) -> None:
        """Turn the postings' counts into weights."""

    @abstractmethod
    def query_weight(self, count: int) -> float:
        """What a feature that the query has so many times counts."""

    def query(self, text: str) -> Weights:
        """Return every row's score."""
        scores = np.zeros(self.size)
        for feature, count in Counter(self.analyse(text)).items():
            if feature in self.postings:
                rows, weights = self.postings[feature]
                scores[rows] += weights * self.query_weight(count) * self.idf(feature)
        return scores


class _BM25(_Index):
    def weigh(self) -> None:
        if not self.size:
            return
        norm = K1 * (1 - B + B * self.lengths / self.lengths.mean())
        for feature, (rows, counts) in self.postings.items():
            self.postings[feature] = rows, counts * (K1 + 1) / (counts + norm[rows])

    def query_weight(self, count: int) -> float:
        return min(count, 2)


class _Cosine(_Index):
    def weigh(self) -> None:
        squares = np.zeros(self.size)
        for feature, (rows, counts) in self.postings.items():
            weights = (1 + np.log(counts)) * self.idf(feature)
            squares[rows] += weights**2
            self.postings[feature] = rows, weights
        length = np.sqrt(np.maximum(squares, 1e-12))
        for feature, (rows, weights) in self.postings.items():
            self.postings[feature] = rows, weights / length[rows]

    def query_weight(self, count: int) -> float:
        return 1 + math.log(count)


class Ranker:
    """Known claims, indexed once, to be ranked for many texts."""

    def __init__(self, claims: Iterable[tuple[str, str]]) -> None:
        """Index ``(id, text)`` pairs."""
        pairs = list(claims)
        self.ids = [claim for claim, _ in pairs]
        texts = [text for _, text in pairs]
        self._words = _BM25(texts, _terms)
        self._letters = _Cosine(texts, _letters)

    def rank(self, text: str, limit: int = 20) -> list[tuple[str, float]]:
        """Return the best ``limit`` claims' ids with their scores in [0, 1] (relative to the best), best first."""
        if not self.ids:
            return []
        words, letters = self._words.query(text), self._letters.query(text)
        score = (1 - LETTER_SHARE) * _scaled(words) + LETTER_SHARE * _scaled(letters)
        order = np.argsort(-score, kind="stable")[:limit]
        return [(self.ids[i], float(score[i])) for i in order]


def _scaled(scores: Weights) -> Weights:
    best = float(scores.max())
    return scores / best if best > 0 else scores
