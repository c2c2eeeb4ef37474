"""How long does one statement take to find its claim, and how does that grow with the claims stored?

    python -m benchmarks.claims_scale [--claims N …] [--statements N] [--scanned N] [--memory SIZE] [--home FOLDER]

Fills a database of its own (an embedded PostgreSQL in a temporary folder, with the settings that every embedded one
has) with invented claims in twenty dossiers, half of them in one, and asks the product's own functions for
the claims that a new statement could be about: ``candidates`` searches, ``ranked`` scores. Beside them, in one run, the
same neighbours by reading every vector of the dossier, which is exact, and what share of those the search finds.
With several sizes the database grows from one to the next. Prints Markdown, tells on standard error what it is doing,
and removes what it made. With ``--home`` the database is kept there, and a later run goes on with what it holds, since
filling takes most of the time.

How the rows get there, and what is checked of them afterwards, is described in ``benchmarks/bulk.py``. Every fifth
claim has statements with positions on it, in its own words and in others. The search indexes are dropped before each
filling and made anew after it, as anybody would do it for so many rows.
"""

from __future__ import annotations

import argparse
import os
import shutil
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from config import embedded


def say(message: str) -> None:
    """Tell whoever waits what is being done."""
    print(f"{datetime.now(UTC):%H:%M:%S} {message}", file=sys.stderr, flush=True)


@contextmanager
def database(kept: Path | None = None) -> Iterator[None]:
    """Django on a migrated, embedded database: a new one, gone afterwards however it ends, or the one in ``kept``."""
    home = kept or Path(tempfile.mkdtemp(prefix="corroborate-scale-"))
    home.mkdir(parents=True, exist_ok=True)
    home.chmod(0o755)  # PostgreSQL runs as another user when this runs as root
    try:
        attach(home)
        yield
    finally:
        embedded.stop_all()
        if kept is None:
            shutil.rmtree(home, ignore_errors=True)


def attach(home: Path) -> None:
    """Set Django up on the embedded database below ``home``, made and brought up to date if need be."""
    os.environ |= {
        "CORROBORATE_HOME": str(home),
        "EVIDENCE_DIR": str(home / "evidence"),
        "CELERY_BROKER_URL": "memory://",
        "DJANGO_SETTINGS_MODULE": "config.settings",
    }
    os.environ.setdefault("SECRET_KEY", embedded.secret_key())
    os.environ["DATABASE_URL"] = embedded.start_postgres(home / "postgres", durable=False)
    import django  # noqa: PLC0415  the environment must be ready first
    from django.core.management import call_command  # noqa: PLC0415

    django.setup()
    call_command("migrate", verbosity=0)


def main(argv: Sequence[str] | None = None) -> int:
    """Measure what the arguments ask for and print it."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.claims_scale", description=__doc__.split("\n", 1)[0])
    parser.add_argument("--claims", type=int, nargs="+", default=[10_000, 50_000], help="sizes to measure at")
    parser.add_argument("--statements", type=int, default=200, help="how many to look up at each size")
    parser.add_argument("--scanned", type=int, default=50, help="for how many of them to scan as well")
    parser.add_argument("--memory", default="2GB", help="PostgreSQL's maintenance_work_mem for making the indexes")
    parser.add_argument("--home", type=Path, metavar="FOLDER", help="where to keep the database for a later run")
    asked = parser.parse_args(argv)
    with database(asked.home.resolve() if asked.home else None):
        from benchmarks.claims_report import report  # noqa: PLC0415  Django must be set up first

        print(report(asked.claims, statements=asked.statements, scanned=asked.scanned, memory=asked.memory, say=say))
    return 0


if __name__ == "__main__":
    sys.exit(main())
