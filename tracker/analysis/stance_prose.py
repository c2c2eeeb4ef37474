"""Stance of running text: what its sentences say of a hypothesis, by the alignment of both and the evidence against.

The strengths are set by hand: how surely each kind of evidence refutes when everything else agrees.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from spacy.tokens import Doc, Span

from tracker.analysis.measures import word_set
from tracker.analysis.opposition import falsehood
from tracker.analysis.stance_alignment import Aligned, Word, align, core
from tracker.analysis.stance_evidence import Evidence, against
from tracker.analysis.wording import fold

STRENGTHS = {
    "negation": 0.85,
    "turned": 0.7,
    "roles": 0.85,
    "figures": 0.85,
    "antonym": 0.8,
    "kind": 0.8,
    "falsehood": 0.6,
    "dates": 0.75,
    "nation": 0.75,
    "name": 0.75,
    "only": 0.6,
    "other kind": 0.4,
    "other sort": 0.35,
    "other filler": 0.3,
    "other doer": 0.4,
    "other date": 0.35,
    "other name": 0.35,
    "other nation": 0.35,
}
# Where only the main verb is another one, it may say the contrary: no evidence yet, but more than none.
ANOTHER_VERB = 0.1
# Kinds that say: the same, but filled otherwise. A hypothesis that negates the filling agrees with them.
_FILLED = frozenset(
    {
        "figures",
        "dates",
        "other date",
        "nation",
        "other nation",
        "name",
        "other name",
        "kind",
        "other kind",
        "other sort",
        "other filler",
    }
)


# In running text only what calls a statement untrue counts; a headline's "fake" or "staged" may be about any thing.
_UNTRUE = re.compile(
    r"\b(?:untrue|not true|false|falsely|hoax|baseless|unfounded|debunk\w*|myth|fabricat\w+|no truth|disprov\w+"
    r"|did(?: not|n't) happen|never happened)\b"
)


@dataclass(frozen=True, slots=True)
class Reading:
    """What the premise's sentences say: the share covered, how surely they refute (0 to 1), and the evidence for it."""

    covered: float
    refutes: float
    evidence: tuple[Evidence, ...]
    missing: tuple[str, ...]
    reported: str = ""


def read(premise: Doc, hypothesis: Doc) -> Reading:
    """Return what the parsed premise says of the parsed hypothesis."""
    pair = align(premise, hypothesis)
    found, agreeing = evidence(pair)
    weighed = sorted(((_strength(pair, e) * fit(pair, e), e) for e in found), key=lambda both: both[0], reverse=True)
    escapes = 1.0
    for strength, _ in weighed:
        escapes *= 1.0 - strength
    wanted = [word.at for word in pair.predicate]
    covered = sum(pair.covered(at) for at in wanted) / len(wanted) if wanted else 0.0
    if agreeing is not None:  # "is no town" is covered by "is a river"
        return Reading(1.0, 1.0 - escapes, (agreeing,), ())
    return Reading(
        covered,
        max(1.0 - escapes, ANOTHER_VERB if _another_verb(pair) else 0.0),
        tuple(e for _, e in weighed),
        tuple(word.token.text for word in pair.missing),
        _reported(pair),
    )


def evidence(pair: Aligned) -> tuple[list[Evidence], Evidence | None]:
    """Return the evidence against; and what agrees where a negated hypothesis finds its place filled otherwise."""
    found = against(pair)
    agreeing = None
    main = core(pair.hypothesis)
    if main is not None and main.i in pair.turned_in_hypothesis:
        lacks = any(word.at in pair.turned_in_hypothesis for word in pair.missing)
        agreeing = next((e for e in found if e.kind in _FILLED and e.about & pair.turned_in_hypothesis), None)
        if agreeing is not None or lacks:
            found = [e for e in found if e.kind not in _FILLED | {"negation", "turned"}]
    called = _UNTRUE.search(fold(pair.premise.text))
    if called and not falsehood(pair.hypothesis.text):
        found.append(Evidence("falsehood", f'calls it untrue: "{called.group()}"'))
    return found, agreeing


def _another_verb(pair: Aligned) -> bool:
    """Whether the premise has all that the hypothesis speaks of, but for its main verb."""
    main = core(pair.hypothesis)
    lacking = [word.at for word in pair.wanted if not pair.covered(word.at)]
    return main is not None and lacking == [main.i]


def _strength(pair: Aligned, reason: Evidence) -> float:
    """Return how surely the evidence refutes; more where the sentence says what the hypothesis' subject is."""
    if reason.kind.startswith("other ") and reason.where >= 0 and _introduces(pair, pair.premise[reason.where].sent):
        return STRENGTHS["only"]
    return STRENGTHS[reason.kind]


def _introduces(pair: Aligned, sentence: Span) -> bool:
    """Whether the sentence is about the hypothesis' subject itself, as an encyclopaedia's first sentence is."""
    subject = next((c for c in sentence.root.children if c.dep_ in ("nsubj", "nsubjpass")), None)
    if subject is None:
        return False
    mine = [word for word in pair.wanted if word.at in pair.subject]
    inside = {token.i for token in subject.subtree}
    if any(match.at in inside for word in mine for match in pair.all_matches(word)):
        return sentence.root.lemma_ == "be" and any(c.dep_ == "attr" for c in sentence.root.children)
    stands_for_it = subject.pos_ == "PRON" or any(c.lower_ == "the" for c in subject.children)
    alone = len(list(pair.premise.sents)) == 1
    return stands_for_it and alone and not any(pair.covered(word.at) for word in mine)


def fit(pair: Aligned, reason: Evidence) -> float:
    """Return how well everything else agrees, from 0 to 1: words beside those in question, and the subject."""
    beside = [word for word in pair.predicate if word.at not in reason.about]
    if not beside:
        frame = 1.0
    elif reason.where < 0:
        frame = sum(pair.covered(word.at) for word in beside) / len(beside)
    else:
        sentence = pair.premise[reason.where].sent
        frame = sum(_stands_in(pair, word, sentence.start, sentence.end) for word in beside) / len(beside)
    return (0.2 + 0.8 * frame) * (1.0 if pair.names_subject else 0.7)


def _stands_in(pair: Aligned, word: Word, start: int, end: int) -> bool:
    score, match = pair.matches[word.at]
    if match is None:
        return score > 0  # had without a word of its own: a life's dates in brackets say "born"
    return any(start <= other.at < end for other in (match, *pair.all_matches(word)))


def _reported(pair: Aligned) -> str:
    """Return the word by which the premise leaves open whether it happened ("may", "plans to"), or nothing."""
    main = core(pair.hypothesis)
    if main is None or main.i not in pair.matches or any(t.tag_ == "MD" for t in pair.hypothesis):
        return ""
    best = pair.matches[main.i][1]
    if best is None:
        return ""
    token = best.token
    for child in token.children:
        if child.tag_ == "MD" and child.lower_ in ("may", "might", "could", "would", "should"):
            return child.text
    if token.dep_ == "xcomp" and token.head.lemma_ in _INTENDS:
        return token.head.text
    return ""


_INTENDS = word_set("plan want hope seek try offer intend threaten propose expect consider ask agree attempt")
