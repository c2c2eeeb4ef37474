"""Whether a text says of itself that its publisher corrected or retracted it. Pure, and cautious.

A notice stands at the beginning or the end of a text, in a paragraph of its own that begins with it, and speaks of this
article: that somebody in it corrected or retracted a statement of theirs is news, no notice.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

NAME, VERSION = "corrections", "1"

CORRECTED, RETRACTED = "corrected", "retracted"

AT_THE_TOP, AT_THE_END = 3, 4  # paragraphs that are looked at
LONGEST = 1500  # characters of a notice; more is a text that happens to begin like one
SHOWN = 500  # of its words that are kept

_THIS = (
    r"(?:this|the\s+above)\s+(?:news\s+|web\s+)?"
    r"(?:article|story|report|dispatch|post|page|item|piece|column|headline|caption|video|graphic)"
)
_EARLIER = r"(?:an?|the)\s+(?:earlier|previous|original|prior|initial)\s+version\s+of\s+" + _THIS
_DATED = r"(?:\s*\([^()\n]{1,60}\)|,?\s+[^\n:.]{0,40}\d[^\n:.]{0,20})?"
_LABEL_END = _DATED + r"\s*(?::|[–—]|\s-\s|\n|$)"
_WRONG = (
    r"\b(?:correct(?:ed|ion|s)?|incorrect(?:ly)?|inaccura\w+|erroneous(?:ly)?|in\s+error|errors?|mistaken(?:ly)?|"
    r"mis(?:stated|identified|spelled|spelt|quoted|attributed|reported|named|translated)|wrong(?:ly)?|clarif\w+)\b"
)
_GONE = r"(?:retracted|withdrawn|taken\s+down|unpublished)"
_WAS = r"(?:has\s+been|have\s+been|was|is\s+being|is)"

# Each with what it is called when it is explained.
_RETRACTIONS: tuple[tuple[re.Pattern[str], str], ...] = (
    (re.compile(r"retract(?:ion|ed)" + _LABEL_END, re.I), "it is headed as a retraction"),
    (re.compile(rf"{_THIS}\s+{_WAS}\s+{_GONE}\b", re.I), "it says that this article was retracted"),
    (
        re.compile(
            rf"(?:we|the\s+editors?)\s+(?:have|has|are|hereby)\s+(?:retract(?:ed|ing)?|withdrawn?)\s+{_THIS}", re.I
        ),
        "it says that this article was retracted",
    ),
)
_CORRECTIONS: tuple[tuple[re.Pattern[str], str], ...] = (
    (re.compile(r"(?:correction|clarification)s?" + _LABEL_END, re.I), "it is headed as a correction"),
    (re.compile(rf"{_EARLIER}\b(?=[^\n]*?{_WRONG})", re.I), "it says what an earlier version had wrong"),
    (
        re.compile(rf"{_EARLIER}\s+(?:said|stated|gave|carried|named|quoted)\b", re.I),
        "it says what an earlier version said",
    ),
    (
        re.compile(rf"{_THIS}\s+{_WAS}\s+(?:corrected|amended|(?:updated|changed|edited)\s+to\s+correct)\b", re.I),
        "it says that this article was corrected",
    ),
)
_NOTE = re.compile(r"(?:editors?['’]?s?['’]?|publisher['’]s)\s+note\b[^\n:]{0,40}[:–—-]\s*", re.I)
_BRACKETS = "[(*_ \t"
# Agencies write it into the title: "CORRECTED-…", "RETRACTED: …".
_TITLE = re.compile(
    r"\W*(CORRECTED|RETRACTED|WITHDRAWN)(?:\s*\([^)]*\))?\s*[-:–—\]]|\W*\[?(Corrected|Retracted)\]?\s*:\s"
)


@dataclass(frozen=True, slots=True)
class Notice:
    """That a publisher corrected or retracted a text: in which words, where they stand, why they are held to say so.

    ``start`` and ``end`` count code points of the text; both are 0 for what the title says.
    """

    state: str
    words: str
    explanation: str
    start: int = 0
    end: int = 0


def find_notice(text: str, *, title: str = "") -> Notice | None:
    """The notice in a text or its title; a retraction before a correction. Never raises."""
    found = [notice for start, end in _looked_at(text) if (notice := _read(text, start, end))]
    if headed := _TITLE.match(title):
        word = headed[1] or headed[2]
        state = CORRECTED if word.lower() == CORRECTED else RETRACTED
        found.append(Notice(state, title[:SHOWN], f"its title begins with “{word}”"))
    return min(found, key=lambda notice: notice.state != RETRACTED, default=None)


def _looked_at(text: str) -> list[tuple[int, int]]:
    """Where the first and the last paragraphs are."""
    paragraphs = [(m.start(), m.end()) for m in re.finditer(r"\S(?:[^\n]|\n(?![^\S\n]*\n))*", text)]
    if len(paragraphs) <= AT_THE_TOP + AT_THE_END:
        return paragraphs
    return paragraphs[:AT_THE_TOP] + paragraphs[-AT_THE_END:]


def _read(text: str, start: int, end: int) -> Notice | None:
    """What one paragraph says of the text that it stands in."""
    if end - start > LONGEST:
        return None
    words = text[start:end].strip()
    said = words.lstrip(_BRACKETS)
    note = _NOTE.match(said)
    place = "a paragraph at its beginning or end"
    body = said[note.end() :] if note else said
    for state, patterns in ((RETRACTED, _RETRACTIONS), (CORRECTED, _CORRECTIONS)):
        for pattern, why in patterns:
            if pattern.match(body):
                return Notice(state, words[:SHOWN], f"{place}: {why}", start, end)
    if note and re.search(_WRONG, body, re.I) and re.search(rf"{_THIS}|earlier|previous|originally", body, re.I):
        return Notice(CORRECTED, words[:SHOWN], f"{place}: an editor's note says what was wrong", start, end)
    return None
