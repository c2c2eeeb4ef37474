"""Whether two short contents assert the same claim, with the reasons; and which known claims a text may repeat.

The score is the balanced overlap of content words, scaled down by what makes two contents different claims however
alike their words are: other figures of one measure, another place, other names, another actor, another time.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from rapidfuzz.distance import Levenshtein

from tracker.analysis.conflict_agents import agents
from tracker.analysis.figures import Figure, find_figures
from tracker.analysis.measures import word_set
from tracker.analysis.numerals import find_numerals
from tracker.analysis.opposition import ANTONYMS, denial, falsehood
from tracker.analysis.ranking import Ranker
from tracker.analysis.stance import negated
from tracker.analysis.toponyms import same_place
from tracker.analysis.types import Period
from tracker.analysis.wording import NEGATIONS, STOP_WORDS, TEXTS_KEPT, concept, fold, stem, unified

NAME = "claim-overlap"
VERSION = "2"

# At JOIN two contents are taken for one claim; from SUGGEST on a reviewer is asked. Against the most similar of 187
# other claims, 500 headlines of Emergent reach JOIN in 0.6 % of cases and SUGGEST in 5 %.
JOIN = 0.65
SUGGEST = 0.50

_NAME_WEIGHT, _WORD_WEIGHT, _COMMON_WEIGHT = 1.5, 1.0, 0.5
_OTHER_FIGURES, _OTHER_PLACE, _OTHER_NAMES, _OTHER_ACTOR, _OTHER_TIME, _FIGURE_MISSING = 0.4, 0.3, 0.55, 0.6, 0.5, 0.85
_SAME_FIGURE = 0.02  # relative difference
# Words are alike from as many letters at the start on, or where as long ones differ in one; and how much alike.
_START, _LONG, _SAME_START, _ONE_LETTER = 5, 6, 0.8, 0.9
_WHOLE, _FEWEST_WORDS = 0.95, 3  # what share of how many words of the shorter content

_TOKEN = re.compile(r"[^\W_]+(?:['’-][^\W_]+)*")
_POSSESSIVE = re.compile(r"['’]s$")
_CAPITAL = re.compile(r"(?:[a-z]{2,3}[-‐])?[^\W\d_a-z]")  # also "al-Qusayr"
# Words that every other report of a conflict has, and words that only say when: periods are compared by themselves.
_TIMES = word_set(
    """
    monday tuesday wednesday thursday friday saturday sunday january february march april june july august september
    october november december yesterday today later earlier late early ago currently still already
    """
)
_COMMON = _TIMES | word_set(
    "person town city area village country province district state group member time day week local"
)
_SIDES = {
    "government": "government",
    "troop": "government",
    "rebel": "rebels",
    "militant": "rebels",
    "police": "police",
}


@dataclass(frozen=True, slots=True)
class Match:
    """How surely two contents assert one claim, why, and whether one asserts what the other denies."""

    score: float
    explanation: tuple[str, ...] = ()
    refutes: bool = False

    @property
    def joins(self) -> bool:
        """Whether the contents are taken for one claim without asking."""
        return self.score >= JOIN

    @property
    def suggests(self) -> bool:
        """Whether a person should be asked."""
        return self.score >= SUGGEST


@dataclass(frozen=True, slots=True)
class _Word:
    concept: str
    printed: str
    stem: str
    is_name: bool
    weight: float

    @classmethod
    def of(cls, concept: str, *, printed: str, stem: str, is_name: bool) -> _Word:
        """The word with what it weighs."""
        weight = _COMMON_WEIGHT if concept in _COMMON else _NAME_WEIGHT if is_name else _WORD_WEIGHT
        return cls(concept, printed, stem, is_name, weight)


@dataclass(frozen=True, slots=True)
class _Content:
    """A text's content words, and what a comparison looks up of them; put together once a text."""

    words: tuple[_Word, ...]
    weight: float
    concepts: frozenset[str]
    names: tuple[str, ...]
    sides: frozenset[str]
    opposable: tuple[tuple[_Word, frozenset[str]], ...]
    """Words that have antonyms, with these."""
    by_start: Mapping[str, Sequence[_Word]]
    """Words of ``_START`` letters and more by their first ones."""
    by_length: Mapping[int, Sequence[_Word]]
    """Words of ``_LONG`` letters and more by how many these are."""

    @classmethod
    def of(cls, words: tuple[_Word, ...]) -> _Content:
        """Prepare these words for comparisons."""
        by_start: dict[str, list[_Word]] = {}
        by_length: dict[int, list[_Word]] = {}
        for word in words:
            if len(word.concept) >= _START:
                by_start.setdefault(word.concept[:_START], []).append(word)
            if len(word.concept) >= _LONG:
                by_length.setdefault(len(word.concept), []).append(word)
        return cls(
            words=words,
            weight=sum(word.weight for word in words),
            concepts=frozenset(word.concept for word in words),
            names=tuple(word.printed for word in words if word.is_name),
            sides=frozenset(_SIDES[word.concept] for word in words if word.concept in _SIDES),
            opposable=tuple((word, ANTONYMS[word.stem]) for word in words if word.stem in ANTONYMS),
            by_start=by_start,
            by_length=by_length,
        )


def similarity(
    a: str,
    b: str,
    *,
    places: tuple[str | None, str | None] = (None, None),
    periods: tuple[Period | None, Period | None] = (None, None),
    parties: Mapping[str, str] | None = None,
    at_least: float = 0.0,
) -> Match:
    """Compare two contents. ``places`` and ``periods`` are what the documents say of each, where they say it.

    ``parties`` maps folded names of those who may have done a deed to the party that they are of. Two contents that
    differ in too many words to reach ``at_least`` are not compared further: their score is then an upper bound.

    The score is in [0, 1] and the same in both orders. ``refutes`` is about the content alone: the caller joins it with
    the polarity of the two statements.
    """
    one, other = _content(a), _content(b)
    if not one.words or not other.words:
        return Match(0.0, ("one of the contents has no words to compare",))
    opposed = _opposed(one, other)
    there, back = _covered(one, other, opposed), _covered(other, one, opposed)
    score = 2 * there * back / (there + back) if there + back else 0.0
    reasons = [f"words: {there:.0%} of the first in the second, {back:.0%} of the second in the first"]
    if score < JOIN and _asserts_whole(a, b, (one, other), (there, back)):
        score = JOIN
        reasons.append("the longer one says all of the shorter one, its figure included")
    if score < at_least:
        return Match(round(score, 4), tuple(reasons))
    for factor, reason in (*_differences(a, b, one, other, places, periods), *_other_doer(a, b, parties)):
        score *= factor
        reasons.append(reason)
    refutes = _refutes(a, b, opposed)
    if refutes:
        reasons.append(f"opposed: {opposed[0]} and {opposed[1]}" if opposed else "one is negated")
    return Match(round(min(1.0, score), 4), tuple(reasons), refutes)


def _asserts_whole(a: str, b: str, contents: tuple[_Content, _Content], covered: tuple[float, float]) -> bool:
    """Whether the longer content says all that the shorter one says and adds to it: "7 died", "7 died, all men".

    Only where a figure of one measure ties them: without one, a short content is in too many long ones.
    """
    if max(covered) < _WHOLE or min(len(content.words) for content in contents) < _FEWEST_WORDS:
        return False
    figures = _figures(a), _figures(b)
    return any(x.measure and x.measure == y.measure and _same_value(x, y) for x in figures[0] for y in figures[1])


def rank(texts: Iterable[str], claims: Iterable[tuple[str, str]], limit: int = 20) -> Iterator[list[str]]:
    """Yield, for each text, the ids of the ``limit`` claims, given as ``(id, text)``, that it most likely repeats."""
    ranker = Ranker(claims)
    for text in texts:
        yield [claim for claim, _ in ranker.rank(text, limit)]


def run(lines: Iterable[dict[str, Any]], claims: Iterable[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """Answer each ``{"id", "text"}`` with ``id`` and ``ranking``; claims have ``id``, ``text``, perhaps ``title``."""
    ranker = Ranker((claim["id"], f"{claim.get('text') or ''} {claim.get('title') or ''}") for claim in claims)
    for line in lines:
        ranked = ranker.rank(str(line.get("text") or ""))
        yield {"id": line.get("id"), "ranking": [claim for claim, _ in ranked]}


@lru_cache(maxsize=TEXTS_KEPT)
def _content(text: str) -> _Content:
    """Return the content words once each, in order, numbers left out: figures are compared as figures."""
    tokens = _TOKEN.findall(unified(text))
    found: dict[str, _Word] = {}
    for position, token in enumerate(tokens):
        read = _read(token)
        if read is not None:
            plain, name = read
            found.setdefault(
                plain.concept, name if name and (position or _next_is_capital(tokens, position)) else plain
            )
    return _Content.of(tuple(found.values()))


@lru_cache(maxsize=65536)
def _read(token: str) -> tuple[_Word, _Word | None] | None:
    """Return the word as it is elsewhere and as a name, if it may be one; nothing for what carries no content."""
    printed = _POSSESSIVE.sub("", token)
    folded = fold(printed)
    if folded in STOP_WORDS or folded in NEGATIONS or folded[:1].isdigit() or _is_number_word(folded):
        return None
    key, base = concept(folded), stem(folded)
    named = folded not in _TIMES and _CAPITAL.match(printed)
    name = _Word.of(key, printed=printed, stem=base, is_name=True) if named else None
    return _Word.of(key, printed=printed, stem=base, is_name=False), name


@lru_cache(maxsize=TEXTS_KEPT)
def _figures(text: str) -> tuple[Figure, ...]:
    """Return what ``find_figures`` finds."""
    return tuple(find_figures(text))


@lru_cache(maxsize=TEXTS_KEPT)
def _denied(text: str) -> bool:
    """Return whether the text calls something untrue or denies it."""
    return bool(falsehood(text) or denial(text))


def _is_number_word(word: str) -> bool:
    return any(n.number_start == 0 and n.end == len(word) for n in find_numerals(word))


def _next_is_capital(tokens: Sequence[str], position: int) -> bool:
    return position + 1 < len(tokens) and tokens[position + 1][:1].isupper()


def _likest(word: _Word, other: _Content) -> float:
    """How alike the word is to the likest of the other content: spelt a little otherwise, inflected, the same place."""
    if word.concept in other.concepts:
        return 1.0
    if word.is_name and any(same_place(word.printed, name) for name in other.names):
        return 1.0
    best, length = 0.0, len(word.concept)
    for candidate in other.by_start.get(word.concept[:_START], ()) if length >= _START else ():
        if not (word.is_name and candidate.is_name):
            best = _SAME_START
    if length >= _LONG:
        for candidate in (c for size in (length - 1, length, length + 1) for c in other.by_length.get(size, ())):
            if candidate.concept[:_START] == word.concept[:_START] and not (word.is_name and candidate.is_name):
                continue  # that was looked at
            if Levenshtein.distance(word.concept, candidate.concept, score_cutoff=1) <= 1:
                return _ONE_LETTER
    return best


def _covered(one: _Content, other: _Content, opposed: tuple[str, str] | None) -> float:
    """Return the weighted share of one's words that the other has; opposed words count as the same word."""
    shared = 0.0
    for word in one.words:
        same = opposed is not None and word.concept in opposed
        shared += word.weight * (1.0 if same else _likest(word, other))
    return shared / one.weight


def _opposed(one: _Content, other: _Content) -> tuple[str, str] | None:
    """Return one pair of antonyms that sets the contents against each other, if all else about agrees."""
    pairs = [
        (a.concept, b.concept)
        for a, opposites in one.opposable
        if a.concept not in other.concepts
        for b in other.words
        if b.stem in opposites and b.concept not in one.concepts
    ]
    return pairs[0] if len(pairs) == 1 else None


def _refutes(a: str, b: str, opposed: tuple[str, str] | None) -> bool:
    """Whether one content asserts what the other denies: an odd number of negation, denial and opposition."""
    turns = [
        negated(a, b) != negated(b, a),
        opposed is not None,
        _denied(a) != _denied(b),
    ]
    return sum(turns) % 2 == 1


def _differences(
    a: str,
    b: str,
    one: _Content,
    other: _Content,
    places: tuple[str | None, str | None],
    periods: tuple[Period | None, Period | None],
) -> Iterator[tuple[float, str]]:
    """Yield a factor and a reason for each thing that makes the contents different claims."""
    yield from _figure_difference(_figures(a), _figures(b))
    if places[0] and places[1] and not same_place(*places):
        yield _OTHER_PLACE, f"different places: {places[0]} and {places[1]}"
    if one.names and other.names and not _names_any(one, other) and not _names_any(other, one):
        yield _OTHER_NAMES, f"different names: {one.names[0]} and {other.names[0]}"
    sides = one.sides, other.sides
    if all(sides) and not sides[0] & sides[1]:
        yield _OTHER_ACTOR, f"different actors: {min(sides[0])} and {min(sides[1])}"
    if periods[0] and periods[1] and (periods[0].first > periods[1].last or periods[1].first > periods[0].last):
        yield _OTHER_TIME, f"different times: {periods[0].text} and {periods[1].text}"


def _names_any(one: _Content, other: _Content) -> bool:
    """Whether a name of the one is, or is like, a word of the other."""
    return any(word.is_name and _likest(word, other) for word in one.words)


def _other_doer(a: str, b: str, parties: Mapping[str, str] | None) -> Iterator[tuple[float, str]]:
    """Whether both say whose deed it was, and say differently: "shelled by the army", "shelled by the rebels"."""
    doers = agents(a, parties=parties), agents(b, parties=parties)
    if len(doers[0]) == len(doers[1]) == 1 and doers[0] != doers[1]:
        yield _OTHER_ACTOR, f"done by others: {min(doers[0])} and {min(doers[1])}"


def _figure_difference(one: Sequence[Figure], other: Sequence[Figure]) -> Iterator[tuple[float, str]]:
    if not one and not other:
        return
    if not one or not other:
        yield _FIGURE_MISSING, "only one gives a figure"
        return
    for measure in sorted({figure.measure for figure in one} & {figure.measure for figure in other}):
        ours, theirs = ([figure for figure in side if figure.measure == measure] for side in (one, other))
        if clash := _unmatched(ours, theirs):
            yield _OTHER_FIGURES, f"different figures: {clash[0]:g} and {clash[1]:g} {measure}".strip()
            return
    if not any(_same_value(x, y) for x in one for y in other):
        yield _OTHER_FIGURES, f"different figures: {one[0].value:g} and {other[0].value:g}"


def _unmatched(ours: Sequence[Figure], theirs: Sequence[Figure]) -> tuple[float, float] | None:
    """A value that the other side does not give, beside one that it gives. The side that gives more may have spares."""
    for some, others in ((ours, theirs), (theirs, ours)):
        for figure in some if len(some) <= len(others) else ():
            if not any(_same_value(figure, other) for other in others):
                return (figure.value, others[0].value) if some is ours else (others[0].value, figure.value)
    return None


def _same_value(one: Figure, other: Figure) -> bool:
    larger = max(abs(one.value), abs(other.value))
    return larger == 0 or abs(one.value - other.value) <= _SAME_FIGURE * larger
