"""Which of the claims that a search found a text is likeliest about. The rules are pure (``tracker.analysis``)."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice

import numpy as np
from rapidfuzz import fuzz, process

from claims.models import Claim
from claims.services.candidates import Near, other_wordings
from claims.services.claims import Asserted
from tracker.analysis import matching
from tracker.analysis.matching import Match
from tracker.analysis.types import Period

# So many claims a text is compared with, and with so many wordings of each besides the claim's own.
SCORED = 12
WORDINGS = 2


@dataclass(frozen=True, slots=True)
class Candidate:
    """A claim that a statement may be about, and how surely."""

    claim: Claim
    match: Match


def ranked(
    asserted: Asserted,
    found: Sequence[Near],
    *,
    wordings: Mapping[int, Collection[str]] | None = None,
    parties: Mapping[str, str] | None = None,
) -> list[Candidate]:
    """Claims by their best likeness: to the claim's own words, or those of statements about it.

    ``wordings`` are the latter by the claim's id (:func:`~claims.services.candidates.other_wordings`, which is asked
    where they are not given), ``parties`` says by name who is on whose side (``camps.parties_by_name``). What cannot
    even be suggested is not looked into further: its score says no more than that.
    """
    if wordings is None:
        wordings = other_wordings([near.claim for near in found])
    scored = []
    for claim in _promising(asserted.text, found, wordings):
        places = (asserted.place or None, claim.place or None)
        periods = (_period(asserted), _period(claim))
        matches = [
            matching.similarity(
                asserted.text, text, places=places, periods=periods, parties=parties, at_least=matching.SUGGEST
            )
            for text in sorted({claim.text, *_closest(asserted.text, wordings.get(claim.pk, ()))})
        ]
        scored.append(Candidate(claim, max(matches, key=lambda m: m.score)))
    return sorted(scored, key=lambda c: (-c.match.score, c.claim.pk))


def _promising(text: str, found: Iterable[Near], wordings: Mapping[int, Collection[str]]) -> list[Claim]:
    """Each candidate once, of many those that look likeliest at a glance: scoring takes a hundred times as long.

    The glance is at the vectors, which know synonyms, and at the words of every statement about the claim.
    """
    once = {near.claim.pk: near for near in found}  # the last one of a claim counts
    words = {pk: (near.claim.text, *wordings.get(pk, ())) for pk, near in once.items()}
    alike = iter(_alike(text, [wording for each in words.values() for wording in each]))
    likely = {pk: max(islice(alike, len(each))) for pk, each in words.items()}
    likely |= {pk: max(likely[pk], 1.0 - near.distance) for pk, near in once.items() if near.distance is not None}
    best = sorted(once, key=lambda pk: (-likely[pk], pk))
    return [once[pk].claim for pk in best[:SCORED]]


def _alike(text: str, wordings: Sequence[str]) -> list[float]:
    """How much each of these shares with a text, 0 to 1."""
    if not wordings:
        return []
    (shared,) = process.cdist([text], wordings, scorer=fuzz.token_set_ratio, dtype=np.float64)
    return [float(share) / 100 for share in shared]


def _closest(text: str, wordings: Iterable[str]) -> list[str]:
    """The few wordings that share most with a text: a claim that many have stated is not compared with all."""
    found = process.extract(text, sorted(wordings), scorer=fuzz.token_set_ratio, limit=WORDINGS)
    return [wording for wording, _, _ in found]


def _period(dated: Asserted | Claim) -> Period | None:
    if dated.when_first is None or dated.when_last is None:
        return None
    return Period("", dated.when_first, dated.when_last)
