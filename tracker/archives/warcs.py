"""WARC files (ISO 28500), and the older ARC, as archives: the pages that servers answered with, as they answered."""

from __future__ import annotations

import contextlib
import gzip
import re
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from io import StringIO
from pathlib import Path
from typing import IO, Any

from warcio.archiveiterator import ArchiveIterator
from warcio.exceptions import ArchiveLoadFailed

from tracker.archives.records import (
    LONGEST_HEADER,
    MOST_HEADERS,
    Bad,
    Entry,
    LeftOut,
    Position,
    Record,
    clean,
    excerpt,
)
from tracker.ingest.errors import ErrorCode, IngestError, shown
from tracker.ingest.extraction import HTML_TYPES, LONGEST_ADDRESS, MARKDOWN_TYPES
from tracker.ingest.front_matter import parse_moment
from tracker.submissions import file_address

READ = HTML_TYPES | MARKDOWN_TYPES | {"text/plain"}
# What damaged bytes make the reader raise.
DAMAGE = (ArchiveLoadFailed, EOFError, ValueError, AttributeError, TypeError, zlib.error, gzip.BadGzipFile)
GZIP_MEMBER, PLAIN_RECORD = re.compile(rb"\x1f\x8b\x08"), re.compile(rb"WARC/1\.[01]\r?\n")
BLOCK = 1024 * 1024
AS_A_WHOLE = "non-chunked gzip"


@dataclass(frozen=True, slots=True)
class Warc:
    """A file of records, each packed by itself or none. Positions are offsets in bytes."""

    path: Path
    max_bytes: int

    @property
    def size(self) -> int | None:
        """Bytes."""
        return self.path.stat().st_size

    @property
    def fingerprint(self) -> str:
        """Size and time: a file that was written to since is another one."""
        status = self.path.stat()
        return f"{status.st_size} {status.st_mtime_ns}"

    def done(self, position: Position) -> int:
        """Bytes read."""
        return int(position.get("offset", 0))

    def read(self, position: Position) -> Iterator[Record]:
        """The records from a position on. After damage reading goes on at the next record that can be made out."""
        offset, number = int(position.get("offset", 0)), int(position.get("record", 0))
        with self.path.open("rb") as file:
            while True:
                file.seek(offset)
                try:
                    with contextlib.redirect_stderr(StringIO()):  # the reader tells of damage there too
                        records = ArchiveIterator(file, check_digests=True)
                    while (found := _next(records)) is not None:
                        number += 1
                        held = self._held(found, number)
                        _finish(records)
                        held = _checked(found, held, f"Record {number:,} of {shown(self.path.name)}")
                        if records.offset <= offset:  # it lies in the middle of what is unpacked, not in the file
                            raise _packed_as_a_whole(self.path)
                        offset = int(records.offset)
                        yield Record(number, {"offset": offset, "record": number}, held)
                except DAMAGE as error:
                    if AS_A_WHOLE in str(error):
                        raise _packed_as_a_whole(self.path) from error
                    number += 1
                    start = _next_start(file, after=offset)
                    damaged = IngestError(
                        ErrorCode.BAD_RECORD,
                        f"Record {number:,} of {shown(self.path.name)}, from byte {offset:,} on, is damaged "
                        f"({shown(error).splitlines()[0]}).",
                    )
                    offset = start if start is not None else file.seek(0, 2)
                    yield Record(number, {"offset": offset, "record": number}, Bad(damaged))
                    if start is None:
                        return
                else:
                    if offset < (end := file.seek(0, 2)):
                        cut = f"{shown(self.path.name)} is cut off in record {number + 1:,}, from byte {offset:,} on."
                        bad = Bad(IngestError(ErrorCode.BAD_RECORD, cut))
                        yield Record(number + 1, {"offset": end, "record": number + 1}, bad)
                    return

    def _held(self, record: Any, number: int) -> Entry | Bad | LeftOut:
        target = (record.rec_headers.get_header("WARC-Target-URI") or "").strip().strip("<>")
        if record.rec_type not in ("response", "resource") or not target.lower().startswith(("http", "file:")):
            return LeftOut()
        http = record.http_headers
        status = int(http.get_statuscode()) if http is not None and http.get_statuscode().isdecimal() else None
        content_type = http.get_header("Content-Type") if http is not None else record.content_type
        media_type = (content_type or "").split(";")[0].strip().lower()
        if media_type not in READ or (status is not None and not 200 <= status < 300):
            return LeftOut()
        name = f"Record {number:,} of {shown(self.path.name)} ({shown(target)})"
        try:
            payload = _read(record.content_stream(), self.max_bytes + 1)
        except DAMAGE as error:
            why = f"{name} cannot be unpacked ({shown(error)})."
            return Bad(IngestError(ErrorCode.BAD_RECORD, why), name=shown(target))
        if len(payload) > self.max_bytes:
            why = f"{name} holds more than {self.max_bytes:,} bytes, the most that is taken in."
            return Bad(IngestError(ErrorCode.TOO_LARGE, why), name=shown(target), excerpt=excerpt(payload))
        if len(target) > LONGEST_ADDRESS:
            why = f"{name} has an address longer than {LONGEST_ADDRESS:,} characters."
            return Bad(IngestError(ErrorCode.INVALID_ADDRESS, why), name=shown(target), excerpt=excerpt(payload))
        got = parse_moment((record.rec_headers.get_header("WARC-Date") or "").replace("Z", "+00:00"))
        if got is None:
            why = f"{name} does not say when it was got: its WARC-Date is missing, or no moment."
            return Bad(IngestError(ErrorCode.BAD_RECORD, why), name=shown(target), excerpt=excerpt(payload))
        told: dict[str, Any] = {"fetched_at": got.isoformat()}
        if status is not None:
            told["answer"] = {
                "status": status,
                "reason": clean(http.statusline.partition(" ")[2], longest=200),
                "headers": _headers(http),
                "peer": clean(record.rec_headers.get_header("WARC-IP-Address") or "", longest=50),
            }
            return Entry(clean(target, longest=LONGEST_ADDRESS), payload, content_type or "", told=told)
        # What no server answered was handed to whoever made the archive: it says where, and that is all.
        if target.lower().startswith("http"):
            told["says"] = {"url": clean(target, longest=LONGEST_ADDRESS)}
        return Entry(f"{file_address(self.path)}#{number}"[:LONGEST_ADDRESS], payload, content_type or "", told=told)


def _read(stream: Any, most: int) -> bytes:
    """Up to so many bytes, however few come at a time."""
    pieces: list[bytes] = []
    while most > 0 and (piece := stream.read(min(most, BLOCK))):
        pieces.append(piece)
        most -= len(piece)
    return b"".join(pieces)


def _next(records: Any) -> Any:
    with contextlib.redirect_stderr(StringIO()):
        return next(records, None)


def _finish(records: Any) -> None:
    """Read what is left of a record, so that its end is known."""
    with contextlib.redirect_stderr(StringIO()):
        records.read_to_end()


def _checked(record: Any, held: Entry | Bad | LeftOut, name: str) -> Entry | Bad | LeftOut:
    """What a record holds, unless it is cut off or its bytes are not those that its own hash is of."""
    if not isinstance(held, Entry):
        return held
    if getattr(record.raw_stream, "limit", 0):
        return Bad(IngestError(ErrorCode.BAD_RECORD, f"{name} is cut off."), name=shown(held.address))
    wrong = [problem for problem in record.digest_checker.problems if "failed" in problem]
    # Of the payload some writers hash another form than the one they keep; where the whole block is right, so is that.
    if wrong and (record.rec_headers.get_header("WARC-Block-Digest") is None or any("block" in one for one in wrong)):
        why = f"{name} does not hash to what it says of itself: {'; '.join(wrong)}."
        return Bad(IngestError(ErrorCode.BAD_RECORD, why), name=shown(held.address))
    return held


def _headers(http: Any) -> list[list[str]]:
    kept = http.headers[:MOST_HEADERS]
    return [[clean(name, longest=200), clean(value, longest=LONGEST_HEADER)] for name, value in kept]


def _next_start(file: IO[bytes], *, after: int) -> int | None:
    """Where the next record begins after a place in the file, as far as its bytes tell; ``None`` where none does."""
    file.seek(0)
    packed = file.read(2) == b"\x1f\x8b"
    opening = GZIP_MEMBER if packed else PLAIN_RECORD
    at = after + 1
    while True:
        file.seek(at)
        block = file.read(BLOCK)
        if len(block) < 12:
            return None
        for found in opening.finditer(block):
            if not packed or _is_record(file, at + found.start()):
                return at + found.start()
        at += max(len(block) - 12, 1)  # one may begin at the very end of a block


def _is_record(file: IO[bytes], start: int) -> bool:
    file.seek(start)
    try:
        return zlib.decompressobj(31).decompress(file.read(512), 5) == b"WARC/"
    except zlib.error:
        return False


def _packed_as_a_whole(path: Path) -> IngestError:
    return IngestError(
        ErrorCode.BAD_RECORD,
        f"{shown(path.name)} is packed as a whole, so that no record can be found again. "
        f"Run `warcio recompress {shown(path.name)} NEW.warc.gz` and read that.",
    )
