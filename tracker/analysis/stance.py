"""Whether a premise supports or refutes a hypothesis, by rules that can say why.

The order is the promise "stance before counting": what calls the hypothesis false, denies it, negates or opposes it
refutes it; what merely passes it on is neutral; only what covers it in its own voice supports it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from tracker.analysis.figures import Figure, find_figures
from tracker.analysis.opposition import antonyms_between, denial, falsehood, hedges, without_asides
from tracker.analysis.wording import NEGATIONS, concept, content_concepts, words

NAME = "stance-rules"
VERSION = "1"

SUPPORTS, REFUTES, NEUTRAL = "supports", "refutes", "neutral"

# How much of the hypothesis the premise must cover to speak of it at all. To assert it: more of it, the longer the
# premise is, for a long text covers many words by chance.
ABOUT = 0.15
ASSERTS_AT_LEAST, ASSERTS_PER_WORD, ASSERTS_AT_MOST = 0.15, 0.022, 0.62
# How much besides the opposed word itself must agree before an antonym opposes.
AGREES_BESIDES = 0.7
NEARLY_ALL = 0.75
# How many words on a negation reaches.
NEGATION_REACH = 6
# Evidence that together refutes.
ENOUGH = 1.0
_STRENGTH = {
    "falsehood": 1.2,
    "denial": 1.2,
    "negation": 1.0,
    "antonym": 1.0,
    "figures": 1.0,
    "dates": 1.0,
    "alive": 1.0,
}
_CLAUSE = re.compile(r"[,;:.!?]\s")
_YEAR = re.compile(r"\b(?:1[5-9]|20)\d\d\b")


@dataclass(frozen=True, slots=True)
class Stance:
    """A label, what speaks for each label (not probabilities, each in [0, 1]), and why in words."""

    label: str
    scores: dict[str, float] = field(default_factory=dict)
    explanation: str = ""


def judge(premise: str, hypothesis: str) -> Stance:
    """Judge whether the premise supports or refutes the hypothesis."""
    covered = coverage(premise, hypothesis)
    evidence = _against(premise, hypothesis, covered)
    against = sum(_STRENGTH[kind] for kind, _ in evidence)
    doubts = [] if hedges(hypothesis) else hedges(premise)
    scores = _scores(covered, against, bool(doubts))
    reasons = [f"covers {covered:.0%} of the hypothesis", *(words_ for _, words_ in evidence)]
    if covered < ABOUT:
        return Stance(NEUTRAL, scores, f"covers only {covered:.0%} of the hypothesis")
    if against >= ENOUGH:
        return Stance(REFUTES, scores, "; ".join(reasons))
    if doubts:
        return Stance(NEUTRAL, scores, "; ".join([*reasons, f'passes it on: "{doubts[0]}"']))
    label = SUPPORTS if covered >= _needed(premise) else NEUTRAL
    return Stance(label, scores, "; ".join(reasons))


def run(lines: Iterable[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """Answer each ``{"id", "premise", "hypothesis"}`` with ``id``, ``stance``, ``scores`` and ``explanation``."""
    for line in lines:
        stance = judge(str(line.get("premise") or ""), str(line.get("hypothesis") or ""))
        yield {"id": line.get("id"), "stance": stance.label, "scores": stance.scores, "explanation": stance.explanation}


def coverage(premise: str, hypothesis: str) -> float:
    """Return the share of the hypothesis' content words that the premise has too, in [0, 1]."""
    wanted = content_concepts(hypothesis) or words(hypothesis)
    have = set(content_concepts(premise) or words(premise))
    if not wanted:
        return 0.0
    return sum(_has(have, word) for word in wanted) / len(wanted)


def _needed(premise: str) -> float:
    length = len(content_concepts(premise))
    return min(ASSERTS_AT_MOST, ASSERTS_AT_LEAST + ASSERTS_PER_WORD * length)


def _has(have: set[str], word: str) -> float:
    """Whether the word, or for longer words another of the same first five letters, is there."""
    if word in have:
        return 1.0
    return 0.8 if len(word) >= 5 and any(other[:5] == word[:5] for other in have) else 0.0


def _scores(covered: float, against: float, doubted: bool) -> dict[str, float]:
    refutes = min(1.0, against / 2) * min(1.0, covered / ABOUT)
    supports = covered * (1 - refutes) * (0.5 if doubted else 1.0)
    neutral = max(0.0, 1 - max(refutes, supports))
    return {SUPPORTS: round(supports, 3), REFUTES: round(refutes, 3), NEUTRAL: round(neutral, 3)}


def _against(premise: str, hypothesis: str, covered: float) -> list[tuple[str, str]]:
    """Return the kinds of evidence against the hypothesis and the words that show each."""
    found: list[tuple[str, str]] = []
    if (called := falsehood(premise)) and not falsehood(hypothesis):
        found.append(("falsehood", f'calls it untrue: "{called}"'))
    if (denied := denial(premise)) and not denial(hypothesis):
        found.append(("denial", f'denied: "{denied}"'))
    negations = negated(premise, hypothesis), negated(hypothesis, premise)
    # A negation of the hypothesis alone is often in a clause that the premise leaves out.
    if negations[0] != negations[1] and covered >= (ABOUT if negations[0] else NEARLY_ALL) and not called:
        found.append(("negation", "one of the two is negated"))
    wanted = len(content_concepts(hypothesis))
    for a, b in antonyms_between(hypothesis, premise)[:1]:
        if wanted > 1 and covered * wanted >= AGREES_BESIDES * (wanted - 1):
            found.append(("antonym", f'opposed: "{a}" and "{b}"'))
    if clash := figures_clash(find_figures(hypothesis), find_figures(premise)):
        found.append(("figures", clash))
    years = set(_YEAR.findall(hypothesis)), set(_YEAR.findall(premise))
    if all(years) and not years[0] & years[1] and covered >= ABOUT:
        found.append(("dates", f"{'/'.join(sorted(years[0]))} against {'/'.join(sorted(years[1]))}"))
    return found


def negated(text: str, other: str) -> bool:
    """Whether the text negates something that the other speaks of (an odd number of times)."""
    shared = set(content_concepts(other))
    scoped = 0
    for clause in _CLAUSE.split(without_asides(text)):
        tokens = words(clause)
        for position, negation in enumerate(tokens):
            if negation in NEGATIONS and negation != "without":
                scoped += any(concept(word) in shared for word in tokens[position + 1 : position + 1 + NEGATION_REACH])
    return scoped % 2 == 1


def figures_clash(one: Iterable[Figure], other: Iterable[Figure]) -> str:
    """Return how two texts' figures of one measure contradict, or an empty string.

    Figures clash when what they count is the same and none of the other text's figures of the measure fits the bounds.
    """
    others = [figure for figure in other if figure.measure]
    for figure in one:
        alike = [o for o in others if o.measure == figure.measure and _counts_same(figure, o)]
        if figure.measure and alike and not any(compatible(figure, o) for o in alike):
            return f"{figure.value:g} against {alike[0].value:g} {figure.measure}"
    return ""


def _counts_same(one: Figure, other: Figure) -> bool:
    a, b = set(content_concepts(one.counted)), set(content_concepts(other.counted))
    return (one.is_total and other.is_total) or bool(a & b)


def compatible(one: Figure, other: Figure) -> bool:
    """Whether both figures can be true of one count: "at least 17" and "20" can, "17" and "20" cannot."""
    low_a, high_a = _bounds(one)
    low_b, high_b = _bounds(other)
    return low_a <= high_b and low_b <= high_a


def _bounds(figure: Figure) -> tuple[float, float]:
    numeral = figure.numeral
    if numeral.approximate and numeral.best is not None:
        return 0.85 * numeral.best, 1.15 * numeral.best  # "some 400" may be 350, not 200
    low = numeral.low if numeral.low is not None else 0.0
    return low, numeral.high if numeral.high is not None else float("inf")
