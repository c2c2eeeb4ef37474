"""Words that a person marks in a text as a statement: whether they fit it, and what they tell besides."""

import logging
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from claims import signals
from claims.choices import Modality, Polarity, Quotation
from claims.errors import NotAName, SpansDoNotFit
from claims.models import Document, Snapshot, Source, Statement
from claims.services.sources import Named
from claims.services.statements import Attributed, Spans, fitted

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Circumstances:
    """What the content of a statement tells: how much of it is quoted, how many, where and when."""

    quotation: str = Quotation.INDIRECT
    quantities: list[dict[str, Any]] = field(default_factory=list)
    place: str = ""
    when_text: str = ""
    when_first: date | None = None
    when_last: date | None = None


@dataclass(frozen=True, slots=True)
class Marked:
    """What a person marks and says: whose words, which cue and content, affirmed or denied, and how."""

    content_spans: Spans
    cue_spans: Spans = field(default_factory=list)
    source_spans: Spans = field(default_factory=list)
    source: Named | None = None
    polarity: str = Polarity.AFFIRMS
    modality: str = Modality.ASSERTED


def named(source: Source, *, document: Document) -> Named:
    """A known source as one that this document speaks of. Raises ``NotAName`` for another document's unnamed one."""
    if source.named_in_id not in (None, document.pk):
        raise NotAName("This source cannot be chosen here. Choose another one, or give the name as printed.")
    return Named(source.name, source.kind)


def attributed(snapshot: Snapshot, marked: Marked, *, instead_of: Statement | None = None) -> Attributed:
    """What a person marked, with the circumstances that its content tells. Reads only; call it outside a transaction.

    Where the content is that of the statement that it stands ``instead_of``, its circumstances are kept. Raises
    ``SpansDoNotFit``.
    """
    content = fitted(snapshot.text, marked.content_spans)
    if not content:
        raise SpansDoNotFit("Mark the words that are said: a statement has a content.")
    told = (
        _circumstances_of(instead_of)
        if instead_of is not None and instead_of.content_spans == content
        else _circumstances(snapshot, content)
    )
    return Attributed(
        content_spans=content,
        cue_spans=fitted(snapshot.text, marked.cue_spans),
        source_spans=fitted(snapshot.text, marked.source_spans),
        source=marked.source,
        polarity=Polarity(marked.polarity),
        modality=Modality(marked.modality),
        quotation=told.quotation,
        quantities=told.quantities,
        place=told.place,
        when_text=told.when_text,
        when_first=told.when_first,
        when_last=told.when_last,
    )


def _circumstances_of(statement: Statement) -> Circumstances:
    return Circumstances(
        statement.quotation,
        statement.quantities,
        statement.place,
        statement.when_text,
        statement.when_first,
        statement.when_last,
    )


def _circumstances(snapshot: Snapshot, content: Spans) -> Circumstances:
    """What a listener makes of the words. A person's statement is never lost because a machine cannot read it."""
    published = snapshot.document.published_at or snapshot.fetched_at
    answers: Sequence[tuple[Any, Any]] = signals.circumstances_wanted.send_robust(
        sender=Snapshot, text=snapshot.text, content_spans=content, published_on=published.date()
    )
    for _receiver, answer in answers:
        if isinstance(answer, Circumstances):
            return answer
        if isinstance(answer, Exception):
            logger.error("The words marked in snapshot %s could not be read.", snapshot.pk, exc_info=answer)
    return Circumstances()
