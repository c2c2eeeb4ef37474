"""Dates in or near a span, resolved against the day of publication."""

from datetime import date

import pytest
import spacy
from hypothesis import given
from hypothesis import strategies as st

from tracker.analysis.periods import find_period, periods_in

MONDAY = date(2031, 6, 9)
NLP = spacy.blank("en")


@pytest.mark.parametrize(
    ("text", "first", "last"),
    [
        ("late on Saturday", date(2031, 6, 7), date(2031, 6, 7)),
        ("on Monday", date(2031, 6, 9), date(2031, 6, 9)),
        ("last Monday", date(2031, 6, 2), date(2031, 6, 2)),
        ("yesterday", date(2031, 6, 8), date(2031, 6, 8)),
        ("overnight", date(2031, 6, 8), date(2031, 6, 9)),
        ("last week", date(2031, 6, 2), date(2031, 6, 8)),
        ("earlier this month", date(2031, 6, 1), date(2031, 6, 9)),
        ("last month", date(2031, 5, 1), date(2031, 5, 31)),
        ("three days ago", date(2031, 6, 6), date(2031, 6, 6)),
        ("over the past two weeks", date(2031, 5, 26), date(2031, 6, 9)),
        ("in the past 24 hours", date(2031, 6, 8), date(2031, 6, 9)),
        ("on 19 May", date(2031, 5, 19), date(2031, 5, 19)),
        ("on May 19", date(2031, 5, 19), date(2031, 5, 19)),
        ("on December 30", date(2030, 12, 30), date(2030, 12, 30)),
        ("in March", date(2031, 3, 1), date(2031, 3, 31)),
        ("in early July", date(2031, 7, 1), date(2031, 7, 31)),
        ("since March 2029", date(2029, 3, 1), MONDAY),
    ],
)
def test_an_expression_is_resolved_against_the_day_of_publication(text: str, first: date, last: date) -> None:
    ((_, period),) = periods_in(f"Shelling went on {text}.", MONDAY)
    assert (period.first, period.last) == (first, last)


@pytest.mark.parametrize(
    ("text", "day"),
    [("May 19, 2030", date(2030, 5, 19)), ("19 May 2030", date(2030, 5, 19)), ("2030-05-19", date(2030, 5, 19))],
)
def test_a_full_date_needs_no_day_of_publication(text: str, day: date) -> None:
    ((_, period),) = periods_in(text, None)
    assert period.first == period.last == day


@pytest.mark.parametrize("text", ["on Sunday", "last week", "19 May", "yesterday", "two days ago"])
def test_a_relative_date_without_a_day_of_publication_is_unknown(text: str) -> None:
    assert periods_in(text, None) == []


def test_a_day_that_does_not_exist_is_no_date() -> None:
    assert periods_in("31 June 2030", MONDAY) == []


def test_a_date_in_the_span_wins_over_one_beside_it() -> None:
    text = "On Friday a medic said that nine people died on Saturday. On Sunday it was quiet."
    start = text.index("nine people")
    inside = find_period(NLP(text), (start, start + len("nine people died on Saturday")), MONDAY)
    assert inside is not None
    assert inside.first == date(2031, 6, 7)


def test_a_date_of_another_sentence_is_not_taken() -> None:
    text = "On Sunday it was quiet. Nine people died."
    assert find_period(NLP(text), (24, 35), MONDAY) is None


@given(st.text(max_size=200), st.dates(), st.integers(-5, 250), st.integers(-5, 250))
def test_odd_input_does_not_raise(text: str, day: date, start: int, end: int) -> None:
    period = find_period(NLP(text), (start, end), day)
    assert period is None or period.first <= period.last


@given(st.sampled_from(["last year", "5 years ago", "next week", "in December", "over the past 300 years"]), st.dates())
def test_the_edges_of_the_calendar_do_not_raise(text: str, day: date) -> None:
    for _, period in periods_in(text, day):
        assert period.first <= period.last
