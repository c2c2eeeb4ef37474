"""How well is the number of the dead read from a report, beside the first number near a word for killing?

    python -m benchmarks.counts --data DIR --scorer PATH [--skip NAME …] [--report FILE]

DIR holds ``counts.*.jsonl``; PATH is a program that takes ``counts GOLD PREDICTED --json`` and prints one JSON object
of figures. Markdown, on standard output or in its place in FILE.
"""

import sys
from collections.abc import Iterator
from pathlib import Path

from benchmarks import floors, side_by_side
from benchmarks.floors import Row


def in_title(rows: list[Row], _: Path) -> Iterator[Row]:
    """The first number near a word for killing, in the headline alone."""
    return floors.counts({**row, "text": ""} for row in rows)


def main(argv: list[str] | None = None) -> int:
    """Measure; the exit status."""
    baselines: dict[str, side_by_side.Baseline] = {
        "regular expression, headline": in_title,
        "regular expression": lambda rows, _: floors.counts(rows),
    }
    return side_by_side.main("counts", baselines, argv)


if __name__ == "__main__":
    sys.exit(main())
