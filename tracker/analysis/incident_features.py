"""What of a report tells its event apart from others: its words, names, numbers, ages, states and days.

Read by the order of the characters alone, without a parser: thousands of reports are compared where one is parsed.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache

from tracker.analysis.measures import word_set
from tracker.analysis.numerals import ONES
from tracker.analysis.periods import periods_in
from tracker.analysis.regions import regions_in
from tracker.analysis.wording import NEGATIONS, STOP_WORDS, fold, stem

LONGEST = 6_000  # characters of a text that are read; what an event is about comes first
LEAD = 600  # characters at the top, where a report says what happened
_DATED = 4_000  # characters that are searched for days
_MOST_DAYS = 8
_LONG_AGO = timedelta(1_200)  # a day further back than this is a birthday or history, not the event

_TOKEN = re.compile(r"[^\W_]+(?:['’.][^\W_]+)*")
# A capital in the middle of a sentence makes a name; at its start, or in a headline, it says nothing.
_NAME = re.compile(r"(?<=[\w,;] )[A-Z][\w’'-]+")
_OLD = re.compile(r"[- ](year|month|week|day)s?[- ]old\b", re.IGNORECASE)
_LAST_WORD = re.compile(r"[^\W_]+$")
# "Ann Lee, 23, …", "Ann Lee (23)", "aged 23": a number, and what must stand before it.
_NUMBER = re.compile(r"\d{1,2}(?=[,.;) ])")
_BEFORE_AGE = re.compile(r"(?:[a-z], |[a-z] \(|\b[Aa]ged? )$")
# Around these alone is it worth looking for a date.
_DATE_WORDS = (
    *("day", "night", "DAY", "NIGHT", " ago", "earlier", "19", "20"),
    *("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"),
)
_BEFORE, _AFTER = 24, 26
_NO_NAMES = word_set(
    """
    monday tuesday wednesday thursday friday saturday sunday january february march april may june july august
    september october november december jan feb mar apr jun jul aug sept oct nov dec i mr mrs ms dr
    st gen col lt sgt capt rev
    """
)


@dataclass(frozen=True, slots=True)
class Features:
    """What one report says, counted. ``days`` are ordinals in the text's order; ``published`` is one, or ``None``.

    ``capitalised`` counts words with a capital in the middle of a sentence, ``lower`` those without any: together over
    all reports they tell names from words that merely start sentences.
    """

    stems: Counter[str]
    lead: Counter[str]
    title: frozenset[str]
    tokens: frozenset[str]
    capitalised: Counter[str]
    lower: Counter[str]
    numbers: frozenset[str]
    ages: frozenset[str]
    states: frozenset[str]
    days: tuple[int, ...]
    published: int | None


def features_of(title: str, text: str, published_on: date | None) -> Features:
    """Return what the report says. ``title`` and ``text`` come without the page's furniture."""
    body = text[:LONGEST]
    whole = f"{title}. {body}"
    raw = _TOKEN.findall(whole)
    read = [_read(token) for token in raw]
    stems = [stemmed for _, stemmed in read]
    headline = len(_TOKEN.findall(title))
    lead = headline + len(_TOKEN.findall(body[:LEAD]))
    return Features(
        stems=Counter(filter(None, stems)),
        lead=Counter(filter(None, stems[:headline] + stems[:lead])),
        title=frozenset(filter(None, stems[:headline])),
        tokens=frozenset([token for token, _ in read]),
        capitalised=Counter([word for name in _NAME.findall(body) if (word := _read(name)[0]) not in _NO_NAMES]),
        lower=Counter(filter(str.islower, raw)),
        numbers=frozenset([token for token, _ in read if token[0].isdigit()]),
        ages=_ages(whole),
        states=frozenset(regions_in(whole)),
        days=_days(whole[:_DATED], published_on),
        published=None if published_on is None else published_on.toordinal(),
    )


@lru_cache(maxsize=65536)
def _read(token: str) -> tuple[str, str]:
    """The token folded and without its possessive ending, and its stem; the stem of an empty word is empty."""
    folded = token.lower() if token.isascii() else fold(token)
    plain = folded[:-2] if folded.endswith("'s") else folded
    return plain, "" if plain in STOP_WORDS or plain in NEGATIONS else stem(plain)


def _ages(text: str) -> frozenset[str]:
    """The ages that the text gives, as number and first letter of the unit: "17y", "6m"."""
    found = set()
    for match in _NUMBER.finditer(text):
        if _BEFORE_AGE.search(text, max(0, match.start() - 6), match.start()):
            found.add(f"{match.group()}y")
    for match in _OLD.finditer(text):
        before = _LAST_WORD.search(text, max(0, match.start() - 12), match.start())
        if before is not None:
            printed = before.group().lower()
            number = str(ONES.get(printed, printed))
            if number.isdigit():
                found.add(number + match[1][0].lower())
    return frozenset(found)


def _days(text: str, published_on: date | None) -> tuple[int, ...]:
    """The single days that the text speaks of, in its order: those an event reported that day can have been on."""
    pieces: list[tuple[int, int]] = []
    for at in _date_words(text):
        start, end = max(0, at - _BEFORE), at + _AFTER
        if pieces and start <= pieces[-1][1]:
            pieces[-1] = (pieces[-1][0], end)
        else:
            pieces.append((start, end))
    days: list[int] = []
    for start, end in pieces:
        for _, period in periods_in(_whole_words(text, start, end), published_on):
            if period.first == period.last and _may_be_reported(period.first, published_on):
                days.append(period.first.toordinal())
        if len(days) >= _MOST_DAYS:
            break
    return tuple(days[:_MOST_DAYS])


def _date_words(text: str) -> list[int]:
    """Where words stand that a date may be made of, in order."""
    found = []
    for word in _DATE_WORDS:
        at = text.find(word)
        while at >= 0:
            found.append(at)
            at = text.find(word, at + len(word))
    return sorted(found)


def _whole_words(text: str, start: int, end: int) -> str:
    """The piece of the text with the words at its edges whole: a number cut off would be another day."""
    while 0 < start < len(text) and text[start - 1].isalnum() and text[start].isalnum():
        start -= 1
    while end < len(text) and text[end - 1].isalnum() and text[end].isalnum():
        end += 1
    return text[start:end]


def _may_be_reported(day: date, published_on: date | None) -> bool:
    return published_on is None or -1 <= (published_on - day).days <= _LONG_AGO.days
