"""Questions about the dependency tree: who is the subject of a verb, what belongs to its clause."""

from __future__ import annotations

from bisect import bisect_left, bisect_right

from spacy.tokens import Doc, Token
from spacy.tokens import Span as Phrase

from tracker.analysis.types import Span

_SUBJECTS = frozenset({"nsubj", "csubj"})
_PASSIVE_SUBJECTS = frozenset({"nsubjpass", "csubjpass"})
_STARTS = "tracker.token_starts"
_TEXT = "tracker.text"
_OPENERS = frozenset({"cc", "mark"})
_EDGE_PUNCTUATION = frozenset(".,;:—–-…")


def child(token: Token, *labels: str) -> Token | None:
    """The first child of ``token`` that has one of the dependency labels."""
    return next((c for c in token.children if c.dep_ in labels), None)


def is_passive(verb: Token) -> bool:
    """Whether ``verb`` is in the passive voice, participles after a noun ("a claim denied by A") included."""
    if any(c.dep_ in ("nsubjpass", "auxpass", "agent") for c in verb.children):
        return own_subject(verb) is None  # "A said by phone" has no agent in "phone"
    return verb.tag_ == "VBN" and verb.dep_ == "acl"


def own_subject(verb: Token) -> Token | None:
    """The subject among the children of ``verb``."""
    return child(verb, *_SUBJECTS)


def passive_subject(verb: Token) -> Token | None:
    """What the passive verb is about: its subject, or the noun that the participle modifies."""
    found = child(verb, *_PASSIVE_SUBJECTS)
    if found is None and verb.dep_ == "acl":
        return verb.head
    return found


def agent(verb: Token) -> Token | None:
    """Who acts in a passive clause: the noun after "by"."""
    by = child(verb, "agent")
    if by is None:
        by = next((c for c in verb.children if c.dep_ == "prep" and c.lower_ == "by"), None)
    return child(by, "pobj") if by is not None else None


def subject(verb: Token) -> Token | None:
    """Who does what ``verb`` says, own subject or inherited from the clause that it hangs on; ``None`` if unknown."""
    seen = 0
    while seen < 8:
        seen += 1
        found = own_subject(verb)
        if found is not None:
            return found
        if child(verb, *_PASSIVE_SUBJECTS) is not None:
            return child(verb, *_PASSIVE_SUBJECTS) if seen > 1 else None
        if verb.dep_ == "conj" and verb.head.pos_ in ("VERB", "AUX"):
            verb = verb.head
        elif verb.dep_ == "xcomp":
            controlled = child(verb.head, "dobj", "dative")
            if controlled is not None and controlled.i < verb.i:
                return controlled
            verb = verb.head
        elif verb.dep_ == "pcomp" and verb.head.lower_ == "as" and _quoted_person(verb.head.head) is not None:
            return _quoted_person(verb.head.head)
        elif verb.dep_ in ("advcl", "dep", "pcomp") and verb.tag_ in ("VBG", "VBN", "VB"):
            head = verb.head
            while head.pos_ not in ("VERB", "AUX") and head.head != head:
                head = head.head
            if head.pos_ not in ("VERB", "AUX") or head == verb:
                return None
            verb = head
        elif verb.dep_ == "acl" and verb.tag_ == "VBG":
            return verb.head
        else:
            return None
    return None


def _quoted_person(verb: Token) -> Token | None:
    """Whose words are quoted: N in "quoted N as saying", "N was quoted as saying"."""
    if verb.lemma_ not in ("quote", "cite"):
        return None
    return child(verb, "dobj", "nsubjpass")


def chars(doc: Doc, first: int, last: int) -> Span:
    """The characters of the tokens ``first`` to ``last`` (inclusive)."""
    end = doc[last]
    return doc[first].idx, end.idx + len(end.text)


def phrase(token: Token) -> tuple[int, int]:
    """The first and last token (inclusive) of all that hangs on ``token``, without punctuation at its edges."""
    return trimmed(token.doc, token.left_edge.i, token.right_edge.i)


def trimmed(doc: Doc, first: int, last: int) -> tuple[int, int]:
    """The token range without blanks, commas and the like at its edges."""
    while first < last and (doc[first].is_space or doc[first].text in _EDGE_PUNCTUATION):
        first += 1
    while last > first and (doc[last].is_space or doc[last].text in _EDGE_PUNCTUATION or doc[last].tag_ == "CC"):
        last -= 1
    return first, last


def is_negated(verb: Token) -> bool:
    """Whether ``verb`` itself is negated ("did not say", "never said", "no one said")."""
    if any(c.dep_ == "neg" or c.lower_ in ("never", "neither", "nor") for c in verb.children):
        return True
    if verb.dep_ == "conj" and any(c.lower_ == "nor" and c.i < verb.i for c in verb.head.children):
        return True
    who = own_subject(verb)
    return who is not None and (
        who.lower_ in ("nobody", "none", "nothing") or any(c.lower_ == "no" for c in who.children)
    )


def clause_start(verb: Token) -> int:
    """The first token of the clause of ``verb``, without a conjunction that opens it ("But", "And")."""
    first = verb.left_edge.i
    doc = verb.doc
    while first < verb.i and ((doc[first].dep_ in _OPENERS and doc[first].head == verb) or doc[first].is_space):
        first += 1
    return first


def entities(phrase: Phrase) -> list[Phrase]:
    """The named entities that lie wholly in ``phrase`` (``Span.ents`` goes through the whole document each time)."""
    doc = phrase.doc
    found = []
    start = -1
    for index in range(phrase.start, phrase.end + 1):
        inside = index < len(doc) and doc[index].ent_iob_ == "I"
        if start >= 0 and not inside:
            found.append(Phrase(doc, start, index, label=doc[start].ent_type))
            start = -1
        if index < phrase.end and doc[index].ent_iob_ == "B":
            start = index
        if start >= 0 and index == phrase.end and inside:
            start = -1
    return found


def text_of(doc: Doc) -> str:
    """The document's text, put together once: ``Doc.text`` does so anew at every access."""
    known: str | None = doc.user_data.get(_TEXT)
    if known is None:
        known = doc.user_data[_TEXT] = doc.text
    return known


def token_starts(doc: Doc) -> list[int]:
    """Where each token starts, in characters; worked out once a document."""
    known: list[int] | None = doc.user_data.get(_STARTS)
    if known is None or len(known) != len(doc):
        known = [token.idx for token in doc]
        doc.user_data[_STARTS] = known
    return known


def piece(doc: Doc, start: int, end: int) -> Phrase:
    """The tokens that have a character between ``start`` and ``end``; empty where there is none.

    ``Doc.char_span`` looks for the token of a character again each time, and fails on some merged documents.
    """
    starts = token_starts(doc)
    first = max(0, bisect_right(starts, start) - 1)
    last = bisect_left(starts, end)
    while first < last and starts[first] + len(doc[first].text) <= start:
        first += 1
    return doc[first : max(first, last)]
