"""Figures in plain text: a number, what is counted, and what happened to it, by the order of the words alone.

This is the fast reading that counting, stance, matching and grouping share; ``quantities`` refines it by grammar.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass, replace

from tracker.analysis.measures import ACTIVE, EVERYBODY, NOUNS, PEOPLE, POSTPOSED, measure_of, word_set
from tracker.analysis.numerals import Numeral, find_numerals
from tracker.analysis.sentences import sentences

_WORD = re.compile(r"[^\W\d_]+(?:[-'’][^\W\d_]+)*|\d[\d.,]*|[^\w\s]")

_AUXILIARIES = word_set(
    """
    was were is are be been being has have had got get gets getting remain remained remains left lay lies also
    later reportedly feared believed reported confirmed to presumed already still when while either apparently
    all currently allegedly now not instantly both may might could would will thought known said among
    """
)
_PREPOSITIONS = word_set(
    """
    in on at by from near after during with within inside outside across around under over of for to into
    since between against because as before through throughout that which including along amid until where
    when while who whose
    """
)
_GLUE = word_set(
    """
    the a an of its his her their another other further more some about additional as many at least up to
    are is was were now : - ( “ " ' ‘ has have had been being estimated total nearly almost around over than
    toll number count rise rises rose risen climbs climbed climb jumped jumps reached reaches reach stands
    stood hits hit tops topped passes passed exceeds exceeded from put puts in all only just between
    """
)
_TOLL = re.compile(
    r"\b(?:death toll|toll|number of (?:dead|deaths|people killed|those killed|fatalities))\b[^.;]*?"
    r"(?:\b(?:to|at|is|was|of|reached|stood|hit|passed|exceeded|as|least|than|reaches|hits|tops|topped|attack|nearly|about)"
    r"|:)\s*$",
    re.IGNORECASE,
)
# How many words around a number are looked at: a text without punctuation is one long sentence.
_REACH = 40
_PASSIVE = word_set("was were been be are is being got get left lay remain remained believed feared")
_INTRANSITIVE = word_set("died perished fled surrendered disappeared drowned die")
# What may stand between a number and its noun, and what ends the noun phrase.
_OPENERS = word_set("of the people's further additional % percent")
_OBJECTS = word_set("a an the his her their at some more dozens hundreds civilians people soldiers")
_NOUN_STOPS = _AUXILIARIES | _PREPOSITIONS | {"and", "or"}
_COORDINATION = word_set(", and as well including among them plus or ( other of whom at least from with the")
_SINGULAR = re.compile(r"(?<![\w-])(?:an?|another)(?=\s+[a-z])", re.IGNORECASE)
# Words by which a clause speaks of a whole war's or year's toll, not of one event's.
_CUMULATIVE = re.compile(
    r"\b(?:since|so far this (?:year|month)|this year|(?:civil )?war (?:that )?(?:has|began|started|broke)|uprising"
    r"|conflict(?: (?:that|which|has|began))?|years?[- ](?:long|old)|over the (?:past|last)|in (?:the )?(?:past|last)"
    r"|multi-sided|nearly \w+ years|years of|so far in|in total since|from the start|revolution"
    r"|(?:every|each|per) (?:day|week|month|year))\b",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Figure:
    """One figure of the text. ``measure`` is empty where the words do not say what happened.

    ``[start, end)`` is from the number's approximator to the counted noun or the measure, whichever comes later;
    ``noun`` is the place of the counted noun phrase. ``cumulative``: the clause speaks of a war's or a year's total.
    """

    numeral: Numeral
    start: int
    end: int
    measure: str
    counted: str
    noun: tuple[int, int]
    cumulative: bool = False
    inherited: bool = False

    @property
    def value(self) -> float:
        """Return the one figure to compare by."""
        return self.numeral.value

    @property
    def is_total(self) -> bool:
        """Whether everybody is counted, not one group of them."""
        return self.counted.split()[-1:] == [] or self.counted.split()[-1].lower() in EVERYBODY


@dataclass(frozen=True, slots=True)
class _Word:
    text: str
    start: int
    end: int

    @property
    def lower(self) -> str:
        return self.text.lower()


def find_figures(text: str, *, singular: bool = False) -> list[Figure]:
    """Return every figure of the text in order. ``singular`` also reads "a soldier was killed" as one soldier."""
    numerals = find_numerals(text)
    if singular:
        numerals = _with_singulars(text, numerals)
    figures: list[Figure] = []
    position = 0
    for start, end in sentences(text):
        words = [_Word(m.group(), m.start(), m.end()) for m in _WORD.finditer(text, start, end)]
        here = []
        while position < len(numerals) and numerals[position].start < end:
            if numerals[position].start >= start:
                here.append(numerals[position])
            position += 1
        figures += _of_sentence(text[start:end], start, words, here)
    return figures


def _with_singulars(text: str, numerals: Sequence[Numeral]) -> list[Numeral]:
    out = list(numerals)
    for match in _SINGULAR.finditer(text):
        following = [m.group().lower() for m in _WORD.finditer(text, match.end(), match.end() + 60)][:4]
        if any(w in PEOPLE and w.rstrip("s") == w for w in following[:3]) and not any(
            n.start <= match.start() < n.end for n in numerals
        ):
            out.append(Numeral(match.start(), match.end(), match.start(), 1.0, 1.0, 1.0))
    return sorted(out, key=lambda n: n.start)


def _start(word: _Word) -> int:
    return word.start


def _of_sentence(sentence: str, offset: int, words: Sequence[_Word], numerals: Sequence[Numeral]) -> list[Figure]:
    figures: list[Figure] = []
    cumulative = bool(_CUMULATIVE.search(sentence))
    for index, numeral in enumerate(numerals):
        following = bisect_left(words, numeral.end, key=_start)
        after = words[following : following + _REACH]
        limit = numerals[index + 1].start if index + 1 < len(numerals) else None
        noun, rest = _noun_phrase(after)
        measure, where = _measure_after(noun, rest, limit)
        preceding = bisect_left(words, numeral.start, key=_start)
        before = words[max(0, preceding - _REACH) : preceding]
        measure = (
            measure
            or _measure_before(before)
            or _toll(sentence, numeral.start - offset, numerals[max(0, index - 3) : index], offset)
        )
        inherited = False
        if not measure and figures and figures[-1].measure and _coordinated(words, figures[-1].end, numeral.start):
            measure, inherited = figures[-1].measure, True
        counted = " ".join(w.text for w in noun) or ("people" if measure else "")
        end = max([numeral.end, *(w.end for w in noun[-1:]), *([where.end] if where else [])])
        place = (noun[0].start, noun[-1].end) if noun else (numeral.end, numeral.end)
        figures.append(Figure(numeral, numeral.start, end, measure, counted, place, cumulative, inherited))
    return _inherit_backwards(words, figures)


def _inherit_backwards(words: Sequence[_Word], figures: list[Figure]) -> list[Figure]:
    """Give the first of several subjects the verb of the last: "two soldiers and three civilians were killed"."""
    for index in range(len(figures) - 2, -1, -1):
        figure, following = figures[index], figures[index + 1]
        if figure.measure or not following.measure or following.start < figure.end:
            continue
        if _coordinated(words, figure.end, following.start) and following.end > following.noun[1]:
            figures[index] = replace(
                figure, measure=following.measure, counted=figure.counted or "people", inherited=True
            )
    return figures


def _noun_phrase(after: Sequence[_Word]) -> tuple[list[_Word], list[_Word]]:
    """Split what follows a number into the counted noun phrase (measure words left out) and the rest."""
    noun: list[_Word] = []
    index = 0
    while index < len(after) and (after[index].lower in _OPENERS or _is_determiner(after, index)):
        index += 1
    for position, word in enumerate(after[index:], start=index):
        stop = not word.text[0].isalpha() or word.lower in _NOUN_STOPS
        if stop or len(noun) == 5 or (measure_of(word.lower) and word.lower not in NOUNS):
            return noun, list(after[position:])
        if word.lower in NOUNS:
            return [*noun, word], list(after[position:])
        noun.append(word)
        if word.lower in PEOPLE and position + 1 < len(after) and after[position + 1].lower not in PEOPLE:
            return noun, list(after[position + 1 :])
    return noun, []


def _is_determiner(after: Sequence[_Word], index: int) -> bool:
    """Whether "other" or "more" goes with a noun to come ("30 other men"), and is not the noun ("30 others")."""
    if after[index].lower not in ("other", "more"):
        return False
    follows = after[index + 1].lower if index + 1 < len(after) else ""
    return follows.isalpha() and not measure_of(follows) and follows not in _NOUN_STOPS


def _measure_after(noun: list[_Word], rest: Sequence[_Word], limit: int | None) -> tuple[str, _Word | None]:
    """Find what the words after the noun phrase say happened to it, and the word that says so."""
    if rest and (measure := measure_of(rest[0].lower)) and rest[0].lower in POSTPOSED:
        follower = rest[1].lower if len(rest) > 1 else ""
        if noun and rest[0].lower not in ("dead", "missing", "died") and _is_object(rest[1:4], limit):
            return "", None  # "12 soldiers killed three": they did it
        if (
            not noun
            and follower.isalpha()
            and follower not in _NOUN_STOPS
            and (follower in PEOPLE or follower[-1] == "s")
        ):
            noun.append(rest[1])  # "12 wounded civilians"
        return measure, rest[0]
    passive = False
    for step, word in enumerate(rest[:16]):
        joined = word.lower == "and" and any(w.lower in PEOPLE for w in rest[step + 1 : step + 4])
        if (word.lower in ("and", "but", ";") and not joined) or (limit is not None and word.start >= limit):
            return "", None
        if word.lower == "among" and passive and (found := _among(rest[step + 1 : step + 5])):
            return found
        if measure := measure_of(word.lower):
            after = rest[step + 1].lower if step + 1 < len(rest) else ""
            headline = word.lower in POSTPOSED and (
                not after or after in _PREPOSITIONS
            )  # "9 men of one unit killed in"
            return (measure, word) if passive or headline or word.lower in _INTRANSITIVE else ("", None)
        passive = word.lower in _PASSIVE or (passive and word.lower in _AUXILIARIES)
    return "", None


def _toll(sentence: str, position: int, earlier: Sequence[Numeral], offset: int) -> str:
    """Read "the death toll from the strike on X reached …" with no other number between."""
    toll = _TOLL.search(sentence[max(0, position - 140) : position])
    if not toll:
        return ""
    begins = max(0, position - 140) + toll.start()
    return "" if any(n.start - offset > begins for n in earlier) else "killed"


def _among(words: Sequence[_Word]) -> tuple[str, _Word] | None:
    """Read "were among the dead", "were among those killed"."""
    for word in words:
        if measure := measure_of(word.lower):
            return measure, word
        if word.lower not in ("the", "those", "people", "victims"):
            return None
    return None


def _is_object(words: Sequence[_Word], limit: int | None) -> bool:
    """Whether what follows a verb is its object: a number or an article, no next item ("8 killed 14 injured")."""
    if not words:
        return False
    if words[0].text[0].isdigit() or words[0].start == limit:
        return not any(measure_of(word.lower) for word in words[1:])
    return words[0].lower in _OBJECTS


def _measure_before(before: Sequence[_Word]) -> str:
    """Find a measure right before the number: "killed at least", "the death toll rose to"."""
    passive = False
    for steps, word in enumerate(reversed(before[-9:])):
        measure = measure_of(word.lower)
        if measure and (
            word.lower in ACTIVE or word.lower in ("death", "deaths", "dead", "fatalities", "casualties", "lives")
        ):
            earlier = before[-steps - 2].lower if len(before) > steps + 1 else ""
            if steps and word.lower in ACTIVE and earlier in ("was", "were", "been", "being") and passive:
                return ""
            return measure
        if word.lower in ("in", "on", "by", "when", "at", "from", ","):
            passive = True
        if word.lower not in _GLUE and not (steps < 3 and word.lower == "and"):
            return ""
    return ""


def _coordinated(words: Sequence[_Word], start: int, end: int) -> bool:
    """Whether only "and", commas, "including" and nouns stand between: "killed two soldiers and three civilians"."""
    first = bisect_left(words, start, key=_start)
    between = [w.lower for w in words[first : first + 9] if w.end <= end]
    return len(between) <= 8 and all(word in _COORDINATION or word in PEOPLE for word in between)
