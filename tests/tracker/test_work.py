"""Who works on what: one worker at a time, each attempt counted, nothing stuck, nobody held up by another's poison."""

import threading
import time
import uuid
from datetime import timedelta

import pytest
from celery import current_app
from django.db import connections
from django.utils import timezone

from claims.models import Claim, Document, Event, Snapshot
from tests import factories
from tracker import pipeline, submissions, tasks
from tracker.broker import messages_wait_in
from tracker.models import Submission, SubmissionState
from tracker.submissions import retry, submit

POISON = b"The poison mayor said the bridge was closed."
GOOD = b"The mayor of Besk said the school was open."


def hand_in(payload: bytes = GOOD, name: str = "a.txt", **more: object) -> Submission:
    return submit(address=name, payload=payload, announce=False, **more)


@pytest.fixture
def sent(monkeypatch):
    """The messages that were sent. None of them waits: they are not at the broker."""
    messages: list[tuple[str, int]] = []
    monkeypatch.setattr(submissions.current_app, "send_task", lambda task, args, **_: messages.append((task, args[0])))
    monkeypatch.setattr(pipeline, "messages_wait_in", lambda _: False)
    return messages


@pytest.fixture
def poison(monkeypatch):
    """The analysis fails on one text."""
    analyse = pipeline.analyse

    def fails_on_poison(text: str, **more: object) -> object:
        if "poison" in text:
            raise RecursionError("too deep")
        return analyse(text, **more)

    monkeypatch.setattr(pipeline, "analyse", fails_on_poison)
    return analyse


@pytest.mark.django_db(transaction=True)
def test_a_slow_fetch_is_announced_again_and_again_and_read_once(monkeypatch):
    reads, fetched = [], pipeline._fetched

    def slowly(submission):
        reads.append(submission.pk)
        time.sleep(1.5)
        return fetched(submission)

    monkeypatch.setattr(pipeline, "_fetched", slowly)
    submission = hand_in()

    def announced() -> None:
        pipeline.read_submission(submission.pk)
        connections.close_all()

    threads = [threading.Thread(target=announced) for _ in range(5)]
    for thread in threads:
        thread.start()
        time.sleep(0.1)
    for thread in threads:
        thread.join()
    submission.refresh_from_db()
    assert (submission.state, submission.attempts, reads) == (SubmissionState.DONE, 1, [submission.pk])
    assert submission.claimed_until is None


@pytest.mark.django_db
def test_the_work_of_a_dead_worker_comes_back_when_its_time_is_up():
    submission = hand_in()
    taken = Submission.objects.waiting().claim(submission.pk, seconds=60)
    assert taken is not None
    pipeline.work_off()
    submission.refresh_from_db()
    assert (submission.state, submission.attempts) == (SubmissionState.QUEUED, 1)
    assert pipeline.outstanding()
    Submission.objects.update(claimed_until=timezone.now() - timedelta(seconds=1))
    pipeline.work_off()
    assert not pipeline.outstanding()
    assert Submission.objects.get().attempts == 2


@pytest.mark.django_db
def test_a_worker_whose_time_was_up_does_not_give_back_what_another_has():
    submission = hand_in()
    slow = Submission.objects.claim(submission.pk, seconds=-1)
    other = Submission.objects.claim(submission.pk, seconds=60)
    Submission.objects.release(slow)
    assert Submission.objects.get().claimed_until == other.claimed_until
    Submission.objects.release(other)
    assert Submission.objects.get().claimed_until is None


@pytest.mark.django_db
def test_a_poison_is_given_up_after_three_attempts_and_the_rest_is_done(poison, caplog):
    hand_in(POISON, "p.txt")
    hand_in(GOOD, "q.txt")
    pipeline.work_off()
    bad = Snapshot.objects.get(text__contains="poison")
    assert "RecursionError: too deep" in bad.error
    assert bad.attempts == pipeline.ATTEMPTS
    assert "Traceback" in caplog.text
    assert Claim.objects.filter(text__contains="school").exists()
    assert not pipeline.outstanding()
    assert list(Snapshot.objects.given_up()) == [bad]


@pytest.mark.django_db
def test_what_was_given_up_is_done_when_it_is_tried_again(poison, monkeypatch):
    submission = hand_in(POISON)
    pipeline.work_off()
    monkeypatch.setattr(pipeline, "analyse", poison)
    retry(submission)
    pipeline.work_off()
    snapshot = Snapshot.objects.get()
    assert (snapshot.error, bool(snapshot.matched_with), snapshot.attempts) == ("", True, 0)


@pytest.mark.django_db
def test_what_was_given_up_is_tried_again_when_it_is_handed_in_again(poison, monkeypatch):
    hand_in(POISON)
    pipeline.work_off()
    monkeypatch.setattr(pipeline, "analyse", poison)
    hand_in(POISON)
    pipeline.work_off()
    assert Snapshot.objects.get().matched_with


@pytest.mark.django_db
def test_a_poison_among_the_claims_and_one_in_a_file_are_given_up_too(monkeypatch):
    hand_in()

    def fails(*_: object) -> None:
        raise ValueError("no such figure")

    with monkeypatch.context() as broken:
        broken.setattr(pipeline.matching, "match_snapshots", fails)
        pipeline.work_off()
    assert "placed among the claims" in Snapshot.objects.get().error
    monkeypatch.setattr(pipeline, "extract", fails)
    submission = hand_in(b"other")
    pipeline.work_off()
    submission.refresh_from_db()
    assert (submission.state, submission.error_code, submission.attempts) == ("failed", "given_up", 3)
    assert "no such figure" in submission.error


@pytest.mark.django_db
def test_rows_are_claimed_together_by_one_statement_and_each_by_one_caller(django_assert_num_queries):
    first, second, third = (hand_in(name=f"{n}.txt") for n in range(3))
    Submission.objects.claim(second.pk, seconds=60)
    with django_assert_num_queries(1):
        claimed = Submission.objects.waiting().claim_all([third.pk, second.pk, first.pk], seconds=60, by="me")
    assert [(row.pk, row.attempts, row.claimed_by, bytes(row.payload)) for row in claimed] == [
        (first.pk, 1, "me", GOOD),
        (third.pk, 1, "me", GOOD),
    ]
    with django_assert_num_queries(1):
        Submission.objects.release_all(claimed)
    assert Submission.objects.unclaimed().count() == 2


@pytest.mark.django_db
def test_sweeping_does_not_lengthen_the_queue(sent, django_capture_on_commit_callbacks, settings, monkeypatch):
    monkeypatch.setattr(pipeline, "ANNOUNCED_AT_ONCE", 4)
    first, *_ = [hand_in(name=f"{n}.txt") for n in range(6)]
    Submission.objects.filter(pk=first.pk).update(claimed_until=timezone.now() + timedelta(minutes=1))
    with django_capture_on_commit_callbacks(execute=True):
        tasks.sweep()
    oldest = [(submissions.FETCH, first.pk + n) for n in range(1, 5)]
    assert sent == oldest
    with django_capture_on_commit_callbacks(execute=True):
        for _ in range(3):
            tasks.sweep()
    assert sent == [*oldest, (submissions.FETCH, first.pk + 5)]
    Submission.objects.update(announced_at=timezone.now() - timedelta(seconds=settings.WORK_LEASE_SECONDS + 1))
    with django_capture_on_commit_callbacks(execute=True):
        tasks.sweep()
    assert sent[5:] == oldest


@pytest.mark.django_db
def test_while_messages_wait_nobody_is_told_twice_and_what_came_back_is_told_of(
    sent, django_capture_on_commit_callbacks, monkeypatch
):
    waiting = [hand_in(name=f"{n}.txt") for n in range(4)]
    failed, put_off = waiting[1], waiting[2]
    Submission.objects.filter(pk=failed.pk).update(attempts=1)
    Submission.objects.filter(pk=put_off.pk).update(claimed_until=timezone.now() - timedelta(seconds=1))
    monkeypatch.setattr(pipeline, "messages_wait_in", lambda queue: queue == "fetch")
    with django_capture_on_commit_callbacks(execute=True):
        for _ in range(3):
            tasks.sweep()
    assert sent == [(submissions.FETCH, failed.pk), (submissions.FETCH, put_off.pk)]
    sent.clear()
    # No message is left, and still nobody has begun: they were lost.
    Submission.objects.update(announced_at=timezone.now() - timedelta(seconds=pipeline.TOLD_SECONDS + 1))
    monkeypatch.setattr(pipeline, "messages_wait_in", lambda _: False)
    with django_capture_on_commit_callbacks(execute=True):
        tasks.sweep()
    assert [pk for _, pk in sent] == [one.pk for one in waiting]


@pytest.mark.django_db
def test_a_message_that_was_lost_from_a_queue_that_is_never_empty_is_sent_again_in_the_end(
    sent, django_capture_on_commit_callbacks, monkeypatch
):
    lost = hand_in()
    monkeypatch.setattr(pipeline, "messages_wait_in", lambda _: True)
    with django_capture_on_commit_callbacks(execute=True):
        tasks.sweep()
    assert not sent
    Submission.objects.update(announced_at=timezone.now() - timedelta(seconds=pipeline.BELIEVED_SECONDS + 1))
    with django_capture_on_commit_callbacks(execute=True):
        tasks.sweep()
    assert sent == [(submissions.FETCH, lost.pk)]


def test_whether_messages_wait_the_broker_knows(monkeypatch):
    queue = f"tried-{uuid.uuid4().hex}"
    assert not messages_wait_in(queue), "there is no such queue"
    current_app.send_task("tracker.tasks.sweep", queue=queue, priority=9)
    assert messages_wait_in(queue)
    with current_app.connection_for_write() as connection, connection.channel() as channel:
        channel.queue_purge(queue)
        assert not messages_wait_in(queue)
        channel.queue_delete(queue)
    monkeypatch.setattr(current_app.conf, "broker_write_url", "redis://127.0.0.1:9/0")
    assert not messages_wait_in(queue)


def test_nobody_works_longer_than_a_claim_lasts(settings):
    assert settings.CELERY_TASK_SOFT_TIME_LIMIT < settings.CELERY_TASK_TIME_LIMIT < settings.WORK_LEASE_SECONDS


@pytest.mark.django_db
def test_a_file_that_takes_a_fetched_address_is_refused_and_a_person_answers_for_his_own(reviewer):
    page = factories.SnapshotFactory(document__url="https://outlet.example/story", http_status=200)
    header = "---\nurl: https://outlet.example/{}\nstate: retracted\n---\n\n"
    taken = hand_in(header.format("story").encode() + GOOD, "mine.md", content_type="text/markdown", by=reviewer)
    own = hand_in(header.format("own").encode() + GOOD, "own.md", content_type="text/markdown", by=reviewer)
    pipeline.work_off()
    taken.refresh_from_db()
    assert (taken.state, taken.error_code) == ("failed", "address_taken")
    page.document.refresh_from_db()
    assert (page.document.state, page.document.snapshots.count()) == ("live", 1)
    own.refresh_from_db()
    made = Document.objects.get(url="https://outlet.example/own")
    assert not made.state_decided_by_person
    assert Event.objects.filter(object_uid=made.uid).first().actor_label == f"user:{reviewer.username}"
