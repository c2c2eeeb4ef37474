"""How well are the claims found that a text repeats, beside BM25 and a comparison letter by letter?

    python -m benchmarks.matching --data DIR --scorer PATH [--skip NAME …] [--report FILE]

DIR holds ``matching.*.jsonl`` beside ``matching.claims.jsonl``; PATH is a program that takes
``matching GOLD PREDICTED --json`` and prints one JSON object of figures. Markdown, on standard output or in its place
in FILE.
"""

import sys
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

from benchmarks import floors, side_by_side
from benchmarks.analysis import read
from benchmarks.floors import Row

CLAIMS = "matching.claims.jsonl"


def same_text(rows: list[Row], data: Path) -> Iterator[Row]:
    """The claims of the very same text, case and blanks aside."""
    known: dict[str, list[str]] = defaultdict(list)
    for claim in read(data / CLAIMS):
        known[_plain(claim["text"])].append(claim["id"])
    for row in rows:
        yield {"id": row["id"], "ranking": known[_plain(row["text"])]}


def _plain(text: str) -> str:
    return " ".join(text.lower().split())


def main(argv: list[str] | None = None) -> int:
    """Measure; the exit status."""
    baselines: dict[str, side_by_side.Baseline] = {
        "the same text": same_text,
        "BM25": lambda rows, data: floors.matching(rows, read(data / CLAIMS)),
    }
    return side_by_side.main("matching", baselines, argv, arguments=lambda data: ["--claims", str(data / CLAIMS)])


if __name__ == "__main__":
    sys.exit(main())
