"""A folder of files, and of folders, as an archive: every text and page in it, in the order of their names."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tracker.archives.records import Bad, Entry, LeftOut, Position, Record
from tracker.ingest.errors import IngestError, shown
from tracker.ingest.reading import CONTENT_TYPES, read_path
from tracker.submissions import file_address


@dataclass(frozen=True, slots=True)
class Folder:
    """Files are read as they are when they are handed in one by one. Links and hidden files are left out."""

    path: Path
    max_bytes: int

    @property
    def size(self) -> int | None:
        """How many files there are now."""
        return sum(1 for _ in _files(self.path))

    @property
    def fingerprint(self) -> str:
        """Names have their order, whatever is added."""
        return ""

    def done(self, position: Position) -> int:
        """Files looked at."""
        return int(position.get("record", 0))

    def read(self, position: Position) -> Iterator[Record]:
        """The files whose names come after the last one read."""
        number, last = int(position.get("record", 0)), tuple(position.get("after", ()))
        for parts in _files(self.path, after=last):
            number += 1
            yield Record(number, {"record": number, "after": list(parts)}, self._held(Path(*parts)))

    def _held(self, inside: Path) -> Entry | Bad | LeftOut:
        path = self.path / inside
        if path.suffix.lower() not in CONTENT_TYPES or path.is_symlink():
            return LeftOut()
        try:
            fetched = read_path(path, max_bytes=self.max_bytes)
        except IngestError as error:
            return Bad(error, name=shown(inside.as_posix()))
        return Entry(file_address(path), fetched.payload, fetched.content_type)


def _files(folder: Path, *, after: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    """The files below a folder as the parts of their names, in order; only those after ``after``."""
    with os.scandir(folder) as found:
        entries = sorted((one.name, one.is_dir(follow_symlinks=False)) for one in found if not one.name.startswith("."))
    for name, is_folder in entries:
        if after and name < after[0]:
            continue
        rest = after[1:] if after and name == after[0] else ()
        if is_folder:
            yield from ((name, *parts) for parts in _files(folder / name, after=rest))
        elif not (after and name == after[0]):
            yield (name,)
