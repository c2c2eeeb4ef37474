"""The conflict queue of the desk: the list, one conflict with its decisions, and several decided at once."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.paginator import Page, Paginator
from django.db import transaction
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import path, reverse
from django.utils.functional import cached_property
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from claims.admin.markup import address_of
from claims.choices import ContradictionState
from claims.desk import conflict_item, conflict_queue
from claims.desk.conflict_item import CONFIRM, DISMISS, SAME, UNSURE, Item, find_item, standard_reason
from claims.desk.conflict_queue import Entry
from claims.desk.pages import DeskAction, DeskPage, SignedInWith
from claims.desk.said import number, words
from claims.errors import ClaimsError
from claims.models import Claim, Contradiction, Dossier
from claims.services.contradictions import (
    decide_contested,
    decide_contradiction,
    leave_undecided,
    settle_as_same,
    suggest_contested,
    take_back_decision,
    take_up_again,
)

A_PAGE = 25
AT_ONCE = 50  # decided with one press

STATES = {CONFIRM: ContradictionState.CONFIRMED, DISMISS: ContradictionState.DISMISSED}


class Narrowed(SignedInWith):
    """What shows or walks the queue, perhaps of one dossier or one sort only, as the address says."""

    @cached_property
    def dossier(self) -> Dossier | None:
        """The dossier whose conflicts are worked through; ``None`` for all."""
        return next((d for d in self.dossiers if d.slug == self.request.GET.get("dossier")), None)

    @cached_property
    def dossiers(self) -> list[Dossier]:
        """What the queue can be narrowed to."""
        return list(Dossier.objects.order_by("title").only("slug", "title"))

    @cached_property
    def sort(self) -> str:
        """The sort of conflicts worked through; empty for both."""
        said = self.request.GET.get("sort", "")
        return said if said in conflict_queue.SORTS else ""

    @cached_property
    def queue(self) -> list[Entry]:
        """The queue of this person."""
        return conflict_queue.ranked(self.person, dossier=self.dossier, sort=self.sort)

    def narrowing(self, **more: Any) -> str:
        """The part of an address that keeps the queue as narrow as it is; empty when it is not."""
        said = {"dossier": self.dossier.slug if self.dossier else "", "sort": self.sort, **more}
        kept = {name: value for name, value in said.items() if value}
        return f"?{urlencode(kept)}" if kept else ""

    def address(self, name: str, uid: UUID | None = None) -> str:
        """An address of the queue, as narrow as this one; the list's where no item is named."""
        if uid is None:
            return reverse("desk:conflicts") + self.narrowing()
        return reverse(f"desk:{name}", args=[uid]) + self.narrowing()


@dataclass(frozen=True, slots=True)
class Row:
    """One conflict in the list: its place in the queue, and the row that it is about."""

    place: int
    entry: Entry
    row: Contradiction | Claim
    version: int
    address: str

    @property
    def item(self) -> Item:
        """The row with what the desk says of it."""
        return Item(self.row, self.version)


class ConflictsPage(Narrowed, DeskPage):
    """The queue as a list, in pages."""

    permission = "claims.view_contradiction"
    page_title = gettext_lazy("Conflicts")  # type: ignore[assignment]  # said in the reader's language
    template_name = "desk/conflicts.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """The page asked for, with what each row says."""
        page = Paginator(self.queue, A_PAGE).get_page(self.request.GET.get("page"))
        full = [sort for sort in conflict_queue.SORTS if self._ranked(sort) >= conflict_queue.RANKED]
        return super().get_context_data(
            **kwargs,
            page=page,
            rows=self._rows(page),
            pages=[
                (number, self.narrowing(page=number) if isinstance(number, int) else "")
                for number in page.paginator.get_elided_page_range(page.number, on_each_side=1, on_ends=1)
            ],
            dossiers=self.dossiers,
            dossier=self.dossier,
            sort=self.sort,
            full=bool(full),
            ranked=conflict_queue.RANKED,
            decide_at=reverse("desk:conflicts-decide") + self.narrowing(),
            may_decide=self.request.user.has_perm("claims.decide_contradiction"),
        )

    def _ranked(self, sort: str) -> int:
        return sum(entry.sort == sort for entry in self.queue)

    def _rows(self, page: Page) -> list[Row]:
        entries: Sequence[Entry] = list(page.object_list)
        rows: dict[str, dict[int, Any]] = {
            conflict_queue.CONTRADICTION: Contradiction.objects.select_related("claim__dossier", "other_claim")
            .defer("claim__embedding", "other_claim__embedding")
            .in_bulk([e.pk for e in entries if e.sort == conflict_queue.CONTRADICTION]),
            conflict_queue.CLAIM: Claim.objects.select_related("dossier")
            .defer("embedding")
            .in_bulk([e.pk for e in entries if e.sort == conflict_queue.CLAIM]),
        }
        versions = conflict_queue.versions_of(entry.uid for entry in entries)
        return [
            Row(place, entry, row, versions.get(entry.uid, 0), self.address("conflict", entry.uid))
            for place, entry in enumerate(entries, page.start_index())
            if (row := rows[entry.sort].get(entry.pk)) is not None
        ]


class ConflictPage(Narrowed, DeskPage):
    """One conflict: both sides, why it was proposed, what was decided before, and the decisions."""

    permission = "claims.view_contradiction"
    page_title = gettext_lazy("Conflict")  # type: ignore[assignment]
    template_name = "desk/conflict.html"

    def get(self, request: HttpRequest, *args: Any, uid: UUID, **kwargs: Any) -> HttpResponse:
        """The page; a claim of which there is a contradiction leads to that."""
        self.item = find_item(uid)
        if self.item.row.uid != uid:
            return HttpResponseRedirect(self.address("conflict", self.item.row.uid))
        return super().get(request, *args, uid=uid, **kwargs)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """The item, and where it stands in the queue."""
        uid = self.item.row.uid
        before, place, after = conflict_queue.neighbours(self.queue, uid)
        person = self.person
        if place:
            told = {"place": place, "length": len(self.queue)}
            kwargs["title"] = _("Conflict %(place)s of %(length)s") % told
        may_decide = person.has_perm("claims.decide_contradiction")
        contradiction = self.item.contradiction
        return super().get_context_data(
            **kwargs,
            **conflict_item.as_context(self.item),
            entry=self.queue[place - 1] if place else None,
            place=place,
            length=len(self.queue),
            before=self.address("conflict", before) if before else "",
            after=self.address("conflict", after) if after else "",
            list_address=self.address("conflicts"),
            admin_address=address_of(self.item.row),
            decide_at=self.address("conflict-decide", uid),
            same_at=self.address("conflict-same", uid),
            take_back_at=self.address("conflict-take-back", uid),
            may_decide=may_decide and self.item.open,
            may_merge=may_decide and self.item.open and bool(self.item.other_claim)
            and person.has_perm("claims.judge_pair"),
            may_take_back=may_decide and contradiction is not None and contradiction.decided_by_id == person.pk,
        )  # fmt: skip


class Deciding(Narrowed, DeskAction):
    """What decides about conflicts: the version that was looked at is sent with every decision."""

    permission = "claims.decide_contradiction"

    def decide(self, item: Item, decision: str, *, seen: int, note: str) -> tuple[str, UUID]:
        """Do it; what to tell, and the public id of what can be taken back."""
        reason = note.strip() or standard_reason(decision, item.explanation)
        who: dict[str, Any] = {"by": self.person, "seen": seen}
        if decision == UNSURE:
            done = self._put_off(item.row, reason=reason, **who)
            return _("Put off: it stands behind the others for you."), done.uid
        state = STATES[decision]
        if isinstance(item.row, Contradiction):
            done = decide_contradiction(item.row, state=state, reason=reason, **who)
        else:
            done = decide_contested(item.row, state=state, reason=reason, **who)
        return (_("Confirmed.") if decision == CONFIRM else _("Dismissed.")), done.uid

    @staticmethod
    @transaction.atomic
    def _put_off(row: Contradiction | Claim, *, by: User, seen: int, reason: str) -> Contradiction:
        if isinstance(row, Contradiction):
            return leave_undecided(row, by=by, reason=reason, seen=seen)
        return leave_undecided(suggest_contested(row, by=by, seen=seen), by=by, reason=reason)

    def answer(self, told: str, undo: UUID, after: UUID | None) -> dict[str, Any]:
        """What the page is to show: the words, where to go on, and how to take it back."""
        return {
            "told": told,
            "next": self.address("conflict", after),
            "undo": self.address("conflict-take-back", undo),
        }

    def following(self, uid: UUID) -> UUID | None:
        """What comes after this one in the queue as it is before the decision; its first when this was the last."""
        after = conflict_queue.neighbours(self.queue, uid)[2]
        others = (entry.uid for entry in self.queue if entry.uid != uid and not entry.unsure)
        return after or next(others, None)


def _decision_in(said: dict[str, Any]) -> str:
    decision = said.get("decision")
    if decision not in (*STATES, UNSURE):
        raise ValidationError(_("Say whether it is confirmed, dismissed or put off."))
    return str(decision)


class DecideConflict(Deciding):
    """Confirm, dismiss or put off one conflict: ``{"decision", "seen", "note"}``."""

    def act(self, said: dict[str, Any], **where: Any) -> dict[str, Any]:
        """Decide; the note, if any, is the reason."""
        item = find_item(where["uid"])
        after = self.following(item.row.uid)
        told, undo = self.decide(item, _decision_in(said), seen=number(said, "seen"), note=words(said, "note"))
        return self.answer(told, undo, after)


class SameClaim(Deciding):
    """Say that the two claims of a contradiction are one: ``{"seen", "note"}``."""

    permission = "claims.judge_pair"

    def act(self, said: dict[str, Any], **where: Any) -> dict[str, Any]:
        """Merge them; the contradiction is dismissed with it."""
        if not self.person.has_perm("claims.decide_contradiction"):
            raise PermissionDenied
        item = find_item(where["uid"])
        if item.contradiction is None:
            raise ValidationError(_("These are positions on one claim already."))
        after = self.following(item.row.uid)
        reason = words(said, "note").strip() or standard_reason(SAME, item.explanation)
        done = settle_as_same(item.contradiction, by=self.person, reason=reason, seen=number(said, "seen"))
        return self.answer(_("The two claims are one now."), done.uid, after)


class TakeBack(Deciding):
    """Take back what one decided last about a conflict."""

    def act(self, said: dict[str, Any], **where: Any) -> dict[str, Any]:  # noqa: ARG002  nothing to say besides
        """Undo it, and lead back to the item."""
        row = find_item(where["uid"]).row
        if not isinstance(row, Contradiction):
            raise ValidationError(_("Nothing is decided about this claim."))
        if row.state == ContradictionState.SUGGESTED:
            take_up_again(row, by=self.person)
        else:
            take_back_decision(row, by=self.person)
        return {"told": _("Taken back."), "next": self.address("conflict", row.uid)}


class DecideConflicts(Deciding):
    """Decide about several at once with one reason: ``{"decision", "reason", "items": [{"uid", "seen"}, …]}``.

    Each is decided on its own: what is refused is told, and stops none of the others.
    """

    def act(self, said: dict[str, Any], **where: Any) -> dict[str, Any]:  # noqa: ARG002  the body names them
        """Decide about each; which are done, and which are refused and why."""
        decision, reason = _decision_in(said), words(said, "reason")
        done, refused, undo = [], [], []
        for uid, seen in self._chosen(said):
            try:
                _told, decided = self.decide(find_item(uid), decision, seen=seen, note=reason)
            except ClaimsError as error:
                refused.append({"uid": str(uid), "code": error.code, "detail": str(error)})
            else:
                done.append(str(uid))
                undo.append(self.address("conflict-take-back", decided))
        told = ngettext("%(n)s conflict decided.", "%(n)s conflicts decided.", len(done)) % {"n": len(done)}
        return {"told": told, "done": done, "refused": refused, "undo": undo, "next": self.address("conflicts")}

    def _chosen(self, said: dict[str, Any]) -> list[tuple[UUID, int]]:
        items = said.get("items")
        if not isinstance(items, list) or not 0 < len(items) <= AT_ONCE:
            raise ValidationError(_("Choose between one and %(most)s conflicts.") % {"most": AT_ONCE})
        try:
            return [(UUID(item["uid"]), number(item, "seen")) for item in items]
        except (TypeError, KeyError, ValueError, AttributeError) as broken:
            raise ValidationError(_("What the page sent cannot be read. Reload it and try again.")) from broken


urlpatterns = [
    path("conflicts/", ConflictsPage.as_view(), name="conflicts"),
    path("conflicts/decide/", DecideConflicts.as_view(), name="conflicts-decide"),
    path("conflicts/<uuid:uid>/", ConflictPage.as_view(), name="conflict"),
    path("conflicts/<uuid:uid>/decide/", DecideConflict.as_view(), name="conflict-decide"),
    path("conflicts/<uuid:uid>/same/", SameClaim.as_view(), name="conflict-same"),
    path("conflicts/<uuid:uid>/take-back/", TakeBack.as_view(), name="conflict-take-back"),
]
