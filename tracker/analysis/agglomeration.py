"""Average-link clustering of a sparse graph: the nearest two clusters are joined until none are near enough.

Average link (Sokal and Michener 1958, as UPGMA) because single link chains: one report of two events is enough to make
them one. A pair without an edge counts as ``absent``, so a cluster joins another only if enough of their pairs agree.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterable

Edge = tuple[int, int, float]


def average_link(size: int, edges: Iterable[Edge], *, threshold: float, absent: float) -> list[list[int]]:
    """Return the clusters of ``range(size)``, each in order, by their first members.

    An edge is ``(one, other, score)``, each pair at most once; those that score no more than ``absent`` say nothing.
    Two clusters are joined while the average score of their pairs is at least ``threshold``, which must lie above
    ``absent``; of equal averages those of the lower-numbered clusters come first. Takes about e log e for e edges.
    """
    links: list[dict[int, float]] = [{} for _ in range(size)]  # sums of scores above ``absent``, by the other cluster
    waiting: list[tuple[float, int, int]] = []
    for one, other, score in edges:
        if score > absent:
            links[one][other] = links[other][one] = score - absent
            if score >= threshold:
                waiting.append((-score, *sorted((one, other))))  # type: ignore[arg-type]
    heapq.heapify(waiting)
    members: list[list[int] | None] = [[index] for index in range(size)]
    while waiting:
        _, one, other = heapq.heappop(waiting)
        first, second = members[one], members[other]
        if first is None or second is None:
            continue  # joined to something else since
        joined = len(members)
        members[one] = members[other] = None
        members.append([*first, *second])
        links.append(_merged(links, one, other))
        for neighbour, total in links[joined].items():
            near = links[neighbour]
            near.pop(one, None)
            near.pop(other, None)
            near[joined] = total
            average = total / (len(members[neighbour] or ()) * (len(first) + len(second))) + absent
            if average >= threshold:
                heapq.heappush(waiting, (-average, neighbour, joined))
    return sorted(sorted(cluster) for cluster in members if cluster is not None)


def _merged(links: list[dict[int, float]], one: int, other: int) -> dict[int, float]:
    """The links of two clusters as those of one; the two forget theirs."""
    fewer, more = sorted((links[one], links[other]), key=len)
    links[one], links[other] = {}, {}
    for neighbour, total in fewer.items():
        more[neighbour] = more.get(neighbour, 0.0) + total
    more.pop(one, None)
    more.pop(other, None)
    return more
