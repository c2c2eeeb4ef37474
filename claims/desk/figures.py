"""The tolls of a dossier, read from the database: which there are, and who gave which figure when."""

from dataclasses import dataclass

from django.db.models import Count, Max

from claims.admin.claims import in_figures
from claims.desk.addresses import desk_address
from claims.desk.tolls import Figure
from claims.models import Claim, Dossier
from claims.services.standings import taken
from claims.services.weighing import weighed_positions
from claims.standing import SUPPORTS


@dataclass(frozen=True, slots=True)
class Toll:
    """Figures of one measure at one place, which ``key`` stands for however the place is spelt."""

    measure: str
    key: str
    place: str
    claims: int


@dataclass(frozen=True, slots=True)
class Told:
    """The figures of one toll; of its claims, the newest. ``more`` says that there are older ones."""

    figures: list[Figure]
    claims: int
    more: bool


def tolls_of(dossier: Dossier, *, most: int) -> list[Toll]:
    """The tolls with the most figures, first those with most."""
    counted = (
        Claim.objects.live()
        .filter(dossier=dossier)
        .exclude(measure="")
        .order_by()
        .values_list("measure", "place_key")
        .annotate(name=Max("place"), n=Count("pk"))
        .order_by("-n", "measure", "place_key")
    )
    return [Toll(*found) for found in counted[:most]]


def figures_of(dossier: Dossier, toll: Toll, *, most: int) -> Told:
    """Who asserts which figure of this toll, and when it was published, from its ``most`` newest claims."""
    alike = Claim.objects.live().filter(dossier=dossier, measure=toll.measure, place_key=toll.key)
    claims = list(alike.defer("embedding", "standing_explanation").order_by("-pk")[: most + 1])
    more = len(claims) > most
    claims = [claim for claim in claims[:most] if (claim.low, claim.best, claim.high) != (None, None, None)]
    weighed = weighed_positions(claims)
    figures = [
        Figure(
            one.source.name, one.at, claim.low, claim.best, claim.high,
            in_figures(claim.low, claim.best, claim.high), claim.counted, desk_address(claim),
        )
        for claim in claims
        for one in map(taken, weighed.get(claim.pk, ()))
        if one.stance == SUPPORTS and one.stands
    ]  # fmt: skip
    return Told(figures, len(claims), more)
