"""What is counted for whoever watches (Prometheus), asked of PostgreSQL when it is scraped.

Every process therefore gives the same answer, whichever is asked. Numbers only: no name, no address, no text. What
would mean reading a whole large table is taken from the statistics that PostgreSQL keeps of it.
"""

from collections import Counter
from collections.abc import Iterator
from datetime import timedelta

from django.db import connection, models, transaction
from django.db.models import Count
from django.utils import timezone
from prometheus_client import CollectorRegistry
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from claims.models import Claim, Document, Snapshot
from claims.services import ledger
from tracker.feeds.health import Condition, condition
from tracker.lag import waiting
from tracker.models import Feed, Page, Submission, SubmissionState

COUNTED = 100_000  # rows of a table that are counted one by one; beyond it their number is estimated
LATELY = timedelta(hours=1)
PATIENCE = "10s"  # that one question to the database may take


def registry() -> CollectorRegistry:
    """What is asked when somebody scrapes."""
    made = CollectorRegistry()
    made.register(_Corroborate())
    return made


class _Corroborate(Collector):
    """Everything about this installation, of one moment."""

    def describe(self) -> list[GaugeMetricFamily]:
        """Nothing is asked until somebody scrapes."""
        return []

    def collect(self) -> Iterator[GaugeMetricFamily]:
        """Each figure with what it means."""
        with transaction.atomic():
            with connection.cursor() as cursor:
                cursor.execute("SELECT set_config('statement_timeout', %s, true)", [PATIENCE])
            found = [*_rows(), *_work(), *_failures(), *_feeds(), *_pages(), *_ledger()]
        yield from found


def _rows() -> Iterator[GaugeMetricFamily]:
    estimated = GaugeMetricFamily(
        "corroborate_counts_estimated",
        "1 where a table is so large that its counts are estimates.",
        labels=["table"],
    )
    for name, model, field in (
        ("documents", Document, "state"),
        ("submissions", Submission, "state"),
        ("claims", Claim, "standing"),
    ):
        counts, guessed = counted(model, field)
        family = GaugeMetricFamily(f"corroborate_{name}", f"How many {name} there are, by {field}.", labels=[field])
        for value, count in sorted(counts.items()):
            family.add_metric([value or "none"], count)
        estimated.add_metric([name], int(guessed))
        yield family
    yield estimated


def counted(model: type[models.Model], field: str) -> tuple[dict[str, float], bool]:
    """How many rows of a table have each value, and whether that is an estimate: of a large table it is.

    The estimate is PostgreSQL's own, of its last ANALYZE: rows times the share of each frequent value.
    """
    table = model._meta.db_table
    with connection.cursor() as cursor:
        cursor.execute("SELECT reltuples FROM pg_class WHERE oid = to_regclass(%s)", [table])
        rows = cursor.fetchone()[0]
        if rows > COUNTED:
            cursor.execute(
                "SELECT unnest(most_common_vals::text::text[]), unnest(most_common_freqs) FROM pg_stats"
                " WHERE schemaname = current_schema() AND tablename = %s AND attname = %s",
                [table, field],
            )
            return {value: round(rows * share) for value, share in cursor.fetchall()}, True
    groups = model._default_manager.order_by().values_list(field).annotate(count=Count("pk"))
    return dict(groups), False


def _work() -> Iterator[GaugeMetricFamily]:
    count = GaugeMetricFamily("corroborate_waiting", "Rows that wait, by queue.", labels=["queue"])
    lag = GaugeMetricFamily(
        "corroborate_lag_seconds", "For how long the oldest has waited that nobody is at.", labels=["queue"]
    )
    now = timezone.now()
    for queue, left in waiting().items():
        count.add_metric([queue], left.count)
        lag.add_metric([queue], max((now - left.since).total_seconds(), 0.0) if left.since else 0.0)
    yield count
    yield lag
    yield GaugeMetricFamily(
        "corroborate_snapshots_given_up",
        "Versions whose analysis or matching was given up.",
        value=Snapshot.objects.given_up().count(),
    )


def _failures() -> Iterator[GaugeMetricFamily]:
    failed = GaugeMetricFamily(
        "corroborate_fetch_errors_last_hour", "Submissions that failed in the last hour, by code.", labels=["code"]
    )
    rows = Submission.objects.failed_since(timezone.now() - LATELY).order_by()
    for code, count in rows.values_list("error_code").annotate(count=Count("pk")):
        failed.add_metric([code], count)
    yield failed
    trying = GaugeMetricFamily(
        "corroborate_fetch_retrying", "Submissions that failed and are tried again, by code.", labels=["code"]
    )
    rows = Submission.objects.filter(state=SubmissionState.QUEUED, failures__gt=0).order_by()
    for code, count in rows.values_list("error_code").annotate(count=Count("pk")):
        trying.add_metric([code], count)
    yield trying


def _feeds() -> Iterator[GaugeMetricFamily]:
    family = GaugeMetricFamily("corroborate_feeds", "Feeds by how they are doing.", labels=["health"])
    found = Counter(condition(feed) for feed in Feed.objects.only("state", "failures", "quiet_since"))
    for each in Condition:
        family.add_metric([each.value], found[each])
    yield family


def _pages() -> Iterator[GaugeMetricFamily]:
    overdue = Page.objects.overdue()
    first = overdue.values_list("next_check_at", flat=True).first()
    yield GaugeMetricFamily(
        "corroborate_pages_overdue",
        "Held pages that should have been looked at again more than a day ago.",
        value=overdue.order_by()[:COUNTED].count(),
    )
    yield GaugeMetricFamily(
        "corroborate_pages_overdue_seconds",
        "For how long the first of them has been due.",
        value=max((timezone.now() - first).total_seconds(), 0.0) if first else 0.0,
    )


def _ledger() -> Iterator[GaugeMetricFamily]:
    since = ledger.unsealed_since()
    yield GaugeMetricFamily(
        "corroborate_sealing_lag_seconds",
        "For how long the oldest event has waited for its place on the ledger.",
        value=max((timezone.now() - since).total_seconds(), 0.0) if since else 0.0,
    )
    yield GaugeMetricFamily("corroborate_ledger_head", "The last place on the ledger.", value=ledger.head()[0])
