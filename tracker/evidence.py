"""The place that this installation keeps its evidence in."""

import shutil
from pathlib import Path

from django.conf import settings
from obstore.exceptions import BaseError

from tracker.ingest.archive import WarcRef, write_snapshot
from tracker.ingest.errors import shown
from tracker.ingest.fetched import Fetched
from tracker.ingest.store import BucketStore, EvidenceStore, FolderStore
from tracker.outages import Outage

SCHEME = "s3://"


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


def keep(fetched: Fetched) -> WarcRef:
    """Archive what was fetched. Raises ``Outage`` where the store cannot take it."""
    try:
        return write_snapshot(evidence_store(), fetched)
    except (OSError, BaseError) as error:
        why = shown(str(error).splitlines()[0])
        raise Outage(
            f"The evidence cannot be kept ({why}). Make room or mend the store; what waits is read then."
        ) from error
