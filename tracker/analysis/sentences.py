"""Where sentences and paragraphs start and end, by punctuation and line breaks alone: fast, and good on any input."""

from __future__ import annotations

import re
from bisect import bisect_right
from functools import lru_cache

from tracker.analysis.types import Span

# The end of a sentence, or of a line: headings, captions and paragraphs are lines of their own in extracted text.
_BREAK = re.compile(r"[.!?][\"'”’)]*(?=\s+[\"'“‘(\[]*[A-Z0-9])|;|\n+")
_ABBREVIATION = re.compile(
    r"(?:\b(?:[A-Z]|Mr|Mrs|Ms|Dr|Gen|Col|Lt|Maj|Capt|Sgt|Gov|Sen|Rep|St|No|Jan|Feb|Aug|Sept|Oct|Nov|Dec)|\.[A-Za-z])$"
)


@lru_cache(maxsize=8)
def sentences(text: str) -> tuple[Span, ...]:
    """Return the ``[start, end)`` of each sentence in order. Together they leave out only blanks."""
    out, start = [], 0
    for match in _BREAK.finditer(text):
        if match.group().startswith(".") and _ABBREVIATION.search(text[max(0, match.start() - 6) : match.start()]):
            continue
        out.append((start, match.end()))
        start = match.end()
    out.append((start, len(text)))
    return tuple((a, b) for a, b in out if text[a:b].strip())


@lru_cache(maxsize=8)
def paragraphs(text: str) -> tuple[Span, ...]:
    """Return the ``[start, end)`` of each line that is not blank."""
    out, start = [], 0
    for line in text.split("\n"):
        if line.strip():
            out.append((start, start + len(line)))
        start += len(line) + 1
    return tuple(out)


def around(spans: tuple[Span, ...], position: int) -> Span:
    """Return the span that holds the position, else the last one before it, else ``(0, 0)``."""
    following = bisect_right(spans, position, key=_start)
    return spans[following - 1] if following else (0, 0)


def _start(span: Span) -> int:
    return span[0]
