"""A corpus of hostile texts in every field that is shown: nothing runs, nothing becomes an element, no page breaks."""

from pathlib import Path

import pytest
from django.urls import reverse
from playwright.sync_api import expect

from tests.e2e.browser import places
from tests.e2e.browser.hostile import TEXTS

# Lists and overviews show the rows of all worlds together.
OVERVIEWS = ["/admin/", *(places.list_path(label) for label in places.MODELS)]

HARM = Path(__file__).with_name("harm.js").read_text()


def assert_unharmed(page) -> None:
    assert page.evaluate(HARM) == []
    expect(page.locator("#content")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"), "the page is pushed out of shape"


@pytest.mark.parametrize("path", OVERVIEWS)
def test_what_shows_many_rows(desk, path):
    at = desk("administrator")
    assert_unharmed(at.open(path))


@pytest.mark.parametrize("words", TEXTS)
def test_what_is_about_one_row_of_the_desk(desk, site, words):
    at = desk("editor")
    for name in places.desk_pages():
        if places.subject_of(name):
            assert_unharmed(at.open(places.desk_path(name, site.rows["hostile"][words])))


@pytest.mark.parametrize("name", [name for name in places.desk_pages() if not places.subject_of(name)])
def test_what_is_about_no_row_of_the_desk(desk, site, name):
    at = desk("editor", narrow=True)
    assert_unharmed(at.open(places.desk_path(name, {})))


@pytest.mark.parametrize("words", ["framework", "double-quoted", "override"])
def test_what_is_about_one_row_of_the_admin(desk, site, words):
    at = desk("editor")
    for model, row in site.rows["hostile"][words].items():
        assert_unharmed(at.open(places.row_path(f"claims.{model}", row["pk"])))


@pytest.mark.parametrize("words", ["script", "framework", "override"])
def test_what_is_searched_for(desk, words):
    at = desk("editor")
    at.open(reverse("desk:search"))
    at.page.locator("main input[type=search], #content input[type=search], #content input[name=q]").first.fill(
        TEXTS[words]
    )
    with at.page.expect_navigation():
        at.page.keyboard.press("Enter")
    assert_unharmed(at.page)


def test_the_hostile_words_do_reach_the_pages(desk, site):
    at = desk("editor")
    at.open(places.row_path("claims.claim", site.rows["hostile"]["script"]["claim"]["pk"]))
    assert TEXTS["script"] in at.reads()
