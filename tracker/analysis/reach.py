"""How far a content reaches: what follows it in the same clause and is the writer's own."""

from __future__ import annotations

from spacy.tokens import Doc, Token

from tracker.analysis import clauses, cues, polarity
from tracker.analysis.cues import CueClass
from tracker.analysis.drafts import TokenRange

EXPRESSING = ("express", "voice", "convey")
_DASHES = frozenset({"–", "—", "--"})


def before_pointer(complement: Token, first: int, last: int) -> int:
    """The last token of a content without an apposition that takes all of it up: ", a claim denied by B"."""
    for token in complement.doc[first : last + 1]:
        if token.dep_ in ("appos", "npadvmod", "conj", "dobj", "attr") and token.lower_ in cues.SAID_BEFORE:
            start = token.left_edge.i
            is_judged = any(c.dep_ in ("acl", "relcl") for c in token.children)
            if is_judged and start > first and token.doc[start - 1].text in (",", "–", "—"):
                return start - 2
    return last


def before_remark(complement: Token, last: int) -> int:
    """The last token without what the writer adds after a dash: "… until the vote – effectively rejecting it"."""
    doc = complement.doc
    for c in complement.children:
        if c.text in _DASHES and c.i > complement.i:
            after = [d for d in complement.children if d.i > c.i and d.dep_ == "advcl" and d.tag_ == "VBG"]
            if after and not any(t.text in _DASHES for t in doc[c.i + 1 : last + 1]):
                return c.i - 1
    return last


def announced(noun: Token) -> TokenRange | None:
    """The clause that a noun of speech announces: P of "reports that P"."""
    if noun.lemma_.lower() not in cues.SAID_BEFORE:
        return None
    for c in noun.children:
        if (
            c.i > noun.i
            and c.dep_ in ("acl", "ccomp", "relcl")
            and any(m.lower_ == "that" and m.dep_ == "mark" for m in c.children)
        ):
            return clauses.trimmed(noun.doc, c.left_edge.i, c.right_edge.i)
    return None


def refuted(doc: Doc, cue: TokenRange, content: list[TokenRange]) -> TokenRange | None:
    """What a denial is about, where the content names it by a noun: P of "denied reports that P", "said P was false".

    ``None`` where the content is no such noun.
    """
    for verb in doc[cue[0] : cue[1] + 1]:
        called = polarity.says_false(verb) if verb.pos_ == "VERB" else None
        if called is not None and called[0].i > verb.i:
            return announced(called[0]) or clauses.phrase(called[0])
        if cues.cue_class(verb.lemma_) is CueClass.DENIAL and len(content) == 1:
            return announced(doc[content[0][0] : content[0][1] + 1].root)
    return None


def with_feeling(doc: Doc, cue: TokenRange, content: list[TokenRange]) -> tuple[TokenRange, list[TokenRange]]:
    """Cue and content with the feeling in the content: "expressed" and "concern for N", not "for N"."""
    for verb in doc[cue[0] : cue[1] + 1]:
        felt = clauses.child(verb, "dobj") if verb.lemma_ in EXPRESSING else None
        if felt is not None and verb.i < felt.left_edge.i and felt.i <= cue[1] < content[0][1]:
            first = felt.left_edge.i
            return (cue[0], first - 1), [(first, content[0][1]), *content[1:]]
    return cue, content
