"""Which documents copy one another, and which of them is the one that the others copied."""

from collections.abc import Collection, Iterable, Iterator
from datetime import UTC, datetime
from itertools import combinations

import networkx as nx
from django.db import connection, transaction
from django.db.models import Q

from claims.models import Document, Snapshot
from claims.services.actor import Actor
from claims.services.documents import neighbours, set_origin
from tracker.analysis import nearduplicates

COPIES = Actor.machine(nearduplicates.NAME, nearduplicates.VERSION)
ORIGINS_LOCK = 0x0819  # a PostgreSQL advisory lock: two copies that arrive together must see each other
NEVER = datetime.max.replace(tzinfo=UTC)


def settle_origins(snapshot: Snapshot) -> None:
    """Find the documents that copy one another and let all point at the one that the others copied.

    A family is whoever is connected by copying, directly or through others. Its original is the document whose
    publisher most of the others credit, then the earliest, then the first by address: nothing depends on the order of
    arrival. What a person said of a document stays, and is followed: where the original is a copy by a person's word,
    the family points at what that one copies. A document whose text changed leaves the family that it no longer copies.

    Most documents are no copies, and for those this is two queries. They need not wait for anybody: a first text has
    been there since before it is asked about, so that whoever comes to copy it later finds it, and settles both.
    """
    if snapshot.number > 1 or any(_copies(snapshot)):
        _settle(snapshot)


@transaction.atomic
def _settle(snapshot: Snapshot) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [ORIGINS_LOCK])
    snapshot = Snapshot.objects.get(pk=snapshot.pk)
    if not snapshot.latest:
        return  # what is printed now decides, and is settled when it is analysed
    everyone = _connected([snapshot.document_id, *_copies(snapshot)])
    families = [everyone] if snapshot.number == 1 else _families(everyone)
    for family in families:
        _point_at_original(family)


def _copies(snapshot: Snapshot) -> Iterator[int]:
    """The documents that its text copies or that copy it, as far as is known, one after the other."""
    for other in neighbours(snapshot):
        if other.linked or nearduplicates.is_copy(snapshot.text, other.text).is_copy:
            yield other.document_id


def _text(document: Document) -> str:
    return document.snapshots.filter(latest=True).values_list("text", flat=True).first() or ""


def _connected(documents: Iterable[int]) -> list[Document]:
    """These documents and whoever was found to be connected with one of them before."""
    found: dict[int, Document] = {}
    frontier = set(documents)
    while frontier:
        found |= Document.objects.select_related("publisher", "credit", "origin").in_bulk(frontier)
        beside = Document.objects.filter(Q(origin__in=frontier) | Q(copies__in=frontier)).exclude(pk__in=found)
        frontier = set(beside.values_list("pk", flat=True))
    return [found[pk] for pk in sorted(found)]


def _families(documents: Collection[Document]) -> list[list[Document]]:
    """Who among them is still connected, by their present texts and by what people said."""
    graph: nx.Graph[int] = nx.Graph()
    graph.add_nodes_from(document.pk for document in documents)
    latest = Snapshot.objects.filter(document__in=documents, latest=True)
    # Of a text that was removed nobody can say that it is a copy no longer.
    gone = set(latest.filter(removed_at__isnull=False).values_list("document", flat=True))
    graph.add_edges_from(
        (d.pk, d.origin_id)
        for d in documents
        if d.origin_id and (d.origin_decided_by_person or {d.pk, d.origin_id} & gone)
    )
    signatures = {document: set(bands) for document, bands in latest.values_list("document", "signature")}
    texts = dict(latest.values_list("document", "text"))
    for one, other in combinations(signatures, 2):
        if signatures[one] & signatures[other] and nearduplicates.is_copy(texts[one], texts[other]).is_copy:
            graph.add_edge(one, other)
    by_pk = {document.pk: document for document in documents}
    return [[by_pk[pk] for pk in sorted(family)] for family in nx.connected_components(graph)]


def _point_at_original(family: list[Document]) -> None:
    original = _original(family)
    # The original first: nobody may point at a document that still points elsewhere.
    if not original.origin_decided_by_person and original.origin_id is not None:
        set_origin(original, origin=None, explanation="", actor=COPIES)
    for copy in family:
        if copy.pk == original.pk or copy.origin_decided_by_person or copy.origin_id == original.pk:
            continue
        set_origin(copy, origin=original, explanation=_explanation(copy, original), actor=COPIES)


def _original(family: list[Document]) -> Document:
    """The document that the others copied, or what that one copies by a person's word."""
    by_pk = {document.pk: document for document in family}
    original = min(family, key=lambda d: (-_credited(d, family), d.published_at or NEVER, d.url))
    seen: set[int] = set()
    while original.origin_decided_by_person and original.origin_id and original.origin_id not in seen:
        seen.add(original.pk)
        original = by_pk[original.origin_id]  # whoever is linked is in the family
    return original


def _credited(document: Document, family: list[Document]) -> int:
    """How many of the others credit this document's publisher."""
    if document.publisher_id is None:
        return 0
    return sum(other.credit_id == document.publisher_id for other in family if other.pk != document.pk)


def _explanation(copy: Document, original: Document) -> str:
    verdict = nearduplicates.is_copy(_text(copy), _text(original))
    why = verdict.explanation if verdict.is_copy else "a copy of a copy"
    credited = copy.credit_id is not None and copy.credit_id == original.publisher_id
    return f"{why}; it credits {copy.credit}" if credited else why
