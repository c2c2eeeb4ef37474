"""What waits in each queue, and since when: asked by the doctor and by whoever scrapes the metrics.

What is counted is bounded, so that a long queue does not make the question slow.
"""

from dataclasses import dataclass
from datetime import datetime

from claims.choices import SubscriptionState
from claims.models import Delivery, Event, Snapshot
from claims.models.work import WorkQuerySet
from tracker.models import Submission

MOST = 100_000  # rows that are counted
FAILING = 3  # tries in a row after which a subscriber counts as one who cannot be told


@dataclass(frozen=True, slots=True)
class Waiting:
    """How many rows wait, and since when the oldest does that nobody is at."""

    count: int
    since: datetime | None

    @property
    def shown(self) -> str:
        """The number, in words."""
        return f"{MOST:,} or more" if self.count >= MOST else f"{self.count:,}"


def waiting() -> dict[str, Waiting]:
    """By queue. Rows that a worker has, or that were put off, are counted too, but the oldest is none of them."""
    return {
        "fetch": _submissions(),
        "analyse": _snapshots(Snapshot.objects.awaiting_analysis().filter(later=False)),
        "match": _snapshots(Snapshot.objects.awaiting_matching().filter(later=False)),
        "deliver": _deliveries(),
        "backfill": _archives(),
    }


def _archives() -> Waiting:
    """What archives brought is meant to wait: only its number is told."""
    rows = (
        Submission.objects.waiting(), Snapshot.objects.awaiting_analysis(), Snapshot.objects.awaiting_matching(),
    )  # fmt: skip
    return Waiting(sum(_count(each.filter(later=True)) for each in rows), None)


def _submissions() -> Waiting:
    rows = Submission.objects.waiting().filter(later=False)
    # What its server failed to answer waits for its next try, which is no lag of ours.
    oldest = rows.unclaimed().filter(failures=0).values_list("created_at", flat=True).first()
    return Waiting(_count(rows), oldest)


def _snapshots(rows: WorkQuerySet) -> Waiting:
    """A version is there since the ledger tells of it; when it was fetched may be long before, in an archive."""
    oldest = rows.unclaimed().values_list("uid", flat=True).first()
    if oldest is None:
        return Waiting(_count(rows), None)
    told = Event.objects.filter(object_uid=oldest).order_by("pk").values_list("recorded_at", flat=True)
    return Waiting(_count(rows), told.first())


def _deliveries() -> Waiting:
    rows = Delivery.objects.due().filter(subscription__state=SubscriptionState.ACTIVE, subscription__held_until=None)
    oldest = rows.filter(tries=0).order_by("pk").values_list("created_at", flat=True).first()
    return Waiting(_count(rows), oldest)


def _count(rows) -> int:  # type: ignore[no-untyped-def]  # querysets of different models
    return int(rows.order_by()[:MOST].count())
