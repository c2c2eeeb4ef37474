"""What two versions of a text have in common and in what they differ, word by word.

Pure. Lines are compared first and words only within lines that changed, so that long texts stay quick; what is too
large even for that is shown as replaced as a whole, which is true, if less telling.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher

MOST_LINES = 4_000  # lines that differ, on either side, that are aligned with one another
MOST_WORDS = 3_000  # words of one changed passage, on either side, that are
_WORDS = re.compile(r"\n|[^\S\n]+|\w+|[^\w\s]")  # together with blanks every character of a text is in one of them

SAME, ADDED, DROPPED = "same", "added", "dropped"


@dataclass(frozen=True, slots=True)
class Piece:
    """Consecutive words of one kind: in both versions, only in the newer one, or only in the older one."""

    kind: str
    text: str


def difference(old: str, new: str) -> list[Piece]:
    """The pieces that both versions are made of, in order; neighbours differ in kind.

    Without the added ones they are the old text, without the dropped ones the new text.
    """
    return list(_joined(_by_line(old.splitlines(keepends=True), new.splitlines(keepends=True))))


def counts(pieces: Sequence[Piece]) -> dict[str, int]:
    """How many words were added and how many were dropped, by kind."""
    return {
        kind: sum(len(re.findall(r"\w+", piece.text)) for piece in pieces if piece.kind == kind)
        for kind in (ADDED, DROPPED)
    }


def _by_line(old: Sequence[str], new: Sequence[str]) -> Iterator[Piece]:
    for alike, dropped, added in _aligned(old, new, most=MOST_LINES):
        if alike:
            yield Piece(SAME, "".join(added))
        else:
            yield from _by_word(_words(dropped), _words(added))


def _by_word(old: Sequence[str], new: Sequence[str]) -> Iterator[Piece]:
    for alike, dropped, added in _aligned(old, new, most=MOST_WORDS):
        if alike:
            yield Piece(SAME, "".join(added))
        else:
            yield Piece(DROPPED, "".join(dropped))
            yield Piece(ADDED, "".join(added))


def _words(lines: Sequence[str]) -> list[str]:
    return _WORDS.findall("".join(lines))


def _aligned(
    old: Sequence[str], new: Sequence[str], *, most: int
) -> Iterator[tuple[bool, Sequence[str], Sequence[str]]]:
    """Whether alike, and what of each side: common head and tail, and what lies between, aligned where it is small."""
    head = _shared(old, new)
    tail = _shared(old[head:][::-1], new[head:][::-1])
    yield True, old[:head], new[:head]
    between, instead = old[head : len(old) - tail], new[head : len(new) - tail]
    if max(len(between), len(instead)) > most:
        yield False, between, instead
    else:
        for kind, a, b, c, d in SequenceMatcher(None, between, instead).get_opcodes():
            yield kind == "equal", between[a:b], instead[c:d]
    yield True, old[len(old) - tail :], new[len(new) - tail :]


def _shared(one: Sequence[str], other: Sequence[str]) -> int:
    """How many items both begin with."""
    count = 0
    for a, b in zip(one, other, strict=False):
        if a != b:
            break
        count += 1
    return count


def _joined(pieces: Iterator[Piece]) -> Iterator[Piece]:
    """Neighbours of one kind as one piece, what was dropped before what was added, and nothing empty."""
    waiting = {DROPPED: "", ADDED: ""}
    same = ""
    for piece in pieces:
        if not piece.text:
            continue
        if piece.kind == SAME:
            yield from (Piece(kind, text) for kind, text in waiting.items() if text)
            waiting = {DROPPED: "", ADDED: ""}
            same += piece.text
        else:
            if same:
                yield Piece(SAME, same)
            same = ""
            waiting[piece.kind] += piece.text
    if same:
        yield Piece(SAME, same)
    yield from (Piece(kind, text) for kind, text in waiting.items() if text)
