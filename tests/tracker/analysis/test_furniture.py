"""What a page says beside its story."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tracker.analysis.furniture import headline, is_furniture, without_furniture


@pytest.mark.parametrize(
    "line",
    [
        "Please enable JavaScript to see this clip",
        "Copyright 2031 Karsk Daily. All rights reserved.",
        "(c) Karsk Daily",
        "© 2031 Karsk Daily",
        "Sign up for our newsletter",
        "Already a subscriber? Log in here",
        "By joining you agree to the Terms of Service and the Privacy Policy",
        "Advertisement",
        "Share this: Facebook Twitter",
        "Follow us on Twitter and Facebook",
        "RELATED: Ferry fares to rise again",
        "1:47 Divers on the wreck of the Aldona",
        "newsdesk@karsk.example",
    ],
)
def test_forms_buttons_and_rights_are_furniture(line: str) -> None:
    assert is_furniture(line)


@pytest.mark.parametrize(
    "line",
    [
        "KARSK — Two divers signed off on the wreck on Monday.",
        "The police asked for copies of the newspaper.",
        "He told officers that he had followed the van from the harbour.",
        "“Close the gate,” she said.",
        "Watching from the bridge, he saw the mast break.",
        "More than forty people were on board.",
        "At 1:47 a.m. the ferry sent a distress call.",
        "",
    ],
)
def test_what_a_story_says_is_not(line: str) -> None:
    assert not is_furniture(line)


@pytest.mark.parametrize(
    ("printed", "kept"),
    [
        ("Ferry sinks off Karsk - Karsk Daily News", "Ferry sinks off Karsk"),
        ("Ferry sinks off Karsk | karsk.example.com | Region", "Ferry sinks off Karsk"),
        ("Ferry sinks - Torvik, Ohio", "Ferry sinks"),
        ("Ferry sinks - divers search for crew", "Ferry sinks divers search for crew"),
        ("UPDATE: Ferry sinks off Karsk", "Ferry sinks off Karsk"),
        ("Updated figures show the ferry was full", "Updated figures show the ferry was full"),
        ("Karsk Daily News", "Karsk Daily News"),
        ("", ""),
    ],
)
def test_a_headline_loses_the_sites_name_and_flags(printed: str, kept: str) -> None:
    assert headline(printed) == kept


def test_a_line_on_pages_of_different_weeks_is_the_sites() -> None:
    pages = [(f"Story {n}.\nThe paper of the harbour", date(2031, 6, n)) for n in (1, 8, 20)]
    assert without_furniture(pages) == ["Story 1.", "Story 8.", "Story 20."]


def test_a_wire_story_on_many_pages_of_one_day_is_kept() -> None:
    pages = [("The ferry sank at dawn.", date(2031, 6, 1 + n % 2)) for n in range(9)]
    assert without_furniture(pages) == ["The ferry sank at dawn."] * 9


def test_pages_without_a_day_keep_lines_that_say_nothing_of_themselves() -> None:
    assert without_furniture([("The ferry sank.\n\nAdvertisement", None)] * 5) == ["The ferry sank."] * 5


@given(st.lists(st.tuples(st.text(), st.one_of(st.none(), st.dates())), max_size=5))
def test_any_pages_keep_only_lines_of_their_own(pages: list[tuple[str, date | None]]) -> None:
    for (text, _), kept in zip(pages, without_furniture(pages), strict=True):
        own = {line.strip() for line in text.split("\n")}
        assert all(line in own for line in kept.split("\n") if line)
        assert isinstance(headline(text), str)


def test_a_row_of_clips_is_furniture_however_long() -> None:
    row = (
        "0:49 Divers search the harbour Pause 2:33 “We heard a bang,” says cook 1:10 Council votes on ferry "
        + "x " * 300
    )
    assert is_furniture(row)
