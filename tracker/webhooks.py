"""Calling the addresses of subscriptions: signed as Standard Webhooks says, and never into somebody's own network.

PostgreSQL is the truth. Whoever delivers has the subscription to itself for a while (:mod:`claims.models.work`), notes
what is to be told from its place on the ledger on, and sends one message after the other. A worker that dies after
sending and before noting so sends again, under the same ``webhook-id``: receivers get everything at least once.
"""

import base64
import hashlib
import hmac
import json
import time
from collections.abc import Mapping, Sequence

import httpcore
from django.conf import settings
from django.core.serializers.json import DjangoJSONEncoder
from django.db.models.functions import Now
from django.utils import timezone

from claims.choices import SubscriptionState
from claims.errors import AddressRefused
from claims.models import Delivery, Subscription
from claims.models.webhook import SECRET_PREFIX
from claims.services import ledger, subscriptions
from claims.services.subscriptions import Outcome
from tracker import claimants
from tracker.ingest.addresses import (
    DEFAULT_PORTS,
    Resolver,
    endpoint,
    host_and_port,
    is_literal,
    is_public,
    parse_address,
    system_resolver,
)
from tracker.ingest.errors import IngestError, shown
from tracker.ingest.fetching import core_url, ssl_context
from tracker.ingest.network import Deadline, GuardedBackend
from tracker.submissions import wake

DELIVER = "tracker.tasks.deliver_webhooks"
AT_A_STRETCH = 30.0  # seconds for one subscription, after which others have their turn
ANNOUNCED_AGAIN_AFTER = 60.0  # seconds
EXCERPT = 500  # bytes of an answer that are kept


def announce() -> int:
    """Wake a worker for each subscription that has something to do and that nobody is at; how many there were."""
    head, _ = ledger.head()
    rows = Subscription.objects.with_something_to_do(head=head).unclaimed().unannounced(within=ANNOUNCED_AGAIN_AFTER)
    found = list(rows.values_list("pk", flat=True))
    Subscription.objects.filter(pk__in=found).update(announced_at=Now())
    for pk in found:
        wake(DELIVER, pk)
    return len(found)


def want_delivery(*, subscription_id: int, **_: object) -> None:
    """Wake a worker for one subscription."""
    wake(DELIVER, subscription_id)


def check_address(*, url: str, **_: object) -> None:
    """Refuse what is no http(s) address, and addresses inside a network by number. Names are looked at when called."""
    try:
        target = parse_address(url)
    except IngestError as error:
        raise AddressRefused(str(error)) from error
    host, port = host_and_port(target)
    allowed = endpoint(host, port) in settings.WEBHOOK_ALLOW_HOSTS
    if is_literal(host) and not is_public(host) and not allowed:
        raise AddressRefused(f"{shown(url)} is never called: it is not on the public internet.")


def deliver_to(subscription_id: int, *, resolve: Resolver = system_resolver) -> int:
    """Send what is due to one subscription, in the order of the ledger; how many messages were sent."""
    subscription = Subscription.objects.active().claim(
        subscription_id, seconds=settings.WORK_LEASE_SECONDS, by=claimants.this_process()
    )
    if subscription is None:
        return 0
    sent, ends = 0, time.monotonic() + min(AT_A_STRETCH, settings.WORK_LEASE_SECONDS / 4)
    more = False
    try:
        while True:
            looked_at = subscriptions.plan(subscription_id)
            delivery = Delivery.objects.due().filter(subscription=subscription).select_related("subscription").first()
            if delivery is None:
                if looked_at:
                    continue
                break
            if time.monotonic() >= ends:
                more = True
                break
            if not _deliver(delivery, resolve):
                break
            sent += 1
    finally:
        Subscription.objects.release(subscription, attempts=0)
    if more:
        wake(DELIVER, subscription_id)
    return sent


def _deliver(delivery: Delivery, resolve: Resolver) -> bool:
    """Send one message; whether to go on with the next one."""
    told = subscriptions.payload(delivery)
    if told is None:
        subscriptions.skip(delivery)
        return True
    body = json.dumps(told, cls=DjangoJSONEncoder, ensure_ascii=False, separators=(",", ":")).encode()
    moment = int(time.time())
    headers = {
        "Content-Type": "application/json",
        "User-Agent": settings.FETCH_USER_AGENT,
        "webhook-id": delivery.message_id,
        "webhook-timestamp": str(moment),
        "webhook-signature": signature(delivery.message_id, moment, body, secrets_of(delivery.subscription)),
    }
    outcome = call(delivery.subscription.url, body, headers, resolve=resolve)
    now = subscriptions.note_attempt(delivery, outcome)
    held = now.held_until is not None and now.held_until > timezone.now()
    return now.state == SubscriptionState.ACTIVE and not held


def secrets_of(subscription: Subscription) -> list[str]:
    """The secrets that sign now: the present one, and for a while the one before it."""
    found = [subscription.secret]
    if subscription.previous_secret and subscription.previous_until and subscription.previous_until > timezone.now():
        found.append(subscription.previous_secret)
    return found


def signature(message_id: str, moment: int, body: bytes, secrets: Sequence[str]) -> str:
    """The ``webhook-signature`` of Standard Webhooks: one for each secret, with spaces between."""
    signed = f"{message_id}.{moment}.".encode() + body
    keys = [base64.b64decode(secret.removeprefix(SECRET_PREFIX)) for secret in secrets]
    return " ".join("v1," + base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode() for key in keys)


def call(url: str, body: bytes, headers: Mapping[str, str], *, resolve: Resolver = system_resolver) -> Outcome:
    """POST to an address on the public internet, or to one that ``WEBHOOK_ALLOW_HOSTS`` names. Redirects are answers.

    The name is resolved once, what it leads to is checked, and exactly that is dialled (:mod:`tracker.ingest.network`).
    """
    started = time.monotonic()

    def took() -> int:
        return int((time.monotonic() - started) * 1000)

    try:
        target = parse_address(url)
        host, port = host_and_port(target)
        bracketed = f"[{host}]" if ":" in host else host
        named = bracketed if port == DEFAULT_PORTS[target.scheme] else f"{bracketed}:{port}"
        deadline = Deadline(settings.WEBHOOK_TIMEOUT_SECONDS)
        backend = GuardedBackend(allow_hosts=settings.WEBHOOK_ALLOW_HOSTS, deadline=deadline, resolve=resolve)
        sent = {"Host": named, "Content-Length": str(len(body)), "Accept": "*/*", "Connection": "close", **headers}
        with (
            httpcore.ConnectionPool(ssl_context=ssl_context(), network_backend=backend) as pool,
            pool.stream("POST", core_url(target), headers=list(sent.items()), content=body) as response,
        ):
            answered = {key.decode("latin-1").lower(): value.decode("latin-1") for key, value in response.headers}
            return Outcome(
                took(),
                status=response.status,
                error="It redirects, which is not followed: subscribe with the address that it leads to."
                if 300 <= response.status < 400
                else "",
                excerpt=_excerpt(response),
                retry_after=_seconds(answered.get("retry-after", "")),
            )
    except IngestError as error:
        return Outcome(took(), error=str(error))
    except httpcore.TimeoutException:
        return Outcome(took(), error=f"No answer within {settings.WEBHOOK_TIMEOUT_SECONDS:g} seconds.")
    except (httpcore.NetworkError, httpcore.ProtocolError, httpcore.UnsupportedProtocol) as error:
        return Outcome(took(), error=f"The connection failed ({shown(error) or type(error).__name__}).")


def _excerpt(response: httpcore.Response) -> str:
    """How the body begins. It decides nothing: the status has been told, whatever becomes of the rest."""
    begun = b""
    try:
        for chunk in response.iter_stream():
            begun += chunk
            if len(begun) >= EXCERPT:
                break
    except (httpcore.TimeoutException, httpcore.NetworkError, httpcore.ProtocolError):
        pass
    return "".join(char if char.isprintable() else " " for char in begun[:EXCERPT].decode(errors="replace"))


def _seconds(asked: str) -> float | None:
    return float(asked) if asked.isascii() and asked.isdigit() and len(asked) < 7 else None
