"""Eight writers that commit out of order, four readers that are killed at random: every event once, in order."""

import contextlib
import itertools
import random
import sqlite3
import subprocess
import sys
import threading
import time
from pathlib import Path

import psycopg
import pytest
from django.db import connection
from knox.models import AuthToken

from claims.models import Event
from claims.services import ledger
from tests.servers import wait_until, web_server

EVENTS, WRITERS, READERS = 50_000, 8, 4
READER = Path(__file__).with_name("one_reader.py")
WRITE = """
    INSERT INTO claims_event (actor_label, verb, object_type, object_uid, state, reason, prev_hash, hash)
    SELECT 'machine:writer/1', 'created', 'claim', gen_random_uuid(), jsonb_build_object('writer', %s::int, 'n', n),
        '', '', ''
    FROM generate_series(1, %s) AS n
"""


def write(writer: int, count: int, failed: list) -> None:
    """So many events in transactions that overlap: of three that are open, any one commits next."""
    chance = random.Random(writer)
    parameters = connection.get_connection_params() | {"cursor_factory": None, "context": None}
    try:
        with contextlib.ExitStack() as stack:
            opened = [stack.enter_context(psycopg.connect(**parameters)) for _ in range(3)]
            while count:
                chance.shuffle(opened)
                for one in opened:
                    rows = min(count, chance.randint(1, 100))
                    one.execute(WRITE, [writer, rows])
                    count -= rows
                for one in chance.sample(opened, 3):
                    time.sleep(chance.uniform(0, 0.1))
                    one.commit()
                opened[0].execute("SELECT pg_notify(%s, '')", [ledger.RECORDED])
                opened[0].commit()
    except Exception as error:  # noqa: BLE001  told by the test, whatever it was
        failed.append(error)


class Reader:
    """A client that is killed and started again, with what it has kept."""

    def __init__(self, address: str, token: str, file: Path) -> None:
        self._command = [sys.executable, str(READER), address, token, str(file)]
        self._file = file
        self.kills = 0
        self.start()

    def start(self) -> None:
        self.process = subprocess.Popen(self._command, stderr=subprocess.PIPE)

    def kill(self) -> None:
        assert self.process.poll() is None, self.process.stderr.read().decode()
        self.process.kill()
        self.process.communicate()
        self.kills += 1

    def told(self) -> list[tuple[int, str]]:
        with contextlib.closing(sqlite3.connect(self._file)) as kept:
            return kept.execute("SELECT seq, uid FROM told ORDER BY n").fetchall()

    def place(self) -> int | None:
        """How far it is; ``None`` before it begins to read."""
        with contextlib.closing(sqlite3.connect(self._file)) as kept, contextlib.suppress(sqlite3.OperationalError):
            return (kept.execute("SELECT seq FROM place").fetchone() or [None])[0]
        return None


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_every_event_reaches_every_reader_once_and_in_order(tmp_path, reader):
    chance = random.Random(7)
    token = AuthToken.objects.create(reader)[1]
    failed: list = []
    with web_server() as address:
        readers = [Reader(address, token, tmp_path / f"{n}.sqlite3") for n in range(READERS)]
        writers = [threading.Thread(target=write, args=(n, EVENTS // WRITERS, failed)) for n in range(WRITERS)]
        try:
            wait_until(lambda: all(one.place() is not None for one in readers), within=60, what="the readers read")
            for writer in writers:
                writer.start()
            deadline = time.monotonic() + 240
            while min(one.place() for one in readers) < EVENTS or min(one.kills for one in readers) < 3:
                assert not failed
                assert time.monotonic() < deadline, [(one.place(), one.kills) for one in readers]
                victim = chance.choice(readers)
                if victim.place() or not victim.kills:  # not before it has begun to read
                    victim.kill()
                    victim.start()
                time.sleep(chance.uniform(0.3, 0.8))
        finally:
            for writer in writers:
                writer.join()
            for one in readers:
                one.kill()
    assert not failed
    placed = [(seq, str(uid)) for seq, uid in Event.objects.sealed().values_list("seq", "object_uid")]
    assert [seq for seq, _ in placed] == list(range(1, EVENTS + 1))
    assert not Event.objects.unsealed().exists()
    written = Event.objects.sealed().values_list("pk", flat=True)
    out_of_order = sum(before > after for before, after in itertools.pairwise(written))
    assert out_of_order  # rows that were written earlier were committed, and so placed, later
    assert ledger.first_broken(Event.objects.sealed().iterator(chunk_size=5000)) is None
    for one in readers:
        assert one.kills >= 3
        assert one.told() == placed
