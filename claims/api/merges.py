"""Where merged rows went: to the row at the end of all merges, however often that one was merged itself."""

from collections.abc import Mapping
from typing import Any, TypeVar, cast

from claims.models import Claim, Source

Merged = TypeVar("Merged", Claim, Source)
_KEPT = "ends_of_merges"


def counts_as(row: Merged, context: Mapping[str, Any]) -> Merged | None:
    """The row that a merged one counts as now; ``None`` for one that was not merged.

    Rows are loaded with what they were merged into. Where that was merged again, the ends of all such chains, which are
    few, are read once for the whole answer and kept in its ``context``.
    """
    target: Merged | None = row.merged_into
    if target is None or target.merged_into_id is None:
        return target
    # A serializer's context is one dictionary for the whole answer.
    kept: dict[type, dict[int, Any]] = cast("dict[str, Any]", context).setdefault(_KEPT, {})
    if type(row) not in kept:
        kept[type(row)] = _ends(type(row))
    return cast("Merged", kept[type(row)].get(row.pk, target))


def _ends(model: type[Claim] | type[Source]) -> dict[int, Any]:
    """The ends of all chains of more than one merge, by the rows at their start."""
    rows: Any = model._default_manager
    into: dict[int, int] = dict(rows.filter(merged_into__isnull=False).values_list("pk", "merged_into"))

    def end(pk: int) -> int:
        while pk in into:
            pk = into[pk]
        return pk

    ends = {pk: end(pk) for pk, target in into.items() if target in into}
    found = rows.filter(pk__in=set(ends.values()))
    by_pk = (found.select_related("party") if model is Source else found.defer("embedding")).in_bulk()
    return {pk: by_pk[at] for pk, at in ends.items()}
