"""What a page's script sends is read as what it is meant to be, or refused in words."""

import json

import pytest
from django.core.exceptions import ValidationError
from hypothesis import given
from hypothesis import strategies as st

from claims.desk.said import LARGEST_BODY, number, read, words

JSON = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=20,
)


@given(st.dictionaries(st.text(st.characters(exclude_characters="\x00", exclude_categories=["Cs"])), st.integers()))
def test_an_object_is_read_as_it_was_sent(sent):
    assert read(json.dumps(sent).encode()) == sent


@given(st.binary(max_size=300) | JSON.map(lambda value: json.dumps(value).encode()))
def test_whatever_is_sent_is_read_or_refused(body):
    try:
        found = read(body)
    except ValidationError:
        return
    assert isinstance(found, dict)
    json.dumps(found, ensure_ascii=False).encode()


@pytest.mark.parametrize(
    "body",
    [b"[]", b"nothing", b'{"a": "\\u0000"}', b'{"a": {"b": ["\\ud800"]}}', b"[" * 50_000, b" " * (LARGEST_BODY + 1)],
    ids=["a list", "no JSON", "a NUL", "half a character", "nested without end", "too much"],
)
def test_what_no_page_sends_is_refused(body):
    with pytest.raises(ValidationError):
        read(body)


def test_an_empty_body_says_nothing():
    assert read(b"") == {}
    assert words({}, "reason") == ""


@pytest.mark.parametrize("value", [3, None, ["a"], "a" * 11])
def test_a_text_is_a_text_of_so_many_characters_at_most(value):
    with pytest.raises(ValidationError):
        words({"reason": value}, "reason", most=10)


@pytest.mark.parametrize("value", [None, True, "3", 3.0, -1, 2**63])
def test_a_number_is_one_that_a_row_can_have(value):
    with pytest.raises(ValidationError):
        number({"seen": value}, "seen")


def test_what_is_no_number_may_have_another_in_its_place():
    assert [number(said, "seen", otherwise=0) for said in ({}, {"seen": "3"}, {"seen": 3})] == [0, 0, 3]
    with pytest.raises(ValidationError):
        number({}, "seen")
