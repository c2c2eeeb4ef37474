"""Promise 9: nothing is lost, and every document is processed exactly once in effect, whatever is killed when."""

import contextlib
import random
import threading
import time

import pytest
from celery import current_app
from django.conf import settings
from django.db import connection

from claims.models import Claim, Document, Event, Position, Snapshot, Statement
from claims.services import ledger
from tests.servers import Worker, pages, wait_until
from tracker import matching, pipeline, tasks
from tracker.broker import messages_wait_in
from tracker.models import Submission, SubmissionState
from tracker.submissions import submit

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]

TOWNS = ["Arvel", "Besk", "Corin", "Dahl", "Elm", "Forn", "Garth", "Hule", "Isk", "Jorn", "Kest", "Lund"]


def dispatch(town: str) -> bytes:
    return (
        f"The mayor of {town} said the bridge at {town} was closed on Monday.\n\n"
        f"Olga Brandt, a doctor in {town}, said five people were wounded in {town} on Monday.\n"
    ).encode()


def nothing_left() -> bool:
    return not pipeline.outstanding()


def test_a_real_worker_reads_a_file_and_an_address_from_wake_up_to_standing(settings):
    page = b"<html><body><article><p>The mayor of Besk said the school was open.</p>" + b"<p>It is a school.</p>" * 5
    with (
        pages({"/school": (200, "text/html", page)}) as host,
        Worker(FETCH_ALLOW_HOSTS=host),
    ):
        submit(address="arvel.txt", payload=dispatch("Arvel"), content_type="text/plain")
        submit(address=f"http://{host}/school")
        wait_until(lambda: nothing_left() and Submission.objects.exists(), within=60, what="both documents placed")
    assert set(Submission.objects.values_list("state", flat=True)) == {SubmissionState.DONE}
    assert {c.text: c.standing for c in Claim.objects.all()}["the school was open"] == "single-origin"
    assert Document.objects.filter(url=f"http://{host}/school").exists()


def test_a_worker_of_some_queues_leaves_the_next_step_to_others():
    with current_app.connection_for_write() as connection, connection.channel() as channel:
        for queue in ("fetch", "analyse", "match"):
            current_app.amqp.queues[queue](channel).declare()
            channel.queue_purge(queue)
    with Worker(queues="fetch", SPAN_FINDER="rules"):
        submit(address="arvel.txt", payload=dispatch("Arvel"), content_type="text/plain")
        wait_until(lambda: messages_wait_in("analyse"), within=60, what="the message about the analysis")
    snapshot = Snapshot.objects.get()
    assert (snapshot.analysed_with, snapshot.attempts) == ("", 0)


def test_a_worker_keeps_its_connection_from_task_to_task(settings):
    for town in TOWNS[:6]:
        submit(address=f"{town}.txt", payload=dispatch(town), content_type="text/plain")
    before = sessions()
    with Worker():
        wait_until(nothing_left, within=60, what="all documents placed")
    wait_until(nobody_else, within=20, what="the worker's connections to end")
    assert 0 < sessions() - before < 6  # two processes, and six tasks


def sessions() -> int:
    """How many connections to this database there have been, those that are open apart."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT sessions FROM pg_stat_database WHERE datname = current_database()")
        return int(cursor.fetchone()[0])


def nobody_else() -> bool:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
            " AND backend_type = 'client backend'"
        )
        return not cursor.fetchone()[0]


def test_killing_the_worker_at_random_moments_loses_and_doubles_nothing(settings):
    # What a killed worker had claimed comes back after this time, in seconds.
    settings.WORK_LEASE_SECONDS = 15.0
    for town in TOWNS:
        submit(address=f"{town}.txt", payload=dispatch(town), content_type="text/plain")
    worker, chance = Worker(WORK_LEASE_SECONDS="15"), random.Random(20240312)
    kills = 0
    deadline = time.monotonic() + 180
    try:
        worker.start()
        while not nothing_left():
            assert time.monotonic() < deadline, f"still to do after {kills} kills: {pipeline.outstanding()}"
            time.sleep(chance.uniform(2.5, 5.0) if kills < 4 else 1.0)
            if kills < 4:
                worker.kill()
                kills += 1
                worker.start()
            tasks.sweep()  # what beat does
    finally:
        worker.kill()
    assert kills
    assert Submission.objects.filter(state=SubmissionState.DONE).count() == len(TOWNS)
    assert Document.objects.count() == Snapshot.objects.count() == len(TOWNS)
    alone = Statement.objects.count()
    assert alone == 2 * len(TOWNS) == Position.objects.filter(superseded_at__isnull=True).count()
    assert Event.objects.filter(object_type="statement", verb="suggested").count() == alone
    ledger.seal()
    assert ledger.first_broken(Event.objects.sealed()) is None


def test_a_worker_that_is_told_to_stop_finishes_what_it_began_and_begins_nothing_more():
    for town in TOWNS:
        submit(address=f"{town}.txt", payload=dispatch(town), content_type="text/plain")
    worker = Worker()
    try:
        worker.start()
        wait_until(lambda: Snapshot.objects.exclude(analysed_with="").exists(), within=60, what="one is analysed")
        assert worker.stop(within=60) == 0
    finally:
        worker.kill()
    for rows in (Submission.objects, Snapshot.objects):
        assert not rows.filter(claimed_until__isnull=False).exists(), "it let go of everything"
        assert not rows.filter(attempts__gt=1).exists()
    assert Submission.objects.exclude(state=SubmissionState.FAILED).count() == len(TOWNS)
    pipeline.work_off()
    assert Statement.objects.count() == 2 * len(TOWNS)


def test_an_input_that_kills_its_worker_is_given_up_and_said_so():
    poison = submit(address="poison.txt", payload=dispatch("Arvel"), announce=False)
    Submission.objects.filter(pk=poison.pk).update(attempts=pipeline.ATTEMPTS)
    pipeline.read_submission(poison.pk)
    poison.refresh_from_db()
    assert (poison.state, poison.error_code) == (SubmissionState.FAILED, "given_up")
    assert settings.CELERY_TASK_ACKS_LATE
    assert nothing_left()


def test_every_step_may_run_twice():
    submission = submit(address="arvel.txt", payload=dispatch("Arvel"), announce=False)

    def counts() -> list[int]:
        return [m.objects.count() for m in (Document, Snapshot, Statement, Claim, Position, Event)]

    pipeline.read_submission(submission.pk)
    snapshot = Snapshot.objects.get()
    steps = [
        lambda: pipeline.read_submission(submission.pk),
        lambda: pipeline.analyse_snapshot(snapshot.pk),
        lambda: pipeline.match_snapshot(snapshot.pk),
    ]
    for step in steps:
        step()
        once = counts()
        step()
        assert counts() == once
    assert Position.objects.count() == 2


def test_without_a_broker_the_row_is_kept_and_the_sweep_finds_it(monkeypatch):
    from kombu.exceptions import OperationalError

    from tracker import submissions

    def down(*args: object, **kwargs: object) -> None:
        raise OperationalError("nobody listens")

    monkeypatch.setattr(submissions.current_app, "send_task", down)
    submit(address="arvel.txt", payload=dispatch("Arvel"))
    assert len(pipeline.outstanding()) == 1
    pipeline.work_off()
    assert nothing_left()


def test_two_documents_that_arrive_together_found_one_claim_not_two(monkeypatch):
    for town, day in (("Arvel", "Monday"), ("Arvel", "monday")):
        submit(address=f"{day}.txt", payload=dispatch(town) + day.encode(), content_type="text/plain", announce=False)
    for submission in Submission.objects.all():
        pipeline.read_submission(submission.pk)
    snapshots = list(Snapshot.objects.values_list("pk", flat=True))
    for pk in snapshots:
        pipeline.analyse_snapshot(pk)
    meeting, place_all = threading.Barrier(2), matching._place_all

    def place_when_both_are_there(*args: object) -> object:
        # With the dossier's lock the other one cannot come; without it both find no claim and found one each.
        with contextlib.suppress(threading.BrokenBarrierError):
            meeting.wait(timeout=2)
        return place_all(*args)

    monkeypatch.setattr(matching, "_place_all", place_when_both_are_there)

    def match(pk: int) -> None:
        pipeline.match_snapshot(pk)
        connection.close()

    threads = [threading.Thread(target=match, args=[pk]) for pk in snapshots]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert Claim.objects.count() == 2
    assert Position.objects.count() == 4
