"""What the words beside a figure say of what it counts."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tracker.analysis.conflict_counts import counts_besides, counts_part, has_risen


def figure(text: str) -> list[tuple[int, int]]:
    """Where the figure in brackets stands, once the brackets are gone."""
    found = re.search(r"\[(.+?)\]", text)
    assert found
    return [(found.start(), found.start() + len(found[1]))]


def bare(text: str) -> str:
    return text.replace("[", "").replace("]", "")


PARTS = [
    ("[Five] of the dead were bakers", True),
    ("[12] of them have no name yet", True),
    ("[Three children] were among those killed in Dravik", True),
    ("[Six] civilians are also among at least 22 victims", True),
    ("[two] of whom were guards", True),
    ("[15] of the 20 passengers died", False),
    ("[22] people were killed and six bakers were among them", False),
    ("[Nine] were killed. Guards were among the crowd", False),
    ("[Nine] were killed in one of the towns", False),
]


@pytest.mark.parametrize(("text", "part"), PARTS, ids=[row[0] for row in PARTS])
def test_a_figure_may_count_some_of_a_total(text, part):
    assert counts_part(bare(text), figure(text)) is part


RISEN = [
    ("The toll climbed to [12 people]", True),
    ("the number of dead has risen sharply to at least [40]", True),
    ("deaths went up to [9]", True),
    ("He rose to speak after [9] died", False),
    ("the toll is [9]", False),
]


@pytest.mark.parametrize(("text", "risen"), RISEN, ids=[row[0] for row in RISEN])
def test_a_total_may_have_risen_to_a_figure(text, risen):
    assert has_risen(bare(text), figure(text)) is risen


def test_a_figure_may_count_some_besides_others():
    assert counts_besides("another six were hurt", [(8, 11)])
    assert not counts_besides("more than six were hurt", [(10, 13)])


@given(st.text(max_size=200), st.integers(0, 250), st.integers(0, 250))
def test_any_text_and_any_place_have_an_answer(text, one, other):
    spans = [(min(one, other), max(one, other))]
    assert {counts_part(text, spans), has_risen(text, spans), counts_besides(text, spans)} <= {True, False}
