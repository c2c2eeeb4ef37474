"""Verifying evidence: every stored version and notice against its file, its hashes and the ledger."""

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from django.db.models import QuerySet

from claims.models import Archived, Event, Notice, Snapshot
from claims.services import ledger
from tracker.evidence import evidence_store, needed
from tracker.ingest.store import EvidenceStore, NotStored
from tracker.ingest.verifying import Damage, Fault, Kept, faults_of_file

# So many versions, with their texts, are held in memory at a time.
BATCH = 20
A = TypeVar("A", bound=Archived)


@dataclass(frozen=True, slots=True)
class Verified(Generic[A]):
    """A version or a notice, and what is wrong with it: nothing, as a rule."""

    row: A
    faults: list[Fault]


def verify_snapshots(snapshots: QuerySet[Snapshot]) -> Iterator[Verified[Snapshot]]:
    """Every one of the versions, hashed anew and compared with what the ledger recorded of it. Writes nothing."""
    return _verified(snapshots.select_related("document").defer("signature"))


def verify_notices(notices: QuerySet[Notice]) -> Iterator[Verified[Notice]]:
    """The same of pages that took back a text without changing it."""
    return _verified(notices.select_related("snapshot__document").defer("snapshot__text", "snapshot__signature"))


def _verified(rows: QuerySet[A]) -> Iterator[Verified[A]]:
    store, last = evidence_store(), 0
    while batch := list(rows.order_by("pk").filter(pk__gt=last)[:BATCH]):
        last = batch[-1].pk
        recorded = _recorded(batch)
        for row in batch:
            yield Verified(row, list(_faults(store, row, recorded.get(row.uid))))


def _recorded(batch: Sequence[Archived]) -> dict[object, Event]:
    """The first event of each of the rows: how it was recorded."""
    kind = batch[0]._meta.model_name
    events = Event.objects.filter(object_uid__in=[row.uid for row in batch], object_type=kind).order_by("-pk")
    return {event.object_uid: event for event in events}


def _faults(store: EvidenceStore, row: Archived, event: Event | None) -> Iterator[Fault]:
    if row.removed_at is not None:
        yield from _faults_of_removed(store, row)
    else:
        yield from faults_of_file(store, _kept(row))
        if isinstance(row, Snapshot) and hashlib.sha256(row.text.encode()).hexdigest() != row.text_sha256:
            yield Fault(Damage.TEXT_CHANGED, "the stored text does not hash to what was recorded")
    if event is None:
        yield Fault(Damage.LEDGER_DIFFERS, "the ledger has no event of it")
        return
    if event.seq is not None and ledger.digest(event) != event.hash:
        yield Fault(Damage.LEDGER_DIFFERS, f"event {event.seq}, which recorded it, was altered after it was sealed")
    differing = [name for name, now in row.hashes.items() if event.state.get(name, "") != now]
    if differing:
        yield Fault(Damage.LEDGER_DIFFERS, f"the ledger recorded another {' and '.join(differing)}")


def _faults_of_removed(store: EvidenceStore, row: Archived) -> Iterator[Fault]:
    """Contents that are gone must have gone under a rule that the ledger names; then they must be gone."""
    told = Event.objects.filter(object_uid=row.uid, object_type=row._meta.model_name).order_by("pk").last()
    if told is None or told.state.get("removed") != row.removed_under:
        yield Fault(Damage.LEDGER_DIFFERS, "its contents are gone, and the ledger does not say under which rule")
    elif told.seq is not None and ledger.digest(told) != told.hash:
        yield Fault(Damage.LEDGER_DIFFERS, f"event {told.seq}, which tells of the removal, was altered")
    if row.file_removed_at is not None and not needed(row) and _is_there(store, row.warc_path):
        yield Fault(Damage.NOT_REMOVED, f"{row.warc_path} was removed, and is there again: delete it")


def _is_there(store: EvidenceStore, name: str) -> bool:
    try:
        store.read(name, offset=0, length=1)
    except NotStored:
        return False
    return True


def _kept(row: Archived) -> Kept:
    """What the database knows of the file of what was fetched."""
    return Kept(
        path=row.warc_path,
        file_sha256=row.warc_sha256,
        payload_sha256=row.payload_sha256,
        fetched_at=row.fetched_at,
        fetched_from=row.fetched_from,
        status=row.http_status,
        headers=row.headers,
    )
