"""How long does a reviewer wait for each page of the desk when the database is full?

    python -m benchmarks.desk [--claims N] [--stated N] [--asks N] [--home FOLDER] [--report FILE]

Fills a database of its own (an embedded PostgreSQL in a temporary folder) with invented claims, each with so many
statements, and lets the product itself weigh the contested ones and look for conflicts among them. Then it starts the
web server as ``make run`` does, signs an editor in and asks for every page, one at a time, from loopback: what is
measured is the whole answer, and the processor time that the web server and PostgreSQL spent on it, which tells more
on a machine that does other things meanwhile. Beside the pages, in the same run, the server's answer that it is alive
(what any answer costs) and the admin's own lists of the same rows. Prints Markdown, or writes it into FILE; removes
what it made, unless FOLDER is to keep the database: it is filled the first time, and only asked from then on.
"""

from __future__ import annotations

import argparse
import os
import platform
import secrets
import statistics
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import httpx
import psutil

from benchmarks.analysis import table
from benchmarks.claims_scale import attach, database, say
from benchmarks.report import put
from benchmarks.serving import postgres, server, spent
from config import embedded

AIM = 300.0  # milliseconds
CONTESTED = 200  # every so many claims one is contested
WEIGHED = 500  # contested claims that the product weighs, and looks for conflicts among
LEARNT = 10  # how often 5,000 rows of each kind are read for their words, as the worker does now and then


@contextmanager
def kept(home: Path) -> Iterator[None]:
    """Django on the embedded database below ``home``, which stays."""
    home.mkdir(parents=True, exist_ok=True)
    home.chmod(0o755)  # PostgreSQL runs as another user when this runs as root
    try:
        attach(home.resolve())
        yield
    finally:
        embedded.stop_all()


def fill(claims: int, stated: int) -> None:
    """Write the claims and what was said of them, and let the product weigh the contested ones."""
    from benchmarks.claims_filling import Filler  # noqa: PLC0415  Django must be set up first
    from claims.models import Claim  # noqa: PLC0415
    from claims.services import standings, vocabulary  # noqa: PLC0415
    from claims.services.actor import Actor  # noqa: PLC0415

    Filler(say=say, stated=lambda _: stated, contested=CONTESTED).grow_to(claims, memory="2GB")
    contested = Claim.objects.filter(positions__stance="refutes").order_by("pk").values_list("pk", flat=True)
    weighed = list(contested.distinct()[:WEIGHED])
    standings.refresh(weighed, actor=Actor.machine("desk benchmark", "1"))
    say(f"{len(weighed):,} contested claims weighed")
    for _ in range(LEARNT):
        vocabulary.learn_words(rows=5000)
    say("words learnt, to find other spellings by")


def editor_session() -> str:
    """The session cookie of a new editor."""
    from django.contrib.auth.models import Group, User  # noqa: PLC0415  Django must be set up first
    from django.test import Client  # noqa: PLC0415

    from claims.roles import EDITOR  # noqa: PLC0415

    user, _ = User.objects.get_or_create(username="edda", defaults={"is_staff": True})
    user.set_password(secrets.token_urlsafe(20))
    user.save()
    user.groups.add(Group.objects.get(name=EDITOR))
    client = Client()
    client.force_login(user)
    return client.cookies["sessionid"].value


def pages() -> list[tuple[str, str]]:
    """What is asked for, and its address: the busiest row of each kind."""
    from django.db.models import Count  # noqa: PLC0415  Django must be set up first
    from django.urls import reverse  # noqa: PLC0415

    from claims.desk.addresses import desk_address  # noqa: PLC0415
    from claims.models import Claim, Contradiction, Document, Dossier, Source, Statement  # noqa: PLC0415

    contested = Claim.objects.contested().order_by("pk")[0]
    words = contested.text.split()
    source = Source.objects.filter(pk__in=Statement.objects.order_by("pk").values("source")[:1])[0]
    dossier = Dossier.objects.annotate(n=Count("claims")).order_by("-n")[0]
    search = reverse("desk:search")
    conflict = Contradiction.objects.order_by("-score").first() or contested
    return [
        ("that the server is alive", reverse("live")),
        ("admin: list of claims", reverse("admin:claims_claim_changelist")),
        ("admin: list of statements", reverse("admin:claims_statement_changelist")),
        ("first page", reverse("admin:index")),
        ("conflict queue", reverse("desk:conflicts")),
        ("one conflict", desk_address(conflict)),
        ("document", desk_address(Document.objects.order_by("pk")[0])),
        ("claim", desk_address(contested)),
        ("dossier", desk_address(dossier)),
        ("source", desk_address(source)),
        ("disagreements", reverse("desk:disagreements")),
        ("what is mine", reverse("desk:mine")),
        ("search: two words", f"{search}?q={words[-1]}+{words[0]}"),
        ("search: a phrase", f'{search}?q="{"+".join(words[:4])}"'),
        ("search: a place, misspelt", f"{search}?q={contested.place[:-1]}x"),
        ("search: a word of every other claim", f"{search}?q=killed"),
        ("search: nothing like it", f"{search}?q=zzyzzyva"),
    ]


def measure(
    address: str, session: str, asked: Sequence[tuple[str, str]], *, asks: int, servers: Sequence[psutil.Process]
) -> list[list[str]]:
    """One line of the table for each page: milliseconds until the whole answer was there, and what it took."""
    rows = []
    with httpx.Client(base_url=address, cookies={"sessionid": session}, timeout=60) as client:
        for name, path in asked:
            for _ in range(3):
                client.get(path)  # what is read for the first time, by either process, is read now
            took, size, before = [], 0, spent(servers)
            for _ in range(asks):
                start = time.perf_counter()
                answer = client.get(path)
                took.append((time.perf_counter() - start) * 1000)
                answer.raise_for_status()
                size = len(answer.content)
            median, late = statistics.median(took), sorted(took)[int(0.95 * (len(took) - 1))]
            busy = (spent(servers) - before) / asks * 1000
            rows.append(
                [
                    name,
                    f"{median:.0f}",
                    f"{late:.0f}",
                    f"{busy:.0f}",
                    f"{size / 1000:.0f}",
                    "yes" if late < AIM else "**no**",
                ]
            )
            say(" | ".join(rows[-1]))
    return rows


def main(argv: Sequence[str] | None = None) -> int:
    """Measure what the arguments ask for and print or write it."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.desk", description=__doc__.split("\n", 1)[0])
    parser.add_argument("--claims", type=int, default=100_000)
    parser.add_argument("--stated", type=int, default=10, help="statements about each claim")
    parser.add_argument("--asks", type=int, default=20, help="how often each page is asked for")
    parser.add_argument("--home", type=Path, metavar="FOLDER", help="where to keep the database, or to find it again")
    parser.add_argument("--report", type=Path, metavar="FILE")
    asked = parser.parse_args(argv)
    with kept(asked.home) if asked.home else database():
        from claims.models import Claim  # noqa: PLC0415  Django must be set up first

        if not Claim.objects.exists():
            fill(asked.claims, asked.stated)
        session, wanted = editor_session(), pages()
        with server() as (address, web):
            rows = measure(address, session, wanted, asks=asked.asks, servers=[web, postgres()])
        load = os.getloadavg()[1]
    made_on = f"{datetime.now(UTC):%d %B %Y}, Python {platform.python_version()}, {os.cpu_count()} cores"
    told = (
        "## Pages of the review desk\n\nWritten by `python -m benchmarks.desk` "
        "([benchmarks/desk.py](../benchmarks/desk.py)): "
        f"{asked.claims:,} claims, {asked.claims * asked.stated:,} statements. {made_on}. Milliseconds until the whole "
        f"answer was there, {asked.asks} times each; aim: {AIM:.0f}. Processor: milliseconds that the web server and "
        f"PostgreSQL worked on one answer. Load average meanwhile, this included: {load:.1f}.\n\n"
        f"{table(['page', 'median', 'p95', 'processor', 'kB', f'under {AIM:.0f} ms'], rows)}\n"
    )
    if asked.report:
        put(asked.report, "desk", told)
    else:
        print(told)
    return 0


if __name__ == "__main__":
    sys.exit(main())
