"""One flipped bit anywhere in a stored file is found, and what differs from the database is named."""

from __future__ import annotations

import gzip
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.tracker.ingest.test_archive import FILE, PAGE
from tracker.ingest.archive import write_snapshot
from tracker.ingest.fetched import Fetched
from tracker.ingest.store import FolderStore
from tracker.ingest.verifying import Damage, Kept, faults_of_file

HARD = replace(
    PAGE,
    headers=(
        *PAGE.headers,
        ("Y", "Жé".encode().decode("latin-1")),
        ("Set-Cookie", "a=1"),
        ("Set-Cookie", "b"),
        ("E", ""),
    ),
)


def stored(folder: Path, fetched: Fetched) -> tuple[Path, Kept]:
    kept = write_snapshot(FolderStore(folder), fetched)
    headers: Sequence[Sequence[str]] = [list(header) for header in fetched.headers]
    return folder / kept.path, Kept(
        kept.path, kept.file_sha256, kept.sha256, fetched.fetched_at, fetched.final_address, fetched.status, headers
    )


def damage(folder: Path, kept: Kept) -> set[Damage]:
    return {fault.damage for fault in faults_of_file(FolderStore(folder), kept)}


@pytest.mark.parametrize("fetched", [FILE, PAGE, HARD], ids=["file", "page", "hard headers"])
def test_a_file_as_it_was_written_has_no_fault(tmp_path: Path, fetched: Fetched) -> None:
    assert damage(tmp_path, stored(tmp_path, fetched)[1]) == set()


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=50)
@given(value=st.text(max_size=30), reason=st.text(max_size=10))
def test_no_header_that_a_server_sends_is_a_fault(tmp_path: Path, value: str, reason: str) -> None:
    value, reason = (text.encode("latin-1", "replace").decode("latin-1") for text in (value, reason))
    fetched = replace(PAGE, headers=(("Content-Type", "text/html"), ("X-Any", value)), reason=reason)
    assert damage(tmp_path, stored(tmp_path, fetched)[1]) == set()


@pytest.mark.parametrize("fetched", [FILE, HARD], ids=["file", "page"])
def test_any_flipped_bit_of_a_file_is_found(tmp_path: Path, fetched: Fetched) -> None:
    path, kept = stored(tmp_path, fetched)
    whole = path.read_bytes()
    for place in range(0, len(whole), 7):
        changed = bytearray(whole)
        changed[place] ^= 1 << (place % 8)
        path.write_bytes(changed)
        faults = list(faults_of_file(FolderStore(tmp_path), kept))
        assert Damage.FILE_CHANGED in {fault.damage for fault in faults}, place
        assert all(fault.detail.isprintable() for fault in faults), "a terminal shows it"


@pytest.mark.parametrize(
    ("old", "new", "found"),
    [
        (b"<p>The mayor", b"<p>The Mayor", Damage.PAYLOAD_CHANGED),
        (b"X-Archive-Orig-Content-Encoding: gzip", b"X-Archive-Orig-Content-Encoding: gzap", Damage.HEADERS_DIFFER),
        (b"2024-03-12T14:30:05.123456Z", b"2024-03-12T14:30:05.123457Z", Damage.HEADERS_DIFFER),
        (b"WARC-IP-Address: 1.1.1.1", b"WARC-IP-Address: 1.1.1.2", Damage.FILE_CHANGED),
        (b"User-Agent: Corroborate", b"User-Agent: corroborate", Damage.FILE_CHANGED),
    ],
)  # fmt: skip
def test_a_forger_who_packs_the_file_again_is_found_out(tmp_path: Path, old: bytes, new: bytes, found: Damage) -> None:
    path, kept = stored(tmp_path, PAGE)
    members = path.read_bytes()
    assert old in gzip.decompress(members)
    path.write_bytes(b"".join(gzip.compress(part) for part in _records(gzip.decompress(members).replace(old, new))))
    told = damage(tmp_path, kept)
    assert Damage.FILE_CHANGED in told
    assert found in told


def test_a_database_that_tells_otherwise_is_found_out(tmp_path: Path) -> None:
    _, kept = stored(tmp_path, PAGE)
    for changed in (
        replace(kept, headers=[["Content-Type", "text/plain"], *kept.headers[1:]]),
        replace(kept, status=404),
        replace(kept, fetched_at=kept.fetched_at + timedelta(seconds=1)),
        replace(kept, fetched_from="https://other.example/page"),
    ):
        assert damage(tmp_path, changed) == {Damage.HEADERS_DIFFER}


def test_a_missing_and_an_emptied_file_are_told_apart(tmp_path: Path) -> None:
    path, kept = stored(tmp_path, PAGE)
    path.write_bytes(b"")
    assert damage(tmp_path, kept) == {Damage.FILE_CHANGED, Damage.UNREADABLE}
    path.unlink()
    assert damage(tmp_path, kept) == {Damage.MISSING}


def _records(content: bytes) -> list[bytes]:
    return [b"WARC/1.1" + part for part in content.split(b"WARC/1.1")[1:]]
