"""The page of a source: two that are one are merged, and parted again."""

import re

from playwright.sync_api import expect


def test_two_sources_are_merged_and_the_merge_is_undone(desk, site):
    kept, twin = site.rows["twins"]["names"]
    at = desk("editor")
    page = at.open(f"/admin/desk/sources/{site.rows['twins']['twin']}/")
    expect(page.get_by_text("the lorries were unloaded")).to_be_visible()
    page.get_by_role("button", name="Merge into another source").click()
    search = page.get_by_label("The source that it is")
    search.press_sequentially(kept)
    expect(page.get_by_role("option", name=kept).first).to_be_visible()
    search.press("ArrowDown")
    search.press("Enter")
    expect(search).to_have_value(kept)
    page.get_by_label("Why are the two the same?").fill("One committee under two names: the same address and chair.")
    with page.expect_navigation():
        page.get_by_role("button", name="Merge", exact=True).click()

    page = at.open(f"/admin/desk/sources/{site.rows['twins']['twin']}/")
    expect(page.get_by_role("note")).to_contain_text(f"Counts as {kept}")
    page = at.open(f"/admin/desk/sources/{site.rows['twins']['kept']}/")
    expect(page.get_by_text("the lorries were unloaded")).to_be_visible()
    page.get_by_role("button", name=re.compile(f"^Undo.*{twin}")).click()
    page.get_by_label("Why are the two not the same?").fill("Two committees after all: one is in the next valley.")
    with page.expect_navigation():
        page.get_by_role("button", name="Undo the merge").click()

    page = at.open(f"/admin/desk/sources/{site.rows['twins']['twin']}/")
    expect(page.get_by_role("note")).to_have_count(0)
    page = at.open(f"/admin/desk/sources/{site.rows['twins']['kept']}/")
    expect(page.get_by_text("the lorries were unloaded")).to_have_count(0)
