"""The work grows with the length of the text and no faster, whatever the text is made of.

Counted in calls of Python functions, which a busy machine does not change; the parser's own work is left out.
"""

import sys

import pytest

from tracker.analysis import pipeline
from tracker.analysis.finders import Finder
from tracker.analysis.pipeline import analysed, blocks
from tracker.analysis.places import find_place
from tracker.analysis.segmentation import quotations
from tracker.analysis.sentences import around, sentences

NAMES = ("Torvik", "Landermo", "Brihol", "Senkar", "Fenust", "Garnim", "Polder")


def news(times):
    """Paragraphs whose persons, bodies and towns vary."""
    pieces = []
    for index in range(times):
        town, other = NAMES[index % 7], NAMES[(3 * index + 1) % 7]
        last = f"{NAMES[index % 5]}{chr(97 + index % 26)}"
        pieces.append(
            f"Danil {last}, a spokesman for the {other} Guard, said {index + 2} people died in {town} on 12 May 2013. "
            f'The {town} Relief Society denied this. The group said it could not reach {other}. "We left," {last} said.'
        )
    return "\n\n".join(pieces)


def calls_after_parsing(text, finder):
    """How many Python calls it takes to get from the parse of ``text`` to its statements."""
    nlp = pipeline.pipeline(finder)
    doc = pipeline._parsed(nlp, text)  # the parse alone, without this project's components
    count = 0

    def counted(frame, event, argument):
        nonlocal count
        count += event in ("call", "c_call")

    sys.setprofile(counted)
    try:
        for name in ("corroborate_attribution", "corroborate_statements"):
            doc = nlp.get_pipe(name)(doc)
    finally:
        sys.setprofile(None)
    return count


@pytest.mark.parametrize("finder", list(Finder), ids=str)
@pytest.mark.parametrize(
    "made",
    [
        news,
        lambda times: "“" + "Ana Brod said it rained in Torvik. She denied this. " * times,
        lambda times: "“Ana Brod said it rained.\n\n" * times,
        lambda times: "Ana Brod said on Monday troops killed 12 people in Torvik " * times,
        lambda times: "12 and 34, " * times,
        lambda times: '"' * times,
        lambda times: "said " * 8 * times,
        lambda times: "“Brod said (" * times + ")” " * times,
        lambda times: "a" * 40 * times,
    ],
    ids=[
        "news", "one open quotation", "reopened quotations", "no punctuation", "numbers", "marks", "cues only",
        "nested quotations", "one word",
    ],
)  # fmt: skip
def test_six_times_the_text_is_about_six_times_the_work(made, finder):
    assert calls_after_parsing(made(120), finder) < 1.35 * 6 * calls_after_parsing(made(20), finder)


def test_no_block_holds_an_endless_word():
    text = "a" * 25_000 + " and " + '"' * 3_000
    pieces = [text[start:end] for start, end in blocks(text)]
    assert "".join(pieces) == text
    assert max(len(word) for piece in pieces for word in piece.split()) <= 1_000


def test_a_quotation_reopened_in_each_paragraph_is_one():
    text = "“It rained.\n\n“It snowed.\n\n“It is over.”"
    (quotation,) = quotations(text)
    assert [text[start:end] for start, end in quotation.spans] == ["“It rained.", "“It snowed.", "“It is over.”"]


def test_the_sentence_around_a_position_is_the_last_that_starts_before_it():
    text = "One here. Two there. Three."
    spans = sentences(text)
    assert [around(spans, at) for at in (0, 9, 12, 99)] == [spans[0], spans[1], spans[1], spans[2]]
    assert around((), 5) == (0, 0)


def test_the_place_of_the_nearest_paragraph_before_is_taken():
    text = "Troops entered the town of Torvik.\n\nShells fell in Senkar.\n\nThree people died."
    at = text.index("Three")
    assert find_place(analysed(text), (at, len(text))) == "Senkar"
