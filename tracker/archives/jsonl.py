"""JSON Lines as an archive: one document a line (docs/operations.md has the keys)."""

from __future__ import annotations

import gzip
import json
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, cast

from tracker.archives.records import Bad, Entry, Position, Record, clean, excerpt
from tracker.ingest.charsets import storable
from tracker.ingest.errors import ErrorCode, IngestError, shown
from tracker.ingest.extraction import LONGEST_ADDRESS, LONGEST_SLUG, is_slug
from tracker.ingest.front_matter import parse_moment
from tracker.submissions import file_address

# JSON may write one byte of a text as six.
ESCAPED = 6
LINES = {"title": 500, "publisher": 300, "publisher_kind": 50, "credit": 300, "byline": 300, "language": 20}


@dataclass(frozen=True, slots=True)
class JsonLines:
    """A file of lines, packed with gzip or not."""

    path: Path
    max_bytes: int

    @property
    def size(self) -> int | None:
        """Bytes; of a packed file nobody knows them before it is unpacked."""
        return None if self._packed else self.path.stat().st_size

    @property
    def fingerprint(self) -> str:
        """Size and time: a file that was written to since is another one."""
        status = self.path.stat()
        return f"{status.st_size} {status.st_mtime_ns}"

    @property
    def _packed(self) -> bool:
        return self.path.suffix.lower() == ".gz"

    def done(self, position: Position) -> int:
        """Bytes read."""
        return int(position.get("offset", 0))

    def read(self, position: Position) -> Iterator[Record]:
        """The lines from a position on; empty ones are counted, and hold nothing."""
        offset, number = int(position.get("offset", 0)), int(position.get("record", 0))
        longest = ESCAPED * self.max_bytes + 100_000
        with self._opened() as file:
            try:
                file.seek(offset)
                while line := file.readline(longest + 1):
                    number, offset, whole = number + 1, offset + len(line), line
                    while not line.endswith(b"\n") and len(line) > longest:  # the rest of a line that is too long
                        line = file.readline(longest + 1)
                        offset += len(line)
                    if whole.strip():
                        held = self._held(whole, number) if len(whole) <= longest else self._too_long(whole, number)
                        yield Record(number, {"offset": offset, "record": number}, held)
            except (OSError, EOFError, zlib.error) as error:
                raise IngestError(
                    ErrorCode.UNREADABLE,
                    f"{shown(self.path.name)} cannot be read after line {number:,} ({shown(error)}). What is before it "
                    "was taken in.",
                ) from error

    def _opened(self) -> IO[bytes]:
        return cast("IO[bytes]", gzip.open(self.path, "rb")) if self._packed else self.path.open("rb")

    def _held(self, line: bytes, number: int) -> Entry | Bad:
        name = f"Line {number:,} of {shown(self.path.name)}"
        try:
            return self._entry(_values(line, name), name, number)
        except IngestError as error:
            return Bad(error, excerpt=excerpt(line))

    def _entry(self, values: dict[str, Any], name: str, number: int) -> Entry:
        body, content_type = _body(values, name)
        if len(body) > self.max_bytes:
            raise self._too_large(name)
        url = _text(values, "url", name)
        if url and not url.lower().startswith(("http://", "https://")):
            raise _bad(name, f"`url` is {shown(url)}, no http(s) address")
        if len(url) > LONGEST_ADDRESS:
            raise _bad(name, f"`url` is longer than {LONGEST_ADDRESS:,} characters")
        dossier = _text(values, "dossier", name)
        if dossier and not is_slug(dossier):
            raise _bad(name, f"`dossier` is {shown(dossier)}, no slug of {LONGEST_SLUG} characters at most")
        says = {key: clean(_text(values, key, name), longest=longest) for key, longest in LINES.items()}
        says |= {"url": storable(url), "published": _moment(values, "published", name)}
        told: dict[str, Any] = {"says": {key: value for key, value in says.items() if value}}
        if fetched := _moment(values, "fetched", name):
            told["fetched_at"] = fetched
        return Entry(f"{file_address(self.path)}#{number}"[:LONGEST_ADDRESS], body, content_type, dossier, told)

    def _too_long(self, line: bytes, number: int) -> Bad:
        return Bad(self._too_large(f"Line {number:,} of {shown(self.path.name)}"), excerpt=excerpt(line))

    def _too_large(self, name: str) -> IngestError:
        return IngestError(
            ErrorCode.TOO_LARGE, f"{name} holds more than {self.max_bytes:,} bytes, the most that is taken in."
        )


def _values(line: bytes, name: str) -> dict[str, Any]:
    try:
        values = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise _bad(name, f"it is not JSON ({shown(error)})") from error
    if not isinstance(values, dict):
        raise _bad(name, "it is no object with the keys of a document")
    return values


def _body(values: dict[str, Any], name: str) -> tuple[bytes, str]:
    given = [key for key in ("text", "html") if values.get(key) not in (None, "")]
    if len(given) != 1:
        raise _bad(name, "it holds both `text` and `html`" if given else "it holds neither `text` nor `html`")
    body = values[given[0]]
    if not isinstance(body, str):
        raise _bad(name, f"`{given[0]}` is no text")
    return storable(body).encode(), "text/html; charset=utf-8" if given[0] == "html" else "text/plain; charset=utf-8"


def _text(values: dict[str, Any], key: str, name: str) -> str:
    value = values.get(key)
    if value is None:
        return ""
    if not isinstance(value, str):
        raise _bad(name, f"`{key}` is no text")
    return value.strip()


def _moment(values: dict[str, Any], key: str, name: str) -> str:
    said = _text(values, key, name)
    moment = parse_moment(said) if said else None
    if said and moment is None:
        raise _bad(name, f"`{key}` is {shown(said)}, no moment like 2024-03-12T15:00:00+02:00")
    return moment.isoformat() if moment else ""


def _bad(name: str, what: str) -> IngestError:
    return IngestError(ErrorCode.BAD_RECORD, f"{name} cannot be used: {what}.")
