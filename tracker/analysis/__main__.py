r"""The analysis from the command line: JSON Lines on standard input, JSON Lines on standard output, in the same order.

    python -m tracker.analysis attribute < documents.jsonl

| command     | a line in                             | a line out                                               |
|-------------|---------------------------------------|----------------------------------------------------------|
| `attribute` | `id, text[, published_at]`            | `id, statements: [{source, cue, content, parent, …}]`    |
| `stance`    | `id, premise, hypothesis`             | `id, stance` (supports, refutes, neutral), `scores`      |
| `match`     | `id, text` and `--claims FILE`        | `id, ranking: [claim id, …]`                             |
| `count`     | `id, title, text`                     | `id, killed: {low, best, high} or null, injured: …`      |
| `group`     | `id, title, text, published_at`       | `id, group`                                              |

A statement of `attribute` has `source` (text, spans, name, kind, description, organisation, number, anonymity; null
where the text names none), `cue` and `content` (text, spans), `parent` (index of the statement that it is nested in),
`quotation`, `polarity`, `modality`, `checkable`, `decided_by`, `quantities`, `place`, `when`, `confidence`. Spans are
`[start, end)` in Unicode code points of `text` exactly as given. Other fields of a line in are ignored.

A line that is no JSON object, or lacks a field, is named on standard error with its number; the lines before it have
been answered, and the exit status is 1.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections import deque
from collections.abc import Iterable, Iterator
from datetime import date, datetime
from importlib import import_module
from pathlib import Path
from typing import Any

from tracker.analysis.finders import DEFAULT, Finder

_FIELDS = {
    "attribute": ("id", "text"),
    "stance": ("id", "premise", "hypothesis"),
    "match": ("id", "text"),
    "count": ("id", "text"),
    "group": ("id", "text"),
}
_MODULES = {"stance": "stance", "match": "matching", "count": "counting", "group": "grouping"}


class BadLine(ValueError):
    """A line in that cannot be answered; the message names the line."""


def read(lines: Iterable[bytes], fields: Iterable[str], *, origin: str) -> Iterator[dict[str, Any]]:
    """The objects of a JSON Lines stream, each with the named fields; raises ``BadLine``."""
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
        except (ValueError, RecursionError) as error:
            raise BadLine(f"{origin}, line {number}: not valid JSON ({error})") from error
        if not isinstance(row, dict):
            raise BadLine(f"{origin}, line {number}: a JSON object is wanted, not {type(row).__name__}")
        for field in fields:
            if field not in row:
                raise BadLine(f"{origin}, line {number}: the field {field!r} is missing")
            if field != "id" and not isinstance(row[field], str):
                raise BadLine(f"{origin}, line {number}: the field {field!r} is not a string")
        yield row


def attribute(rows: Iterable[dict[str, Any]], finder: Finder = DEFAULT, threads: int = 1) -> Iterator[dict[str, Any]]:
    """The statements of each document, as the command prints them."""
    from tracker.analysis.pipeline import analyse_all  # noqa: PLC0415 - loading the parser takes seconds
    from tracker.analysis.types import as_json  # noqa: PLC0415

    asked: deque[Any] = deque()  # the documents run a little ahead of their answers

    def documents() -> Iterator[tuple[str, date | None]]:
        for row in rows:
            asked.append(row["id"])
            yield row["text"], _day(row.get("published_at"))

    for statements in analyse_all(documents(), finder=finder, threads=threads):
        yield {"id": asked.popleft(), "statements": [as_json(statement) for statement in statements]}


def _day(value: object) -> date | None:
    """The day of an ISO 8601 date or date and time; ``None`` for anything else."""
    if not isinstance(value, str):
        return None
    try:
        return datetime.fromisoformat(value.replace("Z", "+00:00")).date()
    except ValueError:
        return None


def answers(
    command: str,
    rows: Iterable[dict[str, Any]],
    *,
    claims: Path | None = None,
    finder: Finder = DEFAULT,
    threads: int = 1,
) -> Iterable[dict[str, Any]]:
    """The answers of ``command`` to the rows; other commands than ``attribute`` live in modules of their own."""
    if command == "attribute":
        return attribute(rows, finder, threads)
    run = import_module(f"tracker.analysis.{_MODULES[command]}").run
    if command == "match":
        with (claims or Path(os.devnull)).open("rb") as lines:
            known = list(read(lines, ("id", "text"), origin=str(claims)))
        return _dicts(run(rows, claims=known))
    return _dicts(run(rows))


def _dicts(found: Iterable[Any]) -> Iterator[dict[str, Any]]:
    yield from found


def main(argv: list[str] | None = None) -> int:
    """Run one command; the exit status."""
    parser = argparse.ArgumentParser(
        prog="python -m tracker.analysis", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    commands = parser.add_subparsers(dest="command", required=True)
    for name, fields in _FIELDS.items():
        command = commands.add_parser(name, help=f"a line in has {', '.join(fields)}")
        if name == "attribute":
            command.add_argument(
                "--finder", type=Finder, choices=list(Finder), default=DEFAULT, help="what finds the spans"
            )
            command.add_argument(
                "--threads",
                type=int,
                choices=range(1, 65),
                metavar="N",
                default=min(2, len(os.sched_getaffinity(0))),
                help="documents worked on at once (default: 2, or 1 where there is one core)",
            )
        if name == "match":
            command.add_argument(
                "--claims", type=Path, required=True, metavar="FILE", help="JSON Lines of the known claims"
            )
    options = parser.parse_args(argv)
    rows = read(sys.stdin.buffer, _FIELDS[options.command], origin="standard input")
    try:
        chosen = {name: getattr(options, name) for name in ("claims", "finder", "threads") if hasattr(options, name)}
        for answer in answers(options.command, rows, **chosen):
            sys.stdout.write(json.dumps(answer) + "\n")
            sys.stdout.flush()
    except (BadLine, OSError) as error:
        if isinstance(error, BrokenPipeError):
            # The reader has gone ("| head"); leave nothing that Python would flush at exit.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            return 1
        sys.stderr.write(f"{error}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
