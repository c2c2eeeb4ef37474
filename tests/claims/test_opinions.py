"""How each person decided, where people differ, and how an editor settles it."""

import pytest
from django.db import DatabaseError, transaction

from claims.choices import Answer, ContradictionState, JudgementAnswer, Question
from claims.errors import AlreadyDecided, ReasonMissing, WrongState
from claims.models import Contradiction, Disagreement, Event, Judgement, Opinion, Statement
from claims.services.claims import judge
from claims.services.contradictions import decide_contradiction
from claims.services.disagreements import settle_disagreement
from claims.services.opinions import ANSWERS, QUESTIONS, give_second_opinion, record_opinion
from claims.services.statements import confirm_statement, reject_statement
from tests import factories

pytestmark = pytest.mark.django_db


def confirmed_conflict(by):
    return decide_contradiction(
        factories.ContradictionFactory(), state=ContradictionState.CONFIRMED, by=by, reason="Both speak of one bridge."
    )


def held(row):
    return [(o.person.username, o.answer) for o in Opinion.objects.about(row).held().select_related("person")]


# --- What decisions leave behind -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("state", "answer"), [("confirmed", Answer.YES), ("resolved", Answer.YES), ("dismissed", Answer.NO)]
)
def test_deciding_a_contradiction_is_an_opinion_with_its_reason(reviewer, state, answer):
    row = decide_contradiction(factories.ContradictionFactory(), state=state, by=reviewer, reason="One bridge.")
    opinion = Opinion.objects.get()
    assert (opinion.item, opinion.question, opinion.answer) == (("contradiction", row.uid), Question.CONFLICT, answer)
    assert (opinion.person, opinion.reason, opinion.beside_others) == (reviewer, "One bridge.", False)


def test_confirming_and_rejecting_statements_are_opinions(reviewer):
    confirm_statement(factories.StatementFactory(), by=reviewer)
    reject_statement(factories.StatementFactory(), by=reviewer, reason="A heading.")
    assert [(o.question, o.answer) for o in Opinion.objects.all()] == [
        (Question.ATTRIBUTION, Answer.YES), (Question.ATTRIBUTION, Answer.NO),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("answer", "opinion"), [("positive", Answer.YES), ("negative", Answer.NO), ("unsure", Answer.UNSURE)]
)
def test_judging_a_pair_is_an_opinion(reviewer, answer, opinion):
    judge(factories.JudgementFactory(), answer=answer, by=reviewer, reason="Two bridges.")
    assert Opinion.objects.get().answer == opinion


def test_the_newest_opinion_of_each_person_counts(reviewer, editor):
    row = confirmed_conflict(reviewer)
    give_second_opinion(row, answer="no", by=editor, reason="Two bridges.")
    give_second_opinion(row, answer="yes", by=editor, reason="I looked again.")
    assert held(row) == [("rolf-reviewer", "yes"), ("edda-editor", "yes")]
    assert Opinion.objects.count() == 3
    assert [o.beside_others for o in Opinion.objects.all()] == [False, True, True]


# --- Second opinions -------------------------------------------------------------------------------------------------


def test_a_second_opinion_changes_nothing_on_the_record(reviewer, editor):
    row = confirmed_conflict(reviewer)
    before = Event.objects.count()
    give_second_opinion(row, answer="no", by=editor, reason="Two bridges.")
    row.refresh_from_db()
    assert (row.state, Event.objects.count()) == ("confirmed", before)


def test_what_nobody_has_decided_gets_no_second_opinion(reviewer):
    for row in (factories.ContradictionFactory(), factories.StatementFactory(), factories.JudgementFactory()):
        with pytest.raises(WrongState):
            give_second_opinion(row, answer="yes", by=reviewer, reason="Why not.")


@pytest.mark.parametrize("answer", ["none", "otherwise", "confirmed", "", "x' OR 1=1"])
def test_a_second_opinion_is_one_of_the_answers(reviewer, editor, answer):
    with pytest.raises(WrongState):
        give_second_opinion(confirmed_conflict(reviewer), answer=answer, by=editor, reason="Why.")


def test_a_second_opinion_says_why(reviewer, editor):
    with pytest.raises(ReasonMissing):
        give_second_opinion(confirmed_conflict(reviewer), answer="no", by=editor, reason="  ")


def test_every_question_has_its_answers():
    assert set(ANSWERS) == set(Question) == set(QUESTIONS.values())
    assert set(QUESTIONS) == {Contradiction, Judgement, Statement}


# --- Disagreements ---------------------------------------------------------------------------------------------------


def test_two_people_who_differ_are_in_the_queue_until_one_of_them_changes(reviewer, editor):
    row = confirmed_conflict(reviewer)
    assert not Disagreement.objects.exists()
    give_second_opinion(row, answer="no", by=editor, reason="Two bridges.")
    assert [d.item for d in Disagreement.objects.open()] == [("contradiction", row.uid)]
    give_second_opinion(row, answer="yes", by=editor, reason="I looked again.")
    assert not Disagreement.objects.open().exists()
    assert Disagreement.objects.get().settled_by is None


def test_the_decision_itself_can_be_what_changes(reviewer, editor):
    row = confirmed_conflict(reviewer)
    give_second_opinion(row, answer="no", by=editor, reason="Two bridges.")
    decide_contradiction(row, state="dismissed", by=reviewer, reason="She is right.")
    assert not Disagreement.objects.open().exists()


def test_a_third_who_agrees_with_one_of_them_ends_nothing(reviewer, editor):
    row = confirmed_conflict(reviewer)
    give_second_opinion(row, answer="no", by=editor, reason="Two bridges.")
    give_second_opinion(row, answer="no", by=factories.UserFactory(), reason="Two, I saw them.")
    assert Disagreement.objects.open().count() == 1


def test_who_is_unsure_disagrees_with_nobody(reviewer, editor):
    row = confirmed_conflict(reviewer)
    give_second_opinion(row, answer="unsure", by=editor, reason="The film is dark.")
    assert not Disagreement.objects.exists()
    give_second_opinion(row, answer="no", by=editor, reason="Two bridges.")
    give_second_opinion(row, answer="unsure", by=editor, reason="The film is dark after all.")
    assert not Disagreement.objects.open().exists()


def test_an_opinion_taken_back_is_none_any_more(reviewer, editor):
    row = confirmed_conflict(reviewer)
    give_second_opinion(row, answer="no", by=editor, reason="Two bridges.")
    record_opinion(row, answer=Answer.NONE, by=editor)
    assert held(row) == [("rolf-reviewer", "yes")]
    assert not Disagreement.objects.open().exists()
    assert record_opinion(row, answer=Answer.NONE, by=factories.UserFactory()) is None


def test_the_same_people_may_differ_on_one_thing_and_agree_on_another(reviewer, editor):
    first, second = confirmed_conflict(reviewer), confirmed_conflict(reviewer)
    give_second_opinion(first, answer="no", by=editor, reason="Two bridges.")
    give_second_opinion(second, answer="yes", by=editor, reason="One bridge.")
    assert [d.object_uid for d in Disagreement.objects.open()] == [first.uid]


# --- Settling --------------------------------------------------------------------------------------------------------


def differing(reviewer, other):
    row = confirmed_conflict(reviewer)
    give_second_opinion(row, answer="no", by=other, reason="Two bridges.")
    return row, Disagreement.objects.open().get()


@pytest.mark.parametrize(("answer", "state"), [("yes", "confirmed"), ("no", "dismissed")])
def test_an_editor_settles_it_and_the_record_follows(reviewer, editor, answer, state):
    row, disagreement = differing(reviewer, factories.UserFactory())
    settled = settle_disagreement(disagreement, row, answer=answer, by=editor, reason="The map shows it.")
    row.refresh_from_db()
    assert row.state == state
    assert (settled.settled_by, settled.settled_answer, settled.reason) == (editor, answer, "The map shows it.")
    assert not Disagreement.objects.open().exists()
    assert Opinion.objects.get(person=editor).answer == answer


def test_what_is_settled_comes_back_only_with_another_answer(reviewer, editor):
    row, disagreement = differing(reviewer, factories.UserFactory())
    settle_disagreement(disagreement, row, answer="yes", by=editor, reason="The map shows it.")
    give_second_opinion(row, answer="yes", by=factories.UserFactory(), reason="So I think.")
    assert not Disagreement.objects.open().exists()
    give_second_opinion(row, answer="no", by=factories.UserFactory(), reason="The map is old.")
    assert Disagreement.objects.open().count() == 1


def test_it_is_settled_once_with_a_reason_and_an_answer_to_the_question(reviewer, editor):
    row, disagreement = differing(reviewer, factories.UserFactory())
    with pytest.raises(ReasonMissing):
        settle_disagreement(disagreement, row, answer="yes", by=editor, reason=" ")
    for answer in ("unsure", "otherwise", "none", "settled"):
        with pytest.raises(WrongState):
            settle_disagreement(disagreement, row, answer=answer, by=editor, reason="So.")
    with pytest.raises(WrongState):
        settle_disagreement(disagreement, confirmed_conflict(reviewer), answer="yes", by=editor, reason="Elsewhere.")
    settle_disagreement(disagreement, row, answer="yes", by=editor, reason="The map shows it.")
    with pytest.raises(WrongState):
        settle_disagreement(disagreement, row, answer="no", by=editor, reason="No.")


def test_what_the_record_refuses_is_not_settled_either(reviewer, editor):
    row = reject_statement(factories.StatementFactory(), by=reviewer, reason="A heading.")
    give_second_opinion(row, answer="yes", by=factories.UserFactory(), reason="It is said below the heading.")
    disagreement = Disagreement.objects.open().get()
    with pytest.raises(AlreadyDecided):
        settle_disagreement(disagreement, row, answer="yes", by=editor, reason="It is said.")
    disagreement.refresh_from_db()
    assert disagreement.ended_at is None
    settle_disagreement(disagreement, row, answer="no", by=editor, reason="It is a heading.")
    assert not Disagreement.objects.open().exists()


def test_a_pair_and_a_statement_are_settled_by_their_own_services(reviewer, editor):
    pair = judge(factories.JudgementFactory(), answer="negative", by=reviewer, reason="Two bridges.")
    give_second_opinion(pair, answer="yes", by=factories.UserFactory(), reason="One bridge.")
    settle_disagreement(Disagreement.objects.open().get(), pair, answer="no", by=editor, reason="Two, on the map.")
    statement = confirm_statement(factories.StatementFactory(), by=reviewer)
    give_second_opinion(statement, answer="no", by=factories.UserFactory(), reason="A heading.")
    settle_disagreement(Disagreement.objects.open().get(), statement, answer="no", by=editor, reason="A heading.")
    pair.refresh_from_db()
    statement.refresh_from_db()
    assert (pair.answer, statement.state) == (JudgementAnswer.NEGATIVE, "rejected")
    assert not Disagreement.objects.open().exists()


# --- What the database keeps -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("change", [{"answer": "no"}, {"reason": "Other words."}, {"beside_others": True}])
def test_an_opinion_is_never_rewritten(reviewer, change):
    confirmed_conflict(reviewer)
    with pytest.raises(DatabaseError, match="Cannot update"), transaction.atomic():
        Opinion.objects.update(**change)


def test_a_superseded_opinion_stays_superseded(reviewer):
    row = confirmed_conflict(reviewer)
    give_second_opinion(row, answer="no", by=reviewer, reason="Two bridges.")
    with pytest.raises(DatabaseError, match="Cannot update"), transaction.atomic():
        Opinion.objects.filter(answer="yes").update(superseded_at=None)


def test_an_ended_disagreement_stays_ended(reviewer, editor):
    row, disagreement = differing(reviewer, factories.UserFactory())
    settle_disagreement(disagreement, row, answer="yes", by=editor, reason="The map shows it.")
    with pytest.raises(DatabaseError, match="Cannot update"), transaction.atomic():
        Disagreement.objects.update(settled_answer="no")
