"""Pages that are held: each is looked at again, so that its corrections and its end are heard of."""

from datetime import timedelta
from typing import Self

from django.conf import settings
from django.db import models
from django.db.models import Exists, OuterRef, Q
from django.db.models.functions import Now

from claims.models import Document, Dossier, Snapshot, Source
from claims.models.work import Work, WorkQuerySet
from tracker.models.feed import Feed

OVERDUE = timedelta(days=1)  # a page that waits for so long is not only waiting for its turn


class PageFound(models.TextChoices):
    """What was found when a page was last looked at."""

    FIRST = "first", "not looked at again yet"
    SAME = "same", "the same"
    CHANGED = "changed", "changed"
    FAILED = "failed", "could not be read"
    DOUBTED = "doubted", "something else, in doubt"
    GONE = "gone", "gone"


class PageQuerySet(WorkQuerySet["Page"]):
    """Reads of pages."""

    def followed(self) -> Self:
        """Those that nobody wants left alone: not their publisher, feed or dossier.

        Nor what a dossier's rules took away, or of one that is closed: fetching it again would bring it back.
        """
        left = LeftAlone.objects.all()
        publishers = left.filter(publisher__isnull=False).values("publisher")
        return self.exclude(
            Q(document__dossier__in=left.filter(dossier__isnull=False).values("dossier"))
            | Q(document__channel__feed__in=left.filter(feed__isnull=False).values("feed"))
            | Q(document__publisher__in=publishers)
            | Q(document__publisher__merged_into__in=publishers)
            | Q(document__dossier__closed_at__isnull=False)
            | Exists(Snapshot.objects.filter(document=OuterRef("document"), latest=True, removed_at__isnull=False))
        )

    def due(self) -> Self:
        """Those whose time has come, the longest overdue first."""
        return self.filter(next_check_at__lte=Now()).followed().order_by("next_check_at", "pk")

    def overdue(self) -> Self:
        """Those whose time came more than ``OVERDUE`` ago, and that nobody has looked at since."""
        return self.due().filter(next_check_at__lt=Now() - OVERDUE)


class Page(Work):
    """Where a document was fetched from, and when to look there again. The row is the job, as a feed is."""

    document = models.OneToOneField(Document, models.PROTECT, related_name="page")
    address = models.CharField(max_length=2000, help_text="Where its newest version was fetched from.")
    next_check_at = models.DateTimeField(null=True, blank=True, help_text="Empty: it is not looked at again.")
    last_checked_at = models.DateTimeField(help_text="When it was last fetched, or tried.")
    changed_at = models.DateTimeField(help_text="When its text was last found to be new.")
    validators = models.JSONField(default=dict, blank=True, help_text="What to ask its server with: has it changed?")
    found = models.CharField(max_length=10, choices=PageFound, default=PageFound.FIRST)
    checks = models.PositiveIntegerField(default=0, help_text="How often it was looked at again.")
    failures = models.PositiveIntegerField(default=0, help_text="Checks that failed since the last one that did not.")
    doubts = models.PositiveSmallIntegerField(
        default=0, help_text="Answers in a row that it is gone, or has become something else."
    )
    error_code = models.CharField(max_length=50, blank=True)
    error = models.TextField(blank=True, help_text="What went wrong with the last check.")

    objects = PageQuerySet.as_manager()

    class Meta:
        ordering = ["-last_checked_at", "-pk"]
        indexes = [
            # The work list.
            models.Index(name="page_due", fields=["next_check_at"], condition=Q(next_check_at__isnull=False)),
            # What was looked at last.
            models.Index(name="page_by_check", fields=["-last_checked_at", "-id"]),
        ]
        constraints = [
            models.CheckConstraint(name="page_found_known", condition=Q(found__in=PageFound.values)),
            models.CheckConstraint(name="page_failure_explained", condition=Q(failures=0) | ~Q(error="")),
        ]

    def __str__(self) -> str:
        return self.address


class LeftAlone(models.Model):
    """Whose pages are not looked at again: those of a publisher, of a feed, or in a dossier."""

    publisher = models.OneToOneField(Source, models.PROTECT, null=True, blank=True, related_name="+")
    feed = models.OneToOneField(Feed, models.PROTECT, null=True, blank=True, related_name="+")
    dossier = models.OneToOneField(Dossier, models.PROTECT, null=True, blank=True, related_name="+")
    reason = models.CharField(max_length=300, help_text="For whoever wonders why their corrections are not heard of.")
    added_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, editable=False, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["-pk"]
        verbose_name = "pages left alone"
        verbose_name_plural = "pages left alone"
        constraints = [
            models.CheckConstraint(
                name="left_alone_one_of_three",
                condition=Q(publisher__isnull=False, feed__isnull=True, dossier__isnull=True)
                | Q(publisher__isnull=True, feed__isnull=False, dossier__isnull=True)
                | Q(publisher__isnull=True, feed__isnull=True, dossier__isnull=False),
            ),
            models.CheckConstraint(name="left_alone_for_a_reason", condition=~Q(reason="")),
        ]

    def __str__(self) -> str:
        return str(self.publisher or self.feed or self.dossier)
