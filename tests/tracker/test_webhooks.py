"""Webhooks to real receivers: signed, in order, nothing lost, each event once, and never into somebody's network."""

import contextlib
import json
import socket
import sys
import threading
import time
from dataclasses import dataclass, field
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from django.utils import timezone
from standardwebhooks import Webhook, WebhookVerificationError

from claims.access import Access
from claims.errors import AddressRefused, WrongState
from claims.models import Attempt, Delivery, Event, Subscription
from claims.services import ledger, standings, subscriptions
from claims.services.protection import protect_source
from claims.services.subscriptions import (
    pause,
    ping,
    prune,
    replay_delivery,
    replay_since,
    resume,
    rotate_secret,
    subscribe,
)
from claims.services.verdicts import approve_verdict, propose_verdict
from tests import factories
from tests.servers import Worker, wait_until
from tracker import webhooks

pytestmark = pytest.mark.django_db(transaction=True)

# The hook on the connection: every address that any code of this process dials, whatever library it uses.
_dialled: list[tuple] = []
sys.addaudithook(lambda name, args: _dialled.append(args[1]) if name == "socket.connect" else None)


@pytest.fixture(autouse=True)
def dialled():
    """What was dialled in the test; whatever the test is about, nothing but loopback ever is."""
    _dialled.clear()
    found = lambda: [address for address in list(_dialled) if isinstance(address, tuple)]  # noqa: E731
    yield found
    assert {address[0] for address in found()} <= {"127.0.0.1", "::1"}


@dataclass
class Receiver:
    """A web server on loopback that answers as told, and keeps what it was sent."""

    status: int = 204
    headers: dict = field(default_factory=dict)
    body: bytes = b""
    delay: float = 0.0
    got: list = field(default_factory=list)
    url: str = ""
    answer: object = None

    @property
    def data(self):
        return [json.loads(body)["data"] for _, body in self.got]

    @property
    def seqs(self):
        return [data.get("seq") for data in self.data]


@contextlib.contextmanager
def receiving(**said):
    receiver = Receiver(**said)

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            body = self.rfile.read(int(self.headers["Content-Length"]))
            receiver.got.append((dict(self.headers), body))
            time.sleep(receiver.delay)
            status = receiver.answer(body) if receiver.answer else receiver.status
            with contextlib.suppress(OSError):
                self.send_response(status)
                for name, value in receiver.headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(receiver.body)))
                self.end_headers()
                self.wfile.write(receiver.body)

        def log_message(self, *args):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    receiver.url = f"http://127.0.0.1:{server.server_address[1]}/hook"
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield receiver
    finally:
        server.shutdown()
        server.server_close()


@pytest.fixture
def receiver(settings):
    settings.WEBHOOK_BACKOFF_SECONDS = 0.01
    with receiving() as receiver:
        settings.WEBHOOK_ALLOW_HOSTS = frozenset({receiver.url.split("/")[2]})
        yield receiver


@pytest.fixture
def made(receiver, editor):
    """A subscription to the receiver, of somebody who may see all."""

    def subscribed(**said):
        return subscribe(url=said.pop("url", receiver.url), access=said.pop("access", Access.of(editor)), **said)

    return subscribed


def deliver(subscription, **said):
    ledger.seal()
    return webhooks.deliver_to(subscription.pk, **said)


def until_delivered(subscription, *, within=20.0):
    """Deliver again and again, as the sweeper has it done, until nothing waits."""
    deadline = time.monotonic() + within
    ledger.seal()
    while True:
        webhooks.deliver_to(subscription.pk)
        waits = subscription.deliveries.filter(state="pending").exists()
        subscription.refresh_from_db()
        if not waits or subscription.state != "active":
            return
        assert time.monotonic() < deadline, list(subscription.deliveries.values())
        time.sleep(0.02)


def test_each_event_is_told_once_in_order_and_signed_as_standard_webhooks_says(made, receiver):
    before = factories.DossierFactory()
    ledger.seal()
    subscription = made()
    claims = factories.ClaimFactory.create_batch(3)
    assert deliver(subscription) == 6
    assert deliver(subscription) == 0
    assert receiver.seqs == [2, 3, 4, 5, 6, 7]
    assert str(before.uid) not in str(receiver.data)
    assert [data["uid"] for data in receiver.data][1::2] == [str(claim.uid) for claim in claims]
    for headers, body in receiver.got:
        told = Webhook(subscription.secret).verify(body, headers)
        assert told["type"] in ("dossier.created", "claim.created")
        with pytest.raises(WebhookVerificationError):
            Webhook(subscription.secret).verify(body + b" ", headers)
    assert len({headers["webhook-id"] for headers, _ in receiver.got}) == 6
    assert list(Delivery.objects.values_list("state", flat=True)) == ["delivered"] * 6


def test_both_secrets_sign_for_a_while_after_a_rotation(made, receiver):
    subscription = made()
    old = subscription.secret
    subscription = rotate_secret(subscription)
    ping(subscription)
    deliver(subscription)
    headers, body = receiver.got[-1]
    for secret in (old, subscription.secret):
        Webhook(secret).verify(body, headers)
    Subscription.objects.update(previous_until=timezone.now())
    ping(subscription)
    deliver(subscription)
    headers, body = receiver.got[-1]
    Webhook(subscription.secret).verify(body, headers)
    with pytest.raises(WebhookVerificationError):
        Webhook(old).verify(body, headers)


def test_filters_by_dossier_type_claim_and_topic(made, receiver):
    claim, other = factories.ClaimFactory(), factories.ClaimFactory()
    verdict = factories.VerdictFactory(claim=claim)
    ledger.seal()
    head, _ = ledger.head()

    def told(**filters):
        receiver.got.clear()
        deliver(made(after=0, **filters))
        return receiver.seqs

    every = list(range(1, head + 1))
    seq_of = dict(Event.objects.values_list("object_uid", "seq"))
    assert told() == every
    assert told(dossier=other.dossier) == [seq_of[other.dossier.uid], seq_of[other.uid]]
    assert told(types=["claim"]) == [seq_of[claim.uid], seq_of[other.uid]]
    assert told(claims=[claim.uid]) == [seq_of[claim.uid], seq_of[verdict.uid]]
    assert told(topics=["standing", "verdict"]) == []  # a draft is no verdict, and nothing moved
    factories.PositionFactory(claim=claim)
    standings.refresh([claim.pk], actor=factories.MACHINE)
    approve_verdict(propose_verdict(verdict, by=verdict.author), by=factories.UserFactory(role="editor"))
    assert [data["verb"] for data in (told(topics=["standing", "verdict"]), receiver.data)[1]] == [
        "standing changed", "published",
    ]  # fmt: skip
    assert [data["verb"] for data in (told(topics=["verdict"], claims=[claim.uid]), receiver.data)[1]] == ["published"]
    assert told(topics=["verdict"], claims=[other.uid]) == []


def test_what_its_owner_may_not_see_at_the_moment_of_delivery_is_not_sent_and_names_are_masked(made, receiver, reader):
    claim, other = factories.ClaimFactory(), factories.ClaimFactory()
    part = made(access=Access.of(reader, dossiers=[claim.dossier_id]), after=0)
    deliver(part)
    assert {data["dossier"] for data in receiver.data} == {claim.dossier.slug}
    assert other.text not in str(receiver.data)

    receiver.got.clear()
    source = factories.SourceFactory(name="Marisol Ventrano", kind="person")
    subscription = made(access=Access.of(reader), types=["source"], after=0)
    ledger.seal()
    subscriptions.plan(subscription.pk)
    protect_source(source, by=factories.UserFactory(role="editor"), reason="Asked for it.")  # planned, not sent yet
    deliver(subscription)
    assert receiver.got
    assert b"Ventrano" not in b"".join(body for _, body in receiver.got)

    receiver.got.clear()
    replay_since(subscription, after=0)
    reader.is_active = False
    reader.save()
    deliver(subscription)
    assert receiver.got == []
    assert {*subscription.deliveries.values_list("state", flat=True)} == {"skipped"}


def test_a_receiver_that_answers_500_gets_everything_once_it_is_well_again_and_nothing_twice(made, receiver):
    subscription = made()
    receiver.status, receiver.body = 500, b"<b>out of order</b>"
    factories.DossierFactory.create_batch(5)
    ledger.seal()
    for _ in range(10):
        deliver(subscription)
        time.sleep(0.02)
    assert not subscription.deliveries.filter(state="delivered").exists()
    attempt = Attempt.objects.first()
    assert (attempt.status, attempt.excerpt) == (500, "<b>out of order</b>")
    receiver.status = 200
    receiver.got.clear()
    until_delivered(subscription)
    assert sorted(receiver.seqs) == [1, 2, 3, 4, 5]
    subscription.refresh_from_db()
    assert (subscription.state, subscription.failures, subscription.held_until) == ("active", 0, None)


def test_one_message_that_a_receiver_cannot_take_does_not_hold_up_the_others_and_is_given_up(made, receiver, settings):
    settings.WEBHOOK_BACKOFF_SECONDS = 60  # it comes due again only when this test says so, however slow the machine is
    subscription = made()
    poison, *_ = factories.DossierFactory.create_batch(4)
    receiver.answer = lambda body: 500 if str(poison.uid).encode() in body else 200
    deliver(subscription)
    states = {delivery.seq: delivery.state for delivery in subscription.deliveries.all()}
    assert states == {1: "pending", 2: "delivered", 3: "delivered", 4: "delivered"}
    subscription.deliveries.filter(seq=1).update(first_tried_at=timezone.now() - timedelta(hours=25), try_at=None)
    Subscription.objects.update(held_until=None)
    deliver(subscription)
    assert subscription.deliveries.get(seq=1).state == "failed"
    subscription.refresh_from_db()
    assert subscription.state == "active"


def test_a_slow_receiver_is_given_up_in_time_and_retried(made, receiver, settings):
    settings.WEBHOOK_TIMEOUT_SECONDS, settings.WEBHOOK_BACKOFF_SECONDS = 0.3, 60
    subscription = made()
    receiver.delay = 1.5
    factories.DossierFactory()
    began = time.monotonic()
    deliver(subscription)
    assert time.monotonic() - began < 1.5
    assert "No answer within 0.3 seconds" in Attempt.objects.get().error
    receiver.delay = 0.0
    settings.WEBHOOK_TIMEOUT_SECONDS = 10
    Delivery.objects.update(try_at=None)
    until_delivered(subscription)
    assert Delivery.objects.get().state == "delivered"
    assert len({headers["webhook-id"] for headers, _ in receiver.got}) == 1  # the receiver can tell that it is the same


def test_a_dead_receiver_is_left_alone_more_and_more_then_paused_and_nothing_is_lost(made, receiver, settings):
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        port = closed.getsockname()[1]
    settings.WEBHOOK_ALLOW_HOSTS |= {f"127.0.0.1:{port}"}
    settings.WEBHOOK_BACKOFF_SECONDS = 100
    subscription = made(url=f"http://127.0.0.1:{port}/")
    factories.DossierFactory.create_batch(6)
    deliver(subscription)
    subscription.refresh_from_db()
    assert subscription.failures == 3
    assert timedelta(seconds=300) < subscription.held_until - timezone.now() < timedelta(seconds=500)
    assert deliver(subscription) == 0  # it has a break
    assert webhooks.announce() == 0
    assert Attempt.objects.count() == 3
    a_day_ago = timezone.now() - timedelta(hours=25)
    Subscription.objects.update(failing_since=a_day_ago, held_until=None)
    Delivery.objects.update(first_tried_at=a_day_ago, try_at=None)
    deliver(subscription)
    subscription.refresh_from_db()
    assert subscription.state == "dead"
    assert "Nothing was delivered since" in subscription.reason
    assert "connection failed" in subscription.reason
    factories.DossierFactory()
    assert deliver(subscription) == 0
    Subscription.objects.update(url=receiver.url)
    resume(subscription)
    until_delivered(subscription)
    assert receiver.seqs == [1, 2, 3, 4, 5, 6, 7]


def test_a_receiver_that_says_it_is_gone_is_paused_at_once(made, receiver):
    subscription = made()
    receiver.status = 410
    factories.DossierFactory()
    deliver(subscription)
    subscription.refresh_from_db()
    assert (subscription.state, Delivery.objects.get().state) == ("dead", "pending")


@pytest.mark.parametrize(
    "target",
    ["http://127.0.0.1:{port}/", "http://169.254.169.254/latest/", "http://[::1]:{port}/", "//127.0.0.1:{port}/"],
)
@pytest.mark.parametrize("status", [301, 302, 307, 308])
def test_redirects_are_answers_and_never_followed(made, receiver, dialled, settings, target, status):
    settings.WEBHOOK_BACKOFF_SECONDS = 60
    with receiving() as inner:
        port = int(inner.url.split(":")[2].split("/")[0])
        receiver.status, receiver.headers = status, {"Location": target.format(port=port)}
        subscription = made()
        ping(subscription)
        deliver(subscription)
        assert len(receiver.got) == 1
        assert inner.got == []
        assert {address[1] for address in dialled()} == {int(receiver.url.split(":")[2].split("/")[0])}
    assert "not followed" in Attempt.objects.get().error


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1:1/", "http://[::1]/", "http://10.0.0.1/", "http://169.254.169.254/latest/", "http://192.168.1.1/",
        "http://0.0.0.0/", "http://[::ffff:127.0.0.1]/", "http://2130706433/", "http://0x7f.1/", "ftp://example.org/",
        "http://user:pw@example.org/", "file:///etc/passwd", "javascript:alert(1)", "http://", "",
    ],
)  # fmt: skip
def test_addresses_inside_a_network_are_refused_when_subscribing(made, dialled, url):
    with pytest.raises(AddressRefused):
        made(url=url)
    assert dialled() == []


@pytest.mark.parametrize(
    "found", [["127.0.0.1"], ["10.0.0.7"], ["169.254.169.254"], ["::1"], ["93.184.216.34", "127.0.0.1"], ["fd00::1"]]
)
def test_a_name_that_leads_inside_is_not_called(made, dialled, settings, found):
    settings.WEBHOOK_BACKOFF_SECONDS = 60
    subscription = made(url="http://hooks.example/")
    ping(subscription)
    deliver(subscription, resolve=lambda _host, _port: found)
    assert dialled() == []
    assert "not on the public internet" in Attempt.objects.get().error
    assert Delivery.objects.get().state == "pending"  # a mistake in somebody's DNS is put right: it is tried again


def test_a_name_that_is_bound_anew_is_asked_once_and_what_was_checked_is_dialled(made, receiver, dialled, settings):
    """Between check and connection the name leads elsewhere. Loopback stands in, by name, for the public address."""
    port = int(receiver.url.split(":")[2].split("/")[0])
    settings.WEBHOOK_ALLOW_HOSTS |= {f"hooks.example:{port}"}
    answers = iter([["127.0.0.1"], ["169.254.169.254"], ["10.0.0.1"]])
    asked = []

    def rebinding(host, _port):
        asked.append(host)
        return next(answers)

    subscription = made(url=f"http://hooks.example:{port}/hook")
    ping(subscription)
    deliver(subscription, resolve=rebinding)
    assert asked == ["hooks.example"]
    assert dialled() == [("127.0.0.1", port)]
    assert receiver.got[0][0]["Host"] == f"hooks.example:{port}"


def test_one_delivery_and_all_since_a_place_can_be_replayed_under_the_same_ids(made, receiver):
    subscription = made()
    factories.DossierFactory.create_batch(4)
    deliver(subscription)
    ids = [headers["webhook-id"] for headers, _ in receiver.got]
    replay_delivery(subscription.deliveries.get(seq=2))
    deliver(subscription)
    replay_since(subscription, after=2)
    deliver(subscription)
    assert receiver.seqs == [1, 2, 3, 4, 2, 3, 4]
    assert [headers["webhook-id"] for headers, _ in receiver.got] == [*ids, ids[1], ids[2], ids[3]]
    Delivery.objects.update(finished_at=timezone.now() - timedelta(days=31))
    assert prune() == 4
    replay_since(subscription, after=3)
    deliver(subscription)
    assert receiver.got[-1][0]["webhook-id"] == ids[3]  # also when the log has forgotten it


def test_pausing_loses_nothing(made, receiver, editor):
    subscription = pause(made(), by=editor)
    factories.DossierFactory.create_batch(2)
    assert deliver(subscription) == 0
    with pytest.raises(WrongState):
        ping(subscription)
    resume(subscription)
    deliver(subscription)
    assert receiver.seqs == [1, 2]


def test_two_workers_never_deliver_to_one_subscription_at_once(made, receiver):
    receiver.delay = 0.05
    subscription = made()
    factories.DossierFactory.create_batch(8)
    ledger.seal()

    def work():
        from django.db import connection

        webhooks.deliver_to(subscription.pk)
        connection.close()

    workers = [threading.Thread(target=work) for _ in range(4)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert receiver.seqs == list(range(1, 9))


@pytest.mark.slow
def test_a_worker_that_is_killed_loses_nothing(made, receiver):
    receiver.delay = 0.02
    subscription = made()
    factories.DossierFactory.create_batch(60)
    ledger.seal()
    hosts = receiver.url.split("/")[2]
    with Worker(WEBHOOK_ALLOW_HOSTS=hosts, WORK_LEASE_SECONDS="2", WEBHOOK_BACKOFF_SECONDS="0.01") as worker:
        webhooks.announce()
        wait_until(lambda: len(receiver.got) > 10, within=60, what="some deliveries")
        worker.kill()
        time.sleep(2.1)  # the lease of the dead
        worker.start()
        Subscription.objects.update(announced_at=None)
        webhooks.announce()
        wait_until(
            lambda: subscription.deliveries.filter(state="delivered").count() == 60, within=60, what="all deliveries"
        )
    assert sorted({*receiver.seqs}) == list(range(1, 61))
    assert len(receiver.seqs) <= 61  # the one that was under way may come twice, under the same id
    assert len({headers["webhook-id"] for headers, _ in receiver.got}) == 60
