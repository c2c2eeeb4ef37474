"""Who takes which side on which claims, put into an order in which blocs become visible. Pure: no Django.

Sources and claims are the two kinds of nodes of one graph, in which a source is tied to a claim that it supports by
+1 and to one that it refutes by -1. Parts of the graph that nothing ties together are taken one by one, the largest
first. Within a part, the eigenvector of the signed Laplacian (Kunegis and others, 2010) with the smallest eigenvalue
has one sign on one side and the other sign on the other: exactly so where nobody breaks ranks, and as nearly as
possible where somebody does. The next eigenvector, turned to the same side, is the Fiedler vector of what holds a side
together and orders its members. So a bloc's supports form one block of the table, and its refutations another.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from scipy.sparse import csr_array
from scipy.sparse.csgraph import connected_components

from claims.standing import REFUTES, REPORTS, SUPPORTS, Taken

SILENT = "silent"
STANCES = (SUPPORTS, REFUTES, REPORTS, SILENT)
# A mere report takes no side, so it says nothing about blocs.
_WEIGHTS = {SUPPORTS: 1.0, REFUTES: -1.0}
_DIGITS = 6  # below them eigenvectors are noise


@dataclass(frozen=True, slots=True)
class Cell:
    """What one source says of one claim. ``changed``: it said the opposite before."""

    stance: str = SILENT
    statements: int = 0
    changed: bool = False


@dataclass(frozen=True, slots=True)
class Placed:
    """A source or a claim in its place. ``bloc`` counts from 1; 0 for those that take no side."""

    key: str
    bloc: int
    first: bool  # of its bloc


@dataclass(frozen=True, slots=True)
class Seriated:
    """Sources and claims in the order to show them."""

    sources: tuple[Placed, ...]
    claims: tuple[Placed, ...]


def cells(taken: Iterable[Taken]) -> dict[str, Cell]:
    """What each body says of one claim, by the body's key: its latest word; a report only where there is no other.

    What was retracted or dropped says nothing. Of one moment, the denial counts, as in the claim's standing.
    """
    said: dict[str, list[Taken]] = {}
    for one in sorted((t for t in taken if t.stands), key=lambda t: (t.at, t.stance == REFUTES, t.position)):
        said.setdefault(one.source.key, []).append(one)
    found = {}
    for key, words in said.items():
        sides = [t.stance for t in words if t.stance != REPORTS]
        found[key] = Cell(sides[-1] if sides else REPORTS, len(words), len(set(sides)) > 1)
    return found


def seriate(stances: Mapping[tuple[str, str], str], *, sources: Iterable[str], claims: Iterable[str]) -> Seriated:
    """Put sources and claims in order; ``stances`` gives what a (source, claim) says where it is not silent.

    The order of what is handed in does not matter. Those that take no side come last, by their keys.
    """
    rows, columns = sorted(set(sources)), sorted(set(claims))
    ties = np.zeros((len(rows), len(columns)))
    for i, source in enumerate(rows):
        for j, claim in enumerate(columns):
            ties[i, j] = _WEIGHTS.get(stances.get((source, claim), SILENT), 0.0)
    blocs = _blocs(_joined(ties))
    placed = [(node, bloc) for bloc, members in enumerate(blocs, start=1) for node in members]
    told = {node for node, _bloc in placed}
    placed += [(node, 0) for node in range(len(rows) + len(columns)) if node not in told]
    return Seriated(
        _placed([(rows[node], bloc) for node, bloc in placed if node < len(rows)]),
        _placed([(columns[node - len(rows)], bloc) for node, bloc in placed if node >= len(rows)]),
    )


def _placed(in_order: Sequence[tuple[str, int]]) -> tuple[Placed, ...]:
    before = [None, *(bloc for _key, bloc in in_order)]
    return tuple(Placed(key, bloc, bloc != last) for (key, bloc), last in zip(in_order, before, strict=False))


def _joined(ties: np.ndarray) -> np.ndarray:
    """The symmetric matrix of the graph of sources, which come first, and claims."""
    rows, columns = ties.shape
    joined = np.zeros((rows + columns, rows + columns))
    joined[:rows, rows:] = ties
    joined[rows:, :rows] = ties.T
    return joined


def _blocs(joined: np.ndarray) -> list[list[int]]:
    """The nodes with ties by bloc, blocs and members in their order."""
    _count, labels = connected_components(csr_array(joined != 0), directed=False)
    parts: dict[int, list[int]] = {}
    for node, label in enumerate(labels):
        parts.setdefault(int(label), []).append(node)
    tied = [part for part in parts.values() if len(part) > 1]
    in_order = sorted(tied, key=lambda part: (-len(part), part))
    return [side for part in in_order for side in _sides(part, joined[np.ix_(part, part)])]


def _sides(part: Sequence[int], joined: np.ndarray) -> list[list[int]]:
    """The sides within one connected part, the one with more nodes first, members in their order."""
    scale = np.sqrt(np.abs(joined).sum(axis=1))
    laplacian = np.eye(len(part)) - joined / np.outer(scale, scale)
    vectors = np.linalg.eigh(laplacian)[1]  # by eigenvalue, the smallest first
    sides = np.sign(np.round(vectors[:, 0] / scale, _DIGITS))
    along = np.round(vectors[:, 1] / scale * np.where(sides == 0, 1, sides), _DIGITS)
    if along[np.argmax(np.abs(along))] < 0:  # which way an eigenvector points is arbitrary
        along = -along
    members = [[i for i in range(len(part)) if sides[i] == side] for side in (1, 0, -1)]
    in_order = sorted((side for side in members if side), key=lambda side: (-len(side), side))
    return [[part[i] for i in sorted(side, key=lambda i: (-along[i], i))] for side in in_order]
