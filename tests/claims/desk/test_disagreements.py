"""The queue of disagreements, and the figures above it."""

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from claims.desk.reviewing import agreement_figures
from claims.models import Disagreement
from claims.services.contradictions import decide_contradiction
from claims.services.opinions import give_second_opinion
from claims.services.statements import confirm_statement
from tests import factories

pytestmark = pytest.mark.django_db

HOSTILE = "<img src=x onerror=alert(1)> \u202egnihtemos"


def signed_in(user):
    client = Client()
    client.force_login(user)
    return client


def page(user):
    answer = signed_in(user).get(reverse("desk:disagreements"))
    assert answer.status_code == 200
    return answer.content.decode()


def settle(user, disagreement, **said):
    address = reverse("desk:disagreement-settle", args=[disagreement.pk])
    return signed_in(user).post(address, said, content_type="application/json")


def conflict(by, *others, reason="One bridge."):
    """A confirmed contradiction, and what others think of it."""
    row = decide_contradiction(factories.ContradictionFactory(), state="confirmed", by=by, reason=reason)
    for person, answer in others:
        give_second_opinion(row, answer=answer, by=person, reason="Two bridges." if answer == "no" else reason)
    return row


def test_it_shows_both_sides_with_their_reasons_and_leads_to_the_item(reviewer, editor):
    row = conflict(reviewer, (editor, "no"))
    html = page(reviewer)
    for words in ("rolf-reviewer", "They conflict", "One bridge.", "edda-editor", "No conflict", "Two bridges."):
        assert words in html
    assert reverse("desk:conflict", args=[row.uid]) in html


def test_whoever_agrees_is_not_in_the_queue(reviewer, editor):
    conflict(reviewer, (editor, "yes"))
    assert "Nobody differs" in page(reviewer)


def test_the_figures_count_what_several_people_decided(reviewer, editor):
    third = factories.UserFactory(username="tom-third")
    conflict(reviewer, (editor, "no"))
    conflict(reviewer, (editor, "yes"), (third, "yes"))
    conflict(reviewer, (editor, "unsure"))
    conflict(reviewer)
    statement = confirm_statement(factories.StatementFactory(), by=reviewer)
    give_second_opinion(statement, answer="yes", by=editor, reason="So it says.")
    conflicts, statements, pairs = (figures.found for figures in agreement_figures())
    assert (conflicts.items, conflicts.opinions, conflicts.percent) == (2, 5, 75.0)
    # Worked by hand: 4 yes and 1 no; expected 2 * 4 / (5 * 4), seen 2 / 5.
    assert conflicts.alpha == pytest.approx(0.0)
    assert (statements.items, statements.percent, statements.alpha) == (1, 100.0, None)
    assert pairs.items == 0
    html = page(editor)
    assert "75%" in html
    assert "0.00" in html
    assert "nothing to compare yet" in html


def test_an_editor_settles_it_and_the_record_follows(reviewer, editor):
    row = conflict(reviewer, (factories.UserFactory(), "no"))
    answer = settle(editor, Disagreement.objects.get(), answer="no", reason="The map shows two.")
    assert answer.status_code == 200
    row.refresh_from_db()
    assert (row.state, row.decided_by, row.reason) == ("dismissed", editor, "The map shows two.")
    assert "Nobody differs" in page(editor)


def test_a_reviewer_may_give_an_opinion_and_not_settle_and_a_reader_neither(reader, reviewer, editor):
    conflict(reviewer, (editor, "no"))
    disagreement = Disagreement.objects.get()
    assert "data-settle" in page(editor)
    assert "data-opinion" in page(reviewer)
    assert "data-settle" not in page(reviewer)
    assert "data-opinion" not in page(reader)
    for person in (reader, reviewer):
        assert settle(person, disagreement, answer="no", reason="So.").status_code == 403
    assert Disagreement.objects.open().exists()


def test_who_may_settle_but_not_decide_such_things_settles_nothing(reviewer, editor):
    from django.contrib.auth.models import Permission

    settler = factories.UserFactory(username="sam-settler")
    settler.user_permissions.add(Permission.objects.get(codename="settle_disagreement"))
    conflict(reviewer, (editor, "no"))
    assert settle(settler, Disagreement.objects.get(), answer="no", reason="So.").status_code == 403


@pytest.mark.parametrize(
    ("said", "status"),
    [
        ({"answer": "no"}, 400),
        ({"answer": "no", "reason": "  "}, 400),
        ({"reason": "So."}, 400),
        ({"answer": "maybe", "reason": "So."}, 400),
        ({"answer": "unsure", "reason": "So."}, 409),
        ({"answer": "no", "reason": "a\u0000b"}, 400),
    ],
)
def test_settling_takes_an_answer_and_a_reason(reviewer, editor, said, status):
    conflict(reviewer, (factories.UserFactory(), "no"))
    assert settle(editor, Disagreement.objects.get(), **said).status_code == status
    assert Disagreement.objects.open().exists()


def test_hostile_reasons_are_only_words(reviewer, editor):
    row = decide_contradiction(
        factories.ContradictionFactory(explanation=HOSTILE), state="confirmed", by=reviewer, reason=HOSTILE
    )
    give_second_opinion(row, answer="no", by=editor, reason=HOSTILE)
    html = page(editor)
    assert "<img src=x" not in html
    assert html.count("&lt;img src=x") >= 3


def test_the_number_of_queries_does_not_grow_with_the_queue(reviewer, editor):
    def count():
        client = signed_in(editor)
        with CaptureQueriesContext(connection) as queries:
            client.get(reverse("desk:disagreements"))
        return len(queries)

    conflict(reviewer, (editor, "no"))
    count()
    few = count()
    for _ in range(8):
        conflict(reviewer, (editor, "no"), (factories.UserFactory(), "yes"))
    assert count() == few


def test_nobody_sees_the_queue_who_may_see_no_contradictions():
    nobody = signed_in(factories.UserFactory(username="sees-nothing"))
    assert nobody.get(reverse("desk:disagreements")).status_code == 403
