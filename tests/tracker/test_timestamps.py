"""The ledger is stamped by an authority that the test runs itself; an outage is shown, retried, and stops nothing."""

import json
import shutil
import subprocess
from collections.abc import Iterator
from datetime import timedelta
from hashlib import sha256
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.db import DatabaseError, connection
from django.utils import timezone

from claims.models import Event, Snapshot, Stamp
from claims.services import ledger, stamps
from tests.authority import Authority, authority
from tests.factories import DossierFactory
from tracker import pipeline, tasks, timestamps
from tracker.submissions import submit

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(shutil.which("openssl") is None, reason="no openssl: it plays the authority"),
]


@pytest.fixture
def tsa(settings, tmp_path: Path) -> Iterator[Authority]:
    with authority(tmp_path / "authority") as running:
        settings.TIMESTAMP_AUTHORITY, settings.TIMESTAMP_ROOTS = running.address, str(running.roots)
        settings.FETCH_ALLOW_HOSTS = frozenset({running.host})
        settings.EVIDENCE_DIR = tmp_path / "evidence"
        yield running


def read(name: str) -> Snapshot:
    """A file, read and on the sealed ledger."""
    submission = submit(address=f"{name}.txt", payload=f"The mayor of {name} spoke.\n".encode() * 3, announce=False)
    pipeline.read_submission(submission.pk)
    ledger.seal()
    submission.refresh_from_db()
    assert submission.snapshot is not None
    return submission.snapshot


def an_hour_later(stamp: Stamp | None = None) -> None:
    """Let the clock of begun and refused stamps stand an hour earlier."""
    with connection.cursor() as cursor:
        cursor.execute("SET session_replication_role = replica")
        cursor.execute(
            "UPDATE claims_stamp SET created_at = created_at - interval '1 hour',"
            " next_try_at = next_try_at - interval '1 hour'"
        )
        cursor.execute("SET session_replication_role = DEFAULT")


def test_one_token_covers_everything_sealed_since_the_last_one(tsa, capsys):
    first, _second = read("Arvel"), read("Besk")
    tasks.stamp_ledger()
    stamp = Stamp.objects.get()
    assert (stamp.first_seq, stamp.last_seq) == (1, ledger.head()[0])
    assert abs(stamp.stamped_at - timezone.now()) < timedelta(minutes=1)
    assert stamp.authority == tsa.address
    tasks.stamp_ledger()
    assert tsa.asked == Stamp.objects.count() == 1, "nothing new, nothing asked"

    read("Corin")
    tasks.stamp_ledger()
    assert tsa.asked == 1, "not yet"
    an_hour_later()
    tasks.stamp_ledger()
    newest = Stamp.objects.first()
    assert (newest.first_seq, newest.last_seq) == (stamp.last_seq + 1, ledger.head()[0])
    call_command("verify_evidence")
    assert f"Time stamps verified up to event {newest.last_seq}" in capsys.readouterr().out
    assert timestamps.proof_for(first) is not None


def test_without_an_authority_nothing_is_asked_or_kept(tsa, settings):
    settings.TIMESTAMP_AUTHORITY = ""
    read("Arvel")
    tasks.stamp_ledger()
    assert (tsa.asked, Stamp.objects.count()) == (0, 0)


def test_an_outage_is_shown_and_retried_and_stops_nothing(tsa, capsys, client, admin_user):
    tsa.out = True
    read("Arvel")
    tasks.stamp_ledger()
    stamp = Stamp.objects.get()
    assert stamp.stamped_at is None
    assert "answered 503" in stamp.error
    assert stamp.next_try_at > timezone.now()
    tasks.stamp_ledger()
    assert tsa.asked == 1, "not before its time"
    read("Besk")  # ingestion goes on
    client.force_login(admin_user)
    assert b"answered 503" in client.get("/admin/claims/stamp/").content
    call_command("verify_evidence")
    assert "outstanding since" in capsys.readouterr().err

    an_hour_later()
    tasks.stamp_ledger()
    stamp.refresh_from_db()
    assert (stamp.attempts, tsa.asked) == (2, 2)
    tsa.out = False
    an_hour_later()
    tasks.stamp_ledger()
    stamp.refresh_from_db()
    assert stamp.stamped_at is not None
    assert stamp.error == ""


def test_waits_grow_to_an_hour_and_no_longer(tsa):
    read("Arvel")
    stamp = stamps.begin_stamp(every=timedelta(hours=1))
    waits = []
    for attempts in (1, 2, 5, 40, 20_000):
        stamp.attempts = attempts
        stamps.put_off(stamp, why="out")
        stamp.refresh_from_db()
        waits.append(round((stamp.next_try_at - timezone.now()).total_seconds() / 60))
    assert waits == [1, 2, 16, 60, 60]


def test_an_authority_that_is_not_public_is_asked_only_where_it_is_allowed(tsa, settings):
    settings.FETCH_ALLOW_HOSTS = frozenset()
    read("Arvel")
    tasks.stamp_ledger()
    assert tsa.asked == 0
    assert "not on the public internet" in Stamp.objects.get().error


def test_a_token_over_something_else_or_of_somebody_else_is_not_believed(tsa, settings, tmp_path):
    read("Arvel")
    tasks.stamp_ledger()
    tsa.answers_to = (tsa.folder / "query.tsq").read_bytes()
    read("Besk")
    an_hour_later()
    tasks.stamp_ledger()
    assert "Nonce mismatch" in Stamp.objects.outstanding().get().error
    tsa.answers_to = b""
    with authority(tmp_path / "stranger") as stranger:
        settings.TIMESTAMP_ROOTS = str(stranger.roots)
        an_hour_later()
        tasks.stamp_ledger()
    assert "verifying certificates" in Stamp.objects.outstanding().get().error


def test_what_was_changed_after_it_was_stamped_is_found(tsa, capsys):
    read("Arvel")
    tasks.stamp_ledger()
    with connection.cursor() as cursor:
        cursor.execute("SET session_replication_role = replica")
        cursor.execute("UPDATE claims_event SET reason = 'another' WHERE seq = 1")
        cursor.execute("SET session_replication_role = DEFAULT")
    with pytest.raises(CommandError, match="1 faults"):
        call_command("verify_evidence")
    assert "the events that it covers are not those that were stamped" in capsys.readouterr().out


def test_a_ledger_that_was_sealed_anew_is_found_out_by_its_stamp(tsa, capsys):
    """The one forgery that the chain alone cannot show: everything changed and hashed again."""
    read("Arvel")
    tasks.stamp_ledger()
    with connection.cursor() as cursor:
        cursor.execute("SET session_replication_role = replica")
        cursor.execute("UPDATE claims_event SET seq = NULL, prev_hash = '', hash = '', reason = 'another'")
        ledger.seal()
        cursor.execute("SET session_replication_role = DEFAULT")
    assert ledger.first_broken(Event.objects.sealed()) is None
    with pytest.raises(CommandError, match="1 faults"):
        call_command("verify_evidence")
    assert "not those that were stamped" in capsys.readouterr().out


def test_a_token_that_was_tampered_with_is_found(tsa, capsys):
    read("Arvel")
    tasks.stamp_ledger()
    with connection.cursor() as cursor:
        cursor.execute("SET session_replication_role = replica")
        cursor.execute("UPDATE claims_stamp SET response = set_byte(response, length(response) - 5, 0)")
        cursor.execute("SET session_replication_role = DEFAULT")
    with pytest.raises(CommandError):
        call_command("verify_evidence")
    assert "its token does not hold" in capsys.readouterr().out


@pytest.mark.parametrize("change", ["last_seq = 99", "root = repeat('0', 64)", "response = ''", "stamped_at = now()"])
def test_the_database_itself_refuses_to_change_a_stamp(tsa, change: str):
    read("Arvel")
    tasks.stamp_ledger()
    with pytest.raises(DatabaseError), connection.cursor() as cursor:
        cursor.execute(f"UPDATE claims_stamp SET {change}")
    with pytest.raises(DatabaseError), connection.cursor() as cursor:
        cursor.execute("DELETE FROM claims_stamp")


def test_somebody_else_checks_a_version_with_openssl_and_a_few_hashes(tsa, tmp_path):
    read("Arvel")
    snapshot = read("Besk")
    read("Corin")
    with pytest.raises(CommandError, match="No time stamp covers"):
        call_command("stamp_proof", str(snapshot.uid), str(tmp_path / "proof"))
    tasks.stamp_ledger()
    call_command("stamp_proof", str(snapshot.uid), str(tmp_path / "proof"))

    proof = tmp_path / "proof"
    event, told = (proof / "event.json").read_bytes(), json.loads((proof / "path.json").read_text())
    assert json.loads(event)["state"]["payload_sha256"] == snapshot.payload_sha256
    assert sha256(event).hexdigest() == told["event_hash"]
    digest = sha256(b"\0" + bytes.fromhex(told["event_hash"])).digest()
    for step in told["path"]:
        other = bytes.fromhex(step["hash"])
        digest = sha256(b"\1" + (other + digest if step["side"] == "left" else digest + other)).digest()
    assert digest == (proof / "root.bin").read_bytes()
    command = ["openssl", "ts", "-verify", "-data", "root.bin", "-in", "token.tsr", "-CAfile", str(tsa.roots)]
    checked = subprocess.run(command, cwd=proof, capture_output=True, text=True, check=False)
    assert "Verification: OK" in checked.stdout, checked.stderr


def test_a_long_ledger_is_stamped_in_pieces(tsa, monkeypatch):
    monkeypatch.setattr(stamps, "MOST", 4)
    for _ in range(10):
        DossierFactory()
    ledger.seal()
    for _ in range(3):
        tasks.stamp_ledger()
    ranges = list(Stamp.objects.order_by("first_seq").values_list("first_seq", "last_seq"))
    assert ranges == [(1, 4), (5, 8)], "the rest waits for its hour"
    an_hour_later()
    tasks.stamp_ledger()
    assert Stamp.objects.given().last().last_seq == 10
    assert all(not faults for _, faults in timestamps.faults_of_stamps())
