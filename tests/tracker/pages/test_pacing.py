"""The longer a page has been the same, the later it is looked at again."""

import pytest

from tracker.pages.pacing import DAY, HOUR, wait


@pytest.mark.parametrize(
    ("age", "seconds"),
    [(0, HOUR), (HOUR, HOUR), (2 * HOUR, 2 * HOUR), (9 * DAY, 9 * DAY), (200 * DAY, 30 * DAY), (365 * DAY, None)],
)
def test_as_long_as_it_has_been_the_same_within_bounds(age, seconds):
    assert wait(age, days=365) == seconds


def test_a_page_is_looked_at_about_twenty_times_in_its_year():
    age, looks = 0.0, 0
    while (seconds := wait(age, days=365)) is not None:
        age, looks = age + seconds, looks + 1
    assert looks == 22
