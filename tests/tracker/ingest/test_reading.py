"""Files are read, or it is said why not."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tracker.ingest.errors import ErrorCode, IngestError
from tracker.ingest.reading import read_path


def failure(path: Path | str, **kwargs: int) -> IngestError:
    with pytest.raises(IngestError) as caught:
        read_path(path, **kwargs)
    return caught.value


@pytest.mark.parametrize(
    ("name", "content_type"),
    [("a.txt", "text/plain"), ("a.MD", "text/markdown"), ("a.html", "text/html"), ("a.htm", "text/html")],
)
def test_a_file_is_read_as_what_its_suffix_says(tmp_path: Path, name: str, content_type: str) -> None:
    path = tmp_path / name
    path.write_bytes(b"He said so.\r\n")
    fetched = read_path(path)
    assert fetched.payload == b"He said so.\r\n"
    assert fetched.content_type == content_type
    assert fetched.address == fetched.final_address == path.as_uri()
    assert not fetched.from_web


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    error = failure(tmp_path / "gone.txt")
    assert error.code is ErrorCode.MISSING_FILE
    assert "gone.txt" in str(error)


@pytest.mark.parametrize("name", ["a\x00b.txt", "a" * 5000 + ".txt"])
def test_an_impossible_name_is_a_missing_file(name: str) -> None:
    assert failure(name).code is ErrorCode.MISSING_FILE


def test_a_file_below_a_file_is_missing(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("x", encoding="utf-8")
    assert failure(tmp_path / "a.txt" / "b.txt").code is ErrorCode.MISSING_FILE


def test_a_directory_is_no_document(tmp_path: Path) -> None:
    assert failure(tmp_path).code is ErrorCode.IS_A_DIRECTORY


def test_a_pipe_is_no_document_and_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.txt")
    assert failure(tmp_path / "pipe.txt").code is ErrorCode.NOT_A_FILE


def test_an_empty_file_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "a.txt").touch()
    assert failure(tmp_path / "a.txt").code is ErrorCode.EMPTY


def test_a_file_may_be_as_large_as_allowed_and_no_larger(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_bytes(b"x" * 100)
    assert len(read_path(path, max_bytes=100).payload) == 100
    error = failure(path, max_bytes=99)
    assert error.code is ErrorCode.TOO_LARGE
    assert "99 bytes" in str(error)


def test_fifty_megabytes_are_too_much_by_default(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    with path.open("wb") as file:
        file.truncate(50_000_000)
    assert failure(path).code is ErrorCode.TOO_LARGE


@pytest.mark.parametrize("name", ["a.pdf", "a.docx", "a"])
def test_other_kinds_of_files_are_not_taken(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_bytes(b"x")
    assert failure(tmp_path / name).code is ErrorCode.UNSUPPORTED_TYPE


def test_a_file_that_may_not_be_read_is_an_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "a.txt"
    path.write_bytes(b"x")

    def denied(self: Path, mode: str) -> None:
        raise PermissionError(13, "Permission denied")

    # Permissions do not stop the root user, so the file system's answer is played.
    monkeypatch.setattr(Path, "open", denied)
    error = failure(path)
    assert error.code is ErrorCode.UNREADABLE
    assert "Permission denied" in str(error)
