"""When to look again: pure, in seconds. A feed is asked about twice as often as it usually has something new."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise
from statistics import median

FEWEST = 5  # arrivals that make a history
LAST = 200  # arrivals that are looked at
LONGER_THAN_USUAL = 3  # times the usual gap
LONGER_THAN_BEFORE = 1.25  # times the longest gap but one: nights and weekends are gaps too
SHORTEST_GAP = timedelta(minutes=15)
LONGEST_BACKOFF = 86_400.0
JITTER = 0.2
# Failures in a row after which a feed counts as unreachable, and not as one that hiccuped.
UNREACHABLE = 3


@dataclass(frozen=True, slots=True)
class Rhythm:
    """How often something new comes: the median gap in seconds, and the gap from which on it is a silence."""

    usual: float
    silence: float


def rhythm(arrivals: Sequence[datetime]) -> Rhythm | None:
    """The rhythm of these arrivals, in any order; ``None`` while there are too few to tell.

    What arrives together is one arrival: a feed that is read twice a day brings its items in batches. A silence is
    longer than three usual gaps and than any gap of the past but the longest, which may have been an outage.
    """
    apart: list[datetime] = []
    for moment in sorted(arrivals, reverse=True):
        if not apart or apart[-1] - moment >= SHORTEST_GAP:
            apart.append(moment)
    if len(apart) < FEWEST:
        return None
    gaps = sorted((later - earlier).total_seconds() for later, earlier in pairwise(apart[:LAST]))
    usual = median(gaps)
    return Rhythm(usual, max(LONGER_THAN_USUAL * usual, LONGER_THAN_BEFORE * gaps[-2]))


def is_silent(arrivals: Sequence[datetime], *, now: datetime) -> bool:
    """Whether nothing new has come for longer than the feed's own history explains."""
    usual = rhythm(arrivals)
    return usual is not None and (now - max(arrivals)).total_seconds() > usual.silence


def interval(
    arrivals: Sequence[datetime], *, now: datetime, shortest: float, longest: float, asked: float | None = None
) -> float:
    """Seconds until the next poll of a feed that works.

    Half the usual gap; with too few items to tell, half of the time since the last one. A feed that has been quiet is
    asked less and less often, never less than every ``longest`` seconds. ``asked`` is how long the server wants its
    answer to be kept.
    """
    usual = rhythm(arrivals)
    newest = max(arrivals, default=None)
    since = (now - newest).total_seconds() if newest is not None else longest
    expected = since / 2 if usual is None else max(usual.usual / 2, since / 10)
    return float(min(max(expected, shortest, min(asked or 0.0, longest)), longest))


def after_success(seconds: float, *, chance: float) -> float:
    """The same, a little more or less (``chance`` from 0 to 1), so that feeds do not all come due at once."""
    return seconds * (1 - JITTER / 2 + JITTER * chance)


def after_failure(seconds: float, *, failures: int, chance: float, retry_after: float | None = None) -> float:
    """Seconds until the next try after so many failures in a row: twice as long each time, somewhere in its upper half.

    Not before the server asks for it, whatever that is.
    """
    backoff: float = min(seconds * 2 ** min(failures, 12), max(LONGEST_BACKOFF, seconds))
    return max(backoff * (0.5 + chance / 2), retry_after or 0.0)
