"""Which states a text names."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tracker.analysis.regions import regions_in


@pytest.mark.parametrize(
    ("text", "states"),
    [
        ("A mill burned in Marlow, Ohio.", {"Ohio"}),
        ("MARLOW, Ala. — A mill burned.", {"Alabama"}),
        ("A mill burned in Marlow, TX, on Monday.", {"Texas"}),
        ("They drove from West Virginia to Virginia.", {"West Virginia", "Virginia"}),
        ("MARLOW, W.Va. (Wire)", {"West Virginia"}),
        ("He said Miss. Brant was IN the mill, OR near it.", set()),
        ("They drove through Ohioan fields.", set()),
        ("A mill burned in Karsk.", set()),
    ],
)
def test_states_are_named_in_full_or_abbreviated_after_a_town(text: str, states: set[str]) -> None:
    assert set(regions_in(text)) == states


def test_a_state_named_twice_counts_twice() -> None:
    assert regions_in("Marlow, Ohio, is the driest town of Ohio.") == {"Ohio": 2}


@given(st.text())
def test_any_text_is_read(text: str) -> None:
    assert all(times > 0 for times in regions_in(text).values())
