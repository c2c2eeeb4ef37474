"""Promise 9 on the whole product: whatever is killed, filled or cut, every document is there once in the end."""

import json
import os
import random
import socket
import threading
import time
import urllib.request
from collections import Counter
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import product
from pathlib import Path

import pytest

from tests.e2e.plant import Plant, fill, small_disk
from tests.e2e.running import reachable_by_postgres
from tests.servers import wait_until

pytestmark = [pytest.mark.slow, pytest.mark.timeout(1200)]

WHOLE = 2000
DOCUMENTS = int(os.environ.get("FAULT_DOCUMENTS", "250"))  # `make faults` drives the whole number through
DOSSIERS = 8
CUT = 0.03  # of the requests end in the middle of the body
OF_THE_WHOLE = {"worker": 6, "broker": 3, "postgres": 3, "beat": 2, "web": 3, "disk": 2}  # each at least once
FAULTS = [fault for fault, times in OF_THE_WHOLE.items() for _ in range(max(1, round(times * DOCUMENTS / WHOLE)))]
ALL_THERE_WITHIN = 900.0  # seconds, on a busy machine
TOWNS = ["".join(parts).capitalize() for parts in product(
    ("ar", "be", "co", "da", "el", "fo", "ga", "hu", "is", "jo", "ke", "lu", "mi"),
    ("rv", "sk", "ld", "nt", "mm", "gr", "tz", "ll", "br", "dd", "ph", "rk", "st"),
    ("el", "an", "or", "in", "um", "ek", "os", "ia", "ette", "ov", "ur", "ais"),
)][:DOCUMENTS]  # fmt: skip


def page(town: str) -> bytes:
    return (
        f"<html><head><title>News of {town}</title></head><body><article>"
        f"<p>The mayor of {town} said the bridge at {town} was closed on Monday.</p>"
        f"<p>Olga Brandt, a doctor in {town}, said five people were wounded in {town} on Monday.</p>"
        f"</article></body></html>"
    ).encode()


class Pages(BaseHTTPRequestHandler):
    """A page for each town. Now and then the connection ends in the middle of it."""

    chance = random.Random(7)
    cut: Counter[str] = Counter()

    def do_GET(self) -> None:
        town = self.path.strip("/")
        if town not in TOWNS:
            self.send_error(404)
            return
        body = page(town)
        self.send_response(200)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.chance.random() < CUT:
            self.cut[town] += 1
            self.wfile.write(body[: len(body) // 2])
            self.wfile.flush()
            self.connection.shutdown(socket.SHUT_RDWR)
        else:
            self.wfile.write(body)

    def log_message(self, *args: object) -> None:
        pass


@pytest.fixture
def host() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Pages)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"127.0.0.1:{server.server_address[1]}"
    server.shutdown()
    server.server_close()


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[tuple[Path, bool]]:
    folder = reachable_by_postgres(tmp_path) / "evidence"
    with small_disk(folder, megabytes=48) as mounted:
        yield folder, mounted


@pytest.fixture
def plant(tmp_path: Path, host: str, disk: tuple[Path, bool]) -> Iterator[Plant]:
    home = tmp_path / "home"
    home.mkdir()
    one = Plant(
        home,
        port=_free_port(),
        EVIDENCE_DIR=str(disk[0]),
        FETCH_ALLOW_HOSTS=host,
        FETCH_HOST_DELAY_SECONDS="0",
        FETCH_HOST_CONNECTIONS="20",
        FETCH_RETRY_SECONDS="2",
        EVIDENCE_MIN_FREE_BYTES=str(2**20),
        WORK_LEASE_SECONDS="20",
        SPAN_FINDER="rules",
    )
    for name in ("web", "worker", "beat"):
        one.start(name)
    yield one
    one.kill_everything()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def hand_in(plant: Plant, token: str, addresses: list[str]) -> None:
    """Hand every address in over REST, as a client does: what was not answered is sent again."""
    for number, address in enumerate(addresses):
        body = json.dumps({"url": address, "dossier": f"part-{number % DOSSIERS}"}).encode()
        headers = {
            "Authorization": f"Token {token}", "Content-Type": "application/json", "Idempotency-Key": address,
        }  # fmt: skip
        while True:
            try:
                request = urllib.request.Request(
                    f"http://127.0.0.1:{plant.port}/api/v1/submissions", body, headers, method="POST"
                )
                with urllib.request.urlopen(request, timeout=30) as answer:
                    assert answer.status == 202
                break
            except OSError:  # refused, cut off, or an answer of an error while the database is away
                time.sleep(0.3)


def do_harm(plant: Plant, fault: str, disk: tuple[Path, bool]) -> None:
    if fault == "disk":
        if disk[1]:
            filler = fill(disk[0])
            time.sleep(4)
            filler.unlink()
        return
    plant.kill(fault)
    time.sleep(1)
    plant.start(fault)


def wait_for_progress(plant: Plant, documents: int) -> None:
    """Wait until so many documents are placed: faults are spread over the whole work, however fast it goes."""

    def placed() -> bool:
        return bool(plant.ask("SELECT count(*) FROM claims_snapshot WHERE matched_with <> ''")[0][0] >= documents)

    wait_until(placed, within=ALL_THERE_WITHIN, what=f"{documents} documents are placed")


TOKEN = """
from django.contrib.auth.models import Group, User
from knox.models import get_token_model
user = User.objects.create_user("feeder", is_staff=True)
user.groups.add(Group.objects.get(name="reviewer"))
print(get_token_model().objects.create(user=user)[1])
"""


def test_every_document_is_there_once_whatever_is_killed_filled_or_cut(plant, host, disk):
    token = plant.manage("shell", "--no-imports", "--command", TOKEN).stdout.split()[-1]
    addresses = [f"http://{host}/{town}" for town in TOWNS]
    feeder = threading.Thread(target=hand_in, args=[plant, token, addresses], daemon=True)
    feeder.start()
    chance = random.Random(20240312)
    faults = list(FAULTS)
    chance.shuffle(faults)
    for number, fault in enumerate(faults):
        wait_for_progress(plant, DOCUMENTS * number // (len(faults) + 1))
        time.sleep(chance.uniform(0, 2))
        do_harm(plant, fault, disk)

    def finished() -> bool:
        done = plant.ask(
            "SELECT (SELECT count(*) FROM tracker_submission WHERE state <> 'queued'),"
            " (SELECT count(*) FROM claims_snapshot WHERE matched_with <> '' OR error <> ''),"
            " (SELECT count(*) FROM claims_event WHERE seq IS NULL)"
        )[0]
        return not feeder.is_alive() and done[0] >= DOCUMENTS and done[1] >= DOCUMENTS and done[2] == 0

    wait_until(finished, within=ALL_THERE_WITHIN, what="all is read")
    failed = plant.ask("SELECT address, error FROM tracker_submission WHERE state = 'failed'")
    given_up = plant.ask("SELECT id, error FROM claims_snapshot WHERE error <> ''")
    assert (failed, given_up) == ([], [])
    assert {row[0] for row in plant.ask("SELECT url FROM claims_document")} == set(addresses)
    counts = plant.ask(
        "SELECT (SELECT count(*) FROM claims_document), (SELECT count(*) FROM claims_snapshot),"
        " (SELECT count(*) FROM claims_statement), (SELECT count(*) FROM claims_position WHERE superseded_at IS NULL)"
    )[0]
    assert counts == (DOCUMENTS, DOCUMENTS, 2 * DOCUMENTS, 2 * DOCUMENTS)
    twice = plant.ask(
        "SELECT object_uid, verb FROM claims_event"
        " WHERE verb IN ('first seen', 'archived', 'suggested', 'created', 'supports')"
        " GROUP BY object_uid, verb HAVING count(*) > 1"
    )
    assert twice == []
    stuck = plant.ask(
        "SELECT 'submission', id FROM tracker_submission WHERE claimed_until > now()"
        " UNION ALL SELECT 'snapshot', id FROM claims_snapshot WHERE claimed_until > now()"
    )
    assert stuck == []
    plant.manage("verify_ledger")
    plant.manage("verify_evidence")
