"""What speaks for and against two reports being of one event, as numbers."""

import math
from datetime import date, timedelta

import numpy as np
import pytest

from tracker.analysis.incident_evidence import EVIDENCE, Collection
from tracker.analysis.incident_features import features_of

DAY = date(2031, 6, 4)


def evidence(*texts: str, days: tuple[date | None, ...] = (), titles: tuple[str, ...] = ()) -> dict[str, float]:
    """The evidence on the first two reports among all of them."""
    rows = [features_of(titles[n] if titles else "", text, days[n] if days else DAY) for n, text in enumerate(texts)]
    (found,) = Collection(rows).evidence(np.array([[0, 1]])).tolist()
    return dict(zip(EVIDENCE, found, strict=True))


def test_a_rare_name_weighs_more_than_one_that_many_give() -> None:
    others = ["They met Maud Elling in the town."] * 10
    rare = evidence("They met Osk in the town.", "Nobody saw Osk again.", *others)["names"]
    common = evidence("They met Maud in the town.", "Nobody saw Maud again.", *others)["names"]
    assert rare == pytest.approx(math.sqrt(math.log(301 / 2)))
    assert 0 < common < rare


def test_ages_speak_for_and_against_and_not_at_all_where_one_report_gives_none() -> None:
    same = evidence("Osk, 43, fell.", "He was 43-year-old Osk.")
    other = evidence("Osk, 43, fell.", "Osk, 61, fell.")
    none = evidence("Osk, 43, fell.", "Osk fell.")
    assert (same["ages"], same["ages differ"]) == (pytest.approx(1.0), 0.0)
    assert (other["ages"], other["ages differ"]) == (0.0, 1.0)
    assert (none["ages"], none["ages differ"]) == (0.0, 0.0)


def test_states_differ_only_where_both_name_some_and_share_none() -> None:
    assert evidence("In Marlow, Ohio.", "In Marlow, Ala.")["states differ"] == 1.0
    assert evidence("In Marlow, Ohio.", "From Ohio to Iowa.")["states differ"] == 0.0
    assert evidence("In Marlow, Ohio.", "In Marlow.")["states differ"] == 0.0


def test_a_headline_that_the_other_says_whole_counts_one_whichever_way() -> None:
    titles = ("Ferry sinks", "Divers search wreck for crew")
    found = evidence("It was old.", "The ferry sinks fast; divers search it.", titles=titles)
    assert found["headline"] == pytest.approx(1.0)


def test_days_apart_are_those_spoken_of_and_not_those_of_publication() -> None:
    days = (DAY, DAY + timedelta(40))
    found = evidence("It sank on Monday.", "It sank on 2 June.", days=days)
    assert found["days apart"] == 0.0
    assert found["published apart"] == pytest.approx(math.log(8))  # a week at most
    assert evidence("It sank.", "It sank.", days=days)["days apart"] == pytest.approx(math.log(41))


def test_an_unknown_day_speaks_neither_for_nor_against() -> None:
    found = evidence("It sank.", "It sank.", days=(None, DAY))
    assert (found["days apart"], found["published apart"]) == (0.0, 0.0)


def test_the_wording_of_equal_reports_is_equal() -> None:
    text = "The ferry Aldona sank off Karsk."
    assert evidence(text, text, "Another story.")["wording"] == pytest.approx(1.0)
    assert evidence(text, "Barley burned.", "Another story.")["wording"] == 0.0


def test_candidates_share_something_rare() -> None:
    texts = ["Osk fell into the old dock.", "The old dock was closed for Osk.", "Much barley burned in Karsk."]
    found = Collection([features_of("", text, DAY) for text in texts]).candidates()
    assert found.tolist() == [[0, 1]]


def test_what_every_one_of_many_reports_says_brings_up_no_candidates() -> None:
    texts = [f"Police said word{n} again." for n in range(250)]
    assert len(Collection([features_of("", text, DAY) for text in texts]).candidates()) == 0


def test_reports_that_say_next_to_nothing_are_no_candidates() -> None:
    texts = ["Osk fell.", "Osk fell.", "Osk fell into the dock twice."]
    assert len(Collection([features_of("", text, DAY) for text in texts]).candidates()) == 0


@pytest.mark.parametrize("texts", [[], [""], ["", ""]])
def test_empty_reports_have_no_candidates(texts: list[str]) -> None:
    assert Collection([features_of("", text, None) for text in texts]).candidates().shape == (0, 2)
