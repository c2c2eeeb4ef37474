"""The table of how long finding a claim takes, for several numbers of claims stored."""

from __future__ import annotations

import os
import platform
import statistics
from collections.abc import Callable, Sequence
from datetime import UTC, datetime

from benchmarks import bulk
from benchmarks.analysis import table
from benchmarks.claims_asking import Times, ask, inserts, questions
from benchmarks.claims_filling import Filler


def median(values: Sequence[float]) -> str:
    """The median, for a table."""
    return f"{statistics.median(values):.1f}" if values else "–"


def late(values: Sequence[float]) -> str:
    """What 95 of 100 stay below, for a table."""
    return f"{sorted(values)[int(0.95 * (len(values) - 1))]:.1f}" if values else "–"


HEADERS = [
    "claims", "search", "scoring", "both", "both, p95", "both, processor (mean)", "full scan", "full scan, p95",
    "recall@20", "reworded claim found", "storing a claim", "indexes made, s", "table, GB", "vector index, GB",
]  # fmt: skip


def row(size: int, times: Times, built: float) -> list[str]:
    """One line of the table."""
    gigabytes = [
        bulk.rows_of("SELECT pg_total_relation_size('claims_claim')")[0][0],
        bulk.rows_of(
            "SELECT coalesce(sum(pg_relation_size(indexrelid)), 0) FROM pg_index JOIN pg_class c ON c.oid = indexrelid "
            "JOIN pg_am a ON a.oid = c.relam WHERE a.amname = 'hnsw' AND indrelid = 'claims_claim'::regclass"
        )[0][0],
    ]
    return [
        f"{size:,}", median(times.search), median(times.score), median(times.both), late(times.both),
        f"{statistics.mean(times.processor):.1f}",
        median(times.scan), late(times.scan), f"{statistics.mean(times.recall):.3f}",
        f"{times.found / max(1, times.known):.3f}", median(times.insert), f"{built:.0f}" if built else "–",
        *(f"{int(size) / 1e9:.2f}" for size in gigabytes),
    ]  # fmt: skip


def report(sizes: Sequence[int], *, statements: int, scanned: int, memory: str, say: Callable[[str], None]) -> str:
    """The table for all sizes, as Markdown."""
    filler, rows = Filler(say=say), []
    for size in sorted(sizes):
        built = filler.grow_to(size, memory=memory)
        asked = questions(statements, seed=size)
        times = ask(asked, scanned=scanned)
        times.insert = inserts(asked[:50])
        rows.append(row(size, times, built))
        say(" | ".join(rows[-1]))
    made_on = f"{datetime.now(UTC):%d %B %Y}, Python {platform.python_version()}, {os.cpu_count()} cores"
    return (
        f"{made_on}. Milliseconds, medians unless it says otherwise, over {statements} statements; scan and recall "
        f"over {min(scanned, statements)} of them.\n\n{table(HEADERS, rows)}\n"
    )
