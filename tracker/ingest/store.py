"""Where evidence lies: a folder, or a bucket that speaks S3. What is written is there whole or not at all."""

from __future__ import annotations

import contextlib
import os
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Protocol

import obstore
from obstore.exceptions import AlreadyExistsError, BaseError
from obstore.store import S3Store

CHUNK = 64 * 1024  # bytes of one step of reading
WRITING = ".writing-"  # how files are called until they are whole


class NotStored(Exception):
    """Nothing can be read under a name; the message says why, in the words of the folder or the server."""


class EvidenceStore(Protocol):
    """Everything that is asked of a place for evidence. Names are relative paths with ``/``."""

    def write(self, name: str, content: bytes) -> None:
        """Keep ``content`` under ``name``, durably. Others find all of it or nothing. Again, it changes nothing."""
        ...

    def read(self, name: str, *, offset: int, length: int) -> bytes:
        """So many bytes from ``offset`` on, fewer at the end. Raises ``NotStored``."""
        ...

    def stream(self, name: str) -> Iterator[bytes]:
        """All bytes, in pieces of bounded size. Raises ``NotStored``, at the first piece or later."""
        ...

    def names(self) -> Iterator[str]:
        """Every name that something is kept under, in any order."""
        ...

    def written_at(self, name: str) -> datetime:
        """When what is kept under ``name`` was written. Raises ``NotStored``."""
        ...

    def remove(self, name: str) -> None:
        """Keep nothing under ``name`` any more, durably. Where nothing is, nothing happens."""
        ...


@dataclass(frozen=True, slots=True)
class FolderStore:
    """Evidence in files below ``folder``, readable by their owner alone."""

    folder: Path

    def write(self, name: str, content: bytes) -> None:
        """Write beside the target and rename: a crash leaves a stray temporary file at most, never half a file."""
        target = self._path(name)
        if target.is_file() and target.read_bytes() == content:
            return
        target.parent.mkdir(parents=True, exist_ok=True)
        handle, temporary = tempfile.mkstemp(prefix=WRITING, dir=target.parent)
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            Path(temporary).replace(target)
        except BaseException:
            with contextlib.suppress(OSError):
                Path(temporary).unlink()
            raise
        _sync_directory(target.parent)

    def read(self, name: str, *, offset: int, length: int) -> bytes:
        """So many bytes from ``offset`` on."""
        try:
            with self._path(name).open("rb") as file:
                file.seek(offset)
                return file.read(length)
        except (OSError, ValueError) as error:
            raise NotStored(str(error)) from error

    def stream(self, name: str) -> Iterator[bytes]:
        """All bytes, piece by piece."""
        try:
            with self._path(name).open("rb") as file:
                while piece := file.read(CHUNK):
                    yield piece
        except (OSError, ValueError) as error:
            raise NotStored(str(error)) from error

    def names(self) -> Iterator[str]:
        """Every file, without those that are being written."""
        for folder, _folders, files in os.walk(self.folder):
            for name in files:
                if not name.startswith(WRITING):
                    yield (Path(folder) / name).relative_to(self.folder).as_posix()

    def written_at(self, name: str) -> datetime:
        """By the file system's clock."""
        try:
            return datetime.fromtimestamp(self._path(name).stat().st_mtime, UTC)
        except OSError as error:
            raise NotStored(str(error)) from error

    def remove(self, name: str) -> None:
        """Delete the file. That it is gone is durable only once its directory is."""
        target = self._path(name)
        target.unlink(missing_ok=True)
        if target.parent.is_dir():
            _sync_directory(target.parent)

    def _path(self, name: str) -> Path:
        """Where a name lies. What leads out of the folder is not stored here."""
        root = self.folder.resolve()
        path = (root / name).resolve()
        if not path.is_relative_to(root):
            raise NotStored("it is not inside the store")
        return path


@dataclass(frozen=True, slots=True)
class BucketStore:
    """Evidence as objects of a bucket, below ``prefix``. Whoever writes an object twice writes the same bytes."""

    bucket: str
    prefix: str = ""
    endpoint: str = ""
    region: str = ""
    access_key_id: str = ""
    secret_access_key: str = field(default="", repr=False)

    def write(self, name: str, content: bytes) -> None:
        """One request: the server keeps all of it or nothing. An object that is there and differs was damaged."""
        store = self._store()
        try:
            obstore.put(store, name, content, mode="create")
        except AlreadyExistsError:
            if b"".join(self.stream(name)) != content:
                obstore.put(store, name, content)

    def read(self, name: str, *, offset: int, length: int) -> bytes:
        """So many bytes from ``offset`` on."""
        try:
            return bytes(obstore.get_range(self._store(), name, start=offset, length=length))
        except (BaseError, OSError, ValueError) as error:
            raise NotStored(_first_line(error)) from error

    def stream(self, name: str) -> Iterator[bytes]:
        """All bytes, piece by piece as the server sends them."""
        try:
            for piece in obstore.get(self._store(), name).stream(min_chunk_size=CHUNK):
                yield bytes(piece)
        except (BaseError, OSError, ValueError) as error:
            raise NotStored(_first_line(error)) from error

    def names(self) -> Iterator[str]:
        """Every object below the prefix, asked for page by page."""
        for page in obstore.list(self._store()):
            yield from (found["path"] for found in page)

    def written_at(self, name: str) -> datetime:
        """By the server's clock."""
        try:
            return obstore.head(self._store(), name)["last_modified"]
        except (BaseError, OSError, ValueError) as error:
            raise NotStored(_first_line(error)) from error

    def remove(self, name: str) -> None:
        """Delete the object. A bucket that keeps versions keeps this one too, until its own rules let it go."""
        with contextlib.suppress(FileNotFoundError):
            obstore.delete(self._store(), name)

    def _store(self) -> S3Store:
        config: dict[str, Any] = {
            name: value
            for name in ("endpoint", "region", "access_key_id", "secret_access_key")
            if (value := getattr(self, name))
        }
        plain = self.endpoint.startswith("http://")
        return S3Store(self.bucket, prefix=self.prefix or None, client_options={"allow_http": plain}, **config)


def _first_line(error: Exception) -> str:
    return str(error).strip().split("\n", 1)[0] or type(error).__name__


def _sync_directory(directory: Path) -> None:
    """The new name is durable only once its directory is."""
    handle = os.open(directory, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
