"""The whole product as processes that can be killed one by one, on a home of its own."""

import contextlib
import os
import secrets
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psutil
import psycopg

from config.run import processes
from tests.servers import ROOT, wait_until

# Servers that hold on until they are killed; a killed one's remains are cleared away by the next.
KEEPERS = {
    "postgres": "print(embedded.start_postgres(home / 'postgres'), flush=True)",
    "broker": "embedded.start_valkey(home / 'valkey'); "
    "print(embedded.broker_url(embedded.valkey_socket(home / 'valkey')), flush=True)",
}
KEEP = "import signal\nfrom config import embedded\nhome = embedded.home()\n{start}\nsignal.pause()\n"
STARTED_AGAIN_WITHIN = 60.0  # seconds, on a busy machine


class Plant:
    """PostgreSQL, broker, worker, scheduler and web server: each a tree of processes that ``kill -9`` ends whole."""

    def __init__(self, home: Path, *, port: int, **environment: str) -> None:
        self.home, self.port = home, port
        self.environment = os.environ | {
            "CORROBORATE_HOME": str(home),
            "SECRET_KEY": secrets.token_urlsafe(50),
            "PYTHONPATH": str(ROOT),
            **environment,
        }
        self._running: dict[str, subprocess.Popen[bytes]] = {}
        self.environment["DATABASE_URL"] = self._keep("postgres")
        self.environment["CELERY_BROKER_URL"] = self._keep("broker")
        self.manage("migrate", "--verbosity", "0")

    @property
    def names(self) -> list[str]:
        """What can be killed."""
        return list(self._running)

    def start(self, name: str) -> None:
        """Start one part, again or for the first time."""
        if name in KEEPERS:
            self._keep(name)
        else:
            with (self.home / f"{name}.log").open("ab") as log:
                self._running[name] = subprocess.Popen(
                    processes(self.port)[name], cwd=ROOT, env=self.environment, stdout=log, stderr=log,
                    start_new_session=True,
                )  # fmt: skip

    def kill(self, name: str) -> None:
        """``kill -9`` one part with everything that it started."""
        process = self._running.pop(name)
        with contextlib.suppress(psutil.NoSuchProcess):
            tree = psutil.Process(process.pid)
            for one in [tree, *tree.children(recursive=True)]:
                with contextlib.suppress(psutil.NoSuchProcess):
                    one.kill()
        for stray in self._strays(name):
            with contextlib.suppress(psutil.NoSuchProcess):
                stray.kill()
        process.wait(timeout=30)
        wait_until(lambda: not self._strays(name), within=30, what=f"{name} is dead")

    def terminate(self, name: str, *, within: float) -> int:
        """SIGTERM to one part, as a process manager stops it; its exit status."""
        process = self._running.pop(name)
        os.kill(process.pid, signal.SIGTERM)
        return process.wait(timeout=within)

    def kill_everything(self) -> None:
        for name in self.names:
            self.kill(name)

    def manage(self, *arguments: str, check: bool = True) -> subprocess.CompletedProcess[str]:
        """Run one ``manage.py`` command on this plant."""
        done = subprocess.run(
            [sys.executable, "manage.py", *arguments], cwd=ROOT, env=self.environment, capture_output=True, text=True,
            timeout=300, check=False,
        )  # fmt: skip
        assert not check or done.returncode == 0, done.stdout + done.stderr
        return done

    def ask(self, query: str) -> list[tuple[Any, ...]]:
        """The rows of a query, asked past the product; waits for a PostgreSQL that is about to come back."""
        deadline = time.monotonic() + STARTED_AGAIN_WITHIN
        while True:
            try:
                with psycopg.connect(self.environment["DATABASE_URL"], autocommit=True) as connection:
                    return connection.execute(query.encode()).fetchall()
            except psycopg.OperationalError:
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.2)

    def logs(self) -> str:
        """The end of each part's log, for the message of a failed test."""
        return "\n".join(
            f"--- {path.name}\n{path.read_text(errors='replace')[-3000:]}" for path in self.home.glob("*.log")
        )

    def _keep(self, name: str) -> str:
        """Start a server's keeper; the address that it prints."""
        with (self.home / f"{name}.log").open("ab") as log:
            keeper = subprocess.Popen(
                [sys.executable, "-c", KEEP.format(start=KEEPERS[name])], cwd=ROOT, env=self.environment,
                stdout=subprocess.PIPE, stderr=log, start_new_session=True,
            )  # fmt: skip
        self._running[name] = keeper
        assert keeper.stdout is not None
        with keeper.stdout as printed:
            address = printed.readline().decode().strip()
        assert address, self.logs()
        return address

    def _strays(self, name: str) -> list[psutil.Process]:
        """What a keeper's server left behind: PostgreSQL runs apart from its keeper."""
        if name != "postgres":
            return []
        found = []
        for process in psutil.process_iter():
            with contextlib.suppress(psutil.Error):
                of_ours = str(self.home / "postgres") in process.cmdline() or _child_of(process, self.home / "postgres")
                if of_ours and process.status() != psutil.STATUS_ZOMBIE:
                    found.append(process)
        return found


def _child_of(process: psutil.Process, data: Path) -> bool:
    """Whether this is a backend of the PostgreSQL on ``data``: they work in its folder."""
    return process.name() == "postgres" and Path(process.cwd()) == data


@contextlib.contextmanager
def small_disk(folder: Path, *, megabytes: int) -> Iterator[bool]:
    """Make ``folder`` a file system of its own that can be filled; false where this machine does not let us."""
    folder.mkdir(parents=True, exist_ok=True)
    mounted = os.geteuid() == 0 and not subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"size={megabytes}m,mode=755", "tmpfs", str(folder)],
        capture_output=True, check=False,
    ).returncode  # fmt: skip
    try:
        yield mounted
    finally:
        if mounted:
            subprocess.run(["umount", "--lazy", str(folder)], check=True)


def fill(folder: Path) -> Path:
    """Write until no more fits; the file to remove afterwards."""
    filler = folder / ".filler"
    with filler.open("wb", buffering=0) as file, contextlib.suppress(OSError):
        while True:
            file.write(bytes(64 * 1024))
    with filler.open("ab", buffering=0) as file, contextlib.suppress(OSError):
        while True:
            file.write(bytes(512))
    return filler
