"""A folder and a bucket keep evidence alike: whole or not at all, found again, and nothing outside."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.s3 import bucket
from tracker.ingest.store import CHUNK, BucketStore, EvidenceStore, FolderStore, NotStored

LARGE = bytes(range(256)) * 1000  # several pieces
# Another's server that speaks S3 (npm install s3rver), tried where this names its program.
S3RVER = os.environ.get("S3RVER", "")


@pytest.fixture(params=["folder", "bucket", "s3rver"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[EvidenceStore]:
    if request.param == "folder":
        yield FolderStore(tmp_path / "evidence")
    elif request.param == "bucket":
        with bucket() as held:
            yield BucketStore("evidence", "desk/one", held.endpoint, "us-east-1", "key", "secret")
            assert held.unsigned == []
            assert all(key.startswith("desk/one/") for key in held.objects)
    else:
        if not shutil.which(S3RVER):
            pytest.skip("no s3rver: S3RVER names no program")
        yield from _s3rver(tmp_path)


def _s3rver(folder: Path) -> Iterator[EvidenceStore]:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
    command = [S3RVER, "-d", str(folder), "-a", "127.0.0.1", "-p", str(port), "--configure-bucket", "evidence"]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL) as process:
        deadline = time.monotonic() + 30
        while not _answers(port):
            assert time.monotonic() < deadline
            time.sleep(0.1)
        yield BucketStore("evidence", "desk/one", f"http://127.0.0.1:{port}", "us-east-1", "S3RVER", "S3RVER")
        process.terminate()


def _answers(port: int) -> bool:
    with socket.socket() as tried:
        return tried.connect_ex(("127.0.0.1", port)) == 0


def test_what_was_written_is_read_whole_and_in_part(store: EvidenceStore) -> None:
    store.write("aa/large", LARGE)
    pieces = list(store.stream("aa/large"))
    assert b"".join(pieces) == LARGE
    assert len(pieces) > 1
    assert max(len(piece) for piece in pieces) <= 4 * CHUNK
    assert store.read("aa/large", offset=1000, length=300) == LARGE[1000:1300]
    assert store.read("aa/large", offset=len(LARGE) - 5, length=300) == LARGE[-5:]


def test_writing_again_changes_nothing_and_mends_what_was_damaged(store: EvidenceStore) -> None:
    store.write("aa/one", b"damaged")
    store.write("aa/one", b"whole")
    store.write("aa/one", b"whole")
    assert b"".join(store.stream("aa/one")) == b"whole"


def test_what_is_removed_is_gone_and_removing_it_again_changes_nothing(store: EvidenceStore) -> None:
    store.write("aa/one", b"one")
    store.write("aa/two", b"two")
    for _ in range(2):
        store.remove("aa/one")
    store.remove("bb/none")
    assert set(store.names()) == {"aa/two"}
    with pytest.raises(NotStored):
        store.read("aa/one", offset=0, length=1)


def test_when_something_was_written_is_told(store: EvidenceStore) -> None:
    before = datetime.now(UTC) - timedelta(seconds=2)  # servers tell whole seconds
    store.write("aa/one", b"one")
    assert before < store.written_at("aa/one") < datetime.now(UTC) + timedelta(seconds=2)
    with pytest.raises(NotStored):
        store.written_at("aa/none")


def test_every_name_is_told(store: EvidenceStore) -> None:
    names = {f"{n:02x}/version-{n}.warc.gz" for n in range(5)}
    for name in names:
        store.write(name, b"x")
    assert set(store.names()) == names


def test_what_is_not_there_is_said_not_to_be(store: EvidenceStore) -> None:
    with pytest.raises(NotStored):
        store.read("aa/none", offset=0, length=10)
    with pytest.raises(NotStored):
        list(store.stream("aa/none"))


@pytest.mark.parametrize("name", ["../outside", "/etc/passwd", "aa/../../outside"])
def test_a_folder_holds_nothing_outside_itself(tmp_path: Path, name: str) -> None:
    store = FolderStore(tmp_path / "evidence")
    (tmp_path / "outside").write_bytes(b"x")
    for act in (
        lambda: store.write(name, b"y"),
        lambda: store.read(name, offset=0, length=1),
        lambda: list(store.stream(name)),
    ):
        with pytest.raises(NotStored, match="not inside"):
            act()
    assert (tmp_path / "outside").read_bytes() == b"x"


def test_files_are_their_owners_alone(tmp_path: Path) -> None:
    FolderStore(tmp_path).write("aa/one", b"x")
    assert (tmp_path / "aa" / "one").stat().st_mode & 0o777 == 0o600
