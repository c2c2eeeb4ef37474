"""Real processes for tests: a Celery worker on the test database, and a web server on loopback to fetch from."""

import contextlib
import os
import random
import signal
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import quote

from django.db import connection

from config.run import free_port, processes

ROOT = Path(__file__).resolve().parent.parent


def database_url() -> str:
    """The address of the database that the running test uses."""
    settings = connection.settings_dict
    user, host = settings["USER"], quote(settings["HOST"], safe="")
    password = f":{quote(settings['PASSWORD'])}" if settings["PASSWORD"] else ""
    port = f":{settings['PORT']}" if settings["PORT"] else ""
    return f"postgresql://{user}{password}@{host}{port}/{settings['NAME']}"


class Worker:
    """A Celery worker (with its pool) in a process group of its own."""

    def __init__(
        self,
        *,
        log: Path | None = None,
        queues: str = "default,fetch,analyse,match,deliver,backfill",
        **environment: str,
    ) -> None:
        self._queues = queues
        self._environment = os.environ | {"DATABASE_URL": database_url(), **environment}
        self._log = log  # with it, what it has to say goes there, in full
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        command = [
            sys.executable,
            "-m",
            "celery",
            "-A",
            "config",
            "worker",
            "--concurrency",
            "2",
            "--loglevel",
            "INFO" if self._log else "WARNING",
        ]
        command += ["--queues", self._queues, "--without-gossip", "--without-mingle"]
        with contextlib.ExitStack() as stack:
            self.process = subprocess.Popen(
                command,
                cwd=ROOT,
                env=self._environment,
                start_new_session=True,
                stdout=subprocess.DEVNULL,
                stderr=stack.enter_context(self._log.open("ab")) if self._log else None,
            )

    def kill(self) -> None:
        """``kill -9`` the worker and everything that it started."""
        if self.process is not None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()
            self.process = None

    def stop(self, *, within: float) -> int:
        """SIGTERM to the worker, as a process manager stops it; its exit status."""
        assert self.process is not None
        self.process.terminate()
        status = self.process.wait(timeout=within)
        self.process = None
        return status

    def __enter__(self) -> "Worker":
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.kill()


@contextlib.contextmanager
def web_server(**environment: str) -> Iterator[str]:
    """The web server of ``make run``, with its two processes, on the test's database; yields its address."""
    port = free_port(random.randrange(20_000, 50_000))
    address = f"http://127.0.0.1:{port}/"
    there = os.environ | {"DATABASE_URL": database_url(), **environment}
    server = subprocess.Popen(processes(port)["web"], cwd=ROOT, env=there, start_new_session=True)

    def answers() -> bool:
        with contextlib.suppress(OSError, urllib.error.URLError):
            return urllib.request.urlopen(f"{address}health/ready", timeout=5).status == 200
        return False

    try:
        wait_until(answers, within=120, what="the web server answers")
        yield address
    finally:
        os.killpg(server.pid, signal.SIGKILL)
        server.wait()


class Beat(Worker):
    """The scheduler, in a process group of its own."""

    def start(self) -> None:
        command = [sys.executable, "-m", "celery", "-A", "config", "beat", "--loglevel", "WARNING", "--pidfile="]
        self.process = subprocess.Popen(
            command, cwd=ROOT, env=self._environment, start_new_session=True, stdout=subprocess.DEVNULL
        )


@contextlib.contextmanager
def pages(answers: dict[str, tuple[int, str, bytes]]) -> Iterator[str]:
    """A web server on loopback that answers ``path`` with status, content type and body; yields its ``host:port``."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            status, content_type, body = answers.get(self.path, (404, "text/plain", b"not here"))
            self.send_response(status)
            self.send_header("Content-Type", content_type)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            with contextlib.suppress(BrokenPipeError):
                self.wfile.write(body)

        def log_message(self, *args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()


def wait_until(holds: Callable[[], bool], *, within: float, what: str) -> None:
    """Wait until something holds; fail, naming it, when it does not in time (seconds)."""
    deadline = time.monotonic() + within
    while not holds():
        assert time.monotonic() < deadline, f"not within {within:.0f} s: {what}"
        time.sleep(0.1)
