"""When two addresses are one."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from claims.addresses import normalised


@pytest.mark.parametrize(
    "other",
    [
        "HTTPS://Outlet.Example/a?id=7",
        "https://outlet.example:443/a?id=7",
        "https://outlet.example/a?id=7#comments",
        "https://outlet.example/a?utm_source=mail&id=7&UTM_Medium=x",
        " https://outlet.example/a?id=7 ",
        "https://outlet.example/b/../a?id=7",
    ],
)
def test_one_address_written_otherwise_is_the_same(other):
    assert normalised(other) == "https://outlet.example/a?id=7"


@pytest.mark.parametrize(
    "other",
    [
        "http://outlet.example/a?id=7",
        "https://outlet.example/A?id=7",
        "https://outlet.example/a/?id=7",
        "https://outlet.example/a?id=7&page=2",
        "https://outlet.example:8443/a?id=7",
        "https://www.outlet.example/a?id=7",
    ],
)
def test_what_a_server_may_answer_otherwise_is_another(other):
    assert normalised(other) != "https://outlet.example/a?id=7"
    assert normalised(other) == other


def test_an_empty_path_is_the_root():
    assert normalised("https://outlet.example") == normalised("https://outlet.example/") == "https://outlet.example/"


@pytest.mark.parametrize("other", ["urn:sha256:00ff", "file:///a/b.txt", "", "https://", "http://[::1", "http://h:x/"])
def test_what_is_no_web_address_comes_back_as_it_is(other):
    assert normalised(other) == other


@given(st.text() | st.text().map("https://o.example/{}".format) | st.text().map("http://{}".format))
def test_once_is_enough_for_anything(anything):
    once = normalised(anything)
    assert normalised(once) == once
