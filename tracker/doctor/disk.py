"""Is there room for evidence, can it be written, and did anything stay half-written?"""

import os
import shutil
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from django.conf import settings
from obstore.exceptions import BaseError

from tracker.doctor.findings import Finding, error, ok, some, warning
from tracker.evidence import evidence_store
from tracker.ingest.store import WRITING

PLENTY = 10  # times what is asked for at least
LEFT_OVER = 3600.0  # seconds: nobody writes one file for so long


def findings() -> Iterator[Finding]:
    """How the place for evidence is."""
    if settings.EVIDENCE_STORE:
        yield _bucket()
        return
    folder = Path(settings.EVIDENCE_DIR)
    fault = _cannot_write(folder)
    if fault:
        yield error(
            "evidence_writable",
            f"Evidence cannot be written in {folder}: {fault}",
            "Let the user that web and worker run as own that folder, or set EVIDENCE_DIR to another one.",
        )
        return
    yield ok("evidence_writable", f"Evidence can be written in {folder}.")
    yield _room(folder)
    yield _left_over(folder)


def _bucket() -> Finding:
    try:
        next(iter(evidence_store().names()), None)
    except (BaseError, OSError, ValueError) as fault:
        return error(
            "evidence_reachable",
            f"The bucket {settings.EVIDENCE_STORE} does not answer: {str(fault).strip().splitlines()[0]}",
            "Look at EVIDENCE_S3_ENDPOINT and the key, and whether the server runs. What waits is read then.",
        )
    return ok("evidence_reachable", f"The bucket {settings.EVIDENCE_STORE} answers.")


def _cannot_write(folder: Path) -> str:
    """Why nothing can be written; nothing where it can."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(prefix=WRITING, dir=folder) as file:
            file.write(b"Is there room?")
            file.flush()
            os.fsync(file.fileno())
    except OSError as fault:
        return str(fault)
    return ""


def _room(folder: Path) -> Finding:
    free, least = shutil.disk_usage(folder).free, settings.EVIDENCE_MIN_FREE_BYTES
    says = f"{_shown(free)} are free for evidence; with less than {_shown(least)} nothing is fetched."
    todo = f"Make room on the disk of {folder}, or move the evidence to a larger one (EVIDENCE_DIR)."
    if free < least:
        return error("evidence_room", says, todo)
    if free < PLENTY * least:
        return warning("evidence_room", says, todo)
    return ok("evidence_room", says)


def _left_over(folder: Path) -> Finding:
    old = []
    for path in folder.rglob(f"{WRITING}*"):
        try:
            if time.time() - path.stat().st_mtime > LEFT_OVER:
                old.append(path.relative_to(folder).as_posix())
        except FileNotFoundError:
            continue  # it is whole now
    if old:
        return warning(
            "half_written",
            f"{len(old)} files were never written to their end, by processes that were killed: {some(sorted(old))}.",
            "Nothing refers to them. Delete them.",
        )
    return ok("half_written", "No half-written file was left behind.")


def _shown(size: int) -> str:
    return f"{size / 2**30:,.1f} GiB" if size >= 2**30 else f"{size / 2**20:,.0f} MiB"
