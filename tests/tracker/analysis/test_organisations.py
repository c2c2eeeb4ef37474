"""The body behind a person is a body, never the town, the nationality or the calling that stands beside the name."""

import pytest

from tracker.analysis.pipeline import analyse


def organisations(text):
    return [statement.source.organisation for statement in analyse(text)]


@pytest.mark.parametrize(
    "who",
    [
        "Pavel Dorin, a Qusair activist,",
        "Pavel Dorin, a Torvik doctor,",
        "Oskar Lind, the Velmoran foreign minister,",
        "Deputy Health Minister Pavel Orsin",
        "Karl Stein, a resident of Hamra,",
        "A doctor",
    ],
)
def test_a_town_a_nationality_or_a_calling_is_no_body(who):
    assert organisations(f"{who} said the road was closed.") == [None]


def test_what_the_text_uses_as_a_place_is_no_body():
    text = "Troops shelled houses in Torvik. Mira Holt, a clerk for Torvik, said the road was closed."
    assert organisations(text) == [None]


@pytest.mark.parametrize(
    ("who", "body"),
    [
        ("Edvin Raal, a spokesman for the Northern Guard,", "Northern Guard"),
        ("Northern Guard spokesman Edvin Raal", "Northern Guard"),
        ("Lena Horvat of the Torvik Relief Committee", "Torvik Relief Committee"),
        ("Mira Holt, an analyst at the Kessler Institute,", "Kessler Institute"),
        ("Anna Vesk, a driver for Lowland Voices,", "Lowland Voices"),
        ("UN envoy Lena Horvat", "UN"),
        ("A Red Cross doctor", "Red Cross"),
    ],
)
def test_a_body_that_one_speaks_or_works_for_is_kept(who, body):
    assert organisations(f"{who} said the road was closed.") == [body]
