"""Reading an archive into submissions, chunk by chunk: a chunk and the new position are one transaction.

Whoever reads may be killed at any moment. The next one goes on behind the last chunk that was written, and the database
itself refuses to take a record twice. What a submission becomes then is the pipeline's business, as with any other; it
only comes after whatever is fresh.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import F
from django.db.models.functions import Now
from django.utils import timezone

from claims.models import Snapshot
from claims.services.copying import copy_in
from tracker import claimants
from tracker.archives.folders import Folder
from tracker.archives.jsonl import JsonLines
from tracker.archives.lists import FeedList
from tracker.archives.records import Archive, Bad, Entry, Position, Record
from tracker.archives.warcs import Warc
from tracker.ingest.errors import ErrorCode, IngestError, shown
from tracker.models import Backfill, BackfillKind, BackfillState, BadRecord, Submission
from tracker.submissions import FETCH, wake, wake_together

CHUNK = 100  # documents
CHUNK_BYTES = 8 * 1024 * 1024
CHUNK_RECORDS = 5_000  # with those that hold no document
CHUNK_SECONDS = 5.0
KINDS = {
    ".warc": BackfillKind.WARC, ".arc": BackfillKind.WARC, ".jsonl": BackfillKind.JSONL, ".ndjson": BackfillKind.JSONL,
    ".opml": BackfillKind.FEEDS,
}  # fmt: skip
PACKED = frozenset({BackfillKind.WARC, BackfillKind.JSONL})
READERS: dict[str, Callable[[Path, int], Archive]] = {
    BackfillKind.WARC: Warc, BackfillKind.JSONL: JsonLines, BackfillKind.FOLDER: Folder, BackfillKind.FEEDS: FeedList,
}  # fmt: skip


class Lost(Exception):
    """Somebody else reads the archive now; this process had it for too long without a word."""


def kind_of(path: Path) -> BackfillKind:
    """What an archive is, by its name. Raises ``IngestError``: missing_file, unsupported_type."""
    if path.is_dir():
        return BackfillKind.FOLDER
    if not path.is_file():
        raise IngestError(ErrorCode.MISSING_FILE, f"{shown(path)} is no file and no folder. Check the path.")
    kind = _kind(path)
    if kind is None:
        raise IngestError(
            ErrorCode.UNSUPPORTED_TYPE,
            f"{shown(path)} is no archive that can be read: name a folder, or a file that ends in .warc, .warc.gz, "
            ".arc, .arc.gz, .jsonl, .jsonl.gz, .ndjson or .opml. Single documents are read by `manage.py ingest`.",
        )
    return kind


def archives_in(path: Path) -> list[Path]:
    """The archive of this name; of a folder also the archives that lie in it, each of which is one of its own."""
    if not path.is_dir():
        return [path]
    inside = (one for one in sorted(path.rglob("*")) if one.is_file() and not one.is_symlink())
    return [path, *(one for one in inside if _kind(one) is not None)]


def _kind(path: Path) -> BackfillKind | None:
    packed = path.suffix.lower() == ".gz"
    kind = KINDS.get((path.with_suffix("") if packed else path).suffix.lower())
    return None if packed and kind not in PACKED else kind


def open_backfill(path: Path, *, dossier: str = "", again: bool = False) -> Backfill:
    """The row of an archive: of one that was begun the one that goes on, else, or ``again``, a new one.

    Raises ``IngestError``: where there is no such archive, or it has changed since it was begun.
    """
    path = path.resolve()
    if len(str(path)) > 4000:
        raise IngestError(ErrorCode.MISSING_FILE, f"{shown(path)} is longer than a path that can be kept.")
    kind = kind_of(path)
    archive = READERS[kind](path, settings.FETCH_MAX_BYTES)
    with transaction.atomic():
        rows = Backfill.objects.select_for_update().filter(path=str(path))
        begun = rows.unfinished().first()
        if begun is not None and again:
            begun.state, begun.error = BackfillState.FAILED, "It was begun again from its beginning."
            begun.save(update_fields=["state", "error"])
        elif begun is not None:
            if begun.fingerprint != archive.fingerprint:
                raise IngestError(
                    ErrorCode.UNREADABLE,
                    f"{shown(path)} has changed since record {begun.records:,} of it was read, so nobody can say where "
                    "to go on. Start it with --again to read it from its beginning: what is known stays as it is.",
                )
            return begun
        elif not again and kind in PACKED:
            last = rows.filter(state=BackfillState.DONE, fingerprint=archive.fingerprint).order_by("pk").last()
            if last is not None:
                return last
        return Backfill.objects.create(
            kind=kind, path=str(path), dossier=dossier, fingerprint=archive.fingerprint, size=archive.size
        )


@dataclass
class _Chunk:
    """Records that are written together."""

    records: list[Record] = field(default_factory=list)
    entries: int = 0
    payload: int = 0
    begun: float = field(default_factory=time.monotonic)

    def add(self, record: Record) -> None:
        self.records.append(record)
        if isinstance(record.holds, Entry):
            self.entries += 1
            self.payload += len(record.holds.payload or b"")

    @property
    def full(self) -> bool:
        return (
            self.entries >= min(CHUNK, settings.BACKFILL_AHEAD)
            or self.payload >= CHUNK_BYTES
            or len(self.records) >= CHUNK_RECORDS
            or time.monotonic() - self.begun >= CHUNK_SECONDS
        )


def read_on(pk: int, *, make_room: Callable[[Backfill], None]) -> bool:
    """Read an archive from where it stands to its end; return whether it was this process's to read.

    Before each chunk ``make_room`` is asked to wait until what was handed in before is worked off far enough, or to do
    that work. A reader that is killed is followed by the next one. That the archive is broken is written on its row.
    """
    backfill = Backfill.objects.unfinished().claim(pk, seconds=settings.WORK_LEASE_SECONDS, by=claimants.this_process())
    if backfill is None:
        return False
    archive = READERS[backfill.kind](Path(backfill.path), settings.FETCH_MAX_BYTES)
    chunk = _Chunk()
    try:
        for record in _read(archive, backfill):
            chunk.add(record)
            if chunk.full and record.after is not None:
                make_room(backfill)
                _write(backfill, archive, chunk.records)
                chunk = _Chunk()
        _write(backfill, archive, chunk.records, finished=True)
    except IngestError as error:
        _write(backfill, archive, _up_to_a_stop(chunk.records), error=str(error))
    finally:
        Backfill.objects.release(backfill)
    return True


def _read(archive: Archive, backfill: Backfill) -> Iterator[Record]:
    """The records that are left, with one kind of error: an archive that was taken away is named like a broken one."""
    try:
        yield from archive.read(backfill.position)
    except OSError as error:
        why = f"{shown(backfill.path)} cannot be read ({shown(error.strerror or error)}). See whether it is there."
        raise IngestError(ErrorCode.UNREADABLE, why) from error


def _up_to_a_stop(records: Sequence[Record]) -> Sequence[Record]:
    last = max((place for place, one in enumerate(records, start=1) if one.after is not None), default=0)
    return records[:last]


def hold(backfill: Backfill, **changes: Any) -> None:
    """Hold on to an archive for as long again, with changes. Raises ``Lost`` where somebody else has it by now."""
    until: Any = Now() + timedelta(seconds=settings.WORK_LEASE_SECONDS)
    ours = Backfill.objects.filter(pk=backfill.pk, claimed_until=backfill.claimed_until)
    if not ours.update(claimed_until=until, **changes):
        raise Lost(f"{backfill.path} is read by another process now.")
    backfill.refresh_from_db()


def _write(
    backfill: Backfill, archive: Archive, records: Sequence[Record], *, finished: bool = False, error: str = ""
) -> None:
    """Hand in a chunk and move the position behind it, whole or not at all."""
    entries = [(one.number, one.holds) for one in records if isinstance(one.holds, Entry)]
    bad = [(one.number, one.holds) for one in records if isinstance(one.holds, Bad)]
    position: Position = next((one.after for one in reversed(records) if one.after is not None), backfill.position)
    changes: dict[str, Any] = {
        "position": position,
        "done": archive.done(position),
        "records": F("records") + len(records),
        "handed_in": F("handed_in") + len(entries),
        "bad": F("bad") + len(bad),
        "left_out": F("left_out") + len(records) - len(entries) - len(bad),
        "attempts": 0,
        "moved_at": timezone.now(),
    }
    if finished or error:
        changes |= {"finished_at": timezone.now(), "error": error}
        changes["state"] = BackfillState.FAILED if error else BackfillState.DONE
        if finished and backfill.size is not None:
            changes["done"] = backfill.size
    with transaction.atomic():
        hold(backfill, **changes)
        copy_in([_submission(backfill, number, entry) for number, entry in entries])
        BadRecord.objects.bulk_create(
            BadRecord(
                backfill=backfill, number=number, name=one.name[:300], code=one.error.code, reason=str(one.error),
                excerpt=one.excerpt,
            )
            for number, one in bad
        )  # fmt: skip
        if entries:
            numbers = {"entry__gte": entries[0][0], "entry__lte": entries[-1][0]}
            made = Submission.objects.filter(backfill=backfill, **numbers).order_by("entry")
            wake_together(FETCH, made.filter(payload__isnull=False).values_list("pk", flat=True))
            for pk in made.filter(payload=None).values_list("pk", flat=True):  # somebody's server has to be waited for
                wake(FETCH, pk, later=True)


def _submission(backfill: Backfill, number: int, entry: Entry) -> Submission:
    return Submission(
        backfill=backfill,
        entry=number,
        address=entry.address,
        payload=entry.payload,
        content_type=entry.content_type[:200],
        dossier=entry.dossier or backfill.dossier,
        told=entry.told,
        later=True,
    )


# --- How much waits --------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Left:
    """How many documents of archives wait for each step, ``BACKFILL_AHEAD`` of each at most."""

    to_read: int
    to_analyse: int
    to_place: int

    @property
    def all(self) -> int:
        """Together."""
        return self.to_read + self.to_analyse + self.to_place


def left() -> Left:
    """What archives brought and is not placed yet. What was put off for a later try is not waited for."""
    most = settings.BACKFILL_AHEAD
    rows = (
        Submission.objects.waiting().filter(failures=0), Snapshot.objects.awaiting_analysis(),
        Snapshot.objects.awaiting_matching(),
    )  # fmt: skip
    return Left(*(each.filter(later=True).order_by()[:most].count() for each in rows))
