"""The timeline of a claim: who entered it into the record, and under each the echoes that add no origin. Pure.

What counts and what does not is said by the claim's standing (``claims.standing``), as it is kept with the claim; this
only puts its parts in order.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from claims.standing import CHAIN, REFUTES, SUPPORTS

SIDES = ((SUPPORTS, "supporting"), (REFUTES, "refuting"))


@dataclass(frozen=True, slots=True)
class Mark:
    """What is known of every position before any of it is read: its id, its stance, and when it was said."""

    position: str
    stance: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Echo:
    """A position that adds no origin: why, as the standing's rules call it, and in words."""

    position: str
    reason: str = ""
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the timeline. ``position`` stands for it; ``echoes`` are folded into it, earliest first.

    ``names`` are those of the origin that it is, none for a position that is no part of any; ``reason`` and ``detail``
    then say why not. ``circular`` origins only cite each other.
    """

    position: str
    stance: str
    at: datetime
    names: tuple[str, ...] = ()
    parties: tuple[str, ...] = ()
    circular: bool = False
    reason: str = ""
    detail: str = ""
    echoes: tuple[Echo, ...] = ()

    @property
    def counted(self) -> bool:
        """Whether it is an origin."""
        return bool(self.names)


def fold(marks: Sequence[Mark], explanation: Mapping[str, Any]) -> list[Entry]:
    """The positions as a timeline, earliest first: each origin with its echoes, and what is part of none.

    ``explanation`` is ``Standing.as_json()``, or only its ``supporting`` and ``refuting``, as the ledger keeps them. A
    position that it does not name, since nobody weighed it, is a line of its own without a reason.
    """
    known = {mark.position: mark for mark in marks}
    discounted = {
        one["position"]: Echo(one["position"], one["reason"], one["detail"])
        for one in explanation.get("discounted", [])
    }
    entries = [*_origins(known, explanation, discounted)]
    inside = {e.position for e in entries} | {echo.position for e in entries for echo in e.echoes}
    for mark in marks:
        if mark.position not in inside:
            why = discounted.get(mark.position, Echo(mark.position))
            entries.append(Entry(mark.position, mark.stance, mark.at, reason=why.reason, detail=why.detail))
    return sorted(entries, key=lambda e: (e.at, e.stance, e.position))


def _origins(
    known: Mapping[str, Mark], explanation: Mapping[str, Any], discounted: Mapping[str, Echo]
) -> Iterator[Entry]:
    """An entry for each origin that has a known position, with its echoes."""
    for stance, side in SIDES:
        origins = explanation.get(side, [])
        chains = [
            echo
            for echo in discounted.values()
            if echo.reason == CHAIN and echo.position in known and known[echo.position].stance == stance
        ]
        for number, origin in enumerate(origins):
            members = [one for one in origin["positions"] if one in known]
            if not members:
                continue
            head = members[0]
            rest = [discounted.get(one, Echo(one)) for one in members[1:]]
            rest += [echo for echo in chains if _rests_on(echo, origins) == number]
            yield Entry(
                head,
                stance,
                known[head].at,
                names=tuple(origin["names"]),
                parties=tuple(origin.get("parties", ())),
                circular=bool(origin.get("circular")),
                echoes=tuple(sorted(rest, key=lambda echo: (known[echo.position].at, echo.position))),
            )


def _rests_on(echo: Echo, origins: Sequence[Mapping[str, Any]]) -> int | None:
    """The first of these origins that a chain's words name, by its place in the list; ``None`` if they name none.

    A chain says in words which bodies it rests on. An origin's label is a body's name, or somebody's and then the
    body's: "the mayor of Sarn, Town of Sarn".
    """
    told = f"{echo.detail.removeprefix('its own report rests on ')}, "
    for number, origin in enumerate(origins):
        for label in origin["names"]:
            parts = label.split(", ")
            names = (", ".join(parts[n:]) for n in range(len(parts)))
            if any(told.startswith(f"{name}, ") or f", {name}, " in told for name in names):
                return number
    return None
