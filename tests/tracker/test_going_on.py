"""A process goes on with the steps whose messages it would get, and tells others of the rest."""

import logging
from collections.abc import Callable, Sequence
from typing import Any

import pytest
from django.db import OperationalError

from claims.models import Position, Snapshot
from config import celery
from config.tracing import begin, end
from tracker import going_on, matching, pipeline, submissions, tasks
from tracker.archives import reading
from tracker.models import Submission, SubmissionState
from tracker.submissions import submit

pytestmark = pytest.mark.django_db(transaction=True)

TOWNS = ("Arvel", "Besk", "Corin", "Dahl")
EVERY = ("fetch", "analyse", "match", "backfill")


@pytest.fixture
def sent(monkeypatch) -> list[tuple[str, list[int], str]]:
    """The messages that were sent: task, ids, queue."""
    messages: list[tuple[str, list[int], str]] = []

    def send(task: str, args: list[int], **more: Any) -> None:
        messages.append((task.rpartition(".")[2], args, more.get("queue", "its own")))

    monkeypatch.setattr(submissions.current_app, "send_task", send)
    return messages


@pytest.fixture
def serving(monkeypatch) -> Callable[[Sequence[str]], None]:
    """Makes this process one of a worker that takes tasks from these queues."""
    monkeypatch.setattr(going_on, "_served", frozenset())
    return going_on.serve


def words(town: str) -> str:
    return f"The mayor of {town} said the bridge at {town} was closed on Monday.\n"


def hand_in(town: str = "Arvel") -> int:
    text = words(town).encode()
    return submit(address=f"{town}.txt", payload=text, content_type="text/plain", announce=False).pk


@pytest.fixture
def brought(tmp_path, sent) -> list[int]:
    """Documents that an archive brought, still to be read; what was sent about them is forgotten."""
    path = tmp_path / "lines.jsonl"
    path.write_text("".join(f'{{"text": "{words(town).strip()}"}}\n' for town in TOWNS))
    reading.read_on(reading.open_backfill(path).pk, make_room=lambda _: None)
    sent.clear()
    return list(Submission.objects.order_by("pk").values_list("pk", flat=True))


@pytest.mark.parametrize(
    ("queues", "told"),
    [
        (EVERY, []),
        (("fetch", "analyse"), ["match_snapshot"]),
        (("fetch",), ["analyse_snapshot"]),
        (("fetch", "match"), ["analyse_snapshot"]),
        (("fetch", "backfill"), ["analyse_snapshot"]),
        ((), ["analyse_snapshot"]),
    ],
)
def test_a_document_goes_as_far_as_the_worker_serves_its_queues_by_one_message(queues, told, serving, sent):
    serving(queues)
    tasks.fetch_submission(hand_in())
    assert [(task, len(pks)) for task, pks, _ in sent] == [(task, 1) for task in told]
    snapshot = Snapshot.objects.get()
    assert bool(snapshot.analysed_with) == ("analyse_snapshot" not in told)
    assert bool(snapshot.matched_with) == (not told)
    assert (snapshot.claimed_until, snapshot.attempts) == (None, 0)


def test_a_worker_that_is_asked_to_stop_leaves_the_next_step_to_others(serving, sent, monkeypatch, brought):
    serving(EVERY)
    monkeypatch.setattr(going_on, "stopping", lambda: True)
    tasks.fetch_submission(hand_in())
    assert [task for task, _, _ in sent] == ["analyse_snapshot"]
    sent.clear()
    tasks.fetch_submission(*brought)
    assert [(task, len(pks)) for task, pks, _ in sent] == [
        ("fetch_submission", 1), ("fetch_submission", 2), ("analyse_snapshot", 1),
    ]  # fmt: skip


def test_a_worker_asked_to_stop_tells_the_processes_that_do_its_tasks():
    try:
        celery.begin_nothing_more()
        assert going_on.stopping()
    finally:
        going_on._stop[0] = 0


def test_whoever_has_been_at_it_for_long_lets_others_have_their_turn(serving, sent, monkeypatch):
    serving(EVERY)
    monkeypatch.setattr(pipeline, "BATCH_SECONDS", 0.0)
    tasks.fetch_submission(hand_in())
    assert [task for task, _, _ in sent] == ["analyse_snapshot"]


def test_a_step_that_loses_the_database_is_told_of_and_tried_again_by_itself(serving, sent, monkeypatch):
    serving(EVERY)

    def away(*_: object, **__: object) -> None:
        raise OperationalError("the server is shutting down")

    with monkeypatch.context() as broken:
        broken.setattr(pipeline, "record_analysis", away)
        tasks.fetch_submission(hand_in())
    snapshot = Snapshot.objects.get()
    assert sent == [("analyse_snapshot", [snapshot.pk], "its own")]
    assert (snapshot.attempts, snapshot.claimed_until) == (1, None), "the attempt is counted"
    tasks.analyse_snapshot(snapshot.pk)
    assert Position.objects.count() == 1


def test_a_step_that_loses_the_database_before_others_leaves_no_row_untold(serving, sent, monkeypatch, brought):
    fetch, asked = pipeline._read, []

    def away_at_the_third(submission: Submission) -> None:
        asked.append(submission.pk)
        if len(asked) == 3:
            raise OperationalError("the server is shutting down")
        fetch(submission)

    serving(EVERY)
    monkeypatch.setattr(pipeline, "_read", away_at_the_third)
    with pytest.raises(OperationalError):  # Celery tries the task again then
        pipeline.read_submission(*brought)
    assert [(task, len(pks)) for task, pks, _ in sent] == [("analyse_snapshot", 2)]
    pipeline.read_submission(*brought)
    assert set(Submission.objects.values_list("state", flat=True)) == {SubmissionState.DONE}


def test_a_document_that_fails_in_the_next_step_is_counted_and_left_to_the_sweep(serving, sent, monkeypatch):
    serving(EVERY)

    def fails(*_: object, **__: object) -> None:
        raise RecursionError("too deep")

    monkeypatch.setattr(pipeline, "analyse", fails)
    tasks.fetch_submission(hand_in())
    assert list(Snapshot.objects.values_list("attempts", "claimed_until", "error")) == [(1, None, "")]
    assert not sent
    assert pipeline.announce_outstanding() == 1


def test_what_archives_brought_goes_on_together(brought, serving, sent, monkeypatch):
    serving(EVERY)
    place, asked = matching.match_snapshots, []
    monkeypatch.setattr(matching, "match_snapshots", lambda pks: (asked.append(len(pks)), place(pks)))
    tasks.fetch_submission(*brought)
    assert (sent, asked) == ([], [len(TOWNS)])
    assert not pipeline.outstanding()
    assert not Snapshot.objects.exclude(claimed_until=None, attempts=0).exists()
    assert Position.objects.count() == len(TOWNS)


def test_what_archives_brought_does_not_go_on_while_something_fresh_waits(brought, serving, sent):
    serving(EVERY)
    hand_in("Elm")
    tasks.fetch_submission(*brought)
    assert [(task, len(pks), queue) for task, pks, queue in sent] == [("analyse_snapshot", len(TOWNS), "backfill")]


def test_what_archives_brought_goes_on_where_archives_are_served(brought, serving, sent):
    serving(("fetch", "analyse", "match"))
    tasks.fetch_submission(*brought)
    assert [(task, len(pks), queue) for task, pks, queue in sent] == [("analyse_snapshot", len(TOWNS), "backfill")]


def test_lines_are_about_the_step_that_is_done(serving, sent, caplog):
    serving(EVERY)
    pk = hand_in()
    seen = []

    class Watch(logging.Filter):
        def filter(self, record: logging.LogRecord) -> bool:
            from config.tracing import About

            About().filter(record)
            seen.append((record.task.rpartition(".")[2], record.row, record.task_id))
            return True

    watch = Watch()
    logging.getLogger("tracker.pipeline").addFilter(watch)
    try:
        with caplog.at_level("INFO", "tracker.pipeline"):
            begin(task_id="t-1", task=tasks.fetch_submission, args=[pk])
            tasks.fetch_submission(pk)
            logging.getLogger("tracker.pipeline").info("Done.")
    finally:
        logging.getLogger("tracker.pipeline").removeFilter(watch)
        end()
    snapshot = Snapshot.objects.get().pk
    assert seen == [
        ("analyse_snapshot", snapshot, "t-1"), ("match_snapshot", snapshot, "t-1"), ("fetch_submission", pk, "t-1"),
    ]  # fmt: skip
