"""Whatever the text, the analysis answers, with offsets that hold, and the same answer each time."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tracker.analysis.finders import Finder, extractor
from tracker.analysis.pipeline import analyse, blocks, parsable
from tracker.analysis.types import as_json

PIECES = st.sampled_from(
    [
        "The army said ",
        "“We left",
        "” ",
        '"',
        "'",
        "«",
        "» ",
        ", he said. ",
        "according to ",
        "Danil Vesk ",
        "denied the claim",
        " that ",
        "\n",
        "\n\n",
        "\r\n",
        "\x00",
        "\ud800",
        "\u2028",
        "Мы ушли, ",
        "他说",
        "قال ",
        "😀",
        "e\u0301",
        "40\u00a0000 ",
        ": ",
        " – ",
        ". ",
        "?",
        "(",
        "\t",
    ]
)
TEXTS = st.one_of(st.lists(PIECES, max_size=25).map("".join), st.text(max_size=120))
SLOW = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])


def passages(statement):
    yield statement.content
    if statement.cue is not None:
        yield statement.cue
    if statement.source is not None:
        yield statement.source.passage


@SLOW
@given(TEXTS)
def test_every_passage_is_the_text_at_its_offsets(text):
    statements = analyse(text)
    for index, statement in enumerate(statements):
        for passage in passages(statement):
            assert passage.text == " ".join(text[start:end] for start, end in passage.spans)
            assert all(0 <= start < end <= len(text) for start, end in passage.spans)
        assert statement.parent is None or (statement.parent != index and 0 <= statement.parent < len(statements))
        assert as_json(statement)["content"]["text"] == statement.content.text


@SLOW
@given(TEXTS)
def test_no_character_is_lost_on_the_way_to_the_parser(text):
    assert len(parsable(text)) == len(text)
    assert "".join(text[start:end] for start, end in blocks(text)) == text


def test_the_same_text_gives_the_same_statements_alone_and_among_others():
    text = "Danil Vesk said the town was calm. He denied that shots were heard."
    assert analyse(text) == analyse(text)
    alone = analyse(text)
    analyse("Mirela Tovan said it rained.")
    assert analyse(text) == alone


@pytest.mark.parametrize("text", ["", " \n\t ", "\x00", "\ud800", "“", '"' * 400, "said", ".", "a" * 30_000])
def test_odd_texts_have_no_statements(text):
    assert analyse(text) == []


def test_statements_are_found_behind_odd_characters():
    text = "\x00\ud800😀 Danil Vesk said the town was calm.\x00"
    (statement,) = analyse(text)
    assert text[statement.content.start : statement.content.end] == "the town was calm"


def test_wrapped_lines_do_not_break_a_statement():
    text = (
        "Danil Vesk, the mayor of the small market town of Ostrel in the\n"
        "hills of Velmora, said on Monday that the road to the coast and\n"
        "both of the bridges over the river had been opened again for the\n"
        "first time since the fighting in the valley had begun in March."
    )
    (statement,) = analyse(text)
    assert statement.content.text.endswith("had begun in March")
    assert statement.content.text in text


def test_a_long_text_is_parsed_in_blocks_and_read_as_one():
    filler = "It rained in Dorn on Monday and nobody was in the streets.\n\n" * 400
    text = (
        "Danil Vesk said the town was calm.\n\n"
        + filler
        + "Mirela Tovan said that the road was open.\n\nShe denied this."
    )
    assert len(blocks(text)) > 1
    first, second = analyse(text)[:2]
    assert (first.source.name, second.source.name) == ("Danil Vesk", "Mirela Tovan")
    assert second.content.text == "that the road was open"


def test_each_finder_has_its_own_name_on_the_statements_it_finds():
    assert len({extractor(finder) for finder in Finder}) == len(Finder)


@pytest.mark.parametrize("finder", Finder)
def test_plain_speech_is_found_by_every_finder(finder):
    (found,) = analyse("Mirela Tovan said the road to Torvik was open.", finder=finder)
    assert (found.source.name, found.cue.text) == ("Mirela Tovan", "said")
    assert found.content.text == "the road to Torvik was open"
