"""Subscribing to changes, and what became of each that was to be told. Delivering itself needs the network: tracker."""

import random
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, cast
from uuid import UUID

from django.conf import settings
from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from claims import signals
from claims.access import Access
from claims.choices import DeliveryState, SubscriptionState, Topic
from claims.errors import WrongState
from claims.models import Attempt, Delivery, Dossier, Event, Subscription
from claims.models.verdict import ONCE_PUBLISHED
from claims.models.webhook import new_secret
from claims.services import ledger
from claims.services.changes import told_of

PLANNED_AT_ONCE = 500  # events looked at in one go
PENDING_AT_MOST = 1000  # deliveries that wait: beyond, the ledger itself keeps what is to come
PRUNED_AT_ONCE = 5000
FAILURES_BEFORE_BREAK = 3
LONGEST_BREAK = 3600.0  # seconds
GONE = 410
CHANGEABLE = ("name", "url", "dossier", "types", "claims", "topics")


# --- Subscribing -----------------------------------------------------------------------------------------------------


@transaction.atomic
def subscribe(
    *,
    url: str,
    access: Access,
    name: str = "",
    dossier: Dossier | None = None,
    types: Sequence[str] = (),
    claims: Sequence[UUID] = (),
    topics: Sequence[str] = (),
    after: int | None = None,
) -> Subscription:
    """A new subscription of the caller's, within what he or she may see now. ``after``: from which place; the present.

    Its secret is shown once, by whoever calls this.
    """
    signals.call_wanted.send(sender=Subscription, url=url)
    head, _ = ledger.head()
    subscription = Subscription.objects.create(
        owner=cast("User", access.user),  # nobody without an account gets so far
        name=name,
        url=url,
        scopes=sorted(access.scopes),
        within=None if access.dossiers is None else sorted(access.dossiers),
        dossier=dossier,
        types=list(types),
        claims=list(claims),
        topics=list(topics),
        after=head if after is None else min(after, head),
    )
    signals.delivery_wanted.send(sender=Subscription, subscription_id=subscription.pk)
    return subscription


@transaction.atomic
def change_subscription(subscription: Subscription, **changes: Any) -> Subscription:
    """Another address or other filters (``CHANGEABLE``). What waits already is delivered all the same."""
    subscription = _locked(subscription)
    if "url" in changes:
        signals.call_wanted.send(sender=Subscription, url=changes["url"])
    for field in CHANGEABLE:
        if field in changes:
            setattr(subscription, field, changes[field])
    subscription.save(update_fields=[field for field in CHANGEABLE if field in changes])
    return subscription


@transaction.atomic
def rotate_secret(subscription: Subscription) -> Subscription:
    """A new secret. The present one signs too for ``WEBHOOK_ROTATION_HOURS``, so that receivers can change over."""
    subscription = _locked(subscription)
    subscription.previous_secret, subscription.secret = subscription.secret, new_secret()
    subscription.previous_until = timezone.now() + timedelta(hours=settings.WEBHOOK_ROTATION_HOURS)
    subscription.save(update_fields=["secret", "previous_secret", "previous_until"])
    return subscription


@transaction.atomic
def pause(subscription: Subscription, *, by: User) -> Subscription:
    """Deliver nothing until somebody resumes it. Nothing is lost meanwhile."""
    subscription = _locked(subscription)
    if subscription.state != SubscriptionState.ACTIVE:
        raise WrongState(f"The subscription is {subscription.state} already.")
    subscription.state, subscription.reason = SubscriptionState.PAUSED, f"Paused by {by.get_username()}."
    subscription.save(update_fields=["state", "reason"])
    return subscription


@transaction.atomic
def resume(subscription: Subscription) -> Subscription:
    """Go on where deliveries stopped, with a fresh day to try in."""
    subscription = _locked(subscription)
    if subscription.state == SubscriptionState.ACTIVE:
        raise WrongState("The subscription is active.")
    subscription.state, subscription.reason = SubscriptionState.ACTIVE, ""
    subscription.failures, subscription.failing_since, subscription.held_until = 0, None, None
    subscription.save(update_fields=["state", "reason", "failures", "failing_since", "held_until"])
    subscription.deliveries.filter(state=DeliveryState.PENDING).update(first_tried_at=None, try_at=None)
    signals.delivery_wanted.send(sender=Subscription, subscription_id=subscription.pk)
    return subscription


@transaction.atomic
def ping(subscription: Subscription) -> Delivery:
    """Send a message that says nothing, to try the address."""
    subscription = _locked(subscription)
    if subscription.state != SubscriptionState.ACTIVE:
        raise WrongState(f"The subscription is {subscription.state}: resume it first.")
    delivery = Delivery.objects.create(subscription=subscription)
    signals.delivery_wanted.send(sender=Subscription, subscription_id=subscription.pk)
    return delivery


@transaction.atomic
def replay_delivery(delivery: Delivery) -> Delivery:
    """Deliver once more what was delivered, given up or skipped, under the same id."""
    delivery = Delivery.objects.select_for_update(of=("self",)).get(pk=delivery.pk)
    if delivery.state == DeliveryState.PENDING:
        raise WrongState("It is still to be delivered.")
    _again(Delivery.objects.filter(pk=delivery.pk))
    signals.delivery_wanted.send(sender=Subscription, subscription_id=delivery.subscription_id)
    delivery.refresh_from_db()
    return delivery


@transaction.atomic
def replay_since(subscription: Subscription, *, after: int) -> Subscription:
    """Deliver once more all that matches after this place of the ledger, under the same ids."""
    subscription = _locked(subscription)
    _again(subscription.deliveries.filter(seq__gt=after).exclude(state=DeliveryState.PENDING))
    subscription.after = min(subscription.after, after)
    subscription.save(update_fields=["after"])
    signals.delivery_wanted.send(sender=Subscription, subscription_id=subscription.pk)
    return subscription


def _again(deliveries: QuerySet[Delivery]) -> None:
    deliveries.update(state=DeliveryState.PENDING, first_tried_at=None, try_at=None, finished_at=None)


def _locked(subscription: Subscription) -> Subscription:
    return Subscription.objects.select_for_update(of=("self",)).get(pk=subscription.pk)


# --- Delivering: what tracker asks for -------------------------------------------------------------------------------


def access_for(subscription: Subscription) -> Access:
    """What the owner may see now, within what the subscription was made with."""
    if not subscription.owner.is_active:
        return Access.of(subscription.owner, scopes=[], dossiers=[])
    return Access.of(subscription.owner, scopes=subscription.scopes, dossiers=subscription.within)


@transaction.atomic
def plan(subscription_id: int) -> int:
    """Note which of the next events are to be delivered; how many were looked at. Again, it notes none twice."""
    subscription = Subscription.objects.select_for_update(of=("self",)).get(pk=subscription_id)
    if subscription.state != SubscriptionState.ACTIVE:
        return 0
    room = PENDING_AT_MOST - subscription.deliveries.filter(state=DeliveryState.PENDING).count()
    if room <= 0:
        return 0
    events = list(
        Event.objects.sealed().filter(seq__gt=subscription.after).defer("prev_hash")[: min(room, PLANNED_AT_ONCE)]
    )
    if not events:
        return 0
    wanted = [event for event in events if matches(subscription, event)]
    told = told_of(wanted, access=access_for(subscription))
    Delivery.objects.bulk_create(
        (Delivery(subscription=subscription, seq=one["seq"]) for one in told if one["kind"] != "hidden"),
        ignore_conflicts=True,
    )
    subscription.after = events[-1].seq or subscription.after
    subscription.save(update_fields=["after"])
    return len(events)


def matches(subscription: Subscription, event: Event) -> bool:
    """Whether a subscription's filters let this event through."""
    if subscription.dossier_id is not None and event.dossier_id != subscription.dossier_id:
        return False
    if subscription.types and event.object_type not in subscription.types:
        return False
    if subscription.claims:
        named = {str(event.object_uid), event.state.get("claim"), event.state.get("other_claim")}
        if not named & {str(uid) for uid in subscription.claims}:
            return False
    if not subscription.topics:
        return True
    standing = event.object_type == "claim" and event.verb == "standing changed"
    verdict = event.object_type == "verdict" and event.state.get("state") in ONCE_PUBLISHED
    return (standing and Topic.STANDING in subscription.topics) or (verdict and Topic.VERDICT in subscription.topics)


def payload(delivery: Delivery) -> dict[str, Any] | None:
    """What to send, masked for the owner as of now; ``None`` where he or she may not see it (any more)."""
    now = timezone.now().isoformat()
    if delivery.seq is None:
        subscription = str(delivery.subscription.uid)
        return {"type": "ping", "timestamp": now, "data": {"subscription": subscription}}
    event = Event.objects.filter(seq=delivery.seq).first()
    if event is None:
        return None
    [change] = told_of([event], access=access_for(delivery.subscription))
    if change["kind"] == "hidden":
        return None
    kind = f"{change['type']}.{change['verb'].replace(' ', '_')}"
    return {"type": kind, "timestamp": change["at"], "data": change}


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of one try: the receiver's status and the beginning of its answer, or why there was none."""

    duration_ms: int
    status: int | None = None
    error: str = ""
    excerpt: str = ""
    retry_after: float | None = None

    @property
    def delivered(self) -> bool:
        """Whether the receiver took it."""
        return self.status is not None and 200 <= self.status < 300

    @property
    def told(self) -> str:
        """The outcome in a few words."""
        return self.error or f"it answered {self.status}"


@transaction.atomic
def skip(delivery: Delivery) -> None:
    """Note that its owner may not see this (any more)."""
    Delivery.objects.filter(pk=delivery.pk, state=DeliveryState.PENDING).update(
        state=DeliveryState.SKIPPED, finished_at=timezone.now()
    )


@transaction.atomic
def note_attempt(delivery: Delivery, outcome: Outcome) -> Subscription:
    """Log a try and decide what follows: done, another try later, given up, or a pause for an address that is dead.

    After three failures in a row the address has a break: one delivery then tries whether it answers again, the others
    wait. Without any success for ``WEBHOOK_RETRY_HOURS`` it is dead, and so it is when it says itself that it is gone
    (410); what waits then goes on waiting for somebody to resume. A single delivery that goes on failing for so long
    while others go through is given up.
    """
    subscription = _locked(delivery.subscription)
    row = Delivery.objects.select_for_update(of=("self",)).get(pk=delivery.pk)
    now = timezone.now()
    Attempt.objects.create(
        delivery=row, duration_ms=outcome.duration_ms, status=outcome.status, error=outcome.error[:500],
        excerpt=outcome.excerpt[:500],
    )  # fmt: skip
    row.tries += 1
    row.first_tried_at = row.first_tried_at or now
    if outcome.delivered:
        row.state, row.finished_at, row.try_at = DeliveryState.DELIVERED, now, None
        subscription.failures, subscription.failing_since, subscription.held_until = 0, None, None
    else:
        subscription.failures += 1
        subscription.failing_since = subscription.failing_since or now
        tried = now - row.first_tried_at
        row.try_at = now + _break(row.tries, outcome.retry_after)
        long = timedelta(hours=settings.WEBHOOK_RETRY_HOURS)
        if outcome.status == GONE or now - subscription.failing_since >= long:
            subscription.state = SubscriptionState.DEAD
            since = subscription.failing_since.isoformat(timespec="minutes")
            subscription.reason = f"Nothing was delivered since {since}; last, {outcome.told}"[:500]
        elif tried >= long:
            row.state, row.finished_at, row.try_at = DeliveryState.FAILED, now, None
        if subscription.failures >= FAILURES_BEFORE_BREAK:
            subscription.held_until = now + _break(subscription.failures, outcome.retry_after)
    row.save()
    subscription.save(update_fields=["failures", "failing_since", "held_until", "state", "reason"])
    return subscription


def _break(failures: int, asked: float | None) -> timedelta:
    """How long to wait after so many failures: twice as long each time, not all at the same moment; an hour at most."""
    doubled = settings.WEBHOOK_BACKOFF_SECONDS * 2 ** min(failures - 1, 20)
    seconds = min(max(doubled, asked or 0.0), LONGEST_BREAK)
    return timedelta(seconds=seconds * random.uniform(0.8, 1.2))  # noqa: S311  jitter, no secret


def prune() -> int:
    """Forget what was finished longer ago than ``WEBHOOK_LOG_DAYS``; how many deliveries that were."""
    until = timezone.now() - timedelta(days=settings.WEBHOOK_LOG_DAYS)
    old = list(Delivery.objects.filter(finished_at__lt=until).values_list("pk", flat=True)[:PRUNED_AT_ONCE])
    Delivery.objects.filter(pk__in=old).delete()
    return len(old)
