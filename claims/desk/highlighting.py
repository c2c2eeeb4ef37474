"""Which words of a text belong to which statements: from spans that may nest and cross to runs that do neither.

Pure. Offsets are code points of the text, as everywhere; a run lists the marks around it from the outermost to the
innermost, so that whoever draws them opens and closes them like brackets.
"""

import re
from bisect import insort
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

ROLES = ("content", "source", "cue")
DEEPEST = 8  # marks around one word; of more, the innermost are kept: nobody could tell the others apart


@dataclass(frozen=True, slots=True)
class Mark:
    """One span of one statement: ``statement`` is its number, ``depth`` in how many others it is nested."""

    start: int
    end: int
    depth: int
    statement: int
    role: str

    @property
    def order(self) -> tuple[int, int, int, int, int]:
        """Its place among the marks around a word: what begins earlier or reaches further goes around the others."""
        return (self.start, -self.end, self.depth, self.statement, ROLES.index(self.role))


@dataclass(frozen=True, slots=True)
class Run:
    """Consecutive characters inside the same marks, the outermost mark first."""

    start: int
    end: int
    marks: tuple[Mark, ...]


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the text, without its line break."""

    start: int
    end: int
    runs: tuple[Run, ...]


def fitting(spans: Any, length: int) -> list[tuple[int, int]]:
    """Those of the recorded spans that lie in a text of this length; whatever is no span is left out."""
    found = []
    for span in spans if isinstance(spans, list) else []:
        match span:
            case [int(start), int(end)] if 0 <= start < end <= length:
                found.append((start, end))
    return found


def marks_of(statement: int, *, depth: int, length: int, **spans: Any) -> Iterator[Mark]:
    """The marks of one statement; ``spans`` are those recorded by role: ``content``, ``source`` and ``cue``."""
    for role in ROLES:
        for start, end in fitting(spans.get(role), length):
            yield Mark(start, end, depth, statement, role)


def lines(text: str, marks: Iterable[Mark]) -> Iterator[Line]:
    """The text's lines, each cut into runs; empty lines have none. Joined by line breaks they are the text."""
    opening: dict[int, list[Mark]] = defaultdict(list)
    closing: dict[int, list[Mark]] = defaultdict(list)
    for mark in set(marks):
        opening[mark.start].append(mark)
        closing[mark.end].append(mark)
    breaks = [found.start() for found in re.finditer("\n", text)]
    around = [edge for at in breaks for edge in (at, at + 1)]
    active: list[Mark] = []
    runs: list[Run] = []
    begin = 0
    for start, end in pairwise(sorted({0, len(text), *opening, *closing, *around})):
        for mark in closing.get(start, ()):
            active.remove(mark)
        for mark in opening.get(start, ()):
            insort(active, mark, key=lambda one: one.order)
        if text[start] == "\n":
            yield Line(begin, start, tuple(runs))
            runs, begin = [], end
        else:
            runs.append(Run(start, end, tuple(active[-DEEPEST:])))
    yield Line(begin, len(text), tuple(runs))
