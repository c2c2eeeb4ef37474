"""How good and how fast are the analysis commands, beside a floor measured in the same run?

    python -m benchmarks.analysis --data DIR --scorer PATH [--skip NAME …] [--report FILE]

DIR holds gold files as JSON Lines: ``attribution.*``, ``stance.*``, ``counts.*``, ``incidents.*`` and ``matching.*``
beside ``matching.claims.jsonl``. Each is fed to its command of ``python -m tracker.analysis`` as it is (for grouping,
the documents of all incidents). PATH is a program that takes ``TASK GOLD PREDICTED --json`` and prints one JSON object
of figures; a file that it cannot score is left out, and said so. The report is Markdown, on standard output or in FILE.

Everything runs on one core, one command after the other. Speed is counted in that core's time, start excluded, so that
a busy machine does not change it much.
"""

import argparse
import json
import os
import platform
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from benchmarks import floors
from benchmarks.floors import Row
from benchmarks.report import with_blocks_of

ROOT = Path(__file__).resolve().parent.parent
ANALYSIS = [sys.executable, "-m", "tracker.analysis"]
PARSER_ALONE = [sys.executable, "-m", "benchmarks.parser_alone"]


@dataclass(frozen=True, slots=True)
class Task:
    """One kind of question: its gold files, its command, its floor, and which figures of the scorer are shown."""

    name: str
    pattern: str
    command: str
    scored_as: str
    floor_is: str
    figures: tuple[str, ...]


TASKS = (
    Task(
        "Attribution", "attribution.*.jsonl", "attribute", "attribution", "a regular expression for verbs of saying",
        ("partial triple P", "partial triple R", "partial triple F1", "exact content F1", "exact source F1",
         "exact cue F1", "token content F1", "source right given content", "speech-cue recall"),
    ),
    Task(
        "Stance", "stance.*.jsonl", "stance", "stance", "always the most common label",
        ("accuracy", "supports F1", "refutes P", "refutes R", "refutes F1", "neutral F1", "macro F1"),
    ),
    Task(
        "Matching", "matching.*.jsonl", "match", "matching", "BM25", ("MAP@5", "MRR", "R@1", "R@5", "R@20"),
    ),
    Task(
        "Counts", "counts.*.jsonl", "count", "counts", "the first number near “killed”",
        ("answered", "exact", "within 10 %", "inside range"),
    ),
    Task(
        "Grouping", "incidents.*.jsonl", "group", "grouping", "every document alone", ("B3 P", "B3 R", "B3 F1"),
    ),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Run:
    """What one command answered to a file, and what it took."""

    rows: int
    start_seconds: float
    seconds: float
    megabytes: float

    @property
    def speed(self) -> float:
        """Rows a second of one core, start excluded."""
        return (self.rows - 1) / max(self.seconds - self.start_seconds, 0.001)


class Failed(RuntimeError):
    """A command did not do its work; the message says which and why."""


class Unscored(Failed):
    """The scorer did not do its work; the message says why."""


def read(path: Path) -> list[Row]:
    """The objects of a JSON Lines file."""
    with path.open(encoding="utf-8") as lines:
        return [json.loads(line) for line in lines if line.strip()]


def write(path: Path, rows: Iterable[Row]) -> Path:
    """The rows as JSON Lines."""
    with path.open("w", encoding="utf-8") as out:
        out.writelines(json.dumps(row) + "\n" for row in rows)
    return path


def timed(command: list[str], given: Path, answers: Path) -> tuple[float, float]:
    """Run a command from one file to another; its CPU seconds and its peak of memory in megabytes."""
    with given.open("rb") as source, answers.open("wb") as target:
        process = subprocess.Popen(command, stdin=source, stdout=target, cwd=ROOT)
        _, status, used = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise Failed(f"{' '.join(command)} ended with status {process.returncode}.")
    scale = 1024 if sys.platform == "linux" else 1024**2  # ru_maxrss: kilobytes on Linux, bytes on macOS
    return used.ru_utime + used.ru_stime, used.ru_maxrss / scale


def measured(command: list[str], rows: list[Row], folder: Path) -> tuple[Run, Path]:
    """What a command does on the first row alone, which is mostly its start, and then on all; the answers to all."""
    one, everything = write(folder / "one.jsonl", rows[:1]), write(folder / "all.jsonl", rows)
    answers = folder / "answers.jsonl"
    start, _ = timed(command, one, answers)
    seconds, megabytes = timed(command, everything, answers)
    return Run(len(rows), start, seconds, megabytes), answers


def score(scorer: Path, task: Task, gold: Path, predicted: Path) -> dict[str, float]:
    """The scorer's figures."""
    asked = [sys.executable, str(scorer), task.scored_as, str(gold), str(predicted), "--json"]
    done = subprocess.run(asked, capture_output=True, text=True, check=False)
    if done.returncode:
        why = (done.stderr.strip().splitlines() or ["no reason given"])[-1]
        raise Unscored(f"The scorer could not score {gold.name}: {why}")
    figures: dict[str, float] = json.loads(done.stdout)
    return figures


def input_rows(task: Task, gold: list[Row]) -> list[Row]:
    """What the command is asked: the gold rows as they are, or the documents of all incidents."""
    if task.scored_as == "grouping":
        return [document for incident in gold for document in incident["documents"]]
    return gold


def floor_answers(task: Task, rows: list[Row], data: Path) -> Iterable[Row]:
    """The floor's answers to the same rows."""
    if task.scored_as == "matching":
        return floors.matching(rows, read(data / "matching.claims.jsonl"))
    plain: dict[str, Callable[[list[Row]], Iterable[Row]]] = {
        "attribution": floors.attribution, "stance": floors.stance, "counts": floors.counts,
        "grouping": floors.grouping,
    }  # fmt: skip
    return plain[task.scored_as](rows)


def table(headers: list[str], rows: Iterable[Iterable[object]]) -> str:
    """A Markdown table whose columns after the first are numbers."""
    rule = "|---|" + "---:|" * (len(headers) - 1)
    lines = [f"| {' | '.join(headers)} |", rule]
    return "\n".join([*lines, *(f"| {' | '.join(str(cell) for cell in row)} |" for row in rows)])


def examine(task: Task, gold: Path, *, data: Path, scorer: Path, folder: Path) -> tuple[str, Run]:
    """The section on one gold file, and the run made for it."""
    rows = input_rows(task, read(gold))
    # The floor first: it is quick, and shows whether the file can be scored at all.
    floor = score(scorer, task, gold, write(folder / "floor.jsonl", floor_answers(task, rows, data)))
    command = [*ANALYSIS, task.command]
    if task.command == "match":
        command += ["--claims", str(data / "matching.claims.jsonl")]
    run, answers = measured(command, rows, folder)
    ours = score(scorer, task, gold, answers)
    figures = ((figure, f"{floor[figure]:.3f}", f"{ours[figure]:.3f}") for figure in task.figures if figure in ours)
    title = f"### `{label(gold)}` ({len(rows):,})"
    return f"{title}\n\n{table(['figure', 'floor', f'`{task.command}`'], figures)}\n", run


def label(gold: Path) -> str:
    """What a gold file is called in the report and by ``--skip``."""
    return gold.name.removesuffix(".jsonl")


def speeds(runs: Iterable[tuple[str, Run]]) -> str:
    """The table of what each command took."""
    return table(
        ["command", "rows", "start, s", "all, s", "rows a second", "peak, MB"],
        (
            (
                what,
                f"{r.rows:,}",
                f"{r.start_seconds:.1f}",
                f"{r.seconds:.1f}",
                f"{r.speed:,.1f}",
                f"{r.megabytes:,.0f}",
            )
            for what, r in runs
        ),
    )


INTRODUCTION = """\
# How good the analysis is, and how fast

Written by `make bench DATA=… SCORER=…` ([benchmarks/analysis.py](../benchmarks/analysis.py)). The gold files are public
corpora that do not come with this repository. The commands were written and tuned while looking at them, so
expect a little less on text that nobody has looked at. The floor of each task is a few lines without any language model
([benchmarks/floors.py](../benchmarks/floors.py)), measured in the same run.

Figures run from 0 to 1. P is precision, R recall, F1 their harmonic mean. A *partial triple* is right when source and
content each share at least half of their words with the gold. *Speech-cue recall* looks only at attributions with a
verb of saying; the others are beliefs, plans and wishes. Where a file has only two labels, as FEVER-Symmetric
has, always guessing one of them gives a high floor for that label and none for the others; compare *macro F1*.

The corpora: PolNeAR 1.0 (Newell, Margolin and Ruths 2018), Emergent (Ferreira and Vlachos 2016), FEVER-Symmetric 0.2
(Schuster and others 2019), RTE-3 with three labels (the RTE challenge of 2007), CheckThat! 2020 task 2, FA-KES (Abu
Salem and others 2019), and news on the incidents of the Gun Violence Archive from SemEval-2018 task 5.
"""


def report(*, data: Path, scorer: Path, skipped: set[str]) -> str:
    """The whole report as Markdown."""
    core = one_core()
    parts = [INTRODUCTION]
    runs: list[tuple[str, Run]] = []
    with tempfile.TemporaryDirectory() as made:
        folder = Path(made)
        for task in TASKS:
            parts.append(f"## {task.name}\n\nThe floor: {task.floor_is}.\n")
            for gold in gold_files(task, data, skipped):
                say(f"{gold.name} …")
                try:
                    section, run = examine(task, gold, data=data, scorer=scorer, folder=folder)
                except Unscored as error:
                    say(str(error))
                    parts.append(f"### `{label(gold)}`\n\nLeft out: the scorer cannot score this file.\n")
                    continue
                parts.append(section)
                runs.append((f"`{task.command}`, `{label(gold)}`", run))
                if task.command == "attribute":
                    alone, _ = measured(PARSER_ALONE, read(gold), folder)
                    runs.append((f"the bare parser, `{label(gold)}`", alone))
    if not runs:
        raise Failed(f"Nothing to score in {data}: attribution.*.jsonl, stance.*.jsonl and so on are looked for.")
    made_on = f"{datetime.now(UTC):%d %B %Y}, Python {platform.python_version()}, {core}"
    explained = "Seconds are CPU time; *rows a second* leaves the start out. The bare parser is spaCy's en_core_web_sm."
    parts.append(f"## Speed\n\n{made_on}.\n{explained}\n\n{speeds(runs)}\n")
    return "\n".join(parts)


def gold_files(task: Task, data: Path, skipped: set[str]) -> list[Path]:
    """The gold files of a task, without those that were to be skipped."""
    found = (path for path in sorted(data.glob(task.pattern)) if path.name != "matching.claims.jsonl")
    return [path for path in found if label(path) not in skipped]


def one_core() -> str:
    """Keep this process and its children on one core, where the system can; say what was done."""
    os.environ["OMP_NUM_THREADS"] = "1"
    if not hasattr(os, "sched_setaffinity"):
        return "one thread"
    os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    return "one core"


def say(what: str) -> None:
    """Tell whoever waits what is going on."""
    print(what, file=sys.stderr, flush=True)


def asking(description: str | None) -> argparse.ArgumentParser:
    """What every benchmark on gold files is asked: the data, the scorer, and where the report goes."""
    parser = argparse.ArgumentParser(description=description, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, metavar="DIR", help="the folder with the gold files")
    parser.add_argument("--scorer", type=Path, required=True, metavar="PATH", help="the program that scores")
    parser.add_argument("--report", type=Path, metavar="FILE", help="write the report here")
    return parser


def answered(parser: argparse.ArgumentParser, argv: list[str] | None) -> Any:
    """What was asked on the command line; ends the program where data or scorer are not there."""
    asked = parser.parse_args(argv)
    if not asked.data.is_dir():
        parser.error(f"--data: {asked.data} is no folder.")
    if not asked.scorer.is_file():
        parser.error(f"--scorer: there is no file {asked.scorer}.")
    asked.data, asked.scorer = asked.data.resolve(), asked.scorer.resolve()
    return asked


def options(argv: list[str] | None) -> Any:
    """What was asked on the command line."""
    parser = asking(__doc__)
    parser.add_argument("--skip", action="append", default=[], metavar="NAME", help="a gold file to leave out")
    return answered(parser, argv)


def main(argv: list[str] | None = None) -> int:
    """Measure, and write the report; the exit status."""
    asked = options(argv)
    try:
        text = report(data=asked.data, scorer=asked.scorer, skipped={n.removesuffix(".jsonl") for n in asked.skip})
    except Failed as error:
        say(str(error))
        return 1
    if asked.report:
        asked.report.write_text(with_blocks_of(asked.report, text), encoding="utf-8")
        say(f"Written to {asked.report}.")
    else:
        print(text, end="")
    return 0


if __name__ == "__main__":
    sys.exit(main())
