"""What of a report tells its event apart."""

from datetime import date

from hypothesis import given, settings
from hypothesis import strategies as st

from tracker.analysis.incident_features import Features, features_of


def read(text: str, title: str = "", day: date | None = date(2031, 6, 4)) -> Features:  # a Wednesday
    return features_of(title, text, day)


def test_words_are_stemmed_and_empty_ones_left_out() -> None:
    assert set(read("The robbers hid the rings.").stems) == {"robber", "hid", "ring"}


def test_the_headline_counts_twice_in_the_lead() -> None:
    assert read("A ring was found.", "Ring found").lead["ring"] == 3


def test_capitals_at_the_start_of_a_sentence_make_no_name() -> None:
    found = read("Officers met Osk Brannen’s sister. Nobody spoke. On Monday they met Dr. Ellis.")
    assert set(found.capitalised) == {"osk", "brannen"}
    assert found.lower["sister"] == 1


def test_ages_are_read_as_numbers_words_and_months() -> None:
    text = "A six-month-old girl, a 17-year-old, Osk Brannen, 43, and a man aged 29 (Lenna, who is 61, left)."
    assert read(text).ages == {"6m", "17y", "43y", "29y"}


def test_counts_of_years_are_no_ages() -> None:
    assert read("He was jailed for 12 years over 3 robberies and drove 40 miles.").ages == frozenset()


def test_days_are_resolved_against_the_day_of_publication() -> None:
    found = read("It happened on Monday, two days after the fair of 31 May, and was reported yesterday.")
    days = [date.fromordinal(day) for day in found.days]
    assert days[0] == date(2031, 6, 2)
    assert date(2031, 5, 31) in days
    assert date(2031, 6, 3) in days


def test_birthdays_and_plans_are_no_days_of_the_event() -> None:
    assert read("She was born on 3 May 2003. The trial opens on 9 June 2031.").days == ()


def test_without_a_day_of_publication_only_whole_dates_are_known() -> None:
    found = read("On Monday, and on 2 June 2031.", day=None)
    assert [date.fromordinal(day) for day in found.days] == [date(2031, 6, 2)]
    assert found.published is None


@given(st.text(), st.text(), st.one_of(st.none(), st.dates()))
@settings(deadline=None)
def test_any_report_is_read(title: str, text: str, day: date | None) -> None:
    found = features_of(title, text, day)
    assert len(found.days) <= 8
    assert all(isinstance(day, int) for day in found.days)
