"""What a document costs on its way through the whole product, and how that grows with what is stored.

    python -m benchmarks.ingest [--articles N] [--short N] [--grown N,N,…] [--data DIR] [--report FILE]

Everything runs on servers of its own (an embedded PostgreSQL and Valkey, and one worker with one process), which are
removed afterwards. Articles are invented (:mod:`benchmarks.invented_articles`), or come from ``DIR``, whose ``*.jsonl``
are lines as ``manage.py backfill`` takes them.

1. So many articles, handed in one by one.
2. As many other ones, by ``manage.py backfill`` from a file of JSON Lines, in the same run.
3. Documents of two sentences by backfill: the worker's memory after every tenth of them.
4. Growth: what is stored is copied, row by row within PostgreSQL, into other dossiers, until so many documents are
   there; then articles are handed in again, and everything but the analysis is compared. The copies are rows like any
   others, but nothing was analysed for them.

What counts is processor time, which tells more than the clock on a machine that does other things meanwhile: of the
worker by parts (:mod:`benchmarks.clocks`), of PostgreSQL, of Valkey, and of whoever hands in. *Analysis* is finding the
statements of a text, and nothing else; comparing texts and claims, which is analysis too, has rows of its own.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Any

import psutil

from benchmarks.analysis import table
from benchmarks.bulk import rows_of, without_search_indexes
from benchmarks.clocks_read import ANALYSIS, COMPARING, read_clocks
from benchmarks.fakes_ingest import product
from benchmarks.invented_articles import articles
from benchmarks.report import put

ROOT = Path(__file__).resolve().parent.parent
AIM = 0.2
SWEEP = 10.0  # seconds
WATCHED = 10.0  # seconds between two looks at the worker's memory
PATIENCE = 900.0  # seconds without any progress before the worker is given up
MEGABYTE = 1024 * 1024
Line = dict[str, Any]
HOW = (
    "A document is read, placed and compared in a fixed number of queries, however many statements it has "
    "([decision 25](adr/0025-a-document-is-placed-in-one-go.md)). Backfill runs the same steps, of up to twenty "
    "documents for one message, and places those of one dossier together; the time that its command takes to start is "
    "under *handing in*. Columns with so many stored: the rows were copied within PostgreSQL into other dossiers, and "
    "only the articles of that column were analysed."
)


@dataclass
class Cost:
    """Seconds of processor time by whose they are, those of the worker by parts, and of the clock."""

    documents: int
    clock: float
    processes: dict[str, float]
    parts: dict[str, float]
    bytes: float = 0.0
    memory: list[tuple[int, float]] = field(default_factory=list)

    @property
    def all(self) -> float:
        """Of everybody."""
        return sum(self.processes.values())

    @property
    def analysis(self) -> float:
        """Of finding statements."""
        return self.parts.get(ANALYSIS, 0.0)

    @property
    def comparing(self) -> float:
        """Of comparing texts and claims."""
        return sum(self.parts.get(part, 0.0) for part in COMPARING)

    def each(self, seconds: float) -> float:
        """Milliseconds for one document."""
        return 1000 * seconds / max(self.documents, 1)


class Plant:
    """The worker, and the processor time of everything that runs."""

    def __init__(self, folder: Path) -> None:
        self._clocks = folder / "clocks"
        self._clocks.mkdir()
        self._log = folder / "worker.log"
        self.process: subprocess.Popen[bytes] | None = None

    @contextlib.contextmanager
    def running(self) -> Iterator[None]:
        """A worker as ``make run`` starts it, with one process, until the end."""
        command = [
            sys.executable, "-m", "celery", "--quiet", "-A", "config", "worker", "--include", "benchmarks.clocks",
            "--queues", "default,fetch,analyse,match,deliver,backfill", "--concurrency", "1", "--loglevel", "WARNING",
            "--without-gossip", "--without-mingle",
        ]  # fmt: skip
        with self._log.open("ab") as out:
            self.process = subprocess.Popen(
                command, cwd=ROOT, env=os.environ | {"CLOCKS": str(self._clocks)}, stdout=out, stderr=out,
                start_new_session=True,
            )  # fmt: skip
            try:
                yield
            finally:
                self.process.send_signal(signal.SIGTERM)
                try:
                    self.process.wait(timeout=60)
                except subprocess.TimeoutExpired:
                    os.killpg(self.process.pid, signal.SIGKILL)
                    self.process.wait()

    def require(self) -> None:
        """Raise ``SystemExit``, with the last that it said, where the worker runs no longer."""
        if self.process is None or self.process.poll() is not None:
            said = self._log.read_text(errors="replace").strip().splitlines()[-1:]
            raise SystemExit(f"The worker has ended: {' '.join(said) or 'it said nothing'}")

    def parts(self) -> dict[str, float]:
        """Seconds by part, of all processes that the worker has had."""
        return read_clocks(self._clocks)

    def memory(self) -> float:
        """Megabytes of the worker's largest process."""
        if self.process is None:
            return 0.0
        family = psutil.Process(self.process.pid).children(recursive=True)
        return max((one.memory_info().rss for one in family), default=0) / MEGABYTE

    def processes(self) -> dict[str, float]:
        """Seconds by whose they are."""
        found = {"worker": 0.0, "PostgreSQL": 0.0, "Valkey": 0.0, "handing in": 0.0}
        own = psutil.Process()
        for one in [own, *own.children(recursive=True), *_servers()]:
            with contextlib.suppress(psutil.Error):
                times = one.cpu_times()
                # Those of children that have ended are counted with their parents.
                found[self._whose(one)] += times.user + times.system + times.children_user + times.children_system
        return found

    def _whose(self, one: psutil.Process) -> str:
        name = one.name()
        if "postgres" in name:
            return "PostgreSQL"
        if "valkey" in name or "redis" in name:
            return "Valkey"
        ours = self.process is not None and self.process.pid in (one.pid, *(up.pid for up in one.parents()))
        return "worker" if ours else "handing in"


def _servers() -> list[psutil.Process]:
    """The servers of this run, which are nobody's children: PostgreSQL's by its own word, Valkey by its port."""
    (data,) = rows_of("SHOW data_directory")[0]
    first = Path(data) / "postmaster.pid"
    found = []
    with contextlib.suppress(OSError, psutil.Error, ValueError):
        server = psutil.Process(int(first.read_text().split("\n", 1)[0]))
        found += [server, *server.children(recursive=True)]
    home = os.environ["CORROBORATE_HOME"]
    for one in psutil.process_iter(["name", "cmdline", "cwd"]):
        said = " ".join(one.info["cmdline"] or ())
        if ("valkey" in (one.info["name"] or "")) and (home in said or home in (one.info["cwd"] or "")):
            found.append(one)
    return found


def measured(plant: Plant, hand_in: Callable[[], int]) -> Cost:
    """What it costs until everything that is handed in is placed."""
    from claims.services import ledger  # noqa: PLC0415  Django must be ready first
    from tracker import pipeline, tasks  # noqa: PLC0415

    processes, parts, size = plant.processes(), plant.parts(), _size()
    began = time.monotonic()
    with _memory_watched(plant) as memory:
        documents = hand_in()
        left: list[tuple[str, int]] = []
        since = swept = time.monotonic()
        while now := pipeline.outstanding():
            plant.require()
            if now != left:
                left, since = now, time.monotonic()
            elif time.monotonic() - since > PATIENCE:
                raise SystemExit(f"The worker has done nothing for {PATIENCE:.0f} seconds; {len(now)} steps are left.")
            if time.monotonic() - swept > SWEEP:
                tasks.sweep()  # what beat does
                swept = time.monotonic()
            time.sleep(1)
    ledger.seal()
    clock = time.monotonic() - began
    after, spent = plant.processes(), plant.parts()
    return Cost(
        documents,
        clock,
        {name: max(after[name] - processes[name], 0.0) for name in after},
        {name: spent[name] - parts.get(name, 0.0) for name in spent},
        (_size() - size) / max(documents, 1),
        [*memory[:: len(memory) // 10 + 1], (documents, plant.memory())],
    )


@contextlib.contextmanager
def _memory_watched(plant: Plant) -> Iterator[list[tuple[int, float]]]:
    """How many documents were placed at moments of the time within it, and the megabytes of the worker then.

    From a thread: who hands in an archive waits for the worker to come after.
    """
    from django.db import connection  # noqa: PLC0415

    from claims.models import Snapshot  # noqa: PLC0415  Django must be ready first

    placed = Snapshot.objects.exclude(matched_with="")
    before, told, ended = placed.count(), list[tuple[int, float]](), threading.Event()

    def watch() -> None:
        while not ended.wait(WATCHED):
            told.append((placed.count() - before, plant.memory()))
        connection.close()

    watcher = threading.Thread(target=watch, daemon=True)
    watcher.start()
    try:
        yield told
    finally:
        ended.set()
        watcher.join()


def _size() -> int:
    return int(rows_of("SELECT pg_database_size(current_database())")[0][0])


# --- Handing in -------------------------------------------------------------------------------------------------------


def one_by_one(lines: Sequence[Line]) -> int:
    """As Markdown files, each by itself."""
    import yaml  # noqa: PLC0415

    from tracker.submissions import submit  # noqa: PLC0415

    for number, line in enumerate(lines):
        facts = {key: line[key] for key in ("url", "title", "publisher", "dossier", "language") if line.get(key)}
        facts["published_at"] = line.get("published", "")
        payload = f"---\n{yaml.safe_dump(facts, allow_unicode=True)}---\n{line.get('text', '')}".encode()
        html = line.get("html")
        submit(
            address=f"file:///{number}.{'html' if html else 'md'}",
            payload=html.encode() if html else payload,
            content_type="text/html" if html else "text/markdown",
            dossier=line.get("dossier", ""),
        )
    return len(lines)


def by_backfill(lines: Sequence[Line], path: Path) -> int:
    """As lines of one file, by the command, which is waited for as long as it reads."""
    path.write_text("".join(json.dumps(line) + "\n" for line in lines))
    subprocess.run(
        [sys.executable, "manage.py", "backfill", str(path), "--no-wait"], cwd=ROOT, check=True, capture_output=True
    )
    return len(lines)


def lines_of(data: Path | None, *, seed: int, long: bool = True) -> Iterator[Line]:
    """Articles as lines, without end where they are invented."""
    if data is None:
        for one in articles(seed=seed, long=long):
            yield {
                "url": f"{one.url}-{seed}-{long}", "title": one.title, "publisher": one.outlet, "text": one.text,
                "published": one.published.isoformat(), "dossier": one.dossier, "language": "en",
            }  # fmt: skip
        return
    for path in sorted(data.glob("*.jsonl")):
        for text in path.read_text(encoding="utf-8").splitlines():
            if text.strip():
                yield json.loads(text)


# --- Growing ----------------------------------------------------------------------------------------------------------

# What is copied, in an order in which nothing leads to what is not there yet.
COPIED = ("Dossier", "Document", "Snapshot", "Statement", "Claim", "Position", "Contradiction", "Event")


def grow(to: int) -> None:
    """Copy what is stored into dossiers of its own until so many documents are there."""
    from django.db import connection, transaction  # noqa: PLC0415  Django must be ready first

    from claims import models  # noqa: PLC0415

    tables = {name: getattr(models, name)._meta for name in COPIED}
    names = {meta.model for meta in tables.values()}
    highest = {
        name: rows_of(f"SELECT coalesce(max(id), 0) FROM {meta.db_table}")[0][0] for name, meta in tables.items()
    }
    step = max(highest.values()) + 1
    stored = rows_of("SELECT count(*) FROM claims_document")[0][0]
    places = rows_of("SELECT coalesce(max(seq), 0) FROM claims_event")[0][0]
    with (
        without_search_indexes(models.Claim, maintenance_work_mem="1GB"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute("SET LOCAL session_replication_role = replica")
        for copy in range(1, -(-(to - stored) // stored) + 1):
            for name, meta in tables.items():
                fields = meta.concrete_fields
                columns = ", ".join(f'"{one.column}"' for one in fields)
                values = ", ".join(_copied(one, copy, step * copy, places * copy, names) for one in fields)
                cursor.execute(
                    f"INSERT INTO {meta.db_table} ({columns}) SELECT {values} "
                    f"FROM {meta.db_table} WHERE id <= {highest[name]}"
                )
        for meta in tables.values():
            table_ = meta.db_table
            cursor.execute(f"SELECT setval(pg_get_serial_sequence('{table_}', 'id'), (SELECT max(id) FROM {table_}))")
    rows_of("ANALYZE")


def _copied(one: Any, copy: int, step: int, places: int, names: set[Any]) -> str:
    """The value of a column in a copy."""
    column = f'"{one.column}"'
    if one.primary_key or (one.related_model in names):
        return f"{column} + {step}"
    if one.name in ("uid", "object_uid"):
        return f"md5({column}::text || '{step}')::uuid"
    if one.name in ("url", "slug"):
        return f"left({column}, 90) || '-{copy}-' || id"
    if one.name == "signature":
        return f"ARRAY(SELECT band # {step} FROM unnest({column}) band)"
    if one.name == "seq":
        return f"{column} + {places}"
    return column


# --- The report -------------------------------------------------------------------------------------------------------


def costs_table(costs: dict[str, Cost]) -> str:
    """Milliseconds of processor time for one document, by part, of several runs."""
    parts = sorted({part for cost in costs.values() for part in cost.parts}, key=lambda part: -_largest(part, costs))
    rows = [[part, *(f"{cost.each(cost.parts.get(part, 0.0)):.1f}" for cost in costs.values())] for part in parts]
    rows += [
        [whose, *(f"{cost.each(cost.processes[whose]):.1f}" for cost in costs.values())]
        for whose in ("PostgreSQL", "Valkey", "handing in")
    ]
    worker = [cost.processes["worker"] - sum(cost.parts.values()) for cost in costs.values()]
    rows.append(
        ["the worker outside its tasks", *(f"{c.each(s):.1f}" for c, s in zip(costs.values(), worker, strict=True))]
    )
    rows.append(["**together**", *(f"**{cost.each(cost.all):.1f}**" for cost in costs.values())])
    rows.append(["share: finding statements", *(f"{cost.analysis / cost.all:.2f}" for cost in costs.values())])
    rows.append([
        "share: finding statements and comparing",
        *(f"{(cost.analysis + cost.comparing) / cost.all:.2f}" for cost in costs.values()),
    ])  # fmt: skip
    rows.append(["documents a second, by the clock", *(f"{c.documents / c.clock:.2f}" for c in costs.values())])
    rows.append(["documents a second of one core", *(f"{c.documents / c.all:.2f}" for c in costs.values())])
    rows.append(["database, kB a document", *(f"{cost.bytes / 1000:.0f}" for cost in costs.values())])
    return table(["ms of processor time a document", *costs], rows)


def _largest(part: str, costs: dict[str, Cost]) -> float:
    return max(cost.each(cost.parts.get(part, 0.0)) for cost in costs.values())


def report(asked: argparse.Namespace, costs: dict[str, Cost], short: Cost | None, load: str) -> str:
    """Everything, as Markdown."""
    said = [
        "## Ingesting",
        "`python -m benchmarks.ingest` ([benchmarks/ingest.py](../benchmarks/ingest.py)) "
        f"`--articles {asked.articles} --short {asked.short} --probe {asked.probe}`: " + load,
        " ".join(
            [
                "The aim is that everything but analysis takes less than a fifth of the processor time.",
                *(_aim(name, cost) for name, cost in costs.items() if name in ("one by one", "backfill")),
            ]
        ),
        HOW,
        costs_table(costs),
    ]
    if short is not None:
        rows = [[f"{count:,}", f"{size:.0f}"] for count, size in short.memory]
        said += [
            f"Memory of the worker's process over {short.documents:,} documents of two sentences:",
            table(["documents", "MB"], rows),
        ]
    return "\n\n".join(said)


def _aim(name: str, cost: Cost) -> str:
    """How far one run is from the aim, whichever way analysis is understood."""
    found, compared = (1 - part / cost.all for part in (cost.analysis, cost.analysis + cost.comparing))
    met = "met" if found < AIM else "met by the second count only" if compared < AIM else "**not met**"
    return (
        f"*{name.capitalize()}* that is {100 * found:.0f} % with finding statements alone as analysis, "
        f"{100 * compared:.0f} % with comparing texts and claims as well: {met}."
    )


def run(asked: argparse.Namespace, folder: Path, *, tell: Callable[[str], None]) -> None:
    """Measure everything, on servers in ``folder``; the report is told after each run, as far as it goes."""
    costs: dict[str, Cost] = {}
    short: Cost | None = None
    first = os.getloadavg()

    def keep(name: str, cost: Cost) -> None:
        costs[name] = cost
        say(name, cost)
        load = (
            f"{asked.articles:,} articles of 307 words and ten statements on average each way, on "
            f"{os.cpu_count()} cores with a load of {first[0]:.1f} at the beginning and "
            f"{os.getloadavg()[1]:.1f} at the end; one process of one worker."
        )
        tell(report(asked, costs, short, load))

    with product(folder):
        from claims.models import Document  # noqa: PLC0415  Django must be ready first

        plant = Plant(folder)
        with plant.running():
            told = lines_of(asked.data, seed=1)
            measured(plant, lambda: one_by_one(list(islice(told, 10))))  # what is loaded once
            keep("one by one", measured(plant, lambda: one_by_one(list(islice(told, asked.articles)))))
            told = lines_of(asked.data, seed=2) if asked.data is None else told
            lines = list(islice(told, asked.articles))
            keep("backfill", measured(plant, lambda: by_backfill(lines, folder / "lines.jsonl")))
            told = lines_of(None, seed=4)

            def probe(size: int) -> None:
                stored = Document.objects.count()
                if stored < size:
                    grow(size)
                lines = list(islice(told, asked.probe))
                keep(f"one by one, with {max(size, stored):,} stored", measured(plant, lambda: one_by_one(lines)))

            there = Document.objects.count()
            for size in (size for size in asked.grown if size <= there):
                probe(size)
            if asked.short:
                lines = list(islice(lines_of(None, seed=3, long=False), asked.short))
                short = measured(plant, lambda: by_backfill(lines, folder / "short.jsonl"))
                keep("two sentences, backfill", short)
            for size in (size for size in asked.grown if size > there):
                probe(size)


def say(name: str, cost: Cost) -> None:
    """How far it is, for whoever waits."""
    sys.stderr.write(
        f"{name}: {cost.documents} in {cost.clock:.0f} s, {cost.each(cost.all):.0f} ms each, "
        f"analysis {cost.analysis / max(cost.all, 0.001):.2f}; load {os.getloadavg()[0]:.1f}\n"
    )


def main(argv: list[str] | None = None) -> int:
    """Measure and tell; the exit status."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--articles", type=int, default=5000, metavar="N", help="each way (default: 5000)")
    parser.add_argument("--short", type=int, default=10_000, metavar="N", help="of two sentences (default: 10000)")
    parser.add_argument("--probe", type=int, default=200, metavar="N", help="articles after growing (default: 200)")
    parser.add_argument(
        "--grown", type=lambda text: [int(one) for one in text.split(",") if one], default=[5000, 50_000],
        metavar="N,N,…",
        help="sizes of the store at which is measured again (default: 5000,50000)",
    )  # fmt: skip
    parser.add_argument("--data", type=Path, metavar="DIR", help="a folder of JSON Lines instead of invented articles")
    parser.add_argument("--report", type=Path, metavar="FILE", help="write it there instead of printing it")
    asked = parser.parse_args(argv)
    with tempfile.TemporaryDirectory(prefix="corroborate-ingest-") as made:
        folder = Path(made)
        folder.chmod(0o755)  # PostgreSQL runs as another user when this runs as root
        told = [""]

        def tell(text: str) -> None:
            told[0] = text
            if asked.report:
                put(asked.report, "ingest", text)

        run(asked, folder, tell=tell)
    if not asked.report:
        sys.stdout.write(told[0] + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
