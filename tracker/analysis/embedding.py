"""A vector of fixed length for any text, so that the database can look for candidates by nearness.

Signed feature hashing (Weinberger, Dasgupta, Langford, Smola, Attenberg: Feature Hashing for Large Scale Multitask
Learning, ICML 2009) of content stems, stem bigrams and character trigrams: no model to ship, the same on any machine.
"""

from __future__ import annotations

import hashlib
import math
from collections import Counter
from functools import lru_cache
from itertools import pairwise

from tracker.analysis.wording import content_concepts, without_links

NAME = "feature-hashing"
VERSION = "1"
DIMENSIONS = 256

_STEM, _BIGRAM, _TRIGRAM = 1.0, 0.6, 0.25


def embed(text: str) -> list[float]:
    """Return the text's unit vector of ``DIMENSIONS`` numbers. A text without content gets a vector of its own."""
    vector = [0.0] * DIMENSIONS
    for feature, weight in _features(text).items():
        index, sign = _place(feature)
        vector[index] += sign * weight
    length = math.sqrt(sum(value * value for value in vector))
    if not length:  # no features, or all of them cancelled out
        index, sign = _place("")
        vector[index], length = sign, 1.0
    return [value / length for value in vector]


def cosine(a: list[float], b: list[float]) -> float:
    """Return the cosine of two unit vectors."""
    return sum(x * y for x, y in zip(a, b, strict=True))


def _features(text: str) -> dict[str, float]:
    stems = content_concepts(without_links(text))
    weights: dict[str, float] = {}
    for kind, weight, found in (
        ("w", _STEM, Counter(stems)),
        ("b", _BIGRAM, Counter(" ".join(pair) for pair in pairwise(stems))),
        ("c", _TRIGRAM, Counter(trigram for stem in stems for trigram in _trigrams(stem))),
    ):
        for feature, count in found.items():
            weights[f"{kind}:{feature}"] = weight * (1 + math.log(count))
    return weights


def _trigrams(word: str) -> list[str]:
    padded = f"^{word}$"
    return [padded[i : i + 3] for i in range(len(padded) - 2)]


@lru_cache(maxsize=65536)
def _place(feature: str) -> tuple[int, float]:
    """Return the feature's index and sign, from a hash that does not change between processes."""
    digest = hashlib.blake2b(feature.encode("utf-8", "surrogatepass"), digest_size=8).digest()
    number = int.from_bytes(digest, "big")
    return number % DIMENSIONS, 1.0 if number >> 63 else -1.0
