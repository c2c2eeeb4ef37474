"""The place that this installation keeps its evidence in."""

import logging
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from django.conf import settings
from django.db import Error, connection
from obstore.exceptions import BaseError

from claims.errors import ClaimsError
from claims.models import ARCHIVED, Archived
from tracker.ingest.archive import WarcRef, name_of, payload_in, write_snapshot
from tracker.ingest.errors import shown
from tracker.ingest.fetched import Fetched
from tracker.ingest.store import BucketStore, EvidenceStore, FolderStore
from tracker.outages import Outage

logger = logging.getLogger(__name__)

SCHEME = "s3://"
# PostgreSQL advisory locks in two halves, this and a hash of a file's name: who has it writes, names or removes it.
FILE_LOCK = 0xF11E
# By the hash of the payload, for which there is an index; once for each document that is read, so in plain SQL.
NAMED = " UNION ".join(
    f"SELECT warc_path FROM {model._meta.db_table}"  # noqa: S608
    " WHERE payload_sha256 = ANY(%(payloads)s) AND warc_path = ANY(%(names)s)"
    for model in ARCHIVED
)


def evidence_store() -> EvidenceStore:
    """The bucket that ``EVIDENCE_STORE`` names, else the folder ``EVIDENCE_DIR``."""
    if not settings.EVIDENCE_STORE:
        return FolderStore(Path(settings.EVIDENCE_DIR))
    bucket, _, prefix = settings.EVIDENCE_STORE.removeprefix(SCHEME).partition("/")
    return BucketStore(
        bucket=bucket,
        prefix=prefix.strip("/"),
        endpoint=settings.EVIDENCE_S3_ENDPOINT.rstrip("/"),
        region=settings.EVIDENCE_S3_REGION,
        access_key_id=settings.EVIDENCE_S3_ACCESS_KEY_ID,
        secret_access_key=settings.EVIDENCE_S3_SECRET_ACCESS_KEY,
    )


def require_room() -> None:
    """Raise ``Outage`` where evidence would hardly fit any more, so that nobody is asked for what cannot be kept."""
    if settings.EVIDENCE_STORE:
        return
    folder = Path(settings.EVIDENCE_DIR)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        free = shutil.disk_usage(folder).free
    except OSError as error:
        raise Outage(f"Evidence cannot be kept in {folder} ({error}). Mend it; what waits is read then.") from error
    if free < settings.EVIDENCE_MIN_FREE_BYTES:
        raise Outage(
            f"Only {free:,} bytes are free for evidence in {folder}, and EVIDENCE_MIN_FREE_BYTES asks for "
            f"{settings.EVIDENCE_MIN_FREE_BYTES:,}. Make room; what waits is read then."
        )


@contextmanager
def kept(fetched: Fetched) -> Iterator[WarcRef]:
    """Archive what was fetched; within it, record the row that names the file. Raises ``Outage``.

    What no row names at the end, because it turned out to be known or was refused, is let go. Where nobody can tell
    (the database went away, the process was killed) the file stays, and :mod:`tracker.orphans` finds it.
    """
    name = name_of(fetched)
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_lock(%s, hashtext(%s))", [FILE_LOCK, name])
    try:
        where = _keep(fetched)
        try:
            yield where
        except ClaimsError:
            _let_go(name)
            raise
        _let_go(name)
    finally:
        _unlock(name)


def remove_unnamed(name: str) -> bool:
    """Remove a file that no row names; ``False`` where one does, or somebody is about to record one that will."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(%s, hashtext(%s))", [FILE_LOCK, name])
        if not cursor.fetchone()[0]:
            return False
    try:
        if named([name]):
            return False
        evidence_store().remove(name)
        return True
    finally:
        _unlock(name)


def named(names: list[str]) -> set[str]:
    """Those of the names that a row knows, whether its file is still to be there or was removed."""
    payloads = [payload for name in names if (payload := payload_in(name))]
    with connection.cursor() as cursor:
        cursor.execute(NAMED, {"payloads": payloads, "names": names})
        return {name for (name,) in cursor.fetchall()}


def remove_file(row: Archived) -> None:
    """Remove the file of what lost its contents, unless something else that is kept lies in the same file."""
    if not needed(row):
        evidence_store().remove(row.warc_path)


def needed(row: Archived) -> bool:
    """Whether something whose contents are kept lies in the file of this row."""
    file = {"payload_sha256": row.payload_sha256, "warc_path": row.warc_path}
    return any(model.objects.with_contents().filter(**file).exists() for model in ARCHIVED)


def _let_go(name: str) -> None:
    """Remove the file that is ours alone at this moment, unless a row names it."""
    try:
        if not named([name]):
            evidence_store().remove(name)
    except (Error, OSError, BaseError) as error:
        logger.warning("The file %s, which perhaps no version needs, is still there: %s", name, shown(str(error)))


def _unlock(name: str) -> None:
    with suppress(Error), connection.cursor() as cursor:  # a connection that is gone holds no lock either
        cursor.execute("SELECT pg_advisory_unlock(%s, hashtext(%s))", [FILE_LOCK, name])


def _keep(fetched: Fetched) -> WarcRef:
    """Archive what was fetched. Raises ``Outage`` where the store cannot take it."""
    try:
        return write_snapshot(evidence_store(), fetched)
    except (OSError, BaseError) as error:
        why = shown(str(error).splitlines()[0])
        raise Outage(
            f"The evidence cannot be kept ({why}). Make room or mend the store; what waits is read then."
        ) from error
