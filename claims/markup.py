"""Masking in what is already written: pages, and whatever else leaves as text with characters escaped in it."""

import re
from bisect import bisect_right
from collections.abc import Iterator
from html import unescape
from urllib.parse import unquote

from claims.masking import MASK, Masker

# A tag; an HTML entity; what a URL escapes; what JSON escapes.
_TOKEN = re.compile(
    r"<[^<>]*>|&(?:#\d{1,7}|#x[0-9a-fA-F]{1,6}|\w{2,32});|(?:%[0-9A-Fa-f]{2})+|\\u[0-9a-fA-F]{4}|\\[nrtbf\"/\\]"
)
# Tags that stand within a word; any other one ends it.
_WITHIN = re.compile(r"</?(?:mark|b|i|em|strong|bdi|u|s|small|sub|sup|wbr)\b")
# Attributes that say something to people, or lead somewhere.
_ATTRIBUTE = re.compile(
    r'(?<=[\s"\'])(?:title|alt|value|placeholder|content|aria-[a-z]+|href|action|data-[\w-]+)="([^"<>]*)"'
)


def masked_markup(text: str, masker: Masker) -> str:
    """The page with a mask over everything protected, in its text and in the attributes that say something.

    Tags stay as they are, also between the letters of a name.
    """
    shown = _covered(text, masker, _read(text))
    return _ATTRIBUTE.sub(lambda match: _attribute(match, masker), shown)


def _attribute(match: re.Match[str], masker: Masker) -> str:
    start, end = match.start(1) - match.start(), match.end(1) - match.start()
    whole, said = match[0], match[1]
    return whole[:start] + _covered(said, masker, _read(said)) + whole[end:]


def _read(text: str) -> tuple[str, list[int], list[tuple[int, int, bool]]]:
    """What a reader reads of it, and where each piece of that stands: ``(from, to, as it is written)``."""
    said: list[str] = []
    starts: list[int] = []
    pieces: list[tuple[int, int, bool]] = []
    at = length = 0
    for token, start, end in _tokens(text):
        for piece, first, last, plain in ((text[at:start], at, start, True), (token, start, end, False)):
            if piece:
                said.append(piece)
                starts.append(length)
                pieces.append((first, last, plain))
                length += len(piece)
        at = end
    if at < len(text):
        said.append(text[at:])
        starts.append(length)
        pieces.append((at, len(text), True))
    return "".join(said), starts, pieces


def _tokens(text: str) -> Iterator[tuple[str, int, int]]:
    """What is escaped, as it is read; for a tag the end of a word, or nothing."""
    for match in _TOKEN.finditer(text):
        raw = match[0]
        if raw[0] == "<":
            read = "" if _WITHIN.match(raw) else "\n"
        elif raw[0] == "&":
            read = unescape(raw)
        elif raw[0] == "%":
            read = unquote(raw, errors="replace")
        elif raw[1] == "u":
            read = chr(int(raw[2:], 16))
        else:
            read = " "
        yield read, match.start(), match.end()


def _covered(text: str, masker: Masker, read: tuple[str, list[int], list[tuple[int, int, bool]]]) -> str:
    said, starts, pieces = read
    spans = masker.spans(said)
    if not spans:
        return text
    parts: dict[int, tuple[int, str]] = {}
    for first, last in spans:
        number = bisect_right(starts, first) - 1
        while number < len(pieces) and starts[number] < last:
            start, end, plain = pieces[number]
            if text[start] == "<" and not plain:
                pass  # a tag stays, whatever is masked on both sides of it
            elif plain:
                begin = max(first - starts[number], 0)
                stop = min(last - starts[number], end - start)
                for place in range(start + begin, start + stop):
                    parts[place] = (place + 1, MASK)
            else:
                parts[start] = (end, MASK)
            number += 1
    shown, at = [], 0
    for place in sorted(parts):
        until, mask = parts[place]
        shown += [text[at:place], mask]
        at = until
    return "".join([*shown, text[at:]])
