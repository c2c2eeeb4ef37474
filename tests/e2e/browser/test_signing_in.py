"""The door: who comes in, and what a browser is shown before and behind it."""

import pytest
from playwright.sync_api import expect


@pytest.mark.parametrize("name", ["reader", "reviewer", "editor", "feed-manager", "administrator"])
def test_everybody_with_a_role_signs_in_through_the_form(desk, site, name):
    at = desk(None)
    at.sign_in(name, site.passwords[name])
    expect(at.page.locator("#content")).to_be_visible()
    assert at.page.title()


def test_a_wrong_password_is_told_and_lets_nobody_in(desk):
    at = desk(None)
    at.open("/admin/login/")
    at.page.get_by_label("Username").fill("editor")
    at.page.get_by_label("Password").fill("not the password")
    at.page.get_by_role("button", name="Log in").click()
    expect(at.page.get_by_text("Please enter the correct username and password")).to_be_visible()
    at.open("/admin/claims/claim/")
    assert "/admin/login/" in at.page.url


def test_the_reference_of_the_api_works_under_the_policy(desk):
    at = desk("editor")
    at.open("/api/docs/")
    expect(at.page.locator(".opblock-tag-section").first).to_be_visible()
    at.page.locator(".opblock-summary-control").first.click()
    expect(at.page.locator(".opblock-body").first).to_be_visible()


def test_a_page_in_arabic_runs_from_right_to_left(desk):
    for narrow in (False, True):
        at = desk("editor", narrow=narrow, locale="ar")
        for path in ("/admin/", "/admin/claims/claim/"):
            at.open(path)
            root = at.page.locator("html")
            expect(root).to_have_attribute("dir", "rtl")
            assert root.evaluate("root => getComputedStyle(root).direction") == "rtl"
            assert at.page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
