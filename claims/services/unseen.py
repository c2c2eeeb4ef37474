"""Searching for callers who may not see what is protected: nothing is found by what they would only see masked."""

from collections.abc import Iterable, Sequence
from typing import Any, TypeVar

from django.contrib.postgres.fields import ArrayField
from django.db.models import BooleanField, F, Func, Model, Q, QuerySet, TextField, Value

from claims.masking import Masker
from claims.models import Claim, Document, Snapshot, Source, SourceName, Statement

M = TypeVar("M", bound=Model)

RECHECKED = 500  # rows that hold protected words and were found: so many are looked at again, the others left out
BETWEEN = "[^[:alnum:]]*"
_TEXTS = ArrayField(TextField())


def seen(rows: QuerySet[M], fields: Sequence[str], said: str, masker: Masker | None) -> QuerySet[M]:
    """Of rows that were found by ``said`` in one of these fields, those that also are by what the caller sees of them.

    A row without protected words always is. Of the others, those whose fields still hold ``said`` once they are masked.
    """
    if masker is None:
        return rows
    holding = holds(fields, masker)
    asked = said.casefold()
    kept = [
        pk
        for pk, *texts in rows.filter(holding).order_by("-pk").values_list("pk", *fields)[:RECHECKED]
        if any(asked in masker.text(text or "").casefold() for text in texts)
    ]
    return rows.filter(~holding | Q(pk__in=kept))


def holds(fields: Iterable[str], masker: Masker) -> Q:
    """Whether one of these fields may hold something protected. Says yes too often rather than too seldom."""
    within, words = masker.keys()
    found = Q(pk__in=[])
    for field in fields:
        plain: Any = Func(F(field), function="unaccent", output_field=TextField())
        if within:
            squeezed = Func(
                Func(plain, function="lower"), Value("[^[:alnum:]]+"), Value(""), Value("g"), function="regexp_replace"
            )
            found |= Q(_any(squeezed, " LIKE ANY ", [f"%{key}%" for key in within]))
        if words:
            patterns = [rf"\m{BETWEEN.join(key)}s?\M" for key in words]
            found |= Q(_any(plain, " ~* ANY ", patterns))
    return found


def _any(text: Any, compared: str, values: list[str]) -> Func:
    several = Func(Value(values, output_field=_TEXTS), template="(%(expressions)s)")
    return Func(text, several, template="(%(expressions)s)", arg_joiner=compared, output_field=BooleanField())


# What the desk's search reads of each kind, and the column that leads from there to the row that it finds.
_READ: dict[str, list[tuple[type[Model], str, list[str]]]] = {
    "claims": [(Claim, "pk", ["text", "place", "counted"])],
    "statements": [(Statement, "pk", ["content_text", "source_text", "place"])],
    "documents": [(Document, "pk", ["title", "byline"]), (Snapshot, "document", ["text"])],
    "sources": [(Source, "pk", ["name", "description"]), (SourceName, "source", ["name"])],
}


def without_protected(kind: str, ids: Sequence[int], masker: Masker | None) -> list[int]:
    """The ids of rows that the desk's search found, without those that hold anything protected."""
    if masker is None or not ids:
        return list(ids)
    hidden = set[int]()
    for model, leads_to, fields in _READ[kind]:
        rows = model._default_manager.filter(holds(fields, masker), **{f"{leads_to}__in": ids})
        hidden |= set(rows.order_by().values_list(leads_to, flat=True))
    if kind == "statements":
        hidden |= set(Statement.objects.filter(pk__in=ids, protected=True).values_list("pk", flat=True))
    elif kind == "sources":
        hidden |= set(Source.objects.filter(pk__in=ids, protected=True).values_list("pk", flat=True))
    return [pk for pk in ids if pk not in hidden]
