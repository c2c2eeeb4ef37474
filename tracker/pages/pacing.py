"""When to look at a page again: pure, in seconds. The longer its text has been the same, the later."""

from __future__ import annotations

HOUR = 3600.0
DAY = 24 * HOUR
SOONEST = HOUR
LATEST = 30 * DAY


def wait(age: float, *, days: int) -> float | None:
    """Seconds until the next look at a page whose text has been the same for ``age`` seconds; ``None``: no more.

    As long as it has been the same already: after an hour, two, four, and so on, which is a dozen looks in a year. Most
    corrections come within days. After ``days`` without a change it is let go.
    """
    if age >= days * DAY:
        return None
    return min(max(age, SOONEST), LATEST)
