"""Is what was committed on the chain, and does the chain hold?"""

from collections.abc import Iterator
from datetime import timedelta

from django.utils import timezone
from django.utils.timesince import timesince

from claims.models import Event
from claims.services import ledger
from tracker.doctor.findings import Finding, error, ok

NEWEST = 1000  # events that are verified unless all are asked for
SEALED_WITHIN = timedelta(minutes=1)


def findings(*, full: bool) -> Iterator[Finding]:
    """Whether events are sealed in time, and whether the end of the chain verifies, or all of it."""
    yield _sealing()
    seq, digest = ledger.head()
    broken = ledger.first_broken(Event.objects.sealed().iterator()) if full else ledger.first_broken_of_newest(NEWEST)
    if broken is not None:
        event, why = broken
        yield error(
            "chain",
            f"The ledger does not hold at event {event.seq}: {why}.",
            "Somebody changed the database behind the product's back. Keep everything as it is, take a copy, and "
            "compare with a backup; manage.py verify_ledger says the same.",
        )
    else:
        verified = seq if full else min(seq, NEWEST)
        yield ok("chain", f"{verified:,} of {seq:,} events verified. Head {seq}:{digest}")


def _sealing() -> Finding:
    since = ledger.unsealed_since()
    if since is not None and timezone.now() - since > SEALED_WITHIN:
        return error(
            "sealing",
            f"Events have waited {timesince(since)} for their place on the ledger.",
            "See that the scheduler runs and that a worker answers for the queue default.",
        )
    return ok("sealing", "Events get their place on the ledger in time.")
