"""What was printed: dossiers, documents, their snapshots, and which document copies which."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db import transaction

from claims.choices import DocumentState
from claims.models import Claim, Document, Dossier, Snapshot, Statement
from claims.services import ledger, standings
from claims.services.actor import Actor
from claims.services.sources import Named, resolve_source

DEFAULT_DOSSIER = "inbox"


@dataclass(frozen=True, slots=True)
class Printed:
    """What a document says about itself."""

    url: str
    title: str = ""
    publisher: Named | None = None
    credit: Named | None = None
    byline: str = ""
    published_at: datetime | None = None
    language: str = ""
    dossier: str = ""
    state: str = DocumentState.LIVE


@dataclass(frozen=True, slots=True)
class Copy:
    """One fetched version: where its bytes are kept, what they hash to, and the text read from them."""

    fetched_at: datetime
    fetched_from: str
    warc_path: str
    warc_offset: int
    warc_length: int
    payload_sha256: str
    text: str
    extractor: str
    extractor_version: str
    http_status: int | None = None
    headers: list[list[str]] = field(default_factory=list)
    content_type: str = ""
    signature: Sequence[int] = ()


@dataclass(frozen=True, slots=True)
class Recorded:
    """What became of one version: the snapshot, and whether it, or its document, is new."""

    snapshot: Snapshot
    new_document: bool
    new_snapshot: bool


@transaction.atomic
def open_dossier(*, slug: str, actor: Actor, title: str = "", description: str = "") -> Dossier:
    """The dossier with this slug, created if there is none."""
    dossier, created = Dossier.objects.get_or_create(
        slug=slug, defaults={"title": title or slug.replace("-", " ").capitalize(), "description": description}
    )
    if created:
        ledger.record(actor, "opened", dossier)
    return dossier


@transaction.atomic
def record_version(printed: Printed, copy: Copy, *, actor: Actor) -> Recorded:
    """Keep one fetched version of a document.

    An address seen before with the same text is the same version. With another text it is a new snapshot of the same
    document, which replaces the one before it: words that it dropped no longer stand.
    """
    document = Document.objects.select_for_update(of=("self",)).filter(url=printed.url).first()
    new_document = document is None
    if document is None:
        document = _create_document(printed, actor)
    text_sha256 = hashlib.sha256(copy.text.encode()).hexdigest()
    last = document.snapshots.filter(latest=True).first()
    if last is not None and last.text_sha256 == text_sha256:
        if printed.state not in (document.state, DocumentState.LIVE):
            set_document_state(document, state=printed.state, actor=actor)
        return Recorded(last, new_document=False, new_snapshot=False)
    if last is not None:
        last.latest = False
        last.save(update_fields=["latest"])
    snapshot = Snapshot.objects.create(
        document=document,
        number=last.number + 1 if last else 1,
        **{name: getattr(copy, name) for name in copy.__slots__ if name != "signature"},
        text_sha256=text_sha256,
        signature=list(copy.signature),
    )
    ledger.record(actor, "archived", snapshot)
    if last is not None:
        _update_document(document, printed, actor)
        standings.refresh(_claims_of(document), actor=actor)
    return Recorded(snapshot, new_document=new_document, new_snapshot=True)


def _create_document(printed: Printed, actor: Actor) -> Document:
    dossier = open_dossier(slug=printed.dossier or DEFAULT_DOSSIER, actor=actor)
    document = Document.objects.create(dossier=dossier, url=printed.url, **_fields(printed, actor))
    ledger.record(actor, "first seen", document)
    return document


def _update_document(document: Document, printed: Printed, actor: Actor) -> None:
    for name, value in _fields(printed, actor).items():
        if value:
            setattr(document, name, value)
    if document.state == DocumentState.LIVE:
        document.state = DocumentState.CORRECTED
    document.save()
    ledger.record(actor, "changed by its publisher", document)


def _fields(printed: Printed, actor: Actor) -> dict[str, Any]:
    publisher = resolve_source(printed.publisher, document=None, actor=actor) if printed.publisher else None
    credit = resolve_source(printed.credit, document=None, actor=actor) if printed.credit else None
    return {
        "title": printed.title[:500],
        "publisher": publisher,
        "credit": credit,
        "byline": printed.byline[:300],
        "published_at": printed.published_at,
        "language": printed.language[:20],
        "state": printed.state,
    }


@transaction.atomic
def set_document_state(document: Document, *, state: str, actor: Actor, reason: str = "") -> Document:
    """Note that its publisher corrected, retracted or removed a document. What a retracted one said stands no more."""
    document = Document.objects.select_for_update(of=("self",)).get(pk=document.pk)
    if document.state != state:
        document.state = DocumentState(state)
        document.save(update_fields=["state"])
        ledger.record(actor, str(document.state), document, reason=reason)
        standings.refresh(_claims_of(document), actor=actor)
    return document


@transaction.atomic
def set_origin(document: Document, *, origin: Document | None, explanation: str, actor: Actor) -> bool:
    """Note that ``document`` copies ``origin`` (or nothing); return whether that is new. A person's word stays."""
    document = Document.objects.select_for_update(of=("self",)).get(pk=document.pk)
    if document.origin_decided_by_person and actor.user is None:
        return False
    unchanged = document.origin_id == (origin.pk if origin else None)
    if unchanged and actor.user is None:
        return False
    document.origin = origin
    document.origin_explanation = explanation
    document.origin_decided_by_person = actor.user is not None
    document.save(update_fields=["origin", "origin_explanation", "origin_decided_by_person"])
    ledger.record(actor, "origin set", document, reason=explanation)
    standings.refresh(_claims_of(document), actor=actor)
    return True


def similar_documents(snapshot: Snapshot) -> list[Document]:
    """Other documents whose text shares a band of its MinHash: candidates for being copies of one another."""
    return list(
        Document.objects.filter(snapshots__latest=True, snapshots__signature__overlap=snapshot.signature)
        .exclude(pk=snapshot.document_id)
        .select_related("publisher", "credit", "origin")
        .distinct()
        .order_by("pk")
    )


def _claims_of(document: Document) -> list[int]:
    """Claims that the document, or a copy of it, takes a position on."""
    statements = Statement.objects.filter(
        snapshot__document__in=[document.pk, *document.copies.values_list("pk", flat=True)]
    )
    return list(Claim.objects.filter(positions__statement__in=statements).values_list("pk", flat=True).distinct())
