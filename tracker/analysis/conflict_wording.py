"""Whether one assertion denies what another asserts, by a negation or by a word for the opposite.

The likeness of the two, opposed words counted as one, is that of claims (:mod:`tracker.analysis.matching`); a negation
or an antonym decides only where about everything else agrees. What is so today may not be so tomorrow: assertions of
different days do not conflict.
"""

from __future__ import annotations

from datetime import timedelta
from functools import lru_cache

from tracker.analysis import matching
from tracker.analysis.conflict_scene import Scene, apart
from tracker.analysis.conflict_types import Found, Kind, no_conflict
from tracker.analysis.opposition import antonyms_between, denial, falsehood
from tracker.analysis.types import Period
from tracker.analysis.wording import NEGATIONS, TEXTS_KEPT, words

# How alike two assertions must be, apart from the words that set them against each other.
ALIKE = 0.75
# An undated state of things is that of the day of printing, a day more or less.
UNDATED_WITHIN = timedelta(days=1)


def compare_wording(one: Scene, other: Scene) -> Found:
    """Whether two assertions deny each other by their words; the same in both orders."""
    dated = one.first is not None and other.first is not None
    if not dated and one.said_on and other.said_on and abs(one.said_on - other.said_on) > UNDATED_WITHIN:
        return no_conflict("they were printed on different days, and things change")
    if not _may_deny(one.content, other.content):
        return no_conflict("neither denies the other")
    found = matching.similarity(
        one.content,
        other.content,
        places=(one.place or None, other.place or None),
        periods=(_period(one), _period(other)),
    )
    if not found.refutes or found.score < ALIKE:
        return no_conflict("neither denies the other")
    why_not = apart(one, other)
    if why_not:
        return no_conflict(why_not)
    return Found(kind_of(found.explanation), round(found.score, 3), "; ".join(found.explanation[1:]))


def _may_deny(one: str, other: str) -> bool:
    """Whether a word of either could set it against the other: a quick look before the slow one."""
    return _may_deny_anything(one) or _may_deny_anything(other) or bool(antonyms_between(one, other))


@lru_cache(maxsize=TEXTS_KEPT)
def _may_deny_anything(text: str) -> bool:
    return bool(falsehood(text) or denial(text)) or not NEGATIONS.isdisjoint(words(text))


def kind_of(explanation: tuple[str, ...] | list[str]) -> Kind:
    """By a word for the opposite, or else by a negation: what the explanation of a likeness names."""
    return Kind.ANTONYM if any(reason.startswith("opposed:") for reason in explanation) else Kind.NEGATION


def _period(scene: Scene) -> Period | None:
    if scene.first is None or scene.last is None:
        return None
    return Period("", scene.first, scene.last)
