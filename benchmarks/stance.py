"""How well is it judged what one text says of another, beside the most common label, and what does it cost?

    python -m benchmarks.stance --data DIR --scorer PATH [--report FILE]

DIR holds gold files (``stance.*.jsonl``: ``id, premise, hypothesis, stance``). PATH is a program that takes
``stance GOLD PREDICTED --json`` and prints one JSON object of figures. The report is Markdown, on standard output or in
FILE.

The headlines' model was fitted on one of the files (``FITTED_ON``). For that file the figures that count are the
cross-validated ones: the same model fitted anew on four fifths of the hypotheses and judged on the last fifth (needs
requirements/train.in; without it the column is left out, and said so).

*Refutes precision at recall 0.2* ranks the rows by the score for "refutes", the surest first, and is the precision
where one fifth of all refutations has been found; rows of one score count as one step. Its baseline ranks nothing: the
share of refutations among all rows.
"""

import math
import sys
import tempfile
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from benchmarks import floors
from benchmarks.analysis import (
    ANALYSIS,
    TASKS,
    Failed,
    Run,
    answered,
    asking,
    label,
    measured,
    one_core,
    read,
    say,
    score,
    speeds,
    table,
    write,
)
from benchmarks.floors import Row
from benchmarks.report import put

TASK = next(task for task in TASKS if task.scored_as == "stance")
FITTED_ON = "stance.emergent.train"
RECALL = 0.2
RANKED = f"refutes precision at recall {RECALL:g}"
DRAW = 0  # which of the ways to draw the folds


@dataclass(frozen=True, slots=True)
class Scored:
    """One way of judging and its figures."""

    name: str
    figures: dict[str, float]


def precision_at(recall: float, gold: Iterable[Row], answers: Iterable[Row]) -> float:
    """The precision of "refutes" where, the surest rows first, this share of all refutations has been found.

    Rows of equal score are one step: their order says nothing. 0 where nothing is to be found.
    """
    scores = {row["id"]: (row.get("scores") or {}).get("refutes", 0.0) for row in answers}
    ranked = sorted(((scores.get(row["id"], 0.0), row["stance"] == "refutes") for row in gold), reverse=True)
    wanted = math.ceil(recall * sum(refutes for _, refutes in ranked))
    found = seen = 0
    for at, (value, refutes) in enumerate(ranked):
        found, seen = found + refutes, seen + 1
        last = at + 1 == len(ranked) or ranked[at + 1][0] < value
        if last and found >= wanted > 0:
            return float(found / seen)
    return 0.0


def examine(gold: Path, *, scorer: Path, folder: Path) -> tuple[list[Scored], Run]:
    """The figures on one gold file, and the run made for it."""
    rows = read(gold)

    def figures(answers: list[Row]) -> dict[str, float]:
        return {
            **score(scorer, TASK, gold, write(folder / "asked.jsonl", answers)),
            RANKED: precision_at(RECALL, rows, answers),
        }

    run, answers = measured([*ANALYSIS, TASK.command], rows, folder)
    found = [Scored(TASK.floor_is, figures(list(floors.stance(rows)))), Scored("`stance`", figures(read(answers)))]
    if label(gold) == FITTED_ON:
        unseen = cross_validated()
        if unseen is None:
            say("Without scikit-learn (requirements/train.in) nothing can be cross-validated.")
        else:
            found.append(Scored("`stance`, on claims that it was not fitted on", figures(unseen(rows, DRAW))))
    return found, run


def cross_validated() -> Callable[[list[Row], int], list[Row]] | None:
    """What answers each row by models that did not see its claim; nothing where they cannot be fitted here."""
    if find_spec("sklearn") is None:
        return None
    from training.stance.fit import held_out  # noqa: PLC0415 - needs what only training has installed

    return held_out


def report(*, data: Path, scorer: Path) -> str:
    """The whole report as Markdown."""
    core = one_core()
    golds = sorted(data.glob(TASK.pattern))
    if not golds:
        raise Failed(f"Nothing to score in {data}: {TASK.pattern} is looked for.")
    parts = ["## Stance, beside the most common label\n"]
    runs: list[tuple[str, Run]] = []
    with tempfile.TemporaryDirectory() as made:
        for gold in golds:
            say(f"{gold.name} …")
            found, run = examine(gold, scorer=scorer, folder=Path(made))
            names = [name for name in (*TASK.figures, RANKED) if name in found[0].figures]
            rows = ([name, *(f"{one.figures[name]:.3f}" for one in found)] for name in names)
            shown = table(["figure", *(one.name for one in found)], rows)
            parts.append(f"### `{label(gold)}` ({run.rows:,})\n\n{shown}\n")
            runs.append((f"`{label(gold)}`", run))
    parts.append(f"### Speed\n\nOn {core}; seconds are CPU time.\n\n{speeds(runs)}\n")
    return "\n".join(parts)


def main(argv: list[str] | None = None) -> int:
    """Measure, and write the report; the exit status."""
    asked = answered(asking(__doc__), argv)
    try:
        text = report(data=asked.data, scorer=asked.scorer)
    except Failed as error:
        say(str(error))
        return 1
    if asked.report:
        put(asked.report, "stance", text)
        say(f"Written to {asked.report}.")
    else:
        print(text, end="")
    return 0


if __name__ == "__main__":
    sys.exit(main())
