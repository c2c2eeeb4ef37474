"""Where the paragraphs of a text lie, which of them are headings or credits, and which stretches are quoted.

Works on characters alone, so that it holds for any text: no parse is needed and nothing here can fail.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from itertools import zip_longest

from tracker.analysis.types import Span

# What a sentence may end with, a closing mark or bracket after it included.
_TERMINAL = re.compile(r"""[.!?…:;]["'”’»)\]]*\s*$""")
_CREDIT = re.compile(
    r"""^\W*(?:
        (?:(?:additional\ )?reporting|writing|editing|compiled|written|photo(?:s|graphs?)?|pictures?|by)\s*(?:by\b|:)
        |by\ [A-Z][\w.'’-]+(?:\ [A-Z][\w.'’-]+){1,3}\W*$
        |[–—-]{1,2}\s*\w[\w/., &-]{1,40}$
        |.{3,300}\bcontributed\ (?:reporting|to\ this)\b
        |(?:copyright|©|all\ rights\ reserved)\b
        |\(?(?:AFP|AP|Reuters|dpa|EFE|ANSA)\)?\W*$
    )""",
    re.VERBOSE | re.IGNORECASE,
)
_DATELINE = re.compile(
    r"""^\s*(?:[A-Z][A-Z.'’-]+(?:[ ][A-Z][A-Z.'’-]+){0,3}(?:,\ [A-Z][\w.]+(?:\ [A-Z]\w+)?)?)
        \s*(?:,?\s*\w{3,9}\.?\s+\d{1,2}(?:,\ \d{4})?\s*)?
        (?:\([\w/ .-]{2,30}\)\s*)?[–—-]{1,2}\s+""",
    re.VERBOSE,
)
_HARD_WRAP = (50, 100)  # line lengths, in characters, that a typewriter-style wrap produces
_HEADING_WORDS = 16
_QUOTE_PAIRS = {"“": "”", "«": "»", "„": "“”", "‹": "›", "「": "」", "『": "』"}
_OPENERS = frozenset(_QUOTE_PAIRS) | frozenset("\"'‘`")
_CLOSERS = {mark: (*close, '"') for mark, close in _QUOTE_PAIRS.items()} | {
    '"': ('"', "”"),
    "''": ("''", '"'),
    "``": ("''", '"'),
    "`": ("'",),
}
_TEXTS_AT_ONCE = 8  # a text and its readable form, for the few documents that are worked on at a time
_SINGLE_REACH = 600  # characters; a quotation in single marks that goes on longer is more likely an apostrophe


class ParagraphKind(StrEnum):
    """What a paragraph is for."""

    BODY = "body"
    HEADING = "heading"
    CREDIT = "credit"


@dataclass(frozen=True, slots=True)
class Paragraph:
    """A paragraph without the blanks around it. ``lead`` is where its prose starts, after a dateline."""

    start: int
    end: int
    kind: ParagraphKind
    lead: int


@dataclass(frozen=True, slots=True)
class Quotation:
    """One stretch of quoted words with its marks: one span, or one a paragraph where the marks are opened anew."""

    spans: tuple[Span, ...]
    closed: bool

    @property
    def start(self) -> int:
        """Where its first mark stands."""
        return self.spans[0][0]

    @property
    def end(self) -> int:
        """Just after its last mark (or last character, where it is never closed)."""
        return self.spans[-1][1]


# Every step of an analysis asks for those of the text that it works on: they are found once.
@lru_cache(maxsize=_TEXTS_AT_ONCE)
def paragraphs(text: str) -> tuple[Paragraph, ...]:
    """The paragraphs of ``text`` in order; together they hold every character that is not a blank."""
    lines = _lines(text)
    wrapped = _is_hard_wrapped(text, lines)
    blocks: list[Span] = []
    previous_end = -1
    for start, end in lines:
        adjacent = bool(blocks) and text.count("\n", previous_end, start) == 1
        if adjacent and _continues(text, blocks[-1], (start, end), wrapped=wrapped):
            blocks[-1] = (blocks[-1][0], end)
        else:
            blocks.append((start, end))
        previous_end = end
    return tuple(_paragraph(text, start, end) for start, end in blocks)


def _lines(text: str) -> list[Span]:
    """The lines that are not blank, without the blanks at their ends."""
    found = []
    position = 0
    for line in text.split("\n"):
        stripped = line.strip()
        if stripped:
            start = position + len(line) - len(line.lstrip())
            found.append((start, start + len(stripped)))
        position += len(line) + 1
    return found


def _is_hard_wrapped(text: str, lines: list[Span]) -> bool:
    """Whether line ends are mere wraps: most lines are of one width and break off in mid-sentence."""
    low, high = _HARD_WRAP
    fitting = [(start, end) for start, end in lines if low <= end - start <= high]
    if len(fitting) < 4 or len(fitting) < 0.6 * len(lines):
        return False
    broken = sum(not _TERMINAL.search(text[max(start, end - 8) : end]) for start, end in fitting)
    return broken > 0.5 * len(fitting)


def _continues(text: str, block: Span, line: Span, *, wrapped: bool) -> bool:
    """Whether ``line`` goes on with the paragraph ``block`` just above it."""
    if text[line[0]].islower():
        return True
    if not wrapped:
        return False
    last_line = text.rfind("\n", block[0], block[1]) + 1 or block[0]
    return block[1] - last_line >= _HARD_WRAP[0] - 5


def _paragraph(text: str, start: int, end: int) -> Paragraph:
    words = text[start : min(end, start + 400)]
    kind = ParagraphKind.BODY
    if end - start <= 400 and _CREDIT.match(words) and len(words.split()) <= 40:
        kind = ParagraphKind.CREDIT
    elif len(words.split()) <= _HEADING_WORDS and end - start <= 160 and not re.search(r"[.!?…,;:]\W*$", words):
        kind = ParagraphKind.HEADING
    dateline = _DATELINE.match(words)
    return Paragraph(start, end, kind, start + (dateline.end() if dateline else 0))


@lru_cache(maxsize=_TEXTS_AT_ONCE)
def quotations(text: str) -> tuple[Quotation, ...]:
    """The outermost quotations of ``text``, in order, none overlapping another.

    Curly, straight, guillemet and doubled single marks (``''``) are known. A quotation that a paragraph leaves open
    goes on in the next one when that opens with a mark again; otherwise it ends with its paragraph.
    """
    blocks = paragraphs(text)
    found: list[tuple[list[Span], bool]] = []
    for block, following in zip_longest(blocks, blocks[1:]):
        reopened = following is not None and text[following.start] in _OPENERS - {"'", "‘"}
        pieces = _Scanner(text, block, reopened=reopened).pieces()
        if found and pieces and not found[-1][1] and pieces[0][0] == block.start:
            spans = found[-1][0]
            if not text[spans[-1][1] : block.start].strip():
                spans.append((pieces[0][0], pieces[0][1]))
                found[-1] = (spans, pieces[0][2])
                pieces = pieces[1:]
        found.extend(([(start, end)], closed) for start, end, closed in pieces)
    return tuple(Quotation(tuple(spans), closed) for spans, closed in found)


class _Scanner:
    """Finds the quotations of one paragraph in one pass: what once found no closing mark is not looked for again."""

    def __init__(self, text: str, block: Paragraph, *, reopened: bool) -> None:
        self.text = text
        self._reopened = reopened
        self.start = block.start
        self.end = block.end
        self._unclosable: set[str] = set()
        self._no_single_before = block.start

    def pieces(self) -> list[tuple[int, int, bool]]:
        """``(start, end, closed)`` of each quotation."""
        found: list[tuple[int, int, bool]] = []
        position = self.start
        while position < self.end:
            width = self._opens(position)
            if not width:
                position += 1
                continue
            end = self._close(position, width)
            if end is not None:
                found.append((position, end, True))
                position = end
            elif self._may_stay_open(position):
                found.append((position, self.end, False))
                position = self.end
            else:
                position += width
        return found

    def _opens(self, position: int) -> int:
        """The width of the opening quotation mark at ``position``, or 0."""
        mark = self.text[position]
        if mark not in _OPENERS:
            return 0
        if mark in _QUOTE_PAIRS:
            return 1
        before = self.text[position - 1] if position > self.start else " "
        width = 2 if self.text[position : position + 2] in ("''", "``") else 1
        after = self.text[position + width] if position + width < self.end else " "
        free = not before.isalnum() and before not in ".,!?%" and not after.isspace()
        if mark == '"' or width == 2:
            return width if free else 0
        starts_word = after.isalnum() or after in "[(…$£€"
        return 1 if mark in "‘'" and free and starts_word and self._close_single(position + 1) is not None else 0

    def _close(self, position: int, width: int) -> int | None:
        """Where the quotation that opens at ``position`` ends; ``None`` when its paragraph does not close it."""
        mark = self.text[position : position + width]
        if width == 1 and mark in "‘'":
            return self._close_single(position + 1)
        if mark in self._unclosable:
            return None
        for at in range(position + width, self.end):
            closer = next((c for c in _CLOSERS[mark] if self.text.startswith(c, at)), None)
            if closer is not None and not self._only_opens(at):
                return at + len(closer)
        self._unclosable.add(mark)
        return None

    def _only_opens(self, at: int) -> bool:
        """Whether the straight mark at ``at`` can only open: blank before it, none after."""
        after = self.text[at + 1] if at + 1 < self.end else " "
        return self.text[at] == '"' and self.text[at - 1].isspace() and not (after.isspace() or after in ".,;:!?)")

    def _close_single(self, start: int) -> int | None:
        """Just after the single mark that closes a quotation opened before ``start``, when it is near."""
        limit = min(self.end, start + _SINGLE_REACH)
        for at in range(max(start, self._no_single_before), limit):
            if self.text[at] in "’'" and self._closes_single(at):
                return at + 1
        self._no_single_before = max(limit, self._no_single_before)
        return None

    def _closes_single(self, at: int) -> bool:
        """Whether the mark at ``at`` closes, and is no apostrophe ("the troops' ", "don't")."""
        before = self.text[at - 1]
        after = self.text[at + 1] if at + 1 < self.end else " "
        if before in ",.!?":
            return not after.isalnum()
        return (after.isspace() or after in '.,;:!?)—–-”"') and not before.isspace() and before not in "sS"

    def _may_stay_open(self, position: int) -> bool:
        """Whether a mark that nothing closes opens one still: at the start, after ":" or ",", or reopened below."""
        before = self.text[max(self.start, position - 3) : position].rstrip()
        return position == self.start or self._reopened or before[-1:] in (":", ",")
