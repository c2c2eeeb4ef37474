"""axe-core finds nothing serious or critical on any page: wide and narrow, light and dark."""

from pathlib import Path

import pytest
from axe_playwright_python.base import AXE_SCRIPT
from django.urls import reverse
from playwright.sync_api import Page

from tests.e2e.browser import places
from tests.e2e.browser.chromium import NARROW, WIDE

STANDARDS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
RUN = Path(__file__).with_name("violations.js").read_text()
COLOURS, SIZES = (
    ["color-contrast", "link-in-text-block"],
    ["target-size", "color-contrast", "scrollable-region-focusable"],
)


def violations(page: Page, only: list[str] | None = None) -> list[str]:
    """What is serious or critical, each with its element."""
    if not page.evaluate("'axe' in window"):
        page.evaluate(AXE_SCRIPT)
    return page.evaluate(RUN, {"standards": STANDARDS, "only": only})


def dress(page: Page, *, dark: bool) -> None:
    """Light or dark, as the theme's own switch sets it."""
    page.evaluate("dark => document.documentElement.classList.toggle('dark', dark)", dark)


def assert_accessible(page: Page) -> None:
    """Everything once; then what depends on colours and on width."""
    found = {"wide, light": violations(page)}
    page.set_viewport_size(NARROW)
    found["narrow, light"] = violations(page, SIZES)
    dress(page, dark=True)
    found["narrow, dark"] = violations(page, COLOURS)
    page.set_viewport_size(WIDE)
    found["wide, dark"] = violations(page, COLOURS)
    page.set_viewport_size(NARROW)
    # Charts and the sidebar take a moment to follow the window.
    page.wait_for_function("document.documentElement.scrollWidth <= window.innerWidth", timeout=10_000)
    page.set_viewport_size(WIDE)
    told = [f"{kind}: {one}" for kind, ones in found.items() for one in ones]
    assert not told, "\n".join(told)


def test_the_check_sees_what_is_wrong(desk):
    at = desk("editor")
    at.open("/admin/")
    at.page.evaluate("document.querySelector('#content').append(document.createElement('button'))")
    assert any("button-name" in told for told in violations(at.page))


@pytest.mark.parametrize("path", ["/admin/login/"])
def test_the_pages_at_the_door(desk, path):
    assert_accessible(desk(None).open(path))


@pytest.mark.parametrize(
    "path",
    [
        "/admin/",
        "/admin/password_change/",
        "/nothing/here",
        "/admin/claims/verdict/add/",
        "/admin/tracker/submission/add/",
    ],
)
def test_pages_that_are_about_no_row(desk, path):
    at = desk("editor")
    with at.watch.refusals(404):
        assert_accessible(at.open(path))


@pytest.mark.parametrize("name", ["add", "import_opml"])
def test_pages_by_which_feeds_are_added(desk, name):
    assert_accessible(desk("feed-manager").open(reverse(f"admin:tracker_feed_{name}")))


@pytest.mark.parametrize("label", places.MODELS)
def test_the_list_of_a_model_and_the_page_of_its_first_row(desk, label):
    at = desk("administrator")
    assert_accessible(at.open(places.list_path(label)))
    first = at.page.locator("#result_list tbody a[href*='/change/']").first
    if first.count():
        at.open(first.get_attribute("href"))
        assert_accessible(at.page)


@pytest.mark.parametrize("name", places.desk_pages())
def test_a_page_of_the_desk(desk, site, name):
    at = desk("editor")
    assert_accessible(at.open(places.desk_path(name, site.rows["world"])))
