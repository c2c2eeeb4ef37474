"""Does the work go on? What waits too long, what was given up, and what the dead still hold."""

from collections.abc import Iterator
from datetime import timedelta

from django.conf import settings
from django.utils import timezone
from django.utils.timesince import timesince

from claims.models import Snapshot
from tracker.claimants import held_by_the_dead
from tracker.doctor.findings import Finding, error, ok, warning
from tracker.health import STUCK
from tracker.lag import waiting
from tracker.models import Submission
from tracker.pipeline import lagging

LATELY = timedelta(days=1)


def findings() -> Iterator[Finding]:
    """How long things wait, and for what."""
    now = timezone.now()
    for queue, left in waiting().items():
        if left.since is not None and now - left.since > STUCK:
            yield error(
                f"waiting_{queue}",
                f"{left.shown} wait for {queue}, the oldest for {timesince(left.since, now)}.",
                f"See that a worker answers for the queue {queue} and what its log says; give the queue more workers "
                "if it is only slow.",
            )
        else:
            oldest = f", the oldest for {timesince(left.since, now)}" if left.since else ""
            yield ok(f"waiting_{queue}", f"{left.shown} wait for {queue}{oldest}.")
    if lagging():
        yield warning(
            "analysis_backlog",
            f"More than {settings.ANALYSIS_BACKLOG:,} versions wait for their analysis, so nothing more is fetched.",
            "Give the queue analyse more workers, or wait.",
        )
    yield _given_up()
    yield _held_by_the_dead()


def _given_up() -> Finding:
    versions = Snapshot.objects.given_up().count()
    submissions = Submission.objects.failed_since(timezone.now() - LATELY).filter(error_code="given_up").count()
    if versions or submissions:
        return warning(
            "given_up",
            f"{versions} versions were given up after three tries, and {submissions} submissions in the last day.",
            "Their pages in the admin have the reason and a button to try again.",
        )
    return ok("given_up", "Nothing was given up.")


def _held_by_the_dead() -> Finding:
    held = held_by_the_dead()
    if held:
        return warning(
            "leases",
            f"{held} rows are held by processes of this machine that are no more.",
            f"They come back by themselves within {settings.WORK_LEASE_SECONDS:.0f} seconds. If this is said again "
            "and again, workers are being killed: look for the kernel's out-of-memory killer.",
        )
    return ok("leases", "No dead process holds any work.")
