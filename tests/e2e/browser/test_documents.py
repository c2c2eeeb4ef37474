"""The reader of documents: a statement that the machine missed is added by selecting its words with the mouse."""

from playwright.sync_api import Page, expect

BOX = """
([place, words]) => {
  const walker = document.createTreeWalker(document.querySelector(place), NodeFilter.SHOW_TEXT);
  for (let node = walker.nextNode(); node; node = walker.nextNode()) {
    const at = node.data.indexOf(words);
    if (at < 0) continue;
    const range = document.createRange();
    range.setStart(node, at);
    range.setEnd(node, at + words.length);
    node.parentElement.scrollIntoView({block: "center"});
    const boxes = [...range.getClientRects()];
    const first = boxes[0], last = boxes.at(-1);
    return {from: [first.left, first.top + first.height / 2], to: [last.right, last.top + last.height / 2]};
  }
}
"""


def select(page: Page, words: str) -> None:
    """Draw the mouse over words of the text."""
    box = page.evaluate(BOX, ["#dr-text", words])
    page.mouse.move(box["from"][0] + 0.5, box["from"][1])
    page.mouse.down()
    page.mouse.move((box["from"][0] + box["to"][0]) / 2, box["from"][1])
    page.mouse.move(box["to"][0] - 0.2, box["to"][1], steps=4)
    page.mouse.up()
    assert page.evaluate("document.getSelection().toString()") == words


def test_a_missed_statement_is_added_by_selecting_its_words(desk, site):
    rows = site.rows["missed"]
    at = desk("reviewer")
    page = at.open(f"/admin/desk/documents/{rows['document']}/")
    expect(page.locator("#dr-items > li")).to_have_count(1)
    content = "the cranes would work again by Friday"
    select(page, content)
    page.keyboard.press("n")
    form = page.locator("#dr-form")
    expect(form.locator('[data-role="content"] [data-words]')).to_have_text(content)
    select(page, "Ilse Roen")
    page.keyboard.press("1")
    select(page, "promised")
    page.keyboard.press("2")
    expect(form.locator('[data-role="source"] [data-words]')).to_have_text("Ilse Roen")
    expect(form.locator('[data-role="cue"] [data-words]')).to_have_text("promised")
    expect(form.get_by_label("Who says it")).to_have_value("Ilse Roen")
    expect(page.locator("#dr-leads")).to_contain_text("Leads to Ilse Roen")
    with page.expect_navigation():
        form.get_by_role("button", name="Save").click()
    expect(page.locator("#dr-items > li")).to_have_count(2)
    added = page.locator("#dr-items > li", has_text=content)
    expect(added.locator(".dr-who")).to_have_text("Ilse Roen")
    expect(added.locator("[data-state]")).to_have_text("confirmed")
    # A click on its words in the text chooses it in the list.
    page.locator("#dr-text .dr-mark", has_text="cranes would work again").first.click()
    expect(added).to_have_attribute("aria-current", "true")


def test_a_statement_is_corrected_by_drawing_over_other_words(desk, site):
    rows = site.rows["missed"]
    at = desk("reviewer")
    page = at.open(f"/admin/desk/documents/{rows['document']}/")
    page.locator("#dr-text .dr-content", has_text="two of the four cranes").first.click()
    page.keyboard.press("e")
    form = page.locator("#dr-form")
    expect(form.locator('[data-role="content"] [data-words]')).to_have_text("two of the four cranes were out of use")
    select(page, "the four cranes were out of use")
    page.keyboard.press("3")
    form.locator('[data-role="content"] [data-nudge="start-"]').click()
    expect(form.locator('[data-role="content"] [data-words]')).to_have_text("of the four cranes were out of use")
    form.get_by_label("Who says it").fill("Ilse Ro")
    form.get_by_role("option", name="Ilse Roen").click()
    form.get_by_label("Polarity").select_option("denies")
    form.get_by_label("What was wrong").fill("The words begin later, and it is the harbour master who denies them.")
    with page.expect_navigation():
        form.get_by_role("button", name="Save").click()
    corrected = page.locator("#dr-items > li", has_text="of the four cranes were out of use")
    expect(corrected).to_have_count(1)
    expect(corrected.locator(".dr-who")).to_have_text("Ilse Roen")
    expect(corrected.get_by_text("denies", exact=True)).to_be_visible()
    expect(page.locator(".dr-aside")).to_contain_text("two of the four cranes were out of use")


def test_a_reader_is_offered_no_way_to_change_a_statement(desk, site):
    at = desk("reader")
    page = at.open(f"/admin/desk/documents/{site.rows['missed']['document']}/")
    expect(page.locator("#dr-items > li").first).to_be_visible()
    expect(page.get_by_role("button", name="Add a statement")).to_have_count(0)
    expect(page.locator("#dr-form")).to_have_count(0)
