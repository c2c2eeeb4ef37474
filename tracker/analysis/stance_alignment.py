"""Which word of a hypothesis a premise has, where, and whether affirmed or turned round there.

Both texts are parsed (spaCy); everything here reads the parse and changes nothing.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import cache

from rapidfuzz.distance import Levenshtein
from spacy.language import Language
from spacy.tokens import Doc, Token

from tracker.analysis import parser
from tracker.analysis.numerals import ONES, TENS
from tracker.analysis.stance_lexicon import EXCLUSIVE, LIGHT, NEGATORS, TURNERS, nation, same_kind
from tracker.analysis.wording import NEGATIONS, STOP_WORDS, concept, fold, stem

# More of a text than this is not parsed: a statement's stance stands in its first pages, a hypothesis is a sentence.
LONGEST, LONGEST_HYPOTHESIS = 20_000, 1_000
# Two words are taken for one from here on.
ALIKE = 0.6
# How far a negation reaches, in words.
_REACH = 10
_EMPTY_PARTS = frozenset({"DET", "ADP", "PUNCT", "PRON", "AUX", "PART", "CCONJ", "SCONJ", "SPACE", "SYM", "X", "INTJ"})
# Text that was cut into words for a parser is put together again.
_BRACKETS = {"-LRB-": "(", "-LSB-": "(", "-RRB-": ")", "-RSB-": ")", "``": '"', "''": '"'}
_BRACKET = re.compile("|".join(re.escape(mark) for mark in _BRACKETS))
_APART = ((re.compile(r"\s--\s"), " – "), (re.compile(r"\s+([,.;:?!')%])(?=\s|$)"), r"\1"))
_CLITIC = re.compile(r"\s+('s|n't|'re|'ve|'ll)\b")
_BLANKS = re.compile(r"\(?\s+")
# Dates in brackets after a name say when somebody was born, and died.
_LIFESPAN = re.compile(r"\([^()]*\b\d{4}\s*[–−-]+[^()]*\b\d{4}\b[^()]*\)|\([^()]*\bborn\b[^()]*\d{4}[^()]*\)")
_LIFE = frozenset({"bear", "birth", "die", "death"})
_UNREADABLE = re.compile(r"[\ud800-\udfff\x00-\x08\x0b-\x1f\x7f]")


@dataclass(frozen=True, slots=True)
class Word:
    """A word that carries content: its place in the parse, its folded form and what stands for it when compared."""

    token: Token
    folded: str
    concept: str
    is_name: bool

    @property
    def at(self) -> int:
        """Return the word's index in its text."""
        return int(self.token.i)


@dataclass(frozen=True, slots=True)
class Aligned:
    """A hypothesis beside a premise: the content words of both, and for each of the one its best match in the other."""

    premise: Doc
    hypothesis: Doc
    have: tuple[Word, ...]
    wanted: tuple[Word, ...]
    matches: dict[int, tuple[float, Word | None]]
    likes: dict[int, list[Word]]
    subject: frozenset[int]
    turned_in_premise: frozenset[int] = field(default_factory=frozenset)
    turned_in_hypothesis: frozenset[int] = field(default_factory=frozenset)
    negated_in_premise: frozenset[int] = field(default_factory=frozenset)
    negated_in_hypothesis: frozenset[int] = field(default_factory=frozenset)

    def covered(self, at: int) -> bool:
        """Whether the premise has the hypothesis' word at this index; words without content count as had."""
        return at not in self.matches or self.matches[at][0] >= ALIKE

    def all_matches(self, word: Word) -> list[Word]:
        """Return every word of the premise that is like this one of the hypothesis."""
        return self.likes.get(word.at, [])

    def turned_alike(self, word: Word) -> bool | None:
        """Whether the premise somewhere affirms or turns round the word as the hypothesis does; ``None``: lacks it."""
        there = {match.at in self.turned_in_premise for match in self.all_matches(word)}
        return (word.at in self.turned_in_hypothesis) in there if there else None

    @property
    def missing(self) -> list[Word]:
        """Return the words outside the hypothesis' subject that the premise lacks."""
        return [word for word in self.predicate if not self.covered(word.at)]

    @property
    def predicate(self) -> list[Word]:
        """Return the content words outside the hypothesis' subject; all of them where there are none outside."""
        outside = [word for word in self.wanted if word.at not in self.subject]
        return outside or list(self.wanted)

    @property
    def names_subject(self) -> bool:
        """Whether the premise has a word of the hypothesis' subject, or a pronoun that may stand for it."""
        inside = [word.at for word in self.wanted if word.at in self.subject]
        if any(self.covered(at) for at in inside) or not inside:
            return True
        return any(token.pos_ == "PRON" and token.dep_ in ("nsubj", "nsubjpass", "poss") for token in self.premise)


@cache
def _parser() -> Language:
    """The plain parser, loaded once a process; the attribution pipeline's own components are not needed here."""
    return parser.load()


def parse(text: str) -> Doc:
    """Return the parsed text, what a tokeniser had split put together; at most ``LONGEST`` characters of it."""
    return _parser()(joined(text))


def joined(text: str) -> str:
    """Return the text as it would be printed: bracket codes and split-off punctuation resolved."""
    text = _UNREADABLE.sub(" ", text[:LONGEST])
    text = _BRACKET.sub(lambda mark: _BRACKETS[mark.group()], text)
    for pattern, new in _APART:
        text = pattern.sub(new, text)
    return _BLANKS.sub(lambda blank: "(" if blank.group()[0] == "(" else " ", _CLITIC.sub(r"\1", text)).strip()


def align(premise: Doc, hypothesis: Doc) -> Aligned:
    """Return the hypothesis' content words with their best matches in the premise."""
    have, wanted = content(premise), content(hypothesis)
    matches: dict[int, tuple[float, Word | None]] = {}
    likes: dict[int, list[Word]] = {}
    for word in wanted:
        scored = [(alike(word, other), other) for other in have]
        likes[word.at] = [other for score, other in scored if score >= ALIKE]
        best = max(scored, key=lambda pair: pair[0], default=None)
        matches[word.at] = best if best is not None and best[0] > 0 else (0.0, None)
    for word in wanted:
        if matches[word.at][0] < ALIKE and word.is_name and (spelt := _spelt_out(word, have)):
            matches[word.at] = (0.9, spelt)
        elif matches[word.at][0] < ALIKE and word.token.lemma_.lower() in _LIFE and _LIFESPAN.search(premise.text):
            matches[word.at] = (0.9, None)
    return Aligned(
        premise,
        hypothesis,
        have,
        wanted,
        matches,
        likes,
        _subject(hypothesis),
        turned(premise),
        turned(hypothesis),
        turned(premise, only_negations=True),
        turned(hypothesis, only_negations=True),
    )


def content(doc: Doc) -> tuple[Word, ...]:
    """Return the words that carry content, in order."""
    found = []
    for token in doc:
        folded = fold(token.text).strip("'’\".,")
        name = token.pos_ == "PROPN" and token.text[:1].isupper()
        if token.pos_ in _EMPTY_PARTS and not (token.ent_type_ and token.text[:1].isupper()):
            continue
        if folded in STOP_WORDS or folded in NEGATIONS or not any(c.isalnum() for c in folded):
            continue
        if token.lemma_.lower() not in LIGHT and not _only_turns(token, folded):
            found.append(Word(token, folded, concept(folded), name))
    return tuple(found)


def _only_turns(token: Token, folded: str) -> bool:
    """Whether the word says nothing but how the rest is to be taken: "barely", "only", "refused to"."""
    if folded in NEGATORS or folded in EXCLUSIVE:
        return True
    return token.lemma_.lower() in TURNERS and any(c.dep_ in ("xcomp", "pcomp") for c in token.children)


def alike(one: Word, other: Word) -> float:
    """Return how surely two words mean the same, from 0 to 1."""
    if one.concept == other.concept or one.token.lemma_.lower() == other.token.lemma_.lower():
        return 1.0
    if nation(one.folded) and nation(one.folded) == nation(other.folded):
        return 1.0
    shorter = min(len(one.folded), len(other.folded))
    if one.is_name and other.is_name:
        near = shorter >= 5 and Levenshtein.distance(one.folded, other.folded, score_cutoff=1) <= 1
        return 0.9 if near else 0.0
    if one.folded[:1].isdigit() or other.folded[:1].isdigit():
        return 0.9 if _number(one.folded) == _number(other.folded) else 0.0
    if shorter >= 5 and one.folded[:5] == other.folded[:5]:
        return 0.8
    if shorter >= 4 and one.folded[:4] == other.folded[:4] and abs(len(one.folded) - len(other.folded)) <= 3:
        return ALIKE
    both_nouns = one.token.pos_ == other.token.pos_ == "NOUN"
    return 0.7 if both_nouns and same_kind(one.folded, other.folded) else 0.0


def _number(folded: str) -> str:
    """Return a figure's digits without separators and ordinal ending; the word itself where it is none."""
    match = re.fullmatch(r"(\d[\d,.]*?)(?:st|nd|rd|th|s)?", folded)
    if match:
        return match.group(1).replace(",", "")
    return str(ONES.get(folded, TENS.get(folded, folded)))


def _spelt_out(word: Word, have: tuple[Word, ...]) -> Word | None:
    """Return the first word of the name that the initials stand for ("UN", "W.H.O."), if the words have it."""
    letters = word.token.text.replace(".", "")
    if len(letters) < 2 or not letters.isupper():
        return None
    capitals = [other for other in have if other.token.text[:1].isupper()]
    for start in range(len(capitals) - len(letters) + 1):
        run = capitals[start : start + len(letters)]
        if run[-1].at - run[0].at <= len(letters) + 2 and "".join(o.token.text[0] for o in run) == letters:
            return run[0]
    return None


def _subject(doc: Doc) -> frozenset[int]:
    for token in doc:
        if token.dep_ in ("nsubj", "nsubjpass") and token.head.dep_ == "ROOT":
            return frozenset(word.i for word in token.subtree)
    return frozenset()


def turned(doc: Doc, *, only_negations: bool = False) -> frozenset[int]:
    """Return the words that an odd number of negations and turning verbs ("refused to", "banned") reach."""
    odd: set[int] = set()
    for token in doc:
        if not only_negations or token.lemma_.lower() not in TURNERS:
            odd ^= _reach(token)
    return frozenset(odd)


def _reach(token: Token) -> set[int]:
    """Return the words that this one turns round; none for most words."""
    folded, following = fold(token.text), token.doc[token.i + 1].lower_ if token.i + 1 < len(token.doc) else ""
    if folded in NEGATORS:
        return set() if _turns_nothing(folded, following) else _negated(token, folded)
    if token.lemma_.lower() in TURNERS and token.pos_ in ("VERB", "ADJ", "SCONJ", "ADP"):
        return {word.i for word in token.subtree if 0 < word.i - token.i <= _REACH}
    if len(folded) > 6 and folded.endswith("less") and token.pos_ == "ADJ":
        return {token.i}
    phrases = {"yet": "to", "other": "than", "away": "from", "outside": "of"}
    if phrases.get(folded) == following:
        end = min(token.sent.end, token.i + _REACH)
        return set(range(token.i + 2, end))
    return set()


def _turns_nothing(folded: str, following: str) -> bool:
    return (folded == "not" and following in ("only", "just", "least")) or (
        folded == "no" and following in (",", ".", "more", "less", "fewer", "doubt", "later")
    )


def _negated(token: Token, folded: str) -> set[int]:
    """Return the words in a negation's reach: its head and what depends on that, after the negation."""
    head = token.head
    reached = {head.i} | {word.i for word in head.subtree if word.i > token.i}
    if folded in ("no", "neither", "none", "nothing", "nobody", "zero"):
        above = head.head if head.dep_ in ("dobj", "attr", "nsubj", "nsubjpass", "pobj") else head
        reached |= {above.i} | {child.i for child in above.children if child.i > token.i}
    if token.dep_ == "ROOT":
        reached = {word.i for word in token.subtree if word.i > token.i}
    return {at for at in reached if at - token.i <= _REACH} - {token.i}


def core(doc: Doc) -> Token | None:
    """Return the word that says what the text asserts: its main verb, or behind a light one the complement."""
    token = next((t for t in doc if t.dep_ == "ROOT"), None)
    for _ in range(4):
        if token is None or (token.lemma_.lower() not in LIGHT | TURNERS and token.pos_ != "AUX"):
            return token
        below = [c for c in token.children if c.dep_ in ("xcomp", "attr", "acomp", "dobj", "oprd", "ccomp", "pcomp")]
        if not below:
            below = [p for c in token.children if c.dep_ == "prep" for p in c.children if p.dep_ in ("pobj", "pcomp")]
        if not below:
            return token
        token = below[0]
    return token


def same_stem(one: Token, other: Token) -> bool:
    """Whether two words share their stem."""
    return stem(fold(one.text)) == stem(fold(other.text))
