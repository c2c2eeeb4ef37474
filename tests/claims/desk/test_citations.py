"""The drawing of who cites whom: words come from the right, circles are marked, and it stays small."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from claims.desk.citations import BOX, Cites, draw, gathered

PAIRS = st.lists(
    st.tuples(st.sampled_from("abcdefgh"), st.sampled_from("abcdefgh"), st.integers(0, 5), st.integers(0, 2))
)


def drawn(*pairs, most=30):
    return draw([Cites(citing, cited, 1) for citing, cited in pairs], most=most)


def test_citations_of_one_pair_are_added_up_and_nobody_cites_itself():
    found = gathered(
        [Cites("post", "army", 2), Cites("post", "army", 1, 1), Cites("post", "post", 9), Cites("army", "post", 1)]
    )
    assert found == [Cites("post", "army", 3, 1), Cites("army", "post", 1)]


def test_words_come_from_the_right():
    x = {node.key: node.x for node in drawn(("copyist", "post"), ("post", "army"), ("gazette", "army")).nodes}
    assert x["copyist"] < x["post"] < x["army"]
    assert x["gazette"] == x["post"]


def test_those_who_cite_each_other_in_a_circle_are_marked_and_others_not():
    found = drawn(("post", "gazette"), ("gazette", "herald"), ("herald", "post"), ("herald", "army"))
    assert found.circles == (("gazette", "herald", "post"),)
    assert {node.key for node in found.nodes if node.circular} == {"gazette", "herald", "post"}
    assert {(line.cites.citing, line.cites.cited) for line in found.lines if line.cites.circular} == {
        ("post", "gazette"), ("gazette", "herald"), ("herald", "post")
    }  # fmt: skip


def test_only_the_busiest_are_drawn_and_the_rest_is_counted():
    pairs = [(f"outlet{i}", "army") for i in range(9)] + [("outlet3", "navy"), ("outlet3", "navy")]
    found = drawn(*pairs, most=3)
    assert {node.key for node in found.nodes} == {"army", "outlet3", "navy"}
    assert found.left_out == 8


def test_a_busy_line_is_thicker():
    lines = draw([Cites("post", "army", 16), Cites("gazette", "army", 1)], most=9).lines
    assert lines[0].cites.citing == "post"
    assert lines[0].width > lines[1].width >= 1


def test_nothing_to_draw_is_an_empty_drawing():
    found = draw([], most=9)
    assert found.nodes == found.lines == found.circles == ()
    assert found.width > 0
    assert found.height > 0


@given(PAIRS, st.randoms(), st.integers(1, 8))
def test_any_citations_are_drawn_alike_in_any_order_within_the_picture_and_without_overlap(pairs, chance, most):
    citations = [Cites(*pair) for pair in pairs]
    found = draw(citations, most=most)
    chance.shuffle(citations)
    assert draw(citations, most=most) == found
    assert len(found.nodes) <= most
    assert len({(node.x, node.y) for node in found.nodes}) == len(found.nodes)
    assert all(0 <= node.x <= found.width - BOX[0] and 0 <= node.y <= found.height - BOX[1] for node in found.nodes)
    x = {node.key: node.x for node in found.nodes}
    assert all(x[one.cites.citing] < x[one.cites.cited] or one.cites.circular for one in found.lines)


@pytest.mark.parametrize("pair", [("post", "army"), ("army", "post")])
def test_two_that_cite_each_other_have_two_lines_that_differ(pair):
    found = drawn(("post", "army"), ("army", "post"))
    assert len({line.path for line in found.lines}) == 2
    assert pair in {(line.cites.citing, line.cites.cited) for line in found.lines}
