"""Whether a statement is hedged: by a word that governs the cue or the main verb of the content, and no other.

"The army may have shelled the town" is hedged; "six mortar rounds, apparently fired from the hills, struck the market"
asserts that they struck, and "the clinic could not cope" that it did not.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from spacy.tokens import Token

from tracker.analysis import clauses
from tracker.analysis.measures import word_set

_ADVERBS = word_set(
    "possibly apparently reportedly perhaps probably allegedly likely maybe seemingly presumably purportedly"
)
_AUXILIARIES = word_set("may might could")
_ADJECTIVES = word_set("likely possible probable conceivable plausible")
_SEEMING = word_set("seem appear")
# With these, and wherever it is negated, "could" tells what somebody was able to do.
_ABILITIES = word_set("""
    see hear feel smell watch reach cross walk leave move find get count afford sleep breathe speak stand recognise
    recognize remember tell
    """)
_BARELY = word_set("no never not n't longer only barely hardly scarcely just neither nor finally still")
_NOBODY = word_set("nobody none nothing neither")
_VERBAL = ("VERB", "AUX")


def hedge_of(cue: Sequence[Token], content: Sequence[Token]) -> Token | None:
    """The word that hedges the statement with these words of cue and content; ``None`` where it is asserted."""
    for token in cue:
        found = next((c for c in token.children if _hedges_verb(c, token) and c.lower_ != "could"), None)
        if found is not None:
            return found
    main = _main(content)
    return next(_hedges(main, {token.i for token in content}), None) if main is not None else None


def _main(content: Sequence[Token]) -> Token | None:
    """The word that all of the content's first clause hangs on."""
    inside = {token.i for token in content}
    tops = [t for t in content if not t.is_punct and not t.is_space and (t.head.i not in inside or t.head == t)]
    verbs = [t for t in tops if t.pos_ in _VERBAL and t.dep_ not in ("aux", "auxpass")]
    return next(iter(verbs or tops), None)


def _hedges(main: Token, inside: set[int]) -> Iterator[Token]:
    for c in main.children:
        if c.i in inside and _hedges_verb(c, main):
            yield c
    if main.pos_ not in _VERBAL:
        yield from (t for c in main.children if c.i in inside for t in c.children if t.lower_ in _ADVERBS)
        return
    if main.lemma_.lower() in _SEEMING and clauses.child(main, "xcomp", "ccomp", "acomp", "oprd", "attr") is not None:
        yield main
    complement = clauses.child(main, "acomp")
    if complement is not None and complement.lower_ in _ADJECTIVES:
        yield complement
    # "perhaps 50 people were dead": the adverb hangs on the number of the subject that opens the clause.
    subject = clauses.child(main, "nsubj", "nsubjpass")
    if subject is not None:
        first = subject.left_edge
        if first.lower_ in ("perhaps", "maybe") and first.i in inside:
            yield first


def _hedges_verb(word: Token, verb: Token) -> bool:
    if word.dep_ in ("aux", "auxpass") and word.lower_ in _AUXILIARIES:
        return word.lower_ != "could" or not _is_ability(verb)
    if word.lower_ not in _ADVERBS or word.dep_ not in ("advmod", "npadvmod", "acomp", "dep"):
        return False
    return not _opens_modifier(word, verb)


def _opens_modifier(word: Token, verb: Token) -> bool:
    """Whether the adverb goes with a participle set off by commas, whatever the parser hung it on."""
    if word.i == 0 or word.i > verb.i or word.nbor(-1).text not in (",", "–", "—", "("):
        return False
    following = word.nbor(1)
    if following != verb:
        return following.tag_ in ("VBN", "VBG", "JJ", "IN")
    # "Six shells, apparently fired from the hills, struck the square": read as two verbs of one subject.
    going_on = (c for c in verb.children if c.dep_ == "conj" and c.i > verb.i and c.nbor(-1).text == ",")
    return clauses.child(verb, "cc") is None and any(clauses.own_subject(c) is None for c in going_on)


def _is_ability(verb: Token) -> bool:
    """Whether "could" before ``verb`` tells of an ability ("could not cope", "could see smoke"), not of a chance."""
    if any(c.lower_ in _BARELY for c in verb.children if c.i < verb.i):
        return True
    who = clauses.child(verb, "nsubj", "nsubjpass")
    if who is not None and (who.lower_ in _NOBODY or any(c.lower_ in ("no", "neither") for c in who.children)):
        return True
    done = any(c.lower_ in ("have", "be") and c.dep_ in ("aux", "auxpass") for c in verb.children)
    return verb.lemma_.lower() in _ABILITIES and not (done and verb.lemma_.lower() not in ("see", "hear", "feel"))
