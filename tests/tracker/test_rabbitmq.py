"""RabbitMQ with quorum queues instead of Valkey: the real server, the real worker, and both killed."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator

import amqp
import pytest
from celery import current_app
from django.test import Client

from claims.models import Document, Event, Position, Snapshot, Statement
from claims.services import ledger
from tests.rabbitmq import PROGRAM, WITHOUT, RabbitMQ
from tests.servers import ROOT, Beat, Worker, database_url, wait_until
from tests.tracker.test_worker import dispatch, nothing_left
from tracker.broker import broker_fault, messages_wait_in, queues_needed
from tracker.submissions import submit

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.slow,
    pytest.mark.skipif(PROGRAM is None, reason=WITHOUT),
]

# What a killed worker had claimed comes back after this time, in seconds.
SHORT = {"WORK_LEASE_SECONDS": "15"}
# Another process with the settings of RabbitMQ: hands in a dispatch, or wakes a worker for one, in a while.
HAND_IN = """
import sys, django; django.setup()
from tests.tracker.test_worker import dispatch
from tracker.submissions import submit
for town in sys.argv[1:]:
    submit(address=f"{town}.txt", payload=dispatch(town), content_type="text/plain")
"""
WAKE_LATER = """
import sys, django; django.setup()
from celery import current_app
current_app.send_task("tracker.tasks.fetch_submission", [int(sys.argv[1])], countdown=1)
"""

LOOK = """
import json, django; django.setup()
from tracker.doctor import examine
print(json.dumps({found.check: found.level for _, found in examine(full=False, only=["broker"])}))
"""


@pytest.fixture(scope="module")
def rabbitmq(tmp_path_factory) -> Iterator[RabbitMQ]:
    with RabbitMQ(tmp_path_factory.mktemp("rabbitmq")) as server:
        yield server


def elsewhere(server: RabbitMQ, script: str, *arguments: str) -> str:
    """Run a script in another process; what it prints."""
    environment = os.environ | {
        "DATABASE_URL": database_url(),
        "CELERY_BROKER_URL": server.url,
        "DJANGO_SETTINGS_MODULE": "config.settings",
    }
    command = [sys.executable, "-c", script, *arguments]
    return subprocess.run(command, cwd=ROOT, env=environment, check=True, stdout=subprocess.PIPE, text=True).stdout


def worker_of(server: RabbitMQ, **environment: str) -> Worker:
    return Worker(CELERY_BROKER_URL=server.url, SPAN_FINDER="rules", **environment)


def test_a_worker_is_woken_through_quorum_queues_and_by_messages_that_wait_at_the_broker(rabbitmq):
    later = submit(address="Corin.txt", payload=dispatch("Corin"), content_type="text/plain", announce=False)
    with worker_of(rabbitmq):
        elsewhere(rabbitmq, HAND_IN, "Arvel", "Besk")
        wait_until(lambda: Position.objects.count() == 4, within=120, what="both documents placed, nothing swept")
        elsewhere(rabbitmq, WAKE_LATER, str(later.pk))
        wait_until(nothing_left, within=60, what="the third is read when its message comes")
        assert json.loads(elsewhere(rabbitmq, LOOK)) == {"broker_reachable": "ok", "workers": "ok"}
        for name in queues_needed():
            with rabbitmq.connect() as connection, pytest.raises(amqp.PreconditionFailed, match="x-queue-type"):
                connection.channel().queue_declare(name, durable=True, auto_delete=False)  # another kind of queue
        with rabbitmq.connect() as connection:  # raises NotFound where there is none
            connection.channel().exchange_declare("celery_delayed_0", "topic", passive=True)
    assert Document.objects.count() == 3


def test_killing_worker_and_broker_loses_and_doubles_nothing(rabbitmq):
    towns = ["Arvel", "Besk", "Corin", "Dahl"]
    worker, beat = worker_of(rabbitmq, **SHORT), Beat(CELERY_BROKER_URL=rabbitmq.url, **SHORT)
    try:
        worker.start()
        elsewhere(rabbitmq, HAND_IN, *towns)
        wait_until(Snapshot.objects.exists, within=90, what="it has begun")
        worker.kill()
        rabbitmq.kill()
        rabbitmq.start()
        worker.start()
        beat.start()  # it sweeps, through the broker
        wait_until(nothing_left, within=180, what="all is placed after both were killed")
    finally:
        beat.kill()
        worker.kill()
    assert Document.objects.count() == Snapshot.objects.count() == len(towns)
    assert Statement.objects.count() == Position.objects.filter(superseded_at__isnull=True).count() == 2 * len(towns)
    ledger.seal()
    assert ledger.first_broken(Event.objects.sealed()) is None


def test_it_says_whether_messages_wait(rabbitmq, monkeypatch):
    monkeypatch.setattr(current_app.conf, "broker_write_url", rabbitmq.url)
    assert not messages_wait_in("tried"), "there is no such queue"
    with rabbitmq.connect() as connection:
        channel = connection.channel()
        channel.queue_declare("tried", durable=True, auto_delete=False, arguments={"x-queue-type": "quorum"})
        assert not messages_wait_in("tried")
        channel.confirm_select()
        channel.basic_publish_confirm(amqp.Message("{}"), routing_key="tried")
        wait_until(lambda: messages_wait_in("tried"), within=20, what="the message is there")
        channel.queue_delete("tried")


def test_its_absence_is_told_and_leaves_pages_ready(rabbitmq, monkeypatch):
    monkeypatch.setattr(current_app.conf, "broker_write_url", rabbitmq.url)
    assert broker_fault() == ""
    assert Client().get("/health/ready").json()["broker"] == "answers"
    monkeypatch.setattr(current_app.conf, "broker_write_url", rabbitmq.url.replace(str(rabbitmq.port), "9"))
    assert "refused" in broker_fault()
    answer = Client().get("/health/ready")
    assert (answer.status_code, answer.json()["broker"]) == (200, "away")
