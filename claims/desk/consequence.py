"""Which conflict comes first: a pure rule, which can say why.

Four things give a conflict its weight, in points:

* **independent origins on both sides**: 4 for each origin of the weaker side (up to 5 of them) and a half for each that
  the stronger side has more (up to 10). One origin against ten is less of a conflict than three against three;
* **parties that oppose each other**: 5, when some origin of one side belongs to a party that opposes one on the other;
* **the size of the difference**, where two figures differ: 2 for each doubling, up to 8;
* **age**: a quarter for each day it has waited, without limit, so that nothing waits for ever.

All but the parties can be told from columns, so the database weighs with them which conflicts to look at
(:mod:`claims.desk.conflict_queue`); :data:`UNSEEN` is the most that the parties can add to what it saw.
"""

import math
from dataclasses import dataclass, field

PER_PAIR, PAIRS = 4.0, 5
PER_FURTHER, FURTHER = 0.5, 10
OPPOSED = 5.0
PER_DOUBLING, LARGEST = 2.0, 8.0
PER_DAY = 0.25
UNSEEN = OPPOSED
LARGEST_FIGURE = 1e12  # above this all figures are alike


@dataclass(frozen=True, slots=True)
class Range:
    """A figure as claims give it: at least ``low``, at most ``high``; each may be unknown."""

    low: float | None = None
    best: float | None = None
    high: float | None = None

    @property
    def lower(self) -> float:
        """No fewer than this: 0 where nothing is said."""
        said = next((bound for bound in (self.low, self.best) if bound is not None), 0.0)
        return min(max(said, 0.0), LARGEST_FIGURE)

    @property
    def upper(self) -> float:
        """No more than this: infinity where nothing is said."""
        return max(next((bound for bound in (self.high, self.best) if bound is not None), math.inf), 0.0)


def times_larger(one: Range, other: Range) -> float:
    """How many times the larger figure is the smaller, counting from one so that 0 can be compared; 1 if they meet."""
    return max((one.lower + 1) / (other.upper + 1), (other.lower + 1) / (one.upper + 1), 1.0)


@dataclass(frozen=True, slots=True)
class Stake:
    """What is known of a conflict.

    ``origins`` and ``other_origins`` are the independent origins of its sides, ``opposed`` the pairs of parties on its
    sides that oppose each other, ``times`` how many times one figure is the other (1 where no figures differ), ``days``
    how long it has waited.
    """

    origins: int
    other_origins: int
    opposed: frozenset[tuple[str, str]] = field(default=frozenset())
    times: float = 1.0
    days: float = 0.0


@dataclass(frozen=True, slots=True)
class Weight:
    """The points of a conflict, by what gave them."""

    origins: float
    parties: float
    difference: float
    age: float

    @property
    def total(self) -> float:
        """All points."""
        return self.origins + self.parties + self.difference + self.age


def weigh(stake: Stake) -> Weight:
    """The weight of a conflict. More of anything never weighs less; which side is named first does not matter."""
    weaker, stronger = sorted((max(stake.origins, 0), max(stake.other_origins, 0)))
    return Weight(
        origins=PER_PAIR * min(weaker, PAIRS) + PER_FURTHER * min(stronger - min(weaker, PAIRS), FURTHER),
        parties=OPPOSED if stake.opposed else 0.0,
        difference=min(PER_DOUBLING * math.log2(max(stake.times, 1.0)), LARGEST),
        age=PER_DAY * max(stake.days, 0.0),
    )


def opposed_pairs(
    parties: frozenset[str], other_parties: frozenset[str], opposes: frozenset[tuple[str, str]]
) -> frozenset[tuple[str, str]]:
    """Pairs of a party on one side and one on the other that oppose each other; ``opposes`` holds both orders."""
    return frozenset(pair for pair in opposes if pair[0] in parties and pair[1] in other_parties)
