"""Which claims of a dossier tell most, and how many there are of each standing, without going through all of them."""

from collections.abc import Sequence
from datetime import date
from typing import Any

from django.db.models import Count, F, IntegerField, Q, QuerySet, Value
from django.db.models.functions import Least

from claims.models import Claim, Dossier
from claims.standing import (
    CONTESTED,
    CORROBORATED,
    DENIED,
    ECHOED,
    ONE_SIDED,
    REPORTED,
    SINGLE_ORIGIN,
    UNATTESTED,
    VALUES,
    WITHDRAWN,
)

# What shows sides comes before what one origin says; claims of one standing are told apart by their origins, where
# these can differ.
TELLING = (CONTESTED, CORROBORATED, DENIED, ONE_SIDED, ECHOED, WITHDRAWN, SINGLE_ORIGIN, REPORTED, UNATTESTED)
_BY_ORIGINS = (CONTESTED, CORROBORATED, DENIED, ONE_SIDED)


def standings_of(dossier: Dossier) -> list[tuple[str, int]]:
    """How many live claims of each standing there are, in the order of the standings.

    Rows are counted, not ids, so that the index of live claims by standing answers alone.
    """
    live = Claim.objects.live().filter(dossier=dossier).order_by()
    total = dict(live.values_list("standing").annotate(n=Count("*")))
    return [(value, total.get(value, 0)) for value in VALUES]


def most_telling(
    dossier: Dossier,
    *,
    start: int,
    count: int,
    standing: str = "",
    first: date | None = None,
    last: date | None = None,
) -> list[int]:
    """The ids of ``count`` live claims from place ``start`` on, the most telling first.

    ``standing`` keeps to one standing, ``first`` and ``last`` to what is said to have happened on a day in between: a
    claim of no known day is left out then. Of each standing no more rows are read than could be shown.
    """
    live = Claim.objects.live().filter(dossier=dossier)
    if first is not None:
        live = live.filter(Q(when_last__gte=first) | Q(when_last__isnull=True, when_first__gte=first))
    if last is not None:
        live = live.filter(when_first__lte=last)
    wanted: Sequence[str] = [standing] if standing else TELLING
    head, *tail = (_of_standing(live, value)[: start + count] for value in wanted)
    ordered = head.union(*tail, all=True).order_by("tier", "-against", "-for_it", "-pk") if tail else head
    return [pk for pk, *_order in ordered[start : start + count]]


def _of_standing(live: QuerySet[Claim], value: str) -> QuerySet:
    """Claims of one standing: those with most origins on both sides first, then those with most on either."""
    number = IntegerField()
    told: dict[str, Any] = {"against": Value(0, number), "for_it": Value(0, number)}
    order = ["-pk"]
    if value in _BY_ORIGINS:
        told = {"against": Least("origins", "refuting_origins"), "for_it": F("origins") + F("refuting_origins")}
        order = ["-against", "-for_it", "-pk"]
    ranked = live.filter(standing=value).annotate(tier=Value(TELLING.index(value), number), **told)
    return ranked.order_by(*order).values_list("pk", "tier", "against", "for_it")
