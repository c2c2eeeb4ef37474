"""The conflict queue by keys alone: nobody touches a mouse here."""

import re

import pytest
from playwright.sync_api import expect

QUEUE = "/admin/desk/conflicts/?dossier=velmora-ferries"


def state_of(at, uid: str) -> str:
    """What the API says has been decided about a contradiction."""
    return at.context.request.get(f"{at.address}/api/v1/contradictions/{uid}/").json()["state"]


def shown(at) -> str:
    """The conflict on the screen."""
    return at.page.locator("#cq-item").get_attribute("data-uid")


def press(at, key: str) -> None:
    """Press a key that leads to another page."""
    with at.page.expect_navigation():
        at.page.keyboard.press(key)


@pytest.fixture
def working(desk, site):
    """A reviewer at the first conflict of the drill, which was opened from the list by keys."""
    at = desk("reviewer")
    at.open(QUEUE)
    at.page.keyboard.press("j")
    press(at, "Enter")
    assert shown(at) in site.rows["drill"]["conflicts"]
    return at


def test_ten_conflicts_are_worked_through_by_keyboard_alone(working):
    at, decided = working, {}
    for number in range(10):
        uid, key = shown(at), "cd"[number % 2]
        if number == 3:  # a note of one's own, in place of the standard words
            at.page.keyboard.press("n")
            at.page.keyboard.type("Both speak of the first ferry of the day.")
            at.page.keyboard.press("Escape")
        press(at, key)
        decided[uid] = {"c": "confirmed", "d": "dismissed"}[key]
        assert at.page.locator("#cq-item").count(), "the next conflict is not shown"
    assert len(decided) == 10
    assert {uid: state_of(at, uid) for uid in decided} == decided
    fourth = list(decided)[3]
    at.open(f"/admin/desk/conflicts/{fourth}/")
    expect(at.page.locator(".cq-decided")).to_contain_text("Both speak of the first ferry of the day.")

    # One back, then on to the next, to the one before, and what is unsure stays suggested.
    at.open(QUEUE)
    at.page.keyboard.press("j")
    press(at, "Enter")
    first = shown(at)
    press(at, "c")
    assert state_of(at, first) == "confirmed"
    press(at, "z")
    assert shown(at) == first
    assert state_of(at, first) == "suggested"
    press(at, "j")
    second = shown(at)
    assert second != first
    press(at, "k")
    assert shown(at) == first
    press(at, "u")
    assert state_of(at, first) == "suggested"


def test_several_conflicts_are_decided_at_once_and_taken_back_at_once(desk, site):
    at = desk("editor")
    page = at.open(QUEUE)
    rows = page.locator(".cq-row")
    ticked = [rows.nth(number).get_attribute("data-uid") for number in range(2)]
    for uid in ticked:
        page.locator(f"#c-{uid} [data-one]").check()
    page.get_by_label("One reason for all that are ticked").fill("Both speak of the Monday ferry.")
    with page.expect_navigation():
        page.locator('.cq-bulk [data-decision="dismiss"]').click()
    assert {state_of(at, uid) for uid in ticked} == {"dismissed"}
    press(at, "z")
    assert {state_of(at, uid) for uid in ticked} == {"suggested"}


def test_the_keys_are_listed_on_the_screen(desk, site):
    at = desk("reviewer")
    at.open(f"/admin/desk/conflicts/{site.rows['world']['contradiction']['uid']}/")
    at.page.keyboard.press("?")
    keys = at.page.get_by_role("dialog")
    expect(keys).to_be_visible()
    assert set("jkcdumnz?") <= set(keys.locator("dt").all_inner_texts())
    at.page.keyboard.press("Escape")
    expect(keys).to_have_count(0)


def test_a_reader_sees_the_queue_and_is_told_that_keys_decide_nothing(desk, site):
    at = desk("reader")
    uid = site.rows["world"]["contradiction"]["uid"]
    at.open(f"/admin/desk/conflicts/{uid}/")
    at.page.keyboard.press("c")
    expect(at.page.locator(".dk-notice")).to_be_visible()
    assert state_of(at, uid) == "suggested"
    assert not re.search(r"\bConfirm\b", at.page.locator(".cq-decide").inner_text())
