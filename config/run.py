"""``make run``: everything on one machine, in one terminal. Safe to repeat, whatever became of the run before."""

import contextlib
import os
import shlex
import socket
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
from filelock import FileLock, Timeout
from honcho.manager import Manager
from rich.console import Console

from config import embedded

SUPERVISED = "CORROBORATE_SUPERVISED_IN"  # marks every process that a run started, so that the next run can find it
FIRST_PORT, PORTS, LAST_PORT = 8000, 50, 65_535
READY_WITHIN = 60.0  # seconds

console = Console()


class Supervisor(Manager):
    """Starts the processes, then calls back, so that nothing forks while threads are about."""

    def __init__(self, *, when_started: Callable[[], None]) -> None:
        super().__init__()
        self._when_started = when_started

    @property
    def stopping(self) -> bool:
        """Whether the processes have been told to stop."""
        return bool(self._terminating)

    def _start(self) -> None:
        super()._start()
        threading.Thread(target=self._when_started, daemon=True).start()


def main() -> int:
    """Start everything and stay until Ctrl-C; return the exit status."""
    home = embedded.home()
    lock = FileLock(home / "run.lock")
    try:
        lock.acquire(timeout=0)
    except Timeout:
        address = (home / "address").read_text() if (home / "address").exists() else "this machine"
        console.print(f"Corroborate is running already, at {address}. Stop it with Ctrl-C in its terminal.")
        return 0
    with lock:
        return _run(home)


def _run(home: Path) -> int:
    first_port = port_wanted()  # a mistake in it is said before anything starts
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    with _step("Stopping what an earlier run left behind"):
        stop_leftovers(home)
    with _step("Starting PostgreSQL and Valkey"):
        embedded.prepare_database()
        os.environ[SUPERVISED] = str(home)  # from here on: PostgreSQL stops by its handles, the others by this mark
        embedded.prepare_environment(broker=True)
    with _step("Bringing the database up to date"):
        import django  # noqa: PLC0415  the environment must be ready first

        django.setup()
        from django.core.management import call_command  # noqa: PLC0415
        from django.db import connections  # noqa: PLC0415

        from config.logins import prepare_logins  # noqa: PLC0415
        from tracker import claimants  # noqa: PLC0415

        call_command("migrate", verbosity=0)
        logins = prepare_logins(home / "logins.json")
        claimants.release_the_dead()
        connections.close_all()  # the processes to come are forked
    port = free_port(first_port)
    address = f"http://127.0.0.1:{port}/"
    (home / "address").write_text(address)

    def welcome() -> None:
        try:
            _wait_until_ready(address)
            _load_seeds()
        except Exception as error:  # noqa: BLE001  whatever it is, the person at the terminal must read it
            if not supervisor.stopping:
                console.print(f"[bold red]Not ready:[/] {error}")
            return
        console.rule("ready")
        console.print(
            f"[bold]Corroborate[/] answers at [bold]{address}[/]\n\n"
            + "".join(f"{name:13} {password}\n" for name, password in logins.passwords.items())
            + f"API token     {logins.token}\n\n"
            f"curl -H 'Authorization: Token {logins.token}' {address}api/v1/claims\n"
            f"API reference: {address}api/docs/\n\nCtrl-C stops everything.",
            soft_wrap=True,  # lines that are meant to be copied stay whole
            highlight=False,
        )

    supervisor = Supervisor(when_started=welcome)
    for name, command in processes(port).items():
        supervisor.add_process(name, shlex.join(command))
    try:
        supervisor.loop()
    finally:
        (home / "address").unlink(missing_ok=True)
        with _step("Stopping PostgreSQL and Valkey"):
            connections.close_all()
            stop_leftovers(home)
            embedded.stop_all()
    stopped_by_hand = supervisor.returncode in (130, 143)
    return 0 if stopped_by_hand else int(supervisor.returncode or 0)


def processes(port: int) -> dict[str, list[str]]:
    """The commands of the web server, the worker and the scheduler."""
    python = [sys.executable, "-m"]
    return {
        "web": [
            *python, "gunicorn", "config.wsgi", "--bind", f"127.0.0.1:{port}", "--worker-class", "gthread",
            "--workers", "2", "--threads", "12", "--graceful-timeout", "3", "--log-level", "warning",
        ],
        "worker": [
            *python, "celery", "--quiet", "-A", "config", "worker", "--queues",
            "default,fetch,analyse,match,deliver,backfill", "--concurrency", "2", "--loglevel", "WARNING",
            "--without-gossip", "--without-mingle",
        ],
        "beat": [
            *python, "celery", "--quiet", "-A", "config", "beat", "--loglevel", "WARNING", "--pidfile=",
        ],
    }  # fmt: skip


def stop_leftovers(home: Path) -> int:
    """Stop every process that a run on ``home`` started and that outlived it; return how many there were."""
    found = []
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error):
            if process.pid != os.getpid() and process.environ().get(SUPERVISED) == str(home):
                found.append(process)
    for process in found:
        with contextlib.suppress(psutil.Error):
            process.terminate()
    _, alive = psutil.wait_procs(found, timeout=5)
    for process in alive:
        with contextlib.suppress(psutil.Error):
            process.kill()
    psutil.wait_procs(alive, timeout=5)
    return len(found)


def port_wanted() -> int:
    """``PORT`` from the environment, else the usual one. Exits, naming it, where it is no port."""
    given = os.environ.get("PORT", "").strip()
    if not given:
        return FIRST_PORT
    if not (given.isascii() and given.isdigit() and 1 <= int(given[:6]) <= LAST_PORT):
        raise SystemExit(f"PORT is {given!r}: set it to a whole number from 1 to {LAST_PORT}, or leave it out.")
    return int(given)


def free_port(first: int) -> int:
    """The first port from ``first`` on that nothing listens on."""
    ports = range(first, min(first + PORTS, LAST_PORT + 1))
    for port in ports:
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # a port that was just left is free
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port
    raise SystemExit(f"No free port from {first} on ({len(ports)} tried): set PORT to another one.")


def _wait_until_ready(address: str) -> None:
    deadline = time.monotonic() + READY_WITHIN
    while time.monotonic() < deadline:
        with (
            contextlib.suppress(OSError, urllib.error.URLError),
            urllib.request.urlopen(f"{address}health/ready", timeout=5),  # noqa: S310  our own address
        ):
            return
        time.sleep(0.1)
    raise TimeoutError(
        f"the web server did not answer at {address} within {READY_WITHIN:.0f} seconds; its log is above."
    )


def _load_seeds() -> None:
    from tracker.seeding import load_seeds  # noqa: PLC0415  Django must be ready first

    load_seeds(console=console)


@contextlib.contextmanager
def _step(what: str) -> Iterator[None]:
    started = time.monotonic()
    console.print(f"{what} …", end=" ")
    yield
    console.print(f"{time.monotonic() - started:.1f} s")


if __name__ == "__main__":
    sys.exit(main())
