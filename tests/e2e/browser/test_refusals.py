"""A reader who tries every address that changes something, by hand, from the browser in which he is signed in."""

from claims.roles import READER
from tests.claims.desk.test_roles import API, MAY, filled_in

TRY = """
async ({addresses, methods, types, token}) => {
  const answers = {};
  for (const [name, address] of Object.entries(addresses)) {
    const answer = await fetch(address, {
      method: methods[name] || "POST", credentials: "same-origin", redirect: "manual",
      headers: {"Content-Type": types[name] || "application/json", "X-CSRFToken": token}, body: "{}",
    });
    answers[name] = answer.status;
  }
  return answers;
}
"""

METHODS = {"api:verdicts-detail": "PATCH"}  # what takes no POST
TYPES = {"submissions:feed-opml": "text/x-opml"}  # what takes no JSON


def test_a_reader_is_refused_at_every_address_that_changes_something(desk):
    at = desk("reader")
    at.open("/admin/password_change/")
    token = at.page.locator("input[name=csrfmiddlewaretoken]").first.input_value()
    addresses = {name: filled_in(name) for name, may in MAY.items() if READER not in may}
    assert len(addresses) > 60
    with at.watch.refusals(403):
        answers = at.page.evaluate(TRY, {"addresses": addresses, "methods": METHODS, "types": TYPES, "token": token})
    assert {name: status for name, status in answers.items() if status != 403} == {}
    assert set(API) & set(answers)
