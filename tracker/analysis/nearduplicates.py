"""Whether one text is a copy of another: found by MinHash bands, verified on the shingles themselves.

Broder, On the resemblance and containment of documents (1997); banding after Leskovec, Rajaraman and Ullman, Mining of
Massive Datasets, chapter 3. A copy may lose its last paragraphs, change its headline and add a credit of its own, so
containment decides, not resemblance alone.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

import numpy as np
from datasketch import MinHash

from tracker.analysis.credits import find_byline, find_credit
from tracker.analysis.wording import words

__all__ = ["find_byline", "find_credit"]

NAME = "minhash-shingles"
VERSION = "1"

SHINGLE = 5
PERMUTATIONS = 128
# 42 bands of 3: two texts of resemblance 0.5 share a band with probability 0.996, of 0.25 with 0.48, of 0.1 with 0.04.
ROWS = 3
BANDS = PERMUTATIONS // ROWS

COPY_CONTAINMENT = 0.70  # of the shorter text's shingles
COPY_RESEMBLANCE = 0.50
SHORTEST = 12  # shingles; below this only an equal text is a copy


@dataclass(frozen=True, slots=True)
class Copy:
    """Whether one text copies the other, and on what evidence. Shares are in [0, 1]."""

    is_copy: bool
    containment: float
    resemblance: float
    explanation: str

    def __bool__(self) -> bool:
        return self.is_copy


def shingles(text: str) -> set[bytes]:
    """Return the hashes of the text's runs of ``SHINGLE`` words; a shorter text is one shingle, an empty one none."""
    folded = words(text)
    if not folded:
        return set()
    runs = [folded[i : i + SHINGLE] for i in range(max(1, len(folded) - SHINGLE + 1))]
    return {hashlib.blake2b(" ".join(run).encode("utf-8", "surrogatepass"), digest_size=8).digest() for run in runs}


def signature(text: str) -> list[int]:
    """Return ``BANDS`` signed 64-bit integers; near-duplicates share at least one. Empty for a text without words.

    Each band's hash carries the band's number, so equal rows in different bands do not meet; PostgreSQL can index the
    list as ``bigint[]`` with GIN and look candidates up with ``&&``.
    """
    found = shingles(text)
    if not found:
        return []
    minhash = MinHash(num_perm=PERMUTATIONS, seed=1, hashfunc=_first_32_bits)
    minhash.update_batch(sorted(found))
    values = np.asarray(minhash.hashvalues, dtype=">u8")
    bands = []
    for band in range(BANDS):
        rows = values[band * ROWS : (band + 1) * ROWS].tobytes()
        digest = hashlib.blake2b(band.to_bytes(2, "big") + rows, digest_size=8).digest()
        bands.append(int.from_bytes(digest, "big", signed=True))
    return bands


def _first_32_bits(shingle: bytes) -> int:
    return int.from_bytes(shingle[:4], "big")


def containment(a: str, b: str) -> float:
    """Return the share of the shorter text's shingles that the longer one has too, exactly, in [0, 1]."""
    return _shares(shingles(a), shingles(b))[0]


def resemblance(a: str, b: str) -> float:
    """Return the Jaccard index of the two texts' shingles, exactly, in [0, 1]."""
    return _shares(shingles(a), shingles(b))[1]


def _shares(one: set[bytes], other: set[bytes]) -> tuple[float, float]:
    if not one or not other:
        return 0.0, 0.0
    both = len(one & other)
    return both / min(len(one), len(other)), both / len(one | other)


def is_copy(a: str, b: str) -> Copy:
    """Decide whether either text copies the other, with the figures that decided."""
    one, other = shingles(a), shingles(b)
    contained, alike = _shares(one, other)
    if not one or not other:
        return Copy(False, contained, alike, "one of the texts has no words")
    if words(a) == words(b):
        return Copy(True, 1.0, 1.0, "the words are the same")
    if min(len(one), len(other)) < SHORTEST:
        return Copy(False, contained, alike, f"too short to tell: {min(len(one), len(other))} runs of {SHINGLE} words")
    evidence = (
        f"{contained:.0%} of the shorter text's {SHINGLE}-word runs are in the other, {alike:.0%} of all are shared"
    )
    if contained >= COPY_CONTAINMENT:
        return Copy(True, contained, alike, f"{evidence}: at least {COPY_CONTAINMENT:.0%} contained")
    if alike >= COPY_RESEMBLANCE:
        return Copy(True, contained, alike, f"{evidence}: at least {COPY_RESEMBLANCE:.0%} shared")
    return Copy(False, contained, alike, evidence)
