"""Backup, wipe, restore: the same standings, the same head of the ledger, and evidence that verifies."""

import json
import os
import subprocess
import sys
import threading
import uuid
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import psycopg
import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from psycopg import sql

from claims.models import Claim, Event, Snapshot
from claims.services import ledger
from tests.servers import ROOT, database_url
from tracker import backup, pipeline
from tracker.submissions import submit

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]

TOWNS = ["Arvel", "Besk", "Corin"]


def dispatch(town: str) -> bytes:
    return f"The mayor of {town} said the bridge at {town} was closed on Monday.\n\nMore is not known.\n".encode()


@pytest.fixture
def filled(settings, tmp_path: Path) -> Path:
    """A few documents, read and placed; returns where their evidence is kept."""
    settings.EVIDENCE_DIR = tmp_path / "evidence"
    settings.HOME = tmp_path / "home"
    settings.HOME.mkdir()
    (settings.HOME / "secret_key").write_text("k" * 40)
    settings.SIGNING_KEY = settings.HOME / "signing_key.pem"
    settings.SIGNING_KEY.write_text("a key")
    (settings.HOME / "signing_key.1f.retired.pem").write_text("an old public key")
    for town in TOWNS:
        submit(address=f"{town}.txt", payload=dispatch(town), content_type="text/plain", announce=False)
    pipeline.work_off()
    return settings.EVIDENCE_DIR


@pytest.fixture
def elsewhere() -> Iterator[str]:
    """The address of an empty database beside the tests' own: a machine that has lost everything."""
    name = f"restored_{uuid.uuid4().hex[:12]}"
    with psycopg.connect(database_url(), autocommit=True) as server:
        server.execute(
            sql.SQL("CREATE DATABASE {} TEMPLATE template0 ENCODING 'UTF8' LC_COLLATE 'C' LC_CTYPE 'C.UTF-8'").format(
                sql.Identifier(name)
            )
        )
        yield urlunsplit(urlsplit(database_url())._replace(path=f"/{name}"))
        server.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))


def restored(source: Path, database: str, home: Path) -> subprocess.CompletedProcess[str]:
    """What ``manage.py restore`` of another installation says."""
    environment = os.environ | {
        "DATABASE_URL": database, "CORROBORATE_HOME": str(home), "EVIDENCE_DIR": str(home / "evidence"),
        "SECRET_KEY": "another-machine-" * 3,
    }  # fmt: skip
    command = [sys.executable, "manage.py", "restore", str(source)]
    return subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=250, check=False)


def test_what_was_backed_up_while_others_wrote_comes_back_and_verifies(filled, elsewhere, tmp_path, monkeypatch):
    """Show it whole: writers write, the backup is one moment, everything is lost, and comes back."""
    stop, dumped = threading.Event(), backup._dump

    def write_on() -> None:
        number = 0
        while not stop.is_set():
            number += 1
            town = f"Dahl{number}"
            submission = submit(address=f"{town}.txt", payload=dispatch(town), announce=False)
            pipeline.read_submission(submission.pk)
            ledger.seal()
        connection.close()

    writer = threading.Thread(target=write_on)

    def dump_while_others_write(target: Path, exported: str) -> None:
        writer.start()
        before = Snapshot.objects.count()  # as of the backup's moment, however long it takes
        dumped(target, exported)
        stop.set()
        writer.join()
        assert Snapshot.objects.count() == before

    monkeypatch.setattr(backup, "_dump", dump_while_others_write)
    stood = {str(c.uid): c.standing for c in Claim.objects.all()}
    head = ledger.head()
    call_command("backup", str(tmp_path / "kept"))
    assert Snapshot.objects.count() > len(TOWNS), "nobody wrote meanwhile"

    home = tmp_path / "another"
    home.mkdir()
    told = restored(tmp_path / "kept", elsewhere, home)
    assert told.returncode == 0, told.stderr
    assert f"Head {head[0]}:{head[1]}" in told.stdout
    assert f"{len(TOWNS)} versions verified" in told.stdout
    with psycopg.connect(elsewhere) as there:
        assert dict(there.execute("SELECT uid::text, standing FROM claims_claim").fetchall()) == stood
        last = there.execute("SELECT seq, hash FROM claims_event WHERE seq IS NOT NULL ORDER BY seq DESC LIMIT 1")
        assert last.fetchone() == head
        # The rules came along: evidence is never edited there either.
        with pytest.raises(psycopg.Error, match="Cannot update"):
            there.execute("UPDATE claims_snapshot SET text = 'x'")
    assert len(list((home / "evidence").rglob("*.warc.gz"))) == len(TOWNS)
    assert (home / "secret_key").read_text() == "k" * 40
    assert (home / "signing_key.pem").read_text() == "a key"
    assert (home / "signing_key.1f.retired.pem").exists()


def test_a_restore_replaces_what_is_there_only_when_told(filled, tmp_path, capsys):
    call_command("backup", str(tmp_path / "kept"))
    submit(address="Elm.txt", payload=dispatch("Elm"), announce=False)
    pipeline.work_off()
    with pytest.raises(CommandError, match="Nothing was restored: the database holds"):
        call_command("restore", str(tmp_path / "kept"))
    assert Snapshot.objects.count() == len(TOWNS) + 1
    call_command("restore", str(tmp_path / "kept"), overwrite=True)
    assert "standings as backed up" in capsys.readouterr().out
    assert Snapshot.objects.count() == len(TOWNS)


def test_a_backup_says_what_it_holds_and_is_its_owners_alone(filled, tmp_path):
    call_command("backup", str(tmp_path / "kept"))
    manifest = json.loads((tmp_path / "kept" / "manifest.json").read_text())
    assert (manifest["events"], manifest["versions"]) == (Event.objects.count(), len(TOWNS))
    assert (manifest["ledger_seq"], manifest["ledger_hash"]) == ledger.head()
    assert {(tmp_path / "kept" / name).stat().st_mode & 0o777 for name in ("", "database.dump")} == {0o700, 0o600}
    subprocess.run(["sha256sum", "--check", "--quiet", "evidence.sha256"], cwd=tmp_path / "kept", check=True)


def test_a_backup_never_overwrites(filled, tmp_path):
    (tmp_path / "kept").mkdir()
    (tmp_path / "kept" / "something").write_text("x")
    with pytest.raises(CommandError, match="not an empty folder"):
        call_command("backup", str(tmp_path / "kept"))
    assert [path.name for path in (tmp_path / "kept").iterdir()] == ["something"]


def test_one_lost_file_is_told_and_does_not_prevent_the_backup(filled, tmp_path):
    next(filled.rglob("*.warc.gz")).unlink()
    with pytest.raises(CommandError, match="1 files of evidence could not be read"):
        call_command("backup", str(tmp_path / "kept"))
    assert backup.read_manifest(tmp_path / "kept").versions == len(TOWNS)


def test_a_backup_that_broke_off_or_was_damaged_is_refused_before_anything_is_touched(filled, tmp_path):
    call_command("backup", str(tmp_path / "kept"))
    dump = tmp_path / "kept" / "database.dump"
    content = bytearray(dump.read_bytes())
    content[len(content) // 2] ^= 1
    dump.write_bytes(content)
    with pytest.raises(CommandError, match="it was damaged"):
        call_command("restore", str(tmp_path / "kept"), overwrite=True)
    (tmp_path / "kept" / "manifest.json").unlink()
    with pytest.raises(CommandError, match="no whole backup"):
        call_command("restore", str(tmp_path / "kept"), overwrite=True)
    assert Snapshot.objects.count() == len(TOWNS)


def test_a_database_in_use_is_not_restored_over(filled, tmp_path):
    call_command("backup", str(tmp_path / "kept"))
    with psycopg.connect(database_url()), pytest.raises(CommandError, match="other sessions use the database"):
        call_command("restore", str(tmp_path / "kept"), overwrite=True)


def test_a_dump_that_postgresql_refuses_leaves_the_database_as_it_was(filled, tmp_path, monkeypatch):
    call_command("backup", str(tmp_path / "kept"))
    monkeypatch.setattr(backup, "FROM_NOTHING", backup.FROM_NOTHING + "SELECT no_such_function();\n")
    with pytest.raises(CommandError, match="The database is as it was"):
        call_command("restore", str(tmp_path / "kept"), overwrite=True)
    assert Snapshot.objects.count() == len(TOWNS)
