"""What the worker does: fetch, call, return. Tasks take ids, may run twice, and have time limits (see the settings)."""

import logging
from typing import Any

from celery import shared_task
from django.db import InterfaceError, OperationalError

from claims.services import allowances, idempotency, ledger, standings, subscriptions, vocabulary
from tracker import pipeline, retention, timestamps, webhooks
from tracker.feeds import polling
from tracker.pages import checking

logger = logging.getLogger(__name__)

# The database went away for a moment; anything else is an error to look at, and the sweeper tries again.
AGAIN: dict[str, Any] = {"autoretry_for": (OperationalError, InterfaceError), "retry_backoff": True, "max_retries": 5}


@shared_task(**AGAIN)
def fetch_submission(*submission_ids: int) -> None:
    """Fetch, archive and record submissions: one, or several of archives."""
    pipeline.read_submission(*submission_ids)


@shared_task(**AGAIN)
def poll_feed(feed_id: int) -> None:
    """Look at one feed, if its time has come, and hand in what is new."""
    polling.poll_feed(feed_id)


@shared_task(**AGAIN)
def poll_feeds() -> None:
    """Wake workers for the feeds whose time has come."""
    polling.announce_due()


@shared_task(**AGAIN)
def check_page(page_id: int) -> None:
    """Look at one page again, if its time has come, and record what changed."""
    checking.check_page(page_id)


@shared_task(**AGAIN)
def check_pages() -> None:
    """Wake workers for the pages whose time has come."""
    checking.announce_due()


@shared_task(**AGAIN)
def analyse_snapshot(*snapshot_ids: int) -> None:
    """Find the statements of snapshots: of one, or of several from archives."""
    pipeline.analyse_snapshot(*snapshot_ids)


@shared_task(**AGAIN)
def match_snapshot(*snapshot_ids: int) -> None:
    """Place the statements of snapshots among the claims: of one, or of several from archives."""
    pipeline.match_snapshot(*snapshot_ids)


@shared_task(**AGAIN)
def seal_ledger() -> None:
    """Seal what has been committed since the last sealing, and have it told to those who subscribed."""
    ledger.seal()
    webhooks.announce()


@shared_task(**AGAIN)
def deliver_webhooks(subscription_id: int) -> None:
    """Send one subscription what is due to it."""
    webhooks.deliver_to(subscription_id)


@shared_task(**AGAIN)
def stamp_ledger() -> None:
    """Ask the time-stamp authority for the stamp that is due, if there is an authority and one is."""
    timestamps.stamp_ledger()


@shared_task(**AGAIN)
def apply_retention() -> None:
    """Remove the contents that the rules of their dossiers do not keep any longer."""
    retention.apply()


@shared_task(**AGAIN)
def sweep() -> None:
    """Announce again what is left to do: after a crash, a lost message or an outage of the broker."""
    announced = pipeline.announce_outstanding()
    standings.refresh_reviews_due(actor=pipeline.INGEST)
    vocabulary.learn_words()
    subscriptions.prune()
    allowances.forget_ended()
    idempotency.prune()
    if announced:
        logger.info("Swept: %d steps announced.", announced)
