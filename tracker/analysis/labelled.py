"""Words set beside a name without any verb: "Name: words" in headlines and transcripts, "“Words.” — Name"."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from spacy.tokens import Doc

from tracker.analysis import clauses
from tracker.analysis.cues import LABEL
from tracker.analysis.drafts import Draft
from tracker.analysis.measures import word_set
from tracker.analysis.segmentation import Paragraph, ParagraphKind, paragraphs
from tracker.analysis.types import Span

_NAME = r"[A-Z][\w.'’&-]*(?:[ ](?:(?:of|the|and|for)[ ])?[A-Z][\w.'’&-]*){0,4}"
_LABEL = re.compile(rf"""["“”]?(?P<name>{_NAME})(?:[ ]\([^()\n]{{1,40}}\))?(?P<mark>:)\s+(?=\S)""")
_SIGNED = re.compile(rf"""["“”][^\n]+["”]\s*(?P<mark>[―–—-]{{1,2}})\s*(?P<name>{_NAME}(?:,[^\n]{{1,60}})?)\s*$""")
# What stands before a colon and is nobody.
_NO_SPEAKERS = word_set("""
    update updated breaking video watch photos photo pictures gallery live opinion analysis exclusive editorial comment
    explainer note correction clarification read listen map timeline factbox interview review q a quiz podcast warning
    related more also see source credit sources background context summary topics tags location date time where when who
    what why how
    """)
_FEWEST_WORDS = 3  # of a headline's words after the colon
_LONGEST_HEADLINE = 25  # words
_SURE, _LIKELY = 0.85, 0.75


@dataclass(frozen=True, slots=True)
class _Labelled:
    name: Span
    mark: Span
    words: tuple[Span, ...]
    confidence: float


def find(doc: Doc) -> list[Draft]:
    """A draft for each stretch of words that a name alone attributes, in the text's order."""
    text = clauses.text_of(doc)
    blocks = paragraphs(text)
    found = [*_transcript(text, blocks), *_signed(text, blocks)]
    known = {each.name for each in found}
    found.extend(each for each in _headlines(doc, text, blocks) if each.name not in known)
    return [draft for each in sorted(found, key=lambda each: each.name) if (draft := _draft(doc, each)) is not None]


def _labels(text: str, blocks: Sequence[Paragraph]) -> list[re.Match[str] | None]:
    """By paragraph, the name and colon that it starts with."""
    found = [_LABEL.match(text, block.start, block.end) for block in blocks]
    return [match if match is not None and match["name"].lower() not in _NO_SPEAKERS else None for match in found]


def _transcript(text: str, blocks: Sequence[Paragraph]) -> Iterator[_Labelled]:
    """Speech after speech: names in capitals, or names that come back; each speech reaches to the next name."""
    labels = _labels(text, blocks)
    times = Counter(match["name"] for match in labels if match is not None)
    turns = [
        index
        for index, match in enumerate(labels)
        if match is not None and (times[match["name"]] > 1 or (match["name"].isupper() and len(match["name"]) > 2))
    ]
    if len(turns) < 2:
        return
    for turn, following in zip(turns, [*turns[1:], turns[-1] + 1], strict=True):
        match = labels[turn]
        if match is not None:
            rest = [(block.start, block.end) for block in blocks[turn + 1 : following] if _is_speech(block)]
            yield _Labelled(match.span("name"), match.span("mark"), ((match.end(), blocks[turn].end), *rest), _SURE)


def _is_speech(block: Paragraph) -> bool:
    return block.kind is ParagraphKind.BODY


def _signed(text: str, blocks: Sequence[Paragraph]) -> Iterator[_Labelled]:
    """A paragraph that is one quotation with a name behind a dash."""
    for block in blocks:
        match = _SIGNED.match(text, block.start, block.end)
        if match is not None:
            yield _Labelled(match.span("name"), match.span("mark"), ((block.start, match.start("mark")),), _SURE)


def _headlines(doc: Doc, text: str, blocks: Sequence[Paragraph]) -> Iterator[_Labelled]:
    """A heading that is a name, a colon, and what the name says."""
    for index, (block, match) in enumerate(zip(blocks, _labels(text, blocks), strict=True)):
        if match is None or (index and block.kind is not ParagraphKind.HEADING):
            continue
        words = len(text[match.end() : block.end].split())
        if not _FEWEST_WORDS <= words <= _LONGEST_HEADLINE or not _names_somebody(doc, match.span("name")):
            continue
        yield _Labelled(match.span("name"), match.span("mark"), ((match.end(), block.end),), _LIKELY)


def _names_somebody(doc: Doc, name: Span) -> bool:
    """Whether the parser, too, takes the words before the colon for a name or a noun, and not for a place."""
    words = clauses.piece(doc, *name)
    return (
        len(words) > 0
        and all(word.pos_ in ("PROPN", "NOUN", "ADJ", "ADP", "DET", "CCONJ") or word.is_punct for word in words)
        and words.root.pos_ in ("PROPN", "NOUN")
        and words.root.ent_type_ not in ("GPE", "LOC", "DATE", "FAC", "EVENT")
    )


def _draft(doc: Doc, each: _Labelled) -> Draft | None:
    name, mark = clauses.piece(doc, *each.name), clauses.piece(doc, *each.mark)
    content = [
        clauses.trimmed(doc, words.start, words.end - 1)
        for span in each.words
        if len(words := clauses.piece(doc, *span))
    ]
    if not len(name) or not len(mark) or not content:
        return None
    return Draft((mark.start, mark.end - 1), (name.start, name.end - 1), content, LABEL, each.confidence)
