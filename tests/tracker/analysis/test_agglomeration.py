"""Average link over a sparse graph."""

import time
from itertools import combinations

from hypothesis import given
from hypothesis import strategies as st

from tracker.analysis.agglomeration import Edge, average_link


def clusters(size: int, edges: list[Edge], threshold: float = 0.0) -> list[list[int]]:
    return average_link(size, edges, threshold=threshold, absent=-4.0)


def test_pairs_that_score_enough_are_joined_and_others_stay_alone() -> None:
    assert clusters(4, [(0, 2, 1.0), (1, 3, -0.5)]) == [[0, 2], [1], [3]]


def test_one_good_pair_does_not_chain_two_clusters() -> None:
    pairs = [(0, 1, 3.0), (2, 3, 3.0), (1, 2, 2.0)]
    assert clusters(4, pairs) == [[0, 1], [2, 3]]  # 2 and three absent pairs average -2.5


def test_enough_good_pairs_do() -> None:
    pairs = [(0, 1, 3.0), (2, 3, 3.0), (1, 2, 2.0), (0, 2, 2.0), (0, 3, 1.0)]
    assert clusters(4, pairs) == [[0, 1, 2, 3]]


def test_the_nearest_are_joined_first() -> None:
    assert clusters(3, [(0, 1, 1.0), (1, 2, 2.0)]) == [[0], [1, 2]]


def test_scores_no_better_than_none_say_nothing() -> None:
    assert clusters(2, [(0, 1, -9.0)]) == [[0], [1]]


def test_nothing_has_no_clusters() -> None:
    assert clusters(0, []) == []


GRAPHS = st.integers(1, 9).flatmap(
    lambda size: st.tuples(
        st.just(size),
        st.dictionaries(st.sampled_from([*combinations(range(size), 2)] or [(0, 0)]), st.integers(-6, 6)).map(
            lambda found: [(one, other, float(s)) for (one, other), s in found.items() if one != other]
        ),
    )
)


@given(GRAPHS)
def test_every_member_is_in_one_cluster_and_no_two_clusters_are_near_enough(graph: tuple[int, list[Edge]]) -> None:
    size, edges = graph
    found = clusters(size, edges)
    assert sorted(member for cluster in found for member in cluster) == list(range(size))
    scores = {(one, other): max(score, -4.0) for one, other, score in edges}
    for first, second in combinations(found, 2):
        total = sum(scores.get((min(a, b), max(a, b)), -4.0) for a in first for b in second)
        assert total / (len(first) * len(second)) < 0.0


@given(GRAPHS)
def test_the_order_of_the_edges_changes_nothing(graph: tuple[int, list[Edge]]) -> None:
    size, edges = graph
    assert clusters(size, edges) == clusters(size, [(other, one, score) for one, other, score in reversed(edges)])


def test_a_long_chain_and_a_large_cluster_take_moments() -> None:
    start = time.process_time()
    chain = [(index, index + 1, 1.0) for index in range(20_000)]
    assert len(clusters(20_001, chain)) > 5_000
    full = [(one, other, 1.0) for one, other in combinations(range(400), 2)]
    assert len(clusters(400, full)) == 1
    assert time.process_time() - start < 20
