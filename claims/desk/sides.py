"""The matrix of a dossier: which sources take which side on its most telling claims, read from the database."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from claims.desk.matrix import Cell, Placed, cells, seriate
from claims.models import Claim, Source
from claims.services.standings import taken, vouching
from claims.services.weighing import weighed_positions
from claims.standing import Body

NO_PARTY = "-"  # asks for the sources that belong to none


@dataclass(frozen=True, slots=True)
class Speaker:
    """A body that speaks to some of the claims. ``source`` is a row to look it up by."""

    body: Body
    source: Source
    spoken_to: int


@dataclass(frozen=True, slots=True)
class Row:
    """A source's line in the table."""

    speaker: Speaker
    placed: Placed
    cells: tuple[tuple["Column", Cell], ...]


@dataclass(frozen=True, slots=True)
class Column:
    """A claim's column in the table. ``number`` is what the page calls it by."""

    number: int
    claim: Claim
    placed: Placed


@dataclass(frozen=True, slots=True)
class Bloc:
    """Sources that take one side, and the numbers of the claims that they share."""

    speakers: tuple[Speaker, ...]
    claims: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Matrix:
    """The table, in order. ``speakers`` says of how many sources ``rows`` are a part."""

    rows: tuple[Row, ...]
    columns: tuple[Column, ...]
    blocs: tuple[Bloc, ...]
    speakers: int


def matrix_of(claims: Sequence[Claim], *, party: str = "", start: int = 0, count: int = 40) -> Matrix:
    """The matrix of these claims and of ``count`` sources from place ``start`` on, those that speak to most first.

    ``party`` keeps to the sources of the party with this name, or of none (:data:`NO_PARTY`). Sources count as the
    bodies whose word they are, as in the claims' standings.
    """
    said, speakers = _said(claims)
    wanted = [one for one in speakers if party in ("", one.body.party or NO_PARTY)]
    shown = {one.body.key: one for one in wanted[start : start + count]}
    by_key = {str(claim.pk): claim for claim in claims}
    stances = {
        (key, claim): cell.stance for claim, of_claim in said.items() for key, cell in of_claim.items() if key in shown
    }
    order = seriate(stances, sources=shown, claims=by_key)
    columns = tuple(Column(i, by_key[one.key], one) for i, one in enumerate(order.claims, start=1))
    rows = tuple(
        Row(shown[one.key], one, tuple((c, said[c.placed.key].get(one.key, Cell())) for c in columns))
        for one in order.sources
    )
    return Matrix(rows, columns, _blocs(rows, columns), len(wanted))


def _said(claims: Sequence[Claim]) -> tuple[Mapping[str, Mapping[str, Cell]], list[Speaker]]:
    """What each body says of each claim, by their keys; and the bodies, those that speak to most first."""
    weighed = weighed_positions(claims)
    said: dict[str, Mapping[str, Cell]] = {}
    bodies: dict[str, tuple[Body, Source]] = {}
    for claim in claims:
        positions = [(taken(position), position.statement) for position in weighed.get(claim.pk, ())]
        said[str(claim.pk)] = cells(one for one, _statement in positions)
        for one, statement in positions:
            bodies.setdefault(one.source.key, (one.source, vouching(statement).root))
    spoken = {key: sum(key in of_claim for of_claim in said.values()) for key in bodies}
    speakers = [Speaker(body, source, spoken[key]) for key, (body, source) in bodies.items() if spoken[key]]
    return said, sorted(speakers, key=lambda one: (-one.spoken_to, one.body.name, one.body.key))


def _blocs(rows: Sequence[Row], columns: Sequence[Column]) -> tuple[Bloc, ...]:
    numbers = dict.fromkeys(one.placed.bloc for one in rows if one.placed.bloc)
    return tuple(
        Bloc(
            tuple(row.speaker for row in rows if row.placed.bloc == number),
            tuple(column.number for column in columns if column.placed.bloc == number),
        )
        for number in numbers
    )
