"""Making the evidence bundle of one dossier: a ZIP archive that is sent while it is made.

All of it is read from one moment, in which the ledger tells of every removal that the rows know of. What the rows say
is taken from the ledger, so that it is proven with it: a row is what its newest sealed event says. Drafts of verdicts
were never public and are left out, events and all.
"""

import base64
import hashlib
import json
import zipfile
from array import array
from bisect import bisect_left, bisect_right
from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from itertools import islice
from pathlib import Path
from typing import Any, TypeVar
from uuid import UUID

from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.db import connection, transaction
from django.db.models import Q, QuerySet
from django.utils import timezone

from claims import models
from claims.access import EVERY_SCOPE, Access
from claims.bundle import keys, layout, proof
from claims.chain import GENESIS
from claims.errors import OriginalMissing, ProtectedMaterial
from claims.models import Archived, Dossier, Event, Snapshot, Stamp, Statement
from claims.models.verdict import ONCE_PUBLISHED
from claims.publishing.signing import signing_key
from claims.services import ledger
from claims.services.originals import archive_of
from claims.services.retention import removals_wait

BATCH = 500
T = TypeVar("T")

More = Callable[[Any], dict[str, Any]]


def bundle_of(dossier: Dossier, *, access: Access) -> Generator[bytes]:
    """The bundle, piece by piece. Close it to stop making it.

    Raises ``ProtectedMaterial``, at once, where the caller may not see something in it: a bundle with masks would prove
    nothing, for no hash would be that of what was recorded.
    """
    _refuse_protected(dossier, access)
    return _made(dossier, access)


def _refuse_protected(dossier: Dossier, access: Access) -> None:
    if not access.sees_protected and holds_protected(dossier):
        raise ProtectedMaterial(
            "This dossier holds protected sources or statements. A bundle proves its contents by their hashes and "
            "cannot be masked: ask somebody who may see what is protected to make it."
        )


def holds_protected(dossier: Dossier) -> bool:
    """Whether a source or a statement of the dossier is protected."""
    rows = selected(dossier)
    return bool(rows["sources"].filter(protected=True).exists() or rows["statements"].filter(protected=True).exists())


def selected(dossier: Dossier) -> dict[str, QuerySet[Any]]:
    """The rows that belong to the dossier, by kind, and the sources and parties that are named in it."""
    there = Access(AnonymousUser(), EVERY_SCOPE, frozenset({dossier.pk}), sees_protected=True)
    rows: dict[str, QuerySet[Any]] = {
        "dossier": Dossier.objects.filter(pk=dossier.pk),
        "parties": models.Party.objects.readable_by(there),
        "sources": models.Source.objects.readable_by(there),
        "documents": models.Document.objects.readable_by(there),
        "snapshots": Snapshot.objects.readable_by(there).defer("text", "signature"),
        "notices": models.Notice.objects.readable_by(there),
        "statements": Statement.objects.readable_by(there),
        "claims": models.Claim.objects.readable_by(there).defer("embedding"),
        "positions": models.Position.objects.readable_by(there),
        "contradictions": models.Contradiction.objects.readable_by(there),
        "judgements": models.Judgement.objects.readable_by(there),
        "verdicts": models.Verdict.objects.readable_by(there).filter(state__in=ONCE_PUBLISHED),
    }
    return {kind: rows[kind].order_by("pk") for kind in layout.ROWS}


def _no_more(_row: Any) -> dict[str, Any]:
    return {}


def _as_received(row: Archived) -> dict[str, Any]:
    return {"http_status": row.http_status, "headers": row.headers, "content_type": row.content_type}


# What a reader wants beside the recorded state. Only the signature vouches for it.
MORE: Mapping[str, More] = {
    "snapshots": _as_received,
    "notices": _as_received,
    "statements": lambda s: {
        "source_spans": s.source_spans,
        "cue_spans": s.cue_spans,
        "content_prefix": s.content_prefix,
        "content_suffix": s.content_suffix,
    },
}


class _Sink:
    """What a ZIP archive is written to; pieces are taken out as they come."""

    def __init__(self) -> None:
        self._pieces: deque[bytes] = deque()

    def write(self, piece: bytes) -> int:
        """Keep a piece until it is taken."""
        self._pieces.append(bytes(piece))
        return len(piece)

    def flush(self) -> None:
        """Nothing waits."""

    def taken(self) -> Iterator[bytes]:
        """The pieces that have come."""
        while self._pieces:
            yield self._pieces.popleft()


@dataclass(slots=True)
class _Archive:
    """A ZIP archive under way, and what its manifest will list."""

    at: datetime
    sink: _Sink = field(default_factory=_Sink)
    members: list[dict[str, Any]] = field(default_factory=list)
    zip: zipfile.ZipFile = field(init=False)

    def __post_init__(self) -> None:
        self.zip = zipfile.ZipFile(self.sink, "w")  # type: ignore[call-overload]  # writing and flushing is all it asks

    def add(self, name: str, content: Iterable[bytes], *, packed: bool = True) -> Iterator[bytes]:
        """Add a member, and give what the archive has grown by meanwhile."""
        info = zipfile.ZipInfo(name, self.at.timetuple()[:6])
        info.compress_type = zipfile.ZIP_DEFLATED if packed else zipfile.ZIP_STORED
        info.external_attr = 0o644 << 16
        digest, size = hashlib.sha256(), 0
        with self.zip.open(info, "w", force_zip64=True) as member:
            for piece in content:
                member.write(piece)
                digest.update(piece)
                size += len(piece)
                yield from self.sink.taken()
        self.members.append({"name": name, "size": size, "sha256": digest.hexdigest()})
        yield from self.sink.taken()

    def end(self) -> Iterator[bytes]:
        """Close the archive."""
        self.zip.close()
        yield from self.sink.taken()


@contextmanager
def _one_moment() -> Iterator[None]:
    """A transaction that sees everything as it is now, whatever is committed meanwhile, the ledger sealed.

    A removal between the sealing and this moment would take contents of which the sealed ledger says that they are
    there: no bundle of that moment would verify.
    """
    with ExitStack() as sealing:
        sealing.enter_context(removals_wait())
        ledger.seal(wait=True)
        with transaction.atomic():
            with connection.cursor() as cursor:
                cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
            sealing.close()  # by a query, and the first query's moment is the transaction's
            yield


def _made(dossier: Dossier, access: Access) -> Generator[bytes]:
    key = signing_key()
    with _one_moment():
        _refuse_protected(dossier, access)  # what was protected since the caller asked
        rows, archive, missing = selected(dossier), _Archive(timezone.now()), list[dict[str, str]]()
        yield from archive.add(layout.README, [layout.EXPLANATION.encode()])
        for kind, found in rows.items():
            lines = _rows(found, MORE.get(kind, _no_more))
            yield from archive.add(layout.rows_member(kind), _lines(lines))
        for snapshot in rows["snapshots"].iterator(chunk_size=BATCH):
            if snapshot.removed_at is not None:
                continue  # its newest event says so, and so does its row
            text = Snapshot.objects.values_list("text", flat=True).get(pk=snapshot.pk)
            yield from archive.add(layout.text_member(str(snapshot.uid)), [text.encode()])
            yield from _original(archive, snapshot, missing)
        for notice in rows["notices"].filter(removed_at=None).iterator(chunk_size=BATCH):
            yield from _original(archive, notice, missing)
        told = array("q")
        yield from archive.add(layout.EVENTS, _lines(_events(rows, told)))
        size, head = ledger.head()
        hashes = Event.objects.sealed().filter(seq__lte=size).values_list("hash", flat=True)
        places = told if not size or (told and told[-1] == size) else array("q", [*told, size])
        root, others = proof.prove(hashes.iterator(chunk_size=BATCH * 10), size, places)
        ranges = ({"first": first, "last": last, "root": found} for first, last, found in others)
        yield from archive.add(layout.OTHERS, _lines(ranges))
        yield from archive.add(layout.STAMPS, _lines(_stamps(told, size)))
        yield from archive.add(layout.STAMP_ROOTS, [_stamp_roots()])
        manifest = {
            "format": layout.FORMAT,
            "made_at": archive.at.isoformat(),
            "made_by": settings.PUBLISHER_NAME,
            "dossier": {"uid": str(dossier.uid), "slug": dossier.slug, "title": dossier.title},
            "ledger": {
                "size": size,
                "head": head if size else GENESIS,
                "root": root,
                "told": len(told),
                "unsealed": Event.objects.unsealed().count(),
            },
            "protected_material": holds_protected(dossier),
            "missing": missing,
            "members": list(archive.members),
        }
    content = json.dumps(manifest, ensure_ascii=False, indent=1).encode()
    signature = {
        "algorithm": keys.ALGORITHM,
        "key_id": keys.key_id(key.public_key()),
        "public_key": keys.encoded(key.public_key()),
        "signature": base64.b64encode(key.sign(content)).decode(),
    }
    yield from archive.add(layout.MANIFEST, [content])
    yield from archive.add(layout.SIGNATURE, [json.dumps(signature, indent=1).encode()])
    yield from archive.end()


def _original(archive: _Archive, row: Archived, missing: list[dict[str, str]]) -> Iterator[bytes]:
    """The WARC file of a version or a notice; or, in the manifest, why it is not there."""
    pieces = archive_of(row)
    try:
        first = next(pieces, b"")
    except OriginalMissing as error:
        missing.append({row._meta.model_name or "": str(row.uid), "why": str(error)})
        return
    name = layout.warc_member(str(row.uid))
    yield from archive.add(name, _chained(first, pieces), packed=False)  # it is packed already


def _chained(first: bytes, rest: Iterator[bytes]) -> Iterator[bytes]:
    yield first
    yield from rest


def _rows(rows: QuerySet[Any], more: More) -> Iterator[dict[str, Any]]:
    """Each row as its newest sealed event has it. What was made just now and has no place yet is not there."""
    for batch in _batched(rows.iterator(chunk_size=BATCH)):
        newest = _newest([row.uid for row in batch])
        for row in batch:
            event = newest.get(row.uid)
            if event is not None:
                yield {"uid": str(row.uid), "seq": event.seq, "state": event.state, "more": more(row)}


def _newest(uids: list[UUID]) -> dict[UUID, Event]:
    events = _public(Event.objects.filter(object_uid__in=uids, seq__isnull=False))
    return {event.object_uid: event for event in events.order_by("object_uid", "-seq").distinct("object_uid")}


def _events(rows: Mapping[str, QuerySet[Any]], told: "array[int]") -> Iterator[dict[str, Any]]:
    """Every sealed event of these rows, in its place, which is noted in ``told``."""
    first, *others = (found.order_by().values("uid") for found in rows.values())
    ours = _public(Event.objects.filter(object_uid__in=first.union(*others, all=True), seq__isnull=False))
    for event in ours.order_by("seq").iterator(chunk_size=BATCH):
        told.append(event.seq or 0)
        yield {**ledger.said_by(event), "hash": event.hash}


def _stamps(told: Sequence[int], size: int) -> Iterator[dict[str, Any]]:
    """The time stamps over these events, each with what else it takes to come to the root that its token is over."""
    for stamp in Stamp.objects.given().filter(last_seq__lte=size).iterator(chunk_size=BATCH):
        first, last = stamp.first_seq, stamp.last_seq
        inside = [seq - first + 1 for seq in told[bisect_left(told, first) : bisect_right(told, last)]]
        if inside:
            hashes = Event.objects.sealed().filter(seq__range=(first, last)).values_list("hash", flat=True)
            _root, others = proof.prove(hashes.iterator(chunk_size=BATCH * 10), last - first + 1, inside)
            yield {
                "first": first,
                "last": last,
                "root": stamp.root,
                "others": others,
                "authority": stamp.authority,
                "stamped_at": stamp.stamped_at.isoformat() if stamp.stamped_at else None,
                "token": base64.b64encode(bytes(stamp.response or b"")).decode(),
            }


def _stamp_roots() -> bytes:
    """The certificates that this installation trusts tokens by; nothing where it names none, or they cannot be read."""
    try:
        return Path(settings.TIMESTAMP_ROOTS).read_bytes() if settings.TIMESTAMP_ROOTS else b""
    except OSError:
        return b""


def _public(events: QuerySet[Event]) -> QuerySet[Event]:
    """Without those that tell of a verdict before it was published."""
    return events.exclude(Q(object_type="verdict") & ~Q(state__state__in=[str(state) for state in ONCE_PUBLISHED]))


def _lines(objects: Iterable[dict[str, Any]]) -> Iterator[bytes]:
    """The objects as JSON Lines, some in one piece."""
    for batch in _batched(iter(objects), size=100):
        yield "".join(json.dumps(one, ensure_ascii=False) + "\n" for one in batch).encode()


def _batched(items: Iterator[T], *, size: int = BATCH) -> Iterator[list[T]]:
    while batch := list(islice(items, size)):
        yield batch
