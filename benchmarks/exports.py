"""Does the memory of the web server grow with the rows of an export?

    python -m benchmarks.exports [--rows N …] [--report FILE]

Fills a database of its own (an embedded PostgreSQL in a temporary folder) with invented claims, by COPY, and exports
all of them, at each size, as CSV and as JSON Lines, from a web server that is started anew for each export: gunicorn as
``make run`` starts it, with one process, so that the highest memory that the kernel saw that process hold is the
export's. The file is read from loopback and thrown away. At the largest size one reader goes away in the middle, and
what the database still holds of the export afterwards is looked for. Prints Markdown; removes what it made.
"""

from __future__ import annotations

import argparse
import logging
import os
import platform
import sys
import time
import uuid
from collections.abc import Sequence
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path

import httpx
import psutil

from benchmarks.analysis import table
from benchmarks.claims_scale import database, say
from benchmarks.report import put
from benchmarks.serving import server, token

BATCH = 50_000


class Filler:
    """Writes invented claims into one dossier, without vectors: nothing searches for them here."""

    def __init__(self) -> None:
        from benchmarks import bulk  # noqa: PLC0415  Django must be set up first
        from benchmarks.invented_claims import World  # noqa: PLC0415
        from claims.models import Dossier  # noqa: PLC0415

        self._facts = World(regions=1).facts()
        self.dossier = bulk.next_id(Dossier)
        self.stored = 0
        bulk.write(Dossier, ["id", "uid", "slug", "title"], [[self.dossier, uuid.uuid4(), "region", "Region"]])

    def grow_to(self, size: int) -> None:
        """Have so many claims stored."""
        from benchmarks import bulk  # noqa: PLC0415
        from claims.models import Claim  # noqa: PLC0415

        with bulk.without_search_indexes(Claim):
            while self.stored < size:
                facts = list(islice(self._facts, min(BATCH, size - self.stored)))
                bulk.write(
                    Claim,
                    ["uid", "dossier_id", "text", "kind", "place", "when_first", "when_last", "measure", "best"],
                    (
                        [uuid.uuid4(), self.dossier, fact.said(0), "figure" if fact.measure else "event", fact.place,
                         fact.day, fact.day, fact.measure, float(fact.number) if fact.measure else None]
                        for fact in facts
                    ),
                )  # fmt: skip
                self.stored += len(facts)
        bulk.rows_of("VACUUM (ANALYZE)")
        say(f"{self.stored:,} claims stored")


def highest(process: psutil.Process) -> float:
    """The most memory that the kernel has seen this process hold, in MB."""
    status = Path(f"/proc/{process.pid}/status").read_text()
    return int(status.partition("VmHWM:")[2].split()[0]) / 1024


def measure(form: str, rows: int, sent: str) -> list[str]:
    """One line of the table: an export of so many rows from a server that has just been started."""
    with (
        server(workers=1) as (address, web),
        httpx.Client(headers={"Authorization": sent}, timeout=600) as client,
    ):
        (worker,) = web.children()
        client.get(f"{address}/api/v1/claims?page_size=1").raise_for_status()
        client.get(f"{address}/api/v1/exports/claims.{form}?created_before=2000-01-01T00:00:00Z").raise_for_status()
        before, cpu, start = highest(worker), worker.cpu_times().user, time.perf_counter()
        size = lines = 0
        with client.stream("GET", f"{address}/api/v1/exports/claims.{form}") as answer:
            answer.raise_for_status()
            for piece in answer.iter_raw():
                size += len(piece)
                lines += piece.count(b"\n")
        took, worked = time.perf_counter() - start, worker.cpu_times().user - cpu
        expected = rows + (form == "csv")
        if lines != expected:
            raise RuntimeError(f"{lines} lines came, {expected} were expected")
        line = [
            f"{rows:,}", form, f"{size / 1e6:.1f}", f"{took:.1f}", f"{worked:.1f}", f"{before:.1f}",
            f"{highest(worker):.1f}",
        ]  # fmt: skip
    say(" | ".join(line))
    return line


def abandoned(sent: str) -> str:
    """What is left in the database when a reader goes away in the middle of an export."""
    from benchmarks import bulk  # noqa: PLC0415  Django must be set up first

    held = "SELECT count(*) FROM pg_stat_activity WHERE xact_start IS NOT NULL AND pid <> pg_backend_pid()"
    with server(workers=1) as (address, _):
        with (
            httpx.Client(headers={"Authorization": sent}, timeout=600) as client,
            client.stream("GET", f"{address}/api/v1/exports/claims.csv") as answer,
        ):
            next(answer.iter_raw())
            during = bulk.rows_of(held)[0][0]
        start = time.perf_counter()
        while bulk.rows_of(held)[0][0] and time.perf_counter() - start < 60:
            time.sleep(0.01)
        after, took = bulk.rows_of(held)[0][0], time.perf_counter() - start
    return f"{during} transaction while the reader read, {after} of them {took:.2f} s after it had gone"


def main(argv: Sequence[str] | None = None) -> int:
    """Measure what the arguments ask for and print or write it."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.exports", description=__doc__.split("\n", 1)[0])
    parser.add_argument("--rows", type=int, nargs="+", default=[10_000, 100_000, 1_000_000])
    parser.add_argument("--report", type=Path, metavar="FILE")
    asked = parser.parse_args(argv)
    with database():
        logging.getLogger("httpx").setLevel(logging.WARNING)
        filler, sent = Filler(), token("exporter")
        lines = []
        for rows in sorted(asked.rows):
            filler.grow_to(rows)
            lines += [measure(form, rows, sent) for form in ("csv", "jsonl")]
        left = abandoned(sent)
    head = ["rows", "form", "MB sent", "seconds", "CPU seconds", "MB before", "MB at most"]
    told = (
        "## Exports\n\nWritten by `python -m benchmarks.exports` ([benchmarks/exports.py](../benchmarks/exports.py)): "
        f"all claims in one file, over loopback. {datetime.now(UTC):%d %B %Y}, Python {platform.python_version()}, "
        f"{os.cpu_count()} cores. The memory is the web server's, as the kernel saw it at its highest.\n\n"
        f"{table(head, lines)}\n\nA reader that went away in the middle of the largest: {left}.\n"
    )
    if asked.report:
        put(asked.report, "exports", told)
    else:
        print(told)
    return 0


if __name__ == "__main__":
    sys.exit(main())
