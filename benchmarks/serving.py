"""The web server as the product starts it, for benchmarks that ask it from loopback."""

from __future__ import annotations

import os
import socket
import subprocess
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import httpx
import psutil

ROOT = Path(__file__).resolve().parent.parent
READY_WITHIN = 300.0  # seconds: a busy machine takes its time


@contextmanager
def server(*, workers: int = 2, application: str = "config.wsgi") -> Iterator[tuple[str, psutil.Process]]:
    """A web server as ``make run`` starts it, on a free port: its address and its first process."""
    from config.run import processes  # noqa: PLC0415  the environment must be ready first

    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = processes(port)["web"]
    command[command.index("--workers") + 1] = str(workers)
    command[command.index("config.wsgi")] = application
    process = subprocess.Popen(command, cwd=ROOT)
    address = f"http://127.0.0.1:{port}"
    try:
        deadline = time.monotonic() + READY_WITHIN
        while time.monotonic() < deadline:
            try:
                httpx.get(f"{address}/health/live", timeout=5).raise_for_status()
                break
            except httpx.HTTPError:
                time.sleep(0.2)
        yield address, psutil.Process(process.pid)
    finally:
        process.terminate()
        process.wait(timeout=60)


def postgres() -> psutil.Process:
    """The first process of the embedded PostgreSQL."""
    pid_file = Path(os.environ["CORROBORATE_HOME"]) / "postgres" / "postmaster.pid"
    return psutil.Process(int(pid_file.read_text().split()[0]))


def spent(roots: Sequence[psutil.Process]) -> float:
    """Seconds of processor time that these processes, and all that they ever started, have spent."""
    every = [one for root in roots for one in [root, *root.children(recursive=True)]]
    # What has ended meanwhile is counted with the process that started it.
    return sum(sum(one.cpu_times()[:4]) for one in every)


def token(username: str) -> str:
    """A reader's token, as a header carries it."""
    from django.contrib.auth.models import Group, User  # noqa: PLC0415  Django must be set up first
    from knox.models import AuthToken  # noqa: PLC0415

    from claims.roles import READER  # noqa: PLC0415

    user, _ = User.objects.get_or_create(username=username)
    user.groups.add(Group.objects.get(name=READER))
    return f"Token {AuthToken.objects.create(user)[1]}"
