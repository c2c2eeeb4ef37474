"""Who said which words, shown in their place in the text."""

from typing import Any

from django.contrib import admin
from django.contrib.auth.models import User
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from unfold.decorators import display
from unfold.enums import ActionVariant

from claims.admin import protection
from claims.admin.base import EvidenceAdmin, ReadOnlyInline, person
from claims.admin.decisions import Decision, Reason
from claims.admin.filters import ExtractorVersionFilter, SupersededFilter
from claims.admin.markup import (
    MODALITIES,
    NOTHING,
    POLARITIES,
    STANCES,
    STANDINGS,
    STATEMENT_STATES,
    badge,
    clip,
    link_to,
    marked,
    pretty_json,
    render,
)
from claims.choices import StatementState
from claims.models import Position, Statement
from claims.services.statements import confirm_statement, reject_statement


def _confirm(statement: Statement, by: User, _said: dict[str, Any]) -> object:
    return confirm_statement(statement, by=by)


def _reject(statement: Statement, by: User, said: dict[str, Any]) -> object:
    return reject_statement(statement, by=by, reason=said["reason"])


PROTECT, UNPROTECT = protection.of_statements()
CONFIRM = Decision(
    name="confirm", title="Confirm", done="confirmed", permission="review", run=_confirm,
    explanation="The text says this: the source, the words and the way they are read are right.",
    variant=ActionVariant.SUCCESS, icon="check",
    when=lambda row: row.superseded_at is None and row.state == StatementState.SUGGESTED,
)  # fmt: skip
REJECT = Decision(
    name="reject", title="Reject", done="rejected", permission="review", run=_reject, questions=Reason,
    explanation="The text does not say this. It counts for nothing from now on, and no machine suggests it again.",
    variant=ActionVariant.DANGER, icon="close",
    when=lambda row: row.superseded_at is None and row.state in (StatementState.SUGGESTED, StatementState.CONFIRMED),
)  # fmt: skip


def in_its_place(statement: Statement) -> SafeString:
    """The statement's words in the snapshot's text, with source, cue and content marked.

    Of a text that was removed there is what the statement itself quotes: its content and a few words around it.
    """
    if statement.snapshot.removed_at is not None:
        before, said = statement.content_prefix, statement.content_text
        content = [[len(before), len(before) + len(said)]]
        return marked(before + said + statement.content_suffix, {"content": content})
    spans = {
        "source": statement.source_spans, "cue": statement.cue_spans, "content": statement.content_spans,
    }  # fmt: skip
    return marked(statement.snapshot.text, spans)


class TakenInline(ReadOnlyInline):
    """Which claims it speaks to, now and before."""

    model = Position
    fields = ["stance_shown", "claim_shown", "standing", "score", "decided", "superseded_at"]
    verbose_name_plural = "positions on claims"

    def get_queryset(self, request: HttpRequest) -> Any:
        return super().get_queryset(request).select_related("claim", "by").order_by("-pk")

    @display(description="Stance")
    def stance_shown(self, obj: Position) -> SafeString | str:
        return badge(obj.stance, STANCES)

    @display(description="Claim")
    def claim_shown(self, obj: Position) -> SafeString | str:
        return link_to(obj.claim)

    @display(description="Standing of the claim")
    def standing(self, obj: Position) -> SafeString | str:
        return badge(obj.claim.standing, STANDINGS)

    @display(description="Decided by")
    def decided(self, obj: Position) -> str:
        return str(obj.by) if obj.by else f"{obj.algorithm} {obj.algorithm_version}"


@admin.register(Statement)
class StatementAdmin(EvidenceAdmin):
    """Attributions: source, cue and content."""

    reviewed_by_name = person("reviewed_by", "Reviewed by")
    list_display = [
        "content", "source_shown", "cue", "polarity_shown", "modality_shown", "document", "state_shown", "sure",
    ]  # fmt: skip
    list_filter = [
        "state", "polarity", "modality", "quotation", SupersededFilter, "snapshot__document__dossier", "source__kind",
        ExtractorVersionFilter,
    ]  # fmt: skip
    search_fields = ["content_text", "source_text", "source__name", "snapshot__document__title"]
    search_help_text = "Words of the content, source or document"
    list_select_related = ["source", "snapshot__document"]
    inlines = [TakenInline]
    fieldsets = [
        (None, {"fields": [
            ("source_shown", "source_words"), ("polarity_shown", "modality_shown"), ("quotation", "decided_by"),
            ("document", "snapshot_shown", "reader"), ("place", "when"), "parent_shown",
        ]}),
        ("How it was found and reviewed", {"fields": [
            ("state_shown", "sure"), ("found_by", "created_at"), ("reviewed_by_name", "reviewed_at"), "review_reason",
            ("supersedes_shown", "superseded_at"), "quantities_shown", "ledger", "protected",
        ]}),
    ]  # fmt: skip
    confirm, confirm_this = CONFIRM.actions()
    reject, reject_this = REJECT.actions()
    actions = ["confirm", "reject"]
    protect, protect_this = PROTECT.actions()
    unprotect, unprotect_this = UNPROTECT.actions()
    actions_detail = ["confirm_this", "reject_this", "protect_this", "unprotect_this"]

    def has_review_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return request.user.has_perm("claims.review_statement")

    def has_protect_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return request.user.has_perm("claims.protect_source")

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        return [
            "source_shown", "source_words", "polarity_shown", "modality_shown", "quotation", "decided_by", "document",
            "snapshot_shown", "reader", "place", "when", "parent_shown", "state_shown", "sure", "found_by",
            "created_at", "reviewed_by_name", "reviewed_at", "review_reason", "supersedes_shown", "superseded_at",
            "quantities_shown", "ledger", "protected",
        ]  # fmt: skip

    def get_queryset(self, request: HttpRequest) -> Any:
        # A list of fifty statements needs none of the fifty texts.
        return super().get_queryset(request).defer("snapshot__text", "snapshot__headers", "snapshot__signature")

    def panel_before(self, request: HttpRequest, obj: Statement) -> SafeString | str:
        return render("statement", statement=obj, place=in_its_place(obj))

    @display(description="Content", ordering="content_text")
    def content(self, obj: Statement) -> str:
        return clip(obj.content_text, 120)

    @display(description="Source", ordering="source__name")
    def source_shown(self, obj: Statement) -> SafeString | str:
        return link_to(obj.source) if obj.source else clip(obj.source_text, 60) or NOTHING

    @display(description="As the text names it")
    def source_words(self, obj: Statement) -> str:
        return obj.source_text or NOTHING

    @display(description="Cue", ordering="cue_text")
    def cue(self, obj: Statement) -> str:
        return clip(obj.cue_text, 40) or NOTHING

    @display(description="Polarity", ordering="polarity")
    def polarity_shown(self, obj: Statement) -> SafeString | str:
        return badge(obj.polarity, POLARITIES)

    @display(description="Modality", ordering="modality")
    def modality_shown(self, obj: Statement) -> SafeString | str:
        return badge(obj.modality, MODALITIES)

    @display(description="Document", ordering="snapshot__document__title")
    def document(self, obj: Statement) -> SafeString | str:
        return link_to(obj.snapshot.document, length=60)

    @display(description="Snapshot")
    def snapshot_shown(self, obj: Statement) -> SafeString | str:
        return link_to(obj.snapshot, f"version {obj.snapshot.number}")

    @display(description="At the desk")
    def reader(self, obj: Statement) -> SafeString:
        """The text that it stands in, at the review desk, where it is corrected."""
        snapshot = obj.snapshot
        address = reverse("desk:document", args=[snapshot.document.uid])
        return format_html(
            '<a class="cb-link" href="{}?snapshot={}#statement-{}">In its text</a>', address, snapshot.number, obj.uid
        )

    @display(description="State", ordering="state")
    def state_shown(self, obj: Statement) -> SafeString | str:
        return badge("superseded", {"superseded": "plain"}) if obj.superseded_at else badge(obj.state, STATEMENT_STATES)

    @display(description="Confidence", ordering="confidence")
    def sure(self, obj: Statement) -> str:
        return f"{obj.confidence:.0%}"

    @display(description="Decided by the words")
    def decided_by(self, obj: Statement) -> str:
        return ", ".join(map(str, obj.decided_by_words)) or NOTHING

    @display(description="When")
    def when(self, obj: Statement) -> str:
        if obj.when_first is None:
            return obj.when_text or NOTHING
        days = f"{obj.when_first}" if obj.when_first == obj.when_last else f"{obj.when_first} to {obj.when_last}"
        return f"{obj.when_text} ({days})" if obj.when_text else days

    @display(description="Nested in")
    def parent_shown(self, obj: Statement) -> SafeString | str:
        return link_to(obj.parent)

    @display(description="Replaces")
    def supersedes_shown(self, obj: Statement) -> SafeString | str:
        return link_to(obj.supersedes)

    @display(description="Found by")
    def found_by(self, obj: Statement) -> str:
        return f"{obj.extractor} {obj.extractor_version}"

    @display(description="Quantities")
    def quantities_shown(self, obj: Statement) -> SafeString | str:
        return pretty_json(obj.quantities) if obj.quantities else NOTHING
