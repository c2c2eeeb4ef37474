"""Which attribution stands inside which."""

from hypothesis import given
from hypothesis import strategies as st

from tracker.analysis.nesting import in_order
from tracker.analysis.spans import Attribution


def attribution(cue, *content):
    return Attribution(source=(), cue=((cue, cue + 1),), content=content)


def ancestors(found, index):
    seen = []
    while (index := found[index].parent) is not None and index not in seen:
        seen.append(index)
    return seen


def test_the_smallest_content_around_a_cue_is_its_parent():
    outer, inner, innermost = attribution(0, (10, 90)), attribution(12, (20, 60)), attribution(25, (30, 40))
    assert [each.parent for each in in_order([innermost, outer, inner])] == [None, 0, 1]


def test_three_that_hold_each_others_cues_are_no_circle():
    found = in_order([attribution(5, (10, 20)), attribution(15, (30, 40)), attribution(35, (0, 8), (50, 52))])
    assert all(index not in ancestors(found, index) for index in range(3))


@given(st.lists(st.tuples(st.integers(0, 30), st.integers(0, 30), st.integers(1, 12)), max_size=12))
def test_nothing_is_ever_its_own_ancestor(rows):
    found = in_order([attribution(cue, (start, start + length)) for cue, start, length in rows])
    assert all(index not in ancestors(found, index) for index in range(len(found)))
