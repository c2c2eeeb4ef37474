"""``manage.py verify_evidence`` finds whatever somebody changed behind the product's back, and names it."""

import tracemalloc
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from claims.models import Snapshot
from claims.services import ledger
from tests.servers import pages
from tracker import pipeline, verification
from tracker.submissions import submit

pytestmark = pytest.mark.django_db(transaction=True)

PAGE = b"<html><body><article><p>The mayor of Besk said the school was open.</p>" + b"<p>It is a school.</p>" * 5


@pytest.fixture
def snapshot(settings, tmp_path) -> Snapshot:
    """A page that a server on this machine gave."""
    settings.EVIDENCE_DIR = tmp_path
    with pages({"/school": (200, "text/html", PAGE)}) as host:
        settings.FETCH_ALLOW_HOSTS = frozenset({host})
        submission = submit(address=f"http://{host}/school", dossier="besk", announce=False)
        pipeline.read_submission(submission.pk)
    ledger.seal()
    return Snapshot.objects.get()


def verify(capsys, *arguments: str) -> tuple[bool, str]:
    """Whether all is well, and what the command says."""
    try:
        call_command("verify_evidence", *arguments)
    except CommandError as error:
        return False, capsys.readouterr().out + str(error)
    return True, capsys.readouterr().out


def behind_its_back(statement: str, *values: object) -> None:
    """What only somebody with the database in hands can do: its triggers are turned off."""
    with connection.cursor() as cursor:
        cursor.execute("SET session_replication_role = replica")
        cursor.execute(statement, values)
        cursor.execute("SET session_replication_role = DEFAULT")


def test_what_was_stored_verifies(snapshot, capsys):
    assert verify(capsys) == (True, "1 versions verified.\n")
    assert verify(capsys, "--dossier", "besk", "--since", "2024-03-12") == (True, "1 versions verified.\n")
    assert verify(capsys, "--since", "2999-01-01T00:00Z") == (True, "0 versions verified.\n")


def test_a_flipped_byte_of_the_file_is_named(snapshot, capsys, tmp_path: Path):
    path = tmp_path / snapshot.warc_path
    content = bytearray(path.read_bytes())
    content[snapshot.warc_offset + snapshot.warc_length // 2] ^= 1
    path.write_bytes(content)
    well, told = verify(capsys)
    assert not well
    assert f"/school version 1 ({snapshot.uid}): file changed" in told


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ("text = replace(text, 'open', 'shut')", "text changed"),
        ("text = replace(text, 'open', 'shut'), text_sha256 = repeat('0', 64)", "recorded another text_sha256"),
        ("headers = '[]'", "headers differ"),
        ("http_status = 203", "do not tell the same status"),
        ("payload_sha256 = repeat('0', 64)", "payload changed"),
        ("warc_sha256 = ''", "the ledger recorded another warc_sha256"),
        ("warc_path = 'aa/gone.warc.gz'", "missing"),
    ],
)  # fmt: skip
def test_a_changed_row_is_found(snapshot, capsys, change: str, told: str):
    behind_its_back(f"UPDATE claims_snapshot SET {change}")
    well, said = verify(capsys)
    assert not well
    assert told in said


def test_a_row_that_was_changed_together_with_its_event_is_found(snapshot, capsys):
    behind_its_back("UPDATE claims_snapshot SET warc_sha256 = ''")
    behind_its_back("""UPDATE claims_event SET state = state || '{"warc_sha256": ""}' WHERE object_type = 'snapshot'""")
    well, said = verify(capsys)
    assert not well
    assert "was altered after it was sealed" in said


def test_an_event_that_is_gone_is_missed(snapshot, capsys):
    behind_its_back("DELETE FROM claims_event WHERE object_type = 'snapshot'")
    assert verify(capsys)[0] is False


def test_a_wrong_argument_is_named(snapshot):
    with pytest.raises(CommandError, match="no dossier nowhere"):
        call_command("verify_evidence", "--dossier", "nowhere")
    with pytest.raises(CommandError, match="--since must be a date"):
        call_command("verify_evidence", "--since", "yesterday")


def test_a_large_file_is_read_in_pieces(snapshot, settings):
    settings.FETCH_MAX_BYTES = 20_000_000
    large = PAGE + b"<!--" + bytes(range(32, 127)) * 150_000 + b"-->"
    with pages({"/large": (200, "text/html", large)}) as host:
        settings.FETCH_ALLOW_HOSTS = frozenset({host})
        submission = submit(address=f"http://{host}/large", announce=False)
        pipeline.read_submission(submission.pk)
    submission.refresh_from_db()
    assert submission.error == ""
    tracemalloc.start()
    try:
        found = list(verification.verify_snapshots(Snapshot.objects.all()))
        _, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert [one.faults for one in found] == [[], []]
    assert most < 3_000_000 < len(large) / 4
