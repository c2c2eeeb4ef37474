"""Do this machine and the database agree on the time? Leases and due times are the database's."""

from collections.abc import Iterator
from datetime import UTC, datetime

from django.db import connection

from tracker.doctor.findings import Finding, error, ok, warning

NOTICED, HARMFUL = 2.0, 60.0  # seconds


def findings() -> Iterator[Finding]:
    """By how much the two clocks differ."""
    before = datetime.now(UTC)
    with connection.cursor() as cursor:
        cursor.execute("SELECT clock_timestamp()")
        there = cursor.fetchone()[0]
    after = datetime.now(UTC)
    yield judged((there - (before + (after - before) / 2)).total_seconds())


def judged(seconds: float) -> Finding:
    """What a difference of so many seconds means; above zero the database is ahead."""
    says = (
        f"The database's clock is {abs(seconds):.1f} seconds {'ahead of' if seconds > 0 else 'behind'} this machine's."
    )
    todo = "Let both machines keep time by NTP (timedatectl set-ntp true)."
    if abs(seconds) >= HARMFUL:
        return error("clock", says, todo)
    if abs(seconds) >= NOTICED:
        return warning("clock", says, todo)
    return ok("clock", "This machine and the database agree on the time.")
