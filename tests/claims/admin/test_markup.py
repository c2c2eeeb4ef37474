"""The pieces of HTML: escaped, whatever comes."""

import re
from html import unescape

import pytest
from hypothesis import given
from hypothesis import strategies as st

from claims.admin.claims import in_figures
from claims.admin.markup import CONTEXT, badge, marked, outward_link, pretty_json, table


def words_of(html):
    return unescape(re.sub(r"<[^>]+>", "", str(html)))


@given(st.text(max_size=300), st.lists(st.tuples(st.integers(-5, 320), st.integers(-5, 320)), max_size=4))
def test_marking_shows_the_text_and_nothing_else(text, spans):
    html = marked(text, {"source": [list(s) for s in spans[:2]], "content": [list(s) for s in spans[2:]]})
    shown = words_of(html).removeprefix("… ").removesuffix(" …")
    assert shown in text


@given(st.recursive(st.none() | st.integers() | st.text(), st.lists, max_leaves=5))
def test_marking_never_fails_on_odd_spans(spans):
    assert str(marked("some text", {"source": spans, "cue": spans, "content": spans})).startswith("<blockquote")


def test_a_long_paragraph_is_cut_around_the_marked_words():
    text = "a " * 2000 + "HERE" + " b" * 2000
    html = marked(text, {"content": [[4000, 4004]]})
    assert words_of(html).startswith("… ")
    assert words_of(html).endswith(" …")
    assert len(words_of(html)) < 2 * CONTEXT + 20
    assert ">HERE</mark>" in html


def test_only_the_paragraph_of_the_words_is_shown():
    assert words_of(marked("First.\nSecond one.\nThird.", {"content": [[7, 13]]})) == "Second one."


def test_where_marks_overlap_the_source_is_seen_first():
    html = marked("abcdef", {"source": [[2, 4]], "content": [[0, 6]]})
    assert re.findall(r'cb-mark-(\w+)"[^>]*>(\w+)<', html) == [("content", "ab"), ("source", "cd"), ("content", "ef")]


@pytest.mark.parametrize(
    "address",
    [
        "javascript:alert(1)", "JaVaScRiPt:alert(1)", " javascript:alert(1)", "data:text/html,<script>",
        "urn:sha256:ab", "vbscript:x", "//evil.example", "http:evil", "java\nscript:alert(1)", "https:///x", "file:///etc/passwd",
    ],
)  # fmt: skip
def test_only_web_addresses_become_links(address):
    assert "href" not in outward_link(address)


def test_a_web_address_becomes_a_link_that_tells_its_page_nothing():
    html = outward_link('https://outlet.example/?a="><script>')
    assert 'href="https://outlet.example/?a=&quot;&gt;&lt;script&gt;"' in html
    assert 'rel="noopener noreferrer nofollow"' in html


def test_cells_labels_and_json_are_escaped():
    for html in (table(["<b>"], [["<i>"]]), badge("<u>", {"<u>": "good"}), pretty_json({"<s>": "<em>"})):
        assert not re.search(r"<(b|i|u|s|em)>", html)


@pytest.mark.parametrize(
    ("low", "best", "high", "said"),
    [
        (9, 9, 9, "9"), (17, 17, None, "at least 17"), (None, None, 40, "at most 40"), (30, None, 40, "30 to 40"),
        (30, 35, 40, "35 (30 to 40)"), (None, 12, None, "12"), (1000, 1000, 1000, "1,000"), (None, None, None, ""),
        (0, 0, 0, "0"),
    ],
)  # fmt: skip
def test_figures_are_said_with_their_bounds(low, best, high, said):
    assert in_figures(low, best, high) == said
