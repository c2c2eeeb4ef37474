"""What Prometheus is told, and who is told."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.utils import timezone
from prometheus_client.parser import text_string_to_metric_families

from claims.models import Document, Snapshot
from claims.services import ledger
from tests import factories
from tests.tracker.test_verification import behind_its_back
from tracker import metrics
from tracker.feeds.services import add_feed
from tracker.models import Page, Submission, SubmissionState

pytestmark = pytest.mark.django_db


def scraped() -> dict[tuple[str, ...], float]:
    answer = Client().get("/metrics")
    assert answer.status_code == 200
    families = text_string_to_metric_families(answer.content.decode())
    return {(s.name.removeprefix("corroborate_"), *s.labels.values()): s.value for f in families for s in f.samples}


def test_everything_is_counted_and_nothing_is_named():
    factories.SnapshotFactory(document__title="Harbour closed")
    given_up = factories.SnapshotFactory(document__state="gone")
    Snapshot.objects.filter(pk=given_up.pk).update(error="It could not be analysed.")
    ledger.seal()
    factories.ClaimFactory(text="The harbour was closed", standing="contested")
    behind_its_back("UPDATE claims_event SET recorded_at = now() - interval '90 seconds' WHERE seq IS NULL")
    behind_its_back("UPDATE claims_event SET recorded_at = now() - interval '1 hour' WHERE object_type = 'snapshot'")
    add_feed(address="https://outlet.example/feed", title="Karsk Mail")
    for code, ago in (("timed_out", 1), ("timed_out", 2), ("robots", 3), ("robots", 300)):
        Submission.objects.create(
            address="https://outlet.example/1", state=SubmissionState.FAILED, error="No.", error_code=code,
            finished_at=timezone.now() - timedelta(minutes=ago),
        )  # fmt: skip
    Submission.objects.create(address="https://outlet.example/2", failures=2, error_code="timed_out")
    due = timezone.now() - timedelta(days=3)
    for document, ago in ((given_up.document, 3), (factories.DocumentFactory(state="retracted"), 0.5)):
        Page.objects.create(
            document=document, address="https://outlet.example/3", last_checked_at=due, changed_at=due,
            next_check_at=timezone.now() - timedelta(days=ago),
        )  # fmt: skip
    found = scraped()
    expected = {
        ("documents", "live"): 1, ("documents", "gone"): 1, ("claims", "contested"): 1, ("submissions", "failed"): 4,
        ("submissions", "queued"): 1, ("waiting", "analyse"): 1, ("waiting", "fetch"): 1, ("waiting", "match"): 0,
        ("waiting", "deliver"): 0, ("snapshots_given_up",): 1, ("fetch_errors_last_hour", "timed_out"): 2,
        ("fetch_errors_last_hour", "robots"): 1, ("fetch_retrying", "timed_out"): 1, ("feeds", "well"): 1,
        ("feeds", "silent"): 0, ("ledger_head",): ledger.head()[0], ("counts_estimated", "claims"): 0,
        ("pages_overdue",): 1,
    }  # fmt: skip
    assert {key: found[key] for key in expected} == expected
    assert 3600 <= found["lag_seconds", "analyse"] < 3700
    assert found["lag_seconds", "match"] == 0
    assert 90 <= found["sealing_lag_seconds",] < 190
    assert 3 * 86400 <= found["pages_overdue_seconds",] < 3 * 86400 + 100
    page = Client().get("/metrics").content.decode()
    assert not any(word in page for word in ("Karsk", "arbour", "outlet"))


def test_a_large_table_is_estimated_from_what_postgresql_knows_of_it(monkeypatch):
    monkeypatch.setattr(metrics, "COUNTED", 10)
    factories.DocumentFactory.create_batch(9)
    factories.DocumentFactory.create_batch(3, state="gone")
    assert metrics.counted(Document, "state") == ({"live": 9, "gone": 3}, False), "nothing is known of it yet"
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE claims_document")
    factories.DocumentFactory()
    assert metrics.counted(Document, "state") == ({"live": 9, "gone": 3}, True)


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"REMOTE_ADDR": "127.0.0.1"}, 200),
        ({"REMOTE_ADDR": "::1"}, 200),
        ({"REMOTE_ADDR": "10.1.2.3"}, 403),
        ({"REMOTE_ADDR": ""}, 403),
        ({"REMOTE_ADDR": "127.0.0.1", "HTTP_X_FORWARDED_FOR": "203.0.113.9"}, 403),
        ({"REMOTE_ADDR": "10.1.2.3", "HTTP_AUTHORIZATION": "Bearer s3cret-for-the-scraper"}, 200),
        ({"REMOTE_ADDR": "10.1.2.3", "HTTP_AUTHORIZATION": "Bearer another"}, 403),
        ({"REMOTE_ADDR": "10.1.2.3", "HTTP_AUTHORIZATION": "Bearer é"}, 403),
    ],
)
def test_only_those_whom_the_settings_name_may_scrape(headers, status, settings):
    settings.METRICS_TOKEN = "s3cret-for-the-scraper"
    assert Client().get("/metrics", **headers).status_code == status


def test_without_a_token_in_the_settings_none_is_one(settings):
    settings.METRICS_TOKEN = ""
    assert Client().get("/metrics", REMOTE_ADDR="10.1.2.3", HTTP_AUTHORIZATION="Bearer ").status_code == 403


def test_networks_may_be_allowed(settings):
    settings.METRICS_ALLOW = ["10.0.0.0/8"]
    assert Client().get("/metrics", REMOTE_ADDR="10.1.2.3").status_code == 200
    assert Client().get("/metrics", REMOTE_ADDR="127.0.0.1").status_code == 403
