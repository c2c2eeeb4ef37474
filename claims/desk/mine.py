"""What concerns one person: what he or she was asked to see to, is mentioned in, and has begun to write."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.contrib.auth.models import User
from django.shortcuts import get_object_or_404
from django.urls import path
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from claims.admin.markup import VERDICT_STATES
from claims.choices import VerdictState
from claims.desk.items import Listed, listed
from claims.desk.pages import DeskAction, DeskPage
from claims.desk.paging import part_of
from claims.desk.said import number
from claims.models import Assignment, Mention, Verdict
from claims.services.assignments import finish_assignment
from claims.services.comments import Piece, pieces, read_mentions

SHOWN = 25  # of each list, on one page of it


@dataclass(frozen=True, slots=True)
class Asked:
    """An assignment and what it is about."""

    row: Assignment
    item: Listed


@dataclass(frozen=True, slots=True)
class Named:
    """A comment in which the person is mentioned, and what it is about."""

    row: Mention
    item: Listed
    pieces: Sequence[Piece]


def asked_of(assignments: Sequence[Assignment]) -> list[Asked]:
    """These assignments with what they are about."""
    items = listed(assignment.item for assignment in assignments)
    return [Asked(assignment, items[assignment.item]) for assignment in assignments if assignment.item in items]


def named_in(mentions: Sequence[Mention]) -> list[Named]:
    """These mentions with what the comments are about, and what they say."""
    items = listed(mention.comment.item for mention in mentions)
    names = [mention.user.get_username() for mention in mentions[:1]]
    return [
        Named(mention, items[mention.comment.item], pieces(mention.comment.text, names))
        for mention in mentions
        if mention.comment.item in items
    ]


class MinePage(DeskPage):
    """One's own work: assignments, mentions, drafts and proposals."""

    permission = "claims.view_claim"
    page_title = gettext_lazy("My work")  # type: ignore[assignment]  # said in the reader's language
    template_name = "desk/together/mine.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """A page of each list."""
        assigned = part_of(self.request, "assigned", _assigned_to(self.person), size=SHOWN)
        mentions = Mention.objects.standing().filter(user=self.person).select_related("user", "comment__author")
        mentioned = part_of(self.request, "mentioned", mentions.order_by("-pk"), size=SHOWN)
        verdicts = (
            Verdict.objects.filter(author=self.person, state__in=[VerdictState.DRAFT, VerdictState.PROPOSED])
            .select_related("claim")
            .defer("claim__embedding")
            .order_by("-created_at", "-pk")
        )
        return super().get_context_data(
            **kwargs,
            assigned=assigned,
            asked=asked_of(assigned.rows),
            mentioned=mentioned,
            named=named_in(mentioned.rows),
            unread=any(mention.read_at is None for mention in mentioned.rows),
            verdicts=part_of(self.request, "verdicts", verdicts, size=SHOWN),
            verdict_tones=VERDICT_STATES,
            may_take_part=self.person.has_perm("claims.take_part"),
        )


class ColleaguePage(DeskPage):
    """What somebody else was asked to see to: where a mention leads."""

    permission = "claims.view_claim"
    template_name = "desk/together/colleague.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """A page of the list."""
        colleague = get_object_or_404(User, username=kwargs["username"], is_active=True, is_staff=True)
        assigned = part_of(self.request, "assigned", _assigned_to(colleague), size=SHOWN)
        self.page_title = _("What %(name)s sees to") % {"name": colleague.get_username()}
        return super().get_context_data(**kwargs, colleague=colleague, assigned=assigned, asked=asked_of(assigned.rows))


class DoneHere(DeskAction):
    """What one was asked is done: ``{"assignment"}``."""

    permission = "claims.take_part"

    def act(self, said: dict[str, Any], **where: Any) -> dict[str, Any]:  # noqa: ARG002  the body names it
        """End it; only one's own are in the list."""
        asked = get_object_or_404(Assignment, pk=number(said, "assignment", otherwise=0), to=self.person)
        finish_assignment(asked, by=self.person)
        return {"told": _("Done.")}


class ReadAll(DeskAction):
    """Whatever one is mentioned in is read."""

    permission = "claims.view_claim"

    def act(self, said: dict[str, Any], **where: Any) -> dict[str, Any]:  # noqa: ARG002  it takes no words
        """Note it."""
        return {"read": read_mentions(self.person)}


def _assigned_to(person: User) -> Any:
    return Assignment.objects.open().filter(to=person).select_related("by")


urlpatterns = [
    path("mine/", MinePage.as_view(), name="mine"),
    path("mine/done/", DoneHere.as_view(), name="mine-done"),
    path("mine/read/", ReadAll.as_view(), name="mine-read"),
    path("people/<str:username>/", ColleaguePage.as_view(), name="colleague"),
]
