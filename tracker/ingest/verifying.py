"""Is a stored version still what it was when it was stored? Reads it piece by piece, however large it is."""

from __future__ import annotations

import contextlib
import gzip
import hashlib
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from io import BytesIO, StringIO
from typing import Any

from warcio.archiveiterator import ArchiveIterator
from warcio.exceptions import ArchiveLoadFailed
from warcio.statusandheaders import StatusAndHeaders, StatusAndHeadersParser

from tracker.ingest.archive import stored_headers
from tracker.ingest.errors import shown
from tracker.ingest.store import CHUNK, EvidenceStore, NotStored

# Packed bytes unpacked at once: they may become a thousand times as many.
BLOCK = 1024
MAIN = frozenset({"response", "resource"})


class Damage(StrEnum):
    """What can be wrong with evidence."""

    MISSING = "missing"
    FILE_CHANGED = "file changed"
    UNREADABLE = "unreadable"
    PAYLOAD_CHANGED = "payload changed"
    HEADERS_DIFFER = "headers differ"
    TEXT_CHANGED = "text changed"
    LEDGER_DIFFERS = "ledger differs"
    NOT_REMOVED = "not removed"
    STAMP_INVALID = "time stamp invalid"


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that is wrong, in words that say where."""

    damage: Damage
    detail: str


@dataclass(frozen=True, slots=True)
class Kept:
    """What the database knows of a stored version; ``file_sha256`` is empty where it was not noted."""

    path: str
    file_sha256: str
    payload_sha256: str
    fetched_at: datetime
    fetched_from: str
    status: int | None
    headers: Sequence[Sequence[str]]


def faults_of_file(store: EvidenceStore, kept: Kept) -> Iterator[Fault]:
    """Everything that is wrong with the WARC file of one version.

    The hash of the whole file tells of any changed byte; reading its records tells which part it hit, and finds where
    the database differs from an unchanged file.
    """
    reading = _Reading(store.stream(kept.path))
    try:
        with contextlib.redirect_stderr(StringIO()):  # the reader tells of damage there too, without a name
            faults = list(_faults_of_records(reading, kept))
        reading.finish()
    except NotStored as error:
        yield Fault(Damage.MISSING, f"{kept.path} cannot be read: {error}")
        return
    if kept.file_sha256 and reading.sha256 != kept.file_sha256:
        yield Fault(Damage.FILE_CHANGED, f"{kept.path} is not, byte for byte, the file that was written")
    yield from faults


class _Reading:
    """A file as the WARC reader wants it, hashed on its way."""

    def __init__(self, pieces: Iterator[bytes]) -> None:
        self._pieces = pieces
        self._rest = b""
        self._hash = hashlib.sha256()

    def read(self, size: int) -> bytes:
        """Up to ``size`` bytes; none at the end."""
        if not self._rest:
            self._rest = next(self._pieces, b"")
            self._hash.update(self._rest)
        taken, self._rest = self._rest[:size], self._rest[size:]
        return taken

    def finish(self) -> None:
        """Read what nobody asked for."""
        while self.read(CHUNK):
            pass

    @property
    def sha256(self) -> str:
        """Of everything read so far, hexadecimal."""
        return self._hash.hexdigest()


def _faults_of_records(reading: _Reading, kept: Kept) -> Iterator[Fault]:
    kind = "first"
    found = False
    try:
        for record in ArchiveIterator(reading, block_size=BLOCK):
            kind = str(record.rec_type)
            if kind in MAIN and not found:
                found = True
                yield from _faults_of_main(record, kept)
            else:
                _drain(record)
    except (
        ArchiveLoadFailed,
        EOFError,
        ValueError,
        UnicodeError,
        AttributeError,
        zlib.error,
        gzip.BadGzipFile,
    ) as error:
        yield Fault(Damage.UNREADABLE, f"{kept.path} cannot be unpacked in or after its {kind} record ({shown(error)})")
        return
    if not found:
        yield Fault(Damage.UNREADABLE, f"{kept.path} holds no record of what was fetched")


def _faults_of_main(record: Any, kept: Kept) -> Iterator[Fault]:
    stream = record.content_stream()
    digest, length = hashlib.sha256(), 0
    while piece := stream.read(CHUNK):
        digest.update(piece)
        length += len(piece)
    if digest.hexdigest() != kept.payload_sha256:
        yield Fault(Damage.PAYLOAD_CHANGED, f"the {length:,} bytes in {kept.path} do not hash to what was recorded")
    differing = list(_differing(record, kept, length))
    if differing:
        told = f"{kept.path} and the database do not tell the same {', '.join(differing)}"
        yield Fault(Damage.HEADERS_DIFFER, told)


def _differing(record: Any, kept: Kept, length: int) -> Iterator[str]:
    """What the record's headers and the database tell otherwise."""
    moment = kept.fetched_at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    if record.rec_headers.get_header("WARC-Date") != moment:
        yield "moment"
    target = record.rec_headers.get_header("WARC-Target-URI") or ""
    if target[:2000] != " ".join(kept.fetched_from.splitlines()).strip():
        yield "address"
    if record.rec_type == "response":
        if record.http_headers.get_statuscode() != str(kept.status):
            yield "status"
        if record.http_headers.headers != _as_read(stored_headers(kept.headers, length)):
            yield "headers"


def _as_read(headers: list[tuple[str, str]]) -> list[tuple[str, str]]:
    """These header lines as they come back from a file: what is not ASCII is written in an encoding of its own."""
    written = StatusAndHeaders("200 OK", headers, protocol="HTTP/1.1").to_ascii_bytes()
    read: list[tuple[str, str]] = StatusAndHeadersParser(["HTTP/1.1"]).parse(BytesIO(written)).headers
    return read


def _drain(record: Any) -> None:
    stream = record.raw_stream
    while stream.read(CHUNK):
        pass
