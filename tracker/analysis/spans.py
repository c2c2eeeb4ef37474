"""The span finder: the one component that decides which words are source, cue and content.

It is replaceable: whatever offers ``find`` can stand in for the rules (a trained model, say). All that comes after it
(resolution, polarity, modality, quantities) works from the spans alone.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from spacy.tokens import Doc

from tracker.analysis.types import Span


@dataclass(frozen=True, slots=True)
class Attribution:
    """One attribution as raw spans, in characters of the document; nothing in it is resolved or judged.

    ``source`` is empty where the text names none. ``parent`` is the index, in the same list, of the attribution whose
    content this one's cue stands in.
    """

    source: tuple[Span, ...]
    cue: tuple[Span, ...]
    content: tuple[Span, ...]
    parent: int | None = None
    confidence: float = 1.0

    @property
    def start(self) -> int:
        """Where its first word stands."""
        return min(start for start, _ in (*self.source, *self.cue, *self.content))


class SpanFinder(Protocol):
    """Finds the attributions of a parsed document."""

    def find(self, doc: Doc) -> list[Attribution]:
        """The attributions of ``doc`` in the text's order, each with content, parents set."""
        ...
