"""What is read on a schedule: feeds, the items that they listed, and which dossier an item goes to."""

import uuid
from typing import Self

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now

from claims.models import Channel, Dossier, Source
from claims.models.work import Work, WorkQuerySet
from tracker.models.submission import Submission


class FeedKind(models.TextChoices):
    """What is at a feed's address."""

    FEED = "feed", "feed (RSS, Atom, RDF, JSON)"
    SITEMAP = "sitemap", "sitemap"
    PAGE = "page", "single page, watched for change"
    FOLDER = "folder", "folder of files"


class FeedState(models.TextChoices):
    """Whether a feed is polled."""

    ACTIVE = "active", "active"
    PAUSED = "paused", "paused"
    GONE = "gone", "gone"  # its server said so; a person may resume it


class ItemState(models.TextChoices):
    """What became of an item."""

    WAITING = "waiting", "waiting"  # listed with more than one poll takes in
    SUBMITTED = "submitted", "handed in"
    SKIPPED = "skipped", "left out"


class RuleField(models.TextChoices):
    """What of an item a rule looks at."""

    WORDS = "words", "words of the title or summary"
    SECTION = "section", "section or category"
    ADDRESS = "address", "part of the address"


class FeedQuerySet(WorkQuerySet["Feed"]):
    """Reads of feeds."""

    def active(self) -> Self:
        """Those that are polled."""
        return self.filter(state=FeedState.ACTIVE)

    def due(self) -> Self:
        """Those whose time has come, the longest overdue first."""
        return self.active().filter(next_poll_at__lte=Now()).order_by("next_poll_at", "pk")


class Feed(Work):
    """An address or folder that is looked at again and again. The row is the job, as a submission is."""

    # What people settle of it, and may not overwrite unseen.
    SETTLED = (
        "title", "group", "publisher__uid", "dossier__slug", "obey_robots", "shortest_interval", "longest_interval",
        "state",
    )  # fmt: skip

    uid = models.UUIDField("public id", default=uuid.uuid4, unique=True, editable=False)
    kind = models.CharField(max_length=10, choices=FeedKind, default=FeedKind.FEED)
    address = models.CharField(max_length=2000, unique=True, help_text="An http(s) address; of a folder its path.")
    moved_from = models.CharField(max_length=2000, blank=True, help_text="The address before it moved for good.")
    title = models.CharField(max_length=300, blank=True)
    site = models.CharField(max_length=2000, blank=True, help_text="The home page that the feed names.")
    group = models.CharField(max_length=300, blank=True, help_text="Folders of the list of feeds: Wires/Regional.")
    format = models.CharField(max_length=50, blank=True, help_text="What was found at the address: RSS 2.0, Atom 1.0.")
    publisher = models.ForeignKey(
        Source, models.PROTECT, null=True, blank=True, related_name="feeds",
        help_text="Who publishes what it lists. Empty: each page says so itself, as in a feed of many publishers.",
    )  # fmt: skip
    dossier = models.ForeignKey(
        Dossier, models.PROTECT, null=True, blank=True, related_name="feeds",
        help_text="Where items go that no rule sends elsewhere. Empty: the inbox.",
    )  # fmt: skip
    channel = models.OneToOneField(Channel, models.PROTECT, related_name="feed", editable=False)
    obey_robots = models.BooleanField(
        "obey robots.txt", default=True, help_text="Turn off only where the publisher has agreed."
    )
    state = models.CharField(max_length=10, choices=FeedState, default=FeedState.ACTIVE)
    state_reason = models.TextField(blank=True, help_text="Why it is not polled.")

    # When to look again
    shortest_interval = models.PositiveIntegerField(default=300, help_text="Seconds; it is never polled more often.")
    longest_interval = models.PositiveIntegerField(
        default=21_600, help_text="Seconds; nor more seldom, while it works."
    )
    interval = models.PositiveIntegerField(default=900, help_text="Seconds, as learned from how often items come.")
    next_poll_at = models.DateTimeField(db_default=Now())
    validators = models.JSONField(
        default=dict, blank=True, help_text="What servers gave for asking whether it changed."
    )
    digest = models.CharField(
        max_length=64, blank=True, help_text="Of a watched page: SHA-256 of its text as last read."
    )

    # How it goes
    last_polled_at = models.DateTimeField(null=True, blank=True)
    last_success_at = models.DateTimeField(null=True, blank=True)
    last_new_at = models.DateTimeField(null=True, blank=True, help_text="When an item was last new.")
    failures = models.PositiveIntegerField(default=0, help_text="Polls that failed since the last one that did not.")
    failing_since = models.DateTimeField(null=True, blank=True)
    error_code = models.CharField(max_length=50, blank=True)
    error = models.TextField(blank=True, help_text="What went wrong with the last poll.")
    note = models.TextField(blank=True, help_text="What the last poll left out, and why.")
    listed = models.PositiveIntegerField(default=0, help_text="Items that the last poll found listed.")
    usual_gap = models.PositiveIntegerField(null=True, blank=True, help_text="Seconds: median time between new items.")
    quiet_since = models.DateTimeField(null=True, blank=True, help_text="Since when its coverage is degraded.")

    added_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)

    objects = FeedQuerySet.as_manager()

    class Meta:
        ordering = ["group", "title", "pk"]
        indexes = [
            # The work list.
            models.Index(name="feed_due", fields=["next_poll_at"], condition=Q(state=FeedState.ACTIVE)),
        ]
        constraints = [
            models.CheckConstraint(name="feed_kind_known", condition=Q(kind__in=FeedKind.values)),
            models.CheckConstraint(name="feed_state_known", condition=Q(state__in=FeedState.values)),
            models.CheckConstraint(
                name="feed_not_polled_for_a_reason", condition=Q(state=FeedState.ACTIVE) | ~Q(state_reason="")
            ),
            models.CheckConstraint(
                name="feed_intervals_in_order",
                condition=Q(shortest_interval__gte=1, longest_interval__gte=F("shortest_interval")),
            ),
            models.CheckConstraint(
                name="feed_failure_explained", condition=Q(failures=0) | (~Q(error="") & Q(failing_since__isnull=False))
            ),
        ]

    def __str__(self) -> str:
        return self.title or self.address


class FeedRule(models.Model):
    """Where an item goes: the first rule that holds, in their order, names the dossier."""

    feed = models.ForeignKey(Feed, models.CASCADE, related_name="rules")
    position = models.PositiveSmallIntegerField(default=0, help_text="The lowest is tried first.")
    field = models.CharField(max_length=10, choices=RuleField, default=RuleField.WORDS)
    value = models.CharField(max_length=300, help_text="One of them is enough; commas between them.")
    dossier = models.ForeignKey(Dossier, models.PROTECT, related_name="+")

    class Meta:
        ordering = ["position", "pk"]
        constraints = [
            models.CheckConstraint(name="feed_rule_field_known", condition=Q(field__in=RuleField.values)),
            models.CheckConstraint(name="feed_rule_looks_for_something", condition=~Q(value="")),
        ]

    def __str__(self) -> str:
        return f"{self.get_field_display()}: {self.value}"


class FeedItemQuerySet(models.QuerySet["FeedItem"]):
    """Reads of items."""

    def waiting(self) -> Self:
        """Those that are to be handed in by later polls, the newest first."""
        return self.filter(state=ItemState.WAITING).order_by(F("published_at").desc(nulls_last=True), "pk")


class FeedItem(models.Model):
    """What a feed listed, once each: by the identifier that the feed gives it, else by its address."""

    feed = models.ForeignKey(Feed, models.PROTECT, related_name="items")
    key = models.CharField(max_length=64, help_text="SHA-256 of its identifier.")
    address = models.CharField(max_length=2000)
    title = models.CharField(max_length=500, blank=True)
    published_at = models.DateTimeField(null=True, blank=True)
    changed_at = models.DateTimeField(null=True, blank=True, help_text="When the feed says that it last changed.")
    state = models.CharField(max_length=10, choices=ItemState, default=ItemState.WAITING)
    reason = models.CharField(max_length=300, blank=True, help_text="Why it was left out.")
    dossier = models.SlugField(max_length=100, blank=True, help_text="Where the rules send it.")
    submission = models.ForeignKey(Submission, models.PROTECT, null=True, blank=True, related_name="items")
    first_seen_at = models.DateTimeField(db_default=Now())

    objects = FeedItemQuerySet.as_manager()

    class Meta:
        ordering = ["-pk"]
        indexes = [
            # How often items come.
            models.Index(name="feed_item_by_arrival", fields=["feed", "-first_seen_at"]),
            # What is still to be handed in.
            models.Index(
                F("feed"),
                F("published_at").desc(nulls_last=True),
                "id",
                name="feed_item_waiting",
                condition=Q(state=ItemState.WAITING),
            ),
        ]
        constraints = [
            models.UniqueConstraint(name="feed_item_once", fields=["feed", "key"]),
            models.CheckConstraint(name="feed_item_state_known", condition=Q(state__in=ItemState.values)),
            models.CheckConstraint(
                name="feed_item_left_out_for_a_reason", condition=~Q(state=ItemState.SKIPPED) | ~Q(reason="")
            ),
            models.CheckConstraint(
                name="feed_item_submitted_has_submission",
                condition=~Q(state=ItemState.SUBMITTED) | Q(submission__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return self.title or self.address
