"""Rows that are jobs themselves: who works on one, how often it was tried, and what stopped it."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any, Self, TypeVar

from django.db import models, transaction
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

    def never_begun(self) -> Self:
        """Those whose present step nobody has begun yet: whoever made it one that waits told a worker then."""
        return self.filter(attempts=0, claimed_until=None)

    def claim(self, pk: int, *, seconds: float, by: str = "") -> Row | None:
        """The row with this key, for its caller alone for so many seconds; ``None`` where somebody else has it."""
        return next(iter(self.claim_all([pk], seconds=seconds, by=by)), None)

    def claim_all(self, pks: Sequence[int], *, seconds: float, by: str = "") -> list[Row]:
        """Those of these rows that nobody else has, for their caller alone for so many seconds, the oldest first.

        One statement decides among any number of callers, and gives the rows as they are then. It counts the attempt at
        once, so that a job that kills its worker is counted too. What another transaction is writing at the moment
        is passed over.
        """
        free = self.filter(pk__in=pks).unclaimed().order_by().values("pk")
        chosen, given = free.query.sql_with_params()
        table = self.model._meta.db_table
        claimed = self.model._default_manager.raw(
            f"""
            UPDATE {table} SET claimed_until = statement_timestamp() + %s, claimed_by = %s, announced_at = NULL,
                attempts = attempts + 1
            WHERE id IN ({chosen} ORDER BY {table}.id FOR NO KEY UPDATE OF {table} SKIP LOCKED)
            RETURNING *
            """,  # noqa: S608  only names of ours
            (timedelta(seconds=seconds), by, *given),
        )
        return sorted(claimed, key=lambda row: row.pk)

    def release(self, row: Row, **changes: Any) -> None:
        """Give a claimed row back, with changes; without effect when its time was up and somebody else has it now."""
        self.release_all([row], **changes)

    def release_all(self, rows: Sequence[Row], **changes: Any) -> None:
        """Give rows back that were claimed together. What was given back already costs nothing."""
        held = [row for row in rows if row.claimed_until is not None]
        if held:
            ours = self.filter(pk__in=[row.pk for row in held], claimed_until=held[0].claimed_until)
            ours.update(claimed_until=None, **changes)
            _given_back(held)

    def finish(self, row: Row, **changes: Any) -> None:
        """Write what became of a row whose work is done: whoever has it by now has nothing left to do."""
        self.filter(pk=row.pk).update(claimed_until=None, **changes)
        _given_back([row])

    def postpone(self, row: Row, *, seconds: float) -> None:
        """Give a claimed row back for later: nobody takes it up before that, and the attempt does not count."""
        later: Any = Now() + timedelta(seconds=seconds)
        self.filter(pk=row.pk, claimed_until=row.claimed_until).update(
            claimed_until=later, claimed_by="", attempts=F("attempts") - 1
        )
        _given_back([row])


def _given_back(rows: Sequence["Work"]) -> None:
    """Note on rows, once it is committed, that they are nobody's any more."""

    def note() -> None:
        for row in rows:
            row.claimed_until = None

    transaction.on_commit(note)


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
