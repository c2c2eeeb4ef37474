"""What can be counted about a headline or short line beside a hypothesis: the features of the fitted model.

No parse: a headline's grammar misleads a parser trained on sentences. Every feature is a number that can be named in an
explanation; the words behind the telling ones are kept as clues.
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from tracker.analysis.figures import find_figures
from tracker.analysis.opposition import (
    DENIAL,
    FALSEHOOD,
    antonyms_between,
    denial,
    falsehood,
    hedges,
    without_asides,
)
from tracker.analysis.stance_figures import figures_clash
from tracker.analysis.wording import NEGATIONS, concept, content_concepts, fold, stem, words

# How many words on a negation reaches.
NEGATION_REACH = 6
# Of longer lines more words are covered by chance; counts above these say nothing more.
_MOST_MISSING, _MOST_EXTRA, _MOST_HEDGES = 8, 12, 3
_CLAUSE = re.compile(r"[,;:.!?]\s")
_NUMBER = re.compile(r"\d[\d.,]*")
_INNER_CAPITAL = re.compile(r"(?<!^)\b[A-Z][\w-]+")
# Ways of putting it that tell who vouches for what; each by itself says little.
_MANNERS = {
    "question": r"\?",
    "question at the end": r"\?\W*$",
    "report": r"\breports?\b|\breported\b|\breporting\b",
    "reportedly": r"\breportedly\b",
    "rumour": r"\brumou?r",
    "allegation": r"\balleg",
    "claim": r"\bclaim",
    "possibility": r"\b(?:may|might|could|possibl[ey]|perhaps)\b",
    "appearance": r"\b(?:purported|apparent|supposed|seem|appear|likely|suspected|believed|feared?|thought)",
    "open": r"\b(?:unconfirmed|unverified|speculation|whether|if)\b",
    "sources": r"\b(?:sources?|insiders?|analysts?|officials?|according)\b",
    "saying": r"\b(?:says?|said|tells?|told)\b",
    "future": r"\b(?:will|to|set|plans?|expected|would)\b",
    "confirmation": r"\b(?:confirm|admit|reveal|announc|prov|official)",
    "quotation": r"[\"“”']",
    "colon": r":",
    "source beside": (
        r"(?:^(?:report|rumou?r|sources?|official|study|exclusive|video|watch|updated?|breaking)\s*:"
        r"|[:|–-]\s*(?:reports?|sources?|study|officials?|police|[a-z ]{2,18})\s*$)"
    ),
    "picture": r"\b(?:video|watch|photo|picture|image|footage|audio)",
    "copula": r"\b(?:is|are|was|were|has|have|had)\b",
    "digits": r"\d",
    "address": r"\b(?:you|your|we|i|our)\b",
    "inquiry": r"\b(?:investigat|prob(?:e|ing)|question|debate|mystery|doubt|fears?|claims?)",
    "negation": r"\b(?:not|no|never|n't|without)\b",
}
MANNERS = {name: re.compile(pattern) for name, pattern in _MANNERS.items()}


@dataclass(frozen=True, slots=True)
class Line:
    """A premise's features beside its hypothesis, and the words that they come from, in words."""

    features: dict[str, float]
    covered: float
    clues: tuple[str, ...]


def measure(premise: str, hypothesis: str) -> Line:
    """Return the features of a premise that is one line, beside the hypothesis."""
    have, wanted = content_concepts(premise), content_concepts(hypothesis)
    covered = coverage(premise, hypothesis)
    features = _overlap(have, wanted, covered, coverage(hypothesis, premise))
    features |= _letters(premise, hypothesis)
    features |= _names_and_numbers(premise, hypothesis)
    opposed, clues = _opposition(premise, hypothesis, covered)
    features |= opposed
    for name, pattern in MANNERS.items():
        here, there = bool(pattern.search(fold(premise))), bool(pattern.search(fold(hypothesis)))
        features[f"{name} here"] = float(here and not there)
        features[f"{name} in both"] = float(here and there)
    return Line(features, covered, clues)


def coverage(premise: str, hypothesis: str) -> float:
    """Return the share of the hypothesis' content words that the premise has too, in [0, 1]."""
    wanted = content_concepts(hypothesis) or words(hypothesis)
    return _share(set(content_concepts(premise) or words(premise)), wanted)


def _share(have: set[str], wanted: Sequence[str]) -> float:
    return sum(_has(have, word) for word in wanted) / len(wanted) if wanted else 0.0


def _has(have: set[str], word: str) -> float:
    """Whether the word, or for longer words another of the same first five letters, is there."""
    if word in have:
        return 1.0
    return 0.8 if len(word) >= 5 and any(other[:5] == word[:5] for other in have) else 0.0


def _overlap(have: Sequence[str], wanted: Sequence[str], covered: float, back: float) -> dict[str, float]:
    half = len(wanted) // 2
    known = set(have)
    pairs = set(pairwise(wanted))
    shared = pairs & set(pairwise(have))
    return {
        "covered": covered,
        "covered back": back,
        "balance": 2 * covered * back / (covered + back) if covered + back else 0.0,
        "lesser cover": min(covered, back),
        "greater cover": max(covered, back),
        "length": math.log1p(len(have)),
        "hypothesis length": math.log1p(len(wanted)),
        "covered by length": covered * math.log1p(len(have)),
        "pairs": len(shared) / max(1, len(pairs)),
        "first half": _share(known, wanted[:half] or wanted),
        "second half": _share(known, wanted[half:]),
        "missing": float(min(_MOST_MISSING, sum(not _has(known, word) for word in wanted))),
        "extra": float(min(_MOST_EXTRA, sum(word not in set(wanted) for word in have))),
        "in order": _in_order(have, wanted) / max(1, len(wanted)),
    }


def _in_order(have: Sequence[str], wanted: Sequence[str]) -> int:
    """Return the length of the longest common subsequence."""
    row = [0] * (len(wanted) + 1)
    for word in have[:200]:
        above = row[:]
        for at, other in enumerate(wanted, start=1):
            row[at] = above[at - 1] + 1 if word == other else max(above[at], row[at - 1])
    return row[-1]


def _letters(premise: str, hypothesis: str) -> dict[str, float]:
    """Likeness of letters, and how many words begin with a capital, as a headline's do."""
    mine, theirs = _trigrams(hypothesis), _trigrams(premise)
    shared = len(mine & theirs)
    tokens = premise.split()
    return {
        "letters": shared / max(1, len(mine)),
        "letters back": shared / max(1, len(theirs)),
        "capitals": sum(word[:1].isupper() for word in tokens) / max(1, len(tokens)),
    }


def _trigrams(text: str) -> set[str]:
    joined = f"#{'#'.join(words(text))}#"
    return {joined[at : at + 3] for at in range(len(joined) - 2)}


def _names_and_numbers(premise: str, hypothesis: str) -> dict[str, float]:
    """The shares of names, numbers and verbs that the premise has; one half where there are none."""
    known = set(words(premise))
    names = [words(name) for name in _INNER_CAPITAL.findall(hypothesis)]
    numbers, theirs = _NUMBER.findall(hypothesis), _NUMBER.findall(premise)
    verbs = [concept(word) for word in words(hypothesis) if word.endswith(("ed", "ing"))]
    concepts = set(content_concepts(premise))
    return {
        "names": _part([any(word in known for word in name) for name in names]),
        "numbers": _part([number in premise for number in numbers]),
        "other numbers": float(any(number not in hypothesis for number in theirs)),
        "verbs": _part([verb in concepts for verb in verbs]),
        "asks of the future": float(bool(re.search(r"\b(?:will|going to|to be|would)\b", fold(hypothesis)))),
    }


def _part(held: Sequence[bool]) -> float:
    return sum(held) / len(held) if held else 0.5


def _opposition(premise: str, hypothesis: str, covered: float) -> tuple[dict[str, float], tuple[str, ...]]:
    """The features of what speaks against the hypothesis or leaves it open, and the words that do."""
    called = "" if falsehood(hypothesis) else falsehood(premise)
    denied = "" if denial(hypothesis) else denial(premise)
    turned = negated(premise, hypothesis), negated(hypothesis, premise)
    opposed = antonyms_between(hypothesis, premise)
    clash = figures_clash(find_figures(hypothesis), find_figures(premise))
    doubts = hedges(premise)
    folded = fold(premise)
    never = any(word in NEGATIONS for word in words(premise))
    clues = (
        *([f'calls it untrue: "{called}"'] if called else []),
        *([f'denied: "{denied}"'] if denied else []),
        *(["one of the two is negated"] if turned[0] != turned[1] else []),
        *([f'opposed: "{opposed[0][0]}" and "{opposed[0][1]}"'] if opposed else []),
        *([clash] if clash else []),
        *([f'passes it on: "{doubts[0]}"'] if doubts and not hedges(hypothesis) else []),
    )
    here, there = turned[0] and not turned[1], turned[1] and not turned[0]
    return {
        "untrue": float(bool(called)),
        "untrue, asked": float(bool(called) and "?" in premise),
        "untrue, covered": covered if called else 0.0,
        "times untrue": float(len(FALSEHOOD.findall(folded))),
        "denied": float(bool(denied)),
        "times denied": float(len(DENIAL.findall(folded))),
        "negated here": float(here),
        "negated here, covered": covered if here else 0.0,
        "negated there": float(there),
        "any against": float(bool(called or denied or here)),
        "never": float(never and not any(word in NEGATIONS for word in words(hypothesis))),
        "negated near": float(_nearest_negated(premise, hypothesis)),
        "antonym": float(bool(opposed)),
        "antonym, covered": covered if opposed else 0.0,
        "figures clash": float(bool(clash)),
        "hedges": float(min(_MOST_HEDGES, len(doubts))),
        "hedged": float(bool(doubts) and not hedges(hypothesis)),
    }, clues


def _nearest_negated(premise: str, hypothesis: str) -> int:
    """Return how many of the hypothesis' words stand within four words after one negation."""
    shared, tokens = set(content_concepts(hypothesis)), words(premise)
    counts = [
        sum(concept(word) in shared for word in tokens[at + 1 : at + 5])
        for at, token in enumerate(tokens)
        if token in NEGATIONS
    ]
    return max(counts, default=0)


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


def extra_words(premise: str, hypothesis: str) -> set[str]:
    """Return the stems of the premise's words that the hypothesis has not; negations stay as they are."""
    known = {stem(word) for word in words(hypothesis)}
    return {word if word in NEGATIONS else stem(word) for word in words(premise)} - known
