"""What kind of act a statement is: an assertion, a hedged one, an appeal, a plan or wish, a question, a belief."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from spacy.tokens import Token

from tracker.analysis import cues
from tracker.analysis.clauses import child, is_passive
from tracker.analysis.cues import CLAUSE, HEARSAY, INFINITIVE, OBJECT, CueClass
from tracker.analysis.hedges import hedge_of
from tracker.analysis.reach import EXPRESSING
from tracker.analysis.types import Modality

_OF_CLASS = {
    CueClass.NEUTRAL: Modality.ASSERTED,
    CueClass.DENIAL: Modality.ASSERTED,
    CueClass.HEDGE: Modality.HEDGED,
    CueClass.APPEAL: Modality.APPEAL,
    CueClass.INTENTION: Modality.INTENTION,
    CueClass.BELIEF: Modality.BELIEF,
    CueClass.QUESTION: Modality.QUESTION,
}
_FEELING = re.compile(
    r"^(?:(?:its|his|her|their|deep|grave|serious|great|the|a|an)\s+)*"
    r"(concern|hope|support|regret|outrage|solidarity|fear|doubt|sympathy|condolences|optimism|anger|alarm|sorrow|worry"
    r"|confidence|gratitude|dismay|desire|willingness|readiness|interest|disappointment|frustration|shock|sadness)s?\b",
    re.IGNORECASE,
)


def modality(cue: list[Token], content: str, words: Sequence[Token]) -> tuple[Modality, tuple[str, ...]]:
    """The modality of a statement with this cue and content, and the words that decide it.

    ``content`` is the content as printed, ``words`` are its tokens.
    """
    word, kind = _act(cue, content)
    found = _OF_CLASS[kind]
    feeling = _FEELING.match(content)
    if (
        word is not None
        and is_passive(word)
        and child(word, "agent") is None
        and word.lemma_ in HEARSAY - {"expect", "fear"}
    ):
        return Modality.HEDGED, (word.text,)
    if word is not None and word.lemma_ in EXPRESSING and feeling:
        return Modality.BELIEF, (word.text, feeling.group(1))
    inner = content.strip("\"'“”‘’«» \n")
    if found is Modality.ASSERTED and inner.endswith("?") and not re.search(r"[.!]\s", inner):
        return Modality.QUESTION, ("?",)
    if found is Modality.ASSERTED:
        hedge = hedge_of(cue, words)
        return (Modality.HEDGED, (hedge.text,)) if hedge is not None else (found, ())
    return found, (word.text,) if word is not None else ()


def _act(cue: list[Token], content: str) -> tuple[Token | None, CueClass]:
    """The word of the cue that decides, and its class in the frame that the content shows."""
    for token in cue:
        for part in ("verb", "noun", "adjective"):
            known = cues.frames(token.lemma_, part=part)
            if known and (part == "verb") == (token.pos_ in ("VERB", "AUX")):
                return token, _in_frame(token, cue, content, known)
    return None, CueClass.NEUTRAL


def _in_frame(token: Token, cue: list[Token], content: str, frames: Mapping[str, CueClass]) -> CueClass:
    after = [t.lower_ for t in cue if t.i > token.i]
    for word in after:
        if word in frames:
            return frames[word]
    has_infinitive = any(c.dep_ == "xcomp" and any(t.lower_ == "to" for t in c.children) for c in token.children)
    has_clause = any(c.dep_ == "ccomp" for c in token.children) or content[:1] in "\"“‘«'"
    order = (INFINITIVE, CLAUSE, OBJECT) if has_infinitive and not has_clause else (CLAUSE, OBJECT, INFINITIVE)
    if any(c.dep_ in ("dobj", "nsubjpass") for c in token.children) and not has_clause and not has_infinitive:
        order = (OBJECT, CLAUSE, INFINITIVE)
    for frame in order:
        if frame in frames:
            return frames[frame]
    return next(iter(frames.values()), CueClass.NEUTRAL)
