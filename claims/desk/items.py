"""What people work on together: finding an object by its type and public id, and saying in a line what it is."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db.models import Model, QuerySet
from django.http import Http404
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from claims.choices import ItemType
from claims.desk.addresses import desk_address
from claims.models import Claim, Contradiction, Document, Dossier, Judgement, Source, Statement, Verdict

ITEMS: dict[str, type[Model]] = {
    ItemType.CLAIM: Claim,
    ItemType.CONTRADICTION: Contradiction,
    ItemType.DOCUMENT: Document,
    ItemType.DOSSIER: Dossier,
    ItemType.JUDGEMENT: Judgement,
    ItemType.SOURCE: Source,
    ItemType.STATEMENT: Statement,
    ItemType.VERDICT: Verdict,
}
KINDS: dict[str, str | Promise] = {
    ItemType.CLAIM: _("Claim"),
    ItemType.CONTRADICTION: _("Contradiction"),
    ItemType.DOCUMENT: _("Document"),
    ItemType.DOSSIER: _("Dossier"),
    ItemType.JUDGEMENT: _("The same claim?"),
    ItemType.SOURCE: _("Source"),
    ItemType.STATEMENT: _("Statement"),
    ItemType.VERDICT: _("Verdict"),
}


@dataclass(frozen=True, slots=True)
class Listed:
    """An object as a list names it: its row, what sort of thing it is, its words, and the page to work on it."""

    row: Any
    kind: str | Promise
    words: str
    address: str


def item_at(object_type: str, uid: UUID) -> Any:
    """The object of this type and public id; :class:`Http404` without one."""
    model = ITEMS.get(object_type)
    row = _rows(model).filter(uid=uid).first() if model is not None else None
    if row is None:
        raise Http404
    return row


def listed(wanted: Iterable[tuple[str, UUID]]) -> dict[tuple[str, UUID], Listed]:
    """How a list names these objects, by type and public id: one query for each type among them."""
    by_type: dict[str, list[UUID]] = defaultdict(list)
    for object_type, uid in wanted:
        by_type[object_type].append(uid)
    return {
        (object_type, row.uid): Listed(row, KINDS[object_type], words_of(row), desk_address(row))
        for object_type, uids in by_type.items()
        for row in _rows(ITEMS[object_type]).filter(uid__in=uids)
    }


def words_of(row: Any) -> str:
    """An object in its own words, whatever it is."""
    if isinstance(row, Judgement):
        return f"{row.claim.text} = {row.other_claim.text}"
    if isinstance(row, Verdict):
        return str(row.claim.text)
    named = {
        Claim: "text", Contradiction: "explanation", Document: "title", Dossier: "title", Source: "name",
        Statement: "content_text",
    }  # fmt: skip
    return getattr(row, named[type(row)]) or str(row)


def _rows(model: type[Model]) -> QuerySet[Any]:
    """Rows of one type with what their words take, and without what is large."""
    rows: QuerySet[Any] = model._default_manager.all()
    if model is Claim:
        return rows.defer("embedding")
    if model is Judgement:
        return rows.select_related("claim", "other_claim").defer("claim__embedding", "other_claim__embedding")
    if model is Verdict:
        return rows.select_related("claim").defer("claim__embedding")
    return rows
