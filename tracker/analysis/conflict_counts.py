"""What the words beside a figure say it counts: some besides others, some of a total, or a total that has risen.

Such a figure is no total that another report's total could exclude.
"""

from __future__ import annotations

import re

from tracker.analysis.types import Span

_BEFORE, _BEHIND = 60, 120  # characters looked at before and behind a figure

_BESIDES = re.compile(r"\b(?:further|another|additional|more|others?)\b", re.IGNORECASE)
_MORE_THAN = re.compile(r"\b(?:more|no fewer) than\b", re.IGNORECASE)
# "Five of the dead", "12 of them"; but "15 of the 20 passengers died" is a toll.
_OF_THEM = re.compile(
    r"""(?:[\w-]+\s+){1,3}of\s+
        (?:them|whom|those(?:\s+(?:killed|dead|wounded|injured|hurt|detained|arrested|who\s+died))?
          |(?:the|these)\s+(?:\w+\s+)?(?:dead|killed|wounded|injured|victims?|casualties|deaths|fatalities|bodies))\b
    """,
    re.IGNORECASE | re.VERBOSE,
)
# "Six children were among the dead": nothing else is said in between.
_AMONG = re.compile(
    r"(?:(?!\band\b)[^\d.;,\n]){0,60}?\b(?:is|are|was|were|been)\s+(?:also\s+)?among\b(?!\s+those\s+who\s+fled)",
    re.IGNORECASE,
)
_NUMERAL = re.compile(r"[\d.,]+|[\w-]+")
_RISEN_TO = re.compile(
    r"\b(?:ros|ris|risen|climb|jump|grow|grew|increas|swell|swollen|went up|gone up|going up)\w*\s+"
    r"(?:\w+ly\s+|further\s+)?to\s+(?:(?:at least|as many as|about|around|some|nearly|almost|more than|over)\s+)?$",
    re.IGNORECASE,
)


def counts_besides(text: str, spans: list[Span]) -> bool:
    """Whether the figure at ``spans`` counts some besides others: "another six", "six more", "a further six"."""
    near = text[max(0, spans[0][0] - 10) : spans[-1][1]]
    return bool(_BESIDES.search(_MORE_THAN.sub(" ", near)))


def counts_part(text: str, spans: list[Span]) -> bool:
    """Whether the figure at ``spans`` counts some of a total: "five of the dead", "six were among those killed"."""
    start = spans[0][0]
    behind = text[start : start + _BEHIND]
    numeral = _NUMERAL.match(behind)
    return bool(_OF_THEM.match(behind) or (numeral and _AMONG.match(behind, numeral.end())))


def has_risen(text: str, spans: list[Span]) -> bool:
    """Whether the figure at ``spans`` is said to be one that a total rose to: "the toll climbed to 12"."""
    return bool(_RISEN_TO.search(text[max(0, spans[0][0] - _BEFORE) : spans[0][0]]))
