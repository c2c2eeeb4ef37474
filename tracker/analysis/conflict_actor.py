"""Whether two assertions of one deed give it to opposing camps: "shelled by the army", "shelled by the rebels"."""

from __future__ import annotations

from collections.abc import Mapping

from tracker.analysis.conflict_agents import CAMP_OF, agents
from tracker.analysis.conflict_scene import Scene, details, one_incident
from tracker.analysis.conflict_types import Found, Kind, no_conflict
from tracker.analysis.wording import concept, content_concepts, stem, words

# How much of the shorter assertion, agents left out, the other must share.
SAME_DEED = 0.6
# Words besides the agents that both must have, of them one that not every report of a conflict has: what was hit.
AT_LEAST_SHARED = 2


def compare_actors(one: Scene, other: Scene, *, parties: Mapping[str, str] | None = None) -> Found:
    """Whether two assertions give one deed to opposing camps; the same in both orders.

    ``parties`` maps further folded names ("northern guard") to the camp that they are of.
    """
    first, second = agents(one.content, parties=parties), agents(other.content, parties=parties)
    if len(first) != 1 or len(second) != 1:
        return no_conflict("one does not say, or says in two ways, whose deed it was")
    if first == second:
        return no_conflict(f"both give it to {min(first)}")
    shared, share = _shared_deed(one.content, other.content, parties or {})
    hit = details(one.content) & details(other.content)
    if len(shared) < AT_LEAST_SHARED or share < SAME_DEED or not hit - named_by(parties):
        return no_conflict("they do not tell of the same deed")
    scope = one_incident(one, other, whoever_did_it=True)
    if not scope.is_one:
        return no_conflict(scope.explanation)
    camps = " and to ".join(sorted({min(first), min(second)}))
    score = round(min(1.0, 0.3 + 0.3 * scope.score + 0.4 * share), 3)
    return Found(Kind.ACTOR, score, f"one deed ({', '.join(sorted(shared)[:4])}) is given to {camps}")


def named_by(parties: Mapping[str, str] | None) -> frozenset[str]:
    """The concepts and stems of the words that name camps."""
    said = [word for name in (*(parties or {}), *CAMP_OF) for word in words(name)]
    return frozenset(concept(word) for word in said) | frozenset(stem(word) for word in said)


def _shared_deed(one: str, other: str, parties: Mapping[str, str]) -> tuple[frozenset[str], float]:
    """The words that both have, agents left out, and which share of the shorter assertion they are."""
    named = named_by(parties)
    a, b = (frozenset(content_concepts(text)) - named for text in (one, other))
    return a & b, len(a & b) / max(1, min(len(a), len(b)))
