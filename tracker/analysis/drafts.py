"""A proposed attribution in tokens, before its spans are fixed in characters."""

from __future__ import annotations

from dataclasses import dataclass, field

from spacy.tokens import Doc

from tracker.analysis import clauses
from tracker.analysis.spans import Attribution
from tracker.analysis.types import Span

TokenRange = tuple[int, int]
"""The first and last token, both inclusive."""


@dataclass(slots=True)
class Draft:
    """One attribution that a rule proposes. ``quotes`` are stretches of its content in characters."""

    cue: TokenRange | None
    source: TokenRange | None
    content: list[TokenRange]
    frame: str
    confidence: float
    quotes: list[Span] = field(default_factory=list)

    def content_spans(self, doc: Doc) -> list[Span]:
        """The content in characters, quotations joined in, in order and without overlaps."""
        spans = sorted([*(clauses.chars(doc, a, b) for a, b in self.content), *self.quotes])
        merged: list[Span] = []
        for start, end in spans:
            if merged and start <= merged[-1][1]:
                merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
            elif start < end:
                merged.append((start, end))
        return merged

    def attribution(self, doc: Doc) -> Attribution:
        """The draft as spans, no parent set."""
        return Attribution(
            source=(clauses.chars(doc, *self.source),) if self.source else (),
            cue=(clauses.chars(doc, *self.cue),) if self.cue else (),
            content=tuple(self.content_spans(doc)),
            confidence=self.confidence,
        )
