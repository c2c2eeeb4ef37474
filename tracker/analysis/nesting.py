"""Which attribution stands inside which: the one rule of nesting for both span finders."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Iterator
from dataclasses import replace
from itertools import accumulate

from tracker.analysis.spans import Attribution
from tracker.analysis.types import Span


def in_order(found: list[Attribution]) -> list[Attribution]:
    """In the text's order, each with the innermost one whose content its cue stands in as its parent."""
    order = sorted(found, key=lambda each: (each.start, each.cue, each.content))
    contents = Spans((*span, index) for index, each in enumerate(order) for span in each.content)
    return [replace(each, parent=_parent(index, order, contents)) for index, each in enumerate(order)]


def _parent(own: int, order: list[Attribution], contents: Spans) -> int | None:
    """The smallest attribution around the cue of ``own``. It is larger than ``own``, so that no circle can arise."""
    if not order[own].cue:
        return None
    around = [
        (size, other)
        for _, _, other in contents.holding(order[own].cue[0])
        if other != own and (size := _size(order[other])) > _size(order[own])
    ]
    return min(around)[1] if around else None


def _size(attribution: Attribution) -> int:
    return sum(end - start for start, end in attribution.content)


class Spans:
    """Spans with the index of what they belong to, for finding those around or at a place without looking at all."""

    def __init__(self, spans: Iterable[tuple[int, int, int]]) -> None:
        self._spans = sorted(spans)
        self._starts = [start for start, _, _ in self._spans]
        self._reach = list(accumulate((end for _, end, _ in self._spans), max))

    def touching(self, span: Span) -> Iterator[tuple[int, int, int]]:
        """Those that share a character with ``span``."""
        at = bisect_left(self._starts, span[1]) - 1
        while at >= 0 and self._reach[at] > span[0]:
            if self._spans[at][1] > span[0]:
                yield self._spans[at]
            at -= 1

    def holding(self, span: Span) -> Iterator[tuple[int, int, int]]:
        """Those that ``span`` lies in."""
        return (each for each in self.touching(span) if each[0] <= span[0] and span[1] <= each[1])
