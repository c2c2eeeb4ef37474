"""The analysis of one text, from characters to statements: a spaCy pipeline with this project's components.

The components' results are on ``Doc._``: ``attributions`` (raw spans) and ``statements`` (resolved and judged).
The same text and version give the same statements.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import replace
from datetime import date
from functools import cache
from queue import Queue
from threading import Event, Lock
from typing import Any, cast

from spacy.language import Language
from spacy.tokens import Doc, Token
from spacy.tokens import Span as Phrase

from tracker.analysis import parser
from tracker.analysis.clauses import piece, text_of
from tracker.analysis.finders import DEFAULT, Finder, make
from tracker.analysis.modality import modality
from tracker.analysis.periods import find_period
from tracker.analysis.places import find_place
from tracker.analysis.polarity import cue_tokens, pointed_back, polarity
from tracker.analysis.quantities import find_quantities
from tracker.analysis.resolution import resolve
from tracker.analysis.segmentation import paragraphs, quotations
from tracker.analysis.spans import Attribution, SpanFinder
from tracker.analysis.types import Passage, Polarity, Quantity, Quotation, Span, Statement

_BLOCK = 20_000  # characters parsed at a time: the parser's time and memory stay linear in the text
_AROUND = 1_000  # characters on either side of marked words, and as many to the end of a line, that are read with them
_LONGEST = 1_000  # characters without a blank that are taken for one word, or a word with its punctuation
_ENDLESS = re.compile(rf"\S{{{_LONGEST},}}")
_SENTENCES = "corroborate_sentences"
_ATTRIBUTION = "corroborate_attribution"
_STATEMENTS = "corroborate_statements"
_PARSING = Lock()
# Code points that the parser cannot take (lone surrogates) or that only disturb it (control characters).
_UNPARSABLE = re.compile(r"[\ud800-\udfff]")
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f\x85\u2028\u2029]")

for _name, _default in (("attributions", ()), ("statements", ()), ("original", None), ("published_on", None)):
    if not Doc.has_extension(_name):
        Doc.set_extension(_name, default=_default)


class ParagraphSentences:
    """Starts a sentence at every paragraph, so that a heading does not run into the text below it."""

    def __call__(self, doc: Doc) -> Doc:
        """Mark the first word of each paragraph."""
        starts = {block.start for block in paragraphs(doc.text)}
        for token in doc:
            if token.idx in starts and token.i:
                token.is_sent_start = True
        return doc


class Attributions:
    """Finds the spans of sources, cues and contents; ``finder`` is the replaceable part."""

    def __init__(self, finder: SpanFinder) -> None:
        self.finder = finder

    def __call__(self, doc: Doc) -> Doc:
        """Set ``doc._.attributions``."""
        doc._.attributions = tuple(self.finder.find(doc))
        return doc


class Statements:
    """Turns raw attributions into statements: source resolved, polarity, modality, quantities, time and place."""

    def __call__(self, doc: Doc) -> Doc:
        """Set ``doc._.statements``."""
        doc._.statements = tuple(_statements(doc, list(doc._.attributions)))
        return doc


class _Remembered:
    """A document whose text and entities are put together once: spaCy does so anew at every access."""

    def __init__(self, doc: Doc) -> None:
        self._doc = doc
        self.text: str = text_of(doc)
        self.ents = doc.ents

    def char_span(self, start: int, end: int, **_: object) -> Phrase | None:
        """The tokens that the characters lie in (spaCy's own method fails on some merged documents)."""
        found = piece(self._doc, start, end)
        return found if len(found) else None

    def __getattr__(self, name: str) -> Any:
        return getattr(self._doc, name)

    def __getitem__(self, key: int | slice) -> Any:
        return self._doc[key]

    def __len__(self) -> int:
        return len(self._doc)

    def __iter__(self) -> Iterator[Token]:
        return iter(self._doc)


@Language.factory(_SENTENCES)
def _make_sentences(nlp: Language, name: str) -> ParagraphSentences:  # noqa: ARG001 - spaCy's signature
    return ParagraphSentences()


@Language.factory(_ATTRIBUTION, default_config={"finder": DEFAULT.value})
def _make_attributions(nlp: Language, name: str, finder: str) -> Attributions:  # noqa: ARG001 - spaCy's signature
    return Attributions(make(Finder(finder)))


@Language.factory(_STATEMENTS)
def _make_statements(nlp: Language, name: str) -> Statements:  # noqa: ARG001 - spaCy's signature
    return Statements()


@cache
def pipeline(finder: Finder = DEFAULT) -> Language:
    """The pipeline with this span finder, loaded once a process."""
    nlp = parser.load()
    nlp.max_length = 10 * _BLOCK
    nlp.add_pipe(_SENTENCES, before="parser")
    nlp.add_pipe(_ATTRIBUTION, last=True, config={"finder": finder.value})
    nlp.add_pipe(_STATEMENTS, last=True)
    return nlp


def analyse(text: str, *, published_on: date | None = None, finder: Finder = DEFAULT) -> list[Statement]:
    """The statements of ``text`` in the text's order: who says what, in which words, affirmed or denied.

    ``published_on`` is the day that "on Sunday" is counted from. Never raises on odd text; all offsets are code points
    of ``text`` as given.
    """
    if not text.strip():
        return []
    return list(analysed(text, published_on=published_on, finder=finder)._.statements)


def read_words(text: str, content: Sequence[Span], *, published_on: date | None = None) -> Statement:
    """What words that somebody marked as a content tell: quotation, quantities, place and time. Nobody says them.

    Only the passage around them is parsed, so that a long text takes no longer than a short one. All offsets are code
    points of ``text``.
    """
    begin, end = _passage(text, content)
    shifted = [(first - begin, last - begin) for first, last in content]
    doc = _parsed(pipeline(Finder.RULES), text[begin:end])
    doc._.original = text[begin:end]
    doc._.published_on = published_on
    (read,) = _statements(doc, [Attribution(source=(), cue=(), content=tuple(shifted))])

    def back(passage: Passage) -> Passage:
        return Passage.of(text, *((first + begin, last + begin) for first, last in passage.spans))

    quantities = tuple(replace(quantity, passage=back(quantity.passage)) for quantity in read.quantities)
    return replace(read, content=back(read.content), quantities=quantities)


def _passage(text: str, content: Sequence[Span]) -> Span:
    """Whole lines around these words, and so much before and after them as their sentence may need."""
    first, last = min(start for start, _ in content), max(end for _, end in content)
    before, after = max(0, first - _AROUND), min(len(text), last + _AROUND)
    begin = text.rfind("\n", max(0, before - _AROUND), before) + 1 if before else 0
    end = text.find("\n", after, after + _AROUND)
    return begin or before, end if end >= 0 else after


def analyse_all(
    documents: Iterable[tuple[str, date | None]], *, finder: Finder = DEFAULT, threads: int = 1
) -> Iterator[list[Statement]]:
    """The statements of each ``(text, published_on)``, in order and as soon as they are there.

    Only one thread parses at a time (the parser keeps state); the others run the network and what follows meanwhile.
    A few documents are taken ahead, never all. What reading ``documents`` raises is raised after the answers to those
    before it.
    """
    ahead: Queue[Future[list[Statement]] | None] = Queue(2 * threads)
    stopped = Event()

    def feed() -> None:
        try:
            for text, published_on in documents:
                if stopped.is_set():
                    break
                ahead.put(pool.submit(analyse, text, published_on=published_on, finder=finder))
        finally:
            ahead.put(None)

    with ThreadPoolExecutor(threads + 1) as pool:
        feeding = pool.submit(feed)
        waiting = None
        try:
            while (waiting := ahead.get()) is not None:
                yield waiting.result()
        finally:
            stopped.set()
            while waiting is not None:
                waiting = ahead.get()
        feeding.result()


def analysed(text: str, *, published_on: date | None = None, finder: Finder = DEFAULT) -> Doc:
    """The parsed text with ``Doc._.attributions`` and ``Doc._.statements`` set."""
    nlp = pipeline(finder)
    doc = _parsed(nlp, text)
    doc._.original = text
    doc._.published_on = published_on
    for name in (_ATTRIBUTION, _STATEMENTS):
        doc = nlp.get_pipe(name)(doc)
    return doc


def _parsed(nlp: Language, text: str) -> Doc:
    """The parse of ``text``, block by block, as one document of exactly as many characters."""
    readable = parsable(text)
    with _PARSING, nlp.select_pipes(disable=[_ATTRIBUTION, _STATEMENTS]):
        docs = [nlp(readable[start:end]) for start, end in blocks(readable)]
    return docs[0] if len(docs) == 1 else Doc.from_docs(docs, ensure_whitespace=False)


def parsable(text: str) -> str:
    """``text`` with what the parser cannot take replaced, one character for one, and wrapped lines joined."""
    clean = _CONTROL.sub(" ", _UNPARSABLE.sub("\ufffd", text))
    pieces = []
    position = 0
    for block in paragraphs(clean):
        pieces.append(clean[position : block.start])
        pieces.append(clean[block.start : block.end].replace("\n", " "))
        position = block.end
    pieces.append(clean[position:])
    return "".join(pieces)


def blocks(text: str) -> list[Span]:
    """Consecutive pieces of ``text`` of bounded length that end with paragraphs, or at blanks in endless ones.

    A stretch without any blank is cut where it is longer than any word: the tokeniser's time grows with its square.
    """
    found: list[Span] = []
    start = 0
    for endless in _ENDLESS.finditer(text):
        found.extend(_blocks(text, start, endless.start()))
        found.extend((at, min(at + _LONGEST, endless.end())) for at in range(*endless.span(), _LONGEST))
        start = endless.end()
    return [*found, *_blocks(text, start, len(text))]


def _blocks(text: str, start: int, stop: int) -> list[Span]:
    found = []
    while start < stop:
        end = start + _BLOCK
        if end >= stop:
            end = stop
        else:
            cut = max(text.rfind("\n", start, end), text.rfind(" ", end - _BLOCK // 10, end))
            paragraph = text.rfind("\n", start + _BLOCK // 4, end)
            cut = paragraph if paragraph > start else cut
            end = cut + 1 if cut > start else end
        found.append((start, end))
        start = end
    return found


def _statements(doc: Doc, raw: list[Attribution]) -> Iterator[Statement]:
    text = doc._.original if doc._.original is not None else text_of(doc)
    cues = [cue_tokens(doc, attribution) for attribution in raw]
    polarities = [polarity(cue) for cue in cues]
    settled = pointed_back(doc, raw, [found is Polarity.DENIES for found, _ in polarities])
    mentions = resolve(doc, text, raw)
    remembered = cast("Doc", _Remembered(doc))
    quantities = find_quantities(remembered, doc._.published_on)
    starts = [quantity.passage.start for quantity in quantities]
    quoted = [span for quotation in quotations(text_of(doc)) for span in quotation.spans]
    for attribution, cue, (position, deciding), mention in zip(settled, cues, polarities, mentions, strict=True):
        content = Passage.of(text, *attribution.content)
        tokens = [token for span in content.spans for token in piece(doc, *span)]
        act, words = modality(cue, content.text, tokens)
        whole = (content.start, content.end)
        yield Statement(
            source=mention,
            cue=Passage.of(text, *attribution.cue) if attribution.cue else None,
            content=content,
            parent=attribution.parent,
            quotation=_quotation(text, content, quoted),
            polarity=position,
            modality=act,
            decided_by=tuple(dict.fromkeys((*deciding, *words))),
            quantities=_inside(text, quantities, starts, content),
            place=find_place(remembered, whole),
            when=find_period(remembered, whole, doc._.published_on),
            confidence=attribution.confidence,
        )


def _inside(text: str, quantities: list[Quantity], starts: list[int], content: Passage) -> tuple[Quantity, ...]:
    """The quantities that the content gives, in the words of ``text``."""
    return tuple(
        replace(quantity, passage=Passage.of(text, *quantity.passage.spans))
        for quantity in quantities[bisect_left(starts, content.start) : bisect_left(starts, content.end)]
        if any(start <= quantity.passage.start and quantity.passage.end <= end for start, end in content.spans)
    )


def _quotation(text: str, content: Passage, quoted: list[Span]) -> Quotation:
    """Direct when every word of the content is quoted, mixed when some are."""
    inside = outside = 0
    for start, end in content.spans:
        for word in re.finditer(r"\w+", text[start:end]):
            at = start + word.start()
            place = bisect_right(quoted, (at, len(text))) - 1
            if place >= 0 and at < quoted[place][1]:
                inside += 1
            else:
                outside += 1
    if not inside:
        return Quotation.INDIRECT
    return Quotation.MIXED if outside else Quotation.DIRECT
