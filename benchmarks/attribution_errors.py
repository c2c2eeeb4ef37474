"""Where the attribution goes wrong: what is missed and what is found wrongly, sorted by kind, and a sample to read.

    python -m benchmarks.attribution_errors --data DIR [--finder trained|rules] [--predicted FILE]
        [--sample 100] [--seed 1] [--sheet FILE] [--judgements FILE]

DIR holds ``attribution.polnear.dev.jsonl``. Statements are paired with the gold's as the scorer does it: one to one, by
how much of their contents' words they share. A pair is right when source and content each share at least half of their
words. Gold statements not paired rightly are *misses*; statements not paired rightly are *false alarms*; so a statement
with the wrong source counts as both. FILE of ``--predicted`` holds answers of ``python -m tracker.analysis attribute``;
without it, DIR's texts are analysed here.

``--sheet`` writes the sample with its words, to be read; it holds the corpus's text and so may not lie in this
repository. ``--judgements`` is what a reader made of it: lines of key, kind and remark, parted by tabs. The keys (side,
document, offsets of cue and content) and the way the sample is drawn do not depend on the other errors, so that
judgements carry over to another version's output. Prints Markdown without any of the corpus's text.
"""

import argparse
import hashlib
import re
import sys
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from spacy.tokens import Doc, Token

from benchmarks.analysis import ROOT, read, table
from benchmarks.floors import Row
from tracker.analysis.clauses import piece
from tracker.analysis.cues import DEEDS, SILENCE, CueClass, cue_class, repaired_lemma
from tracker.analysis.finders import Finder
from tracker.analysis.measures import word_set
from tracker.analysis.pipeline import analysed
from tracker.analysis.types import Span, as_json

MISS, ALARM = "miss", "false alarm"
HALF = 0.5  # the share of words that two spans must have in common to count as the same
_WORD = re.compile(r"\w+")
_AROUND, _MOST = 150, 650  # characters that a sheet shows on either side of an error, and in all

# What a cue of each class is called in the tables. Praise, blame and support are "belief" to the cue lexicon.
_CLASSES = {
    CueClass.NEUTRAL: "speech", CueClass.DENIAL: "denial", CueClass.HEDGE: "hedge", CueClass.APPEAL: "appeal",
    CueClass.INTENTION: "plan or wish", CueClass.BELIEF: "belief", CueClass.QUESTION: "question",
}  # fmt: skip
_THOUGHTS = word_set(
    """
    think believe feel fear worry expect assume consider doubt realize realise understand recognize recognise imagine
    guess suspect reckon know anticipate presume suppose accept see view hold want like love hate
    """
)
_DENYING = frozenset(["not", "never", "no", "n't", "n’t", "neither", "nor"])
_REFUSING = frozenset(["decline", "refuse", "fail"])


@dataclass(frozen=True)
class Piece:
    """An attribution as words: for each role its spans and the numbers of the words that they touch."""

    source: frozenset[int]
    cue: frozenset[int]
    content: frozenset[int]
    spans: dict[str, list[Span]] = field(hash=False, compare=False)
    confidence: float = 1.0
    nested: bool = False


@dataclass(frozen=True)
class Fault:
    """One miss or false alarm; ``near`` is what it was paired with, or lies nearest on the other side."""

    side: str
    document: str
    own: Piece
    kind: str
    cue_type: str
    near: Piece | None = None

    @property
    def key(self) -> str:
        """Which error this is, whatever else the output holds: side, document, cue and content."""
        places = (
            ",".join(f"{start}-{end}" for start, end in self.own.spans[role]) or "none" for role in ("cue", "content")
        )
        return "|".join((self.side, self.document, *places))


def overlap(one: frozenset[int], other: frozenset[int]) -> float:
    """How many of the words of either the two share (Jaccard); 1 when both are empty."""
    return len(one & other) / len(one | other) if one or other else 1.0


def pieces(text: str, statements: Iterable[Row], *, gold: bool = False) -> list[Piece]:
    """The attributions of a gold row or of an answer."""
    starts = [match.span() for match in _WORD.finditer(text)]
    found = []
    for each in statements:
        spans = {
            role: [(start, end) for start, end in (each[role] if gold else (each[role] or {}).get("spans", ()))]
            for role in ("source", "cue", "content")
        }
        words = {
            role: frozenset(n for n, (a, b) in enumerate(starts) if any(a < end and b > start for start, end in held))
            for role, held in spans.items()
        }
        found.append(
            Piece(
                words["source"], words["cue"], words["content"], spans,
                each.get("confidence", 1.0), each.get("parent") is not None,
            )
        )  # fmt: skip
    return found


def paired(gold: list[Piece], found: list[Piece]) -> list[tuple[int, int]]:
    """Which of ``gold`` goes with which of ``found``: the best overlap of contents first, cues breaking ties."""
    ranked = sorted(
        (
            (overlap(want.content, have.content) + 0.1 * overlap(want.cue, have.cue), i, j)
            for i, want in enumerate(gold)
            for j, have in enumerate(found)
            if want.content & have.content
        ),
        reverse=True,
    )
    pairs: dict[int, int] = {}
    taken: set[int] = set()
    for _, i, j in ranked:
        if i not in pairs and j not in taken:
            pairs[i] = j
            taken.add(j)
    return sorted(pairs.items())


def right(want: Piece, have: Piece) -> bool:
    """Whether the scorer takes the pair as right."""
    return overlap(want.content, have.content) >= HALF and overlap(want.source, have.source) >= HALF


def faults(row: Row, statements: list[Row], doc: Doc) -> Iterator[Fault]:
    """The misses and false alarms of one document; ``doc`` is its parse."""
    gold = pieces(row["text"], row["attributions"], gold=True)
    everything = pieces(row["text"], statements)
    found = [each for each in everything if not each.nested]
    nested = [each for each in everything if each.nested]
    pairs = paired(gold, found)
    good = [(i, j) for i, j in pairs if right(gold[i], found[j])]
    hit, used = {i for i, _ in good}, {j for _, j in good}
    partner = {i: found[j] for i, j in pairs}
    holder = {j: gold[i] for i, j in pairs}
    for i, want in enumerate(gold):
        if i not in hit:
            kind, near = miss_kind(row["text"], want, partner.get(i), found, nested)
            yield Fault(MISS, row["id"], want, kind, cue_type(doc, want), near)
    for j, have in enumerate(found):
        if j not in used:
            kind, near = alarm_kind(have, holder.get(j), gold, hit)
            yield Fault(ALARM, row["id"], have, kind, cue_type(doc, have), near)


def miss_kind(
    text: str, want: Piece, have: Piece | None, found: list[Piece], nested: list[Piece]
) -> tuple[str, Piece | None]:
    """What kind of miss ``want`` is, and the statement that comes nearest; ``have`` is what it was paired with."""
    if have is not None and overlap(want.content, have.content) >= HALF:
        return source_kind(want, have), have
    inner = next((each for each in nested if right(want, each)), None)
    if inner is not None:
        return "found, but taken for nested", inner
    other = next((each for each in found if right(want, each)), None)
    if other is not None:
        return "found once where the gold has two", other
    same = next((each for each in (*found, *nested) if each.cue & want.cue), have)
    if same is not None and same.cue & want.cue:
        return content_kind(want, same), same
    if have is not None:
        return "content given to another cue", have
    if want.spans["content"] and text.find("\n", 0, want.spans["content"][0][0]) < 0:
        return "no cue found, in the headline", None
    return "no cue found", None


def source_kind(want: Piece, have: Piece) -> str:
    """How two attributions with the same content differ in their sources, ``want`` being the gold's."""
    if not have.source:
        return "source: none found"
    if not want.source:
        return "source: the gold has none"
    return "source: same words, other reach" if want.source & have.source else "source: another one"


def content_kind(want: Piece, have: Piece) -> str:
    """How two attributions with the same cue differ in their contents, ``want`` being the gold's."""
    pieces_of = len(want.spans["content"]), len(have.spans["content"])
    if not want.content & have.content:
        return "content: elsewhere"
    if have.content < want.content:
        return "content: too short" + (", the gold has several pieces" if pieces_of[0] > 1 else "")
    if want.content < have.content:
        return "content: too long" + (", we have several pieces" if pieces_of[1] > 1 else "")
    return "content: other reach"


def alarm_kind(have: Piece, want: Piece | None, gold: list[Piece], hit: set[int]) -> tuple[str, Piece | None]:
    """What kind of false alarm ``have`` is, and the gold that comes nearest; ``want`` is what it was paired with."""
    if want is not None and overlap(want.content, have.content) >= HALF:
        return source_kind(want, have), want
    same = next((each for each in gold if each.cue & have.cue), None)
    if same is not None:
        return content_kind(same, have), same
    double = next((i for i, each in enumerate(gold) if each.content & have.content), None)
    inside = next((each for each in gold if have.cue and have.cue <= each.content), None)
    if inside is not None:
        return "inside another statement's content", inside
    if double is not None:
        return "content of another cue" + (", which is found too" if double in hit else ""), gold[double]
    return "not in the gold", None


def cue_type(doc: Doc, attribution: Piece) -> str:
    """What sort of word attributes, as far as the lexicon of cues and the parse tell."""
    tokens = [token for span in attribution.spans["cue"] for token in piece(doc, *span) if not token.is_space]
    if not any(token.is_alpha for token in tokens):
        return "no words"
    lemmas = [repaired_lemma(token.lemma_) for token in tokens]
    lowered = {token.lower_ for token in tokens}
    refused = any(lemma in _REFUSING for lemma in lemmas) and any(lemma in SILENCE for lemma in lemmas)
    if refused or (lowered & _DENYING and any(lemma in SILENCE for lemma in lemmas)):
        return "silence"
    if {"accord", "per"} & set(lemmas):
        return "according to"
    heads = [token for token in tokens if token.pos_ in ("VERB", "NOUN", "ADJ", "PROPN") and not token.is_stop]
    known = [(token, kind) for token in heads or tokens if (kind := cue_class(token.lemma_)) is not None]
    if not known:
        return _unlisted(heads or tokens)
    word, kind = known[-1]
    if word.pos_ in ("NOUN", "PROPN"):
        return "noun"
    if repaired_lemma(word.lemma_) in DEEDS:
        return "praise, blame or deed"
    if kind is CueClass.BELIEF and repaired_lemma(word.lemma_) not in _THOUGHTS:
        return "praise or blame"
    return _CLASSES[kind]


def _unlisted(tokens: list[Token]) -> str:
    part = tokens[-1].pos_
    names = {"VERB": "verb", "AUX": "verb", "NOUN": "noun", "PROPN": "noun", "ADJ": "adjective"}
    return f"{names.get(part, 'word')} unknown to the lexicon" if part not in ("NOUN", "PROPN") else "noun"


def sampled(found: Iterable[Fault], *, size: int, seed: int) -> list[Fault]:
    """``size`` of them by lot. Each is drawn on its own, so that other errors' coming and going leaves it in."""
    return sorted(found, key=lambda each: hashlib.sha256(f"{seed}|{each.key}".encode()).digest())[:size]


def tables(title: str, found: list[Fault]) -> str:
    """How many there are of each kind, and which cues they have."""
    kinds, cues = Counter(each.kind for each in found), Counter(each.cue_type for each in found)
    parts = [f"## {title} ({len(found)})", ""]
    for heading, counted in (("kind", kinds), ("cue", cues)):
        rows = [[name, count, f"{count / len(found):.0%}"] for name, count in counted.most_common()]
        parts += [table([heading, "number", "share"], rows), ""]
    return "\n".join(parts)


def judged(title: str, found: list[Fault], judgements: dict[str, str]) -> str:
    """The kinds that a reader gave to the sample."""
    counted = Counter(judgements.get(each.key, "not read") for each in found)
    rows = [[name, count] for name, count in counted.most_common()]
    return f"## {title}, as read ({len(found)})\n\n{table(['kind', 'number'], rows)}\n"


def read_judgements(path: Path) -> dict[str, str]:
    """Kinds by key; a later line overrules an earlier one."""
    lines = path.read_text(encoding="utf-8").splitlines()
    parted = (line.split("\t") for line in lines if line.strip() and not line.startswith("#"))
    return {cells[0]: cells[1].strip() for cells in parted if len(cells) > 1}


def sheet(found: Iterable[Fault], texts: dict[str, str], known: dict[str, str]) -> Iterator[str]:
    """The errors with their words, for a reader; what has been judged is marked with its kind."""
    for number, each in enumerate(found, 1):
        text = texts[each.document]
        yield f"### {number}. {each.key}\n{each.kind} · {each.cue_type} · {each.own.confidence:.2f} · " + known.get(
            each.key, "not read"
        )
        yield "own:  " + _shown(text, each.own)
        if each.near is not None:
            yield "near: " + _shown(text, each.near)
        spans = [span for held in each.own.spans.values() for span in held]
        start, end = min((a for a, _ in spans), default=0), max((b for _, b in spans), default=0)
        first = max(0, start - _AROUND)
        yield f"text: {text[first : min(end + _AROUND, first + _MOST)]!r}\n"


def _shown(text: str, attribution: Piece) -> str:
    return " ".join(
        f"{role.upper()}[" + " … ".join(text[a:b] for a, b in attribution.spans[role]) + "]"
        for role in ("source", "cue", "content")
    )


def answers(rows: list[Row], predicted: Path | None, finder: Finder) -> Iterator[tuple[Row, list[Row], Doc]]:
    """Each gold row with its statements and its parse."""
    given: dict[str, list[Row]] | None = None
    if predicted is not None:
        given = {row["id"]: row["statements"] for row in read(predicted)}
    for row in rows:
        doc = analysed(row["text"], finder=Finder.RULES if given is not None else finder)
        found = [as_json(each) for each in doc._.statements] if given is None else given.get(row["id"], [])
        yield row, found, doc


def main(argv: list[str] | None = None, say: Callable[[str], None] = print) -> int:
    """Sort, count, sample and print; the exit status."""
    told = options(argv)
    rows = read(told.data / "attribution.polnear.dev.jsonl")
    found: dict[str, list[Fault]] = {MISS: [], ALARM: []}
    for row, statements, doc in answers(rows, told.predicted, told.finder):
        for fault in faults(row, statements, doc):
            found[fault.side].append(fault)
    known = read_judgements(told.judgements) if told.judgements else {}
    texts = {row["id"]: row["text"] for row in rows}
    lines: list[str] = []
    for side, title in ((MISS, "Misses"), (ALARM, "False alarms")):
        sample = sampled(found[side], size=told.sample, seed=told.seed)
        say(tables(title, found[side]))
        if known:
            say(judged(title, sample, known))
        lines += [f"# {title}", *sheet(sample, texts, known)]
    if told.sheet:
        told.sheet.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return 0


def options(argv: list[str] | None) -> argparse.Namespace:
    """What was asked on the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, metavar="DIR", help="the folder with the gold file")
    parser.add_argument("--finder", type=Finder, choices=list(Finder), default=Finder.TRAINED)
    parser.add_argument("--predicted", type=Path, metavar="FILE", help="answers to read instead of analysing")
    parser.add_argument("--sample", type=int, default=100, metavar="N", help="how many of each side to draw")
    parser.add_argument("--seed", type=int, default=1, metavar="N", help="of the lots")
    parser.add_argument("--sheet", type=Path, metavar="FILE", help="write the sample here, to be read")
    parser.add_argument("--judgements", type=Path, metavar="FILE", help="what a reader made of the sample")
    told = parser.parse_args(argv)
    if told.sheet and told.sheet.resolve().is_relative_to(ROOT):
        parser.error("--sheet: the corpus's text may not lie in this repository; name a file outside of it.")
    return told


if __name__ == "__main__":
    sys.exit(main())
