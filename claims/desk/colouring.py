"""A colour and a letter for each source of a document: the colour for the eye, the letter for everybody.

Pure. The colours themselves are in ``document.css``; here they are numbers, so that one source looks alike wherever it
is met as long as its colour is free.
"""

from collections.abc import Hashable, Iterable
from zlib import crc32

COLOURS = 8
NOBODY = -1  # the colour of statements that the text puts into nobody's mouth


def letters(number: int) -> str:
    """A, B, … Z, AA, AB, …: the name of the ``number``-th source, counted from 0."""
    name = ""
    while number >= 0:
        name = chr(ord("A") + number % 26) + name
        number = number // 26 - 1
    return name


def colours(keys: Iterable[str]) -> dict[str, int]:
    """A colour for each key: the one that its own hash asks for, else the next that no other key has taken.

    Which of two keys gives way does not depend on their order. Beyond :data:`COLOURS` keys, colours are used again.
    """
    taken: dict[str, int] = {}
    for key in sorted(set(keys)):
        wanted = crc32(key.encode()) % COLOURS
        free = [(wanted + step) % COLOURS for step in range(COLOURS)]
        used = set(taken.values()) if len(taken) < COLOURS else set[int]()
        taken[key] = next(colour for colour in free if colour not in used)
    return taken


def names(keys: Iterable[Hashable]) -> dict[Hashable, str]:
    """A letter for each key, in the order in which they first come."""
    named: dict[Hashable, str] = {}
    for key in keys:
        named.setdefault(key, letters(len(named)))
    return named
