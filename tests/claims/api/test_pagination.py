"""Pages by place: nothing is repeated or skipped."""

import contextlib
from urllib.parse import parse_qs, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from claims.api.pagination import Mark
from tests import factories
from tests.claims.api.conftest import V1


def walk(api, address, link="next"):
    """Every page from this address on, following the links."""
    pages = []
    while address:
        answer = api.get(address)
        assert answer.status_code == 200, answer.content
        pages.append(answer.json())
        address = answer.json()[link]
        assert len(pages) < 50
    return pages


def texts(pages):
    return [row["text"] for page in pages for row in page["results"]]


@pytest.fixture
def seven(db):
    """Claims with ties and with empty values in what they may be ordered by."""
    dossier = factories.DossierFactory()
    figures = [None, 3.0, 1.0, None, 3.0, 3.0, 2.0]
    return [
        factories.ClaimFactory(dossier=dossier, text=f"{n}", measure="counted", best=best, origins=n % 2)
        for n, best in enumerate(figures)
    ]


ORDERS = {
    "-created": "6543210",
    "created": "0123456",
    "best": "2614503",
    "-best": "5416230",
    "origins": "0246135",
    "-origins": "5316420",
}


@pytest.mark.parametrize(("ordering", "expected"), ORDERS.items())
@pytest.mark.parametrize("size", [1, 2, 3, 7, 8])
def test_every_row_comes_once_in_order_whatever_the_page_size(api, seven, ordering, expected, size):
    pages = walk(api, f"{V1}claims?ordering={ordering}&page_size={size}")
    assert "".join(texts(pages)) == expected
    assert pages[0]["previous"] is None
    assert [len(page["results"]) for page in pages[:-1]] == [size] * (len(pages) - 1)


@pytest.mark.parametrize(("ordering", "expected"), ORDERS.items())
@pytest.mark.parametrize("size", [1, 2, 3])
def test_the_way_back_shows_the_same_rows(api, seven, ordering, expected, size):
    last = walk(api, f"{V1}claims?ordering={ordering}&page_size={size}")[-1]
    back = [last, *walk(api, last["previous"], "previous")]
    assert "".join(texts(reversed(back))) == expected
    assert "".join(texts(walk(api, back[-1]["next"]))) == expected[size:]


def test_rows_added_while_reading_neither_repeat_nor_push_out_others(api, seven):
    first = api.get(f"{V1}claims?page_size=3").json()
    factories.ClaimFactory(text="new")
    assert texts([first, *walk(api, first["next"])]) == list("6543210")


def test_a_row_merged_away_while_reading_takes_no_other_with_it(api, seven):
    first = api.get(f"{V1}claims?page_size=3").json()

    assert Mark.decode(parse_qs(urlsplit(first["next"]).query)["cursor"][0]).pk == seven[4].pk
    from claims.services import ledger

    seven[4].merged_into = seven[0]
    seven[4].save(update_fields=["merged_into"])
    ledger.record(factories.MACHINE, "merged", seven[4])
    assert texts(walk(api, first["next"])) == list("3210")


def test_links_keep_the_filters(api, seven):
    pages = walk(api, f"{V1}claims?page_size=1&origins_min=1&ordering=created")
    assert texts(pages) == list("135")


def test_an_empty_list_has_no_neighbours(api):
    assert api.get(f"{V1}claims").json() == {"next": None, "previous": None, "results": []}


@pytest.mark.parametrize("size", ["0", "-1", "201", "1e2", "9" * 5000, "٣", "1.5", "all", "%00"])
def test_a_page_size_out_of_bounds_is_refused_by_name(api, size):
    found = api.get(f"{V1}claims?page_size={size}")
    assert (found.status_code, list(found.json()["errors"])) == (400, ["page_size"])


@pytest.mark.parametrize(
    "cursor",
    [
        "x", "é", "%00", "bm90IGpzb24", "e30", "W10", "A" * 4000,
        Mark("-best", 2**70).encode(), Mark("-best", 1, "\x00").encode(), Mark("-best", 1, "not a number").encode(),
        Mark("created", 1).encode(),
    ],
)  # fmt: skip
def test_a_cursor_that_was_never_given_out_is_refused_by_name(api, cursor):
    found = api.get(f"{V1}claims?ordering=-best&cursor={cursor}")
    assert (found.status_code, list(found.json()["errors"])) == (400, ["cursor"])


@pytest.mark.parametrize("ordering", ["pk", "embedding", "--created", "-", "text;drop", "created,best", "?"])
def test_an_unknown_ordering_is_refused_by_name(api, ordering):
    found = api.get(f"{V1}claims", {"ordering": ordering})
    assert (found.status_code, list(found.json()["errors"])) == (400, ["ordering"])


@given(st.builds(Mark, st.text(), st.integers(-(2**62), 2**62), st.none() | st.text(alphabet="añ0.-:"), st.booleans()))
def test_a_mark_survives_the_journey(mark):
    assert Mark.decode(mark.encode()) == mark


@given(st.text() | st.binary().map(lambda b: b.decode("latin-1")))
def test_decoding_anything_gives_a_mark_or_a_value_error(word):
    with contextlib.suppress(ValueError):
        assert isinstance(Mark.decode(word), Mark)
