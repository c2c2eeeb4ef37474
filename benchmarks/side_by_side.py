"""One analysis command beside simpler ways of answering the same gold files, in one run: what two benchmarks share."""

import sys
import tempfile
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

from benchmarks.analysis import (
    ANALYSIS,
    TASKS,
    Failed,
    Run,
    gold_files,
    label,
    measured,
    one_core,
    options,
    read,
    say,
    score,
    speeds,
    table,
    write,
)
from benchmarks.floors import Row
from benchmarks.report import put

Baseline = Callable[[list[Row], Path], Iterable[Row]]
"""Answers to the rows of a gold file; the path is the folder of the data."""


def report(
    name: str, baselines: Mapping[str, Baseline], *, data: Path, scorer: Path, skipped: set[str], arguments: list[str]
) -> str:
    """The tables of all gold files of the task called ``name``, as Markdown; ``arguments`` go to the command."""
    task = next(task for task in TASKS if task.scored_as == name)
    core, parts, runs = one_core(), [f"## {task.name}, beside simpler ways\n"], list[tuple[str, Run]]()
    with tempfile.TemporaryDirectory() as made:
        folder = Path(made)
        for gold in gold_files(task, data, skipped):
            say(f"{gold.name} …")
            rows = read(gold)
            columns = {
                title: score(scorer, task, gold, write(folder / "baseline.jsonl", baseline(rows, data)))
                for title, baseline in baselines.items()
            }
            run, answers = measured([*ANALYSIS, task.command, *arguments], rows, folder)
            columns[f"`{task.command}`"] = score(scorer, task, gold, answers)
            runs.append((f"`{task.command}`, `{label(gold)}`", run))
            cells = ((figure, *(f"{of[figure]:.3f}" for of in columns.values())) for figure in task.figures)
            parts.append(f"### `{label(gold)}` ({len(rows):,})\n\n{table(['figure', *columns], cells)}\n")
    if not runs:
        raise Failed(f"Nothing to score in {data}: {task.pattern} is looked for.")
    return "\n".join([*parts, f"CPU time on {core}.\n\n{speeds(runs)}\n"])


def main(
    name: str,
    baselines: Mapping[str, Baseline],
    argv: list[str] | None,
    *,
    arguments: Callable[[Path], list[str]] = lambda _: [],
) -> int:
    """Measure, and print the report or write it into its place in a file; the exit status."""
    asked = options(argv)
    skipped = {each.removesuffix(".jsonl") for each in asked.skip}
    try:
        text = report(
            name, baselines, data=asked.data, scorer=asked.scorer, skipped=skipped, arguments=arguments(asked.data)
        )
    except Failed as error:
        say(str(error))
        return 1
    if asked.report:
        put(asked.report, name, text)
        say(f"Written to {asked.report}.")
    else:
        sys.stdout.write(text)
    return 0
