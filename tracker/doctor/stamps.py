"""Is the ledger stamped by the authority that the settings name?"""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

from django.conf import settings
from django.utils import timezone
from django.utils.timesince import timesince

from claims.services import ledger, stamps
from tracker.doctor.findings import Finding, error, ok, warning
from tracker.timestamps import trusted_roots

LATE = 3  # times the interval of stamps
EXPIRES_WITHIN = timedelta(days=30)


def findings() -> Iterator[Finding]:
    """How far the ledger is stamped, and what stands in the way."""
    if not settings.TIMESTAMP_AUTHORITY:
        yield ok("stamps", "No authority stamps the ledger (TIMESTAMP_AUTHORITY is not set).")
        return
    yield _stamped()
    yield _roots()


def _stamped() -> Finding:
    state, (head, _digest) = stamps.state(), ledger.head()
    todo = "Ask that address by hand; TIMESTAMP_AUTHORITY may name another one. It is asked again by itself."
    if state["error"]:
        since = timesince(state["waiting_since"])
        return warning("stamps", f"A time stamp has been waited for {since}: {state['error']}", todo)
    late = timedelta(seconds=LATE * settings.TIMESTAMP_EVERY_SECONDS)
    waiting = state["waiting_since"] or state["stamped_at"]
    if head > state["stamped_to"] and waiting is not None and timezone.now() - waiting > late:
        return warning(
            "stamps",
            f"The ledger is stamped up to event {state['stamped_to']:,} of {head:,}, {timesince(waiting)} ago.",
            "See that the scheduler runs and that a worker answers for the queue fetch.",
        )
    return ok("stamps", f"The ledger is stamped up to event {state['stamped_to']:,} of {head:,}.")


def _roots() -> Finding:
    try:
        ends = min(root.not_valid_after_utc for root in trusted_roots())
    except (OSError, ValueError) as fault:
        return error(
            "stamp_roots",
            f"The certificates of the authority cannot be read from {settings.TIMESTAMP_ROOTS}: {fault}",
            "Put the authority's certificates there, as PEM.",
        )
    if ends - datetime.now(UTC) < EXPIRES_WITHIN:
        return warning(
            "stamp_roots",
            f"A certificate that stamps lead to is valid until {ends:%Y-%m-%d}.",
            "Get the authority's new one and add it to TIMESTAMP_ROOTS; keep the old one for the old stamps.",
        )
    return ok("stamp_roots", f"The certificates that stamps lead to are valid until {ends:%Y-%m-%d} at least.")
