"""What placing has found near the claims that it founds, for whatever is looked for next to them.

Both search by the same vectors, and a search among a million is the dearest that a new claim costs.
"""

import heapq
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar

from claims.models import Claim
from claims.services.candidates import Near

NEAREST = 20  # are found and kept for each claim

_known: ContextVar[dict[int, Sequence[int]] | None] = ContextVar("nearby", default=None)


@contextmanager
def remembered() -> Iterator[None]:
    """Within it, what :func:`remember` is told is known: as long as nobody else can found claims of the dossier."""
    token = _known.set({})
    try:
        yield
    finally:
        _known.reset(token)


def remember(claim: Claim, near: Iterable[Near]) -> None:
    """Keep which others are nearest to a claim, of all that were found near it."""
    known = _known.get()
    if known is not None:
        apart = {one.claim.pk: one.distance for one in near if one.distance is not None}
        apart.pop(claim.pk, None)
        known[claim.pk] = heapq.nsmallest(NEAREST, apart, key=apart.__getitem__)


def known() -> Mapping[int, Sequence[int]]:
    """The nearest of each claim that was founded, by its id, the nearest first."""
    return _known.get() or {}
