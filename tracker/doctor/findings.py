"""What a check found: in plain words, with what to do about it."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

NAMED = 5  # rows that a finding names; the others are counted


class Level(StrEnum):
    """How bad it is."""

    OK = "ok"
    WARNING = "warning"
    ERROR = "error"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at. ``check`` stays the same between versions; the words may be put better."""

    check: str
    level: Level
    says: str
    do: str = ""


def ok(check: str, says: str) -> Finding:
    """All is well with it."""
    return Finding(check, Level.OK, says)


def warning(check: str, says: str, do: str) -> Finding:
    """It works, but somebody should look at it."""
    return Finding(check, Level.WARNING, says, do)


def error(check: str, says: str, do: str) -> Finding:
    """It does not work, or is not safe."""
    return Finding(check, Level.ERROR, says, do)


def some(names: Iterable[str]) -> str:
    """The first few of them, and how many more there are."""
    listed = list(names)
    more = len(listed) - NAMED
    return ", ".join(listed[:NAMED]) + (f" and {more} more" if more > 0 else "")
