"""The embedded servers, after whatever became of the processes that used them."""

import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from tests.servers import ROOT, wait_until

pytestmark = pytest.mark.slow

START = (
    "import sys; from pathlib import Path; from config import embedded;"
    "print(embedded.start_postgres(Path(sys.argv[1]), durable=False), flush=True); sys.stdin.read()"
)


@pytest.fixture
def folder() -> Iterator[Path]:
    home = Path(tempfile.mkdtemp(prefix="corroborate-embedded-"))
    home.chmod(0o755)  # PostgreSQL runs as another user when the tests run as root
    yield home / "postgres"
    shutil.rmtree(home, ignore_errors=True)


def start(folder: Path) -> subprocess.Popen[str]:
    """A process that holds the embedded PostgreSQL on ``folder`` until its input ends."""
    process = subprocess.Popen(
        [sys.executable, "-c", START, str(folder)], cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    assert process.stdout.readline().startswith("postgresql://")
    return process


def postmaster(folder: Path) -> int:
    return int((folder / "postmaster.pid").read_text().splitlines()[0])


def running(folder: Path) -> bool:
    for process in psutil.process_iter():
        try:
            if str(folder) in process.cmdline():
                return True
        except psutil.Error:
            continue
    return False


def test_it_starts_again_after_it_and_its_holder_were_killed_even_while_the_dead_are_not_reaped(folder):
    holder = start(folder)
    os.kill(postmaster(folder), signal.SIGKILL)
    holder.kill()
    wait_until(lambda: not running(folder), within=20, what="PostgreSQL is dead")
    # A lock file of a process that kill(pid, 0) still finds: here the test's own, otherwise an unreaped one.
    (folder / ".s.PGSQL.5432.lock").write_text(f"{os.getpid()}\n{folder}\n0\n5432\n{folder}\n")
    holder.communicate()
    again = start(folder)
    assert running(folder)
    again.communicate("")
    assert not running(folder)


def test_two_holders_share_one_server_and_the_last_one_stops_it(folder):
    one, other = start(folder), start(folder)
    shared = postmaster(folder)
    one.communicate("")
    assert postmaster(folder) == shared
    assert running(folder)
    other.communicate("")
    assert not running(folder)


def test_a_holder_that_was_killed_does_not_keep_the_server_for_ever(folder):
    killed = start(folder)
    killed.kill()
    killed.communicate()
    assert running(folder)
    last = start(folder)
    last.communicate("")
    assert not running(folder)
