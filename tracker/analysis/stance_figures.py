"""Whether the figures of two texts exclude each other."""

from __future__ import annotations

from collections.abc import Iterable

from tracker.analysis.figures import Figure
from tracker.analysis.wording import content_concepts

# "Some 400" may be 350, not 200.
APPROXIMATE = 0.15


def figures_clash(one: Iterable[Figure], other: Iterable[Figure]) -> str:
    """Return how two texts' figures of one measure contradict, or an empty string.

    Figures clash when what they count is the same and none of the other text's figures of the measure fits the bounds.
    """
    others = [figure for figure in other if figure.measure]
    for figure in one:
        alike = [o for o in others if o.measure == figure.measure and _counts_same(figure, o)]
        if figure.measure and alike and not any(compatible(figure, o) for o in alike):
            return f"{figure.value:g} against {alike[0].value:g} {figure.measure}"
    return ""


def _counts_same(one: Figure, other: Figure) -> bool:
    a, b = set(content_concepts(one.counted)), set(content_concepts(other.counted))
    return (one.is_total and other.is_total) or bool(a & b)


def compatible(one: Figure, other: Figure) -> bool:
    """Whether both figures can be true of one count: "at least 17" and "20" can, "17" and "20" cannot."""
    low_a, high_a = _bounds(one)
    low_b, high_b = _bounds(other)
    return low_a <= high_b and low_b <= high_a


def _bounds(figure: Figure) -> tuple[float, float]:
    numeral = figure.numeral
    if numeral.approximate and numeral.best is not None:
        return (1 - APPROXIMATE) * numeral.best, (1 + APPROXIMATE) * numeral.best
    low = numeral.low if numeral.low is not None else 0.0
    return low, numeral.high if numeral.high is not None else float("inf")
