"""Which reports are of one event."""

from datetime import date

from hypothesis import given
from hypothesis import strategies as st

from tracker.analysis.grouping import Report, group, run

BRIDGE = "Engineers found a crack in the second arch of the Torvik bridge and closed it to lorries until Friday."
FIRE = "A fire in the grain store at Karsk harbour burned through the night and ruined forty tons of barley."
BALLOT = "Voters in the lake district elected a baker and a retired ferry pilot to the provincial council."


def report(key: str, text: str, day: int = 1) -> Report:
    return Report(key, text[:40], text, date(2031, 6, day))


def test_reports_of_one_event_share_a_group_and_others_do_not() -> None:
    reports = [
        report("a", BRIDGE),
        report("b", FIRE),
        report("c", "The Torvik bridge is closed to lorries after engineers found a crack in an arch.", 2),
        report("d", BALLOT),
        report("e", "Forty tons of barley burned in a grain store fire at Karsk harbour.", 3),
    ]
    assert group(reports) == ["a", "b", "a", "d", "b"]


def test_the_same_words_weeks_apart_are_two_events() -> None:
    reports = [report("a", FIRE), report("b", BALLOT), Report("c", FIRE[:40], FIRE, date(2031, 7, 20))]
    assert group(reports) == ["a", "b", "c"]


def test_a_report_without_a_day_may_join_any() -> None:
    reports = [report("a", FIRE), report("b", BALLOT), Report("c", FIRE[:40], FIRE)]
    assert group(reports) == ["a", "b", "a"]


def test_lines_are_answered_in_order_and_odd_days_do_not_stop_them() -> None:
    lines = [
        {"id": 2, "title": "Fire", "text": FIRE, "published_at": "not a day"},
        {"id": 1, "title": None, "text": BALLOT, "published_at": "2031-06-01T10:00:00Z"},
        {"id": 3, "title": "Fire", "text": FIRE},
    ]
    assert list(run(lines)) == [{"id": 2, "group": "2"}, {"id": 1, "group": "1"}, {"id": 3, "group": "2"}]


def test_nothing_is_grouped_into_nothing() -> None:
    assert group([]) == []


@given(st.lists(st.tuples(st.text(max_size=20), st.text(max_size=60), st.one_of(st.none(), st.dates())), max_size=8))
def test_any_reports_get_a_group_that_one_of_them_leads(rows: list[tuple[str, str, date | None]]) -> None:
    reports = [Report(str(index), *row) for index, row in enumerate(rows)]
    groups = group(reports)
    assert groups == group(reports)
    assert set(groups) <= {r.key for r in reports}
    assert all(groups[int(key)] == key for key in groups)
