"""Snapshots are kept whole, once, and in a format that other archives read."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from fastwarc.warc import ArchiveIterator as OtherIterator
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from warcio.archiveiterator import ArchiveIterator
from warcio.checker import Checker

from tracker.ingest.archive import WarcRef, read_payload, write_snapshot
from tracker.ingest.errors import ErrorCode, IngestError
from tracker.ingest.fetched import Fetched
from tracker.ingest.store import FolderStore

MOMENT = datetime(2024, 3, 12, 14, 30, 5, 123456, tzinfo=UTC)
FILE = Fetched(
    address="file:///desk/a.txt",
    final_address="file:///desk/a.txt",
    payload=b"The mayor said so.\r\n\r\n",
    content_type="text/plain",
    fetched_at=MOMENT,
)
PAGE = Fetched(
    address="https://news.example/short",
    final_address="https://news.example/page?x=1",
    payload=b"<p>The mayor said so.</p>",
    content_type="text/html",
    fetched_at=MOMENT,
    status=200,
    reason="OK",
    headers=(("Content-Type", "text/html"), ("Content-Encoding", "gzip"), ("Transfer-Encoding", "chunked"), ("X", "é")),
    request_headers=(("Host", "news.example"), ("User-Agent", "Corroborate/0.1")),
    peer="1.1.1.1",
)


@pytest.mark.parametrize("fetched", [FILE, PAGE], ids=["file", "page"])
def test_what_was_stored_comes_back(tmp_path: Path, fetched: Fetched) -> None:
    reference = write_snapshot(FolderStore(tmp_path), fetched)
    assert reference.sha256 == fetched.sha256
    assert read_payload(FolderStore(tmp_path), reference) == fetched.payload


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(payload=st.binary(min_size=1), content_type=st.text(max_size=30), header=st.text(max_size=30))
def test_any_bytes_come_back(tmp_path: Path, payload: bytes, content_type: str, header: str) -> None:
    header = header.encode("latin-1", "replace").decode("latin-1")
    for fetched in (
        replace(FILE, payload=payload, content_type=content_type),
        replace(PAGE, payload=payload, headers=(("Content-Type", "text/html"), ("X-Any", header)), reason=header),
    ):
        assert read_payload(FolderStore(tmp_path), write_snapshot(FolderStore(tmp_path), fetched)) == payload


def test_writing_twice_changes_nothing(tmp_path: Path) -> None:
    first = write_snapshot(FolderStore(tmp_path), PAGE)
    path = tmp_path / first.path
    before = (path.stat().st_mtime_ns, path.read_bytes())
    assert write_snapshot(FolderStore(tmp_path), PAGE) == first
    assert (path.stat().st_mtime_ns, path.read_bytes()) == before
    assert [found for found in tmp_path.rglob("*") if found.is_file()] == [path]


def test_the_same_bytes_fetched_later_are_another_snapshot(tmp_path: Path) -> None:
    first = write_snapshot(FolderStore(tmp_path), PAGE)
    second = write_snapshot(FolderStore(tmp_path), replace(PAGE, fetched_at=MOMENT + timedelta(seconds=1)))
    assert first.path != second.path
    assert first.sha256 == second.sha256


def test_a_half_written_file_is_replaced(tmp_path: Path) -> None:
    reference = write_snapshot(FolderStore(tmp_path), PAGE)
    path = tmp_path / reference.path
    path.write_bytes(path.read_bytes()[:50])
    write_snapshot(FolderStore(tmp_path), PAGE)
    assert read_payload(FolderStore(tmp_path), reference) == PAGE.payload


def test_a_failed_write_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(handle: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(OSError, match="No space left"):
        write_snapshot(FolderStore(tmp_path), PAGE)
    assert [found for found in tmp_path.rglob("*") if found.is_file()] == []


def test_another_archive_reads_it(tmp_path: Path) -> None:
    reference = write_snapshot(FolderStore(tmp_path), PAGE)
    with (tmp_path / reference.path).open("rb") as file:
        records = [(record.rec_type, record.rec_headers, record.http_headers) for record in ArchiveIterator(file)]
    assert [kind for kind, _, _ in records] == ["warcinfo", "response", "request"]
    _, headers, http = records[1]
    assert headers.get_header("WARC-Target-URI") == "https://news.example/page?x=1"
    assert headers.get_header("WARC-Date") == "2024-03-12T14:30:05.123456Z"
    assert headers.get_header("WARC-IP-Address") == "1.1.1.1"
    assert headers.get_header("WARC-Payload-Digest") == f"sha256:{PAGE.sha256}"
    assert http.get_statuscode() == "200"
    assert http.get_header("X-Archive-Orig-Content-Encoding") == "gzip"
    assert http.get_header("Content-Encoding") is None
    assert http.get_header("Content-Length") == str(len(PAGE.payload))
    _, request, asked = records[2]
    assert request.get_header("WARC-Concurrent-To") == headers.get_header("WARC-Record-ID")
    assert asked.to_str().startswith("GET /page?x=1 HTTP/1.1\r\nHost: news.example")


def test_a_file_is_kept_as_a_resource(tmp_path: Path) -> None:
    reference = write_snapshot(FolderStore(tmp_path), FILE)
    with (tmp_path / reference.path).open("rb") as file:
        assert [record.rec_type for record in ArchiveIterator(file)] == ["warcinfo", "resource"]


@pytest.mark.parametrize("fetched", [FILE, PAGE], ids=["file", "page"])
def test_the_digests_are_right(tmp_path: Path, fetched: Fetched, capsys: pytest.CaptureFixture[str]) -> None:
    class Options:
        inputs = [str(tmp_path / write_snapshot(FolderStore(tmp_path), fetched).path)]
        verbose = True

    checker = Checker(Options())
    checker.process_all()
    assert checker.exit_value == 0, capsys.readouterr().out


@pytest.mark.parametrize("fetched", [FILE, PAGE], ids=["file", "page"])
def test_a_reader_of_another_make_finds_the_same(tmp_path: Path, fetched: Fetched) -> None:
    reference = write_snapshot(FolderStore(tmp_path), fetched)
    found = {}
    with (tmp_path / reference.path).open("rb") as file:
        for record in OtherIterator(file, parse_http=True):
            kind = record.headers["WARC-Type"]
            assert kind == "warcinfo" or record.headers["WARC-Target-URI"] == fetched.final_address
            found[kind] = record.reader.read()
            if kind == "response":
                assert (record.http_headers.status_code, record.http_content_type) == (200, "text/html")
    assert found["response" if fetched.from_web else "resource"] == fetched.payload
    assert list(found) == (["warcinfo", "response", "request"] if fetched.from_web else ["warcinfo", "resource"])


@pytest.mark.parametrize("fetched", [FILE, PAGE], ids=["file", "page"])
def test_a_checker_of_another_make_holds_the_digests_to_be_right(tmp_path: Path, fetched: Fetched) -> None:
    reference = write_snapshot(FolderStore(tmp_path), fetched)
    with (tmp_path / reference.path).open("rb") as file:
        for record in OtherIterator(file, parse_http=False):
            assert record.verify_block_digest(), record.headers["WARC-Type"]


def test_a_changed_snapshot_is_noticed(tmp_path: Path) -> None:
    reference = write_snapshot(FolderStore(tmp_path), PAGE)
    path = tmp_path / reference.path
    content = bytearray(path.read_bytes())
    content[reference.offset + reference.length // 2] ^= 0xFF
    path.write_bytes(content)
    with pytest.raises(IngestError) as caught:
        read_payload(FolderStore(tmp_path), reference)
    assert caught.value.code is ErrorCode.SNAPSHOT_DAMAGED


def test_a_snapshot_under_a_wrong_hash_is_noticed(tmp_path: Path) -> None:
    reference = replace(write_snapshot(FolderStore(tmp_path), PAGE), sha256="0" * 64)
    with pytest.raises(IngestError) as caught:
        read_payload(FolderStore(tmp_path), reference)
    assert caught.value.code is ErrorCode.SNAPSHOT_DAMAGED


@pytest.mark.parametrize("path", ["ab/gone.warc.gz", "../outside.warc.gz", "/etc/passwd", ""])
def test_a_snapshot_that_is_not_in_the_store_is_missing(tmp_path: Path, path: str) -> None:
    (tmp_path / "outside.warc.gz").write_bytes(b"x")
    (tmp_path / "store").mkdir()
    with pytest.raises(IngestError) as caught:
        read_payload(FolderStore(tmp_path / "store"), WarcRef(path, 0, 10, "0" * 64))
    assert caught.value.code is ErrorCode.SNAPSHOT_MISSING
