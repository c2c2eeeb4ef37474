"""The trained span finder on sentences of a country that does not exist."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tracker.analysis.finders import Finder
from tracker.analysis.neural_network import Network
from tracker.analysis.neural_spans import NeuralSpanFinder, trimmed
from tracker.analysis.pipeline import analysed


@pytest.fixture(scope="module")
def finder():
    return NeuralSpanFinder()


def found(finder, text):
    """Each attribution as (source, cue, content), in words."""
    return [
        tuple(" … ".join(text[a:b] for a, b in spans) for spans in (each.source, each.cue, each.content))
        for each in finder.find(analysed(text))
    ]


@pytest.mark.parametrize(
    ("text", "source", "cue", "content"),
    [
        (
            "The interior minister said rebels had seized the port of Kesh on Sunday.",
            "The interior minister",
            "said",
            "rebels had seized the port of Kesh on Sunday",
        ),
        (
            "“We will not leave the valley,” Commander Ilse Brandt told reporters.",
            "Commander Ilse Brandt",
            "told reporters",
            "We will not leave the valley",
        ),
        (
            "According to the Velmora Health Office, nine people died in the flood.",
            "the Velmora Health Office",
            "According to",
            "nine people died in the flood",
        ),
        (
            "President Dario Menk believes that the talks will fail.",
            "President Dario Menk",
            "believes",
            "the talks will fail",
        ),
    ],
)
def test_who_says_what_in_which_words(finder, text, source, cue, content):
    ((who, verb, what),) = found(finder, text)
    assert who == source
    assert verb.split()[0] == cue.split()[0]
    assert what.removeprefix("that ").strip("“,”") == content


def test_a_quotation_broken_by_its_speaker_is_one_content_in_two_pieces(finder):
    text = "“The road is open,” said Major Petra Holm. “Nobody will be turned back at the border.”"
    who, _, what = found(finder, text)[0]
    assert who == "Major Petra Holm"
    assert what == "“The road is open,” … “Nobody will be turned back at the border.”"


def test_each_speaker_gets_the_own_words(finder):
    text = (
        "Mayor Orla Denn said the bridge was safe. An engineer who inspected it, Rolf Astin, warned that it could "
        "collapse within days.\n\nThe transport ministry denied that any money was missing."
    )
    sources = [who for who, _, _ in found(finder, text)]
    assert len(sources) == 3
    assert "Denn" in sources[0]
    assert "Astin" in sources[1]
    assert "transport ministry" in sources[2]


def test_what_a_source_says_that_another_said_is_nested(finder):
    text = "State television said the governor had claimed that the rebels were surrounded."
    outer, inner = finder.find(analysed(text))
    assert (outer.parent, inner.parent) == (None, 0)
    assert text[slice(*inner.source[0])] == "the governor"


def test_plain_narrative_is_nobodys_words(finder):
    assert found(finder, "Snow fell on the pass. Three lorries stood by the road, their engines cold.") == []


def test_the_order_is_the_texts_and_parents_are_larger(finder):
    text = "Denn said Holm had said that Astin denied it. Later Brandt said no. " * 12
    attributions = finder.find(analysed(text))
    assert [each.start for each in attributions] == sorted(each.start for each in attributions)
    for each in attributions:
        if each.parent is not None:
            assert sum(b - a for a, b in attributions[each.parent].content) > sum(b - a for a, b in each.content)


def test_a_text_gets_the_same_answer_alone_and_among_others(finder):
    texts = ["Denn said the dam would hold.", "“Go home,” Brandt told the crowd. " * 30, "Kesh."]
    alone = [finder.find(analysed(text)) for text in texts]
    again = [NeuralSpanFinder().find(analysed(text)) for text in reversed(texts)]
    assert alone == list(reversed(again))


@pytest.mark.slow
def test_four_times_the_text_is_about_four_times_the_work(finder, monkeypatch):
    paragraph = "Mayor Orla Denn said the bridge at Kesh was safe. “It will hold,” she told reporters on Monday.\n\n"
    read, work = Network.read, []

    def counted(network, *arguments):
        work[-1] += sum(np.asarray(argument).size for argument in arguments)
        return read(network, *arguments)

    monkeypatch.setattr(Network, "read", counted)
    for times in (50, 200):
        doc = analysed(paragraph * times, finder=Finder.RULES)
        work.append(0)
        assert len(finder.find(doc)) >= times
    assert 0 < work[1] < 5 * work[0]


@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        st.one_of(
            st.text(max_size=30),
            st.sampled_from(
                [
                    "Denn said",
                    "“We stay",
                    "” he added.",
                    "according to Holm,",
                    '"',
                    "\n\n",
                    "denied",
                    "that",
                    "the dam broke.",
                ]
            ),
        ),
        max_size=25,
    )
)
def test_any_text_gives_spans_inside_it(pieces):
    text = " ".join(pieces)
    if not text.strip():
        return
    for each in NeuralSpanFinder().find(analysed(text)):
        assert each.content
        assert 0 <= each.confidence <= 1
        for start, end in (*each.source, *each.cue, *each.content):
            assert 0 <= start < end <= len(text)


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        (", “the road is open.” ", "the road is open"),
        ("Denn & Co.", "Denn & Co."),
        ("the V.R.", "the V.R."),
        ("...", ""),
        ("Is it open?", "Is it open?"),
    ],
)
def test_edges_are_trimmed_of_marks_but_not_of_an_abbreviations_stop(text, kept):
    start, end = trimmed(text, (0, len(text)))
    assert text[start:end] == kept
