"""Applying the rules of dossiers on how long contents are kept: rows first, with their events, then the files."""

import logging
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from django.db import connection, transaction
from django.utils import timezone
from obstore.exceptions import BaseError

from claims.errors import OnLegalHold
from claims.models import Archived, Dossier, Snapshot
from claims.services import retention
from tracker.backup import BACKUP_LOCK
from tracker.evidence import remove_file
from tracker.ingest.errors import shown

logger = logging.getLogger(__name__)

AT_ONCE = 1000  # versions of one run, so that a rule that was set a moment ago can still be taken back
BATCH = 100


@dataclass(frozen=True, slots=True)
class Planned:
    """One version whose contents are to go, with the pages that took its text back, and why."""

    snapshot: Snapshot
    rule: str


@dataclass(frozen=True, slots=True)
class Applied:
    """What one run did, and what it could not do."""

    removed: list[Planned]
    files: int
    waiting: str  # why files that are to go are still there


def planned(*, dossier: str = "", at: datetime | None = None, at_once: int = AT_ONCE) -> Iterator[Planned]:
    """What the next run would remove. Writes nothing."""
    moment, left = at or timezone.now(), at_once
    for row in _with_rules(dossier):
        for due in retention.due_in(row, at=moment):
            found = due.snapshots.select_related("document").defer("text", "headers", "signature")[:left]
            for snapshot in found.iterator(chunk_size=BATCH):
                left -= 1
                yield Planned(snapshot, due.rule)
        for snapshot in retention.printed_again(row)[:left]:
            left -= 1
            yield Planned(snapshot, snapshot.removed_under)


def apply(*, dossier: str = "", at: datetime | None = None) -> Applied:
    """Remove what is due, of one dossier or of all; each version in a transaction of its own. May run twice."""
    moment, removed = at or timezone.now(), list[Planned]()
    for one in list(planned(dossier=dossier, at=moment)):
        try:
            done = retention.remove_contents(one.snapshot.pk, at=moment)
        except OnLegalHold:
            continue  # somebody was faster
        if done is not None:
            removed.append(Planned(one.snapshot, done.removed_under))
    files, waiting = _remove_files()
    if removed or files:
        logger.info("Contents of %d versions and %d files removed under rules of their dossiers.", len(removed), files)
    if waiting:
        logger.warning("Files of removed contents are still there: %s", waiting)
    return Applied(removed, files, waiting)


def _with_rules(slug: str) -> list[Dossier]:
    rows = Dossier.objects.filter(legal_hold=False).exclude(keep_unused_days=None, keep_closed_days=None).order_by("pk")
    return list(rows.filter(slug=slug) if slug else rows)


def _remove_files() -> tuple[int, str]:
    """Delete the files of what was removed; how many went, and why others did not."""
    count = 0
    due = [
        (rows.model, pk) for rows in retention.files_to_remove() for pk in rows.values_list("pk", flat=True)[:AT_ONCE]
    ]
    for model, pk in due:
        try:
            if not _remove_file(model, pk):
                return count, "A backup is being made. The files go with the next run after it."
        except (OSError, BaseError) as error:
            why = shown(str(error).splitlines()[0])
            return count, f"The store does not let files go ({why}). It is tried again with the next run."
        count += 1
    return count, ""


@transaction.atomic
def _remove_file(model: type[Archived], pk: int) -> bool:
    """Delete the file of what was removed, unless something else still needs it; ``False`` while a backup copies."""
    if _backup_copies():
        return False
    rows = model._default_manager.filter(pk=pk)
    row = rows.get()
    if _held(row):
        return True
    remove_file(row)
    rows.filter(file_removed_at__isnull=True).update(file_removed_at=timezone.now())
    return True


def _backup_copies() -> bool:
    """Whether a backup is being made; where none is, none begins to copy before this transaction ends."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [BACKUP_LOCK])
        return not cursor.fetchone()[0]


def _held(row: Archived) -> bool:
    """Whether a legal hold keeps it; where none does, none is placed before this transaction ends."""
    key = row.in_dossier()
    return key is not None and Dossier.objects.select_for_update(no_key=True).get(pk=key).legal_hold
