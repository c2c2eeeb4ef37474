"""A feed manager adds a feed from a home page after a look; scheduler and worker do the rest."""

import re

from playwright.sync_api import expect

from tests.e2e.browser.test_accessibility import assert_accessible


def test_a_feed_is_found_from_a_home_page_looked_at_saved_and_read(desk, newspaper):
    at = desk("feed-manager")
    page = at.open("/admin/tracker/feed/add/")
    page.get_by_label("Address").fill(f"http://{newspaper}/")
    page.get_by_role("button", name="Look what it would bring").click()
    expect(page.get_by_role("heading", name="Feeds that the page names")).to_be_visible()
    page.get_by_role("button", name="Look at this one").click()
    expect(page.get_by_role("heading", name="What is there")).to_be_visible()
    expect(page.get_by_text("The winter timetable")).to_be_visible()
    expect(page.get_by_label("Address")).to_have_value(f"http://{newspaper}/feed.xml")
    assert_accessible(page)

    page.get_by_role("button", name="Save", exact=True).click()
    page.wait_for_url(re.compile(r"/admin/tracker/feed/\d+/change/"))
    # Nobody woke anything but the product itself: its scheduler, its worker, its broker.
    for _ in range(60):
        read = page.locator("tr", has_text="The winter timetable").get_by_role("link", name="The winter timetable")
        if read.count():
            break
        page.wait_for_timeout(1000)
        page.reload()
    read.first.click()
    expect(page.get_by_text("SHA-256 of the bytes").first).to_be_visible()
    assert_accessible(at.open(page.url.removeprefix(at.address)))


def test_an_address_that_may_not_be_fetched_is_refused_with_the_reason(desk):
    page = desk("feed-manager").open("/admin/tracker/feed/add/")
    page.get_by_label("Address").fill("http://127.0.0.1:1/feed.xml")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_text("127.0.0.1").last).to_be_visible()
    assert page.url.endswith("/feed/add/")
