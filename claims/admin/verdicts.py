"""What we hold true: drafting a verdict, and its way to publication by two people."""

from typing import Any

from django import forms
from django.contrib import admin
from django.contrib.auth.models import User
from django.core.validators import URLValidator
from django.db.models import Model
from django.http import HttpRequest
from django.utils.safestring import SafeString
from unfold.admin import TabularInline
from unfold.decorators import display
from unfold.enums import ActionVariant
from unfold.widgets import UnfoldAdminTextareaWidget, UnfoldAdminURLInputWidget

from claims.admin.base import EvidenceAdmin, person
from claims.admin.decisions import Decision, Reason
from claims.admin.filters import DueFilter
from claims.admin.markup import NOTHING, VERDICT_STATES, badge, clip, link_to, outward_link, prose
from claims.choices import Credibility, VerdictState
from claims.models import Claim, Evidence, Verdict
from claims.services.verdicts import (
    Link,
    approve_verdict,
    draft_verdict,
    propose_verdict,
    return_verdict,
    withdraw_verdict,
)


def _propose(verdict: Verdict, by: User, _said: dict[str, Any]) -> object:
    return propose_verdict(verdict, by=by)


def _approve(verdict: Verdict, by: User, _said: dict[str, Any]) -> object:
    return approve_verdict(verdict, by=by)


def _return(verdict: Verdict, by: User, said: dict[str, Any]) -> object:
    return return_verdict(verdict, by=by, reason=said["reason"])


def _withdraw(verdict: Verdict, by: User, said: dict[str, Any]) -> object:
    return withdraw_verdict(verdict, by=by, reason=said["reason"])


PROPOSE = Decision(
    name="propose", title="Propose", done="proposed", permission="propose", run=_propose, icon="outgoing_mail",
    explanation="Ask another person to approve this draft.",
    when=lambda verdict: verdict.state == VerdictState.DRAFT,
)  # fmt: skip
APPROVE = Decision(
    name="approve", title="Approve and publish", done="published", permission="approve", run=_approve,
    explanation="Published at once, in place of the claim's present verdict. Nobody approves a verdict of his or her "
    "own.", variant=ActionVariant.SUCCESS, icon="verified",
    when=lambda verdict: verdict.state == VerdictState.PROPOSED,
)  # fmt: skip
RETURN = Decision(
    name="give_back", title="Return to the author", done="returned", permission="approve", run=_return,
    questions=Reason, explanation="The verdict becomes a draft again. Say what is missing.", icon="undo",
    when=lambda verdict: verdict.state == VerdictState.PROPOSED,
)  # fmt: skip
WITHDRAW = Decision(
    name="withdraw", title="Withdraw", done="withdrawn", permission="approve", run=_withdraw, questions=Reason,
    explanation="The published verdict holds no more; it stays readable as withdrawn.",
    variant=ActionVariant.DANGER, icon="block",
    when=lambda verdict: verdict.state == VerdictState.PUBLISHED,
)  # fmt: skip


class VerdictForm(forms.ModelForm):
    """A draft. Its claim is one that stands on its own."""

    class Meta:
        model = Verdict
        fields = ["claim", "credibility", "rationale", "review_due"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "claim" in self.fields:
            self.fields["claim"].queryset = Claim.objects.live()  # type: ignore[attr-defined]
            # How credible it is, is for the author to say: nothing is chosen for him or her.
            self.fields["credibility"].choices = [("", "Choose"), *Credibility.choices]  # type: ignore[attr-defined]


class EvidenceForm(forms.ModelForm):
    """A link to what a verdict rests on."""

    url = forms.URLField(
        max_length=2000, assume_scheme="https", widget=UnfoldAdminURLInputWidget, label="Address",
        validators=[URLValidator(schemes=["http", "https"])],
    )  # fmt: skip

    note = forms.CharField(required=False, widget=UnfoldAdminTextareaWidget(attrs={"rows": 2}))

    class Meta:
        model = Evidence
        fields = ["url", "snapshot", "note"]


class EvidenceInline(TabularInline):
    """Written with the draft, and read-only ever after."""

    model = Evidence
    form = EvidenceForm
    extra = 1
    can_delete = False
    hide_title = True
    autocomplete_fields = ["snapshot"]

    def get_queryset(self, request: HttpRequest) -> Any:
        return super().get_queryset(request).select_related("snapshot__document").defer("snapshot__text")

    def get_fields(self, request: HttpRequest, obj: Model | None = None) -> Any:
        return ["address", "copy", "note"] if obj else ["url", "snapshot", "note"]

    def get_readonly_fields(self, request: HttpRequest, obj: Model | None = None) -> Any:
        return ["address", "copy", "note"] if obj else []

    def has_add_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return obj is None and request.user.has_perm("claims.add_verdict")

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    @display(description="Address")
    def address(self, obj: Evidence) -> SafeString | str:
        return outward_link(obj.url)

    @display(description="Snapshot")
    def copy(self, obj: Evidence) -> SafeString | str:
        return link_to(obj.snapshot)


@admin.register(Verdict)
class VerdictAdmin(EvidenceAdmin):
    """Verdicts, from draft to publication and beyond."""

    author_name = person("author", "Author")
    approver_name = person("approver", "Approver")
    form = VerdictForm
    list_display = [
        "claim_text",
        "credibility",
        "state_shown",
        "author_name",
        "approver_name",
        "published_at",
        "review_due",
    ]
    list_filter = ["state", "credibility", DueFilter, "claim__dossier", "published_at"]
    search_fields = ["claim__text", "rationale", "author__username"]
    list_select_related = ["claim", "author", "approver"]
    autocomplete_fields = ["claim"]
    inlines = [EvidenceInline]
    propose, propose_this = PROPOSE.actions()
    approve, approve_this = APPROVE.actions()
    give_back, give_back_this = RETURN.actions()
    withdraw, withdraw_this = WITHDRAW.actions()
    actions = ["propose", "approve", "give_back", "withdraw"]
    actions_detail = ["propose_this", "approve_this", "give_back_this", "withdraw_this"]

    def has_add_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("claims.add_verdict")

    def has_propose_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return request.user.has_perm("claims.propose_verdict")

    def has_approve_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return request.user.has_perm("claims.approve_verdict")

    def get_fields(self, request: HttpRequest, obj: Model | None = None) -> Any:
        if obj is None:
            return ["claim", "credibility", "rationale", "review_due"]
        return [
            "claim_shown", ("state_shown", "credibility"), "rationale_shown", ("author_name", "approver_name"),
            ("published_at", "review_due"), ("superseded_by_shown", "created_at"), "ledger",
        ]  # fmt: skip

    def get_readonly_fields(self, request: HttpRequest, obj: Model | None = None) -> Any:
        if obj is None:
            return []
        return [
            "claim_shown", "state_shown", "credibility", "rationale_shown", "author_name", "approver_name",
            "published_at", "review_due", "superseded_by_shown", "created_at", "ledger",
        ]  # fmt: skip

    def save_model(self, request: HttpRequest, obj: Verdict, form: Any, change: bool) -> None:
        """Nothing yet: the draft and its evidence are one call, once both are read (:meth:`save_related`)."""

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        links = [
            Link(url=one.url, snapshot=one.snapshot, note=one.note)
            for formset in formsets
            for one in formset.save(commit=False)
        ]
        said: Verdict = form.instance
        made = draft_verdict(
            said.claim, credibility=said.credibility, rationale=said.rationale, review_due=said.review_due,
            evidence=links, by=request.user,  # type: ignore[arg-type]
        )  # fmt: skip
        said.pk, said._state.adding = made.pk, False
        said.refresh_from_db()

    @display(description="Claim", ordering="claim__text")
    def claim_text(self, obj: Verdict) -> str:
        return clip(obj.claim.text, 110)

    @display(description="Claim")
    def claim_shown(self, obj: Verdict) -> SafeString | str:
        return link_to(obj.claim, length=300)

    @display(description="State", ordering="state")
    def state_shown(self, obj: Verdict) -> SafeString | str:
        return badge(obj.state, VERDICT_STATES)

    @display(description="Rationale")
    def rationale_shown(self, obj: Verdict) -> SafeString | str:
        return prose(obj.rationale)

    @display(description="Superseded by")
    def superseded_by_shown(self, obj: Verdict) -> SafeString | str:
        return link_to(obj.superseded_by)


@admin.register(Evidence)
class EvidenceLinkAdmin(EvidenceAdmin):
    """What verdicts rest on."""

    list_display = ["number", "address", "verdict_shown", "snapshot_shown", "note_shown"]
    search_fields = ["url", "note", "verdict__claim__text"]
    list_select_related = ["verdict__claim", "snapshot__document"]
    fields = ["address", "verdict_shown", "snapshot_shown", "note"]
    readonly_fields = fields

    def get_queryset(self, request: HttpRequest) -> Any:
        return super().get_queryset(request).defer("snapshot__text", "snapshot__headers", "snapshot__signature")

    @display(description="Evidence")
    def number(self, obj: Evidence) -> str:
        return f"#{obj.pk}"

    @display(description="Address", ordering="url")
    def address(self, obj: Evidence) -> SafeString | str:
        return outward_link(obj.url)

    @display(description="Verdict")
    def verdict_shown(self, obj: Evidence) -> SafeString | str:
        return link_to(obj.verdict)

    @display(description="Snapshot")
    def snapshot_shown(self, obj: Evidence) -> SafeString | str:
        return link_to(obj.snapshot) if obj.snapshot else NOTHING

    @display(description="Note")
    def note_shown(self, obj: Evidence) -> str:
        return clip(obj.note, 100) or NOTHING
