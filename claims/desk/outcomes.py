"""How what a source said ended, in counts. Pure: no Django.

The mapping from a verdict in force to how the word of a source ended:

=====================================  =====================  =====================
credibility of the claim                it asserted the claim  it denied the claim
=====================================  =====================  =====================
1 confirmed, 2 probably true            confirmed              refuted
5 improbable                            refuted                confirmed
3 possibly true, 4 doubtful,            not settled            not settled
6 truth cannot be judged
no verdict in force                     open                   open
=====================================  =====================  =====================

Six is no lower grade than five: that the truth cannot be judged refutes nobody. There is no share and no score: so few
claims are ever judged, and those are chosen by what matters, that a share of them would say nothing about the source.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

ASSERTED, DENIED = "asserted", "denied"
WORDS = (ASSERTED, DENIED)
CONFIRMED, REFUTED, UNSETTLED, OPEN = "confirmed", "refuted", "unsettled", "open"
ENDS = (CONFIRMED, REFUTED, UNSETTLED, OPEN)
_TRUE, _UNTRUE = {1, 2}, {5}


@dataclass(frozen=True, slots=True)
class Word:
    """A source's word on one claim of which it is an origin, and how the claim was judged, if it was (1 to 6)."""

    claim: int
    word: str
    credibility: int | None = None
    against_interest: bool = False

    @property
    def end(self) -> str:
        """How it ended."""
        if self.credibility is None:
            return OPEN
        if self.credibility in _TRUE:
            return CONFIRMED if self.word == ASSERTED else REFUTED
        if self.credibility in _UNTRUE:
            return REFUTED if self.word == ASSERTED else CONFIRMED
        return UNSETTLED


def counted(words: Iterable[Word]) -> dict[tuple[str, str], int]:
    """How many claims there are of each word and end: a claim counts once, however often it was said."""
    found = Counter((one.word, one.end) for one in set(words))
    return {(word, end): found[word, end] for word in WORDS for end in ENDS}
