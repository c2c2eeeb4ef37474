"""What the comparisons of two assertions answer: a conflict's kind, how sure it is, and why, or why there is none."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Kind(StrEnum):
    """Kinds of conflict, after de Marneffe, Rafferty and Manning (2008)."""

    NEGATION = "negation"
    ANTONYM = "antonym"
    NUMERIC = "numeric"
    TEMPORAL = "temporal"
    LOCATION = "location"
    ACTOR = "actor"


@dataclass(frozen=True, slots=True)
class Found:
    """A conflict of a kind, how surely (0 to 1), and why. Without a kind there is none, and that is why."""

    kind: Kind | None
    score: float
    explanation: str


def no_conflict(why: str) -> Found:
    """The answer that there is no conflict."""
    return Found(None, 0.0, why)
