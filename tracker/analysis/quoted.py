"""Fits drafts to the quotations of the text: whole quotations as contents, and speakers for those the parse missed."""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right

from spacy.tokens import Doc

from tracker.analysis import clauses, cues
from tracker.analysis.cues import CLAUSE, LABEL
from tracker.analysis.drafts import Draft, TokenRange
from tracker.analysis.segmentation import Paragraph, ParagraphKind, Quotation, paragraphs, quotations
from tracker.analysis.types import Span

_WORD = re.compile(r"\w+")
_SPEECH_WORDS = 4  # a quotation of fewer words is a term in quotation marks unless something attributes it
_REACH = 30  # tokens after a quotation within which its speaker is looked for


class _Fitting:
    """One document's quotations and drafts while they are fitted to each other."""

    def __init__(self, doc: Doc, drafts: list[Draft]) -> None:
        self.doc = doc
        self.text = clauses.text_of(doc)
        self.drafts = drafts
        self.blocks = paragraphs(self.text)
        self.quotes = quotations(self.text)
        self._pieces = [(span, quote) for quote in self.quotes for span in quote.spans]
        self._piece_starts = [span[0] for span, _ in self._pieces]
        self._token_starts = clauses.token_starts(doc)
        self._lengths: dict[int, int] = {}
        self._block_starts = [block.start for block in self.blocks]

    def overlapping(self, span: Span) -> list[Quotation]:
        """The quotations that share a word with ``span``."""
        index = max(0, bisect_right(self._piece_starts, span[0]) - 1)
        found: list[Quotation] = []
        while index < len(self._pieces) and self._piece_starts[index] < span[1]:
            (start, end), quote = self._pieces[index]
            start, end = max(start, span[0]), min(end, span[1])
            is_new = not found or found[-1] is not quote
            if is_new and start < end and _WORD.search(self.text, start, end):
                found.append(quote)
            index += 1
        return found

    def holding(self, at: int) -> Quotation | None:
        """The quotation that ``at`` lies in."""
        index = bisect_right(self._piece_starts, at) - 1
        if index < 0:
            return None
        (start, end), quote = self._pieces[index]
        return quote if start <= at < end else None

    def pieces_within(self, quote: Quotation, span: Span) -> list[Span]:
        """The stretches of ``quote`` that share a character with ``span``."""
        index = max(0, bisect_right(self._piece_starts, span[0]) - 1)
        found = []
        while index < len(self._pieces) and self._piece_starts[index] < span[1]:
            piece, whose = self._pieces[index]
            if whose is quote and piece[1] > span[0]:
                found.append(piece)
            index += 1
        return found

    def token_at(self, at: int) -> int:
        """The index of the first token that starts at or after the character ``at``."""
        return bisect_left(self._token_starts, at)

    def block_of(self, at: int) -> int:
        """The index of the paragraph that ``at`` lies in."""
        return max(0, bisect_right(self._block_starts, at) - 1)

    def words(self, start: int, end: int) -> int:
        """How many words stand between two characters."""
        return sum(1 for _ in _WORD.finditer(self.text, start, end))

    def length(self, quote: Quotation) -> int:
        """How many words are quoted."""
        if quote.start not in self._lengths:
            self._lengths[quote.start] = sum(self.words(start, end) for start, end in quote.spans)
        return self._lengths[quote.start]


def fit(doc: Doc, drafts: list[Draft]) -> list[Draft]:
    """The drafts with whole quotations as contents, new ones for unattributed quotations, and noise left out."""
    fitting = _Fitting(doc, drafts)
    for draft in drafts:
        _skip_dateline(fitting, draft)
        _extend(fitting, draft)
    _attribute_rest(fitting)
    return _kept(fitting)


def _skip_dateline(fitting: _Fitting, draft: Draft) -> None:
    """Let the content start after the dateline of its paragraph: "TORVIK (Agency) — Troops ..."."""
    kept: list[TokenRange] = []
    for a, b in draft.content:
        block = fitting.blocks[fitting.block_of(fitting.doc[a].idx)]
        first = max(a, fitting.token_at(block.lead)) if block.start <= fitting.doc[a].idx < block.lead else a
        kept.extend([(first, b)] if first <= b else [])
    draft.content = kept


def _extend(fitting: _Fitting, draft: Draft) -> None:
    """Let the content take in the whole of each quotation that it touches, but not of the one that holds the cue."""
    doc = fitting.doc
    cue_at = doc[draft.cue[0]].idx if draft.cue else -1
    own = fitting.holding(cue_at) if cue_at >= 0 else None
    for a, b in list(draft.content):
        span = clauses.chars(doc, a, b)
        for quote in fitting.overlapping(span):
            if own is not None and quote.start == own.start:
                _keep_inside(fitting, draft, own)
            elif draft.source is None or fitting.holding(doc[draft.source[0]].idx) is not quote:
                draft.quotes.extend(quote.spans)


def _keep_inside(fitting: _Fitting, draft: Draft, own: Quotation) -> None:
    """A cue inside a quotation attributes nothing outside of it."""
    kept: list[TokenRange] = []
    for a, b in draft.content:
        for start, end in fitting.pieces_within(own, clauses.chars(fitting.doc, a, b)):
            first = max(a, fitting.token_at(start))
            last = min(b, fitting.token_at(end) - 1)
            while last > first and not fitting.doc[last].text[0].isalnum():
                last -= 1
            if first <= last:
                kept.append((first, last))
    draft.content = kept


# --- quotations that no draft holds ---------------------------------------------------------------------------------


def _attribute_rest(fitting: _Fitting) -> None:
    """Give each quotation that no draft holds to the speaker named beside it, or to the quotation before it."""
    holders = _holders(fitting)
    by_cue = {draft.cue[0]: draft for draft in fitting.drafts if draft.cue}
    previous: Quotation | None = None
    for quote in fitting.quotes:
        if quote.start in holders:
            previous = quote
            continue
        if fitting.length(quote) < _SPEECH_WORDS and not _sounds_spoken(fitting, quote):
            continue
        draft = _after(fitting, quote) or _before(fitting, quote)
        same_cue = by_cue.get(draft.cue[0]) if draft is not None and draft.cue else None
        if same_cue is not None:
            same_cue.quotes.extend(quote.spans)
            draft = same_cue
        elif draft is not None:
            fitting.drafts.append(draft)
        else:
            draft = _continued(fitting, quote, previous, holders)
            if draft is None:
                continue
            draft.quotes.extend(quote.spans)
        holders[quote.start] = draft
        previous = quote


def _holders(fitting: _Fitting) -> dict[int, Draft]:
    """By the start of each quotation, the draft whose content it belongs to."""
    holders: dict[int, Draft] = {}
    for draft in fitting.drafts:
        for start, end in draft.content_spans(fitting.doc):
            for quote in fitting.overlapping((start, end)):
                if not (draft.cue and fitting.holding(fitting.doc[draft.cue[0]].idx) is quote):
                    holders.setdefault(quote.start, draft)
    return holders


def _sounds_spoken(fitting: _Fitting, quote: Quotation) -> bool:
    inner = fitting.text[quote.start : quote.end].strip("\"'“”‘’«»")
    before = fitting.text[max(0, quote.start - 3) : quote.start].rstrip()
    whole = (
        inner.endswith((",", "!", "?")) or before.endswith((":", ",")) or (inner[:1].isupper() and inner.endswith("."))
    )
    return whole and fitting.length(quote) >= 1


def _after(fitting: _Fitting, quote: Quotation) -> Draft | None:
    """Find the speaker after a quotation: "...," said A."""
    doc = fitting.doc
    first = fitting.token_at(quote.end)
    block = fitting.blocks[fitting.block_of(quote.end - 1)]
    inner = fitting.text[quote.start : quote.end].rstrip("\"'”’»")
    if inner.endswith(".") or first >= len(doc):
        return None
    limit = min(len(doc), first + _REACH)
    for index in range(first, limit):
        token = doc[index]
        if token.idx >= block.end or (token.text in ".;:" and index > first) or fitting.holding(token.idx) is not None:
            return None
        if token.pos_ == "VERB" and CLAUSE in cues.frames(token.lemma_):
            source = _noun_before(doc, first, index) or _noun_after(fitting, index, block)
            return Draft((index, index), source, [], CLAUSE, 0.75, list(quote.spans))
        if token.pos_ == "VERB" and token.dep_ not in ("amod", "acl"):
            return None
    return None


def _noun_before(doc: Doc, first: int, verb: int) -> TokenRange | None:
    while first < verb and (doc[first].is_punct or doc[first].is_space or doc[first].dep_ == "cc"):
        first += 1
    last = verb - 1
    while last > first and (doc[last].dep_ in ("aux", "advmod") or doc[last].is_punct):
        last -= 1
    return (
        (first, last)
        if first <= last and any(t.pos_ in ("NOUN", "PROPN", "PRON") for t in doc[first : last + 1])
        else None
    )


def _noun_after(fitting: _Fitting, verb: int, block: Paragraph) -> TokenRange | None:
    doc = fitting.doc
    for index in range(verb + 1, min(len(doc), verb + 12)):
        token = doc[index]
        if token.idx >= block.end or token.is_punct:
            return None
        if token.pos_ in ("NOUN", "PROPN", "PRON") and token.dep_ not in ("compound", "poss", "nmod"):
            first, last = clauses.phrase(token)
            return max(first, verb + 1), last
    return None


def _before(fitting: _Fitting, quote: Quotation) -> Draft | None:
    """A said, "..." / A continued: (new paragraph) "..."."""
    doc = fitting.doc
    last = fitting.token_at(quote.start) - 1
    while last >= 0 and doc[last].is_space:
        last -= 1
    if last < 0 or doc[last].text not in (",", ":"):
        return None
    same = fitting.block_of(doc[last].idx) == fitting.block_of(quote.start)
    if not same and (doc[last].text != ":" or fitting.block_of(quote.start) - fitting.block_of(doc[last].idx) > 1):
        return None
    floor = max(doc[last].sent.start, last - _REACH)
    for index in range(last - 1, floor - 1, -1):
        token = doc[index]
        if fitting.holding(token.idx) is not None:
            break
        if token.pos_ == "VERB" and CLAUSE in cues.frames(token.lemma_):
            who = clauses.subject(token)
            source = clauses.phrase(who) if who is not None and who.i < index else None
            if source is not None and source[1] >= index:
                source = (source[0], index - 1)
            return Draft((index, index), source, [], CLAUSE, 0.75, list(quote.spans))
    return _colon(doc, floor, last, quote) if doc[last].text == ":" else None


def _colon(doc: Doc, first: int, colon: int, quote: Quotation) -> Draft | None:
    """A: "..."."""
    while first < colon and doc[first].is_space:
        first += 1
    if not 1 <= colon - first <= 8 or not any(t.pos_ == "PROPN" for t in doc[first:colon]):
        return None
    return Draft((colon, colon), (first, colon - 1), [], CLAUSE, 0.6, list(quote.spans))


def _continued(
    fitting: _Fitting, quote: Quotation, previous: Quotation | None, holders: dict[int, Draft]
) -> Draft | None:
    """The draft whose quotation goes on: in the same paragraph, with nothing but its own sentence's rest between."""
    if previous is None or previous.start not in holders:
        return None
    draft = holders[previous.start]
    block = fitting.block_of(quote.start)
    if fitting.block_of(previous.end - 1) != block:
        return None
    cue = fitting.doc[draft.cue[0]] if draft.cue else None
    between = fitting.text[previous.end : quote.start]
    if not _WORD.search(between):
        return draft
    if cue is None or not previous.end <= cue.idx < quote.start:
        return None
    rest = fitting.text[cue.sent.end_char : quote.start] if cue.sent.end_char < quote.start else ""
    return (
        draft
        if not _WORD.search(rest) and between.rstrip().endswith((".", ",", ":", ";", "—", "–", "!", "?"))
        else None
    )


# --- noise ----------------------------------------------------------------------------------------------------------


def _kept(fitting: _Fitting) -> list[Draft]:
    """Leave out drafts without content, drafts inside a quotation of nobody, and nested ones that add only noise."""
    holders = _holders(fitting)
    doc = fitting.doc
    contents = sorted((start, end, id(draft)) for draft in fitting.drafts for start, end in draft.content_spans(doc))
    reach = _running_reach(contents)
    kept = []
    for draft in fitting.drafts:
        if not draft.content_spans(doc):
            continue
        at = doc[draft.cue[0]].idx if draft.cue else -1
        if at >= 0 and fitting.blocks[fitting.block_of(at)].kind is ParagraphKind.CREDIT:
            continue  # "Additional reporting by A"
        if draft.frame == LABEL:
            kept.append(draft)
            continue
        quote = fitting.holding(at)
        if quote is not None and quote.start not in holders and fitting.length(quote) >= _SPEECH_WORDS:
            continue
        if draft.frame != CLAUSE and _is_nested(at, contents, reach, id(draft)):
            continue
        kept.append(draft)
    return kept


_Reach = tuple[tuple[int, int], tuple[int, int]]  # the two furthest ends of two drafts, each with its draft


def _running_reach(contents: list[tuple[int, int, int]]) -> list[_Reach]:
    """How far the contents up to each one reach: the furthest end, and the furthest one of any other draft."""
    reach: list[_Reach] = []
    best, second = (-1, 0), (-1, 0)
    for _, end, who in contents:
        if who == best[1]:
            best = max(best, (end, who))
        elif end > best[0]:
            best, second = (end, who), best
        else:
            second = max(second, (end, who))
        reach.append((best, second))
    return reach


def _is_nested(at: int, contents: list[tuple[int, int, int]], reach: list[_Reach], own: int) -> bool:
    """Whether ``at`` lies in the content of a draft other than ``own``."""
    index = bisect_right(contents, at, key=_content_start) - 1
    return index >= 0 and any(end > at and who != own for end, who in reach[index])


def _content_start(content: tuple[int, int, int]) -> int:
    return content[0]
