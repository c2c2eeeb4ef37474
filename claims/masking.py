"""Finding protected names and words in whatever is about to be sent, and laying a mask of the same length over them.

Pure: what is protected is given, and no database is asked. A name is found whatever stands between its letters (a
space, a hyphen, a line's end, nothing), in any case and with or without accents, so that a headline, an address and a
possessive give it away no more than a sentence does. Where that leaves a doubt, it is masked.
"""

import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any
from uuid import UUID

import ahocorasick

MASK = "█"
# Shorter than this a name is masked only where it stands as a word of its own: "Omar" is no part of "tomarrow".
LONGEST_BOUNDED = 7
# Shorter than these a name is not looked for in texts: a source called "A" would blank them all.
SHORTEST = {True: 3, False: 2}  # by whether its letters have a case
# So much of protected words gives them away, where the rest was cut off.
SHORTEST_FRAGMENT, SHORTEST_WORDS = 4, 12
# What of a row says who a source is; what of one says what a statement says.
OF_SOURCES = frozenset({"name", "names", "aliases", "description", "wikidata_id"})
OF_STATEMENTS = frozenset(
    [
        "content", "content_prefix", "content_suffix", "content_text", "decided_by_words", "happened_first",
        "happened_last", "period", "place", "quantities", "said_by", "source_text", "when", "when_text",
    ]
)  # fmt: skip
DAY = re.compile(r"\d{4}-\d\d-\d\d")
NAMING = frozenset({"name", "names", "source", "aliases"})
# What stands before a name, and is none by itself.
HONORIFICS = frozenset(
    [
        "ambassador", "bishop", "brother", "captain", "chairman", "chief", "colonel", "commander", "corporal", "dame",
        "defence", "defense", "deputy", "director", "doctor", "father", "foreign", "general", "governor", "imam",
        "inspector", "interior", "judge", "justice", "king", "lady", "lieutenant", "lord", "major", "mayor", "minister",
        "miss", "officer", "president", "prime", "prince", "princess", "prof", "professor", "queen", "reverend",
        "secretary", "senator", "sergeant", "sheikh", "sister", "spokesman", "spokesperson", "spokeswoman", "dr", "mr",
        "mrs", "ms", "sir",
    ]
)  # fmt: skip
_ALIKE = {"ı": "i", "ł": "l", "ø": "o", "đ": "d", "ħ": "h", "ß": "s", "ـ": None}


class _Fold(dict[int, int | None]):
    """One letter or digit for each, without case and accents; nothing for whatever is neither."""

    def __missing__(self, code: int) -> int | None:
        self[code] = folded = _folded(chr(code))
        return folded


def _folded(char: str) -> int | None:
    if char == "\0":
        return 0  # between two texts
    if char in _ALIKE:
        alike = _ALIKE[char]
        return ord(alike) if alike else None
    letters = [c for c in unicodedata.normalize("NFKD", char) if c.isalnum()]
    if not letters:
        return None
    lower = (letters[0] if len(letters) == 1 else char).casefold()
    lower = _ALIKE.get(lower, lower) or lower
    return ord(lower if len(lower) == 1 else char.lower()[0])


FOLD = _Fold()


def squeezed(text: str) -> str:
    """The letters and digits of a text alone, as they are compared."""
    return text.translate(FOLD)


@dataclass(frozen=True, slots=True)
class Protected:
    """What is to be masked."""

    names: frozenset[str] = frozenset()
    words: frozenset[str] = frozenset()
    sources: frozenset[str] = frozenset()
    """Public ids of the protected sources."""
    statements: frozenset[str] = frozenset()
    """Public ids of the protected statements."""


@dataclass(slots=True)
class Masker:
    """Masks what is protected in any text or JSON value. Compiled once, used by any number of threads."""

    protected: Protected
    _automaton: Any = field(init=False)
    _patterns: list[tuple[str, bool]] = field(init=False, default_factory=list)
    _short: frozenset[str] = field(init=False)
    _tails: dict[str, list[tuple[str, bool]]] = field(init=False, default_factory=dict)
    _heads: dict[str, list[tuple[str, bool]]] = field(init=False, default_factory=dict)
    _words: str = field(init=False, default="")

    def __post_init__(self) -> None:
        """Compile."""
        self._automaton = ahocorasick.Automaton()
        self._short = frozenset(name.strip().casefold() for name in self.protected.names if _too_short(name))
        for name in self.protected.names:
            if not _too_short(name):
                self._add(name, shortest_fragment=SHORTEST_FRAGMENT)
        kept = sorted(key for key in map(squeezed, self.protected.words) if len(key) >= SHORTEST[True])
        for words in self.protected.words:
            if not _too_short(words):
                self._add(words, shortest_fragment=SHORTEST_WORDS)
        self._words = "\0".join(kept)
        if self._patterns:
            self._automaton.make_automaton()

    def _add(self, said: str, *, shortest_fragment: int) -> None:
        key = squeezed(said)
        bounded = len(key) <= LONGEST_BOUNDED and _has_case(key)
        self._automaton.add_word(key, (len(key), bounded))
        self._patterns.append((key, bounded))
        parts = [part for part in map(squeezed, said.split()) if part]
        # The first word of several is no name by itself: "national" does not stand for the National Front.
        first, last = (len(parts[0]) + 2, len(parts[-1]) + 2) if len(parts) > 1 else (0, 0)
        for length in range(max(shortest_fragment, first), len(key)):
            self._tails.setdefault(key[length - 4 : length], []).append((key[:length], True))
        for length in range(max(shortest_fragment, last), len(key)):
            self._heads.setdefault(key[-length:][:4], []).append((key[-length:], True))

    def text(self, text: str) -> str:
        """The text with a mask over everything protected; every other character keeps its place."""
        found = self.spans(text)
        return _covered(text, found) if found else text

    def spans(self, text: str) -> list[tuple[int, int]]:
        """Where protected names and words stand in a text."""
        if not self._patterns or not text:
            return []
        key = squeezed(text)
        hits = list(self._automaton.iter(key))
        ends = self._cut_off(key)
        within = len(key) >= SHORTEST_WORDS and bool(self._words) and key in self._words
        if not (hits or ends or within):
            return []
        kept = [place for place, char in enumerate(text) if FOLD[ord(char)] is not None]
        if within:
            return [(kept[0], kept[-1] + 1)]
        spans = []
        for last, (length, bounded) in hits:
            start, end = kept[last - length + 1], kept[last] + 1
            if not bounded or (_begins(text, start) and _ends(text, end)):
                spans.append((start, end))
        for first, last in ends:
            start, end = kept[first], kept[last] + 1
            if (first == 0 and _ends(text, end)) or (last == len(key) - 1 and _begins(text, start)):
                spans.append((start, end))
        return spans

    def keys(self) -> tuple[list[str], list[str]]:
        """What is looked for, letters and digits alone: within words, and as words of their own."""
        return [key for key, bounded in self._patterns if not bounded], [key for key, b in self._patterns if b]

    def _cut_off(self, key: str) -> list[tuple[int, int]]:
        """First and last place of what the beginning or the end of a text leaves of a protected name."""
        found = [
            (len(key) - len(part), len(key) - 1) for part, _ in self._tails.get(key[-4:], ()) if key.endswith(part)
        ]
        found += [(0, len(part) - 1) for part, _ in self._heads.get(key[:4], ()) if key.startswith(part)]
        return found

    def value(self, value: Any) -> Any:
        """A JSON value with a mask over everything protected in it: the value itself, where there is nothing."""
        if not self._touches(value):
            return value
        return self._masked(value, key="")

    def _touches(self, value: Any) -> bool:
        """Whether anything in this value may have to be masked: quickly no, in most answers."""
        texts: list[str] = []
        if _gathered(value, texts, self._names_protected, naming=self._short):
            return True
        key = squeezed("\0".join(texts))
        if self._patterns and next(self._automaton.iter(key), None) is not None:
            return True
        parts = set(key.split("\0"))  # most of what a list says is said of each of its rows
        tails, heads = self._tails, self._heads
        return any(self._cut_off(part) for part in parts if part[-4:] in tails or part[:4] in heads) or (
            bool(self._words) and any(len(p) >= SHORTEST_WORDS and p in self._words for p in parts)
        )

    def _names_protected(self, row: Mapping[Any, Any]) -> bool:
        for name in ("uid", "object_uid", "object"):
            uid = row.get(name)
            if isinstance(uid, str | UUID):
                uid = str(uid)
                if uid in self.protected.sources or uid in self.protected.statements:
                    return True
        return False

    def _masked(self, value: Any, *, key: str) -> Any:
        if isinstance(value, str):
            if key in NAMING and value.strip().casefold() in self._short:
                return MASK * len(value)
            return self.text(value)
        if isinstance(value, Mapping):
            hidden = self._hidden(value)
            shown: dict[Any, Any] = {}
            for name, inner in value.items():
                if name in hidden:
                    shown[name] = blanked(name, inner)
                elif name == "state" and isinstance(inner, Mapping):  # of an event: what its object became
                    about = self._hidden(value, "object_uid", "object", "uid")
                    shown[name] = {n: blanked(n, i) if n in about else self._masked(i, key=n) for n, i in inner.items()}
                else:
                    shown[self.text(name) if isinstance(name, str) else name] = self._masked(inner, key=str(name))
            return shown
        if isinstance(value, list | tuple):
            return [self._masked(inner, key=key) for inner in value]
        return value

    def _hidden(self, row: Mapping[Any, Any], *names: str) -> frozenset[str]:
        uid = next((str(row[name]) for name in names or ("uid",) if isinstance(row.get(name), str | UUID)), "")
        if uid in self.protected.sources:
            return OF_SOURCES
        if uid in self.protected.statements:
            return OF_STATEMENTS
        return frozenset()


def blanked(name: str, value: Any) -> Any:
    """The value of a field without anything that it says: words masked, days empty, no figures. Offsets stay."""
    if name == "quantities":
        return []
    if isinstance(value, str):
        return None if DAY.fullmatch(value) else MASK * len(value)
    if isinstance(value, date):
        return None
    if isinstance(value, Mapping):
        return {inner: held if inner == "type" else blanked(inner, held) for inner, held in value.items()}
    if isinstance(value, list | tuple):
        return [blanked("", held) for held in value]
    return value


def _gathered(
    value: Any, texts: list[str], stops: Callable[[Mapping[Any, Any]], bool], *, naming: frozenset[str]
) -> bool:
    """Add every text in a JSON value to ``texts``; whether ``stops`` knows one of its objects, or one is short."""
    if isinstance(value, str):
        texts.append(value)
        return bool(naming) and value.strip().casefold() in naming
    if value is None or isinstance(value, int | float):  # most of the rest, and quickly told
        return False
    within: Iterable[Any] = ()
    if isinstance(value, dict | Mapping):  # a dictionary is known quicker than any mapping
        if stops(value):
            return True
        texts.extend(name for name in value if isinstance(name, str))
        within = value.values()
    elif isinstance(value, list | tuple):
        within = value
    for inner in within:  # noqa: SIM110  a generator for each of so many rows would take longer than all else
        if _gathered(inner, texts, stops, naming=naming):
            return True
    return False


def _too_short(name: str) -> bool:
    key = squeezed(name)
    return len(key) < SHORTEST[_has_case(key)]


def _has_case(key: str) -> bool:
    """Whether its letters have a case: scripts without one (Arabic, Chinese) also write words without spaces."""
    return any(c.upper() != c.lower() for c in key)


def _begins(text: str, start: int) -> bool:
    return start == 0 or not text[start - 1].isalpha()


def _ends(text: str, end: int) -> bool:
    """Whether a word ends here: with nothing, or with the s of a genitive."""
    if end < len(text) and text[end] in "sS":
        end += 1
    return end >= len(text) or not text[end].isalpha()


def _covered(text: str, spans: Iterable[tuple[int, int]]) -> str:
    chars = list(text)
    for start, end in spans:
        chars[start:end] = MASK * (end - start)
    return "".join(chars)


def parts_of(name: str) -> Iterator[str]:
    """What of a person's name gives the person away by itself: the name without a title, and its longer words."""
    words = [word.strip(".,'’\"()") for word in name.split()]
    kept = [word for word in words if any(c.isupper() for c in word) or not _has_case(squeezed(word))]
    while len(kept) > 1 and squeezed(kept[0]) in HONORIFICS:
        kept.pop(0)
    if len(kept) > 1:
        yield " ".join(kept)
    for word in kept:
        for part in {word, word.rpartition("-")[2]}:  # al-Khatib is also called Khatib
            if len(squeezed(part)) >= SHORTEST_FRAGMENT and squeezed(part) not in HONORIFICS:
                yield part
