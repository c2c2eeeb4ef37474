"""Two people on one page: who works on it, taking over, and telling somebody."""

from playwright.sync_api import expect


def test_a_hold_is_taken_over_and_a_colleague_is_told(desk, site):
    path = f"/admin/desk/claim/{site.rows['twins']['claim']}/"
    first, second = desk("reviewer"), desk("editor")
    page = first.open(path)
    page.get_by_role("button", name="Work on this").click()
    expect(page.get_by_role("button", name="Leave it to others")).to_be_visible()

    page = second.open(path)
    panel = page.locator(".tg-panel")
    expect(panel.locator('[data-part="here"]')).to_contain_text("reviewer")
    expect(panel.locator('[data-part="hold"]')).to_contain_text("reviewer")
    expect(page.locator(".dk-notice")).to_contain_text("reviewer")  # told where nobody can miss it
    panel.get_by_role("button", name="Take over").click()
    expect(panel.get_by_role("button", name="Leave it to others")).to_be_visible()

    first.page.get_by_role("button", name="Assign to me").click()  # any sign of life brings the news
    expect(first.page.locator(".tg-panel").get_by_role("button", name="Take over")).to_be_visible()
    expect(first.page.locator(".dk-notice").first).to_contain_text("editor")

    panel.get_by_text("Comments", exact=False).first.click()
    panel.get_by_label("Your comment").press_sequentially("@revi")
    page.get_by_role("option", name="reviewer").first.click()
    panel.get_by_label("Your comment").press_sequentially("please ring the committee")
    panel.get_by_role("button", name="Say it").click()
    expect(panel.locator(".tg-comment")).to_contain_text("please ring the committee")
    page = first.open("/admin/desk/mine/")
    expect(page.get_by_text("please ring the committee")).to_be_visible()


def test_a_phrase_is_searched_for_by_the_key_that_leads_to_the_search(desk):
    at = desk("reader")
    page = at.open("/admin/desk/mine/")
    page.keyboard.press("/")
    page.keyboard.type('"ferry to Askel"')
    with page.expect_navigation():
        page.keyboard.press("Enter")
    expect(page.locator("main, #content").first).to_contain_text("The ferry to Askel ran on Monday morning")
    expect(page.locator("main, #content").first).not_to_contain_text("ferry to Brenn")
