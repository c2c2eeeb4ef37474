"""Rows that are jobs themselves: who works on one, how often it was tried, and what stopped it."""

from datetime import timedelta
from typing import Any, Self, TypeVar

from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now

Row = TypeVar("Row", bound="Work")


class WorkQuerySet(models.QuerySet[Row]):
    """Reads and claims of jobs. All moments are the database's, so that the clocks of its clients do not matter."""

    def unclaimed(self) -> Self:
        """Those that no worker has to itself at the moment."""
        return self.filter(Q(claimed_until=None) | Q(claimed_until__lt=Now()))

    def unannounced(self, *, within: float) -> Self:
        """Those that no worker was told of in the last ``within`` seconds."""
        return self.filter(Q(announced_at=None) | Q(announced_at__lt=Now() - timedelta(seconds=within)))

    def claim(self, pk: int, *, seconds: float, by: str = "") -> Row | None:
        """The row with this key, for its caller alone for so many seconds; ``None`` where somebody else has it.

        One ``UPDATE`` decides among any number of callers. It counts the attempt at once, so that a job that kills its
        worker is counted too.
        """
        claimed = self.filter(pk=pk).unclaimed()
        until: Any = Now() + timedelta(seconds=seconds)
        if not claimed.update(claimed_until=until, claimed_by=by, announced_at=None, attempts=F("attempts") + 1):
            return None
        return self.model._default_manager.get(pk=pk)

    def release(self, row: Row, **changes: Any) -> None:
        """Give a claimed row back, with changes; without effect when its time was up and somebody else has it now."""
        self.filter(pk=row.pk, claimed_until=row.claimed_until).update(claimed_until=None, **changes)

    def postpone(self, row: Row, *, seconds: float) -> None:
        """Give a claimed row back for later: nobody takes it up before that, and the attempt does not count."""
        later: Any = Now() + timedelta(seconds=seconds)
        self.filter(pk=row.pk, claimed_until=row.claimed_until).update(
            claimed_until=later, claimed_by="", attempts=F("attempts") - 1
        )


class Work(models.Model):
    """A row that is a job: PostgreSQL says who works on it, and broker messages are only wake-up calls."""

    claimed_until = models.DateTimeField(
        null=True, blank=True, editable=False, help_text="Until then one worker has it to itself."
    )
    claimed_by = models.CharField(max_length=200, blank=True, editable=False, help_text="The process that last did.")
    announced_at = models.DateTimeField(null=True, blank=True, editable=False, help_text="When a worker was last told.")
    attempts = models.PositiveSmallIntegerField(default=0, help_text="How often the present step was begun.")

    class Meta:
        abstract = True
