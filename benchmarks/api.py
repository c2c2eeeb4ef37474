"""How fast does the API answer when a million claims are stored?

    python -m benchmarks.api [--claims N] [--asks N] [--rounds N] [--home FOLDER] [--report FILE]

Fills a database of its own (an embedded PostgreSQL in a temporary folder) with invented claims, about half as many
statements again, their positions, verdicts and events, starts the web server as ``make run`` does and asks it from
loopback, as a token that may read and does not see what is protected (one source is). What is asked: claims by id,
the same again with the ETag that came with them (304), filtered lists, checks of a sentence, and changes.

Beside each, in the same run and by turns, a chunk of each: the statements that the API sends to PostgreSQL for it, sent
again by themselves over one connection; and the same rows from a plain Django view (:mod:`benchmarks.plain`), which
signs nobody in and shows nothing but the rows' own columns.

One request at a time, and then several at once for the rate. Processor time is that of the web server and of
PostgreSQL: on a busy machine it says more than the clock. Prints Markdown, or writes it into FILE; removes what it
made, unless FOLDER is to keep the database: it is filled the first time, and only asked from then on.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import random
import socket
import statistics
import sys
import threading
import time
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import cycle, islice
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import psutil
import psycopg

from benchmarks.analysis import table
from benchmarks.claims_scale import database, say
from benchmarks.report import put
from benchmarks.serving import postgres, server, spent

CONTESTED = 200  # every so many claims one has a denial
CONFLICTS_SOUGHT = 60  # contested claims among which the product looks for conflicts
AT_ONCE = 4  # connections, for the rate
UNLIMITED = {f"THROTTLE_{name}": "100000000/hour" for name in ("READ", "CHECK", "CHANGES")}  # counted all the same
BREADTH = 500  # different rows of each kind that are asked for


@dataclass(frozen=True, slots=True)
class Ask:
    """One request, as it goes over the wire."""

    method: str
    path: str
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes = b""

    def wire(self, host: str) -> bytes:
        """Its bytes."""
        head = [f"{self.method} {self.path} HTTP/1.1", f"Host: {host}", "Accept: application/json"]
        head += [f"{name}: {value}" for name, value in self.headers]
        if self.body:
            head += ["Content-Type: application/json", f"Content-Length: {len(self.body)}"]
        return "\r\n".join([*head, "", ""]).encode() + self.body


@dataclass(slots=True)
class Took:
    """What one column of one line took, in milliseconds: of each request, and of processor time in all."""

    each: list[float] = field(default_factory=list)
    web: float = 0.0
    database: float = 0.0
    rates: list[float] = field(default_factory=list)

    @property
    def busy(self) -> float:
        """Milliseconds of processor time for one request."""
        return (self.web + self.database) / len(self.each)


class Wire:
    """One connection that is kept open: a client that takes hardly any processor time of its own."""

    def __init__(self, address: str) -> None:
        at = urlsplit(address)
        self._host, self._port = str(at.hostname), int(at.port or 80)
        self._socket: socket.socket | None = None

    def ask(self, ask: Ask) -> tuple[int, dict[str, str], bytes]:
        """Status, headers and body."""
        try:
            return self._exchange(ask)
        except (ConnectionError, EOFError):  # the server closes what is idle
            self.close()
            return self._exchange(ask)

    def close(self) -> None:
        """Hang up."""
        if self._socket is not None:
            self._socket.close()
            self._socket = None

    def _exchange(self, ask: Ask) -> tuple[int, dict[str, str], bytes]:
        if self._socket is None:
            self._socket = socket.create_connection((self._host, self._port), timeout=60)
            self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._socket.sendall(ask.wire(f"{self._host}:{self._port}"))
        held = b""
        while b"\r\n\r\n" not in held:
            held += self._read()
        head, _, body = held.partition(b"\r\n\r\n")
        first, *lines = head.decode("latin-1").split("\r\n")
        headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
        while len(body) < int(headers.get("content-length", 0)):
            body += self._read()
        if headers.get("connection", "").lower() == "close":
            self.close()
        return int(first.split()[1]), headers, body

    def _read(self) -> bytes:
        assert self._socket is not None
        got = self._socket.recv(1 << 18)
        if not got:
            raise EOFError
        return got


def fill(claims: int) -> None:
    """Write the claims and all that led to them; let the product look for conflicts, and protect a source."""
    from django.contrib.auth.models import User  # noqa: PLC0415  Django must be set up first

    from benchmarks.claims_filling import Filler, as_news_goes  # noqa: PLC0415
    from claims.models import Claim, Source  # noqa: PLC0415
    from claims.services import ledger  # noqa: PLC0415
    from claims.services.protection import protect_source  # noqa: PLC0415
    from tracker.conflicts import find_conflicts  # noqa: PLC0415

    Filler(say=say, stated=as_news_goes, contested=CONTESTED, in_full=True).grow_to(claims, memory="2GB")
    if not Source.objects.filter(protected=True).exists():
        found = find_conflicts(Claim.objects.contested().order_by("pk")[:CONFLICTS_SOUGHT])
        say(f"{len(found)} conflicts found")
        protect_source(Source.objects.order_by("pk")[7], by=User.objects.get(username="author"), reason="Asked to.")
        ledger.seal()


def reader() -> str:
    """A new token that may read, as a header carries it."""
    from django.contrib.auth.models import Group, User  # noqa: PLC0415  Django must be set up first

    from claims.access import Access  # noqa: PLC0415
    from claims.roles import READER  # noqa: PLC0415
    from claims.services.tokens import issue_token  # noqa: PLC0415

    user, _ = User.objects.get_or_create(username="client")
    user.groups.add(Group.objects.get(name=READER))
    _, secret = issue_token(user, name="benchmark", scopes=["read"], granted_by=Access.of(user))
    return f"Token {secret}"


@dataclass(slots=True)
class Line:
    """One line of the table: what is asked of the API, and of the plain view where it has the same."""

    name: str
    asks: list[Ask]
    status: int = 200
    plain: list[Ask] = field(default_factory=list)
    statements: list[list[str]] = field(default_factory=list)
    ours: Took = field(default_factory=Took)
    sql: Took = field(default_factory=Took)
    django: Took = field(default_factory=Took)


def lines(sent: str) -> list[Line]:
    """All that is asked, but for the tags of 304."""
    from benchmarks import bulk  # noqa: PLC0415  Django must be set up first
    from benchmarks.claims_filling import DOSSIERS  # noqa: PLC0415
    from benchmarks.invented_claims import World  # noqa: PLC0415

    chance = random.Random(7)
    signed = (("Authorization", sent),)

    def get(path: str) -> Ask:
        return Ask("GET", path, signed)

    first, last = bulk.rows_of("SELECT min(id), max(id) FROM claims_claim")[0]
    wanted = [chance.randint(first, last) for _ in range(BREADTH)]
    uids = [uid for (uid,) in bulk.rows_of("SELECT uid FROM claims_claim WHERE id = ANY(%s)", [wanted])]
    busiest = [
        uid
        for (uid,) in bulk.rows_of(
            "SELECT uid FROM claims_claim WHERE (id - %s) %% 10000 = 0 ORDER BY id LIMIT 50", [first]
        )
    ]
    head = bulk.rows_of("SELECT max(seq) FROM claims_event")[0][0]
    places = [chance.randrange(max(head - 1000, 1)) for _ in range(BREADTH)]
    lists = [
        f"/api/v1/claims?dossier=region-{chance.randrange(DOSSIERS)}&standing={standing}"
        for standing in ("corroborated", "single-origin", "contested") * 40
    ]
    step = max(1, (last - first) // (BREADTH // 2))
    known = [(fact, fact.wordings - 1) for fact in islice(World(regions=DOSSIERS).facts(), 0, last - first, step)]
    unheard = [(fact, 0) for fact in islice(World(regions=DOSSIERS, happening=99).facts(), len(known))]
    sentences = [fact.said(wording) for pair in zip(known, unheard, strict=True) for fact, wording in pair]
    claim, plainly = "/api/v1/claims/{}".format, lambda path: Ask("GET", path)
    return [
        Line("claim by id", [get(claim(u)) for u in uids], plain=[plainly(claim(u)) for u in uids]),
        Line("the same, 304", [get(claim(u)) for u in uids], status=304),
        Line("claim with 61 statements", [get(claim(u)) for u in busiest], plain=[plainly(claim(u)) for u in busiest]),
        Line("the same, 304", [get(claim(u)) for u in busiest], status=304),
        Line("list by dossier and standing, 50", [get(p) for p in lists], plain=[plainly(p) for p in lists]),
        Line(
            "check of a sentence",
            [Ask("POST", "/api/v1/check", signed, json.dumps({"text": one}).encode()) for one in sentences[:BREADTH]],
        ),
        Line(
            "100 changes",
            [get(f"/api/v1/changes?after={place}&limit=100") for place in places],
            plain=[plainly(f"/api/v1/changes?after={place}") for place in places],
        ),
    ]


def statements_of(asks: Sequence[Ask], bare: psycopg.Connection[Any]) -> list[list[str]]:
    """For each request the statements that the API sends to PostgreSQL for it. What it prepares, ``bare`` does too."""
    from django.db import connection  # noqa: PLC0415  Django must be set up first
    from django.test import Client  # noqa: PLC0415
    from django.test.utils import CaptureQueriesContext  # noqa: PLC0415

    found, client = [], Client(SERVER_NAME="localhost")
    for ask in asks:
        with CaptureQueriesContext(connection) as sent:
            client.generic(ask.method, ask.path, ask.body, "application/json", headers=dict(ask.headers))
        statements = [one["sql"] for one in sent.captured_queries]
        for statement in statements:
            if statement.startswith("PREPARE"):
                bare.execute(statement.encode())
        found.append([statement for statement in statements if not statement.startswith("PREPARE")])
    return found


def tagged(wire: Wire, asks: Sequence[Ask]) -> list[Ask]:
    """The same requests with the tags that come with their answers."""
    with_tags = []
    for ask in asks:
        _, headers, _ = wire.ask(ask)
        tag = ("If-None-Match", headers["etag"])
        with_tags.append(Ask(ask.method, ask.path, (*ask.headers, tag), ask.body))
    return with_tags


def ask_all(wire: Wire, asks: Sequence[Ask], took: Took, *, status: int, web: psutil.Process) -> None:
    """Ask one after the other, and note what each took."""
    servers, database = [web], [postgres()]
    before, held = spent(servers), spent(database)
    for ask in asks:
        start = time.perf_counter()
        answered, _, body = wire.ask(ask)
        took.each.append((time.perf_counter() - start) * 1000)
        if answered != status:
            raise RuntimeError(f"{ask.path} answered {answered}: {body[:500]!r}")
    took.web += (spent(servers) - before) * 1000
    took.database += (spent(database) - held) * 1000


def replay(connection: psycopg.Connection[Any], wanted: Sequence[Sequence[str]], took: Took) -> None:
    """Send the statements of each request again, and note what they took."""
    pid = psutil.Process(connection.info.backend_pid)
    held = spent([pid])
    for statements in wanted:
        start = time.perf_counter()
        for statement in statements:
            cursor = connection.execute(statement.encode())
            if cursor.description:
                cursor.fetchall()
        took.each.append((time.perf_counter() - start) * 1000)
    took.database += (spent([pid]) - held) * 1000


def rate(address: str, asks: Sequence[Ask], *, seconds: float) -> float:
    """Answers a second over several connections, each of which asks again as soon as it is answered."""
    until, counts = time.perf_counter() + seconds, [0] * AT_ONCE

    def keep_asking(number: int) -> None:
        with closing(Wire(address)) as wire:
            for ask in islice(cycle(asks), number * 7, None):
                wire.ask(ask)
                counts[number] += 1
                if time.perf_counter() > until:
                    return

    threads = [threading.Thread(target=keep_asking, args=(number,)) for number in range(AT_ONCE)]
    start = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sum(counts) / (time.perf_counter() - start)


def measure(asked: Sequence[Line], *, rounds: int, asks: int, seconds: float) -> None:
    """Ask for everything by turns."""
    with (
        server() as (ours, web),
        server(application="benchmarks.plain") as (theirs, plain_web),
        closing(Wire(ours)) as wire,
        closing(Wire(theirs)) as plain,
        psycopg.connect(os.environ["DATABASE_URL"], autocommit=True) as connection,
    ):
        time.sleep(5)  # until what is loaded beside the first requests is loaded
        for line in asked:
            if line.status == 304:
                line.asks = tagged(wire, line.asks)
            line.statements = statements_of(line.asks[:100], connection)
            unnoted = Took()
            for _ in range(2):  # whatever is read for the first time, by either process, is read now
                ask_all(wire, line.asks[:50], unnoted, status=line.status, web=web)
            if line.plain:
                ask_all(plain, line.plain[:50], unnoted, status=200, web=plain_web)
            replay(connection, line.statements, unnoted)
            say(f"{line.name}: {usual(line)} statements")
        ours_in_turn = [islice(cycle(line.asks), 50, None) for line in asked]
        plain_in_turn = [cycle(line.plain) for line in asked]
        sql_in_turn = [cycle(line.statements) for line in asked]
        for number in range(rounds):
            for line, mine, other, bare in zip(asked, ours_in_turn, plain_in_turn, sql_in_turn, strict=True):
                ask_all(wire, list(islice(mine, asks)), line.ours, status=line.status, web=web)
                replay(connection, list(islice(bare, asks)), line.sql)
                if line.plain:
                    ask_all(plain, list(islice(other, asks)), line.django, status=200, web=plain_web)
            say(f"round {number + 1}: load {os.getloadavg()[0]:.1f}")
        for _ in range(2):
            for line in asked:
                line.ours.rates.append(rate(ours, line.asks, seconds=seconds))
                if line.plain:
                    line.django.rates.append(rate(theirs, line.plain, seconds=seconds))


def usual(line: Line) -> int:
    """How many statements most of these requests take."""
    return statistics.mode(len(statements) for statements in line.statements)


def late(values: Sequence[float], share: float) -> str:
    """What this share of the values stays below."""
    return f"{sorted(values)[min(int(share * len(values)), len(values) - 1)]:.1f}"


def row(name: str, what: str, took: Took) -> list[str]:
    """One line of the table."""
    return [
        name, what, f"{statistics.mean(took.rates):.0f}" if took.rates else "–", late(took.each, 0.5),
        late(took.each, 0.95), late(took.each, 0.99), f"{took.web / len(took.each):.1f}" if took.web else "–",
        f"{took.database / len(took.each):.1f}", f"{1000 / took.busy:.0f}" if took.busy else "–",
    ]  # fmt: skip


HEAD = ["asked", "of", "a second", "p50", "p95", "p99", "web", "PostgreSQL", "a second of a core"]


def report(asked: Sequence[Line], *, claims: int, sizes: str, load: tuple[float, float]) -> str:
    """The tables, as Markdown."""
    rows = []
    for line in asked:
        rows.append(row(line.name, "API", line.ours))
        rows.append(row("", f"its {usual(line)} statements", line.sql))
        if line.plain:
            rows.append(row("", "plain view", line.django))
    made_on = f"{datetime.now(UTC):%d %B %Y}, Python {platform.python_version()}, {os.cpu_count()} cores"
    return (
        "## The API\n\nWritten by `python -m benchmarks.api` ([benchmarks/api.py](../benchmarks/api.py)): "
        f"{claims:,} claims; {sizes}. {made_on}; load average before {load[0]:.1f}, at the end {load[1]:.1f}, this "
        "included. Milliseconds of the clock for one request at a time (p50, p95, p99) and of the processor (*web*, "
        f"*PostgreSQL*); *a second* is what {AT_ONCE} connections get together, *a second of a core* what the "
        f"processor time allows.\n\n{table(HEAD, rows)}\n"
    )


def sizes() -> str:
    """How much is stored."""
    from benchmarks import bulk  # noqa: PLC0415  Django must be set up first

    told = [
        f"{bulk.rows_of(f'SELECT count(*) FROM claims_{one}')[0][0]:,} {one}s"
        for one in ("statement", "document", "verdict", "contradiction", "event")
    ]
    return ", ".join(told)


def main(argv: Sequence[str] | None = None) -> int:
    """Measure what the arguments ask for and print or write it."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.api", description=__doc__.split("\n", 1)[0])
    parser.add_argument("--claims", type=int, default=1_000_000)
    parser.add_argument("--asks", type=int, default=50, help="requests of each kind in one round")
    parser.add_argument("--rounds", type=int, default=10)
    parser.add_argument("--seconds", type=float, default=5, help="for the rate of each kind, twice")
    parser.add_argument("--home", type=Path, metavar="FOLDER", help="where to keep the database, or to find it again")
    parser.add_argument("--report", type=Path, metavar="FILE")
    asked = parser.parse_args(argv)
    os.environ |= UNLIMITED
    with database(asked.home.resolve() if asked.home else None):
        fill(asked.claims)
        before, wanted = os.getloadavg()[0], lines(reader())
        measure(wanted, rounds=asked.rounds, asks=asked.asks, seconds=asked.seconds)
        told = report(wanted, claims=asked.claims, sizes=sizes(), load=(before, os.getloadavg()[0]))
    if asked.report:
        put(asked.report, "api", told)
    else:
        print(told)
    return 0


if __name__ == "__main__":
    sys.exit(main())
