"""Sources are told apart by colour and by letter."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from claims.desk.colouring import COLOURS, colours, letters, names


@pytest.mark.parametrize(
    ("number", "name"), [(0, "A"), (25, "Z"), (26, "AA"), (51, "AZ"), (52, "BA"), (701, "ZZ"), (702, "AAA")]
)
def test_letters_count_on_after_z(number, name):
    assert letters(number) == name


@given(st.sets(st.text(max_size=8), max_size=COLOURS))
def test_no_two_of_a_few_sources_share_a_colour(keys):
    found = colours(keys)
    assert len(set(found.values())) == len(keys)
    assert all(0 <= colour < COLOURS for colour in found.values())


@given(st.lists(st.text(max_size=8), max_size=30), st.randoms())
def test_the_colours_do_not_depend_on_the_order(keys, chance):
    shuffled = list(keys)
    chance.shuffle(shuffled)
    assert colours(keys) == colours(shuffled)


def test_a_source_alone_keeps_its_colour_beside_others():
    alone = colours(["the-ministry"])["the-ministry"]
    assert colours(["a", "the-ministry"])["the-ministry"] == alone or colours(["a"])["a"] == alone


def test_more_sources_than_colours_share_them():
    found = colours(str(n) for n in range(100))
    assert len(found) == 100
    assert set(found.values()) == set(range(COLOURS))


def test_letters_follow_the_order_of_the_text():
    assert names(["tv", "army", "tv", None]) == {"tv": "A", "army": "B", None: "C"}
