"""Having the ledger stamped by the authority of this installation, and checking what it gave."""

import json
import logging
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

from cryptography.x509 import Certificate
from django.conf import settings

from claims.bundle.tokens import BadToken, check_token, read_roots
from claims.models import Archived, Event, Stamp
from claims.services import ledger, stamps
from tracker import claimants
from tracker.ingest.errors import IngestError
from tracker.ingest.fetching import FetchPolicy
from tracker.ingest.store import FolderStore
from tracker.ingest.timestamping import ask_for_token
from tracker.ingest.verifying import Damage, Fault

logger = logging.getLogger(__name__)

LEASE = 120  # seconds that one request may take, and more


def stamp_ledger() -> Stamp | None:
    """Ask for the stamp that is due; return it once it is given. An authority that is out is asked again later.

    Does nothing without ``TIMESTAMP_AUTHORITY``. Never part of anything else: ingestion goes on without stamps.
    """
    if not settings.TIMESTAMP_AUTHORITY:
        return None
    stamps.begin_stamp(every=timedelta(seconds=settings.TIMESTAMP_EVERY_SECONDS))
    due = Stamp.objects.to_ask_for().first()
    stamp = due and Stamp.objects.to_ask_for().claim(due.pk, seconds=LEASE, by=claimants.this_process())
    if not stamp:
        return None
    try:
        token = ask_for_token(
            settings.TIMESTAMP_AUTHORITY, bytes.fromhex(stamp.root), roots=trusted_roots(), policy=_policy()
        )
    except (IngestError, BadToken) as error:
        logger.warning("No time stamp over %s: %s", stamp, error)
        stamps.put_off(stamp, why=str(error))
        Stamp.objects.release(stamp)
        return None
    stamps.keep_token(
        stamp, authority=settings.TIMESTAMP_AUTHORITY, response=token.response, stamped_at=token.stamped_at
    )
    return stamp


def trusted_roots() -> list[Certificate]:
    """The certificates that tokens must lead to; none without ``TIMESTAMP_ROOTS``."""
    return read_roots(Path(settings.TIMESTAMP_ROOTS).read_bytes()) if settings.TIMESTAMP_ROOTS else []


def faults_of_stamps() -> Iterator[tuple[Stamp, list[Fault]]]:
    """Every given stamp, and what is wrong with it: events that changed since, or a token that does not hold."""
    roots = trusted_roots()
    for stamp in Stamp.objects.given().iterator(chunk_size=50):
        faults = []
        if not stamps.covers(stamp):
            faults.append(Fault(Damage.STAMP_INVALID, "the events that it covers are not those that were stamped"))
        if not roots:
            faults.append(Fault(Damage.STAMP_INVALID, "it cannot be checked: TIMESTAMP_ROOTS names no certificates"))
        else:
            try:
                moment = check_token(bytes(stamp.response or b""), bytes.fromhex(stamp.root), roots=roots)
                if moment != stamp.stamped_at:
                    faults.append(Fault(Damage.STAMP_INVALID, "its token vouches for another moment"))
            except BadToken as error:
                faults.append(Fault(Damage.STAMP_INVALID, f"its token does not hold: {error}"))
        yield stamp, faults


@dataclass(frozen=True, slots=True)
class Proof:
    """Files by which somebody else can check when a version was there, without this installation."""

    event: bytes  # the ledger's event as canonical JSON, with the version's hashes: what the event's hash is over
    path: bytes  # JSON: the event's hash, and what to hash it with to come to the root
    root: bytes  # what the token is over
    response: bytes  # the authority's answer


def proof_for(row: Archived) -> Proof | None:
    """The proof that a version, or a notice, was recorded when a token was given; ``None`` where none covers it yet."""
    event = Event.objects.filter(object_uid=row.uid, object_type=row._meta.model_name).order_by("pk").first()
    found = stamps.inclusion(event) if event else None
    if found is None:
        return None
    told: dict[str, Any] = {
        "event_hash": found.event.hash,
        "path": [{"side": side, "hash": digest.hex()} for side, digest in found.path],
        "root": found.stamp.root,
        "how": "leaf = SHA-256(0x00 + event_hash); then SHA-256(0x01 + left + right) along the path gives the root",
    }
    return Proof(
        event=ledger.canonical(found.event).encode(),
        path=json.dumps(told, indent=2).encode(),
        root=bytes.fromhex(found.stamp.root),
        response=bytes(found.stamp.response or b""),
    )


def write_proof(proof: Proof, folder: Path) -> None:
    """Write a proof into a folder."""
    store = FolderStore(folder)
    for name in ("event", "path"):
        store.write(f"{name}.json", getattr(proof, name))
    store.write("root.bin", proof.root)
    store.write("token.tsr", proof.response)


def _policy() -> FetchPolicy:
    return FetchPolicy(
        user_agent=settings.FETCH_USER_AGENT,
        allow_hosts=settings.FETCH_ALLOW_HOSTS,
        timeout=settings.FETCH_TIMEOUT_SECONDS,
    )
