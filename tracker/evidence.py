"""The place that this installation keeps its evidence in."""

from pathlib import Path

from django.conf import settings

from tracker.ingest.store import BucketStore, EvidenceStore, FolderStore

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
