"""What the trained span finder is shown of a parsed text: word pieces, and what is known of each word beside them.

The network's own words are the parser's tokens that hold at least one word piece. Training and run time share this
module, so that both see the same.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from spacy.tokens import Doc

from tracker.analysis.segmentation import quotations
from tracker.analysis.types import Span

Ints = NDArray[np.int64]

# Part-of-speech tags and dependency labels of the English pipeline. The order is part of the trained model; what is not
# listed counts as the first, the empty one.
_TAGS = """
$ '' , -LRB- -RRB- . : ADD AFX CC CD DT EX FW HYPH IN JJ JJR JJS LS MD NFP NN NNP NNPS NNS PDT POS PRP PRP$ RB RBR
RBS RP SYM TO UH VB VBD VBG VBN VBP VBZ WDT WP WP$ WRB XX ``
"""
_LABELS = """
ROOT acl acomp advcl advmod agent amod appos attr aux auxpass case cc ccomp compound conj csubj csubjpass dative dep
det dobj expl intj mark meta neg nmod npadvmod nsubj nsubjpass nummod oprd parataxis pcomp pobj poss preconj predet
prep prt punct quantmod relcl xcomp
"""
TAGS = ("", *_TAGS.split())
LABELS = ("", *_LABELS.split())
_TAG_NUMBER = {tag: number for number, tag in enumerate(TAGS)}
_LABEL_NUMBER = {label: number for number, label in enumerate(LABELS)}

SHAPES, QUOTE_STATES, BREAKS = 6, 4, 4
FEATURE_SIZES = (SHAPES, QUOTE_STATES, BREAKS, len(TAGS), len(LABELS))
"""How many values each feature of a word piece can take: shape, quotation state, break before, tag, label."""

SIDE = 56
"""How many words on either side of a cue are looked at for its source and content."""

# A word's place in the tree as seen from the cue: in another sentence (far before, before, after, far after), in the
# cue, or hanging by some label on the cue or on what the cue itself hangs on, up to three steps above.
_FAR_BEFORE, _BEFORE, _AFTER, _FAR_AFTER, _IN_CUE, _TREE = range(6)
_STEPS_UP = 4
_ITSELF = len(LABELS)
PLACES = _TREE + _STEPS_UP * (len(LABELS) + 1)
"""How many values a word's place in the tree can take."""

_EXACT_DISTANCE, _LARGEST_BUCKET, _RIGHT = 24, 46, 48
DISTANCES = 2 * _RIGHT
"""How many values a word's distance from the cue can take."""

_MOST_STEPS = 200  # up a tree; deeper ones come from text that is no prose


@dataclass(frozen=True, slots=True)
class Token:
    """What is used of one token of the parse."""

    start: int
    end: int
    tag: str
    label: str
    head: int
    starts_sentence: bool


@dataclass(frozen=True, slots=True)
class View:
    """One text as the network sees it. ``start`` to ``sentence`` have one entry a word, the others one a word piece."""

    pieces: Ints
    features: Ints
    first: Ints
    start: Ints
    end: Ints
    head: Ints
    label: Ints
    sentence: Ints

    def __len__(self) -> int:
        return len(self.first)

    def piece_range(self, first: int, stop: int) -> tuple[int, int]:
        """The word pieces of the words from ``first`` up to ``stop``."""
        ends = self.first[stop] if stop < len(self.first) else len(self.pieces)
        return int(self.first[first]), int(ends)

    def words_at(self, span: Span) -> tuple[int, int]:
        """The words, ``[first, stop)``, that share a character with ``span``; none when ``stop`` is not above."""
        return (
            int(np.searchsorted(self.end, span[0], side="right")),
            int(np.searchsorted(self.start, span[1], side="left")),
        )

    def characters(self, first: int, stop: int) -> Span:
        """Where the words from ``first`` up to ``stop`` stand in the text."""
        return int(self.start[first]), int(self.end[stop - 1])


def tokens_of(doc: Doc) -> list[Token]:
    """The tokens of a parsed document."""
    return [
        Token(token.idx, token.idx + len(token), token.tag_, token.dep_, token.head.i, bool(token.is_sent_start))
        for token in doc
    ]


def quoted_spans(text: str) -> list[Span]:
    """The stretches of ``text`` in quotation marks, marks included."""
    return [span for quotation in quotations(text) for span in quotation.spans]


def view(text: str, tokens: Sequence[Token], pieces: Iterable[int], offsets: Iterable[Span]) -> View:
    """The text as the network sees it, from its tokens and its word pieces: their numbers and where each stands."""
    numbers = np.fromiter(pieces, np.int64)
    places = np.array(list(offsets), np.int64).reshape(-1, 2)
    if not len(numbers) or not tokens:
        none = np.zeros(0, np.int64)
        return View(none, np.zeros((0, len(FEATURE_SIZES)), np.int64), none, none, none, none, none, none)
    token_starts = np.array([token.start for token in tokens], np.int64)
    holder = np.maximum(np.searchsorted(token_starts, places[:, 0], side="right") - 1, 0)
    opens = np.ones(len(holder), bool)
    opens[1:] = holder[1:] != holder[:-1]
    first = np.flatnonzero(opens)
    used = holder[first]
    last = np.append(first[1:], len(holder)) - 1
    words = [tokens[index] for index in used]
    start = np.minimum(places[first, 0], token_starts[used])
    end = np.maximum(places[last, 1], np.array([word.end for word in words], np.int64))
    sentence = np.cumsum([token.starts_sentence for token in tokens])[used].astype(np.int64)
    label = np.array([_LABEL_NUMBER.get(word.label, 0) for word in words], np.int64)
    word_of_piece = np.cumsum(opens) - 1
    features = np.zeros((len(numbers), len(FEATURE_SIZES)), np.int64)
    features[:, 0] = np.array([_shape(text[a:b]) for a, b in zip(start, end, strict=True)], np.int64)[word_of_piece]
    features[:, 1] = _quote_states(text)[places[:, 0]]
    features[first, 2] = _breaks(text, start, end, sentence)
    features[:, 3] = np.array([_TAG_NUMBER.get(word.tag, 0) for word in words], np.int64)[word_of_piece]
    features[:, 4] = label[word_of_piece]
    return View(numbers, features, first, start, end, _heads(tokens, used), label, sentence)


def _heads(tokens: Sequence[Token], used: Ints) -> Ints:
    """The word that each word hangs on; tokens without word pieces (blanks) are stepped over."""
    word_of = np.full(len(tokens), -1, np.int64)
    word_of[used] = np.arange(len(used))
    heads = np.arange(len(used))
    for word, token in enumerate(used):
        head = tokens[token].head
        for _ in range(8):
            if word_of[head] >= 0 or tokens[head].head == head:
                break
            head = tokens[head].head
        if word_of[head] >= 0:
            heads[word] = word_of[head]
    return heads


def _shape(word: str) -> int:
    """0 punctuation, 1 figures, 2 lower case, 3 capitalised, 4 capitals, 5 mixed."""
    if not any(character.isalpha() for character in word):
        return 1 if any(character.isdigit() for character in word) else 0
    if word.islower():
        return 2
    if word[0].isupper() and word[1:].islower():
        return 3
    if word.isupper():
        return 4 if len(word) > 1 else 3
    return 5


def _quote_states(text: str) -> NDArray[np.int8]:
    """By character: 0 outside of quotations, 1 inside, 2 at the opening mark, 3 at the closing one."""
    states = np.zeros(len(text) + 1, np.int8)
    for start, end in quoted_spans(text):
        states[start:end] = 1
        states[start] = 2
        states[end - 1] = 3
    return states


def _breaks(text: str, start: Ints, end: Ints, sentence: Ints) -> Ints:
    """Before each word: 0 nothing, 1 a new sentence, 2 a new line, 3 an empty line (or the start of the text)."""
    out = np.zeros(len(start), np.int64)
    previous = 0
    for word in range(len(start)):
        lines = text.count("\n", previous, start[word])
        if lines >= 2 or word == 0:
            out[word] = 3
        elif lines:
            out[word] = 2
        elif sentence[word] != sentence[word - 1]:
            out[word] = 1
        previous = end[word]
    return out


def places(seen: View, cue: tuple[int, int], first: int, stop: int) -> Ints:
    """How each word from ``first`` up to ``stop`` hangs on the cue in the parse, as a number below PLACES."""
    head = _cue_head(seen, cue)
    above: dict[int, int] = {}
    word = head
    while word not in above and len(above) < _MOST_STEPS:
        above[word] = min(len(above), _STEPS_UP - 1)
        word = int(seen.head[word])
    known: dict[int, int] = {}
    out = np.zeros(stop - first, np.int64)
    at = int(seen.sentence[head])
    for index, word in enumerate(range(first, stop)):
        if cue[0] <= word < cue[1]:
            out[index] = _IN_CUE
            continue
        away = int(seen.sentence[word]) - at
        if away:
            out[index] = (_FAR_BEFORE, _BEFORE, 0, _AFTER, _FAR_AFTER)[max(-2, min(2, away)) + 2]
        else:
            out[index] = _place(seen, word, above, known)
    return out


def _cue_head(seen: View, cue: tuple[int, int]) -> int:
    """The cue's word that hangs on something outside of the cue."""
    for word in range(*cue):
        head = int(seen.head[word])
        if head == word or not cue[0] <= head < cue[1]:
            return word
    return cue[0]


def _place(seen: View, word: int, above: dict[int, int], known: dict[int, int]) -> int:
    """The place of one word in the cue's sentence; ``known`` collects those found on the way."""
    width = len(LABELS) + 1
    path: list[int] = []
    while True:
        if word in known:
            place = known[word]
            break
        if word in above:
            place = _TREE + above[word] * width + (int(seen.label[path[-1]]) if path else _ITSELF)
            break
        head = int(seen.head[word])
        path.append(word)
        if head == word or len(path) > _MOST_STEPS:
            place = _TREE + (_STEPS_UP - 1) * width
            break
        word = head
    known.update(dict.fromkeys(path, place))
    return place


def distances(cue: tuple[int, int], first: int, stop: int) -> Ints:
    """How far each word from ``first`` up to ``stop`` is from the cue, as a number below DISTANCES: exact when near."""
    word = np.arange(first, stop)
    away = np.where(word < cue[0], cue[0] - word, np.where(word >= cue[1], word - cue[1] + 1, 0))
    coarse = np.minimum(_EXACT_DISTANCE + (away - _EXACT_DISTANCE + 1) // 2, _LARGEST_BUCKET)
    bucket = np.where(away <= _EXACT_DISTANCE, away, coarse)
    return np.where(word < cue[0], bucket, np.where(word >= cue[1], _RIGHT + bucket, 0))
