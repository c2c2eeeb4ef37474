"""The panel "working together": what it shows to whom, what it does, and what it refuses."""

import json
from datetime import timedelta

import pytest
from django.db import connection
from django.template import Context, Template
from django.test import Client, RequestFactory
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from claims.desk.items import ITEMS
from claims.desk.together import ACTIONS
from claims.models import Assignment, Comment, Event, Hold, Mention, Opinion, Presence
from claims.services.assignments import assign
from claims.services.comments import add_comment, withdraw_comment
from claims.services.contradictions import decide_contradiction
from claims.services.holds import take_hold, take_over
from claims.templatetags import together
from tests import factories

pytestmark = pytest.mark.django_db

HOSTILE = "<img src=x onerror=alert(1)> \u202egnihtemos {{ 7 }} </script><script>alert(2)</script>"


@pytest.fixture
def claim():
    return factories.ClaimFactory()


def at(action, row):
    return reverse(f"desk:together-{action}", args=[row._meta.model_name, row.uid])


def signed_in(user):
    client = Client()
    client.force_login(user)
    return client


def post(user, action, row, **said):
    return signed_in(user).post(at(action, row), said, content_type="application/json")


def panel(user, row, **said):
    answer = post(user, "beat", row, **said)
    assert answer.status_code == 200
    return answer.json()


# --- Who is here, and who works on it --------------------------------------------------------------------------------


def test_whoever_has_it_open_is_shown_to_the_others_a_reader_too(claim, reader, reviewer, editor):
    assert panel(reader, claim)["here"] == {"names": [], "more": False}
    assert panel(reviewer, claim)["here"]["names"] == ["rita-reader"]
    assert panel(editor, claim)["here"]["names"] == ["rita-reader", "rolf-reviewer"]
    post(reader, "leave", claim)
    assert panel(editor, claim)["here"]["names"] == ["rolf-reviewer"]


def test_opening_an_item_to_decide_holds_it_and_the_next_person_is_told_since_when(claim, reviewer, editor):
    assert panel(reviewer, claim, holding=True)["hold"]["mine"] is True
    began = timezone.localtime(Hold.objects.get().taken_at)
    told = panel(editor, claim, holding=True)["hold"]
    assert told["mine"] is False
    assert told["words"] == f"rolf-reviewer is working on this since {began:%H:%M}."


def test_taking_over_takes_one_press_and_the_former_holder_is_told(claim, reviewer, editor):
    panel(reviewer, claim, holding=True)
    assert "You took over from rolf-reviewer" in post(editor, "take-over", claim).json()["hold"]["words"]
    told = panel(reviewer, claim, holding=True)["hold"]
    assert (told["taken_from_me"], told["mine"]) == (True, False)
    assert "edda-editor took over from you" in told["words"]


def test_a_hold_stops_nobodys_decision(reviewer, editor):
    row = factories.ContradictionFactory()
    take_hold(row, by=reviewer)
    assert decide_contradiction(row, state="confirmed", by=editor, reason="One bridge.").state == "confirmed"


def test_a_hold_is_given_back_by_a_press_and_by_leaving(claim, reviewer):
    assert post(reviewer, "hold", claim).json()["hold"]["mine"] is True
    assert post(reviewer, "let-go", claim).json()["hold"] is None
    post(reviewer, "hold", claim)
    post(reviewer, "leave", claim)
    assert panel(reviewer, claim)["hold"] is None


def test_a_reader_who_looks_holds_nothing_even_if_the_page_asks(claim, reader):
    assert panel(reader, claim, holding=True)["hold"] is None
    assert not Hold.objects.exists()
    assert Presence.objects.get().user == reader


def test_what_others_changed_since_it_was_opened_is_told_with_who_and_what(reviewer, editor):
    row = factories.ContradictionFactory()
    opened = panel(reviewer, row)
    assert opened["changed"] == ""
    decide_contradiction(row, state="confirmed", by=editor, reason="One bridge.")
    assert "edda-editor: confirmed" in panel(reviewer, row, seen=opened["version"])["changed"]
    assert panel(editor, row, seen=opened["version"])["changed"] == ""
    assert panel(reviewer, row)["changed"] == ""


# --- Assignments -----------------------------------------------------------------------------------------------------


def test_one_press_assigns_to_oneself_and_another_says_done(claim, reviewer):
    assert post(reviewer, "assign", claim).json()["assignment"]["mine"] is True
    assert post(reviewer, "done", claim).json()["assignment"] is None
    assert post(reviewer, "done", claim).status_code == 404


def test_somebody_else_is_asked_by_user_name_with_a_note(claim, reviewer, editor):
    asked = post(editor, "assign", claim, to="@rolf-reviewer", note="Before noon.").json()["assignment"]
    assert (asked["note"], asked["mine"]) == ("Before noon.", False)
    assert "edda-editor asked you" in panel(reviewer, claim)["assignment"]["words"]


@pytest.mark.parametrize("name", ["nobody-of-this-name", "rita-reader"])
def test_nobody_is_asked_who_is_not_there_or_may_not(claim, reader, editor, name):
    answer = post(editor, "assign", claim, to=name)
    assert (answer.status_code, answer.json()["code"]) == (400, "not_on_staff")
    assert not Assignment.objects.exists()


# --- Comments --------------------------------------------------------------------------------------------------------


def test_comments_are_shown_newest_last_with_mentions_of_the_staff_alone_set_apart(claim, reviewer, editor):
    add_comment(claim, author=editor, text="First.")
    told = post(reviewer, "comment", claim, text="@edda-editor and @nobody-here: seen?").json()["comments"]
    assert [c["who"] for c in told] == ["edda-editor", "rolf-reviewer"]
    assert told[1]["pieces"] == [
        {"text": "@edda-editor", "name": "edda-editor"}, {"text": " and @nobody-here: seen?", "name": ""},
    ]  # fmt: skip
    assert (told[1]["mine"], told[1]["to_me"]) == (True, False)


def test_a_mention_is_read_by_being_shown(claim, reviewer, editor):
    add_comment(claim, author=editor, text="@rolf-reviewer look")
    assert Mention.objects.unread().filter(user=reviewer).exists()
    assert panel(reviewer, claim)["comments"][0]["to_me"] is True
    assert not Mention.objects.unread().exists()


def test_a_withdrawn_comment_is_shown_as_such_and_its_words_to_nobody(claim, reviewer, editor):
    told = post(reviewer, "comment", claim, text="Off the record, @edda-editor: it was the mayor.").json()["comments"]
    told = post(reviewer, "withdraw", claim, comment=told[0]["id"]).json()["comments"]
    for shown in (told[0], panel(editor, claim)["comments"][0]):
        assert (shown["withdrawn"], shown["pieces"], shown["to_me"]) == (True, [], False)
    assert "mayor" not in json.dumps(panel(editor, claim))


def test_nobody_withdraws_the_comment_of_another_nor_one_about_something_else(claim, reviewer, editor):
    comment = add_comment(claim, author=reviewer, text="Mine.")
    assert post(editor, "withdraw", claim, comment=comment.pk).status_code == 403
    assert post(reviewer, "withdraw", factories.ClaimFactory(), comment=comment.pk).status_code == 404
    for broken in ("1", None, -1, 2**70, True, [1]):
        assert post(reviewer, "withdraw", claim, comment=broken).status_code == 404
    assert not Comment.objects.get().withdrawn


def test_hostile_words_come_back_as_words_and_never_as_markup(claim, editor):
    answer = post(editor, "comment", claim, text=HOSTILE)
    assert answer["Content-Type"] == "application/json"
    assert answer.json()["comments"][0]["pieces"] == [{"text": HOSTILE, "name": ""}]


@pytest.mark.parametrize("text", ["a\x00b", "\ud800", 7, ["x"], {"a": 1}, "", "  ", "x" * 5001, "x" * 7000])
def test_what_is_no_comment_is_refused(claim, editor, text):
    body = json.dumps({"text": text})
    answer = signed_in(editor).post(at("comment", claim), body, content_type="application/json")
    assert answer.status_code == 400
    assert not Comment.objects.exists()


def test_the_newest_fifty_comments_are_shown_and_the_earlier_ones_on_request(claim, editor):
    for n in range(52):
        add_comment(claim, author=editor, text=f"No. {n}")
    told = panel(editor, claim)
    assert (len(told["comments"]), told["earlier"]) == (50, True)
    assert told["comments"][-1]["pieces"][0]["text"] == "No. 51"
    told = panel(editor, claim, everything=True)
    assert (len(told["comments"]), told["earlier"]) == (52, False)


def test_names_are_offered_while_one_is_typed_a_few_and_of_the_staff_only(editor):
    for n in range(12):
        factories.UserFactory(username=f"edgar{n:02}")
    factories.UserFactory(username="edouard", is_staff=False)
    factories.UserFactory(username="ben", first_name="Edwin", last_name="Okoro")
    client = signed_in(editor)

    def offered(begun):
        answer = client.post(reverse("desk:together-people"), {"q": begun}, content_type="application/json")
        return [one["name"] for one in answer.json()["people"]]

    assert len(offered("ed")) == 8
    assert offered("EDW") == ["ben"]
    assert offered("oko") == ["ben"]
    assert offered("edo") == []
    assert offered("%") == []


# --- Second opinions -------------------------------------------------------------------------------------------------


def test_a_second_opinion_can_be_given_on_what_is_decided(reviewer, editor):
    row = factories.ContradictionFactory()
    assert panel(editor, row)["review"] is None
    decide_contradiction(row, state="confirmed", by=reviewer, reason="One bridge.")
    review = post(editor, "opinion", row, answer="no", reason="Two bridges.").json()["review"]
    assert [(o["who"], o["answer"], o["reason"]) for o in review["opinions"]] == [
        ("rolf-reviewer", "They conflict", "One bridge."), ("edda-editor", "No conflict", "Two bridges."),
    ]  # fmt: skip
    assert review["differ"] is True
    assert [value for value, _words in review["answers"]] == ["yes", "no", "unsure"]


def test_opinions_take_the_permission_to_decide_and_a_question(claim, reviewer):
    manager = factories.UserFactory(role="feed manager")
    row = decide_contradiction(factories.ContradictionFactory(), state="confirmed", by=reviewer, reason="One bridge.")
    assert post(manager, "opinion", row, answer="no", reason="Two.").status_code == 403
    assert panel(manager, row)["review"]["answers"] == []
    assert post(reviewer, "opinion", claim, answer="no", reason="Two.").status_code == 404


# --- Who may ---------------------------------------------------------------------------------------------------------

LOOKING = {"beat", "leave"}


@pytest.mark.parametrize("action", sorted(set(ACTIONS) - LOOKING))
def test_a_reader_changes_nothing_by_any_of_the_addresses(claim, reader, action):
    answer = post(reader, action, claim, text="Hello", answer="no", reason="So.", comment=1, to="rita-reader")
    assert answer.status_code == 403
    assert not any(model.objects.exists() for model in (Hold, Assignment, Comment, Opinion))


def test_a_reader_is_offered_no_names(reader):
    answer = signed_in(reader).post(reverse("desk:together-people"), {"q": "e"}, content_type="application/json")
    assert answer.status_code == 403


@pytest.mark.parametrize("action", sorted(ACTIONS))
def test_nobody_acts_without_signing_in_nor_without_the_right_to_see_it(claim, action):
    assert Client().post(at(action, claim), {}, content_type="application/json").status_code == 302
    assert post(factories.UserFactory(username="sees-nothing"), action, claim).status_code == 403
    assert not Presence.objects.exists()


@pytest.mark.parametrize("action", sorted(ACTIONS))
def test_looking_an_action_up_does_nothing(claim, editor, action):
    assert signed_in(editor).get(at(action, claim)).status_code == 405


def test_a_page_elsewhere_cannot_act_for_somebody(claim, editor):
    client = Client(enforce_csrf_checks=True)
    client.force_login(editor)
    answer = client.post(at("comment", claim), {"text": "Hello"}, content_type="application/json")
    assert answer.status_code == 403
    assert not Comment.objects.exists()


@pytest.mark.parametrize("object_type", sorted(ITEMS))
def test_every_sort_of_item_can_be_worked_on_and_what_is_not_there_cannot(object_type, editor):
    made = {
        "claim": factories.ClaimFactory, "contradiction": factories.ContradictionFactory,
        "document": factories.DocumentFactory, "dossier": factories.DossierFactory,
        "judgement": factories.JudgementFactory, "source": factories.SourceFactory,
        "statement": factories.StatementFactory, "verdict": factories.VerdictFactory,
    }  # fmt: skip
    row = made[object_type]()
    assert post(editor, "comment", row, text="Seen.").json()["comments"][0]["pieces"][0]["text"] == "Seen."
    elsewhere = factories.PartyFactory().uid
    answer = signed_in(editor).post(
        reverse("desk:together-beat", args=[object_type, elsewhere]), {}, content_type="application/json"
    )
    assert (answer.status_code, answer.json()["code"]) == (404, "not_found")


def test_other_rows_are_no_items(editor):
    person = factories.UserFactory(username="root", is_superuser=True)
    for object_type in ("event", "party", "user", "comment"):
        address = reverse("desk:together-beat", args=[object_type, factories.PartyFactory().uid])
        assert signed_in(person).post(address, {}, content_type="application/json").status_code == 404


@pytest.mark.parametrize("seen", ["1", -5, 2**70, None, 1.5, [], True])
def test_a_version_that_is_none_is_taken_as_unknown(claim, editor, seen):
    assert panel(editor, claim, seen=seen)["changed"] == ""


# --- The page's part -------------------------------------------------------------------------------------------------


def rendered(user, row):
    request = RequestFactory().get("/")
    request.user = type(user).objects.get(pk=user.pk)
    return Template("{% load together %}{% together_panel row hold='open' %}").render(
        Context({"request": request, "row": row})
    )


def test_including_the_panel_costs_the_page_no_query_but_the_permission(claim, reviewer):
    with CaptureQueriesContext(connection) as queries:
        html = rendered(reviewer, claim)
    assert [q["sql"] for q in queries if "claims_" in q["sql"]] == []
    assert f'data-beat="{at("beat", claim)}"' in html
    assert 'data-begins="open"' in html
    assert "style=" not in html
    assert "onclick" not in html


def test_a_reader_is_offered_no_buttons_that_would_be_refused(claim, reader, reviewer):
    for name in ("comment", "assign"):
        assert f'data-form="{name}"' in rendered(reviewer, claim)
        assert f'data-form="{name}"' not in rendered(reader, claim)
    assert 'data-do="take-over"' not in rendered(reader, claim)


def test_the_panel_knows_every_action():
    assert set(together.ACTIONS) == set(ACTIONS)


def test_the_number_of_queries_does_not_grow_with_what_is_shown(reviewer, editor):
    row = decide_contradiction(factories.ContradictionFactory(), state="confirmed", by=reviewer, reason="One.")
    add_comment(row, author=editor, text="@rolf-reviewer one")
    assign(row, to=reviewer, by=editor)
    take_hold(row, by=editor)
    take_over(row, by=reviewer)
    panel(editor, row)
    panel(reviewer, row)

    def count():
        client = signed_in(reviewer)
        with CaptureQueriesContext(connection) as queries:
            client.post(at("beat", row), {"seen": 1, "holding": True}, content_type="application/json")
        return len(queries)

    few = count()
    for n in range(10):
        other = factories.UserFactory(username=f"colleague{n}", role="reviewer")
        add_comment(row, author=other, text="@rolf-reviewer @edda-editor more")
        panel(other, row)
        post(other, "opinion", row, answer="no", reason="Two.")
    assert count() == few


def test_nothing_that_is_said_or_seen_reaches_the_ledger_or_the_api(claim, reviewer, editor):
    before = Event.objects.count()
    post(editor, "comment", claim, text="Unmistakable words about the ferryman.")
    post(editor, "assign", claim, note="Unmistakable request to the ferryman.")
    post(editor, "take-over", claim)
    assert Event.objects.count() == before
    client = signed_in(reviewer)
    for address in (f"/api/v1/claims/{claim.uid}/", "/api/v1/events/", "/api/v1/schema/"):
        answer = client.get(address)
        assert b"ferryman" not in answer.content
        assert b"Presence" not in answer.content


def test_a_moment_of_another_day_names_the_day(claim, editor):
    take_hold(claim, by=editor)
    long_ago = timezone.now() - timedelta(days=400)
    Hold.objects.update(taken_at=long_ago)
    assert str(long_ago.year) in panel(editor, claim)["hold"]["words"]


def test_withdrawing_twice_is_refused_with_a_reason(claim, editor):
    comment = withdraw_comment(add_comment(claim, author=editor, text="A slip."), by=editor)
    answer = post(editor, "withdraw", claim, comment=comment.pk)
    assert (answer.status_code, answer.json()["code"]) == (409, "wrong_state")
