"""The page of a claim: a verdict by two people, and two people at one claim."""

import re

from playwright.sync_api import expect

RATIONALE = "Two accounts that know nothing of each other agree on the day and the place."


def draft(page, *, credibility: str, rationale: str) -> None:
    """Write a draft by its form, from the key that opens it on."""
    page.keyboard.press("v")
    form = page.locator("#draft form")
    form.get_by_label(credibility).check()
    form.get_by_label("Rationale").fill(rationale)
    with page.expect_navigation():
        form.get_by_role("button", name="Draft").click()


def step(page, name: str) -> None:
    """Take one step with the newest verdict."""
    with page.expect_navigation():
        page.locator(".cm-verdict").first.get_by_role("button", name=name).click()


def test_a_reviewer_proposes_is_refused_and_an_editor_approves(desk, site):
    path = f"/admin/desk/claim/{site.rows['verdict']['claim']}/"
    reviewer, editor = desk("reviewer"), desk("editor")
    page = reviewer.open(path)
    expect(page.locator("#verdict")).to_contain_text("unverified")
    draft(page, credibility="2: probably true", rationale=RATIONALE)
    step(page, "Propose")
    verdict = page.locator(".cm-verdict").first
    expect(verdict).to_contain_text("proposed")
    expect(verdict).to_contain_text("another person has to approve it")
    expect(verdict.get_by_role("button", name="Approve")).to_have_count(0)

    page = editor.open(path)
    approve = page.locator(".cm-verdict").first.get_by_role("button", name="Approve")
    address = approve.get_attribute("data-verdict-step")
    with reviewer.watch.refusals(403):  # the author, by hand
        refused = reviewer.page.evaluate(
            """async (address) => (await fetch(address, {
              method: "POST", body: "{}",
              headers: {"X-CSRFToken": document.querySelector("input[name=csrfmiddlewaretoken]").value},
            })).status""",
            address,
        )
    assert refused == 403
    step(page, "Approve")
    verdict = page.locator(".cm-verdict").first
    expect(verdict).to_contain_text("published")
    expect(verdict).to_contain_text("approved by editor")
    reviewer.page.reload()
    expect(reviewer.page.locator(".cm-verdict").first).to_contain_text(RATIONALE)


def test_an_editor_is_refused_approving_a_verdict_of_her_own(desk, site):
    editor = desk("editor")
    page = editor.open(f"/admin/desk/claim/{site.rows['shared']['claim']}/")
    draft(page, credibility="3: possibly true", rationale=RATIONALE)
    step(page, "Propose")
    with editor.watch.refusals(403):
        page.locator(".cm-verdict").first.get_by_role("button", name="Approve").click()
        expect(page.locator('.dk-notice[data-tone="bad"]')).to_contain_text("approved by another person")
    page.reload()
    expect(page.locator(".cm-verdict").first).to_contain_text("proposed")


def test_a_later_verdict_takes_the_place_of_an_earlier_one_and_is_withdrawn(desk, site):
    path = f"/admin/desk/claim/{site.rows['judged']['claim']}/"
    reviewer, editor = desk("reviewer"), desk("editor")
    for credibility in ("3: possibly true", "1: confirmed by other sources"):
        page = reviewer.open(path)
        draft(page, credibility=credibility, rationale=RATIONALE)
        step(page, "Propose")
        step(editor.open(path), "Approve")
    states = editor.page.locator(".cm-verdict > p:first-child .cb-badge")
    expect(states).to_have_text(["published", "superseded"])
    editor.page.locator(".cm-verdict").first.get_by_role("button", name="Withdraw").click()
    why = editor.page.get_by_role("dialog")
    why.get_by_label("Reason").fill("The second account rests on the first after all.")
    with editor.page.expect_navigation():
        why.get_by_role("button", name="Withdraw").click()
    expect(states).to_have_text(["withdrawn", "superseded"])
    expect(editor.page.locator("#verdict")).to_contain_text("rests on the first after all")


def test_the_past_of_a_claim_is_looked_at_step_by_step(desk, site):
    at = desk("reader")
    page = at.open(f"/admin/desk/claim/{site.rows['world']['claim']['uid']}/")
    now = page.locator("#claim-shown").inner_text()
    page.keyboard.press("[")
    expect(page.locator("#claim-shown")).to_contain_text("This is what was held on")
    expect(page.locator("#claim-shown")).to_have_class(re.compile("cm-past"))
    expect(page).to_have_url(re.compile("as_of="))
    page.get_by_role("slider").press("End")
    expect(page.locator("#claim-shown")).not_to_contain_text("This is what was held on")
    assert page.locator("#claim-shown").inner_text() == now


def test_of_two_people_at_one_claim_the_second_is_told_what_the_first_changed(desk, site):
    path = f"/admin/desk/claim/{site.rows['shared']['claim']}/"
    first, second = desk("reviewer"), desk("editor")
    for at in (first, second):
        at.open(path)
        at.page.locator("[data-set-position]").first.click()
        dialog = at.page.get_by_role("dialog")
        dialog.get_by_label("reports").check()
        dialog.get_by_label("Reason").fill(f"It only passes on what others say, notes {at.page.title()[:10]}.")
    with first.page.expect_navigation():
        first.page.get_by_role("button", name="Set the position").click()
    with second.watch.refusals(412):
        second.page.get_by_role("button", name="Set the position").click()
        told = second.page.get_by_role("dialog").locator("[data-refused]")
        expect(told).to_contain_text("changed since you opened it")
        expect(told).to_contain_text("reviewer")
    with second.page.expect_navigation():
        second.page.get_by_role("button", name="Look again").click()
    expect(second.page.locator("#claim-shown")).to_contain_text("reports")
