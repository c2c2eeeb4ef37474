"""One's own work: what is assigned, where one is mentioned, what one has begun to write."""

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from claims.choices import VerdictState
from claims.models import Assignment, Mention
from claims.services.assignments import assign, finish_assignment
from claims.services.comments import add_comment, withdraw_comment
from claims.services.verdicts import draft_verdict, propose_verdict
from tests import factories

pytestmark = pytest.mark.django_db

HOSTILE = "<img src=x onerror=alert(1)> \u202egnihtemos"


def signed_in(user):
    client = Client()
    client.force_login(user)
    return client


def page(user, name="mine", *args, **query):
    answer = signed_in(user).get(reverse(f"desk:{name}", args=args), query)
    assert answer.status_code == 200
    return answer.content.decode()


def act(user, name, **said):
    return signed_in(user).post(reverse(f"desk:{name}"), said, content_type="application/json")


def test_it_lists_what_is_open_for_this_person_with_its_words_and_the_note(reviewer, editor):
    mine, done, theirs = (factories.ClaimFactory(text=f"the {n} ferry sank") for n in ("red", "green", "blue"))
    assign(mine, to=reviewer, by=editor, note="Before the noon bulletin.")
    finish_assignment(assign(done, to=reviewer, by=editor), by=reviewer)
    assign(theirs, to=editor, by=editor)
    html = page(reviewer)
    assert "the red ferry sank" in html
    assert reverse("desk:claim", args=[mine.uid]) in html
    assert "Before the noon bulletin." in html
    assert "green ferry" not in html
    assert "blue ferry" not in html


def test_what_is_done_leaves_the_list_and_only_ones_own_can_be_ended_here(reviewer, editor):
    asked = assign(factories.ClaimFactory(), to=reviewer, by=editor)
    assert act(editor, "mine-done", assignment=asked.pk).status_code == 404
    assert act(reviewer, "mine-done", assignment=asked.pk).status_code == 200
    assert act(reviewer, "mine-done", assignment=asked.pk).status_code == 409
    for broken in ("1", None, 2**70, -1):
        assert act(reviewer, "mine-done", assignment=broken).status_code == 404
    assert not Assignment.objects.open().exists()


def test_mentions_are_new_until_they_are_read_and_withdrawn_ones_are_gone(reviewer, editor):
    claim = factories.ClaimFactory()
    add_comment(claim, author=editor, text="@rolf-reviewer is this the same ferry?")
    withdraw_comment(add_comment(claim, author=editor, text="@rolf-reviewer never mind the mayor"), by=editor)
    html = page(reviewer)
    assert "is this the same ferry?" in html
    assert "mayor" not in html
    assert ">new<" in html
    assert act(reviewer, "mine-read").json() == {"read": 2}
    assert ">new<" not in page(reviewer)
    assert "is this the same ferry?" in page(reviewer)


def test_reading_is_done_for_oneself_only(reviewer, editor):
    add_comment(factories.ClaimFactory(), author=editor, text="@rolf-reviewer look")
    act(editor, "mine-read")
    assert Mention.objects.unread().count() == 1


def test_drafts_and_proposals_of_ones_own_are_listed_until_they_are_published(reviewer, editor):
    for author, words in ((reviewer, "mine"), (editor, "theirs")):
        claim = factories.ClaimFactory(text=f"the ferry of {words} sank")
        verdict = draft_verdict(claim, credibility=2, rationale="Two films.", by=author)
        propose_verdict(verdict, by=author)
    draft_verdict(factories.ClaimFactory(text="the pier burnt"), credibility=3, rationale="A film.", by=reviewer)
    html = page(reviewer)
    assert "the ferry of mine sank" in html
    assert "the pier burnt" in html
    assert VerdictState.PROPOSED in html
    assert "theirs" not in html


def test_a_colleagues_page_shows_what_is_assigned_and_nothing_else(reviewer, editor, reader):
    claim = factories.ClaimFactory(text="the red ferry sank")
    assign(claim, to=reviewer, by=editor)
    add_comment(claim, author=editor, text="@rolf-reviewer a private word")
    html = page(reader, "colleague", "rolf-reviewer")
    assert "the red ferry sank" in html
    assert "private word" not in html
    assert "data-assignment" not in html
    outside = factories.UserFactory(username="outsider", is_staff=False)
    for nobody in ("nobody", outside.username):
        assert signed_in(reader).get(reverse("desk:colleague", args=[nobody])).status_code == 404


def test_hostile_words_are_only_words(reviewer, editor):
    claim = factories.ClaimFactory(text=HOSTILE)
    assign(claim, to=reviewer, by=editor, note=HOSTILE)
    add_comment(claim, author=editor, text=f"@rolf-reviewer {HOSTILE}")
    draft_verdict(claim, credibility=3, rationale=HOSTILE, by=reviewer)
    html = page(reviewer)
    assert "<img src=x" not in html
    assert html.count("&lt;img src=x") >= 4


def test_a_reader_has_the_page_and_no_buttons(reader):
    assert "data-assignment" not in page(reader)
    assert act(reader, "mine-done", assignment=1).status_code == 403


def test_nobody_sees_it_who_may_see_no_claims():
    nobody = factories.UserFactory(username="sees-nothing")
    for name, args in (("mine", []), ("colleague", ["sees-nothing"])):
        assert signed_in(nobody).get(reverse(f"desk:{name}", args=args)).status_code == 403
        assert Client().get(reverse(f"desk:{name}", args=args)).status_code == 302


def test_the_number_of_queries_does_not_grow_with_the_lists(reviewer, editor):
    def fill(count):
        for _ in range(count):
            for make in (factories.ClaimFactory, factories.JudgementFactory, factories.StatementFactory):
                row = make()
                assign(row, to=reviewer, by=editor)
                add_comment(row, author=editor, text="@rolf-reviewer @edda-editor look")
            draft_verdict(factories.ClaimFactory(), credibility=3, rationale="A film.", by=reviewer)

    def count():
        client = signed_in(reviewer)
        with CaptureQueriesContext(connection) as queries:
            client.get(reverse("desk:mine"))
        return len(queries)

    fill(1)
    count()
    few = count()
    fill(6)
    assert count() == few


def test_a_long_list_comes_in_parts(reviewer, editor):
    for n in range(27):
        assign(factories.ClaimFactory(text=f"ferry no. {n:02} sank"), to=reviewer, by=editor)
    assert "ferry no. 24" in page(reviewer)
    assert "ferry no. 25" not in page(reviewer)
    assert "ferry no. 26" in page(reviewer, assigned="2")
