"""Where reviewers differ, with what each of them said, and how far they agree on the whole."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied, ValidationError
from django.shortcuts import get_object_or_404
from django.urls import path, reverse
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from claims.choices import Answer
from claims.desk.items import Listed, item_at, listed
from claims.desk.pages import DeskAction, DeskPage
from claims.desk.paging import part_of
from claims.desk.reviewing import ASKED, COMPARED, DECIDES, agreement_figures, answer_in_words, answers_to, opinions_on
from claims.desk.said import words
from claims.models import Disagreement, Opinion
from claims.services.disagreements import settle_disagreement

SHOWN = 20  # on one page of the queue


@dataclass(frozen=True, slots=True)
class Said:
    """What one person answered, as the page words it."""

    opinion: Opinion
    answer: str
    tone: str


@dataclass(frozen=True, slots=True)
class Entry:
    """One disagreement: what it is about, who says what, and what this person may do about it."""

    row: Disagreement
    item: Listed
    asked: str | Promise
    said: Sequence[Said]
    answers: Sequence[tuple[str, str]]  # what this person may answer; empty where that is not for him or her
    settles: Sequence[tuple[str, str]]  # what this person may settle it as
    opinion_at: str


class DisagreementsPage(DeskPage):
    """The queue, oldest first, below the figures."""

    permission = "claims.view_contradiction"
    page_title = gettext_lazy("Disagreements")  # type: ignore[assignment]  # said in the reader's language
    template_name = "desk/together/disagreements.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """A page of the queue."""
        page = part_of(self.request, "page", Disagreement.objects.open(), size=SHOWN)
        items = listed(row.item for row in page.rows)
        told = opinions_on(row.item for row in page.rows)
        return super().get_context_data(
            **kwargs,
            page=page,
            entries=[
                self._entry(row, items[row.item], told.get(row.item, [])) for row in page.rows if row.item in items
            ],
            figures=agreement_figures(),
            compared=COMPARED,
        )

    def _entry(self, row: Disagreement, item: Listed, told: Sequence[Opinion]) -> Entry:
        person = self.person
        may_answer = person.has_perm("claims.take_part") and person.has_perm(DECIDES[row.question])
        return Entry(
            row=row,
            item=item,
            asked=ASKED[row.question],
            said=[
                Said(opinion, answer_in_words(row.question, opinion.answer), _tone(opinion.answer))
                for opinion in told
                if opinion.question == row.question
            ],
            answers=answers_to(row.question) if may_answer else [],
            settles=answers_to(row.question, unsure=False) if may_settle(person, row) else [],
            opinion_at=reverse("desk:together-opinion", args=[row.object_type, row.object_uid]),
        )


class Settle(DeskAction):
    """Settle a disagreement: ``{"answer", "reason"}``. It takes the permission to decide such objects besides."""

    permission = "claims.settle_disagreement"

    def act(self, said: dict[str, Any], **where: Any) -> dict[str, Any]:
        """Settle it; the record follows."""
        row = get_object_or_404(Disagreement, pk=where["number"])
        if not may_settle(self.person, row):
            raise PermissionDenied
        answer = words(said, "answer")
        if answer not in Answer.values:
            raise ValidationError(_("Choose an answer."))
        item = item_at(row.object_type, row.object_uid)
        settle_disagreement(row, item, answer=answer, by=self.person, reason=words(said, "reason"))
        return {"told": _("Settled.")}


def may_settle(person: User, row: Disagreement) -> bool:
    """Whether this person may settle it: as an editor who may decide such objects."""
    return person.has_perms(["claims.settle_disagreement", DECIDES[row.question]])


def _tone(answer: str) -> str:
    return {Answer.YES: "good", Answer.NO: "bad"}.get(Answer(answer), "note")


urlpatterns = [
    path("disagreements/", DisagreementsPage.as_view(), name="disagreements"),
    path("disagreements/<int:number>/settle/", Settle.as_view(), name="disagreement-settle"),
]
