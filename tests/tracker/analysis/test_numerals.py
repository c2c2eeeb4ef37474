"""Numbers in plain text, and the words that bound them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tracker.analysis.numerals import find_numerals, value_of


@pytest.mark.parametrize(
    ("text", "bounds"),
    [
        ("at least 17 houses", (17, 17, None)),
        ("no fewer than a hundred men", (100, 100, None)),
        ("more than 80 000 dead", (80_000, 80_000, None)),
        ("some 30\u00a0000 civilians", (None, 30_000, None)),
        ("30\u202f000 civilians", (30_000, 30_000, 30_000)),
        ("30\u2009000 civilians", (30_000, 30_000, 30_000)),
        ("30,000 civilians", (30_000, 30_000, 30_000)),
        ("2.5 million displaced", (2_500_000, 2_500_000, 2_500_000)),
        ("forty-eight fighters", (48, 48, 48)),
        ("two hundred and fifty-one people", (251, 251, 251)),
        ("a dozen men", (12, 12, 12)),
        ("half a dozen men", (6, 6, 6)),
        ("dozens of men", (12, None, None)),
        ("hundreds of men", (100, None, None)),
        ("thousands of noncombatants", (1_000, None, None)),
        ("tens of thousands of refugees", (10_000, None, None)),
        ("between 10 and 15 men", (10, None, 15)),
        ("10 to 15 men", (10, None, 15)),
        ("10–15 men", (10, None, 15)),
        ("2 to 3 million people", (2_000_000, None, 3_000_000)),
        ("up to 30 people", (None, None, 30)),
        ("as many as 30 people", (None, None, 30)),
        ("nearly 400 people", (None, 400, 400)),
        ("17 or more people", (17, 17, None)),
        ("at least another 12 people", (12, 12, None)),
    ],
)
def test_a_number_is_read_with_its_bounds(text: str, bounds: tuple[float | None, ...]) -> None:
    (numeral,) = find_numerals(text)
    assert (numeral.low, numeral.best, numeral.high) == bounds


@pytest.mark.parametrize(
    "text",
    [
        "on 19 May 2031",
        "on May 19, 2031",
        "since 2011",
        "In March 2027 and later",
        "a 25-year-old driver",
        "the guard, aged 52, spoke",
        "at 10:30",
        "at 3 p.m. on Sunday",
        "two F-16 jets"[4:],
        "the 3rd brigade",
        "one of the men",
        "no one came",
        "Resolution 2118",
        "call 555-1234",
        "the 1990s",
    ],
)
def test_what_counts_nothing_is_no_numeral(text: str) -> None:
    assert find_numerals(text) == []


def test_the_day_of_a_date_is_not_glued_to_the_count_after_it() -> None:
    assert [n.best for n in find_numerals("on May 19 300 people fled Torvik")] == [300]


def test_a_number_that_looks_like_a_year_counts_what_follows_it() -> None:
    assert [n.best for n in find_numerals("The camp holds 2000 people.")] == [2000]


def test_money_and_percentages_say_so() -> None:
    money, share = find_numerals("It cost US$ 4.5 billion, or 12 percent of the budget.")
    assert (money.currency, money.best) == ("USD", 4.5e9)
    assert (share.percent, share.best) == (True, 12)


@pytest.mark.parametrize("text", ["", "and", "1.2.3.x", "twelve angry", "9" * 40])
def test_what_is_no_number_has_no_value(text: str) -> None:
    assert value_of(text) is None


PIECES = st.sampled_from(
    ["at least", "10", "40 000", "1,2,3", "-", "to", "between", "and", "a dozen", "May", "2013", "%", "$", "of",
     "thousands", "several", "one", "\u00a0", "people", "half a", "٣", "²", "."]
)  # fmt: skip


@given(st.one_of(st.text(max_size=200), st.lists(PIECES, max_size=12).map(" ".join)))
def test_any_text_gives_ordered_spans_inside_it(text: str) -> None:
    numerals = find_numerals(text)
    assert numerals == find_numerals(text)
    position = 0
    for numeral in numerals:
        assert position <= numeral.number_start < numeral.end <= len(text)
        assert 0 <= numeral.start <= numeral.number_start
        position = numeral.end
