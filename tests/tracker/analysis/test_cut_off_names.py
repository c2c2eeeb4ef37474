"""Who speaks is named whole, also where a text without commas leaves the phrase that names them short or long."""

import pytest

from tracker.analysis.names import identify
from tracker.analysis.parser import load


@pytest.fixture(scope="module")
def parsed():
    return load()


def identity(parsed, text):
    """Who the words between the brackets name."""
    start, end = text.index("["), text.index("]") - 1
    doc = parsed(text.replace("[", "").replace("]", ""))
    return identify(doc.char_span(start, end))


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("Head of operations in the Velmoran General Staff General Ivo Rudsky] said he left.", "Ivo Rudsky"),
        ("Governor of Osk province Talal Barak] said the bridge was closed.", "Talal Barak"),
        ("The leader of the Harbour Party of Ivo Rudsky] said the bridge was closed.", None),
        ("The director of the film about Ivo Rudsky] said the bridge was closed.", None),
        ("The head of the district where Ivo Rudsky] lives said the bridge was closed.", None),
    ],
)
def test_whose_name_follows_an_office_and_its_body_holds_it(parsed, text, name):
    found = identity(parsed, f"[{text}")
    assert found.name == name
    assert (found.kind.value == "person") == (name is not None)


@pytest.mark.parametrize(
    ("text", "core"),
    [
        ("They shelled the market, said [the] Observatory, adding that two were children.", "Observatory"),
        ("On Friday [a] video showed men in the market.", "video"),
        (
            "The road is closed, the Harbour Observatory [for Human Rights] said.",
            "Harbour Observatory for Human Rights",
        ),
        (
            "Jets struck the town near the border killing 13 people the Harbour Observatory [for Human Rights] said.",
            "Harbour Observatory for Human Rights",
        ),
        ("The Harbour fund's [16-page report] said the bridge was closed.", "page report"),
        ("[A vice-president] said the bridge was closed.", "vice-president"),
    ],
)
def test_a_phrase_cut_off_is_made_whole(parsed, text, core):
    assert identity(parsed, text).core == core


def test_a_body_is_found_whatever_the_parser_ties_its_small_words_to(parsed):
    text = "[The head of the Harbour Observatory for Human Rights, Rami Lind], told reporters that 18 people left."
    assert identity(parsed, text).organisation == "Harbour Observatory for Human Rights"


def test_what_one_owns_describes_nobody(parsed):
    found = identity(parsed, "[Harbour Watch's 16-page report] said it found no evidence of an attack.")
    assert (found.name, found.description) == ("Harbour Watch", "")
