"""The corpus as the network sees it: parsed texts, their word pieces, and the annotated spans in words."""

from __future__ import annotations

import json
import pickle
from dataclasses import dataclass
from pathlib import Path

from spacy.language import Language
from tokenizers import Tokenizer

from tracker.analysis import parser as parsers
from tracker.analysis.neural_features import View, tokens_of, view
from tracker.analysis.neural_reading import Range
from tracker.analysis.pipeline import parsable  # the import registers the component below
from tracker.analysis.types import Span

SENTENCES = "corroborate_sentences"
# Blanks, quotation marks and end punctuation at the edges of a span are annotated now one way, now another.
_EDGES = " \t\r\n.,;:\"'“”‘’`"


@dataclass(frozen=True, slots=True)
class Annotated:
    """One annotated attribution in words; each role in as many pieces as it has, none where it is implied."""

    source: tuple[Range, ...]
    cue: tuple[Range, ...]
    content: tuple[Range, ...]

    @property
    def cue_range(self) -> Range | None:
        """From the cue's first word to its last."""
        return (self.cue[0][0], self.cue[-1][1]) if self.cue else None


@dataclass(frozen=True, slots=True)
class Example:
    """One document."""

    name: str
    seen: View
    attributions: tuple[Annotated, ...]


def read(path: Path, tokenizer: Tokenizer, *, cache: Path | None = None) -> list[Example]:
    """The documents of a JSON Lines file. ``cache`` names a file that keeps them, since parsing takes minutes."""
    if cache is not None and cache.exists():
        kept: list[Example] = pickle.loads(cache.read_bytes())  # noqa: S301 - written below, on this machine
        return kept
    nlp = parser()
    with path.open(encoding="utf-8") as lines:
        examples = [_example(json.loads(line), nlp, tokenizer) for line in lines]
    if cache is not None:
        cache.write_bytes(pickle.dumps(examples))
    return examples


def parser() -> Language:
    """The product's parser, without the components that the network has no use for."""
    nlp = parsers.load(exclude=["ner", "lemmatizer", "attribute_ruler"])
    nlp.max_length = 10_000_000
    nlp.add_pipe(SENTENCES, before="parser")
    return nlp


def _example(row: dict, nlp: Language, tokenizer: Tokenizer) -> Example:
    text = parsable(row["text"])
    encoding = tokenizer.encode(text, add_special_tokens=False)
    seen = view(text, tokens_of(nlp(text)), encoding.ids, encoding.offsets)
    return Example(row["id"], seen, tuple(_annotated(text, seen, each) for each in row["attributions"]))


def _annotated(text: str, seen: View, attribution: dict) -> Annotated:
    roles = {
        role: tuple(words for span in trimmed(text, attribution[role]) if (words := seen.words_at(span))[0] < words[1])
        for role in ("source", "cue", "content")
    }
    return Annotated(**roles)


def trimmed(text: str, spans: list[Span]) -> list[Span]:
    """The spans without blanks, quotation marks and end punctuation at their edges, in order, empty ones left out."""
    out = []
    for first, last in spans:
        start, end = first, last
        while start < end and text[start] in _EDGES:
            start += 1
        while end > start and text[end - 1] in _EDGES:
            end -= 1
        if start < end:
            out.append((start, end))
    return sorted(out)
