"""``manage.py doctor`` finds what is broken, says what to do, and is content with what is well."""

import json
import os
import shutil
import subprocess
import sys
import time
from datetime import timedelta
from pathlib import Path

import pytest
from django.core.management import call_command
from django.db import connection
from django.utils import timezone
from django_celery_beat.models import PeriodicTask

from claims.choices import SubscriptionState
from claims.limits import SECONDS, Limit
from claims.models import Snapshot, Subscription
from claims.services import allowances, ledger, stamps
from tests import factories
from tests.authority import authority
from tests.servers import ROOT, Worker, wait_until
from tests.tracker.test_verification import behind_its_back
from tracker.broker import queues_needed, queues_served
from tracker.claimants import this_process
from tracker.doctor import Finding, Level, examine
from tracker.doctor.clock import judged
from tracker.feeds.services import add_feed
from tracker.ingest.store import WRITING
from tracker.models import Feed, LeftAlone, Page, Submission, SubmissionState

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def own_place(settings, tmp_path):
    settings.EVIDENCE_DIR = tmp_path / "evidence"


@pytest.fixture
def looked(monkeypatch):
    """What the doctor finds, by check. No worker runs in most tests, so nobody is waited for."""
    monkeypatch.setattr("tracker.doctor.servers.ANSWER_WITHIN", 0.1)

    def look(*parts: str, full: bool = False) -> dict[str, Finding]:
        return {finding.check: finding for _part, finding in examine(full=full, only=parts)}

    return look


# --- Configuration ---------------------------------------------------------------------------------------------------


def test_settings_of_one_machine_are_well_but_for_who_runs_it(looked):
    found = looked("configuration")
    assert found["operator_named"].level == found["publisher_named"].level == Level.WARNING
    assert "FETCH_USER_AGENT" in found["operator_named"].do
    assert {found[check].level for check in ("debug_off", "https", "django_checks")} == {Level.OK}


def test_settings_that_let_others_in_must_be_safe(looked, settings):
    settings.ALLOWED_HOSTS = ["tracker.newsroom.example"]
    settings.DEBUG = True
    found = looked("configuration")
    assert found["debug_off"].level == found["https"].level == Level.ERROR
    settings.DEBUG, settings.HTTPS, settings.CSRF_TRUSTED_ORIGINS = False, True, ["https://tracker.newsroom.example"]
    settings.FETCH_USER_AGENT = "Corroborate/0.1 (+https://newsroom.example/bot)"
    found = looked("configuration")
    assert {found[check].level for check in ("debug_off", "https", "operator_named")} == {Level.OK}
    settings.ALLOWED_HOSTS = ["*"]
    assert looked("configuration")["allowed_hosts"].level == Level.ERROR


def test_a_weak_secret_key_is_named_as_django_names_it(looked, settings):
    settings.SECRET_KEY = "a" * 40
    found = looked("configuration")
    assert found["security.W009"].level == Level.WARNING
    assert "SECRET_KEY" in found["security.W009"].says


# --- Disk ------------------------------------------------------------------------------------------------------------


def test_a_disk_without_room_for_evidence_is_an_error_and_one_that_fills_up_a_warning(looked, settings):
    assert looked("disk")["evidence_room"].level == Level.OK
    settings.EVIDENCE_MIN_FREE_BYTES = 2**60
    assert looked("disk")["evidence_room"].level == Level.ERROR
    settings.EVIDENCE_MIN_FREE_BYTES = shutil.disk_usage(settings.EVIDENCE_DIR).free // 5
    assert looked("disk")["evidence_room"].level == Level.WARNING


def test_evidence_that_cannot_be_written_is_an_error(looked, settings, tmp_path):
    in_the_way = tmp_path / "a-file"
    in_the_way.write_text("no folder")
    settings.EVIDENCE_DIR = in_the_way
    found = looked("disk")
    assert found["evidence_writable"].level == Level.ERROR
    assert str(in_the_way) in found["evidence_writable"].says


def test_only_old_half_written_files_are_left_behind(looked, settings):
    folder = Path(settings.EVIDENCE_DIR) / "3f"
    folder.mkdir(parents=True)
    half = folder / f"{WRITING}abc"
    half.write_bytes(b"half")
    assert looked("disk")["half_written"].level == Level.OK, "somebody may be writing it now"
    hours_ago = time.time() - 7200
    os.utime(half, (hours_ago, hours_ago))
    found = looked("disk")["half_written"]
    assert found.level == Level.WARNING
    assert f"3f/{WRITING}abc" in found.says
    assert list(folder.iterdir()) == [half], "it only looks"


def test_a_bucket_that_does_not_answer_is_an_error(looked, settings):
    settings.EVIDENCE_STORE, settings.EVIDENCE_S3_ENDPOINT = "s3://evidence", "http://127.0.0.1:9"
    settings.EVIDENCE_S3_ACCESS_KEY_ID = settings.EVIDENCE_S3_SECRET_ACCESS_KEY = "key"
    found = looked("disk")
    assert found["evidence_reachable"].level == Level.ERROR
    assert "evidence_room" not in found


# --- Servers ---------------------------------------------------------------------------------------------------------


def test_the_servers_of_the_tests_are_well(looked):
    found = looked("database", "broker")
    well = ("database_version", "extensions", "migrations", "shared_buffers", "connections", "broker_reachable")
    assert {found[check].level for check in well} == {Level.OK}


def test_a_missing_extension_is_named(looked):
    with connection.cursor() as cursor:
        cursor.execute("ALTER EXTENSION unaccent SET SCHEMA pg_catalog")  # only to see that it is looked for by name
        assert looked("database")["extensions"].level == Level.OK
        cursor.execute("DROP EXTENSION unaccent CASCADE")
    found = looked("database")["extensions"]
    assert found.level == Level.ERROR
    assert "CREATE EXTENSION unaccent;" in found.do


def test_a_migration_that_is_not_applied_is_named(looked):
    with connection.cursor() as cursor:
        cursor.execute("SELECT max(name) FROM django_migrations WHERE app = 'tracker'")
        newest = cursor.fetchone()[0]
        cursor.execute("DELETE FROM django_migrations WHERE app = 'tracker' AND name = %s", [newest])
    found = looked("database")["migrations"]
    assert found.level == Level.ERROR
    assert f"tracker.{newest}" in found.says


def test_a_broker_that_is_away_is_an_error_and_no_worker_is_asked(looked, monkeypatch):
    from celery import current_app

    monkeypatch.setattr(current_app.conf, "broker_write_url", "redis://127.0.0.1:9/0")
    found = looked("broker")
    assert found["broker_reachable"].level == Level.ERROR
    assert "workers" not in found


def test_queues_that_no_worker_takes_from_are_named(looked):
    found = looked("broker")["workers"]
    assert found.level == Level.ERROR
    assert all(queue in found.says for queue in ("analyse", "default", "deliver", "fetch", "match"))


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_a_real_worker_answers_for_every_queue(looked, monkeypatch):
    monkeypatch.setattr("tracker.doctor.servers.ANSWER_WITHIN", 5.0)
    with Worker():
        wait_until(lambda: queues_served(within=1.0) >= queues_needed(), within=60, what="the worker answers")
        assert looked("broker")["workers"].level == Level.OK


def test_a_scheduler_that_stopped_is_an_error(looked):
    assert looked("scheduler")["scheduler"].level == Level.WARNING, "it has never been seen"
    from django_celery_beat.models import IntervalSchedule

    often = IntervalSchedule.objects.create(every=5, period=IntervalSchedule.SECONDS)
    job = PeriodicTask.objects.create(
        name="seal", task="tracker.tasks.seal_ledger", interval=often, last_run_at=timezone.now()
    )
    assert looked("scheduler")["scheduler"].level == Level.OK
    PeriodicTask.objects.filter(pk=job.pk).update(last_run_at=timezone.now() - timedelta(hours=1), enabled=False)
    found = looked("scheduler")
    assert found["scheduler"].level == Level.ERROR
    assert found["schedule"].level == Level.WARNING
    assert "seal" in found["schedule"].says


@pytest.mark.parametrize(
    ("seconds", "level"), [(0.1, Level.OK), (-5, Level.WARNING), (5, Level.WARNING), (90, Level.ERROR)]
)
def test_clocks_may_differ_by_little(seconds, level):
    assert judged(seconds).level == level


# --- Feeds -----------------------------------------------------------------------------------------------------------


def feed(number: int, **changes: object) -> None:
    added = add_feed(address=f"https://outlet{number}.example/feed", title=f"Feed {number}")
    Feed.objects.filter(pk=added.pk).update(**changes)


def test_feeds_that_bring_nothing_are_named_by_what_ails_them(looked):
    assert looked("feeds")["feeds"].level == Level.OK
    feed(1)
    assert looked("feeds")["feeds"].level == Level.OK
    feed(2, failures=3, failing_since=timezone.now(), error="It does not answer.")
    feed(3, quiet_since=timezone.now())
    feed(4, state="gone", state_reason="410")
    feed(5, state="paused", state_reason="A person paused it.")
    found = looked("feeds")
    for check, name in (("feeds_unreachable", "Feed 2"), ("feeds_silent", "Feed 3"), ("feeds_gone", "Feed 4")):
        assert found[check].level == Level.WARNING
        assert name in found[check].says
    assert not any("Feed 5" in finding.says for finding in found.values()), "paused is what somebody wanted"


def test_when_no_feed_can_be_read_the_way_out_is_suspected(looked):
    for number in (1, 2):
        feed(number, failures=9, failing_since=timezone.now(), error="It does not answer.")
    assert looked("feeds")["feeds_unreachable"].level == Level.ERROR


# --- Pages -----------------------------------------------------------------------------------------------------------


def held(number: int, *, days: float) -> Page:
    """A page whose look has been due for so long."""
    due = timezone.now() - timedelta(days=days)
    document = factories.DocumentFactory(url=f"https://outlet.example/held/{number}")
    return Page.objects.create(
        document=document, address=document.url, last_checked_at=due, changed_at=due, next_check_at=due
    )


def test_pages_that_nobody_looks_at_are_named_with_what_keeps_it(looked, settings):
    assert looked("pages")["pages"].level == Level.OK
    held(0, days=0.5)
    assert looked("pages")["pages"].level == Level.OK, "it waits for its turn"
    alone = held(8, days=9)
    LeftAlone.objects.create(publisher=alone.document.publisher, reason="They asked us to.")
    for number in range(1, 7):
        held(number, days=1 + number)
    found = looked("pages")["pages_overdue"]
    assert found.level == Level.WARNING
    assert "6 held pages should have been looked at again more than a day ago, the first 1\xa0week ago" in found.says
    assert "held/6, " in found.says
    assert "and 1 more" in found.says
    assert "held/8" not in found.says
    assert "beat" in found.do
    settings.ANALYSIS_BACKLOG = 1
    factories.SnapshotFactory()
    assert "while the analysis lags behind" in looked("pages")["pages_overdue"].do
    settings.ANALYSIS_BACKLOG, settings.RECHECKS_PER_DAY = 100, 5
    allowances.spend(Limit(5, SECONDS["day"]), name="pages", caller="all", cost=5)
    assert "raise RECHECKS_PER_DAY" in looked("pages")["pages_overdue"].do
    settings.RECHECKS_PER_DAY = 0
    assert "RECHECKS_PER_DAY is 0" in looked("pages")["pages"].says


# --- Work ------------------------------------------------------------------------------------------------------------


def test_work_that_nobody_takes_up_is_an_error_of_its_queue(looked):
    assert looked("work")["waiting_fetch"].says == "0 wait for fetch."
    submission = Submission.objects.create(address="https://outlet.example/1")
    assert looked("work")["waiting_fetch"].level == Level.OK
    hour_ago = timezone.now() - timedelta(hours=1)
    Submission.objects.filter(pk=submission.pk).update(created_at=hour_ago)
    found = looked("work")["waiting_fetch"]
    assert found.level == Level.ERROR
    assert "1 wait for fetch, the oldest for 1" in found.says
    Submission.objects.filter(pk=submission.pk).update(failures=1)
    assert looked("work")["waiting_fetch"].level == Level.OK, "its server is asked again later"


def test_versions_wait_since_they_were_recorded_and_not_since_they_were_fetched(looked):
    factories.SnapshotFactory(fetched_at=timezone.now() - timedelta(days=3000))
    assert looked("work")["waiting_analyse"].level == Level.OK
    behind_its_back("UPDATE claims_event SET recorded_at = now() - interval '1 hour' WHERE object_type = 'snapshot'")
    assert looked("work")["waiting_analyse"].level == Level.ERROR


def test_what_was_given_up_is_counted(looked):
    assert looked("work")["given_up"].level == Level.OK
    Snapshot.objects.filter(pk=factories.SnapshotFactory().pk).update(error="It could not be analysed.")
    for code, ago in (("given_up", 1), ("timed_out", 1), ("given_up", 100)):
        Submission.objects.create(
            address="https://outlet.example/1", state=SubmissionState.FAILED, error="Failed.", error_code=code,
            finished_at=timezone.now() - timedelta(hours=ago),
        )  # fmt: skip
    assert looked("work")["given_up"].says.startswith("1 versions were given up after three tries, and 1 submissions")


def test_what_a_killed_process_holds_is_a_warning_and_stays_as_it_is(looked):
    sleeper = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    name = this_process().rsplit(" ", 2)[0] + f" {sleeper.pid} 1.00"
    sleeper.kill()
    sleeper.communicate()
    until = timezone.now() + timedelta(minutes=5)
    Submission.objects.create(address="https://outlet.example/1", claimed_until=until, claimed_by=name)
    Submission.objects.create(address="https://outlet.example/2", claimed_until=until, claimed_by=this_process())
    found = looked("work")["leases"]
    assert found.level == Level.WARNING
    assert found.says.startswith("1 rows")
    assert not Submission.objects.filter(claimed_until=None).exists()


def test_subscribers_that_cannot_be_told_are_named_without_their_addresses(looked, reader):
    assert looked("webhooks")["webhooks"].level == Level.OK
    for number, changes in enumerate(({"failures": 5}, {"state": SubscriptionState.DEAD, "reason": "gone"})):
        Subscription.objects.create(
            owner=reader, name=f"desk {number}", url="https://cms.example/s3cret", scopes=["read"], **changes
        )
    found = looked("webhooks")
    assert "desk 0" in found["webhooks_failing"].says
    assert "desk 1" in found["webhooks_dead"].says
    assert not any("s3cret" in finding.says for finding in found.values())


# --- Ledger ----------------------------------------------------------------------------------------------------------


def test_an_event_that_waits_for_its_place_for_minutes_is_an_error(looked):
    factories.PartyFactory()
    assert looked("ledger")["sealing"].level == Level.OK
    behind_its_back("UPDATE claims_event SET recorded_at = now() - interval '3 minutes'")
    assert looked("ledger")["sealing"].level == Level.ERROR


def test_the_end_of_the_chain_is_verified_and_all_of_it_on_demand(looked, monkeypatch):
    monkeypatch.setattr("tracker.doctor.ledger.NEWEST", 2)
    for _ in range(5):
        factories.PartyFactory()
    ledger.seal()
    assert looked("ledger")["chain"].says.startswith("2 of 5 events verified. Head 5:")
    assert looked("ledger", full=True)["chain"].says.startswith("5 of 5 events verified.")
    behind_its_back("UPDATE claims_event SET reason = 'altered' WHERE seq = %s", 2)
    assert looked("ledger")["chain"].level == Level.OK
    found = looked("ledger", full=True)["chain"]
    assert found.level == Level.ERROR
    assert "event 2" in found.says
    behind_its_back("UPDATE claims_event SET reason = 'altered' WHERE seq = %s", 4)
    assert looked("ledger")["chain"].level == Level.ERROR
    assert "event 4" in looked("ledger")["chain"].says


def test_the_newest_events_must_follow_from_the_one_before_them():
    for _ in range(3):
        factories.PartyFactory()
    ledger.seal()
    behind_its_back("UPDATE claims_event SET hash = %s WHERE seq = 1", "0" * 64)
    broken = ledger.first_broken_of_newest(2)
    assert broken is not None
    assert (broken[0].seq, broken[1]) == (2, "it does not follow from the event before it")


def test_an_authority_that_gives_no_stamps_is_a_warning(looked, settings, tmp_path):
    assert looked("time stamps")["stamps"].level == Level.OK
    with authority(tmp_path) as one:
        settings.TIMESTAMP_AUTHORITY, settings.TIMESTAMP_ROOTS = "http://127.0.0.1:9/tsr", str(one.roots)
    factories.PartyFactory()
    ledger.seal()
    assert looked("time stamps")["stamps"].level == Level.OK, "the first one is not due for long"
    stamp = stamps.begin_stamp(every=timedelta(hours=1))
    stamps.put_off(stamp, why="Nobody listens.")
    found = looked("time stamps")["stamps"]
    assert found.level == Level.WARNING
    assert "Nobody listens." in found.says


# --- The command -----------------------------------------------------------------------------------------------------


def command(capsys, *arguments: str) -> tuple[int, str]:
    try:
        call_command("doctor", *arguments)
    except SystemExit as end:
        return int(end.code or 0), capsys.readouterr().out
    return 0, capsys.readouterr().out


def test_errors_make_it_exit_with_one_and_warnings_do_not(capsys, monkeypatch, looked):
    status, said = command(capsys)
    assert status == 1, "no worker runs"
    assert "ERROR   broker        No worker answers for analyse" in said
    assert "-> Start one: python -m celery" in said
    monkeypatch.setattr("tracker.doctor.servers.queues_served", lambda **_: queues_needed())
    status, said = command(capsys, "--quiet")
    assert status == 0
    assert "WARNING configuration FETCH_USER_AGENT does not name" in said
    assert "ok      " not in said
    assert "0 errors, " in said


def test_programs_are_told_in_json(capsys, looked):
    status, said = command(capsys, "--json")
    told = json.loads(said)
    assert status == 1
    assert told["counts"]["error"] == 1
    by_check = {row["check"]: row for row in told["findings"]}
    assert by_check["workers"]["level"] == "error"
    assert by_check["workers"]["part"] == "broker"
    assert by_check["workers"]["do"].startswith("Start one")


@pytest.mark.slow
def test_a_database_that_is_away_is_said_once_and_the_rest_is_still_looked_at(tmp_path):
    away = os.environ | {"DATABASE_URL": "postgresql://nobody@127.0.0.1:9/none", "EVIDENCE_DIR": str(tmp_path)}
    told = subprocess.run(
        [sys.executable, "manage.py", "doctor", "--json"],
        cwd=ROOT,
        env=away,
        check=False,
        capture_output=True,
        text=True,
    )
    assert told.returncode == 1, told.stderr
    rows = {row["check"]: row for row in json.loads(told.stdout)["findings"]}
    assert rows["database_reachable"]["level"] == "error"
    assert rows["evidence_room"]["level"] == "ok"
    assert "sealing" not in rows
    assert "Traceback" not in told.stderr


@pytest.mark.django_db(transaction=True)
def test_a_table_that_is_missing_is_a_finding_and_not_a_crash(looked):
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE django_celery_beat_periodictask RENAME TO gone")
        try:
            found = looked("scheduler", "ledger")
        finally:
            cursor.execute("ALTER TABLE gone RENAME TO django_celery_beat_periodictask")
    assert found["scheduler_readable"].level == Level.ERROR
    assert "periodictask" in found["scheduler_readable"].says
    assert found["chain"].level == Level.OK, "the rest is still looked at"
