"""Articles of FA-KES through the whole product: what becomes of them, and how fast.

    python -m benchmarks.fakes_ingest --data DIR [--limit N] [--workers N] [--keep FOLDER]

DIR holds ``counts.fakes.dev.jsonl`` (id, title, text, publisher, date, …). The articles are handed in through the
product's own submissions, with the publisher's short name and the day that the data gives (it has no times of day), to
a real Celery worker on a PostgreSQL and a Valkey of their own, in one dossier that nobody has prepared: no parties, no
known sources. Nothing else of the data is used. Prints Markdown, stops what it started and removes what it made;
``--keep`` leaves everything in FOLDER, to be looked at with ``CORROBORATE_HOME=FOLDER python manage.py …``.

The worker goes on with what follows a task by itself, so that the seconds of fetching are those of all three steps.

``--limit`` takes the articles first that share place and day with another outlet's.
"""

import argparse
import contextlib
import json
import os
import re
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import yaml

from benchmarks.analysis import read, table
from benchmarks.floors import Row

FILE = "counts.fakes.dev.jsonl"
DOSSIER = "fakes"
ROOT = Path(__file__).resolve().parent.parent
PATIENCE = 300.0  # seconds without any progress before the worker is given up
_SUCCEEDED = re.compile(r"Task tracker\.tasks\.(\w+)\[[^]]*\] succeeded in ([\d.]+)s")


@dataclass(frozen=True, slots=True)
class Article:
    """One article, its key (an id that two rows share is told apart by a suffix), and what the data says of it."""

    key: str
    row: Row

    @property
    def address(self) -> str:
        """An address that no other article has and that nobody answers to."""
        return f"https://{self.row['publisher']}.invalid/{self.key}"

    @property
    def scope(self) -> tuple[str, str]:
        """Place and day, as the data gives them."""
        return self.row["location"], self.row["date"]

    def payload(self) -> bytes:
        """The article as a Markdown file with front matter."""
        facts = {
            "url": self.address, "title": self.row["title"], "publisher": self.row["publisher"],
            "published_at": self.row["date"], "dossier": DOSSIER, "language": "en",
        }  # fmt: skip
        return f"---\n{yaml.safe_dump(facts, allow_unicode=True)}---\n{self.row['text']}".encode()


def articles(data: Path) -> list[Article]:
    """The articles of the file, in its order."""
    seen: Counter[str] = Counter()
    found = []
    for row in read(data / FILE):
        seen[row["id"]] += 1
        found.append(Article(row["id"] + (f"-{seen[row['id']]}" if seen[row["id"]] > 1 else ""), row))
    return found


def sharing_first(found: list[Article]) -> list[Article]:
    """The articles, first those that share place and day with one of another outlet; together, by day."""
    outlets: dict[tuple[str, str], set[str]] = defaultdict(set)
    for article in found:
        outlets[article.scope].add(article.row["publisher"])
    return sorted(found, key=lambda one: (len(outlets[one.scope]) < 2, one.row["date"], one.row["location"], one.key))


@contextlib.contextmanager
def product(folder: Path) -> Iterator[None]:
    """Django on an embedded PostgreSQL and Valkey in ``folder``, migrated; both stopped at the end."""
    for name in ("DATABASE_URL", "CELERY_BROKER_URL", "SECRET_KEY", "EVIDENCE_DIR"):
        os.environ.pop(name, None)
    os.environ["CORROBORATE_HOME"] = str(folder)
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    from config import embedded  # noqa: PLC0415  the environment must be ready first

    try:
        embedded.prepare_environment(broker=True)
        import django  # noqa: PLC0415

        django.setup()
        from django.core.management import call_command  # noqa: PLC0415
        from django.db import connections  # noqa: PLC0415

        call_command("migrate", verbosity=0)
        yield
        connections.close_all()
    finally:
        embedded.stop_all()


@contextlib.contextmanager
def worker(*, processes: int, log: Path) -> Iterator[None]:
    """A Celery worker as ``make run`` starts it, which says in ``log`` how long each task took."""
    command = [
        sys.executable, "-m", "celery", "--quiet", "-A", "config", "worker", "--queues", "default,fetch,analyse,match",
        "--concurrency", str(processes), "--loglevel", "INFO", "--without-gossip", "--without-mingle",
    ]  # fmt: skip
    with log.open("wb") as out:
        process = subprocess.Popen(
            command, cwd=ROOT, stdout=out, stderr=subprocess.STDOUT, env=os.environ.copy(), start_new_session=True
        )
        try:
            yield
        finally:
            process.send_signal(signal.SIGTERM)
            try:
                process.wait(timeout=60)
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()


def ingest(chosen: list[Article]) -> float:
    """Hand in the articles and wait until a worker has placed them all; return the seconds that it took."""
    from claims.services import ledger  # noqa: PLC0415  Django must be ready first
    from tracker import pipeline, tasks  # noqa: PLC0415
    from tracker.submissions import submit  # noqa: PLC0415

    began = time.monotonic()
    for article in chosen:
        submit(address=f"file:///{article.key}.md", payload=article.payload(), content_type="text/markdown")
    left, since = -1, time.monotonic()
    while now := len(pipeline.outstanding()):
        if now != left:
            left, since = now, time.monotonic()
        elif time.monotonic() - since > PATIENCE:
            raise SystemExit(f"The worker has done nothing for {PATIENCE:.0f} seconds; {now} steps are left.")
        elif time.monotonic() - since > PATIENCE / 10:
            tasks.sweep()  # what beat does
        time.sleep(0.5)
    took = time.monotonic() - began
    ledger.seal()
    return took


def stages(log: Path) -> list[list[str]]:
    """Per task: how often it ran, the seconds of all runs together, the middle one and the longest."""
    taken: dict[str, list[float]] = defaultdict(list)
    for name, seconds in _SUCCEEDED.findall(log.read_text(encoding="utf-8", errors="replace")):
        taken[name].append(float(seconds))
    return [
        [name, str(len(runs)), f"{sum(runs):.1f}", f"{sorted(runs)[len(runs) // 2]:.3f}", f"{max(runs):.2f}"]
        for name, runs in taken.items()
        if name in ("fetch_submission", "analyse_snapshot", "match_snapshot")
    ]


def found_markdown(chosen: list[Article], took: float, log: Path) -> str:
    """What the database holds after the run, as Markdown."""
    from django.db.models import Sum  # noqa: PLC0415  Django must be ready first

    from claims.models import Claim, Contradiction, Document, Position, Source, Statement  # noqa: PLC0415
    from tracker.models import Submission  # noqa: PLC0415

    claims = Claim.objects.live()
    origins = claims.aggregate(for_=Sum("origins"), against=Sum("refuting_origins"))
    said_again = Counter(
        Position.objects.current().filter(claim__in=claims).values_list("claim", flat=True)
    )  # statements of each claim
    counts = [
        ["articles handed in", len(chosen)],
        ["read", Submission.objects.filter(state="done", snapshot__error="").exclude(snapshot=None).count()],
        ["failed or given up", len(chosen) - Submission.objects.filter(state="done", snapshot__error="").count()],
        ["documents", Document.objects.count()],
        ["… held to be copies", Document.objects.filter(origin__isnull=False).count()],
        ["statements", Statement.objects.current().count()],
        ["… checkable", Statement.objects.current().checkable().count()],
        ["sources", Source.objects.count()],
        ["claims", claims.count()],
        ["… with a figure", claims.exclude(measure="").count()],
        ["… that two or more statements take a side on", sum(count > 1 for count in said_again.values())],
        ["… with two or more independent origins", claims.filter(origins__gt=1).count()],
        ["origins, summed over claims", origins["for_"] or 0],
        ["refuting origins, summed over claims", origins["against"] or 0],
        ["tolls that rose", claims.filter(rises_to__isnull=False).count()],
    ]
    standings = Counter(claims.values_list("standing", flat=True))
    flags = Counter(flag for flags in claims.values_list("standing_flags", flat=True) for flag in flags)
    scores: dict[tuple[str, str], list[float]] = defaultdict(list)
    for kind, state, score in Contradiction.objects.values_list("type", "state", "score"):
        scores[kind, state].append(score)
    proposed = [
        [kind, state, str(len(of)), f"{min(of):.2f}", f"{sorted(of)[len(of) // 2]:.2f}", f"{max(of):.2f}"]
        for (kind, state), of in sorted(scores.items())
    ]
    speed = f"{len(chosen)} articles in {took:.1f} s: **{len(chosen) / took:.2f} documents a second**"
    return "\n\n".join(
        [
            "## FA-KES through a worker",
            f"{speed}, from handing in the first to placing the last, on {os.cpu_count()} cores.",
            table(["task", "runs", "seconds, all", "median", "longest"], stages(log)),
            table(["what", "how many"], [[str(cell) for cell in row] for row in counts]),
            table(
                ["standing", "claims"],
                [[name or "none", str(count)] for name, count in (standings + flags).most_common()],
            ),
            "### Contradictions proposed",
            table(["kind", "state", "how many", "lowest score", "median", "highest"], proposed),
        ]
    )


def run(chosen: list[Article], *, folder: Path, processes: int) -> str:
    """Everything, on servers in ``folder``; the report as Markdown."""
    (folder / "articles.json").write_text(json.dumps([article.key for article in chosen]))
    log = folder / "worker.log"
    with product(folder):
        with worker(processes=processes, log=log):
            took = ingest(chosen)
        return found_markdown(chosen, took, log)


def main(argv: list[str] | None = None) -> int:
    """Ingest and print; the exit status."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, metavar="DIR", help=f"the folder with {FILE}")
    parser.add_argument("--limit", type=int, metavar="N", help="at most so many articles")
    parser.add_argument("--workers", type=int, default=2, metavar="N", help="processes of the worker (default: 2)")
    parser.add_argument("--keep", type=Path, metavar="FOLDER", help="a new folder to keep everything in")
    asked = parser.parse_args(argv)
    if not (asked.data / FILE).is_file():
        parser.error(f"--data: there is no {FILE} in {asked.data}.")
    if asked.keep is not None and asked.keep.exists() and any(asked.keep.iterdir()):
        parser.error(f"--keep: {asked.keep} is not empty.")
    chosen = sharing_first(articles(asked.data))[: asked.limit]
    with contextlib.ExitStack() as made:
        if asked.keep is None:
            folder = Path(made.enter_context(tempfile.TemporaryDirectory(prefix="corroborate-fakes-")))
        else:
            folder = asked.keep.resolve()
            folder.mkdir(parents=True, exist_ok=True)
        print(run(chosen, folder=folder, processes=asked.workers))
    return 0


if __name__ == "__main__":
    sys.exit(main())
