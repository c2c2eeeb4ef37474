"""The trained span finder: the network's attributions, whole quotations, and what only the rules find.

The corpus that the network learnt from has no attribution inside another one and few denials that point back ("a claim
that A denied"). Both are added from the rules where the network has nothing of its own, and so are the few other finds
that a rule is sure of.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

from spacy.tokens import Doc

from tracker.analysis import clauses, labelled, quoted, reach
from tracker.analysis.cues import CLAUSE
from tracker.analysis.drafts import Draft, TokenRange
from tracker.analysis.nesting import Spans, in_order
from tracker.analysis.neural_decoding import Found, Weights, decode
from tracker.analysis.neural_features import View, tokens_of, view
from tracker.analysis.neural_network import Network, shared
from tracker.analysis.neural_reading import links
from tracker.analysis.polarity import cue_tokens, polarity
from tracker.analysis.rules import RuleSpanFinder
from tracker.analysis.spans import Attribution, SpanFinder
from tracker.analysis.types import Polarity, Span
from tracker.analysis.unsaid import attributes_nothing

# Fitted on the development split by `training.attribution.calibrate`; see the model card.
WEIGHTS = Weights(
    constant=-7.343, valid=0.299, likely=0.925, content=4.992, source=2.11, sourceless=0.921, threshold=0.44
)
_NESTED_RULE = 0.6  # how sure a rule has to be of an attribution inside another one
_LONE_RULE = 0.7  # … and of one of which the network has nothing
_LONE_CONFIDENCE = 0.5  # half of those are right (development split)
_EDGES = " \t\r\n\xa0.,;:\"'“”‘’`"
_ABBREVIATED = re.compile(r"\b(?:(?:\w\.){2,}|(?:Jr|Sr|Inc|Ltd|Co|Corp|St|No)\.)$")


class NeuralSpanFinder:
    """Finds attributions with the trained network, and nested ones and denials that point back with the rules."""

    def __init__(
        self, network: Network | None = None, *, weights: Weights = WEIGHTS, rules: SpanFinder | None = None
    ) -> None:
        self._network = network or shared()
        self._weights = weights
        self._rules = rules or RuleSpanFinder()

    def find(self, doc: Doc) -> list[Attribution]:
        """The attributions of ``doc`` in the text's order, parents set."""
        found = self.top_level(doc)
        found.extend(self._from_rules(doc, found))
        return in_order(_parted(doc, found))

    def top_level(self, doc: Doc) -> list[Attribution]:
        """What the network finds, fitted to the quotations of the text, no parents set."""
        text = clauses.text_of(doc)
        seen = view(text, tokens_of(doc), *self._network.pieces(text))
        decoded = decode(links(self._network, seen), self._weights)
        drafts = labelled.find(doc)
        named = {draft.source for draft in drafts}
        drafts += [
            draft
            for each in decoded
            if (draft := _draft(doc, text, seen, each)) is not None and draft.source not in named
        ]
        found = [draft.attribution(doc) for draft in quoted.fit(doc, drafts)]
        return [each for each in found if each.content]

    def _from_rules(self, doc: Doc, found: list[Attribution]) -> Iterator[Attribution]:
        """Nested attributions, and denials and sure finds of which the network has nothing."""
        cues = Spans((*span, index) for index, each in enumerate(found) for span in each.cue)
        contents = Spans((*span, index) for index, each in enumerate(found) for span in each.content)
        for each in self._rules.find(doc):
            if not each.cue or any(True for span in each.cue for _ in cues.touching(span)):
                continue
            holders = {index for _, _, index in contents.holding(each.cue[0])}
            if holders:
                inside = all(holders & {index for _, _, index in contents.holding(span)} for span in each.content)
                if inside and each.confidence >= _NESTED_RULE:
                    yield each
            elif not any(True for span in each.content for _ in contents.touching(span)):
                denies = polarity(cue_tokens(doc, each))[0] is Polarity.DENIES
                if denies or not each.source or each.confidence >= _LONE_RULE:
                    yield replace(each, confidence=min(each.confidence, _LONE_CONFIDENCE))


def _draft(doc: Doc, text: str, seen: View, found: Found) -> Draft | None:
    """The network's find in tokens; none where it attributes nothing."""
    pieces = (_tokens(doc, trimmed(text, seen.characters(*piece))) for piece in found.content)
    content = [piece for piece in pieces if piece is not None]
    source = _tokens(doc, trimmed(text, seen.characters(*found.source))) if found.source else None
    cue = _tokens(doc, seen.characters(*found.cue))
    if not content or cue is None or attributes_nothing(doc, cue, source, content):
        return None
    cue, content = reach.with_feeling(doc, cue, content)
    refuted = reach.refuted(doc, cue, content)
    content = [refuted] if refuted is not None else [_reported(doc, *piece) for piece in content]
    return Draft(cue, source, content, CLAUSE, found.confidence)


def _parted(doc: Doc, found: list[Attribution]) -> list[Attribution]:
    """The finds, each content ending where its own source goes on to say something else: "said P and felt Q"."""
    by_source: dict[tuple[Span, ...], list[Span]] = {}
    for each in found:
        if each.source and each.cue:
            by_source.setdefault(each.source, []).append(each.cue[0])
    parted = []
    for each in found:
        content = each.content
        for cue in by_source.get(each.source, ()):
            content = tuple(_before_cue(doc, piece, cue) for piece in content)
        parted.append(replace(each, content=content))
    return parted


def _before_cue(doc: Doc, content: Span, cue: Span) -> Span:
    """The content up to the conjunction before ``cue``, where the cue goes on with the clause that it stands in."""
    if not content[0] < cue[0] < content[1]:
        return content
    token = clauses.piece(doc, *cue)[0]
    first = clauses.piece(doc, *content).start
    if token.dep_ != "conj":
        return content
    last = token.i - 1
    while last > first and (doc[last].dep_ in ("cc", "advmod", "aux") or doc[last].is_punct):
        last -= 1
    return content[0], clauses.chars(doc, first, last)[1]


def _tokens(doc: Doc, span: Span) -> TokenRange | None:
    """The first and last token of a span of characters."""
    piece = clauses.piece(doc, *span)
    return (piece.start, piece.end - 1) if span[0] < span[1] and len(piece) else None


def _reported(doc: Doc, first: int, last: int) -> TokenRange:
    """The piece of a content without what points back to it, and without the writer's remark after a dash."""
    head = doc[first : last + 1].root
    return first, reach.before_remark(head, reach.before_pointer(head, first, last))


def trimmed(text: str, span: Span) -> Span:
    """The span without blanks, quotation marks and end punctuation at its edges, an abbreviation's stop excepted."""
    start, end = span
    while start < end and text[start] in _EDGES:
        start += 1
    while end > start and text[end - 1] in _EDGES and not _ABBREVIATED.search(text, max(start, end - 8), end):
        end -= 1
    return start, end
