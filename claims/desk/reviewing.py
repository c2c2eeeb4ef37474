"""Opinions as the desk words them, and how far reviewers agree."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from claims.agreement import Agreement, agreement
from claims.choices import Answer, Question
from claims.models import Opinion
from claims.services.opinions import ANSWERS

COMPARED = 2000  # of each question: the objects that several people decided last, on which the figures rest

ASKED: dict[str, str | Promise] = {
    Question.CONFLICT: _("Do they conflict?"),
    Question.ATTRIBUTION: _("Does the text say this?"),
    Question.SAME_CLAIM: _("Are they the same claim?"),
}
ABOUT: dict[str, str | Promise] = {
    Question.CONFLICT: _("Contradictions"),
    Question.ATTRIBUTION: _("Statements"),
    Question.SAME_CLAIM: _("Pairs of claims"),
}
SAID: dict[tuple[str, str], str | Promise] = {
    (Question.CONFLICT, Answer.YES): _("They conflict"),
    (Question.CONFLICT, Answer.NO): _("No conflict"),
    (Question.ATTRIBUTION, Answer.YES): _("The text says this"),
    (Question.ATTRIBUTION, Answer.NO): _("The text does not say this"),
    (Question.ATTRIBUTION, Answer.OTHERWISE): _("The text says it otherwise"),
    (Question.SAME_CLAIM, Answer.YES): _("The same claim"),
    (Question.SAME_CLAIM, Answer.NO): _("Two claims"),
}
# Who may answer, and so settle, which question.
DECIDES: dict[str, str] = {
    Question.CONFLICT: "claims.decide_contradiction",
    Question.ATTRIBUTION: "claims.review_statement",
    Question.SAME_CLAIM: "claims.judge_pair",
}


@dataclass(frozen=True, slots=True)
class Figures:
    """How far reviewers agree on one kind of question."""

    about: str | Promise
    asked: str | Promise
    found: Agreement


def answer_in_words(question: str, answer: str) -> str:
    """An answer as a person would give it."""
    return str(SAID.get((question, answer), _("Unsure")))


def answers_to(question: str, *, unsure: bool = True) -> list[tuple[str, str]]:
    """What can be answered, with the words to choose it by."""
    answers = [*ANSWERS[Question(question)], *([Answer.UNSURE] if unsure else [])]
    return [(str(answer), answer_in_words(question, answer)) for answer in answers]


def opinions_on(items: Iterable[tuple[str, UUID]], *, unsure: bool = False) -> dict[tuple[str, UUID], list[Opinion]]:
    """The newest opinion of each person on these objects, oldest first, by the object. ``unsure`` takes those in."""
    uids = [uid for _type, uid in items]
    newest = Opinion.objects.newest().exclude(answer=Answer.NONE) if unsure else Opinion.objects.held()
    found: dict[tuple[str, UUID], list[Opinion]] = defaultdict(list)
    for opinion in newest.filter(object_uid__in=uids).select_related("person").order_by("pk"):
        found[opinion.item].append(opinion)
    return dict(found)


def agreement_figures() -> list[Figures]:
    """How far people agree on each kind of question, of what several decided last: two queries a question."""
    return [Figures(ABOUT[question], ASKED[question], _agreement_on(question)) for question in Question]


def _agreement_on(question: Question) -> Agreement:
    shared = Opinion.objects.filter(question=question, beside_others=True).order_by("-pk")
    uids = set(shared.values_list("object_uid", flat=True)[:COMPARED])
    answers: dict[UUID, list[str]] = defaultdict(list)
    held = Opinion.objects.held().filter(question=question, object_uid__in=uids)
    for uid, answer in held.values_list("object_uid", "answer"):
        answers[uid].append(answer)
    return agreement(answers.values())
