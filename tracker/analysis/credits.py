"""Who a printed text says it comes from: the wire's credit and the byline. General patterns, no list of agencies."""

from __future__ import annotations

import re

# Two capitals make an agency's name as these are printed: "AP", "AFP", "Sapa-AP", "dpa" only inside brackets.
_NAME = r"[A-Z][\w.&'’]*(?:[-/][A-Z][\w.&'’]*)*(?:\s+(?:[A-Z][\w.&'’]*|of|and|the|de)(?:[-/][A-Z][\w.&'’]*)*){0,4}"
_AGENCY = r"(?:[A-Z]{2,6}|[A-Z][a-z]+[A-Z]\w*|[a-z]{3,4}|[A-Z][\w.&'’]*(?:[-/][A-Z][\w.&'’]*)+|" + _NAME + r")"
_DASH = r"(?:--+|[–—]|-(?=\s))"

# TORVIK, Velmora (Agency) — Troops …    TORVIK, 3 May (Agency) - …
_DATELINE = re.compile(
    rf"^\s*(?P<place>[A-Z][A-Z'’. -]{{2,}}|[A-Z][\w'’.-]+(?:\s+[A-Z][\w'’.-]+){{0,2}})(?:,[^()\n]{{1,40}})?\s*"
    rf"\((?P<credit>{_AGENCY})\)\s*(?:{_DASH}|:)?\s",
)
# At the end of a text or on a line of its own: (Agency), – Agency, -- Agency, © Agency, Source: Agency
_LAST_LINE = re.compile(
    rf"^\s*(?:\((?P<round>{_AGENCY})\)|\[(?P<square>{_AGENCY})\]|{_DASH}\s*(?P<dashed>{_AGENCY})"
    rf"|(?:©|\(c\))\s*(?:\d{{4}}\s*)?(?P<copyright>{_NAME})"
    rf"|(?i:source|credit|agency|agencies)\s*:\s*(?P<source>{_NAME}))[.\s]*$",
)
_AT_END = re.compile(
    rf"(?:\s{_DASH}\s*(?P<dashed>{_AGENCY})|\((?P<round>{_AGENCY})\)|/(?P<slashed>[A-Z]{{2,8}}))[.\s]*$"
)
# Agency - Troops …    (Agency) Troops …
_OPENING = re.compile(
    rf"^\s*(?:\((?P<round>{_AGENCY})\)\s*{_DASH}?|(?P<plain>[A-Z]{{2,6}}|[A-Z][a-z]+(?:/[A-Z]\w+)?)\s+{_DASH})\s"
)
# What stands in brackets and credits nobody.
_NO_CREDIT = re.compile(
    r"^(?:more|video|photos?|updated?|file|pictured|left|right|sic|ends?|see|the|it|he|she|they|but|and|image|read more"
    r"|advertisement)$",
    re.IGNORECASE,
)
_PERSON = r"[A-Z][\w.'’-]+(?:[ \t]+(?:[A-Z][\w.'’-]+|de|van|von|al|el|bin|da|di)){1,3}"
_BYLINE = re.compile(
    rf"^[ \t]*(?i:(?:(?:written|reported|story)[ \t]+)?by)[ \t]+"
    rf"(?P<names>{_PERSON}(?:(?:,|[ \t]+and|,[ \t]+and)[ \t]+{_PERSON})*)",
    re.MULTILINE,
)
_LINES_AT_EDGES = 6


def find_credit(text: str) -> str | None:
    """Return the wire or agency that the text credits itself to, as printed, or ``None``.

    Read from the dateline ("TORVIK (Agency) —"), from the last lines ("– Agency", "(Agency)"), from the end of the last
    sentence, and from the opening ("Agency - Troops …"). A photograph's credit inside a text is none of its own.
    """
    lines = [line for line in text.splitlines() if line.strip()]
    for line in lines[:_LINES_AT_EDGES]:
        if (match := _DATELINE.match(line)) and (credit := _credit(match["credit"])):
            return credit
    for line in reversed(lines[-_LINES_AT_EDGES:]):
        if (match := _LAST_LINE.match(line)) and (credit := _credit(match[match.lastgroup or 0])):
            return credit
    if lines and (match := _AT_END.search(lines[-1][-80:])) and (credit := _credit(match[match.lastgroup or 0])):
        return credit
    for line in lines[:3]:
        if (match := _OPENING.match(line)) and (credit := _credit(match[match.lastgroup or 0])):
            return credit
    return None


def find_byline(text: str) -> str | None:
    """Return the names of the authors from a "By …" line near the top, as printed, or ``None``."""
    top = "\n".join(text.splitlines()[: 2 * _LINES_AT_EDGES])[:2000]
    match = _BYLINE.search(top)
    return " ".join(match["names"].split()) if match else None


def _credit(printed: str | None) -> str | None:
    credit = " ".join((printed or "").split()).strip(" .-–—")
    if len(credit) < 2 or len(credit) > 50 or _NO_CREDIT.match(credit) or credit.isdigit():
        return None
    return credit
