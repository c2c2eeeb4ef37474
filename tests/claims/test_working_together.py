"""Working notes: who looks at what, who works on it, what is asked and said. None of it reaches the ledger."""

from datetime import timedelta

import pytest
from django.db import DatabaseError, connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from claims.errors import NothingSaid, NotOnStaff, NotTheAuthor, WrongState
from claims.models import Assignment, Comment, Event, Hold, Mention, Presence, Visit
from claims.services.assignments import assign, finish_assignment
from claims.services.comments import LONGEST, Piece, add_comment, pieces, read_mentions, withdraw_comment
from claims.services.holds import HOLD_SECONDS, let_go, running_hold, take_hold, take_over
from claims.services.presence import look_at, look_away, note_visit
from tests import factories

pytestmark = pytest.mark.django_db


@pytest.fixture
def claim():
    return factories.ClaimFactory()


def later(queryset, seconds, *fields):
    """Let so many seconds pass for these rows: what they say happened is further back by then."""
    for row in queryset:
        aged = {f: getattr(row, f) - timedelta(seconds=seconds) for f in fields if getattr(row, f) is not None}
        type(row).objects.filter(pk=row.pk).update(**aged)


def who_is_at(row):
    return [p.user for p in Presence.objects.about(row).now().select_related("user")]


# --- Presence --------------------------------------------------------------------------------------------------------


def test_whoever_looks_is_seen_once_and_no_longer_after_a_minute_without_a_sign(claim, reader, reviewer):
    look_at(claim, user=reader)
    look_at(claim, user=reader)
    look_at(claim, user=reviewer)
    assert who_is_at(claim) == [reader, reviewer]
    later(Presence.objects.filter(user=reader), 59, "seen_at")
    assert who_is_at(claim) == [reader, reviewer]
    later(Presence.objects.filter(user=reader), 2, "seen_at")
    assert who_is_at(claim) == [reviewer]
    look_at(claim, user=reader)
    assert who_is_at(claim) == [reader, reviewer]


def test_looking_at_one_thing_is_not_looking_at_another(claim, reader):
    look_at(claim, user=reader)
    assert who_is_at(factories.ClaimFactory()) == []


def test_whoever_closes_it_is_gone_at_once(claim, reader):
    look_at(claim, user=reader)
    look_away(claim, user=reader)
    assert who_is_at(claim) == []


def test_old_looks_are_cleared_away(claim, reader):
    look_at(claim, user=reader)
    later(Presence.objects.all(), 120, "seen_at")
    look_at(factories.ClaimFactory(), user=reader)
    assert Presence.objects.count() == 1


# --- Visits ----------------------------------------------------------------------------------------------------------


def test_the_first_visit_has_none_before_it_and_goes_on_while_something_is_heard(reviewer):
    assert note_visit(reviewer) is None
    later(Visit.objects.all(), 29 * 60, "seen_at")
    assert note_visit(reviewer) is None


def test_after_half_an_hour_a_new_visit_begins_and_the_end_of_the_last_one_is_kept(reviewer):
    note_visit(reviewer)
    later(Visit.objects.all(), 31 * 60, "seen_at")
    ended = Visit.objects.get().seen_at
    assert note_visit(reviewer) == ended
    later(Visit.objects.all(), 60, "seen_at")
    assert note_visit(reviewer) == ended


# --- Holds -----------------------------------------------------------------------------------------------------------


def test_one_person_holds_an_object_and_another_is_told_who(claim, reviewer, editor):
    assert take_hold(claim, by=reviewer).holder == reviewer
    assert take_hold(claim, by=editor).holder == reviewer
    assert running_hold(claim).holder == reviewer
    assert running_hold(factories.ClaimFactory()) is None


def test_a_hold_expires_by_itself_and_the_next_person_gets_one(claim, reviewer, editor):
    take_hold(claim, by=reviewer)
    later(Hold.objects.all(), HOLD_SECONDS - 5, "taken_at", "expires_at")
    assert running_hold(claim).holder == reviewer
    later(Hold.objects.all(), 6, "taken_at", "expires_at")
    assert running_hold(claim) is None
    assert take_hold(claim, by=editor).holder == editor
    expired = Hold.objects.get(holder=reviewer)
    assert expired.ended_at == expired.expires_at
    assert expired.taken_over_by is None


def test_a_sign_of_life_prolongs_a_hold_and_keeps_since_when(claim, reviewer):
    since = take_hold(claim, by=reviewer).taken_at
    later(Hold.objects.all(), 100, "expires_at")
    assert take_hold(claim, by=reviewer).taken_at == since
    assert running_hold(claim).expires_at > timezone.now() + timedelta(seconds=HOLD_SECONDS - 5)
    assert Hold.objects.count() == 1


def test_a_hold_can_be_taken_over_and_its_holder_can_be_told_by_whom(claim, reviewer, editor):
    first = take_hold(claim, by=reviewer)
    second = take_over(claim, by=editor)
    first.refresh_from_db()
    assert (first.ended_at is not None, first.taken_over_by) == (True, second)
    assert running_hold(claim).took_over.holder == reviewer
    assert take_hold(claim, by=reviewer).holder == editor


def test_taking_over_from_nobody_or_from_oneself_is_simply_taking(claim, reviewer):
    first = take_over(claim, by=reviewer)
    assert take_over(claim, by=reviewer) == first
    let_go(claim, by=reviewer)
    assert running_hold(claim) is None
    assert take_over(claim, by=reviewer) != first


def test_nobody_ends_the_hold_of_another_by_leaving(claim, reviewer, editor):
    take_hold(claim, by=reviewer)
    let_go(claim, by=editor)
    assert running_hold(claim).holder == reviewer


def test_the_database_knows_one_hold_at_a_time(claim, reviewer, editor):
    take_hold(claim, by=reviewer)
    now = timezone.now()
    with pytest.raises(DatabaseError, match="hold_one_at_a_time"), transaction.atomic():
        Hold.objects.create(
            object_type="claim", object_uid=claim.uid, holder=editor, taken_at=now,
            expires_at=now + timedelta(seconds=5),
        )  # fmt: skip


# --- Assignments -----------------------------------------------------------------------------------------------------


def test_one_person_sees_to_an_object_until_it_is_passed_on_or_done(claim, reviewer, editor):
    first = assign(claim, to=reviewer, by=editor, note="Before the noon bulletin.")
    assert assign(claim, to=reviewer, by=editor) == first
    second = assign(claim, to=editor, by=reviewer)
    first.refresh_from_db()
    assert (first.done_by, first.passed_on) == (reviewer, True)
    assert [a.to for a in Assignment.objects.about(claim).open()] == [editor]
    finish_assignment(second, by=editor)
    assert not Assignment.objects.open().exists()
    with pytest.raises(WrongState):
        finish_assignment(second, by=editor)


def test_only_who_may_take_part_can_be_asked(claim, reader, editor):
    left = factories.UserFactory(username="lena-left", role="reviewer", is_active=False)
    for nobody in (reader, left):
        with pytest.raises(NotOnStaff, match=nobody.username):
            assign(claim, to=nobody, by=editor)
    assert not Assignment.objects.exists()


def test_what_was_asked_is_never_rewritten(claim, reviewer, editor):
    asked = assign(claim, to=reviewer, by=editor, note="Call the mayor.")
    with pytest.raises(DatabaseError, match="Cannot update"), transaction.atomic():
        Assignment.objects.filter(pk=asked.pk).update(note="Call nobody.")
    finish_assignment(asked, by=reviewer)
    with pytest.raises(DatabaseError, match="Cannot update"), transaction.atomic():
        Assignment.objects.filter(pk=asked.pk).update(done_at=None, done_by=None)


# --- Comments --------------------------------------------------------------------------------------------------------


def test_a_comment_mentions_people_on_the_staff_once_each_and_nobody_else(claim, reviewer, editor):
    factories.UserFactory(username="gone", is_active=False)
    factories.UserFactory(username="outsider", is_staff=False)
    text = "@rolf-reviewer and @edda-editor, ask @nobody, @gone or @outsider; @edda-editor first. mail@edda-editor"
    comment = add_comment(claim, author=reviewer, text=text)
    assert [m.user for m in comment.mentioned.order_by("user__username")] == [editor, reviewer]


@pytest.mark.parametrize("after", [".", "...", ":", ",", "!", ")", "-", "@", ""])
def test_punctuation_after_a_name_is_not_part_of_it(claim, reviewer, after):
    comment = add_comment(claim, author=reviewer, text=f"Done by @rolf-reviewer{after}")
    assert [m.user for m in comment.mentioned.all()] == [reviewer]


def test_the_longer_of_two_names_is_meant(claim, reviewer):
    longer = factories.UserFactory(username="rolf-reviewer.jr")
    comment = add_comment(claim, author=reviewer, text="Ask @rolf-reviewer.jr.")
    assert [m.user for m in comment.mentioned.all()] == [longer]


def test_a_comment_is_parted_where_it_mentions_people_and_loses_nothing():
    text = "<b>@edda</b> @nobody (@edda.) @rolf-reviewer…"
    parted = pieces(text, ["edda", "rolf-reviewer"])
    assert "".join(piece.text for piece in parted) == text
    assert [piece for piece in parted if piece.name] == [
        Piece("@edda", "edda"), Piece("@edda", "edda"), Piece("@rolf-reviewer", "rolf-reviewer"),
    ]  # fmt: skip


@pytest.mark.parametrize("text", ["", "  \n ", "x" * (LONGEST + 1)], ids=["nothing", "blanks", "too much"])
def test_a_comment_says_something_and_not_too_much(claim, reviewer, text):
    with pytest.raises(NothingSaid):
        add_comment(claim, author=reviewer, text=text)


def test_only_its_author_withdraws_a_comment_and_only_once(claim, reviewer, editor):
    comment = add_comment(claim, author=reviewer, text="The mayor told me, off the record.")
    with pytest.raises(NotTheAuthor):
        withdraw_comment(comment, by=editor)
    assert withdraw_comment(comment, by=reviewer).withdrawn
    with pytest.raises(WrongState):
        withdraw_comment(comment, by=reviewer)


@pytest.mark.parametrize("change", [{"text": "Other words."}, {"at": timezone.now()}, {"object_type": "source"}])
def test_what_somebody_said_is_never_rewritten(claim, reviewer, change):
    comment = add_comment(claim, author=reviewer, text="The bridge is open.")
    with pytest.raises(DatabaseError, match="Cannot update"), transaction.atomic():
        Comment.objects.filter(pk=comment.pk).update(**change)


def test_a_withdrawn_comment_never_comes_back(claim, reviewer):
    comment = withdraw_comment(add_comment(claim, author=reviewer, text="A slip."), by=reviewer)
    with pytest.raises(DatabaseError, match="Cannot update"), transaction.atomic():
        Comment.objects.filter(pk=comment.pk).update(withdrawn_at=None)


def test_mentions_are_unread_until_they_are_read_and_withdrawn_ones_are_gone(claim, reviewer, editor):
    other = factories.ClaimFactory()
    add_comment(claim, author=editor, text="@rolf-reviewer here")
    add_comment(other, author=editor, text="@rolf-reviewer and there")
    slip = add_comment(other, author=editor, text="@rolf-reviewer by mistake")
    withdraw_comment(slip, by=editor)
    assert reviewer.mentions.unread().count() == 2
    assert read_mentions(reviewer, about=claim) == 1
    assert [m.comment.object_uid for m in reviewer.mentions.unread().select_related("comment")] == [other.uid]
    assert read_mentions(editor) == 0
    assert read_mentions(reviewer) == 2
    assert reviewer.mentions.standing().count() == 2


def test_a_comment_that_names_very_many_takes_no_more_queries(claim, reviewer):
    for n in range(30):
        factories.UserFactory(username=f"colleague{n}")
    with CaptureQueriesContext(connection) as few:
        add_comment(claim, author=reviewer, text="@colleague0")
    with CaptureQueriesContext(connection) as many:
        comment = add_comment(claim, author=reviewer, text=" ".join(f"@colleague{n}" for n in range(30)))
    assert len(many) == len(few)
    assert Mention.objects.filter(comment=comment).count() == 20


# --- The ledger ------------------------------------------------------------------------------------------------------


def test_nothing_of_it_is_on_the_ledger(claim, reviewer, editor):
    before = Event.objects.count()
    look_at(claim, user=reviewer)
    note_visit(reviewer)
    take_hold(claim, by=reviewer)
    take_over(claim, by=editor)
    finish_assignment(assign(claim, to=reviewer, by=editor), by=reviewer)
    withdraw_comment(add_comment(claim, author=reviewer, text="@edda-editor look"), by=reviewer)
    read_mentions(editor)
    assert Event.objects.count() == before
