"""When something is said to have happened: the dates in or near a span, resolved against the day of publication."""

from __future__ import annotations

import re
import warnings
from bisect import bisect_left
from calendar import monthrange
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import date, timedelta

from spacy.tokens import Doc

from tracker.analysis.numerals import value_of
from tracker.analysis.sentences import around, sentences
from tracker.analysis.types import Period, Span

_WEEKDAYS = {
    name: number
    for number, name in enumerate(("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"))
}
_MONTH_NAMES = (
    "january",
    "february",
    "march",
    "april",
    "may",
    "june",
    "july",
    "august",
    "september",
    "october",
    "november",
    "december",
)
_MONTHS = {name: number for number, name in enumerate(_MONTH_NAMES, start=1)}
_MONTHS |= {name[:3]: number for name, number in _MONTHS.items()} | {"sept": 9}

_MONTH = "(?:" + "|".join(sorted(_MONTHS, key=len, reverse=True)) + r")\b\.?"
_DAY = r"\d{1,2}(?:st|nd|rd|th)?"
_YEAR = r"(?:19|20)\d\d"
_COUNT = r"(?:an?|\d{1,3}|one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|several)"
_PART = r"(?:(?:late|early|earlier|later|by|before|since|until)\s+)?(?:on\s+)?"
_EXPRESSION = re.compile(
    rf"""
      (?P<iso>\b(?P<iso_year>{_YEAR})-(?P<iso_month>\d\d)-(?P<iso_day>\d\d)\b)
    | (?P<day_month>\b(?:the\s+)?(?P<dm_day>{_DAY})\s+(?:of\s+)?(?P<dm_month>{_MONTH})(?:,?\s+(?P<dm_year>{_YEAR})\b)?)
    | (?P<month_day>\b(?P<md_month>{_MONTH})\s+(?:the\s+)?(?P<md_day>{_DAY})\b(?!\s*[-–]?\d)
        (?:,?\s+(?P<md_year>{_YEAR})\b)?)
    | (?P<month_year>\b(?P<my_month>{_MONTH}),?\s+(?P<my_year>{_YEAR})\b)
    | (?P<month>\b(?:in|since|until|by|during|early|late|mid|last)[\s-]+(?P<m_month>{_MONTH})(?!,?\s+\d))
    | (?P<today>\b(?:today|tonight|this\s+(?:morning|afternoon|evening)|earlier\s+in\s+the\s+day)\b)
    | (?P<yesterday>\b(?:yesterday|last\s+night|the\s+previous\s+day|a\s+day\s+earlier)\b)
    | (?P<overnight>\bovernight\b)
    | (?P<ago>\b(?P<ago_count>{_COUNT})\s+(?P<ago_unit>hour|day|week|month|year)s?\s+(?:ago|earlier)\b)
    | (?P<past>\b(?:in|over|during|for)\s+the\s+(?:past|last)\s+(?:(?P<past_count>{_COUNT})\s+)?
        (?P<past_unit>hour|day|week|month|year)s?\b)
    | (?P<relative>\b(?:(?:earlier|later|late|early)\s+)?(?P<rel_which>this|last|next|past|previous)\s+
        (?P<rel_unit>week(?:end)?|month|year)\b)
    | (?P<weekday>\b(?:(?P<wd_which>last|next|this)\s+)?(?P<wd_day>{"|".join(_WEEKDAYS)})\b)
    | (?P<year>\b(?:in|since|until|by|during|early|late|mid)[\s-]+(?P<y_year>{_YEAR})\b(?!\s+[a-z]+s\b))
    """,
    re.IGNORECASE | re.VERBOSE,
)
_NUMERIC = re.compile(r"\d[/.-]\d")
_PERIODS, _MARKED = "tracker.periods", "tracker.printed_dates"
_SINCE = re.compile(r"\bsince\s+(?:late\s+|early\s+|mid-?\s*)?(?:on\s+)?$", re.IGNORECASE)


def periods_in(text: str, published_on: date | None) -> list[tuple[Span, Period]]:
    """Return each date expression that can be resolved, with its place. Relative ones need ``published_on``."""
    out = []
    for match in _EXPRESSION.finditer(text):
        days: tuple[date, date] | None = None
        with suppress(ValueError, OverflowError):  # 31 June, year 0
            days = _RULES[_kind(match)](match, published_on)
        if days is None:
            continue
        first, last = days
        if match.group().lower().startswith("since") or _SINCE.search(text[max(0, match.start() - 20) : match.start()]):
            last = max(last, published_on) if published_on else last
        out.append((match.span(), Period(match.group(), first, last)))
    return out


def find_period(doc: Doc, span: Span, published_on: date | None) -> Period | None:
    """Return when the span's event is said to have happened, or ``None``.

    A date in the span wins, then the nearest one of the same sentence. Weekdays are the most recent past ones as of
    ``published_on``; without it relative dates resolve to ``None``.
    """
    text = doc.text
    start, end = max(0, span[0]), min(len(text), span[1])
    known = _known(doc, published_on)
    first = bisect_left(known, start, key=_start)
    if first < len(known) and known[first][0][1] <= end:
        return known[first][1]
    sentence = around(sentences(text), start)
    lower, upper = min(sentence[0], start), max(sentence[1], end)
    near = [found for found in known[max(0, first - 1) : first + 1] if lower <= found[0][0] and found[0][1] <= upper]
    if near:
        return min(near, key=lambda found: _distance(found[0], (start, end)))[1]
    return next(_printed_dates(doc, (lower, upper)), None)


def _distance(one: Span, other: Span) -> int:
    return max(one[0] - other[1], other[0] - one[1], 0)


def _start(found: tuple[Span, Period]) -> int:
    return found[0][0]


def _known(doc: Doc, published_on: date | None) -> list[tuple[Span, Period]]:
    """The document's date expressions in order, worked out once a day of publication."""
    key = f"{_PERIODS}.{published_on}"
    known: list[tuple[Span, Period]] | None = doc.user_data.get(key)
    if known is None:
        known = periods_in(doc.text, published_on)
        doc.user_data[key] = known
    return known


def _printed_dates(doc: Doc, span: Span) -> Iterator[Period]:
    """Yield absolute dates in a form that no rule here reads, if the model marks them and a year is in them."""
    marked: list[tuple[int, str]] | None = doc.user_data.get(_MARKED)
    if marked is None:
        marked = [(e.start_char, e.text) for e in doc.ents if e.label_ == "DATE" and _NUMERIC.search(e.text)]
        doc.user_data[_MARKED] = marked
    for start, text in marked[bisect_left(marked, (span[0], "")) :]:
        if start + len(text) > span[1]:
            break
        if not re.search(rf"\b{_YEAR}\b", text):
            continue
        import dateparser  # noqa: PLC0415 - slow to load, and rarely needed

        with warnings.catch_warnings(), suppress(Exception):
            warnings.simplefilter("ignore")
            found = dateparser.parse(text, languages=["en"], settings={"STRICT_PARSING": True})
            if found is not None:
                yield Period(text, found.date(), found.date())


def _kind(match: re.Match[str]) -> str:
    return next(kind for kind in _RULES if match[kind])


def _month_days(year: int, month: int) -> tuple[date, date]:
    return date(year, month, 1), date(year, month, monthrange(year, month)[1])


def _month_number(printed: str) -> int:
    return _MONTHS[printed.lower().rstrip(".")]


def _calendar_day(day: str, month: str, year: str | None, published_on: date | None) -> tuple[date, date] | None:
    """Return the day; one without a year is the nearest to the day of publication."""
    number = int(re.sub(r"\D", "", day))
    if year:
        found = date(int(year), _month_number(month), number)
        return found, found
    if published_on is None:
        return None
    candidates = []
    for candidate in (published_on.year - 1, published_on.year, published_on.year + 1):
        with suppress(ValueError):
            candidates.append(date(candidate, _month_number(month), number))
    found = min(candidates, key=lambda d: abs((d - published_on).days))
    return found, found


def _iso(match: re.Match[str], published_on: date | None) -> tuple[date, date] | None:  # noqa: ARG001 - all rules are called alike
    day = date(int(match["iso_year"]), int(match["iso_month"]), int(match["iso_day"]))
    return day, day


def _day_month(match: re.Match[str], published_on: date | None) -> tuple[date, date] | None:
    return _calendar_day(match["dm_day"], match["dm_month"], match["dm_year"], published_on)


def _month_day(match: re.Match[str], published_on: date | None) -> tuple[date, date] | None:
    return _calendar_day(match["md_day"], match["md_month"], match["md_year"], published_on)


def _month_year(match: re.Match[str], published_on: date | None) -> tuple[date, date] | None:  # noqa: ARG001
    return _month_days(int(match["my_year"]), _month_number(match["my_month"]))


def _month(match: re.Match[str], published_on: date | None) -> tuple[date, date] | None:
    if published_on is None or not match["m_month"][0].isupper():  # "in may" is no date
        return None
    month = _month_number(match["m_month"])
    behind = (published_on.month - month) % 12
    # A month that is almost here is the coming one ("in early June", printed in May), unless the words look back.
    ahead = behind >= 10 and not re.match("since|last", match.group(), re.IGNORECASE)
    number = published_on.year * 12 + published_on.month - 1 - behind + (12 if ahead else 0)
    return _month_days(number // 12, number % 12 + 1)


def _today(match: re.Match[str], published_on: date | None) -> tuple[date, date] | None:  # noqa: ARG001
    return None if published_on is None else (published_on, published_on)


def _yesterday(match: re.Match[str], published_on: date | None) -> tuple[date, date] | None:  # noqa: ARG001
    return None if published_on is None else (published_on - timedelta(1), published_on - timedelta(1))


def _overnight(match: re.Match[str], published_on: date | None) -> tuple[date, date] | None:  # noqa: ARG001
    return None if published_on is None else (published_on - timedelta(1), published_on)


def _back(day: date, count: int, unit: str) -> date:
    """Return the day so many units before; a month that is shorter gives its last day."""
    if unit == "hour":
        return day - timedelta((count + 23) // 24)
    if unit in ("day", "week"):
        return day - timedelta(count * (7 if unit == "week" else 1))
    months = day.year * 12 + day.month - 1 - count * (12 if unit == "year" else 1)
    year, month = divmod(months, 12)
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))


def _count(printed: str | None) -> int:
    return 3 if printed == "several" else int(value_of(printed or "one") or 1)


def _ago(match: re.Match[str], published_on: date | None) -> tuple[date, date] | None:
    if published_on is None:
        return None
    day = _back(published_on, _count(match["ago_count"]), match["ago_unit"].lower())
    return (day, day) if match["ago_unit"].lower() in ("hour", "day", "week") else _month_days(day.year, day.month)


def _past(match: re.Match[str], published_on: date | None) -> tuple[date, date] | None:
    if published_on is None:
        return None
    return _back(published_on, _count(match["past_count"]), match["past_unit"].lower()), published_on


def _relative(match: re.Match[str], published_on: date | None) -> tuple[date, date] | None:
    if published_on is None:
        return None
    which, unit = match["rel_which"].lower(), match["rel_unit"].lower()
    step = {"this": 0, "next": 1}.get(which, -1)
    if unit.startswith("week"):
        monday = published_on - timedelta(published_on.weekday()) + timedelta(7 * step)
        first, last = monday, monday + timedelta(6)
        if unit == "weekend":
            first = monday + timedelta(5)
    elif unit == "month":
        number = published_on.year * 12 + published_on.month - 1 + step
        first, last = _month_days(number // 12, number % 12 + 1)
    else:
        first, last = date(published_on.year + step, 1, 1), date(published_on.year + step, 12, 31)
    if step == 0 and not match.group().lower().startswith("later") and first <= published_on:
        last = published_on  # what is reported of "this month" has happened
    return first, last


def _weekday(match: re.Match[str], published_on: date | None) -> tuple[date, date] | None:
    if published_on is None:
        return None
    back = (published_on.weekday() - _WEEKDAYS[match["wd_day"].lower()]) % 7
    which = (match["wd_which"] or "").lower()
    if which == "last" and back == 0:
        back = 7
    day = published_on + timedelta(7 - back) if which == "next" else published_on - timedelta(back)
    return day, day


def _year(match: re.Match[str], published_on: date | None) -> tuple[date, date] | None:  # noqa: ARG001
    return date(int(match["y_year"]), 1, 1), date(int(match["y_year"]), 12, 31)


_RULES: dict[str, Callable[[re.Match[str], date | None], tuple[date, date] | None]] = {
    "iso": _iso,
    "day_month": _day_month,
    "month_day": _month_day,
    "month_year": _month_year,
    "month": _month,
    "today": _today,
    "yesterday": _yesterday,
    "overnight": _overnight,
    "ago": _ago,
    "past": _past,
    "relative": _relative,
    "weekday": _weekday,
    "year": _year,
}
