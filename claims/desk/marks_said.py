"""What the reader of documents sends when somebody marks a statement, made into what the services take."""

from typing import Any

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from claims.choices import Modality, Polarity, SourceKind
from claims.desk.said import words
from claims.models import Document, Source
from claims.services.marking import Marked, named
from claims.services.sources import Named
from claims.services.statements import Spans

LONGEST_NAME = 300


def marked(said: dict[str, Any], *, document: Document) -> Marked:
    """The words and the reading that somebody marked. Raises ``ValidationError`` for what cannot be meant."""
    return Marked(
        content_spans=_spans(said, "content"),
        cue_spans=_spans(said, "cue"),
        source_spans=_spans(said, "source"),
        source=_named(said.get("named"), document),
        polarity=_one_of(Polarity.values, said.get("polarity")),
        modality=_one_of(Modality.values, said.get("modality")),
    )


def _spans(said: dict[str, Any], name: str) -> Spans:
    spans = said.get(name, [])
    fine = isinstance(spans, list) and all(
        isinstance(span, list) and len(span) == 2 and all(type(offset) is int for offset in span) for span in spans
    )
    if not fine:
        raise ValidationError(_("What you marked cannot be read. Mark it again."))
    return [[*span] for span in spans]


def _one_of(values: list[str], value: Any) -> str:
    if value not in values:
        raise ValidationError(_("Choose one of the values offered."))
    return str(value)


def _named(said: Any, document: Document) -> Named | None:
    """Whose words they are: a source that is known, or a name as it is printed; nobody where nothing is said."""
    if said is None:
        return None
    if not isinstance(said, dict):
        raise ValidationError(_("What the page sent cannot be read. Reload it and try again."))
    if uid := words(said, "uid"):
        return _known(uid, document)
    name = " ".join(words(said, "name").split())[:LONGEST_NAME]
    if not name:
        return None
    return Named(name, _one_of(SourceKind.values, said.get("kind", SourceKind.UNKNOWN)))


def _known(uid: str, document: Document) -> Named:
    source = Source.objects.filter(uid=uid).first()
    if source is None:
        raise ValidationError(_("This source cannot be chosen here. Choose another one, or give the name as printed."))
    return named(source, document=document)
