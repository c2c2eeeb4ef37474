"""Whether a source asserts or denies its content, and what a denial that points back is about."""

from __future__ import annotations

import re
from dataclasses import replace

from spacy.tokens import Doc, Token

from tracker.analysis import clauses, cues
from tracker.analysis.cues import SAID_BEFORE, CueClass
from tracker.analysis.measures import word_set
from tracker.analysis.spans import Attribution
from tracker.analysis.types import Polarity, Span

_POINTERS = word_set("this that it these those they")
_JUDGING = word_set("call label brand describe deem denounce dismiss term dub reject condemn")
_FALSEHOODS = word_set(
    """
    lie lies false baseless untrue fabrication fabrications fabricated nonsense rubbish groundless unfounded fake
    propaganda hoax myth disinformation misinformation falsehood falsehoods slander invention wrong incorrect
    inaccurate fiction
    """
)
# Not to believe or to plan something is to be against it; not to say something is not.
_ATTITUDES = (CueClass.BELIEF, CueClass.INTENTION)
# Among how many attributions before and behind a denial the one that it points back to is looked for.
_BEFORE, _BEHIND = 60, 10


def cue_tokens(doc: Doc, attribution: Attribution) -> list[Token]:
    """The tokens of the cue."""
    found: list[Token] = []
    for start, end in attribution.cue:
        found.extend(clauses.piece(doc, start, end))
    return found


def calls_false(verb: Token) -> Token | None:
    """The word by which ``verb`` calls something false: "a lie" in "called the report a lie"."""
    if cues.repaired_lemma(verb.lemma_) not in _JUDGING:
        return None
    for c in verb.children:
        if c.i <= verb.i:
            continue
        word = clauses.child(c, "pobj", "amod") or c if c.dep_ == "prep" and c.lower_ == "as" else c
        if c.dep_ not in ("oprd", "xcomp", "ccomp", "acomp", "attr", "prep", "dobj", "conj"):
            continue
        if word.lemma_.lower() in _FALSEHOODS or word.lower_ in _FALSEHOODS:
            return None if c.dep_ == "dobj" else word
    return None


def says_false(verb: Token) -> tuple[Token, Token] | None:
    """The noun and the word in "said the report was false": what is called false, and by which word."""
    clause = clauses.child(verb, "ccomp")
    if clause is None or clause.lemma_ != "be" or clauses.is_negated(clause):
        return None
    what, word = clauses.own_subject(clause), clauses.child(clause, "acomp", "attr")
    if what is None or word is None or word.lemma_.lower() not in _FALSEHOODS or what.i > clause.i:
        return None
    return (what, word) if what.lemma_.lower() in SAID_BEFORE else None


def polarity(cue: list[Token]) -> tuple[Polarity, tuple[str, ...]]:
    """Affirms or denies, with the words that decide it."""
    for token in cue:
        false = calls_false(token)
        if false is not None and not clauses.is_negated(token):
            return Polarity.DENIES, (token.text, false.text)
        refuted = says_false(token) if token.pos_ == "VERB" else None
        if refuted is not None:
            return Polarity.DENIES, (token.text, refuted[1].text)
        kind = cues.cue_class(token.lemma_)
        if kind is CueClass.DENIAL and token.pos_ in ("VERB", "NOUN", "AUX", "ADJ"):
            return Polarity.DENIES, (token.text,)
        if kind in _ATTITUDES and token.pos_ == "VERB" and clauses.is_negated(token):
            words = [c.text for c in token.children if c.dep_ == "neg"]
            return Polarity.DENIES, (*words, token.text)
    return Polarity.AFFIRMS, ()


def pointed_back(doc: Doc, attributions: list[Attribution], denies: list[bool]) -> list[Attribution]:
    """The attributions, with each denial of "a claim", "this" or "the report" set on what had just been asserted."""
    settled = list(attributions)
    text = clauses.text_of(doc)
    for index, attribution in enumerate(attributions):
        if denies[index] and _only_points(doc, attribution.content):
            near = slice(max(0, index - _BEFORE), index + _BEHIND)
            earlier = _just_asserted(text, attribution, settled[near], denies[near])
            if earlier is not None:
                settled[index] = replace(attribution, content=earlier)
    return settled


def _only_points(doc: Doc, content: tuple[Span, ...]) -> bool:
    """Whether the content is a mere pointer: "a claim", "the report", "it", "any such allegation"."""
    if len(content) != 1:
        return False
    piece = clauses.piece(doc, *content[0])
    if not 1 <= len(piece) <= 6:
        return False
    words = [t.lower_ for t in piece if not t.is_punct and not t.is_space]
    if len(words) == 1 and (words[0] in _POINTERS or words[0] == "which"):
        return True
    last = piece.root
    if last.tag_ == "VBG":
        return False  # "the group's reporting": what it says in general, no one assertion
    if last.lemma_.lower() not in SAID_BEFORE and last.lower_ not in SAID_BEFORE:
        return False
    return not any(
        c.dep_ in ("acl", "relcl", "prep", "ccomp") and piece.start <= c.i < piece.end for c in last.children
    )


def _just_asserted(
    text: str, denial: Attribution, attributions: list[Attribution], denies: list[bool]
) -> tuple[Span, ...] | None:
    """The content last asserted before the denial, in its paragraph or the one before."""
    at = denial.content[0][0]
    cue_at = denial.cue[0][0] if denial.cue else at
    best: Attribution | None = None
    for other, is_denial in zip(attributions, denies, strict=True):
        if other is denial or is_denial or not other.cue or other.cue[0][0] >= max(at, cue_at):
            continue
        if other.content[-1][1] > max(at, cue_at) or (other.source and other.source == denial.source):
            continue
        if best is None or (other.content[-1][1], other.parent is None) > (best.content[-1][1], best.parent is None):
            best = other
    if best is None or len(re.findall(r"\n\s*\n|\n", text[best.content[-1][1] : at])) > 1:
        return None
    return best.content
