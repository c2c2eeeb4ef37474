"""Verifying evidence: every stored version against its file, its hashes and the ledger."""

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from django.db.models import QuerySet

from claims.models import Event, Snapshot
from claims.services import ledger
from tracker.evidence import evidence_store
from tracker.ingest.store import EvidenceStore, NotStored
from tracker.ingest.verifying import Damage, Fault, Kept, faults_of_file
from tracker.models import NoticeFile
from tracker.models.notice import NoticeFileQuerySet

# So many versions, with their texts, are held in memory at a time.
BATCH = 20
# What the ledger's event of a version says of its bytes.
ON_LEDGER = ("payload_sha256", "text_sha256", "warc_sha256")


@dataclass(frozen=True, slots=True)
class Verified:
    """One version, and what is wrong with it: nothing, as a rule."""

    snapshot: Snapshot
    faults: list[Fault]


def verify_snapshots(snapshots: QuerySet[Snapshot]) -> Iterator[Verified]:
    """Every one of the versions, hashed anew and compared with what the ledger recorded of it. Writes nothing."""
    store = evidence_store()
    rows = snapshots.select_related("document").defer("signature").order_by("pk")
    last = 0
    while batch := list(rows.filter(pk__gt=last)[:BATCH]):
        last = batch[-1].pk
        archived = _archived(batch)
        for snapshot in batch:
            yield Verified(snapshot, list(_faults(store, snapshot, archived.get(snapshot.uid))))


def _archived(batch: Sequence[Snapshot]) -> dict[object, Event]:
    """The first event of each of the versions: how it was recorded."""
    events = Event.objects.filter(object_uid__in=[s.uid for s in batch], object_type="snapshot").order_by("-pk")
    return {event.object_uid: event for event in events}


def _faults(store: EvidenceStore, snapshot: Snapshot, event: Event | None) -> Iterator[Fault]:
    if snapshot.removed_at is not None:
        yield from _faults_of_removed(store, snapshot)
    else:
        yield from faults_of_file(store, kept(snapshot))
    if snapshot.removed_at is None and hashlib.sha256(snapshot.text.encode()).hexdigest() != snapshot.text_sha256:
        yield Fault(Damage.TEXT_CHANGED, "the stored text does not hash to what was recorded")
    if event is None:
        yield Fault(Damage.LEDGER_DIFFERS, "the ledger has no event of it")
        return
    if event.seq is not None and ledger.digest(event) != event.hash:
        yield Fault(Damage.LEDGER_DIFFERS, f"event {event.seq}, which recorded it, was altered after it was sealed")
    differing = [name for name in ON_LEDGER if event.state.get(name, "") != getattr(snapshot, name)]
    if differing:
        yield Fault(Damage.LEDGER_DIFFERS, f"the ledger recorded another {' and '.join(differing)}")


def _faults_of_removed(store: EvidenceStore, snapshot: Snapshot) -> Iterator[Fault]:
    """Contents that are gone must have gone under a rule that the ledger names; then they must be gone."""
    told = Event.objects.filter(object_uid=snapshot.uid, object_type="snapshot").order_by("pk").last()
    if told is None or told.state.get("removed") != snapshot.removed_under:
        yield Fault(Damage.LEDGER_DIFFERS, "its contents are gone, and the ledger does not say under which rule")
    elif told.seq is not None and ledger.digest(told) != told.hash:
        yield Fault(Damage.LEDGER_DIFFERS, f"event {told.seq}, which tells of the removal, was altered")
    others = Snapshot.objects.with_contents().filter(warc_path=snapshot.warc_path)
    if snapshot.file_removed_at is not None and not others.exists() and _is_there(store, snapshot.warc_path):
        yield Fault(Damage.NOT_REMOVED, f"{snapshot.warc_path} was removed, and is there again: delete it")


def _is_there(store: EvidenceStore, name: str) -> bool:
    try:
        store.read(name, offset=0, length=1)
    except NotStored:
        return False
    return True


def verify_notices(notices: NoticeFileQuerySet) -> Iterator[tuple[NoticeFile, list[Fault]]]:
    """Every page that took back a text without changing it, and what is wrong with its file. Writes nothing."""
    store = evidence_store()
    for notice in notices.with_contents().order_by("pk").iterator(chunk_size=BATCH):
        yield notice, list(faults_of_file(store, kept(notice)))


def kept(snapshot: Snapshot | NoticeFile) -> Kept:
    """What the database knows of the file of a version."""
    return Kept(
        path=snapshot.warc_path,
        file_sha256=snapshot.warc_sha256,
        payload_sha256=snapshot.payload_sha256,
        fetched_at=snapshot.fetched_at,
        fetched_from=snapshot.fetched_from,
        status=snapshot.http_status,
        headers=snapshot.headers,
    )
