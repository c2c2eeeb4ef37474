"""Which reports are of one event, and why."""

import time
from datetime import date, timedelta
from itertools import permutations

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from tracker.analysis.grouping import Grouping, Report, collection, group, run

BRIDGE = "Engineers found a crack in the second arch of the Torvik bridge and closed it to lorries until Friday."
FIRE = "A fire in the grain store at Karsk harbour burned through the night and ruined forty tons of barley."
BALLOT = "Voters in the lake district elected a baker and a retired ferry pilot to the provincial council."

ROBBERY = Report(
    "robbery",
    "Jeweller robbed in Torvik, guard hurt",
    "A guard was hurt when two men robbed a jeweller's shop on Quarry Lane in Torvik late on Monday.\n\n"
    "The guard, Osk Brannen, 43, was struck on the head with a hammer, the Torvik police said. The men broke three "
    "cases, took rings and watches, and fled towards Senkar in a grey van.\n\n"
    "The owner, Maud Elling, said she had heard the glass break from the room upstairs.",
    date(2031, 6, 3),
)
ARREST = Report(
    "arrest",
    "Man held over June raid",
    "Police arrested Dario Fenn, 29, on Wednesday over the robbery of a jeweller's shop on Quarry Lane in Torvik on "
    "2 June.\n\nOsk Brannen, 43, the guard who was struck with a hammer, was three weeks in hospital. Fenn denies "
    "that he drove the grey van. Maud Elling, the owner, said none of the rings had been found.",
    date(2031, 7, 16),
)
TRIAL = Report(
    "trial",
    "Fenn sentenced to six years",
    "Dario Fenn was sentenced to six years on Tuesday for the raid on Quarry Lane in which the guard Osk Brannen was "
    "injured.\n\nThe court in Torvik heard that Fenn, 29, had driven the grey van in which the rings and watches of "
    "Maud Elling were carried off. Brannen has not gone back to work.",
    date(2031, 11, 18),
)
# The same town, the same day, the same sort of event, other people.
OTHER_ROBBERY = Report(
    "other robbery",
    "Chemist near Harbour Square loses week's takings to thief",
    "Lenna Mirk, 61, a customer, was pushed to the ground on Monday by a thief who had emptied the till of a chemist's "
    "near Harbour Square in Torvik.\n\nShe was treated for a broken wrist. The chemist, Wen Hollis, had gone to the "
    "bank when it happened. The police are looking for somebody in a green coat who left on foot along Canal Street.",
    date(2031, 6, 3),
)


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


def test_an_arrest_weeks_later_and_a_trial_months_later_are_of_the_same_event() -> None:
    assert group([TRIAL, ARREST, ROBBERY, report("f", FIRE)]) == ["robbery", "robbery", "robbery", "f"]


def test_two_robberies_in_one_town_on_one_day_are_two_events() -> None:
    assert group([ROBBERY, OTHER_ROBBERY, ARREST]) == ["robbery", "other robbery", "robbery"]


def test_the_same_sort_of_event_in_the_same_town_weeks_later_is_another() -> None:
    again = Report(
        "again",
        "Diamonds gone from Torvik shop",
        "Thieves cut through the roof of a jeweller's on Mill Road in Torvik during the night to Friday and left with "
        "diamonds, the police said. Nobody was there. The shop belongs to Pia Strand, 57, who was abroad.",
        date(2031, 7, 26),
    )
    assert group([ROBBERY, again]) == ["robbery", "again"]


def test_pages_of_one_site_are_not_alike_for_what_the_site_says_on_all_of_them() -> None:
    furniture = "\n\nSign up for our newsletter and get all of Karsk in your inbox.\n\nCopyright 2031 Karsk Daily"
    reports = [report("a", BRIDGE + furniture), report("b", BALLOT + furniture)]
    assert group(reports) == ["a", "b"]


def test_a_report_without_a_day_may_join_any() -> None:
    reports = [report("a", FIRE), report("b", BALLOT), Report("c", FIRE[:40], FIRE)]
    assert group(reports) == ["a", "b", "a"]


def test_a_page_that_lost_its_text_is_placed_by_its_headline() -> None:
    stub = Report("stub", "Guard hurt as jeweller is robbed in Torvik", "Advertisement", date(2031, 6, 3))
    assert group([ROBBERY, stub, report("f", FIRE, 3), report("d", BALLOT, 3)]) == ["robbery", "robbery", "f", "d"]


def test_a_group_bears_the_key_of_its_earliest_report_in_whatever_order_they_come() -> None:
    for order in permutations([ROBBERY, ARREST, TRIAL, OTHER_ROBBERY]):
        found = dict(zip([r.key for r in order], group(order), strict=True))
        assert found == {
            "robbery": "robbery",
            "arrest": "robbery",
            "trial": "robbery",
            "other robbery": "other robbery",
        }


def test_lines_are_answered_in_order_and_odd_days_do_not_stop_them() -> None:
    lines = [
        {"id": 2, "title": "Fire", "text": FIRE, "published_at": "not a day"},
        {"id": 1, "title": None, "text": BALLOT, "published_at": "2031-06-01T10:00:00Z"},
        {"id": 3, "title": "Fire", "text": FIRE},
    ]
    assert list(run(lines)) == [{"id": 2, "group": "2"}, {"id": 1, "group": "1"}, {"id": 3, "group": "2"}]


def test_nothing_is_grouped_into_nothing() -> None:
    assert group([]) == []


# --- The reasons ------------------------------------------------------------------------------------------------------


def test_reasons_for_one_event_name_people_and_ages_and_what_speaks_against() -> None:
    found = Grouping([ARREST, ROBBERY, OTHER_ROBBERY]).compare(0, 1)
    assert found.together
    assert found.score > 0
    assert "Brannen" in " ".join(found.reasons)
    assert "both give the age 43" in found.reasons


def test_reasons_for_two_events_name_the_ages_that_differ() -> None:
    found = Grouping([ROBBERY, OTHER_ROBBERY, ARREST]).compare(1, 0)
    assert not found.together
    assert found.score < 0
    assert "against: other ages (61; 43)" in found.reasons


def test_towns_of_one_name_in_two_states_are_kept_apart_with_that_reason() -> None:
    text = "A man was hurt in a fire at a mill in Marlow, {}, on Monday, the county sheriff said."
    reports = [report("a", text.format("Ohio"), 3), report("b", text.format("Ala."), 3)]
    assert "against: other states (Ohio; Alabama)" in Grouping(reports).compare(0, 1).reasons


def test_the_days_that_two_reports_speak_of_are_counted() -> None:
    found = Grouping([report("a", FIRE, 2), report("b", FIRE.replace("the night", "Monday night"), 29)])
    assert "against: they speak of days 21 apart" in found.compare(0, 1).reasons


def test_reports_that_only_others_link_are_told_which() -> None:
    names = "Abel Orrin, Bruna Kest, Ciro Valm, Dessa Pruill"
    first = Report(
        "first", "Ferry sinks off Karsk", f"The ferry Aldona sank off Karsk on Sunday; {names}.", date(2031, 6, 2)
    )
    both = Report(
        "both",
        "Inquest into the Aldona hears of Orrin, Kest, Valm and Pruill",
        f"The inquest into the sinking of the ferry Aldona off Karsk on 1 June, in which {names} died, opened before "
        "the coroner Hesk Tarrow, with counsel Imre Solano and the divers Jarl Wend and Odo Finch.",
        date(2031, 6, 20),
    )
    last = Report(
        "last",
        "Coroner Tarrow rules",
        "The coroner Hesk Tarrow ruled after hearing counsel Imre Solano and the divers Jarl Wend and Odo Finch.",
        date(2031, 6, 24),
    )
    found = Grouping([first, both, last, report("f", FIRE)])
    assert found.groups == ["first", "first", "first", "f"]
    assert "the report both links them" in found.compare(0, 2).reasons


# --- Any input --------------------------------------------------------------------------------------------------------

TEXTS = st.one_of(
    st.text(max_size=80),
    st.lists(st.sampled_from([BRIDGE, FIRE, BALLOT, "Copyright", "aged 7", "on Monday", "Ohio", "1:23 X"])).map(
        "\n".join
    ),
)
ROWS = st.lists(st.tuples(st.text(max_size=20), TEXTS, st.one_of(st.none(), st.dates())), max_size=8)


@given(ROWS)
@example([("", "\ud800", None), ("", "\ud800", date.min), ("\x00", "", date.max)])
@settings(deadline=None)
def test_any_reports_get_a_group_that_one_of_them_leads(rows: list[tuple[str, str, date | None]]) -> None:
    reports = [Report(str(index), *row) for index, row in enumerate(rows)]
    groups = group(reports)
    assert groups == group(reports)
    assert set(groups) <= {r.key for r in reports}
    assert all(groups[int(key)] == key for key in groups)


@given(ROWS, st.randoms(use_true_random=False))
@settings(deadline=None)
def test_the_order_of_the_reports_changes_nothing(rows: list[tuple[str, str, date | None]], chance: object) -> None:
    reports = [Report(str(index), *row) for index, row in enumerate(rows)]
    shuffled = reports.copy()
    chance.shuffle(shuffled)  # type: ignore[attr-defined]
    there = dict(zip([r.key for r in reports], group(reports), strict=True))
    assert there == dict(zip([r.key for r in shuffled], group(shuffled), strict=True))


@given(ROWS.filter(bool))
@settings(deadline=None)
def test_any_pair_can_be_explained(rows: list[tuple[str, str, date | None]]) -> None:
    found = Grouping([Report(str(index), *row) for index, row in enumerate(rows)])
    last = len(rows) - 1
    one, other = found.compare(0, last), found.compare(last, 0)
    assert one.together == other.together == (found.groups[0] == found.groups[last])
    assert one.score == pytest.approx(other.score)


@pytest.mark.parametrize(
    "text",
    ["a" * 1_000_000, " " * 1_000_000, "A " * 500_000, "\n" * 1_000_000, "on Monday " * 100_000, "Sign up " * 120_000],
    ids=["a word", "blanks", "capitals", "lines", "days", "furniture"],
)
def test_a_million_characters_are_read_in_moments(text: str) -> None:
    start = time.process_time()
    assert group([Report("a", text, text, date(2031, 6, 1)), report("b", FIRE)]) == ["a", "b"]
    assert time.process_time() - start < 5


def test_four_times_the_reports_are_about_four_times_the_pairs_to_look_at() -> None:
    def looked_at(reports: int) -> int:
        towns = ("Torvik", "Landermo", "Brihol", "Senkar", "Fenust")
        found = collection(
            [
                Report(
                    str(number),
                    f"Fire in {towns[number % 5]} kills {number % 7 + 2}",
                    f"{number % 7 + 2} people died in {towns[number % 5]} on Monday. Ander{number // 2} saw it.",
                    date(2031, 1, 1) + timedelta(number % 300),
                )
                for number in range(reports)
            ]
        )
        return len(found.candidates())

    assert looked_at(1600) < 5 * looked_at(400)
