"""Numbers as news prints them, with the words that bound them ("at least 17", "dozens", "10 to 15").

No linguistic model is needed: a numeral is a closed construction. What is counted, and what happened to it, is
``quantities``' business.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

_UNITS = """zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen
seventeen eighteen nineteen"""
_TENS = "twenty thirty forty fifty sixty seventy eighty ninety"
ONES = {word: value for value, word in enumerate(_UNITS.split())}
TENS = {word: 10 * value for value, word in enumerate(_TENS.split(), start=2)} | {"fourty": 40}
MAGNITUDES = {
    "dozen": 12,
    "hundred": 100,
    "thousand": 1_000,
    "million": 1_000_000,
    "billion": 1_000_000_000,
    "trillion": 1_000_000_000_000,
    "m": 1_000_000,
    "mn": 1_000_000,
    "bn": 1_000_000_000,
    "k": 1_000,
}

# Indefinite numerals get a lower bound only, as ACLED codes them: "dozens" is 12, "hundreds" 100 (ACLED codebook,
# "Fatalities"). "Several" is its 3.
INDEFINITE = {
    "dozens": 12,
    "scores": 20,
    "hundreds": 100,
    "thousands": 1_000,
    "millions": 1_000_000,
    "billions": 1_000_000_000,
    "several": 3,
}

_GAP = r"[ \u00a0\u2009\u202f]"
_BLANK = r"(?:[ \t\u00a0\u2009\u202f]+)"
_DIGITS = (
    rf"\d{{1,3}}(?:{_GAP}\d{{3}})+(?!\d|{_GAP}?[-–]?\d)"
    r"|\d{1,3}(?:,\d{3})+(?:\.\d+)?(?!\d)"
    r"|\d{1,3}(?:\.\d{3}){2,}(?!\d)"
    r"|\d{1,3}(?:['’]\d{3})+(?!\d)"
    r"|\d+(?:\.\d+)?"
)
_UNIT_WORD = "|".join(sorted([*ONES, *TENS], key=len, reverse=True))
_MAGNITUDE_WORD = "hundred|thousand|million|billion|trillion|dozen"
_NUMBER = (
    rf"(?:(?:{_DIGITS})(?:(?:{_BLANK}|-)(?:{_MAGNITUDE_WORD})\b|(?:bn|mn|m|k)\b)?"
    rf"|(?:half{_BLANK}a{_BLANK}dozen)\b"
    rf"|(?:(?:an?{_BLANK})?(?:{_MAGNITUDE_WORD})\b|(?:{_UNIT_WORD})\b)"
    rf"(?:(?:{_BLANK}|-)(?:and{_BLANK}(?=(?:{_UNIT_WORD})\b))?(?:{_MAGNITUDE_WORD}|{_UNIT_WORD})\b)*)"
)
_VAGUE = (
    rf"(?:(?:tens|hundreds){_BLANK}of{_BLANK})(?:thousands|millions)\b"
    rf"|several{_BLANK}(?:dozen|hundred|thousand|million)\b"
    rf"|(?:{'|'.join(INDEFINITE)})\b(?:(?={_BLANK}of\b))?"
    rf"|a{_BLANK}(?:couple|handful)\b(?={_BLANK}(?:of\b|more\b|dead\b))"
)

# Which bounds the words before (or after) a number set.
_FLOOR = (
    "at least|at the very least|no fewer than|no less than|not less than|a minimum of|minimum of|more than|over|above"
    "|upwards of|in excess of|exceeding|well over|greater than"
)
_CEILING = (
    "up to|as many as|as much as|at most|no more than|not more than|fewer than|less than|under|below|a maximum of"
    "|maximum of"
)
_NEARLY = "nearly|almost|close to|just under|not quite|just short of"
_ABOUT = "some|about|around|roughly|approximately|approx\\.?|an estimated|estimated|circa|in the region of|or so"


def _phrases(words: str) -> str:
    """Return the alternatives, with any blanks between their words."""
    return words.replace(" ", _BLANK)


APPROXIMATOR = re.compile(
    rf"\b(?:(?P<floor>{_phrases(_FLOOR)})|(?P<ceiling>{_phrases(_CEILING)})|(?P<nearly>{_phrases(_NEARLY)})"
    rf"|(?P<about>{_phrases(_ABOUT)}))(?:{_BLANK}(?:another|the|a{_BLANK}further|some|about))?{_BLANK}$",
    re.IGNORECASE,
)
_AFTERWARDS = re.compile(
    rf"(?P<plus>\+)|{_BLANK}or{_BLANK}(?:(?P<floor>more)|(?P<ceiling>fewer|less)|(?P<about>so))\b", re.IGNORECASE
)
_RANGE = re.compile(
    rf"(?P<between>\bbetween{_BLANK})?(?P<low>(?<![\w.,$€£-]){_NUMBER})"
    rf"(?(between){_BLANK}and{_BLANK}|(?:{_BLANK}(?:to|or){_BLANK}|{_BLANK}?[-–—]{_BLANK}?))(?P<high>{_NUMBER})(?![\w-])",
    re.IGNORECASE,
)
_SINGLE = re.compile(rf"(?<![\w$€£])(?:(?P<vague>{_VAGUE})|(?P<number>{_NUMBER}))", re.IGNORECASE)
_MONEY = re.compile(rf"(?P<currency>(?:US|A|C|HK)?\$|€|£|¥){_BLANK}?(?P<number>{_NUMBER})", re.IGNORECASE)

_MONTH = (
    r"(?:jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?|oct(?:ober)?|nov(?:ember)?"
    r"|dec(?:ember)?)\.?"
)
# Words after which a number names a thing instead of counting ("Resolution 2118", "aged 30", "Highway 4").
_NAMING = (
    "aged?|age of|articles?|resolution|no\\.?|number|highway|route|channel|unit|chapter|section|page|day|phase|brigade"
    "|room|flight|battalion|division|regiment|model|version|title|grade|level|class|gate|zone|sector|block"
)
_PARTS_OF_TIME = "year|month|week|day|hour|minute"
_DISTANCES = "metre|meter|kilometre|kilometer|km|mile|foot"
_BEFORE_EXCLUDED = re.compile(
    rf"(?:\b{_MONTH}{_BLANK}(?:the{_BLANK})?"  # May 19
    rf"|\b(?:{_phrases(_NAMING)}){_BLANK}"
    rf"|[@#/:]|\b(?:tel|phone|fax|call)\.?:?{_BLANK}\+?|\+|[A-Za-z]-|\d[.,:/]|\d{_BLANK}?-{_BLANK}?)$",
    re.IGNORECASE,
)
_AFTER_EXCLUDED = re.compile(
    rf"(?:st|nd|rd|th)\b|[-–](?:{_PARTS_OF_TIME}|{_DISTANCES})s?\b"
    rf"|{_BLANK}(?:years?|months?){_BLANK}old\b|[-–][a-z]+[-–](?:old|long|strong)\b"
    rf"|{_BLANK}?[ap]\.?m\b\.?|:\d|/\d|{_BLANK}?o['’]?clock|{_BLANK}?GMT|{_BLANK}local time"
    rf"|{_BLANK}(?:of{_BLANK})?{_MONTH}(?!\w)(?!{_BLANK}(?:have|not|be)\b)"
    rf"|[A-Za-z]|[-–]\d|['’]s\b|{_BLANK}(?:by|times){_BLANK}\d",
    re.IGNORECASE,
)
_YEAR_BEFORE = re.compile(
    rf"\b(?:in|since|of|by|until|till|from|before|after|during|the|early|late|mid|spring|summer"
    rf"|autumn|fall|winter){_BLANK}$"
    rf"|[-–/(,]{_BLANK}?$|\b{_MONTH}{_BLANK}\d{{1,2}},?{_BLANK}$"
    rf"|\b\d{{1,2}}(?:st|nd|rd|th)?{_BLANK}{_MONTH},?{_BLANK}$",
    re.IGNORECASE,
)
_ONE_IS_PRONOUN = re.compile(
    rf"{_BLANK}(?:of{_BLANK}(?:the|his|her|its|their|our|my|those|these|several|many)|another|by|who|that|is|has|can|should"
    rf"|side|day|hand)\b|[^\w\s-]",
    re.IGNORECASE,
)
_ONE_IS_PRONOUN_BEFORE = re.compile(
    rf"\b(?:no|any|every|each|this|that|the|some|another|last|first|which|such){_BLANK}$", re.IGNORECASE
)
_FRACTION_BEFORE = re.compile(rf"\b{_NUMBER}{_BLANK}(?:in|out{_BLANK}of){_BLANK}$", re.IGNORECASE)  # one in five
_FRACTION = re.compile(
    rf"{_BLANK}(?:in|out{_BLANK}of){_BLANK}{_NUMBER}(?!\w)|(?:-|–|{_BLANK})(?:third|quarter|fifth|half)s?\b",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Numeral:
    """A number with its bounds.

    ``[start, end)`` covers the words that bound it too; ``number_start`` is where the number itself starts.
    """

    start: int
    end: int
    number_start: int
    low: float | None
    best: float | None
    high: float | None
    approximate: bool = False
    approximator: str = ""
    currency: str = ""
    percent: bool = False

    @property
    def value(self) -> float:
        """Return the one figure to compare by: the best, else the bound that is given."""
        for value in (self.best, self.low, self.high):
            if value is not None:
                return value
        return 0.0


def value_of(text: str) -> float | None:
    """Return the value of one printed number ("40 000", "1.5 million", "two hundred and one"), else ``None``."""
    lowered = re.sub(r"\s+", " ", text.strip().lower())
    digits = re.match(r"[\d.,'’ ]*\d", lowered)
    if digits:
        factor_word = lowered[digits.end() :].strip(" -")
        figure = re.sub(r"[,'’ ]", "", digits.group())
        if figure.count(".") > 1:
            figure = figure.replace(".", "")
        if (factor_word and factor_word not in MAGNITUDES) or len(figure) > 18:
            return None
        return float(figure) * MAGNITUDES.get(factor_word, 1)
    if lowered == "half a dozen":
        return 6.0
    total = group = 0.0
    seen = False
    for word in re.findall(r"[a-z]+", lowered):
        if word in ("a", "an", "and"):
            continue
        seen = True
        if word in ONES or word in TENS:
            group += ONES.get(word, TENS.get(word, 0))
        elif word in ("dozen", "hundred"):
            group = (group or 1) * MAGNITUDES[word]
        elif word in MAGNITUDES:
            total, group = total + (group or 1) * MAGNITUDES[word], 0.0
        else:
            return None
    return total + group if seen else None


def find_numerals(text: str) -> list[Numeral]:
    """Return every count in the text, in order: no year, date, age, clock time, ordinal, code or telephone number."""
    found: list[Numeral] = []
    taken = 0
    for numeral in _candidates(text):
        if numeral.start >= taken:
            found.append(numeral)
            taken = numeral.end
    return found


def _candidates(text: str) -> Iterator[Numeral]:
    """Yield ranges, money, then single numbers, in the order of their place; a longer construction first."""
    found = [n for match in _RANGE.finditer(text) if (n := _range(text, match))]
    found += [n for match in _MONEY.finditer(text) if (n := _money(text, match))]
    position = 0
    while match := _SINGLE.search(text, position):
        match_or_shorter = _undated(text, match)
        numeral = _single(text, *match_or_shorter, vague=match["vague"] is not None)
        if numeral:
            found.append(numeral)
        position = max(match_or_shorter[1], match.start() + 1)
    return iter(sorted(found, key=lambda n: (n.number_start, -(n.end - n.start))))


def _undated(text: str, match: re.Match[str]) -> tuple[int, int]:
    """Return the number's place, less a day of the month that a blank seems to glue to it ("on May 19 300 people")."""
    start, end = match.span()
    first = re.match(rf"\d{{1,2}}(?={_GAP}\d)", match.group())
    if first and re.search(rf"\b{_MONTH}{_BLANK}$", text[max(0, start - 12) : start], re.I):
        return start, start + first.end()
    return start, end


def _single(text: str, start: int, end: int, *, vague: bool) -> Numeral | None:
    printed = text[start:end]
    before, after = text[max(0, start - 40) : start], text[end : end + 30]
    if vague:
        return _bounded(
            text, Numeral(start, end, start, _floor_of(printed), None, None, approximate=True, approximator=printed)
        )
    value = value_of(printed)
    if value is None or _is_no_count(printed, before, after):
        return None
    percent = re.match(
        rf"{_BLANK}?%|(?:{_BLANK}|-)(?:per{_BLANK}?cent|percent|percentage{_BLANK}points?)\b", after, re.I
    )
    return _bounded(text, Numeral(start, end, start, value, value, value, percent=bool(percent)))


def _is_no_count(printed: str, before: str, after: str) -> bool:
    if before.rstrip().endswith((" in", " of")) and _FRACTION_BEFORE.search(before):
        return True
    if _BEFORE_EXCLUDED.search(before) or _AFTER_EXCLUDED.match(after) or _FRACTION.match(after):
        return True
    lowered = printed.lower()
    if lowered == "one":
        return bool(_ONE_IS_PRONOUN.match(after) or _ONE_IS_PRONOUN_BEFORE.search(before))
    if lowered in ("m", "k"):
        return True
    if re.fullmatch(r"0\d+|\d{9,}", printed):
        return True
    return bool(re.fullmatch(r"(?:1[5-9]|20)\d\d", printed)) and _reads_as_year(before, after)


def _reads_as_year(before: str, after: str) -> bool:
    """Tell a bare 1500 to 2099 from a count: a plural follows a count, and nothing that dates comes before it."""
    counted = re.match(
        rf"{_BLANK}(?:[a-z]+{_BLANK}){{0,2}}?(?:[a-z]+s|people|(?:wo)?men|children|dead|killed)\b", after
    )
    return counted is None or bool(_YEAR_BEFORE.search(before) and not APPROXIMATOR.search(before))


def _floor_of(printed: str) -> float:
    words = re.findall(r"[a-z]+", printed.lower())
    if words[0] == "a":
        return 2.0 if "couple" in words else 3.0
    if "of" in words:
        return float((10 if words[0] == "tens" else 100) * INDEFINITE[words[-1]])
    if len(words) == 2:
        return float(INDEFINITE["several"] * MAGNITUDES[words[1]])
    return float(INDEFINITE[words[0]])


def _range(text: str, match: re.Match[str]) -> Numeral | None:
    """Read "10 to 15": both bounds and no best. "Up from 10 to 15" is a rise, and a score or a date is neither."""
    low, high = value_of(match["low"]), value_of(match["high"])
    before, after = text[max(0, match.start() - 40) : match.start()], text[match.end() : match.end() + 30]
    if low is None or high is None:
        return None
    if (
        low < 100
        and high >= 1000
        and match["low"].isdigit()
        and re.search(r"(hundred|thousand|million|billion|dozen)$", match["high"], re.I)
    ):
        low *= high / (value_of(re.sub(r"\D+$", "", match["high"])) or high)
    if not match["between"] and (
        _is_no_count(match["low"], before, "") or re.search(rf"\b(?:from|by){_BLANK}$", before, re.I)
    ):
        return None
    if _is_no_count(match["high"], "", after) or low >= high:
        return None
    percent = bool(re.match(rf"{_BLANK}?%|(?:{_BLANK}|-)(?:per{_BLANK}?cent|percent)\b", after, re.I))
    start = match.start()
    numeral = Numeral(start, match.end(), match.start("low"), low, None, high, approximate=True, percent=percent)
    words = "between" if match["between"] else "to"
    bounded = _bounded(text, numeral)
    return replace(bounded, low=low, best=None, high=high, approximate=True, approximator=bounded.approximator or words)


def _money(text: str, match: re.Match[str]) -> Numeral | None:
    value = value_of(match["number"])
    if value is None:
        return None
    currency = {"$": "USD", "US$": "USD", "A$": "AUD", "C$": "CAD", "HK$": "HKD", "€": "EUR", "£": "GBP", "¥": "JPY"}
    code = currency.get(match["currency"].upper(), "USD")
    return _bounded(text, Numeral(match.start(), match.end(), match.start(), value, value, value, currency=code))


def _bounded(text: str, numeral: Numeral) -> Numeral:
    """Return the numeral with what the words right before and after it say about its bounds."""
    window = max(0, numeral.start - 40)
    before = APPROXIMATOR.search(text[window : numeral.start])
    after = _AFTERWARDS.match(text, numeral.end)
    sort, words = "", numeral.approximator
    start, end = numeral.start, numeral.end
    if before:
        sort, words, start = str(before.lastgroup), before.group(before.lastgroup or 0), window + before.start()
    elif after:
        sort, words, end = str(after.lastgroup).replace("plus", "floor"), after.group().strip(), after.end()
    value, indefinite = numeral.best, numeral.best is None
    placed = replace(numeral, start=start, end=end, approximator=words)
    if indefinite or not sort:
        return placed
    if sort == "floor":
        return replace(placed, low=value, best=value, high=None)
    if sort == "ceiling":
        return replace(placed, low=None, best=None, high=value)
    if sort == "nearly":
        return replace(placed, low=None, best=value, high=value, approximate=True)
    return replace(placed, low=None, best=value, high=None, approximate=True)
