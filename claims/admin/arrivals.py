"""What comes in: documents by the hour, and publishers that have been silent for longer than usual.

Silence is told from nothing happening by a rule: a publisher is *silent* when its last document arrived longer ago than
three times the median gap between its last documents. Gaps under an hour count as an hour, because documents also
arrive in batches; with fewer than five documents there is no usual gap, and nothing is said.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from statistics import median
from typing import Any

from django.db import connection
from django.db.models import Count
from django.db.models.functions import TruncHour
from django.utils.timesince import timesince

from claims.models import Document

HOURS = 48
LONGER_THAN_USUAL = 3  # times the median gap
SHORTEST_GAP = timedelta(hours=1)
FEWEST = 5  # documents that make a usual gap
LAST = 21  # documents of one publisher that are looked at
PUBLISHERS = 300


@dataclass(frozen=True, slots=True)
class Heard:
    """When a publisher was last heard of, and whether that is longer ago than usual."""

    publisher: int  # the id of its source
    last: datetime
    ago: timedelta
    usual: timedelta | None  # the median gap; none while there are too few documents to tell
    silent: bool

    @property
    def usual_shown(self) -> str:
        """The usual gap in words."""
        return timesince(self.last, self.last + self.usual) if self.usual else ""


def usual_gap(arrivals: Sequence[datetime]) -> timedelta | None:
    """The median gap between these moments, the newest first; ``None`` where there are too few of them."""
    if len(arrivals) < FEWEST:
        return None
    gaps = [max(later - earlier, SHORTEST_GAP).total_seconds() for later, earlier in pairwise(arrivals)]
    return timedelta(seconds=median(gaps))


def is_silent(arrivals: Sequence[datetime], *, now: datetime) -> bool:
    """Whether nothing has arrived for longer than usual; arrivals are given the newest first."""
    usual = usual_gap(arrivals)
    return usual is not None and now - arrivals[0] > LONGER_THAN_USUAL * usual


def publishers_heard(now: datetime) -> list[Heard]:
    """The publishers: first the silent ones, the longest silence in its own measure first; then by the last arrival."""
    with connection.cursor() as cursor:
        # From one publisher to the next by the index, and of each only the last documents.
        cursor.execute(
            """
            WITH RECURSIVE publisher AS (
                (SELECT publisher_id AS id FROM claims_document WHERE publisher_id IS NOT NULL AND NOT from_archive
                 ORDER BY publisher_id LIMIT 1)
                UNION ALL
                SELECT (SELECT publisher_id FROM claims_document WHERE publisher_id > publisher.id AND NOT from_archive
                        ORDER BY publisher_id LIMIT 1)
                FROM publisher WHERE publisher.id IS NOT NULL
            )
            SELECT id, ARRAY(SELECT first_seen_at FROM claims_document
                             WHERE publisher_id = publisher.id AND NOT from_archive
                             ORDER BY first_seen_at DESC LIMIT %s)
            FROM publisher WHERE id IS NOT NULL LIMIT %s
            """,
            [LAST, PUBLISHERS],
        )
        arrivals: dict[int, list[datetime]] = dict(cursor.fetchall())
    heard = [
        Heard(pk, came[0], now - came[0], usual_gap(came), is_silent(came, now=now)) for pk, came in arrivals.items()
    ]
    return sorted(heard, key=lambda one: (not one.silent, one.ago / one.usual * -1 if one.silent and one.usual else 0,
                                          one.ago))  # fmt: skip


def hours(now: datetime) -> list[datetime]:
    """The beginnings of the last :data:`HOURS` hours, oldest first; the last of them is running."""
    running = now.replace(minute=0, second=0, microsecond=0)
    return [running - timedelta(hours=n) for n in reversed(range(HOURS))]


def by_hour(moments: Iterable[datetime], now: datetime) -> list[int]:
    """How many of these moments fall into each of :func:`hours`."""
    found = Counter(moment.replace(minute=0, second=0, microsecond=0) for moment in moments)
    return [found[hour] for hour in hours(now)]


def as_rows(told: Mapping[str, Sequence[Any]]) -> list[tuple[datetime, int, int]]:
    """What the chart shows as rows: the hour, its documents, its failures; the newest first."""
    failures = told.get("failures") or [0] * len(told["hours"])
    begun = [datetime.fromisoformat(hour) for hour in told["hours"]]
    return list(zip(begun, told["documents"], failures, strict=True))[::-1]


def documents_by_hour(now: datetime) -> list[int]:
    """How many documents arrived in each of :func:`hours`."""
    beginnings = hours(now)
    came = dict(
        Document.objects.new_since(beginnings[0])
        .order_by()
        .annotate(hour=TruncHour("first_seen_at", tzinfo=UTC))
        .values("hour")
        .annotate(n=Count("pk"))
        .values_list("hour", "n")
    )
    return [came.get(hour, 0) for hour in beginnings]
