"""What may be done on a claim's page: set a position, draft a verdict, and lead it to publication and beyond."""

import datetime as dt
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.db import transaction
from django.http import Http404
from django.shortcuts import get_object_or_404
from django.urls import path
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from claims.choices import Credibility, Stance
from claims.desk.pages import DeskAction
from claims.desk.verdict_steps import APPROVE, PROPOSE, RETURN, WITHDRAW, Step
from claims.models import Claim, Position, Statement, Verdict
from claims.services.claims import set_position
from claims.services.verdicts import (
    Link,
    approve_verdict,
    draft_verdict,
    propose_verdict,
    return_verdict,
    revise_verdict,
    snapshots_of,
    withdraw_verdict,
)
from claims.services.versions import refuse_if_changed

LONGEST = 20_000  # characters of a rationale, or of a reason
MOST_LINKS = 20  # links to evidence with one press
OFFERED = 100  # snapshots to choose evidence from, the newest


class Seen(forms.Form):
    """What the person saw of what is to be changed: the version that the page was made from."""

    seen = forms.IntegerField(min_value=0, label=gettext_lazy("What you saw"))


class PositionSaid(Seen):
    """A person's word on what a statement says of the claim."""

    position = forms.UUIDField(label=gettext_lazy("Position"))
    stance = forms.ChoiceField(choices=Stance.choices, label=gettext_lazy("Stance"))
    reason = forms.CharField(max_length=LONGEST, label=gettext_lazy("Reason"))


class VerdictSaid(Seen):
    """A verdict's words."""

    credibility = forms.TypedChoiceField(choices=Credibility.choices, coerce=int, label=gettext_lazy("Credibility"))
    rationale = forms.CharField(max_length=LONGEST, label=gettext_lazy("Rationale"))
    review_due = forms.DateField(required=False, label=gettext_lazy("Review due"))

    def clean_review_due(self) -> dt.datetime | None:
        """The beginning of a day to come; a review that is due already would say nothing."""
        day = self.cleaned_data["review_due"]
        if day is None:
            return None
        if day <= timezone.localdate():
            raise ValidationError(_("choose a day to come."))
        return timezone.make_aware(dt.datetime.combine(day, dt.time()))


class LinkSaid(forms.Form):
    """One link to evidence: an address, a snapshot of one of the claim's documents, or both."""

    url = forms.CharField(max_length=2000, required=False, label=gettext_lazy("Address"))
    snapshot = forms.UUIDField(required=False, label=gettext_lazy("Snapshot"))
    note = forms.CharField(max_length=LONGEST, required=False, label=gettext_lazy("Note"))


class StepSaid(Seen):
    """A step of a verdict, with the reason where it needs one."""

    reason = forms.CharField(max_length=LONGEST, required=False, label=gettext_lazy("Reason"))


def read(form: type[forms.Form], said: Any) -> dict[str, Any]:
    """What a page's script sent, as the form reads it; raises :class:`ValidationError` that names what is wrong."""
    read_by = form(said if isinstance(said, dict) else {})
    if not read_by.is_valid():
        raise ValidationError(
            [
                _("%(field)s: %(what)s") % {"field": read_by.fields[name].label, "what": " ".join(map(str, told))}
                for name, told in read_by.errors.items()
            ]
        )
    return read_by.cleaned_data


class SetPosition(DeskAction):
    """A person's word on which side a statement takes on the claim."""

    permission = "claims.set_position"

    def act(self, said: dict[str, Any], **where: Any) -> dict[str, Any]:
        """Set it, unless somebody changed the position or its statement since the page was made."""
        told = read(PositionSaid, said)
        rows = Position.objects.select_related("statement", "claim").defer("claim__embedding")
        position = get_object_or_404(rows, uid=told["position"], claim__uid=where["uid"])
        with transaction.atomic():
            # In the order in which the service locks them, so that nobody waits in a circle.
            Statement.objects.select_for_update(of=("self",), no_key=True).get(pk=position.statement_id)
            Claim.objects.select_for_update(of=("self",)).only("pk").get(pk=position.claim_id)
            refuse_if_changed(position.uid, since=told["seen"])
            refuse_if_changed(position.statement.uid, since=told["seen"])
            set_position(
                position.statement, claim=position.claim, stance=told["stance"], by=self.person, reason=told["reason"]
            )
        return {"told": _("Set: the statement %(stance)s the claim.") % {"stance": told["stance"]}}


class WritesVerdict(DeskAction):
    """An action that takes a verdict's words."""

    permission = "claims.add_verdict"

    def words(self, said: dict[str, Any], claim: Claim) -> tuple[dict[str, Any], int]:
        """The words as the services take them, and what the person saw."""
        told = read(VerdictSaid, said)
        seen = told.pop("seen")
        return {**told, "evidence": self._links(said.get("evidence", []), claim)}, seen

    def _links(self, said: Any, claim: Claim) -> list[Link]:
        if not isinstance(said, list) or len(said) > MOST_LINKS:
            raise ValidationError(_("Name up to %(most)d links to evidence.") % {"most": MOST_LINKS})
        links = [read(LinkSaid, one) for one in said]
        wanted = {one["snapshot"] for one in links if one["snapshot"]}
        found = {snapshot.uid: snapshot for snapshot in snapshots_of(claim).filter(uid__in=wanted)}
        if wanted - found.keys():
            raise ValidationError(_("Choose a snapshot of a document that says something of this claim."))
        made = []
        for one in links:
            snapshot = found.get(one["snapshot"])
            url = one["url"] or (snapshot.document.url if snapshot else "")
            if not url:
                raise ValidationError(_("Give an address, or choose a snapshot."))
            made.append(Link(url=url, snapshot=snapshot, note=one["note"]))
        return made


class DraftVerdict(WritesVerdict):
    """A new draft."""

    def act(self, said: dict[str, Any], **where: Any) -> dict[str, Any]:
        """Draft it, unless what is known of the claim changed since the page was made."""
        claim = get_object_or_404(Claim.objects.defer("embedding"), uid=where["uid"])
        words, seen = self.words(said, claim)
        with transaction.atomic():
            locked = Claim.objects.select_for_update(of=("self",)).select_related("merged_into").get(pk=claim.pk)
            refuse_if_changed(locked.uid, since=seen)
            verdict = draft_verdict(locked, by=self.person, **words)
        return {"told": _("Drafted. Propose it when it is ready."), "verdict": str(verdict.uid)}


class ReviseVerdict(WritesVerdict):
    """Other words for a draft of one's own."""

    def act(self, said: dict[str, Any], **where: Any) -> dict[str, Any]:
        """Revise it, unless it changed since the page was made."""
        verdict = get_object_or_404(Verdict.objects.select_related("claim").defer("claim__embedding"), uid=where["uid"])
        words, seen = self.words(said, verdict.claim)
        with transaction.atomic():
            Verdict.objects.select_for_update(of=("self",)).get(pk=verdict.pk)
            refuse_if_changed(verdict.uid, since=seen)
            revise_verdict(verdict, by=self.person, **words)
        return {"told": _("The draft is changed.")}


class TakeStep(DeskAction):
    """One step of a verdict on its way."""

    step: Step

    def act(self, said: dict[str, Any], **where: Any) -> dict[str, Any]:
        """Take it, unless the verdict changed since the page was made."""
        told = read(StepSaid, said)
        with transaction.atomic():
            verdict = Verdict.objects.select_for_update(of=("self",)).filter(uid=where["uid"]).first()
            if verdict is None:
                raise Http404
            refuse_if_changed(verdict.uid, since=told["seen"])
            self.take(verdict, told["reason"])
        return {"told": str(self.step.told)}

    def take(self, verdict: Verdict, reason: str) -> None:
        """Call the service."""
        raise NotImplementedError  # pragma: no cover


class Propose(TakeStep):
    """Ask for approval."""

    step, permission = PROPOSE, PROPOSE.permission

    def take(self, verdict: Verdict, reason: str) -> None:  # noqa: ARG002  not asked for
        """Propose it."""
        propose_verdict(verdict, by=self.person)


class Approve(TakeStep):
    """Publish what somebody else proposed."""

    step, permission = APPROVE, APPROVE.permission

    def take(self, verdict: Verdict, reason: str) -> None:  # noqa: ARG002
        """Approve it."""
        approve_verdict(verdict, by=self.person)


class Return(TakeStep):
    """Give a proposal back to its author."""

    step, permission = RETURN, RETURN.permission

    def take(self, verdict: Verdict, reason: str) -> None:
        """Return it."""
        return_verdict(verdict, by=self.person, reason=reason)


class Withdraw(TakeStep):
    """Take a published verdict back."""

    step, permission = WITHDRAW, WITHDRAW.permission

    def take(self, verdict: Verdict, reason: str) -> None:
        """Withdraw it."""
        withdraw_verdict(verdict, by=self.person, reason=reason)


urlpatterns = [
    path("claim/<uuid:uid>/position/", SetPosition.as_view(), name="claim_position"),
    path("claim/<uuid:uid>/verdict/", DraftVerdict.as_view(), name="claim_verdict"),
    path("verdict/<uuid:uid>/revise/", ReviseVerdict.as_view(), name="verdict_revise"),
    path("verdict/<uuid:uid>/propose/", Propose.as_view(), name="verdict_propose"),
    path("verdict/<uuid:uid>/approve/", Approve.as_view(), name="verdict_approve"),
    path("verdict/<uuid:uid>/return/", Return.as_view(), name="verdict_return"),
    path("verdict/<uuid:uid>/withdraw/", Withdraw.as_view(), name="verdict_withdraw"),
]
