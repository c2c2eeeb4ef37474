"""Do PostgreSQL, the broker, the workers and the scheduler do their part?"""

from collections.abc import Iterator
from datetime import timedelta

from django.conf import settings
from django.db import DatabaseError, InterfaceError, connection
from django.utils import timezone
from django.utils.timesince import timesince
from django_celery_beat.models import PeriodicTask

from tracker.broker import broker_fault, queues_needed, queues_served
from tracker.doctor.findings import Finding, error, ok, some, warning
from tracker.schema import unapplied

OLDEST_POSTGRESQL = 140000  # what Django asks for
EXTENSIONS = ("vector", "pg_trgm", "unaccent", "btree_gin")
OLDEST_PGVECTOR = (0, 7)  # the index by meaning holds halfvec
ANSWER_WITHIN = 3.0  # seconds, for a worker
# The scheduler notes every three minutes when it last sent what.
SCHEDULER_QUIET = timedelta(minutes=6)
CROWDED = 0.8  # of the connections that the database allows


def database_fault() -> Finding | None:
    """That the database does not answer; nothing where it does."""
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except (DatabaseError, InterfaceError) as fault:
        return error(
            "database_reachable",
            f"PostgreSQL does not answer: {str(fault).strip().splitlines()[0]}",
            "Start it, or set DATABASE_URL to where it is. Nothing works without it, and the rest was not looked at.",
        )
    return None


def database() -> Iterator[Finding]:
    """Version, extensions, tables, memory and connections of PostgreSQL."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_setting('server_version'), current_setting('server_version_num')::int")
        version, number = cursor.fetchone()
        if number < OLDEST_POSTGRESQL:
            yield error(
                "database_version",
                f"PostgreSQL {version} is too old.",
                "Move to version 18: manage.py backup, then manage.py restore into the new server.",
            )
        else:
            yield ok("database_version", f"PostgreSQL {version} answers.")
        yield _extensions(cursor)
        yield _migrations()
        yield _memory(cursor)
        yield _connections(cursor)


def broker() -> Iterator[Finding]:
    """Whether it answers, and whether somebody takes from each queue."""
    fault = broker_fault()
    if fault:
        yield error(
            "broker_reachable",
            f"The broker does not answer: {fault}",
            "Start it (make run starts its own), or set CELERY_BROKER_URL to where it is. Nothing is lost: the sweeper "
            "announces again what waits.",
        )
        return
    yield ok("broker_reachable", "The broker answers.")
    served, needed = queues_served(within=ANSWER_WITHIN), queues_needed()
    missing = sorted(needed - served)
    if missing:
        yield error(
            "workers",
            f"No worker answers for {', '.join(missing)}.",
            f"Start one: python -m celery -A config worker --queues {','.join(sorted(needed))}. If one runs, it is too "
            f"busy to answer within {ANSWER_WITHIN:.0f} seconds, or hangs: see its log.",
        )
    else:
        yield ok("workers", f"Workers answer for {', '.join(sorted(needed))}.")


def scheduler() -> Iterator[Finding]:
    """When beat last sent what it sends every few seconds."""
    rows = PeriodicTask.objects.filter(name__in=settings.CELERY_BEAT_SCHEDULE)
    last = max((row.last_run_at for row in rows if row.last_run_at is not None), default=None)
    todo = "Start it: python -m celery -A config beat. Until then nothing is swept, sealed or polled."
    if last is None:
        yield warning("scheduler", "The scheduler has not been seen yet; it says so after three minutes.", todo)
    elif timezone.now() - last > SCHEDULER_QUIET:
        yield error("scheduler", f"The scheduler last said {timesince(last)} ago that it runs.", todo)
    else:
        yield ok("scheduler", "The scheduler runs.")
    off = sorted(row.name for row in rows if not row.enabled)
    if off:
        yield warning("schedule", f"Switched off by somebody: {some(off)}.", "Enable them under Periodic tasks.")


def _extensions(cursor) -> Finding:  # type: ignore[no-untyped-def]  # Django's wrapper has no public type
    cursor.execute("SELECT extname, extversion FROM pg_extension WHERE extname = ANY(%s)", [list(EXTENSIONS)])
    there = dict(cursor.fetchall())
    missing = [name for name in EXTENSIONS if name not in there]
    if missing:
        return error(
            "extensions",
            f"Extensions are missing: {', '.join(missing)}.",
            f"As a user who may: {' '.join(f'CREATE EXTENSION {name};' for name in missing)}",
        )
    vector = tuple(int(part) for part in there["vector"].split(".")[:2])
    if vector < OLDEST_PGVECTOR:
        return error(
            "extensions",
            f"pgvector {there['vector']} is too old; 0.7 is needed at least.",
            "Install a newer package, then: ALTER EXTENSION vector UPDATE;",
        )
    return ok("extensions", f"The extensions are there (pgvector {there['vector']}).")


def _migrations() -> Finding:
    missing = unapplied()
    if missing:
        return error(
            "migrations",
            f"{len(missing)} migrations are not applied: {some(missing)}.",
            "Stop web and workers, manage.py backup, then manage.py migrate.",
        )
    return ok("migrations", "The tables are those of this version.")


def _memory(cursor) -> Finding:  # type: ignore[no-untyped-def]
    cursor.execute(
        "SELECT pg_size_bytes(current_setting('shared_buffers')),"
        " coalesce(pg_indexes_size(to_regclass('claims_claim')), 0)"
    )
    buffers, indexes = cursor.fetchone()
    says = f"shared_buffers is {buffers / 2**20:,.0f} MiB; the indexes of claims take {indexes / 2**20:,.0f} MiB."
    if indexes > buffers:
        return warning(
            "shared_buffers",
            f"{says} They are read from files again for every statement.",
            "Give shared_buffers a quarter of the machine's memory, and start PostgreSQL again.",
        )
    return ok("shared_buffers", says)


def _connections(cursor) -> Finding:  # type: ignore[no-untyped-def]
    cursor.execute(
        "SELECT (SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'client backend'),"
        " current_setting('max_connections')::int"
    )
    used, allowed = cursor.fetchone()
    says = f"{used} of {allowed} connections are in use."
    if used > CROWDED * allowed:
        return warning(
            "connections",
            says,
            "Raise max_connections, or run fewer threads of gunicorn and fewer worker processes.",
        )
    return ok("connections", says)
