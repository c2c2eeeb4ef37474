"""Settling where people differ: an editor's word, which the record follows."""

from typing import Any

from django.contrib.auth.models import User
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from claims.choices import Answer, ContradictionState, JudgementAnswer, Question
from claims.errors import ReasonMissing, WrongState
from claims.models import Disagreement
from claims.services.claims import judge
from claims.services.contradictions import decide_contradiction
from claims.services.opinions import ANSWERS, decided_answer, record_opinion
from claims.services.statements import confirm_statement, reject_statement


@transaction.atomic
def settle_disagreement(disagreement: Disagreement, row: Any, *, answer: str, by: User, reason: str) -> Disagreement:
    """Decide for good what two people answered differently about ``row``, with the reason.

    Where the record says otherwise it is changed, by the service that decides such objects; what that refuses (a
    rejected statement is not confirmed again, a merge is undone first) cannot be settled that way.
    """
    row = type(row).objects.select_for_update(of=("self",)).get(pk=row.pk)
    disagreement = Disagreement.objects.select_for_update(of=("self",)).get(pk=disagreement.pk)
    if disagreement.ended_at is not None:
        raise WrongState(_("This is no disagreement any more."))
    if not reason.strip():
        raise ReasonMissing(_("Say why."))
    if disagreement.item != (row._meta.model_name, row.uid) or answer not in ANSWERS[Question(disagreement.question)]:
        raise WrongState(_("This is no answer to the question."))
    # First, so that the opinion that the decision records does not open it again.
    disagreement.ended_at, disagreement.settled_by = timezone.now(), by
    disagreement.settled_answer, disagreement.reason = answer, reason.strip()
    disagreement.save(update_fields=["ended_at", "settled_by", "settled_answer", "reason"])
    if decided_answer(row) == answer:
        record_opinion(row, answer=Answer(answer), by=by, reason=reason)
    else:
        _decide(row, Question(disagreement.question), Answer(answer), by=by, reason=reason)
    return disagreement


def _decide(row: Any, question: Question, answer: Answer, *, by: User, reason: str) -> None:
    if question == Question.CONFLICT:
        state = ContradictionState.CONFIRMED if answer == Answer.YES else ContradictionState.DISMISSED
        decide_contradiction(row, state=state, by=by, reason=reason)
    elif question == Question.SAME_CLAIM:
        judge(row, answer=JudgementAnswer.POSITIVE if answer == Answer.YES else JudgementAnswer.NEGATIVE, by=by,
              reason=reason)  # fmt: skip
    elif answer == Answer.YES:
        confirm_statement(row, by=by)
    elif answer == Answer.NO:
        reject_statement(row, by=by, reason=reason)
    else:
        raise WrongState(_("Correct the statement in its document; what it says instead is a statement of its own."))
