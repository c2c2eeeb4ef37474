"""Folding, stemming and concepts."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tracker.analysis.wording import content_concepts, content_stems, fold, stem, without_links, words


@pytest.mark.parametrize(
    ("forms"),
    [
        ("allow", "allows", "allowed", "allowing"),
        ("leave", "leaves", "left", "leaving"),
        ("escape", "escapes", "escaped", "escaping"),
        ("carry", "carries", "carried", "carrying"),
        ("stop", "stops", "stopped", "stopping"),
        ("city", "cities"),
        ("clash", "clashes", "clashed"),
        ("child", "children"),
        ("use", "used", "using"),
    ],
)
def test_the_forms_of_a_word_share_a_stem(forms: tuple[str, ...]) -> None:
    assert len({stem(form) for form in forms}) == 1


@pytest.mark.parametrize(("a", "b"), [("university", "universe"), ("news", "new"), ("string", "str"), ("red", "r")])
def test_different_short_words_keep_their_stems(a: str, b: str) -> None:
    assert stem(a) != stem(b)


def test_folding_drops_case_and_diacritics() -> None:
    assert fold("Älfjörd’s Café") == "alfjord's cafe"


def test_words_lose_possessives_and_keep_negative_contractions() -> None:
    assert words("Velmora’s army didn’t stop") == ["velmora", "army", "didn't", "stop"]


def test_words_for_the_same_thing_share_a_concept() -> None:
    assert content_concepts("soldiers died in an air raid") == content_concepts("troops killed in the air raids")


def test_a_negated_content_has_the_same_stems() -> None:
    assert content_stems("The army never shelled Torvik") == content_stems("The army shelled Torvik")


def test_links_are_no_words() -> None:
    assert "example" not in without_links("See https://example.test/page now")


@given(st.text(max_size=200))
def test_any_text_gives_words_and_stems_that_are_stable(text: str) -> None:
    assert words(text) == words(text)
    assert all(content_stems(text))
