"""What was printed: dossiers, documents, their snapshots, and which document copies which."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db import IntegrityError, connection, transaction
from django.db.models import Q

from claims import prepared
from claims.addresses import normalised
from claims.choices import DocumentState
from claims.errors import AddressTaken, CircularOrigin, OlderVersion
from claims.models import Channel, Claim, Document, Dossier, Notice, Snapshot, Statement
from claims.services import ledger, standings
from claims.services.actor import Actor
from claims.services.sources import Named, resolve_sources

DEFAULT_DOSSIER = "inbox"
# Snapshots that came from the web, and not from a person's hands.
FETCHED = Q(http_status__isnull=False) | Q(fetched_from__startswith="http://") | Q(fetched_from__startswith="https://")
REMOVED = (DocumentState.RETRACTED, DocumentState.GONE)
_SNAPSHOTS, _DOCUMENTS = Snapshot._meta.db_table, Document._meta.db_table
# How few versions share a band PostgreSQL does not know. It would read all of them, with all its workers, to find any;
# and of bands that it is told it expects so many that it would read all by another index: it plans for any bands.
_THROUGH_THE_INDEX = """
    SELECT set_config('enable_seqscan', 'off', true), set_config('max_parallel_workers_per_gather', '0', true),
        set_config('jit', 'off', true), set_config('plan_cache_mode', 'force_generic_plan', true)
"""
_NEIGHBOURS = f"""
    SELECT document_id, false FROM {_SNAPSHOTS}
    WHERE signature && %(bands)s::bigint[] AND latest AND document_id <> %(document)s
    UNION
    SELECT id, true FROM {_DOCUMENTS} WHERE origin_id = %(document)s
    UNION
    SELECT origin_id, true FROM {_DOCUMENTS} WHERE id = %(document)s AND origin_id IS NOT NULL
"""  # noqa: S608 - only names of tables are put in


@dataclass(frozen=True, slots=True)
class Printed:
    """What a document says about itself; ``state`` is empty where it says nothing of it. ``channel`` brought it.

    ``from_archive`` says that it is read long after it was got, so that its coming is no news and its turn comes later.
    ``notice`` are the words by which its publisher corrects or retracts it, ``state_reason`` why they are held to.
    """

    url: str
    title: str = ""
    publisher: Named | None = None
    credit: Named | None = None
    byline: str = ""
    published_at: datetime | None = None
    language: str = ""
    dossier: str = ""
    state: str = ""
    channel: Channel | None = None
    notice: str = ""
    state_reason: str = ""
    from_archive: bool = False


@dataclass(frozen=True, slots=True)
class Copy:
    """One version: where its bytes are kept, what they hash to, and the text read from them.

    ``warc_path`` is empty where they are not kept, because nothing in them seems to be new.
    """

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
    warc_sha256: str = ""

    @property
    def fetched(self) -> bool:
        """Whether it came from the web, and not from a person's hands."""
        return self.http_status is not None or self.fetched_from.startswith(("http://", "https://"))


@dataclass(frozen=True, slots=True)
class Recorded:
    """What became of one version: the snapshot, and whether it, or its document, is new.

    ``notice``: its text is known, and what it says of its own state was not; there the page is kept.
    """

    snapshot: Snapshot
    new_document: bool
    new_snapshot: bool
    notice: Notice | None = None


class NotKept(Exception):
    """Something new is to be recorded, and the bytes that it rests on were not kept."""


@transaction.atomic(savepoint=False)
def open_dossier(*, slug: str, actor: Actor, title: str = "", description: str = "") -> Dossier:
    """The dossier with this slug, created if there is none."""
    dossier, created = Dossier.objects.get_or_create(
        slug=slug, defaults={"title": title or slug.replace("-", " ").capitalize(), "description": description}
    )
    if created:
        ledger.record(actor, "opened", dossier)
    return dossier


@transaction.atomic(savepoint=False)
@ledger.written_together()
def record_version(printed: Printed, copy: Copy, *, actor: Actor) -> Recorded:
    """Keep one version of a document. The standing of its claims changes once it is analysed.

    An address seen before with the same text is the same version; where the page says something new of the document's
    state, it is kept as a notice on that version. With another text it is a new snapshot of the same
    document, which replaces the one before it: words that it dropped no longer stand. Raises ``AddressTaken`` for what
    a person hands in under the address of a document that was fetched, ``OlderVersion`` for what an archive holds of a
    document that is known as it was later, and ``NotKept`` where a copy without its bytes brings something new.
    """
    url = normalised(printed.url)
    document = _locked(url)
    new_document = False
    if document is None:
        document, new_document = _create_document(url, printed, actor)
    if not copy.fetched and not new_document and document.snapshots.filter(FETCHED).exists():
        raise AddressTaken(
            f"{url} was fetched from there already, and a text that is handed in does not replace what was fetched. "
            "Submit the address to have it fetched again, or leave `url` out to hand the text in as a document of its "
            "own."
        )
    text_sha256 = hashlib.sha256(copy.text.encode()).hexdigest()
    last = None if new_document else document.snapshots.filter(latest=True).first()
    if last is not None and last.text_sha256 == text_sha256:
        heard = says_something_new(document, printed)
        notice = _hear_state(document, last, printed, copy, actor) if heard else None
        return Recorded(last, new_document=False, new_snapshot=False, notice=notice)
    _require_kept(copy)
    if last is not None and printed.from_archive and copy.fetched_at < last.fetched_at:
        raise OlderVersion(
            f"{url} is known as it was on {last.fetched_at:%d %B %Y}, and this version is of "
            f"{copy.fetched_at:%d %B %Y}: an older one does not replace a newer. Read archives from the oldest on, and "
            "before anything is fetched anew."
        )
    if last is not None:
        last.latest = False
        last.save(update_fields=["latest"])
    snapshot = Snapshot.objects.create(
        document=document,
        number=last.number + 1 if last else 1,
        **{name: getattr(copy, name) for name in copy.__slots__ if name != "signature"},
        text_sha256=text_sha256,
        signature=list(copy.signature),
        later=printed.from_archive,
    )
    ledger.record(actor, "archived", snapshot)
    if last is not None:
        _update_document(document, printed, actor)
    return Recorded(snapshot, new_document=new_document, new_snapshot=True)


def _locked(url: str) -> Document | None:
    return Document.objects.select_for_update(of=("self",)).filter(url=url).first()


def _create_document(url: str, printed: Printed, actor: Actor) -> tuple[Document, bool]:
    """The new document, and that it is new; when another process was faster with the same address, that one's."""
    dossier = open_dossier(slug=printed.dossier or DEFAULT_DOSSIER, actor=actor)
    fields = _fields(printed, actor)
    try:
        with transaction.atomic():
            document = Document.objects.create(
                dossier=dossier,
                url=url,
                state=printed.state or DocumentState.LIVE,
                notice=printed.notice,
                channel=printed.channel,
                from_archive=printed.from_archive,
                **fields,
            )
    except IntegrityError:
        faster = _locked(url)
        if faster is None:
            raise
        return faster, False
    ledger.record(actor, "first seen", document, reason=printed.state_reason)
    return document, True


def _update_document(document: Document, printed: Printed, actor: Actor) -> None:
    """A new version: what it says of itself, and that its text changed."""
    for name, value in _fields(printed, actor).items():
        if value:
            setattr(document, name, value)
    before = _weighs(document)
    document.notice = printed.notice
    if not document.state_decided_by_person:
        document.state = DocumentState(printed.state or document.state)
        if document.state == DocumentState.LIVE:
            document.state = DocumentState.CORRECTED
    document.save()
    ledger.record(actor, "changed by its publisher", document, reason=printed.state_reason)
    if _weighs(document) != before:
        standings.refresh(_claims_of(document), actor=actor)


def _weighs(document: Document) -> tuple[bool, bool]:
    """What of a document's state has a part in standings: that its words stand no more, and that they are flagged."""
    return document.state == DocumentState.RETRACTED, document.taken_back


def says_something_new(document: Document, printed: Printed) -> bool:
    """Whether the same text again comes with a word on its own state that changes what is held.

    That it is live takes back a removal, not a correction; what a person decided, it does not change.
    """
    said = printed.state
    unheard = bool(said) and (said, printed.notice) != (document.state, document.notice)
    heeded = said != DocumentState.LIVE or document.state in REMOVED
    return unheard and heeded and not document.state_decided_by_person


def brings_nothing_new(printed: Printed, text: str) -> bool:
    """Whether recording this text would change nothing, as far as can be told without a lock."""
    document = Document.objects.filter(url=normalised(printed.url)).first()
    if document is None or says_something_new(document, printed):
        return False
    return document.snapshots.filter(latest=True, text_sha256=hashlib.sha256(text.encode()).hexdigest()).exists()


def _require_kept(copy: Copy) -> None:
    if not copy.warc_path:
        raise NotKept


def _hear_state(document: Document, version: Snapshot, printed: Printed, copy: Copy, actor: Actor) -> Notice:
    """Hold what the page says of the document's state, and keep the page that says it."""
    _require_kept(copy)
    document.notice = printed.notice
    _change_state(document, printed.state, actor, reason=printed.state_reason or "its header says so")
    notice = Notice.objects.create(
        snapshot=version,
        state=printed.state,
        words=printed.notice,
        **{name: getattr(copy, name) for name in Notice.COPIED},
    )
    ledger.record(actor, "archived", notice)
    return notice


def _fields(printed: Printed, actor: Actor) -> dict[str, Any]:
    named = [one for one in (printed.publisher, printed.credit) if one is not None]
    sources = resolve_sources(named, document=None, actor=actor)
    return {
        "title": printed.title[:500],
        "publisher": sources[printed.publisher] if printed.publisher else None,
        "credit": sources[printed.credit] if printed.credit else None,
        "byline": printed.byline[:300],
        "published_at": printed.published_at,
        "language": printed.language[:20],
    }


@transaction.atomic
def set_document_state(document: Document, *, state: str, actor: Actor, reason: str = "") -> Document:
    """Note that its publisher corrected, retracted or removed a document. What a retracted one said stands no more.

    What a person says of a document's state, no machine changes.
    """
    document = Document.objects.select_for_update(of=("self",)).get(pk=document.pk)
    by_person = actor.user is not None
    if document.state_decided_by_person and not by_person:
        return document
    if document.state != state or document.state_decided_by_person != by_person:
        document.state_decided_by_person = by_person
        _change_state(document, state, actor, reason=reason)
    return document


def _change_state(document: Document, state: str, actor: Actor, *, reason: str) -> None:
    document.state = DocumentState(state)
    document.save(update_fields=["state", "state_decided_by_person", "notice"])
    ledger.record(actor, str(document.state), document, reason=reason)
    standings.refresh(_claims_of(document), actor=actor)


@transaction.atomic
def set_origin(document: Document, *, origin: Document | None, explanation: str, actor: Actor) -> bool:
    """Note that ``document`` copies ``origin`` (or nothing); return whether that is new. A person's word stays.

    Where ``origin`` is held to copy ``document``, a person's word takes back what a machine found on the way. Raises
    ``CircularOrigin`` where only people said so, or a machine says the opposite of what is there.
    """
    document = Document.objects.select_for_update(of=("self",)).get(pk=document.pk)
    if document.origin_decided_by_person and actor.user is None:
        return False
    unchanged = document.origin_id == (origin.pk if origin else None)
    if unchanged and actor.user is None:
        return False
    if origin is not None:
        _open_circle(document, origin, actor)
    _change_origin(document, origin, explanation, actor)
    return True


def _open_circle(document: Document, origin: Document, actor: Actor) -> None:
    """See to it that following the origins from ``origin`` does not lead to ``document``."""
    chain = [Document.objects.get(pk=origin.pk)]
    while chain[-1].pk != document.pk and chain[-1].origin is not None and chain[-1].origin not in chain:
        chain.append(chain[-1].origin)
    if chain[-1].pk != document.pk:
        return
    found = next((link for link in chain[:-1] if not link.origin_decided_by_person), None)
    if found is None or actor.user is None:
        raise CircularOrigin(
            f"{origin} is held to be a copy of {document}, directly or through others: a document copies neither "
            "itself nor what copies it. Set the other's origin first."
        )
    _change_origin(found, None, "", actor, decided=False)


def _change_origin(
    document: Document, origin: Document | None, explanation: str, actor: Actor, *, decided: bool | None = None
) -> None:
    document.origin = origin
    document.origin_explanation = explanation
    document.origin_decided_by_person = actor.user is not None if decided is None else decided
    document.save(update_fields=["origin", "origin_explanation", "origin_decided_by_person"])
    ledger.record(actor, "origin set", document, reason=explanation)
    standings.refresh(_claims_of(document), actor=actor)


@dataclass(frozen=True, slots=True)
class Neighbour:
    """Another document, its present text, and whether one of the two is held to be a copy of the other."""

    document_id: int
    text: str
    linked: bool


@transaction.atomic(savepoint=False)
def neighbours(snapshot: Snapshot) -> list[Neighbour]:
    """Other documents whose text shares a band of its MinHash, and those linked with its document.

    The first are candidates for being copies of one another. Two queries, and where there are any one for their texts.
    """
    with connection.cursor() as cursor:
        cursor.execute(_THROUGH_THE_INDEX)
        prepared.execute(cursor, _NEIGHBOURS, {"bands": snapshot.signature, "document": snapshot.document_id})
        found = sorted(cursor.fetchall())
    if not found:
        return []
    linked = dict(found)  # what is both comes last as linked
    texts = dict(Snapshot.objects.filter(document__in=linked, latest=True).values_list("document", "text"))
    return [Neighbour(document, texts.get(document, ""), linked[document]) for document in linked]


def _claims_of(document: Document) -> list[int]:
    """Claims that the document, or a copy of it, takes a position on."""
    statements = Statement.objects.filter(
        snapshot__document__in=[document.pk, *document.copies.values_list("pk", flat=True)]
    )
    return list(Claim.objects.filter(positions__statement__in=statements).values_list("pk", flat=True).distinct())
