"""Who cites whom, as a drawing: from those who pass on, at the left, to where words come from. Pure: no Django.

Whoever cites stands to the left of whom it cites. Those who cite each other in a circle share a column and are marked:
a circle has no origin in it (see :mod:`claims.standing`).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import networkx as nx

BOX = (180, 30)  # width and height of a node
COLUMN, ROW, MARGIN = 230, 44, 16  # distances between nodes
BEND = 46  # how far the line between two nodes of one column goes out
SWEEPS = 6  # how often the columns are put in the order of their neighbours


@dataclass(frozen=True, slots=True)
class Cites:
    """One body passes on another's word: in so many statements, and by copying so many of its documents."""

    citing: str
    cited: str
    statements: int = 0
    copies: int = 0
    circular: bool = False

    @property
    def weight(self) -> int:
        """How often, in all."""
        return self.statements + self.copies


@dataclass(frozen=True, slots=True)
class Node:
    """A body as a box: its left upper corner, and how often it cites and is cited among those drawn."""

    key: str
    x: int
    y: int
    circular: bool
    cites: int
    cited: int


@dataclass(frozen=True, slots=True)
class Line:
    """A citation as a curve: an SVG path, and a width in pixels."""

    cites: Cites
    path: str
    width: float


@dataclass(frozen=True, slots=True)
class Drawing:
    """The whole picture, in pixels. ``left_out`` bodies were too many to be drawn."""

    nodes: tuple[Node, ...]
    lines: tuple[Line, ...]
    circles: tuple[tuple[str, ...], ...]
    left_out: int
    width: int
    height: int


def gathered(citations: Iterable[Cites]) -> list[Cites]:
    """One citation for each pair of bodies, the most frequent first; nobody cites itself."""
    sums: dict[tuple[str, str], list[int]] = defaultdict(lambda: [0, 0])
    for one in citations:
        if one.citing != one.cited and one.weight:
            sums[one.citing, one.cited][0] += one.statements
            sums[one.citing, one.cited][1] += one.copies
    found = [Cites(citing, cited, statements, copies) for (citing, cited), (statements, copies) in sums.items()]
    return sorted(found, key=lambda c: (-c.weight, c.citing, c.cited))


def draw(citations: Iterable[Cites], *, most: int) -> Drawing:
    """Lay out the ``most`` busiest bodies and who of them cites whom. The same citations give the same drawing."""
    every = gathered(citations)
    busy: dict[str, int] = defaultdict(int)
    for one in every:
        busy[one.citing] += one.weight
        busy[one.cited] += one.weight
    kept = sorted(busy, key=lambda key: (-busy[key], key))[:most]
    among = [one for one in every if one.citing in kept and one.cited in kept]
    graph: nx.DiGraph[str] = nx.DiGraph()
    graph.add_nodes_from(sorted(kept))
    graph.add_edges_from((one.citing, one.cited) for one in among)
    circles = sorted(tuple(sorted(group)) for group in nx.strongly_connected_components(graph) if len(group) > 1)
    together = {key: circle for circle in circles for key in circle}
    columns = _columns(graph)
    places = {
        key: (MARGIN + x * COLUMN, MARGIN + y * ROW) for x, column in enumerate(columns) for y, key in enumerate(column)
    }
    lines = tuple(
        _line(Cites(c.citing, c.cited, c.statements, c.copies, c.cited in together.get(c.citing, ())), places, among[0])
        for c in among
    )
    nodes = tuple(
        Node(
            key, *places[key], key in together,
            sum(c.weight for c in among if c.citing == key), sum(c.weight for c in among if c.cited == key),
        )
        for column in columns for key in column
    )  # fmt: skip
    # Lines between two boxes of the last column go out to their right.
    bent = any(node.circular and node.key in columns[-1] for node in nodes)
    return Drawing(
        nodes,
        lines,
        tuple(circles),
        len(busy) - len(kept),
        2 * MARGIN + max(len(columns) - 1, 0) * COLUMN + BOX[0] + BEND * bent,
        2 * MARGIN + max((len(column) for column in columns), default=1) * ROW - (ROW - BOX[1]),
    )


def _columns(graph: nx.DiGraph) -> list[list[str]]:
    """The bodies by column, each column in an order that crosses few lines. Origins are in the last column."""
    condensed = nx.condensation(graph)
    depth = {
        key: generation
        for generation, groups in enumerate(nx.topological_generations(condensed.reverse(copy=False)))
        for group in groups
        for key in condensed.nodes[group]["members"]
    }
    deepest = max(depth.values(), default=0)
    columns = [sorted(key for key in depth if deepest - depth[key] == x) for x in range(deepest + 1)] if depth else []
    neighbours = {key: sorted({*graph.predecessors(key), *graph.successors(key)}) for key in graph}
    for _sweep in range(SWEEPS):
        for i, column in enumerate(columns):
            height = {key: _share(y, others) for others in columns for y, key in enumerate(others)}
            columns[i] = sorted(column, key=lambda key: (_mean(neighbours[key], height), height[key], key))
    return columns


def _share(y: int, column: Sequence[str]) -> float:
    """How far down a node is in its column: columns of different lengths are compared."""
    return (y + 0.5) / len(column)


def _mean(neighbours: Sequence[str], height: Mapping[str, float]) -> float:
    """Where a node is drawn to; the middle for one without neighbours. Rounded, so that ties are ties."""
    return round(sum(height[key] for key in neighbours) / len(neighbours), 9) if neighbours else 0.5


def _line(cites: Cites, places: Mapping[str, tuple[int, int]], busiest: Cites) -> Line:
    width, height = BOX
    (x1, y1), (x2, y2) = places[cites.citing], places[cites.cited]
    middle = height // 2
    start, end = (x1 + width, y1 + middle), (x2, y2 + middle)
    if x1 == x2:  # of one column: out at the right and back in, above or below the middle so that two lines differ
        shift = 5 if y1 < y2 else -5
        start, end = (x1 + width, y1 + middle + shift), (x2 + width, y2 + middle + shift)
        bends = (start[0] + BEND, start[1], end[0] + BEND, end[1])
    else:
        half = (end[0] - start[0]) // 2
        bends = (start[0] + half, start[1], end[0] - half, end[1])
    path = "M{} {} C{} {} {} {} {} {}".format(*start, *bends, *end)
    return Line(cites, path, round(1 + 3 * (cites.weight / busiest.weight) ** 0.5, 1))
