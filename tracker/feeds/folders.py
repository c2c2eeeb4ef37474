"""Folders of files as feeds: only below what ``FEED_FOLDERS`` names, and never through a link out of it."""

from __future__ import annotations

import os
import stat
import time
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path

from tracker.feeds.listing import MOST_ITEMS, Item, Listing, line
from tracker.ingest.errors import ErrorCode, IngestError, shown
from tracker.ingest.reading import CONTENT_TYPES

# A file that was written to so lately may still be written to; the next poll takes it.
SETTLED = 2.0


def allowed_folder(path: str, *, roots: Iterable[Path]) -> Path:
    """The folder, if it is one and lies below an allowed one. Raises ``IngestError``: refused_address, missing_file."""
    try:
        folder = Path(path).resolve()
        below = any(folder.is_relative_to(root) for root in roots)
    except (OSError, ValueError, RuntimeError):
        below = False
    if not below:
        raise IngestError(
            ErrorCode.REFUSED_ADDRESS,
            f"{shown(path)} is not below a folder that FEED_FOLDERS names. Whoever runs this server can add it there.",
        )
    if not folder.is_dir():
        raise IngestError(ErrorCode.MISSING_FILE, f"{shown(path)} is no folder. Check the path.")
    return folder


def read_folder(path: str, *, roots: Iterable[Path]) -> Listing:
    """The files of a folder and the folders in it, each version of a file once, the newest first."""
    roots = list(roots)
    folder = allowed_folder(path, roots=roots)
    found: list[Item] = []
    other = links = fresh = 0
    for directory, names, files in os.walk(folder, followlinks=False):
        names[:] = sorted(name for name in names if not name.startswith("."))
        for name in sorted(files):
            file = Path(directory) / name
            if name.startswith("."):
                continue
            if file.suffix.lower() not in CONTENT_TYPES:
                other += 1
                continue
            try:
                status = file.lstat()
            except OSError:
                continue  # it was taken away meanwhile
            if not stat.S_ISREG(status.st_mode):
                links += 1
            elif time.time() - status.st_mtime < SETTLED:
                fresh += 1
            else:
                found.append(_item(file, folder, status))
    found.sort(key=lambda item: item.changed_at or datetime.min.replace(tzinfo=UTC), reverse=True)
    left_out = [
        f"{number:,} {what}."
        for number, what in (
            (max(len(found) - MOST_ITEMS, 0), f"files beyond the newest {MOST_ITEMS:,}"),
            (other, f"files of other kinds than {', '.join(CONTENT_TYPES)}"),
            (links, "links and other entries that are no files"),
            (fresh, "files that are just being written"),
        )
        if number
    ]
    return Listing(
        format="folder", title=line(folder.name, longest=300), items=tuple(found[:MOST_ITEMS]), left_out=tuple(left_out)
    )


def _item(file: Path, folder: Path, status: os.stat_result) -> Item:
    inside = file.relative_to(folder).as_posix()
    # A file that is written anew under its name is a new item; what identifies its document is inside.
    return Item(
        identifier=f"{inside}\n{status.st_size}\n{status.st_mtime_ns}",
        address=inside,
        title=line(inside),
        sections=tuple(part for part in Path(inside).parent.parts if part),
        changed_at=datetime.fromtimestamp(status.st_mtime, tz=UTC),
    )
