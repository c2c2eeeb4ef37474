"""Whether a premise supports or refutes a hypothesis, with the words or figures that decided.

The order is the promise "stance before counting": what calls the hypothesis false, denies it, negates it or fills its
frame otherwise refutes it; what merely passes it on, or speaks of something else, is neutral; only what covers it in
its own voice supports it.

Two readings serve two forms of text. Running text is parsed, aligned with the hypothesis and searched for evidence, by
rules (``stance_prose``). A headline or short line, whose grammar is cut short, is judged by a model fitted on headlines
(``stance_lines``, ``stance_trees``), to which clashes of figures, years and opposites are added by rule.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from tracker.analysis import stance_lines, stance_trees
from tracker.analysis.figures import find_figures
from tracker.analysis.opposition import antonyms_between
from tracker.analysis.stance_figures import compatible, figures_clash
from tracker.analysis.stance_lines import coverage, negated
from tracker.analysis.wording import content_concepts

if TYPE_CHECKING:
    from spacy.tokens import Doc

    from tracker.analysis.stance_prose import Reading

__all__ = ["NAME", "VERSION", "Stance", "compatible", "coverage", "figures_clash", "judge", "negated", "run"]

NAME = "stance"
VERSION = "2"

SUPPORTS, REFUTES, NEUTRAL = "supports", "refutes", "neutral"

# How much besides an opposed word, a year or a negation must agree before it opposes.
AGREES_BESIDES = 0.7
# In running text: from this much evidence on it refutes; below this cover it speaks of something else.
REFUTED_FROM = 0.45
SUPPORTED_FROM = 0.5
# The rules added to the fitted model: how surely each refutes.
_FIGURES, _YEARS, _ANTONYM, _NEGATION = 0.9, 0.8, 0.85, 0.85
_YEAR = re.compile(r"\b(?:1[5-9]|20)\d\d\b")
# A full stop ends running text; a headline has none, or has its words in capitals.
_FULL_STOP = re.compile(r"[.!][\"'”’)\]]*\s*$")
_LONG_LINE = 40
_CAPITALS = 0.6
_REPEATED = 512


@dataclass(frozen=True, slots=True)
class Stance:
    """A label, what speaks for each label (they add up to 1), and why in words."""

    label: str
    scores: dict[str, float] = field(default_factory=dict)
    explanation: str = ""


def judge(premise: str, hypothesis: str, *, model: stance_trees.Model | None = None) -> Stance:
    """Judge whether the premise supports or refutes the hypothesis.

    ``model`` judges headlines in place of the one shipped: for measuring a model on what it was not fitted on.
    """
    if not premise.strip() or not hypothesis.strip():
        return Stance(NEUTRAL, {SUPPORTS: 0.0, REFUTES: 0.0, NEUTRAL: 1.0}, "one of the texts is empty")
    if is_running_text(premise):
        return _of_running_text(premise, hypothesis)
    return _of_line(premise, hypothesis, model or stance_trees.load())


def run(lines: Iterable[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """Answer each ``{"id", "premise", "hypothesis"}`` with ``id``, ``stance``, ``scores`` and ``explanation``."""
    for line in lines:
        stance = judge(str(line.get("premise") or ""), str(line.get("hypothesis") or ""))
        yield {"id": line.get("id"), "stance": stance.label, "scores": stance.scores, "explanation": stance.explanation}


def is_running_text(text: str) -> bool:
    """Whether the text is sentences as they are printed in a body, and not a headline or a line cut short."""
    tokens = text.split()
    if len(tokens) > _LONG_LINE:
        return True
    capitals = sum(token[:1].isupper() for token in tokens) / max(1, len(tokens))
    return bool(_FULL_STOP.search(text)) and capitals <= _CAPITALS


# --- Running text ----------------------------------------------------------------------------------------------------


@lru_cache(maxsize=_REPEATED)
def _parsed(text: str) -> Doc:
    """The parsed text; the same claim or sentence is often judged many times over."""
    from tracker.analysis.stance_alignment import parse  # noqa: PLC0415 - loading the parser takes seconds

    return parse(text)


def _read(premise: str, hypothesis: str) -> Reading:
    from tracker.analysis.stance_alignment import LONGEST_HYPOTHESIS  # noqa: PLC0415 - as above
    from tracker.analysis.stance_prose import read  # noqa: PLC0415 - as above

    return read(_parsed(premise), _parsed(hypothesis[:LONGEST_HYPOTHESIS]))


def _of_running_text(premise: str, hypothesis: str) -> Stance:
    reading = _read(premise, hypothesis)
    # Rescaled so that what refutes has the largest score.
    if reading.refutes >= REFUTED_FROM:
        refutes = 0.5 + 0.5 * (reading.refutes - REFUTED_FROM) / (1 - REFUTED_FROM)
    else:
        refutes = 0.5 * reading.refutes / REFUTED_FROM
    covers = min(1.0, max(0.0, 0.5 + 0.9 * (reading.covered - SUPPORTED_FROM)))
    if reading.reported:
        covers = min(covers, 0.45)
    scores = {SUPPORTS: (1 - refutes) * covers, REFUTES: refutes, NEUTRAL: (1 - refutes) * (1 - covers)}
    reasons = [f"covers {reading.covered:.0%} of what is said", *(one.words for one in reading.evidence)]
    if reading.missing:
        reasons.append(f'does not say "{", ".join(reading.missing[:5])}"')
    if reading.reported:
        reasons.append(f'leaves it open: "{reading.reported}"')
    label = REFUTES if refutes >= 0.5 else SUPPORTS if covers >= 0.5 else NEUTRAL
    return Stance(label, _rounded(scores), "; ".join(reasons))


# --- Headlines and lines ---------------------------------------------------------------------------------------------


def _of_line(premise: str, hypothesis: str, model: stance_trees.Model) -> Stance:
    line = stance_lines.measure(premise, hypothesis)
    scores = model.probabilities(line.features)
    against = _by_rule(premise, hypothesis, line)
    escapes = 1.0
    for strength, _ in against:
        escapes *= 1.0 - strength
    scores = {label: share * escapes for label, share in scores.items()}
    scores[REFUTES] += 1.0 - escapes
    if not line.covered:  # a line about something else supports nothing, however sure it sounds
        scores = {SUPPORTS: 0.0, REFUTES: scores[REFUTES], NEUTRAL: scores[NEUTRAL] + scores[SUPPORTS]}
    reasons = [f"covers {line.covered:.0%} of the hypothesis", *line.clues]
    reasons += [words for _, words in against if words not in reasons]
    label = max(scores, key=lambda name: (scores[name], name))
    return Stance(label, _rounded(scores), "; ".join(reasons))


def _by_rule(premise: str, hypothesis: str, line: stance_lines.Line) -> list[tuple[float, str]]:
    """What no headline of the fitted model's data could teach it: how surely each refutes, and its words."""
    found: list[tuple[float, str]] = []
    if clash := figures_clash(find_figures(hypothesis), find_figures(premise)):
        found.append((_FIGURES, clash))
    years = set(_YEAR.findall(hypothesis)), set(_YEAR.findall(premise))
    if all(years) and not years[0] & years[1] and line.covered >= AGREES_BESIDES:
        found.append((_YEARS, f"{'/'.join(sorted(years[0]))} against {'/'.join(sorted(years[1]))}"))
    wanted = len(content_concepts(hypothesis))
    for a, b in antonyms_between(hypothesis, premise)[:1]:
        if wanted > 1 and line.covered * wanted >= AGREES_BESIDES * (wanted - 1):
            found.append((_ANTONYM, f'opposed: "{a}" and "{b}"'))
    turned = negated(premise, hypothesis) != negated(hypothesis, premise)
    if turned and line.covered >= AGREES_BESIDES and not line.features["untrue"]:
        found.append((_NEGATION, "one of the two is negated"))
    return found


def _rounded(scores: dict[str, float]) -> dict[str, float]:
    return {label: round(scores[label], 4) for label in (SUPPORTS, REFUTES, NEUTRAL)}
