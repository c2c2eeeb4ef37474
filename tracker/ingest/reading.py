"""Read a local file."""

from __future__ import annotations

import errno
import stat
from datetime import UTC, datetime
from pathlib import Path

from tracker.ingest.errors import ErrorCode, IngestError, shown
from tracker.ingest.fetched import DEFAULT_MAX_BYTES, Fetched

CONTENT_TYPES = {
    ".txt": "text/plain",
    ".md": "text/markdown",
    ".markdown": "text/markdown",
    ".html": "text/html",
    ".htm": "text/html",
}


def read_path(path: Path | str, *, max_bytes: int = DEFAULT_MAX_BYTES) -> Fetched:
    """The file's bytes, with the content type that its suffix stands for.

    Raises ``IngestError``: missing_file, is_a_directory, not_a_file, unreadable, unsupported_type, empty, too_large.
    What is inside is judged by ``extract``.
    """
    path = Path(path)
    name = shown(path)
    try:
        status = path.stat()
        if stat.S_ISDIR(status.st_mode):
            raise IngestError(ErrorCode.IS_A_DIRECTORY, f"{name} is a directory. Name the files in it one by one.")
        if not stat.S_ISREG(status.st_mode):
            raise IngestError(ErrorCode.NOT_A_FILE, f"{name} is a pipe, a socket or a device. Save it to a file first.")
        content_type = CONTENT_TYPES.get(path.suffix.lower())
        if content_type is None:
            kinds = ", ".join(CONTENT_TYPES)
            raise IngestError(
                ErrorCode.UNSUPPORTED_TYPE,
                f"{name} is not of a kind that can be read ({kinds}). Save it as plain text or as HTML.",
            )
        with path.open("rb") as file:
            # One byte more than allowed tells a file that is too large, even one that grows while it is read.
            payload = file.read(max_bytes + 1)
        address = path.resolve().as_uri()
    except ValueError as error:  # a NUL in the name
        raise IngestError(ErrorCode.MISSING_FILE, f"{name} cannot be the name of a file. Check the name.") from error
    except OSError as error:
        raise _from_os_error(error, name) from error
    if not payload:
        raise IngestError(ErrorCode.EMPTY, f"{name} is empty. Check that it was saved or copied completely.")
    if len(payload) > max_bytes:
        raise IngestError(
            ErrorCode.TOO_LARGE,
            f"{name} is larger than {max_bytes:,} bytes, the most that is taken in. Split it into single documents.",
        )
    return Fetched(
        address=address, final_address=address, payload=payload, content_type=content_type, fetched_at=datetime.now(UTC)
    )


def _from_os_error(error: OSError, name: str) -> IngestError:
    if error.errno in {errno.ENOENT, errno.ENOTDIR, errno.ENAMETOOLONG, errno.ELOOP}:
        return IngestError(ErrorCode.MISSING_FILE, f"{name} does not exist. Check the path.")
    reason = error.strerror or type(error).__name__
    return IngestError(ErrorCode.UNREADABLE, f"{name} cannot be read ({reason}). Check its permissions.")
