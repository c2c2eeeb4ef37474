"""What looks like an attribution and attributes nothing: silence, deeds, people who are cited, nobody in particular.

"The army did not say how many died" and "Vesk declined to comment" would found claims that nobody made.
"""

from __future__ import annotations

from collections.abc import Iterator

from spacy.tokens import Doc, Token

from tracker.analysis import clauses, cues
from tracker.analysis.cues import CLAUSE, INFINITIVE, OBJECT, CueClass
from tracker.analysis.drafts import TokenRange
from tracker.analysis.kinds import UNNAMED_HEADS
from tracker.analysis.measures import word_set

VERBAL = ("VERB", "AUX")
_CLAIMED = ("responsibility", "credit", "victory", "control", "success")
_UNSAYABLE = (CueClass.NEUTRAL, CueClass.HEDGE, CueClass.APPEAL, CueClass.DENIAL, CueClass.QUESTION)
_REFUSALS = ("decline", "refuse")
_NOTHING = ("nothing", "anything", "little")
# Who stands for nobody: "anyone who believes", "one might think", "it goes without saying".
_NOBODY = word_set("anyone anybody everyone everybody someone somebody one nobody whoever you let")


def says_nothing(verb: Token, frame: str, cue_class: CueClass) -> bool:
    """Whether nothing is asserted: "did not say that", "declined to comment", "said nothing"."""
    if clauses.is_negated(verb) and cue_class in _UNSAYABLE:
        return True
    wish = clauses.child(verb, "xcomp")
    if frame == INFINITIVE and wish is not None and wish.lemma_ in ("name", "identify", "quote"):
        return True  # "asked not to be named"
    told = clauses.child(verb, "dobj")
    if frame == OBJECT and verb.lemma_ == "claim" and (told is None or told.lemma_ not in _CLAIMED):
        return True  # "the raid claimed 12 lives"
    if frame == OBJECT and told is not None and told.lower_ in _NOTHING:
        return True
    if frame == INFINITIVE and cues.repaired_lemma(verb.lemma_) in _REFUSALS:
        return wish is not None and wish.lemma_ in cues.SILENCE
    return False


def cites_somebody(verb: Token) -> bool:
    """Whether people are cited, not words: "citing a military source", "quoted officials as saying"."""
    target = clauses.child(verb, "dobj")
    if cues.repaired_lemma(verb.lemma_) not in ("cite", "quote") or target is None:
        return False
    return target.lemma_.lower() in UNNAMED_HEADS or target.ent_type_ in ("PERSON", "ORG")


def is_deed(verb: Token, frame: str, source: TokenRange | None) -> bool:
    """Whether a verb of attitude more likely means a deed ("troops attacked the town", "the party disowned him")."""
    lemma = cues.repaired_lemma(verb.lemma_)
    if frame != OBJECT or lemma not in cues.DEEDS | cues.CASTS_OFF:
        return False
    target = clauses.child(verb, "dobj")
    if lemma in cues.CASTS_OFF:
        return target is None or target.lemma_.lower() not in cues.SAID_BEFORE
    if target is None or any(t.ent_type_ in ("GPE", "LOC", "FAC") for t in target.subtree):
        return True
    if source is None:
        return True
    speaker = verb.doc[source[0] : source[1] + 1]
    return not any(t.ent_type_ == "PERSON" or t.lower_ in ("he", "she", "who") for t in speaker)


def attributes_nothing(doc: Doc, cue: TokenRange, source: TokenRange | None, content: list[TokenRange]) -> bool:
    """Whether words marked as a cue, with what was marked as its content, attribute nothing."""
    if source is not None and doc[source[0]].lower_ in _NOBODY and source[0] == source[1]:
        return True
    for verb in (token for token in doc[cue[0] : cue[1] + 1] if token.pos_ in VERBAL):
        known = cues.frames(verb.lemma_)
        if not known:
            continue
        if cites_somebody(verb):
            return True
        for frame in _frames(verb, content):
            kind = known.get(frame, next(iter(known.values())))
            if says_nothing(verb, frame, kind):
                return True
    return False


def _frames(verb: Token, content: list[TokenRange]) -> Iterator[str]:
    """The complement of ``verb`` that holds the content, the most telling first; a refusal's counts anyway."""
    for label, frame in (("ccomp", CLAUSE), ("xcomp", INFINITIVE), ("dobj", OBJECT)):
        found = clauses.child(verb, label)
        refused = frame == INFINITIVE and cues.repaired_lemma(verb.lemma_) in _REFUSALS
        if found is not None and (refused or any(a <= found.i <= b for a, b in content)):
            yield frame
            return
    yield CLAUSE
