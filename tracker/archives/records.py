"""What reading an archive gives: its records one after the other, each with where reading goes on after it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from tracker.ingest.charsets import storable
from tracker.ingest.errors import IngestError

EXCERPT = 2_000  # characters of a bad record that are kept for a look
MOST_HEADERS = 200
LONGEST_HEADER = 8_000  # characters; longer ones are no use to anybody

Position = Mapping[str, Any]  # JSON values; what it means, the kind of archive knows


@dataclass(frozen=True, slots=True)
class Entry:
    """A document to be handed in; without a ``payload`` its address is fetched.

    ``told`` is what the archive says of it, in JSON values: ``answer`` is how a server answered, ``says`` what to go by
    where the document itself is silent, ``fetched_at`` when it was got.
    """

    address: str
    payload: bytes | None = None
    content_type: str = ""
    dossier: str = ""
    told: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Bad:
    """A record that cannot be taken in: why, and how it begins."""

    error: IngestError
    name: str = ""  # what it is called in the archive, where it is called something
    excerpt: str = ""


@dataclass(frozen=True, slots=True)
class LeftOut:
    """A record that holds no document, as it is with most records of a crawl."""


@dataclass(frozen=True, slots=True)
class Record:
    """One record, its number, and where reading goes on after it; ``None`` where it cannot go on just here."""

    number: int
    after: Position | None
    holds: Entry | Bad | LeftOut


class Archive(Protocol):
    """A kind of archive. ``read`` goes on where ``position`` says; an empty one is the beginning."""

    @property
    def size(self) -> int | None:
        """Bytes, files or feeds in all; ``None`` where nobody knows."""
        ...

    @property
    def fingerprint(self) -> str:
        """What stays the same as long as positions in it mean the same; empty where they always do."""
        ...

    def read(self, position: Position) -> Iterator[Record]:
        """Its records from there on. Raises ``IngestError`` where the archive as a whole cannot be read."""
        ...

    def done(self, position: Position) -> int:
        """How much of ``size`` lies before a position."""
        ...


def clean(value: str, *, longest: int) -> str:
    """One line that the database takes."""
    return " ".join(storable(value[: 4 * longest]).split())[:longest]


def excerpt(raw: bytes) -> str:
    """How some bytes begin, to be looked at."""
    return storable(raw[: 4 * EXCERPT].decode("utf-8", "replace"))[:EXCERPT]
