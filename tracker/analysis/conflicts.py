"""Whether two figures conflict: a pure, versioned comparison that explains itself.

Figures can conflict only in one scope: the same measure of the same thing, in one incident, or, where nothing is known
of the words around them, at one place in overlapping time. There, disjoint ranges conflict, except that a toll rises: a
later, higher figure supersedes the earlier one.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum

from tracker.analysis.conflict_agents import CAMP_OF
from tracker.analysis.conflict_scene import ONE_INCIDENT, Scene, one_incident
from tracker.analysis.measures import measure_of
from tracker.analysis.toponyms import same_place
from tracker.analysis.wording import content_stems, stem, words

NAME = "conflicts"
VERSION = "3"

# Sizes and durations of things: two of them in one place are not rival counts of one thing.
SIZES = frozenset({"duration", "times", "distance", "weight", "area", "money", "percentage", ""})

# A figure published this much later, and higher, is taken for a newer count and not for a rival one.
LATER = timedelta(hours=6)
# "Some 400" is not refuted by 420: an approximate figure stretches this far on both sides.
APPROXIMATE = 0.15
# A figure without a date may count longer than the other one: a conflict with it is less sure, and there is none where
# the larger is more than this many times the smaller.
UNDATED = 0.6
FAR_APART = 4.0
# "Dozens" are twelve at least by convention, but no exact figure above half of that is refuted by it.
VAGUE = 0.5
# A part that is larger than its whole is oftener a part of something else: it takes a surer incident, and two reports.
PART_OF_ONE = 0.7
PART = "cannot be part of"
# Words for people in general: 52 people killed and 52 dead are counts of the same thing.
PEOPLE = frozenset(
    content_stems("people persons person dead deaths casualties victims bodies residents inhabitants lives")
)

# Who fights, and the words for camps: beside a camp they say nothing more.
_FIGHTING = frozenset(content_stems("fighters forces members troops soldiers units men gunmen")) | frozenset(
    stem(word) for word in CAMP_OF
)
_CIVILIANS = frozenset(content_stems("civilians noncombatants"))


class Relation(StrEnum):
    """How two figures relate."""

    UNRELATED = "unrelated"
    COMPATIBLE = "compatible"
    RISING = "rising"
    CONFLICT = "conflict"


@dataclass(frozen=True, slots=True)
class Figure:
    """One figure as a claim gives it. ``said_at`` is when it was first published, ``origins`` by whom (keys).

    ``scene`` is what surrounds it, where that is known. ``besides`` says that it counts some besides others ("a
    further nine"), ``part`` that it counts some of a total ("nine of the dead"), ``risen`` that a total rose to it.
    """

    measure: str
    counted: str
    low: float | None
    best: float | None
    high: float | None
    place: str
    when_first: date | None
    when_last: date | None
    said_at: datetime
    origins: frozenset[str] = frozenset()
    approximate: bool = False
    scene: Scene | None = None
    besides: bool = False
    part: bool = False
    risen: bool = False


@dataclass(frozen=True, slots=True)
class Comparison:
    """How two figures relate, how surely (0 to 1), and why."""

    relation: Relation
    score: float
    explanation: str


def is_later(one: Figure, other: Figure) -> bool:
    """Whether ``one`` was said after ``other``, or, at the same moment, is the higher."""
    return _order(one) > _order(other)


def _order(figure: Figure) -> tuple[datetime, float]:
    return figure.said_at, _typical(figure)


def compare(one: Figure, other: Figure) -> Comparison:
    """How two figures relate, whichever is given first."""
    earlier, later = sorted((one, other), key=lambda f: (*_order(f), f.counted, f.place, *_bounds(f), f.approximate))
    apart = _scopes_apart(earlier, later)
    if apart:
        return Comparison(Relation.UNRELATED, 0.0, apart)
    if _is_part(earlier, later) or _is_part(later, earlier):
        found = _part_against_whole(earlier, later)
    else:
        found = _side_by_side(earlier, later)
    return found if found.relation == Relation.COMPATIBLE else _in_one_incident(found, earlier, later)


def _in_one_incident(found: Comparison, one: Figure, other: Figure) -> Comparison:
    """What was found, if the figures are of one incident as far as their surroundings tell."""
    if one.scene is None or other.scene is None or found.relation == Relation.UNRELATED:
        return found
    scope = one_incident(one.scene, other.scene)
    parts = PART in found.explanation and not all(_is_plain(figure.counted) for figure in (one, other))
    if scope.score < (PART_OF_ONE if parts else ONE_INCIDENT) or (parts and one.scene.report == other.scene.report):
        return Comparison(Relation.UNRELATED, 0.0, scope.explanation)
    score = found.score if found.relation == Relation.RISING else round(found.score * (0.5 + scope.score / 2), 3)
    return Comparison(found.relation, score, f"{found.explanation} ({scope.explanation})")


def _is_plain(counted: str) -> bool:
    """Whether people in general are counted, or civilians: the tolls of one attack are given in either."""
    return _kind_of(counted) <= _CIVILIANS


def _side_by_side(earlier: Figure, later: Figure) -> Comparison:
    """How two figures of the same thing relate."""
    gap = _gap(earlier, later)
    if gap <= 0:
        return Comparison(Relation.COMPATIBLE, 0.0, f"{amount(earlier)} and {amount(later)} can both be true")
    same_origin = bool(earlier.origins & later.origins)
    newer = later.said_at > earlier.said_at if same_origin else later.said_at - earlier.said_at >= LATER
    newer = newer or later.risen
    if newer and _typical(later) > _typical(earlier):
        return Comparison(Relation.RISING, 1.0, f"{amount(later)} is a later, higher count than {amount(earlier)}")
    if same_origin:
        return Comparison(
            Relation.COMPATIBLE, 0.0, "both figures are the same source's: it revised the one by the other"
        )
    dated = earlier.when_first is not None and later.when_first is not None
    if not dated and _typical(later) + _typical(earlier) > (1 + FAR_APART) * min(_typical(later), _typical(earlier)):
        return Comparison(Relation.UNRELATED, 0.0, "one is undated and so far from the other that it may count longer")
    where = f" at {earlier.place}" if earlier.place else ""
    return Comparison(
        Relation.CONFLICT,
        round(min(1.0, 0.5 + gap) * (1.0 if dated else UNDATED), 3),
        f"{amount(earlier)} and {amount(later)} {earlier.measure}{where}: the figures exclude each other",
    )


def _scopes_apart(one: Figure, other: Figure) -> str:
    """Why the two cannot conflict at all; empty when they can."""
    if any(f.low is None and f.best is None and f.high is None for f in (one, other)):
        return "no figure is given"
    if one.besides or other.besides or (one.part and other.part):
        return "they count some besides others, or some of a total"
    if one.measure != other.measure:
        return f"{one.measure} is not {other.measure}"
    if measure_of(one.measure) is None:
        return f"how many {one.measure} is no count of what befell them"
    if one.scene is None or other.scene is None:
        if not one.place or not other.place or not same_place(one.place, other.place):
            return f"{one.place or 'an unknown place'} is not {other.place or 'an unknown place'}"
        if not _periods_meet(one, other):
            return "they are about different days"
    if not _same_counted(one.counted, other.counted):
        return f"{one.counted} are not {other.counted}"
    return ""


def _periods_meet(one: Figure, other: Figure) -> bool:
    first = (one.when_first or one.said_at.date(), one.when_last or one.said_at.date())
    second = (other.when_first or other.said_at.date(), other.when_last or other.said_at.date())
    return first[0] <= second[1] and second[0] <= first[1]


def _kind_of(counted: str) -> frozenset[str]:
    """What is counted, as stems; nothing, where it is people in general.

    Those who fight for one camp are one kind, whatever each side calls them: soldiers, army troops, regime fighters.
    """
    stems = frozenset(content_stems(counted)) - PEOPLE
    camps = frozenset(CAMP_OF[word] for word in words(counted) if word in CAMP_OF)
    return (camps | (stems - _FIGHTING)) if camps else stems


def _same_counted(one: str, other: str) -> bool:
    a, b = _kind_of(one), _kind_of(other)
    return a == b or not a or not b or a < b or b < a


def _is_part(one: Figure, other: Figure) -> bool:
    """Whether ``one`` counts some of what ``other`` counts: fighters among people, or one day of a week."""
    if one.part != other.part:
        return one.part
    if _kind_of(one.counted) > _kind_of(other.counted):
        return True
    if not one.when_first or not one.when_last or not other.when_first or not other.when_last:
        return False
    inside = other.when_first <= one.when_first and one.when_last <= other.when_last
    return inside and one.when_last - one.when_first < other.when_last - other.when_first


def _part_against_whole(earlier: Figure, later: Figure) -> Comparison:
    part, whole = (earlier, later) if _is_part(earlier, later) else (later, earlier)
    smallest_part, largest_whole = _bounds(part)[0], _bounds(whole)[1]
    if smallest_part <= largest_whole:
        return Comparison(Relation.COMPATIBLE, 0.0, f"{amount(part)} may be part of {amount(whole)}")
    if part is later and part.said_at - whole.said_at >= LATER:
        return Comparison(Relation.RISING, 1.0, f"{amount(part)} is a later count than {amount(whole)}")
    return Comparison(Relation.CONFLICT, 0.7, f"{amount(part)} {part.measure} {PART} {amount(whole)} {whole.measure}")


def _bounds(figure: Figure) -> tuple[float, float]:
    """The least and the greatest that the figure can mean."""
    low = figure.low if figure.low is not None else figure.best
    high = figure.high
    if high is None:
        # "At least 17" has no upper bound; a bare or approximate figure is its own.
        high = math.inf if figure.low is not None and figure.high is None and not figure.approximate else figure.best
    low, high = low if low is not None else 0.0, high if high is not None else math.inf
    if figure.approximate and figure.best is None and figure.high is None:
        low *= VAGUE
    elif figure.approximate:
        low, high = low * (1 - APPROXIMATE), high * (1 + APPROXIMATE)
    return low, high


def _typical(figure: Figure) -> float:
    return figure.best if figure.best is not None else _bounds(figure)[0]


def _gap(one: Figure, other: Figure) -> float:
    """How far apart the ranges are, as a share of the larger figure; zero or less where they meet."""
    (a, b), (c, d) = _bounds(one), _bounds(other)
    distance = max(a, c) - min(b, d)
    return distance / max(a, c, 1.0)


def amount(figure: Figure) -> str:
    """The figure in words: "17 houses", "at least 17 houses", "10 to 12 people"."""
    low, best, high = figure.low, figure.best, figure.high
    if low is not None and high is not None and low != high:
        number = f"{low:g} to {high:g}"
    elif low is not None and high is None and not figure.approximate:
        number = f"at least {low:g}"
    elif low is None and high is not None and best != high:
        number = f"up to {high:g}"
    else:
        number = f"{best if best is not None else low or high or 0:g}"
    about = "some " if figure.approximate else ""
    return f"{about}{number} {figure.counted}".strip()
