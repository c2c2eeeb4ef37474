"""How far people agree who decided the same things: percent agreement, and Krippendorff's alpha.

Pure: no Django, so that the figures can be checked anywhere. Alpha is computed as K. Krippendorff describes it for
nominal data, any number of observers and missing answers ("Computing Krippendorff's Alpha-Reliability", 2011).
"""

from collections import Counter
from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Agreement:
    """How far people agree. The figures are ``None`` where there is nothing that they could be computed from."""

    items: int  # decided by two people or more
    opinions: int  # on these
    percent: float | None  # of the pairs of opinions on one item, those that are the same: 0 to 100
    alpha: float | None  # 1: they always agree; 0: as often as by chance; below: less often


def agreement(items: Iterable[Sequence[Hashable]]) -> Agreement:
    """How far the people agree whose answers these are: one sequence an item, with one answer of each who gave one."""
    paired = [Counter(answers) for answers in items if len(answers) > 1]
    totals: Counter[Hashable] = sum(paired, Counter())
    opinions = totals.total()
    same = sum(sum(n * (n - 1) for n in counts.values()) for counts in paired)
    pairs = sum(counts.total() * (counts.total() - 1) for counts in paired)
    return Agreement(
        items=len(paired),
        opinions=opinions,
        percent=100 * same / pairs if pairs else None,
        alpha=_alpha(paired, totals),
    )


def _alpha(paired: Sequence[Counter[Hashable]], totals: Counter[Hashable]) -> float | None:
    """1 minus the disagreement seen over the one to be expected; ``None`` where nobody ever answered differently.

    An item's pairs count with weight 1 / (answers on it - 1), so that each answer counts once.
    """
    opinions = totals.total()
    expected = sum(n * (opinions - n) for n in totals.values())
    if not expected:
        return None
    seen = sum(sum(n * (counts.total() - n) for n in counts.values()) / (counts.total() - 1) for counts in paired)
    return 1 - (opinions - 1) * seen / expected
