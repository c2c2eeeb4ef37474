"""How each person decided: one opinion a person and question, and where two people's newest ones differ."""

from typing import Any

from django.contrib.auth.models import User
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from claims.choices import Answer, ContradictionState, JudgementAnswer, Question, StatementState
from claims.errors import ReasonMissing, WrongState
from claims.models import Contradiction, Disagreement, Judgement, Opinion, Statement

QUESTIONS: dict[type, Question] = {
    Contradiction: Question.CONFLICT,
    Statement: Question.ATTRIBUTION,
    Judgement: Question.SAME_CLAIM,
}
# What somebody can think about each question, but for being unsure, which is no answer.
ANSWERS: dict[Question, tuple[Answer, ...]] = {
    Question.CONFLICT: (Answer.YES, Answer.NO),
    Question.ATTRIBUTION: (Answer.YES, Answer.NO, Answer.OTHERWISE),
    Question.SAME_CLAIM: (Answer.YES, Answer.NO),
}
# What a decision on the record says. A conflict that is resolved was one.
DECIDED: dict[str, Answer] = {
    ContradictionState.CONFIRMED: Answer.YES,  # and so is a statement
    ContradictionState.RESOLVED: Answer.YES,
    ContradictionState.DISMISSED: Answer.NO,
    StatementState.REJECTED: Answer.NO,
    StatementState.CORRECTED: Answer.OTHERWISE,
    JudgementAnswer.POSITIVE: Answer.YES,
    JudgementAnswer.NEGATIVE: Answer.NO,
    JudgementAnswer.UNSURE: Answer.UNSURE,
}


def decided_answer(row: Any) -> Answer | None:
    """How an object is decided on the record; ``None`` while nobody has decided."""
    return DECIDED.get(row.answer if isinstance(row, Judgement) else row.state)


@transaction.atomic
def record_opinion(row: Any, *, answer: Answer, by: User, reason: str = "") -> Opinion | None:
    """Keep how a person answered the question that this object asks; his or her newest opinion is the one that counts.

    The object's row must be locked, so that opinions on it come one after another. ``None`` when somebody without an
    opinion takes none back. Where people differ now, they are in the queue of disagreements; where they no longer do,
    they leave it. What an editor has settled comes back only with an answer other than the settled one.
    """
    question = QUESTIONS[type(row)]
    about = Opinion.objects.about(row).filter(question=question).newest()
    mine = about.filter(person=by).first()
    if mine is None and answer == Answer.NONE:
        return None
    if mine is not None:
        mine.superseded_at = timezone.now()
        mine.save(update_fields=["superseded_at"])
    opinion = Opinion.objects.create(
        object_type=row._meta.model_name,
        object_uid=row.uid,
        question=question,
        answer=answer,
        person=by,
        reason=reason.strip(),
        beside_others=about.exclude(person=by).exclude(answer=Answer.NONE).exists(),
    )
    _compare(row, question, newest=answer)
    return opinion


def record_decision(row: Any, *, by: User, reason: str = "") -> None:
    """Keep how a person decided an object, as its row now says; call it in the transaction of the decision.

    Where that is not (or no longer) this person's decision, he or she has taken it back.
    """
    decider = row.reviewed_by_id if isinstance(row, Statement) else row.decided_by_id
    answer = decided_answer(row) if decider == by.pk else None
    record_opinion(row, answer=answer or Answer.NONE, by=by, reason=reason)


@transaction.atomic
def give_second_opinion(row: Any, *, answer: str, by: User, reason: str) -> Opinion | None:
    """Say what one thinks about what is decided already. The record stays as it is."""
    row = type(row).objects.select_for_update(of=("self",)).get(pk=row.pk)
    question = QUESTIONS[type(row)]
    if decided_answer(row) is None:
        raise WrongState(_("Nothing is decided here yet: decide it."))
    if answer not in (*ANSWERS[question], Answer.UNSURE):
        raise WrongState(_("This is no answer to the question."))
    if not reason.strip():
        raise ReasonMissing(_("Say why."))
    return record_opinion(row, answer=Answer(answer), by=by, reason=reason)


def _compare(row: Any, question: Question, *, newest: Answer) -> None:
    """Open or end the disagreement on this object, now that somebody has answered ``newest``."""
    held = Opinion.objects.about(row).filter(question=question).held()
    differ = held.values("answer").distinct().count() > 1
    disagreements = Disagreement.objects.about(row).filter(question=question)
    present = disagreements.open().first()
    if present is not None and not differ:
        present.ended_at = timezone.now()
        present.save(update_fields=["ended_at"])
    elif present is None and differ and newest not in (Answer.UNSURE, Answer.NONE):
        last = disagreements.order_by("-pk").first()
        if last is None or last.settled_answer != newest:
            Disagreement.objects.create(object_type=row._meta.model_name, object_uid=row.uid, question=question)
