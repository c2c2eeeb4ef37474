"""The difference of two versions as a page shows it: in paragraphs, with what stayed folded away where it is long."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from claims.desk.differences import SAME, Piece

AROUND = 2  # unchanged lines that stay in view on either side of a change
FOLDED_FROM = 3  # fewer lines are not worth folding


@dataclass(slots=True)
class Passage:
    """Lines of pieces: those of a change with what is around it, or unchanged ones that are folded away."""

    folded: bool
    lines: list[list[Piece]] = field(default_factory=list)

    @property
    def count(self) -> int:
        """How many lines it has that are not empty."""
        return sum(any(piece.text.strip() for piece in line) for line in self.lines)


def passages(pieces: Sequence[Piece]) -> list[Passage]:
    """All lines of a difference in order, put together into passages."""
    found = _lines(pieces)
    changed = [n for n, line in enumerate(found) if any(piece.kind != SAME for piece in line)]
    in_view = {n for at in changed for n in range(at - AROUND, at + AROUND + 1)}
    made: list[Passage] = []
    for n, line in enumerate(found):
        folded = n not in in_view
        if not made or made[-1].folded != folded:
            made.append(Passage(folded))
        made[-1].lines.append(line)
    for passage in made:
        passage.folded = passage.folded and passage.count >= FOLDED_FROM
    return made


def _lines(pieces: Sequence[Piece]) -> list[list[Piece]]:
    """The pieces cut at line breaks. A break that came or went is shown by a sign, since it cannot be seen."""
    made: list[list[Piece]] = [[]]
    for piece in pieces:
        first, *others = piece.text.split("\n")
        if first or (others and piece.kind != SAME):
            made[-1].append(Piece(piece.kind, first + "¶" * (bool(others) and piece.kind != SAME)))
        for place, line in enumerate(others):
            last = place == len(others) - 1
            made.append([])
            if line or (not last and piece.kind != SAME):
                made[-1].append(Piece(piece.kind, line + "¶" * (not last and piece.kind != SAME)))
    return made
