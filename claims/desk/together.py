"""What the panel "working together" does: signs of life, holds, assignments, comments and second opinions.

The addresses name the object by type and public id. Whoever may see an object may see who works on it; taking part is
a permission of its own.
"""

from typing import Any

from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.db.models import Q
from django.http import Http404, HttpRequest
from django.shortcuts import get_object_or_404
from django.urls import path
from django.utils.translation import gettext as _

from claims.desk.items import item_at
from claims.desk.pages import DeskAction
from claims.desk.reviewing import DECIDES
from claims.desk.said import number, words
from claims.desk.working import panel_state
from claims.errors import NotOnStaff
from claims.models import Assignment, Comment
from claims.services.assignments import assign, finish_assignment
from claims.services.comments import add_comment, read_mentions, withdraw_comment
from claims.services.holds import let_go, take_hold, take_over
from claims.services.opinions import QUESTIONS, give_second_opinion
from claims.services.presence import look_at, look_away

OFFERED = 8  # names while somebody types one
TAKE_PART = "claims.take_part"


class OnItem(DeskAction):
    """An action on an object, for whoever may see it and has :attr:`needs`; it answers with the panel's new state."""

    needs = TAKE_PART

    def setup(self, request: HttpRequest, *args: Any, **kwargs: Any) -> None:
        """What has to be allowed depends on the object's type."""
        super().setup(request, *args, **kwargs)
        self.permission = f"claims.view_{kwargs['object_type']}"

    def act(self, said: dict[str, Any], **where: Any) -> dict[str, Any]:
        """Do it to the object that the address names."""
        if self.needs and not self.person.has_perm(self.needs):
            raise PermissionDenied
        row = item_at(where["object_type"], where["uid"])
        self.do(row, said)
        return self.state(row, said)

    def do(self, row: Any, said: dict[str, Any]) -> None:
        """The change itself."""
        raise NotImplementedError(f"{type(self).__name__} must say what it does")  # pragma: no cover

    def state(self, row: Any, said: dict[str, Any]) -> dict[str, Any]:
        """What the panel shows now; ``said["seen"]`` is the version that the page shows."""
        everything = said.get("everything") is True
        return panel_state(row, self.person, seen=number(said, "seen", otherwise=0), everything=everything)


class Beat(OnItem):
    """A sign of life: ``{"seen", "holding"}``. It shows who is here, and prolongs the hold of whoever wants one."""

    needs = ""

    def do(self, row: Any, said: dict[str, Any]) -> None:
        """Be seen; what mentions this person here is read by being shown."""
        look_at(row, user=self.person)
        read_mentions(self.person, about=row)
        if said.get("holding") is True and self.person.has_perm(TAKE_PART):
            take_hold(row, by=self.person)


class Leave(OnItem):
    """The page was closed: one is not here any more, and holds nothing."""

    needs = ""

    def act(self, said: dict[str, Any], **where: Any) -> dict[str, Any]:  # noqa: ARG002  there is nothing to say
        """Go; nobody reads the answer."""
        row = item_at(where["object_type"], where["uid"])
        look_away(row, user=self.person)
        let_go(row, by=self.person)
        return {}


class Hold(OnItem):
    """Work on it, unless somebody else does."""

    def do(self, row: Any, said: dict[str, Any]) -> None:  # noqa: ARG002
        """Take a hold."""
        take_hold(row, by=self.person)


class TakeOver(OnItem):
    """Work on it instead of whoever does."""

    def do(self, row: Any, said: dict[str, Any]) -> None:  # noqa: ARG002
        """Take the hold over."""
        take_over(row, by=self.person)


class LetGo(OnItem):
    """Work on it no longer."""

    def do(self, row: Any, said: dict[str, Any]) -> None:  # noqa: ARG002
        """End one's hold."""
        let_go(row, by=self.person)


class Assign(OnItem):
    """Ask somebody to see to it: ``{"to", "note"}``; without a name, oneself."""

    def do(self, row: Any, said: dict[str, Any]) -> None:
        """Ask."""
        assign(row, to=self._asked(words(said, "to")), by=self.person, note=words(said, "note"))

    def _asked(self, name: str) -> User:
        if not name:
            return self.person
        found = User.objects.filter(username=name.strip().removeprefix("@"), is_active=True, is_staff=True).first()
        if found is None:
            raise NotOnStaff(_("Nobody here has this name."))
        return found


class Done(OnItem):
    """What was asked is done."""

    def do(self, row: Any, said: dict[str, Any]) -> None:  # noqa: ARG002
        """End the assignment that is open."""
        asked = Assignment.objects.about(row).open().first()
        if asked is None:
            raise Http404
        finish_assignment(asked, by=self.person)


class Say(OnItem):
    """Say something about it: ``{"text"}``."""

    def do(self, row: Any, said: dict[str, Any]) -> None:
        """Comment."""
        add_comment(row, author=self.person, text=words(said, "text"))


class Withdraw(OnItem):
    """Take a comment of one's own back: ``{"comment"}``."""

    def do(self, row: Any, said: dict[str, Any]) -> None:
        """Withdraw it."""
        comment = get_object_or_404(Comment.objects.about(row), pk=number(said, "comment", otherwise=0))
        withdraw_comment(comment, by=self.person)


class SecondOpinion(OnItem):
    """Say what one thinks about what is decided: ``{"answer", "reason"}``. Takes the permission to decide it."""

    def do(self, row: Any, said: dict[str, Any]) -> None:
        """Give it."""
        question = QUESTIONS.get(type(row))
        if question is None:
            raise Http404
        if not self.person.has_perm(DECIDES[question]):
            raise PermissionDenied
        give_second_opinion(row, answer=words(said, "answer"), by=self.person, reason=words(said, "reason"))


class People(DeskAction):
    """Who on the staff is called so: ``{"q"}``, the beginning of a name; at most :data:`OFFERED` names."""

    permission = TAKE_PART

    def act(self, said: dict[str, Any], **where: Any) -> dict[str, Any]:  # noqa: ARG002  it is about no object
        """Their user names, with the full name where there is one."""
        begun = words(said, "q", most=150).strip()
        staff = User.objects.filter(is_active=True, is_staff=True)
        if begun:
            named = (Q(**{f"{f}__istartswith": begun}) for f in ("username", "first_name", "last_name"))
            first, second, third = named
            staff = staff.filter(first | second | third)
        found = staff.order_by("username")[:OFFERED]
        return {"people": [{"name": one.get_username(), "full": one.get_full_name()} for one in found]}


def address(view: type[OnItem], tail: str, name: str) -> Any:
    """An address below that of the object."""
    return path(f"together/<str:object_type>/<uuid:uid>/{tail}/", view.as_view(), name=name)


ACTIONS: dict[str, type[OnItem]] = {
    "beat": Beat,
    "leave": Leave,
    "hold": Hold,
    "take-over": TakeOver,
    "let-go": LetGo,
    "assign": Assign,
    "done": Done,
    "comment": Say,
    "withdraw": Withdraw,
    "opinion": SecondOpinion,
}

urlpatterns = [
    path("together/people/", People.as_view(), name="together-people"),
    *(address(view, tail, f"together-{tail}") for tail, view in ACTIONS.items()),
]
