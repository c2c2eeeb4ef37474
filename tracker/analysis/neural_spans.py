"""The trained span finder: the network's attributions, whole quotations, and what only the rules find.

The corpus that the network learnt from has no attribution inside another one and few denials that point back ("a claim
that A denied"). Both are added from the rules where the network has nothing of its own, and so are the few other finds
that a rule is sure of.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import accumulate

from spacy.tokens import Doc

from tracker.analysis.neural_decoding import Found, Weights, decode
from tracker.analysis.neural_features import View, quoted_spans, tokens_of, view
from tracker.analysis.neural_network import Network, shared
from tracker.analysis.neural_reading import links
from tracker.analysis.polarity import cue_tokens, polarity
from tracker.analysis.rules import RuleSpanFinder
from tracker.analysis.spans import Attribution, SpanFinder
from tracker.analysis.types import Polarity, Span

# Fitted on the development split by `training.attribution.calibrate`; see the model card.
WEIGHTS = Weights(
    constant=-7.659, valid=0.208, likely=1.691, content=4.679, source=2.459, sourceless=1.204, threshold=0.36
)
_NESTED_RULE = 0.6  # how sure a rule has to be of an attribution inside another one
_LONE_RULE = 0.7  # … and of one of which the network has nothing
_LONE_CONFIDENCE = 0.5  # half of those are right (development split)
_EDGES = " \t\r\n\xa0.,;:\"'“”‘’`"
_ABBREVIATED = re.compile(r"\b(?:(?:\w\.){2,}|(?:Jr|Sr|Inc|Ltd|Co|Corp|St|No)\.)$")
_EDGE = 2  # characters that a content may share with a quotation without reaching into it


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
        return _in_order(found)

    def top_level(self, doc: Doc) -> list[Attribution]:
        """What the network finds, no parents set."""
        seen = view(doc.text, tokens_of(doc), *self._network.pieces(doc.text))
        decoded = decode(links(self._network, seen), self._weights)
        found = [_attribution(doc.text, seen, each) for each in decoded]
        return whole_quotations(doc.text, [each for each in found if each.content], quoted_spans(doc.text))

    def _from_rules(self, doc: Doc, found: list[Attribution]) -> Iterator[Attribution]:
        """Nested attributions, and denials and sure finds of which the network has nothing."""
        cues = _Spans((*span, index) for index, each in enumerate(found) for span in each.cue)
        contents = _Spans((*span, index) for index, each in enumerate(found) for span in each.content)
        for each in self._rules.find(doc):
            if not each.cue or any(True for span in each.cue for _ in cues.touching(span)):
                continue
            holders = {index for _, _, index in contents.holding(each.cue[0])}
            if holders:
                inside = all(holders & {index for _, _, index in contents.holding(span)} for span in each.content)
                if inside and each.confidence >= _NESTED_RULE:
                    yield each
            elif each.source and not any(True for span in each.content for _ in contents.touching(span)):
                denies = polarity(cue_tokens(doc, each))[0] is Polarity.DENIES
                if denies or each.confidence >= _LONE_RULE:
                    yield replace(each, confidence=min(each.confidence, _LONE_CONFIDENCE))


def _attribution(text: str, seen: View, found: Found) -> Attribution:
    contents = (trimmed(text, seen.characters(*piece)) for piece in found.content)
    source = trimmed(text, seen.characters(*found.source)) if found.source else (0, 0)
    return Attribution(
        source=(source,) if source[0] < source[1] else (),
        cue=(seen.characters(*found.cue),),
        content=tuple(piece for piece in contents if piece[0] < piece[1]),
        confidence=found.confidence,
    )


def trimmed(text: str, span: Span) -> Span:
    """The span without blanks, quotation marks and end punctuation at its edges, an abbreviation's stop excepted."""
    start, end = span
    while start < end and text[start] in _EDGES:
        start += 1
    while end > start and text[end - 1] in _EDGES and not _ABBREVIATED.search(text, max(start, end - 8), end):
        end -= 1
    return start, end


def whole_quotations(text: str, found: list[Attribution], quotations: Sequence[Span]) -> list[Attribution]:
    """The attributions with every quotation that their content reaches into taken in whole.

    A quotation that holds the cue, or that another attribution's content has a part of, is left as it is.
    """
    claimed = _Spans((*span, index) for index, each in enumerate(found) for span in each.content)
    taken: dict[int, list[Span]] = {}
    for quotation in quotations:
        holders = {index for start, end, index in claimed.touching(quotation) if _shared((start, end), quotation)}
        if len(holders) != 1:
            continue
        holder = holders.pop()
        if not any(quotation[0] <= start < quotation[1] for start, _ in found[holder].cue):
            taken.setdefault(holder, []).append(quotation)
    return [
        replace(each, content=_with(text, each.content, taken[index])) if index in taken else each
        for index, each in enumerate(found)
    ]


def _inner(text: str, quotation: Span) -> Span:
    """The words between the marks."""
    return trimmed(text, (quotation[0] + 1, quotation[1] - 1))


def _shared(span: Span, quotation: Span) -> bool:
    """Whether the two share more than the mark and a comma."""
    return min(span[1], quotation[1]) - max(span[0], quotation[0]) > _EDGE


def _with(text: str, content: tuple[Span, ...], quotations: list[Span]) -> tuple[Span, ...]:
    """The pieces, each grown to the ends of the quotations it shares a word with; pieces that then touch become one."""
    pieces = []
    for start, end in content:
        reached = [quotation for quotation in quotations if _shared((start, end), quotation)]
        # An edge outside of the quotation stays; one inside moves to just within the marks.
        pieces.append(
            (
                min(start, *(_inner(text, quotation)[0] for quotation in reached)),
                max(end, *(_inner(text, quotation)[1] for quotation in reached)),
            )
            if reached
            else (start, end)
        )
    merged: list[Span] = []
    for start, end in sorted(pieces):
        if merged and start <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        else:
            merged.append((start, end))
    return tuple(merged)


def _in_order(found: list[Attribution]) -> list[Attribution]:
    """In the text's order, each with the innermost one whose content its cue stands in as its parent."""
    order = sorted(found, key=lambda each: (each.start, each.cue, each.content))
    contents = _Spans((*span, index) for index, each in enumerate(order) for span in each.content)
    return [replace(each, parent=_parent(index, order, contents)) for index, each in enumerate(order)]


def _parent(own: int, order: list[Attribution], contents: _Spans) -> int | None:
    """The smallest attribution around the cue of ``own``. It is larger than ``own``, so that no circle can arise."""
    if not order[own].cue:
        return None
    around = [
        (size, other)
        for _, _, other in contents.holding(order[own].cue[0])
        if other != own and (size := _size(order[other])) > _size(order[own])
    ]
    return min(around)[1] if around else None


def _size(attribution: Attribution) -> int:
    return sum(end - start for start, end in attribution.content)


class _Spans:
    """Spans with the index of what they belong to, for finding those around or at a place without looking at all."""

    def __init__(self, spans: Iterable[tuple[int, int, int]]) -> None:
        self._spans = sorted(spans)
        self._starts = [start for start, _, _ in self._spans]
        self._reach = list(accumulate((end for _, end, _ in self._spans), max))

    def touching(self, span: Span) -> Iterator[tuple[int, int, int]]:
        """Those that share a character with ``span``."""
        at = bisect_left(self._starts, span[1]) - 1
        while at >= 0 and self._reach[at] > span[0]:
            if self._spans[at][1] > span[0]:
                yield self._spans[at]
            at -= 1

    def holding(self, span: Span) -> Iterator[tuple[int, int, int]]:
        """Those that ``span`` lies in."""
        return (each for each in self.touching(span) if each[0] <= span[0] and span[1] <= each[1])
