"""How well are reports of one event found together, beside what simpler rules reach, and what does it cost?

    python -m benchmarks.grouping --data DIR --scorer PATH [--sizes N …] [--report FILE]

DIR holds incidents as JSON Lines (``incidents.*.jsonl``), each with ``id`` and ``documents``. PATH is a program that
takes ``grouping GOLD PREDICTED --json`` and prints one JSON object of figures. The report is Markdown, on standard
output or in FILE: every document alone; TF-IDF with single link within 14 days, at the threshold that is best on the
very same file; ``python -m tracker.analysis group``; and the same with weights fitted on other incidents only (five
folds, see ``training/grouping/fit.py``). Then the time that it takes as the collection grows: the same documents again
and again, with other names and other days.
"""

import math
import re
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import numpy as np
from scipy import sparse
from scipy.sparse.csgraph import connected_components

from benchmarks import floors
from benchmarks.analysis import (
    ANALYSIS,
    TASKS,
    Failed,
    answered,
    asking,
    label,
    measured,
    one_core,
    read,
    say,
    score,
    table,
    write,
)
from benchmarks.floors import Row
from benchmarks.report import put
from tracker.analysis.grouping import Report, group, report_of
from training.grouping.fit import cross_validated
from training.grouping.fit import read as read_incidents

TASK = next(task for task in TASKS if task.scored_as == "grouping")
FIGURES = TASK.figures
WINDOW = 14  # days, for the single link
THRESHOLDS = tuple(round(float(t), 2) for t in np.arange(0.08, 0.61, 0.02))
FITTED_AT = -2.0  # the log odds at which the product's threshold stands
SIZES = (1_000, 2_000, 4_000, 8_000)
_WORD = re.compile(r"[^\W_]+")
_NAME = re.compile(r"(?<=[a-z,] )[A-Z][a-z]{2,}")
_APART = 45  # days between one copy of the documents and the next


@dataclass(frozen=True, slots=True)
class Scored:
    """One way of grouping and its figures."""

    name: str
    figures: dict[str, float]


def documents(gold: Path) -> list[Row]:
    """The documents of all incidents."""
    return [document for incident in read(gold) for document in incident["documents"]]


# --- Single link ------------------------------------------------------------------------------------------------------


def likenesses(rows: Sequence[Row]) -> Any:
    """The TF-IDF cosines of all pairs of documents within the window, as a sparse matrix."""
    counted = [Counter(_WORD.findall(f"{row.get('title')} {row.get('text')}".lower())) for row in rows]
    frequency = Counter(word for words in counted for word in words)
    column = {word: index for index, word in enumerate(frequency)}
    cells = [
        (index, column[word], (1 + math.log(times)) * math.log(len(rows) / frequency[word]))
        for index, words in enumerate(counted)
        for word, times in words.items()
    ]
    at, of, weight = zip(*cells, strict=True) if cells else ((), (), ())
    matrix = sparse.csr_matrix((weight, (at, of)), shape=(len(rows), max(1, len(column))))
    lengths = np.sqrt(np.asarray(matrix.multiply(matrix).sum(axis=1)).ravel())
    unit = sparse.csr_matrix(sparse.diags(1 / np.where(lengths > 0, lengths, 1.0)) @ matrix)
    found = (unit @ unit.T).tocoo()
    days = np.array([_ordinal(row) for row in rows])
    first, second = days[found.row], days[found.col]
    near = (first < 0) | (second < 0) | (np.abs(first - second) <= WINDOW)
    return sparse.csr_matrix((found.data[near], (found.row[near], found.col[near])), shape=found.shape)


def single_link(rows: Sequence[Row], cosines: Any, threshold: float) -> Iterator[Row]:
    """The documents with the group that each falls into when all pairs of at least this likeness are joined."""
    _, groups = connected_components(cosines.multiply(cosines >= threshold), directed=False)
    for row, number in zip(rows, groups.tolist(), strict=True):
        yield {"id": row["id"], "group": number}


Ask = Callable[[Iterable[Row]], dict[str, float]]


def best_single_link(rows: Sequence[Row], ask: Ask) -> tuple[float, dict[str, float]]:
    """The threshold with the best F1, and its figures."""
    cosines = likenesses(rows)
    found = [(threshold, ask(single_link(rows, cosines, threshold))) for threshold in THRESHOLDS]
    return max(found, key=lambda pair: pair[1][FIGURES[-1]])


# --- Growth -----------------------------------------------------------------------------------------------------------


def grown(reports: Sequence[Report], size: int) -> list[Report]:
    """So many reports: the given ones again and again, each time of other people and places, and on other days."""
    out: list[Report] = []
    copy = 0
    while len(out) < size and reports:
        out += [_elsewhere(report, copy) for report in reports[: size - len(out)]]
        copy += 1
    return out


def _elsewhere(report: Report, copy: int) -> Report:
    if not copy:
        return report
    ending = "".join(chr(ord("a") + int(digit)) for digit in str(copy))
    title, text = (_NAME.sub(lambda found: found.group() + ending, printed) for printed in (report.title, report.text))
    day = report.published_on
    return Report(f"{report.key}-{copy}", title, text, _later(day, copy * _APART) if day else None)


def _later(day: date, days: int) -> date:
    return day + timedelta(days) if (date.max - day).days > days else day


def costs(reports: Sequence[Report], sizes: Iterable[int]) -> list[tuple[int, float]]:
    """How many CPU seconds grouping takes at each size; the first call, which loads things, is not counted."""
    group(reports[:1])
    out = []
    for size in sizes:
        some = grown(reports, size)
        start = time.process_time()
        group(some)
        out.append((size, time.process_time() - start))
    return out


# --- The report -------------------------------------------------------------------------------------------------------


def examine(gold: Path, *, scorer: Path, folder: Path) -> tuple[list[Scored], str]:
    """The figures on one gold file, and in words what the command took."""
    rows = documents(gold)

    def ask(answers: Iterable[Row]) -> dict[str, float]:
        return score(scorer, TASK, gold, write(folder / "asked.jsonl", answers))

    threshold, linked = best_single_link(rows, ask)
    run, answers = measured([*ANALYSIS, TASK.command], rows, folder)
    held_out = cross_validated(read_incidents(gold), thresholds=[FITTED_AT])[FITTED_AT]
    found = [
        Scored("every document alone", ask(floors.grouping(rows))),
        Scored(f"TF-IDF, single link within {WINDOW} days, best threshold ({threshold:.2f})", linked),
        Scored("`group`", score(scorer, TASK, gold, answers)),
        Scored("`group`, fitted on other incidents", dict(zip(FIGURES, held_out, strict=True))),
    ]
    took = (
        f"{run.rows:,} documents in {run.seconds - run.start_seconds:.1f} s of CPU time ({run.speed:,.0f} a second) "
        f"after {run.start_seconds:.1f} s of loading; {run.megabytes:,.0f} MB at most."
    )
    return found, took


def report(*, data: Path, scorer: Path, sizes: Sequence[int]) -> str:
    """The whole report as Markdown."""
    core = one_core()
    golds = sorted(data.glob(TASK.pattern))
    if not golds:
        raise Failed(f"Nothing to score in {data}: {TASK.pattern} is looked for.")
    parts = ["## Grouping, beside simpler ways\n"]
    with tempfile.TemporaryDirectory() as made:
        for gold in golds:
            say(f"{gold.name} …")
            found, took = examine(gold, scorer=scorer, folder=Path(made))
            rows = ([one.name, *(f"{one.figures[figure]:.3f}" for figure in FIGURES)] for one in found)
            parts.append(f"### `{label(gold)}`\n\n{table(['', *FIGURES], rows)}\n\n{took}\n")
    if sizes:
        say("growing …")
        spent = costs([report_of(row) for row in documents(golds[0])], sizes)
        rows = ([f"{size:,}", f"{seconds:.1f}", f"{1000 * seconds / size:.2f}"] for size, seconds in spent)
        grows = table(["documents", "CPU s", "ms a document"], rows)
        parts.append(f"### As the collection grows\n\nOn {core}.\n\n{grows}\n")
    return "\n".join(parts)


def options(argv: list[str] | None) -> Any:
    """What was asked on the command line."""
    parser = asking(__doc__)
    parser.add_argument("--sizes", type=int, nargs="*", default=SIZES, metavar="N", help="numbers of documents to time")
    return answered(parser, argv)


def main(argv: list[str] | None = None) -> int:
    """Measure, and write the report; the exit status."""
    asked = options(argv)
    try:
        text = report(data=asked.data, scorer=asked.scorer, sizes=asked.sizes)
    except Failed as error:
        say(str(error))
        return 1
    if asked.report:
        put(asked.report, "grouping", text)
        say(f"Written to {asked.report}.")
    else:
        print(text, end="")
    return 0


def _ordinal(row: Row) -> int:
    day = report_of(row).published_on
    return -1 if day is None else day.toordinal()


if __name__ == "__main__":
    sys.exit(main())
