"""Claims about invented conflicts, as many as are asked for: what happened, where, when, to how many and by whom.

Every claim is a fact put into one of several wordings of its kind, so that the same fact can be said again in other
words. Places, people and groups are made from syllables; nothing here is anybody's text. The same seed gives the same
claims.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta

FIRST_DAY = date(2030, 1, 1)
DAYS = 1200


def _listed(words: str) -> tuple[str, ...]:
    """The words or phrases that commas part."""
    return tuple(word.strip() for word in words.split(","))


_ONSETS = _listed("b, br, d, dr, f, g, gr, h, k, kr, l, m, n, p, pr, r, s, st, sk, t, tr, v, vr, z, sh, ch")
_VOWELS = _listed("a, e, i, o, u, ai, ei, ou, ar, or, an, en")
_ENDINGS = _listed("n, l, r, k, m, va, na, ra, sk, ta, rin, del, mar, nov, grad, bek, dal, tel, zan")
_GIVEN = _listed(
    "Ada, Bero, Cila, Dovan, Edda, Falk, Gerta, Hanno, Ilse, Joran, Kira, Lenn, Mira, Nils, Olaf, Petra, Runa, Ulf"
)
_ROLES = _listed(
    "mayor, governor, doctor, engineer, commander, teacher, driver, judge, lawyer, farmer, aid worker, spokesman"
)
_GROUPS = _listed(
    "brigade, battalion, front, council, union, militia, guard, league, committee, regiment, movement, coalition"
)
_SITES = _listed(
    """bridge, market, hospital, school, bakery, power station, grain store, water tower, railway station, customs post,
    mosque, church, barracks, airfield, fuel depot, pumping station, court house, radio mast, bus station, harbour,
    quarry, mill"""
)
_SIDES = _listed("northern, southern, eastern, western, old, new, central, upper, lower, outer")
_PEOPLE = _listed("people, civilians, soldiers, fighters, farmers, villagers, workers, students, prisoners, children")
_ARMS = _listed("shells, rockets, mortar rounds, an airstrike, a car bomb, artillery fire, a drone, gunfire, mines")
_GOODS = _listed("flour, medicine, diesel, tents, blankets, rice, seed potatoes, baby milk, chlorine, cement")

# kind -> (measure, wordings). ``{n}`` is the figure, which ``{counted}`` are.
_KINDS: dict[str, tuple[str, tuple[str, ...]]] = {
    "killed": (
        "killed",
        (
            "{n} {counted} were killed by {arms} near the {site} in {place} on {day}",
            "{arms} killed {n} {counted} at the {side} {site} of {place} on {day}",
            "{n} {counted} died on {day} when {arms} hit the {site} in {place}",
            "{day}: {n} {counted} dead after {arms} struck {place}, close to the {site}",
        ),
    ),
    "wounded": (
        "wounded",
        (
            "{n} {counted} were wounded when {arms} hit {place} on {day}",
            "{arms} wounded {n} {counted} at the {site} in {place} on {day}",
            "the hospital took in {n} {counted} hurt by {arms} in {place} on {day}",
        ),
    ),
    "detained": (
        "detained",
        (
            "the {group} detained {n} {counted} in {place} on {day}",
            "{n} {counted} were taken away by the {group} at a checkpoint outside {place} on {day}",
            "the {group} is holding {n} {counted} seized at the {site} of {place} on {day}",
        ),
    ),
    "displaced": (
        "displaced",
        (
            "{n} families fled {place} after {arms} fell on the {side} quarter on {day}",
            "fighting with the {group} drove {n} families from {place} on {day}",
            "{n} families left {place} for {other} on {day} because of {arms}",
        ),
    ),
    "destroyed": (
        "destroyed",
        (
            "{arms} destroyed {n} houses around the {site} in {place} on {day}",
            "{n} houses in the {side} part of {place} were flattened by {arms} on {day}",
        ),
    ),
    "taken": (
        "",
        (
            "the {group} took the {site} in {place} from the {rival} on {day}",
            "the {rival} lost the {side} {site} of {place} to the {group} on {day}",
            "the {site} in {place} fell to the {group} on {day} after the {rival} withdrew",
        ),
    ),
    "closed": (
        "",
        (
            "the {side} {site} at {place} was closed on {day} by order of the {group}",
            "the {group} shut the {site} in {place} on {day}",
            "nobody may use the {side} {site} of {place} since the {group} closed it on {day}",
        ),
    ),
    "convoy": (
        "",
        (
            "a convoy with {goods} for {place} was stopped by the {group} near {other} on {day}",
            "the {group} held back lorries carrying {goods} from {other} to {place} on {day}",
            "{goods} meant for {place} never arrived: the {group} turned the lorries round at {other} on {day}",
        ),
    ),
    "talks": (
        "",
        (
            "{person}, the {role} of {place}, met envoys of the {group} in {other} on {day}",
            "talks between the {group} and the {rival} in {other} ended without a result on {day}",
            "the {group} offered the {rival} a truce around {place} on {day}, {person} said",
        ),
    ),
    "outage": (
        "",
        (
            "{place} had no electricity on {day} after {arms} damaged the {site}",
            "the water supply of {place} failed on {day} because the {site} ran out of diesel",
            "{arms} cut the power of {place} and {other} on {day}",
        ),
    ),
    "appointed": (
        "",
        (
            "{person} became {role} of {place} on {day} with the backing of the {group}",
            "the {group} made {person} {role} in {place} on {day}",
        ),
    ),
    "strike": (
        "",
        (
            "{role}s in {place} stopped work on {day} in protest against the {group}",
            "a strike of {role}s closed the {site} of {place} on {day}, the {group} said",
        ),
    ),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Fact:
    """One thing that is said to have happened, in a region (which becomes a dossier)."""

    region: int
    kind: str
    words: dict[str, str]
    day: date
    number: int

    @property
    def measure(self) -> str:
        """What is counted as having happened; empty where nothing is."""
        return _KINDS[self.kind][0]

    @property
    def counted(self) -> str:
        """Whom or what the figure counts."""
        if not self.measure:
            return ""
        return {"displaced": "families", "destroyed": "houses"}.get(self.kind, self.words["counted"])

    @property
    def place(self) -> str:
        """Where."""
        return self.words["place"]

    @property
    def wordings(self) -> int:
        """In how many ways it can be said."""
        return len(_KINDS[self.kind][1])

    def said(self, wording: int) -> str:
        """The fact in one of its wordings."""
        return _KINDS[self.kind][1][wording % self.wordings].format(**self.words)


class World:
    """Regions with their places, groups and people, and what happens there."""

    def __init__(
        self, *, regions: int, places: int = 150, groups: int = 30, people: int = 60, seed: int = 1, happening: int = 1
    ) -> None:
        """``places``, ``groups`` and ``people`` are for each region. ``seed`` names them, ``happening`` moves them."""
        self._chance = random.Random(seed)
        self._regions = regions
        names = self._names()
        self._places = [[next(names) for _ in range(places)] for _ in range(regions)]
        self._groups = [
            [f"{next(names)} {self._chance.choice(_GROUPS)}" for _ in range(groups)] for _ in range(regions)
        ]
        self._people = [[f"{self._chance.choice(_GIVEN)} {next(names)}" for _ in range(people)] for _ in range(regions)]
        self._chance.seed(happening)

    def facts(self) -> Iterator[Fact]:
        """Facts without end. One region has half of them, and a few places of each region have most of its own."""
        while True:
            yield self._fact(0 if self._chance.random() < 0.5 else self._chance.randrange(self._regions))

    def _fact(self, region: int) -> Fact:
        pick = self._chance.choice
        day = FIRST_DAY + timedelta(days=self._chance.randrange(DAYS))
        number = max(2, int(self._chance.lognormvariate(2.5, 1.2)))
        group, rival = self._chance.sample(self._groups[region], 2)
        words = {
            "n": str(number), "counted": pick(_PEOPLE), "arms": pick(_ARMS), "site": pick(_SITES), "side": pick(_SIDES),
            "place": self._near(region), "other": self._near(region), "group": group, "rival": rival,
            "person": pick(self._people[region]), "role": pick(_ROLES), "goods": pick(_GOODS),
            "day": f"{day.day} {day:%B} {day.year}",
        }  # fmt: skip
        return Fact(region, pick(tuple(_KINDS)), words, day, number)

    def _near(self, region: int) -> str:
        places = self._places[region]
        return places[min(int(self._chance.expovariate(6 / len(places))), len(places) - 1)]

    def _names(self) -> Iterator[str]:
        """Names of two or three syllables, each once."""
        seen: set[str] = set()
        while True:
            syllables = self._chance.choice((2, 2, 3))
            name = "".join(self._chance.choice(_ONSETS) + self._chance.choice(_VOWELS) for _ in range(syllables - 1))
            name = (name + self._chance.choice(_ONSETS) + "a" + self._chance.choice(_ENDINGS)).capitalize()
            if name not in seen:
                seen.add(name)
                yield name
