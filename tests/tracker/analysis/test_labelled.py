"""Words that a name alone attributes: headlines, transcripts, signed quotations."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tracker.analysis import labelled
from tracker.analysis.finders import Finder
from tracker.analysis.pipeline import analyse, analysed

BODY = "\n\nSnow fell on the pass. Three lorries stood by the road, their engines cold."


def said(text, finder=Finder.TRAINED):
    return [
        (statement.source.passage.text, statement.content.text)
        for statement in analyse(text, finder=finder)
        if statement.parent is None and statement.source is not None
    ]


@pytest.mark.parametrize("finder", Finder)
@pytest.mark.parametrize(
    ("text", "source", "content"),
    [
        ("Brandt: The valley will not be given up" + BODY, "Brandt", "The valley will not be given up"),
        ("Velmora Health Office: Nine dead in flood" + BODY, "Velmora Health Office", "Nine dead in flood"),
        (
            "Readers wrote to us.\n\n“We never saw a soldier here.” — Orla Denn, Kesh" + BODY,
            "Orla Denn, Kesh",
            "“We never saw a soldier here.”",
        ),
    ],
)
def test_a_name_beside_words_is_their_source(text, source, content, finder):
    assert (source, content) in said(text, finder)


@pytest.mark.parametrize("finder", Finder)
def test_a_transcript_goes_from_name_to_name(finder):
    text = (
        "The debate went on for an hour.\n\nDENN: The dam is old. It was never checked.\n\n"
        "BRANDT: It was checked in May.\n\nThe report is public.\n\nDENN: Nobody has read it."
    )
    assert said(text, finder) == [
        ("DENN", "The dam is old. It was never checked"),
        ("BRANDT", "It was checked in May The report is public"),
        ("DENN", "Nobody has read it"),
    ]


@pytest.mark.parametrize(
    "text",
    [
        "Update: The road to Kesh is open again" + BODY,
        "Madrid: a town under snow for weeks" + BODY,
        "The council met on Monday: nine members came, two stayed away.",
        "Holm Harbour: open" + BODY,
    ],
)
def test_other_colons_attribute_nothing(text):
    assert labelled.find(analysed(text)) == []


def test_one_name_in_the_body_is_no_transcript():
    text = "The harbour was closed.\n\nBrandt: not amused by the delay, as ever. He left.\n\nThe ships waited."
    assert labelled.find(analysed(text)) == []


@given(st.lists(st.sampled_from(["DENN:", "Denn: ", "“", "”", " — ", "Orla Holm", "\n", "\n\n", "words", ".", ":"])))
def test_any_mixture_gives_ranges_inside_the_text(pieces):
    text = " ".join(pieces)
    doc = analysed(text or ".", finder=Finder.RULES)
    for draft in labelled.find(doc):
        for first, last in (draft.source, draft.cue, *draft.content):
            assert 0 <= first <= last < len(doc)
