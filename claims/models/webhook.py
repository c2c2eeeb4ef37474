"""Whom to tell of changes by calling them: subscriptions, what is to be delivered to each, and every try of it."""

import base64
import secrets
import uuid
from typing import Self

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from claims.choices import DeliveryState, Scope, SubscriptionState, Topic, known
from claims.models.document import Dossier
from claims.models.work import Work, WorkQuerySet

SECRET_PREFIX = "whsec_"  # noqa: S105  as Standard Webhooks writes secrets


def new_secret() -> str:
    """A secret to sign with, as Standard Webhooks writes it."""
    return SECRET_PREFIX + base64.b64encode(secrets.token_bytes(32)).decode()


class SubscriptionQuerySet(WorkQuerySet["Subscription"]):
    """Reads of subscriptions."""

    def active(self) -> Self:
        """Those that are delivered to, but for those that have a break after failures."""
        return self.filter(state=SubscriptionState.ACTIVE).filter(Q(held_until=None) | Q(held_until__lte=Now()))

    def with_something_to_do(self, *, head: int) -> Self:
        """Active ones with events to look at, or with a delivery whose time has come."""
        due = Delivery.objects.due().filter(subscription=models.OuterRef("pk"))
        return self.active().filter(Q(after__lt=head) | models.Exists(due)).order_by("pk")


class Subscription(Work):
    """One address that is told of changes, which ones, and within what its owner may see.

    It is a job too: whoever delivers has it alone for a while, so that its deliveries go out one after the other.
    """

    # What people settle of it, and may not overwrite unseen.
    SETTLED = ("name", "url", "dossier__slug", "types", "claims", "topics", "state")

    uid = models.UUIDField("public id", default=uuid.uuid4, unique=True, editable=False)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="subscriptions")
    name = models.CharField(max_length=100, blank=True, help_text="What it is for.")
    url = models.CharField(max_length=2000)
    # Needed in clear to sign with; shown once. The one before it signs too until `previous_until`.
    secret = models.CharField(max_length=100, default=new_secret, editable=False)
    previous_secret = models.CharField(max_length=100, blank=True, editable=False)
    previous_until = models.DateTimeField(null=True, blank=True, editable=False)
    # No more than the token that made it may see: its scopes, and its dossiers (null: all that the owner may read).
    scopes = ArrayField(models.CharField(max_length=10, choices=Scope), editable=False)
    within = ArrayField(models.BigIntegerField(), null=True, blank=True, editable=False)
    # What to tell: all of these together; nothing said, everything.
    dossier = models.ForeignKey(Dossier, models.PROTECT, null=True, blank=True, related_name="+")
    types = ArrayField(models.CharField(max_length=50), default=list, blank=True)
    claims = ArrayField(models.UUIDField(), default=list, blank=True)
    topics = ArrayField(models.CharField(max_length=10, choices=Topic), default=list, blank=True)
    state = models.CharField(max_length=10, choices=SubscriptionState, default=SubscriptionState.ACTIVE)
    reason = models.CharField(max_length=500, blank=True, help_text="Why it is paused or dead.")
    after = models.BigIntegerField(default=0, help_text="The place on the ledger that has been looked at.")
    failures = models.PositiveIntegerField(default=0, help_text="Tries that failed since the last that did not.")
    failing_since = models.DateTimeField(null=True, blank=True)
    held_until = models.DateTimeField(null=True, blank=True, help_text="A break after failures.")
    created_at = models.DateTimeField(auto_now_add=True)

    objects = SubscriptionQuerySet.as_manager()

    class Meta:
        ordering = ["-pk"]
        constraints = [
            known("state", SubscriptionState, name="subscription_state_known"),
            models.CheckConstraint(
                name="subscription_filters_known",
                condition=Q(topics__contained_by=Topic.values) & Q(scopes__contained_by=Scope.values),
            ),
            models.CheckConstraint(
                name="subscription_says_why_it_stands_still",
                condition=Q(state=SubscriptionState.ACTIVE) | ~Q(reason=""),
            ),
        ]

    def __str__(self) -> str:
        return self.name or self.url


class DeliveryQuerySet(models.QuerySet["Delivery"]):
    """Reads of deliveries."""

    def due(self) -> Self:
        """Those to try now, in the order of the ledger; pings, which have no place in it, first."""
        waiting = self.filter(state=DeliveryState.PENDING).filter(Q(try_at=None) | Q(try_at__lte=Now()))
        return waiting.order_by(models.F("seq").asc(nulls_first=True), "pk")


class Delivery(models.Model):
    """One event to be told to one subscription, once; a ping, where it has no place on the ledger."""

    uid = models.UUIDField("public id", default=uuid.uuid4, unique=True, editable=False)
    subscription = models.ForeignKey(Subscription, models.CASCADE, related_name="deliveries")
    seq = models.BigIntegerField(null=True, blank=True, help_text="The event's place on the ledger.")
    state = models.CharField(max_length=10, choices=DeliveryState, default=DeliveryState.PENDING)
    tries = models.PositiveIntegerField(default=0)
    first_tried_at = models.DateTimeField(null=True, blank=True)
    try_at = models.DateTimeField(null=True, blank=True, help_text="Not before then.")
    finished_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    objects = DeliveryQuerySet.as_manager()

    class Meta:
        ordering = ["-pk"]
        verbose_name_plural = "deliveries"
        indexes = [
            # What is to be delivered, in its order.
            models.Index(
                name="delivery_pending", fields=["subscription", "seq"], condition=Q(state=DeliveryState.PENDING)
            ),
            # The log's oldest rows, which go first.
            models.Index(name="delivery_finished", fields=["finished_at"], condition=Q(finished_at__isnull=False)),
        ]
        constraints = [
            known("state", DeliveryState, name="delivery_state_known"),
            # Each event once for each subscription.
            models.UniqueConstraint(name="delivery_once", fields=["subscription", "seq"]),
        ]

    def __str__(self) -> str:
        return f"{self.subscription}: {'ping' if self.seq is None else self.seq}"

    @property
    def message_id(self) -> str:
        """The ``webhook-id``: the same for every try and replay of one event, so that a receiver can tell."""
        if self.seq is None:
            return f"msg_{self.uid.hex}"
        return f"msg_{uuid.uuid5(self.subscription.uid, str(self.seq)).hex}"


class Attempt(models.Model):
    """One try of a delivery, and what the receiver answered."""

    delivery = models.ForeignKey(Delivery, models.CASCADE, related_name="attempts")
    at = models.DateTimeField(auto_now_add=True)
    duration_ms = models.PositiveIntegerField()
    status = models.PositiveSmallIntegerField(null=True, blank=True, help_text="HTTP; empty when there was no answer.")
    error = models.CharField(max_length=500, blank=True)
    excerpt = models.CharField(max_length=500, blank=True, help_text="How the answer's body begins.")

    class Meta:
        ordering = ["-pk"]

    def __str__(self) -> str:
        return f"{self.status or self.error}"
