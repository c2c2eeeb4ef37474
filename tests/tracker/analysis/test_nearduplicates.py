"""Copies, and reports of one event that are no copies."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tracker.analysis.nearduplicates import BANDS, containment, is_copy, resemblance, signature

PARAGRAPHS = [
    "Shelling cut the road between Torvik and the coast on Sunday; drivers waited in the dark for news of the bridge.",
    "An officer at the northern gate said the army would reopen the road when engineers had looked at the second arch.",
    "A farmer who had walked from the hills counted nine craters in the orchard; none had been there on Friday.",
    "The relief committee asked both sides for six hours of quiet to bring flour and insulin to the lower town.",
    "A spokeswoman for the coastal council called the request fair but said that the council had no say over the guns.",
    "Prices at the market doubled overnight, and by noon bakers had put up notices: one loaf a family.",
]
ARTICLE = "Road to Torvik cut\n\n" + "\n\n".join(PARAGRAPHS) + "\n– VNA"
COPY = "Torvik isolated after night of shelling\n\n" + "\n\n".join(PARAGRAPHS[:4]) + "\n\nFrom our partners. (Kestrel)"
OTHER = (
    "Torvik road cut by shells\n\n"
    "The only road from Torvik to the sea was closed after shells fell on it at the weekend.\n\n"
    "The army promised to open it again once its engineers had checked the bridge, and volunteers wanted a"
    " pause in the fire so that food could reach the people who live by the river."
)


def test_a_copy_with_another_headline_fewer_paragraphs_and_its_own_credit_is_a_copy() -> None:
    found = is_copy(ARTICLE, COPY)
    assert found
    assert "%" in found.explanation
    assert set(signature(ARTICLE)) & set(signature(COPY))


def test_another_report_of_the_same_event_is_no_copy() -> None:
    assert not is_copy(ARTICLE, OTHER)
    assert not set(signature(ARTICLE)) & set(signature(OTHER))


def test_quoting_one_sentence_makes_no_copy() -> None:
    assert not is_copy(ARTICLE, OTHER + "\n\n" + PARAGRAPHS[1])


def test_case_accents_and_quotation_marks_do_not_matter() -> None:
    assert is_copy(ARTICLE, ARTICLE.upper()).resemblance == 1.0


@pytest.mark.parametrize(
    ("a", "b", "copy"), [("", "", False), ("Torvik", "", False), ("Shells fell", "shells fell!", True)]
)
def test_short_texts_are_copies_only_when_equal(a: str, b: str, copy: bool) -> None:
    assert bool(is_copy(a, b)) is copy


def test_a_signature_fits_a_signed_64_bit_column() -> None:
    bands = signature(ARTICLE)
    assert len(bands) == BANDS
    assert all(-(2**63) <= band < 2**63 for band in bands)
    assert any(band < 0 for band in bands)
    assert bands == signature(ARTICLE)
    assert signature("") == []


@given(st.text(max_size=200), st.text(max_size=200))
def test_shares_are_symmetric_and_within_bounds(a: str, b: str) -> None:
    for share in (containment, resemblance):
        assert share(a, b) == share(b, a)
        assert 0.0 <= share(a, b) <= 1.0
    assert bool(is_copy(a, b)) == bool(is_copy(b, a))
    assert resemblance(a, b) <= containment(a, b)
