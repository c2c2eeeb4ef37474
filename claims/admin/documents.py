"""What was printed: dossiers, documents and their snapshots. Evidence is looked at, not edited."""

from typing import Any

from django import forms
from django.contrib import admin
from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from unfold.decorators import display
from unfold.enums import ActionVariant
from unfold.widgets import UnfoldAdminIntegerFieldWidget, UnfoldAdminSelectWidget

from claims.admin.base import DomainAdmin, EvidenceAdmin, ReadOnlyInline, count_of, dossier_column
from claims.admin.choosing import row_chosen
from claims.admin.decisions import Decision, Reason, ReasonIfAny
from claims.admin.filters import CopyFilter
from claims.admin.markup import (
    DOCUMENT_STATES,
    NOTHING,
    badge,
    clip,
    link_to,
    list_of,
    moment,
    mono,
    outward_link,
    pretty_json,
    prose,
    render,
    table,
)
from claims.choices import DocumentState
from claims.models import Archived, Claim, Document, Dossier, Notice, Snapshot, Statement
from claims.services import ledger, retention
from claims.services.actor import Actor
from claims.services.documents import set_document_state, set_origin


class Keeping(Reason):
    """For how many days contents are kept."""

    unused_days = forms.IntegerField(
        min_value=1, max_value=36_500, required=False, widget=UnfoldAdminIntegerFieldWidget,
        label="Days for what nothing rests on",
        help_text="After so many days the contents of versions go that no claim and no verdict rests on. Empty: never.",
    )  # fmt: skip
    closed_days = forms.IntegerField(
        min_value=1, max_value=36_500, required=False, widget=UnfoldAdminIntegerFieldWidget,
        label="Days after closing",
        help_text="So many days after the dossier was closed the contents of all its versions go. Empty: never.",
    )  # fmt: skip
    field_order = ["unused_days", "closed_days", "reason"]


HOLD = Decision(
    name="hold", title="Place a legal hold", done="put on legal hold", permission="keep", questions=Reason,
    run=lambda row, by, said: retention.place_hold(row, by=by, reason=said["reason"]),
    explanation="From now on nothing of it is removed, whatever its rules say, until somebody lifts the hold.",
    variant=ActionVariant.WARNING, when=lambda row: not row.legal_hold, icon="gavel",
)  # fmt: skip
LIFT = Decision(
    name="lift", title="Lift the legal hold", done="released from legal hold", permission="keep", questions=Reason,
    run=lambda row, by, said: retention.lift_hold(row, by=by, reason=said["reason"]),
    explanation="Its own rules count again, within the hour. What they remove does not come back.",
    variant=ActionVariant.DANGER, when=lambda row: row.legal_hold,
)  # fmt: skip
RETAIN = Decision(
    name="retain", title="Set how long contents are kept", done="given that period", permission="keep",
    questions=Keeping, icon="auto_delete", variant=ActionVariant.DANGER,
    run=lambda row, by, said: retention.set_retention(
        row, unused_days=said["unused_days"], closed_days=said["closed_days"], by=by, reason=said["reason"]
    ),
    explanation="What goes are bytes, text and headers of versions, for good, and within the hour where a period is "
    "over. What stays are hashes, quoted words, decisions and the ledger. See first: manage.py apply_retention "
    "--dry-run.",
)  # fmt: skip
CLOSE = Decision(
    name="close", title="Close", done="closed", permission="keep", questions=Reason,
    run=lambda row, by, said: retention.close_dossier(row, by=by, reason=said["reason"]),
    explanation="The investigation is over, and its period begins. Documents that come in are still read.",
    when=lambda row: row.closed_at is None, icon="inventory_2",
)  # fmt: skip
REOPEN = Decision(
    name="reopen", title="Reopen", done="reopened", permission="keep", questions=Reason,
    run=lambda row, by, said: retention.reopen_dossier(row, by=by, reason=said["reason"]),
    explanation="No period runs any more. What was removed does not come back.",
    when=lambda row: row.closed_at is not None,
)  # fmt: skip


@admin.register(Dossier)
class DossierAdmin(DomainAdmin):
    """Investigations."""

    list_display = ["title", "slug", "document_count", "claim_count", "contested_count", "created_at"]
    search_fields = ["title", "slug", "description"]
    prepopulated_fields = {"slug": ["title"]}
    list_filter = ["legal_hold"]
    fields = ["title", "slug", "description", "public_read", "created_at", "keeping", "contents", "ledger"]
    readonly_fields = ["created_at", "keeping", "contents", "ledger"]
    hold, hold_this = HOLD.actions()
    lift, lift_this = LIFT.actions()
    retain, retain_this = RETAIN.actions()
    close, close_this = CLOSE.actions()
    reopen, reopen_this = REOPEN.actions()
    actions = ["hold", "lift", "retain"]
    actions_detail = ["hold_this", "lift_this", "retain_this", "close_this", "reopen_this"]

    def has_keep_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return request.user.has_perm("claims.change_dossier")

    def get_prepopulated_fields(self, request: HttpRequest, obj: Dossier | None = None) -> Any:
        return self.prepopulated_fields if obj is None else {}

    def get_queryset(self, request: HttpRequest) -> Any:
        live = Claim.objects.live()
        counts = {
            "documents_n": count_of(Document.objects.all(), "dossier"),
            "claims_n": count_of(live, "dossier"),
            "contested_n": count_of(live.contested(), "dossier"),
        }
        return super().get_queryset(request).annotate(**counts)

    def save_model(self, request: HttpRequest, obj: Dossier, form: Any, change: bool) -> None:
        if change:  # nothing of what others decide beside the form: a hold, a period
            obj.save(update_fields=form.changed_data or ["title"])
        else:
            super().save_model(request, obj, form, change)
        ledger.record(Actor.person(request.user), "edited" if change else "opened", obj)  # type: ignore[arg-type]

    @display(description="Documents", ordering="documents_n")
    def document_count(self, obj: Any) -> int:
        return int(obj.documents_n)

    @display(description="Claims", ordering="claims_n")
    def claim_count(self, obj: Any) -> int:
        return int(obj.claims_n)

    @display(description="Contested", ordering="contested_n")
    def contested_count(self, obj: Any) -> SafeString | str:
        return badge(str(obj.contested_n), {}, label="") if obj.contested_n else NOTHING

    @display(description="Keeping")
    def keeping(self, obj: Dossier) -> str:
        """How long contents are kept, in words."""
        return retention.in_words(obj) or "Contents are kept for ever."

    @display(description="Holds")
    def contents(self, obj: Dossier) -> SafeString | str:
        if obj._state.adding:
            return NOTHING
        query = f"dossier__id__exact={obj.pk}"
        return format_html(
            '<a class="cb-link" href="{}">At the review desk</a> · <a class="cb-link" href="{}">Its claims</a> · '
            '<a class="cb-link" href="{}">Its documents</a>',
            reverse("desk:dossier", args=[obj.uid]),
            list_of(Claim, query),
            list_of(Document, query),
        )


# --- Documents -------------------------------------------------------------------------------------------------------


class StateSet(ReasonIfAny):
    """What the publisher did."""

    state = forms.ChoiceField(choices=DocumentState.choices, widget=UnfoldAdminSelectWidget)
    field_order = ["state", "reason"]


class OriginSet(Reason):
    """Which document the chosen ones copy."""

    origin = row_chosen(
        Document, "origin", Document.objects.all(), required=False,
        help_text="Leave empty to say that it copies no other.",
    )  # fmt: skip
    field_order = ["origin", "reason"]


def _set_state(document: Document, by: User, said: dict[str, Any]) -> object:
    return set_document_state(document, state=said["state"], reason=said["reason"], actor=Actor.person(by))


def _set_origin(document: Document, by: User, said: dict[str, Any]) -> object:
    origin: Document | None = said["origin"]
    above, seen = origin, set[int]()
    while above is not None and above.pk not in seen:
        seen.add(above.pk)
        above = above.origin
    if document.pk in seen:
        raise ValidationError("A document copies neither itself nor a document that copies it.")
    return set_origin(document, origin=origin, explanation=said["reason"], actor=Actor.person(by))


STATE = Decision(
    name="state", title="Set state", done="given that state", permission="amend", run=_set_state, questions=StateSet,
    explanation="What its publisher did with the document. What a retracted document says counts no more.",
    icon="edit_note",
)  # fmt: skip
ORIGIN = Decision(
    name="origin", title="Set origin", done="given that origin", permission="amend", run=_set_origin,
    questions=OriginSet, icon="call_split",
    explanation="Copies add no origin to a claim. What a person says here, no machine changes.",
)  # fmt: skip


class SnapshotsInline(ReadOnlyInline):
    """The versions that were fetched, with their hashes."""

    model = Snapshot
    fields = ["version", "fetched_at", "bytes_hash", "text_hash", "extracted", "analysed_with", "latest"]
    verbose_name_plural = "snapshots, newest first"

    def get_queryset(self, request: HttpRequest) -> Any:
        return super().get_queryset(request).defer("text", "headers", "signature").select_related("document")

    @display(description="Version")
    def version(self, obj: Snapshot) -> SafeString | str:
        return link_to(obj, f"version {obj.number}: its text")

    @display(description="SHA-256 of the bytes")
    def bytes_hash(self, obj: Snapshot) -> SafeString | str:
        return mono(obj.payload_sha256, shown=12)

    @display(description="SHA-256 of the text")
    def text_hash(self, obj: Snapshot) -> SafeString | str:
        return mono(obj.text_sha256, shown=12)

    @display(description="Text read by")
    def extracted(self, obj: Snapshot) -> str:
        return f"{obj.extractor} {obj.extractor_version}"


class NoticesInline(ReadOnlyInline):
    """The pages that took a version back without changing its text."""

    model = Notice
    fields = ["page", "fetched_at", "address", "state_shown", "bytes_hash"]
    verbose_name_plural = "notices without a change of the text"

    def get_queryset(self, request: HttpRequest) -> Any:
        return super().get_queryset(request).select_related("snapshot__document").defer("headers", "snapshot__text")

    @display(description="Page")
    def page(self, obj: Notice) -> SafeString | str:
        return link_to(obj)

    @display(description="Fetched from")
    def address(self, obj: Notice) -> SafeString | str:
        return outward_link(obj.fetched_from)

    @display(description="What it says")
    def state_shown(self, obj: Notice) -> SafeString | str:
        return badge(obj.state, DOCUMENT_STATES)

    @display(description="SHA-256 of the bytes")
    def bytes_hash(self, obj: Notice) -> SafeString | str:
        return mono(obj.payload_sha256, shown=12)


@admin.register(Document)
class DocumentAdmin(EvidenceAdmin):
    """Publications, each with the versions that were fetched."""

    dossier_named = dossier_column()
    list_display = [
        "title_shown", "publisher_shown", "published_at", "state_shown", "origin_shown", "dossier_named",
        "statement_count", "first_seen_at",
    ]  # fmt: skip
    list_filter = ["dossier", "state", CopyFilter, "first_seen_at", "from_archive", "language"]
    search_fields = ["title", "url", "byline", "publisher__name", "credit__name"]
    search_help_text = "Title, address, byline, publisher or wire"
    list_select_related = ["publisher", "origin", "dossier"]
    date_hierarchy = "published_at"
    inlines = [SnapshotsInline]
    fields = [
        "title", "address", ("dossier_shown", "state_shown"), ("publisher_shown", "credit_shown"),
        ("byline", "language"), ("published_at", "first_seen_at"), ("origin_shown", "origin_decided_by_person"),
        "origin_explanation", ("reader", "statements_shown", "ledger"),
    ]  # fmt: skip
    readonly_fields = [
        "reader",
        "title", "address", "dossier_shown", "publisher_shown", "credit_shown", "byline", "published_at", "language",
        "state_shown", "origin_shown", "origin_explanation", "origin_decided_by_person", "statements_shown",
        "first_seen_at", "ledger",
    ]  # fmt: skip
    state, state_this = STATE.actions()
    origin, origin_this = ORIGIN.actions()
    actions = ["state", "origin"]
    actions_detail = ["state_this", "origin_this"]

    def has_amend_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return request.user.has_perm("claims.change_document")

    def get_queryset(self, request: HttpRequest) -> Any:
        found = Statement.objects.current().filter(snapshot__latest=True)
        return super().get_queryset(request).annotate(statements_n=count_of(found, "snapshot__document"))

    def panel_after(self, request: HttpRequest, obj: Document) -> SafeString | str:
        return format_html_join("", "{}", [(_notices_on(obj),), (_copies_of(obj),)])

    @display(description="Title", ordering="title")
    def title_shown(self, obj: Document) -> str:
        return clip(str(obj), 110)

    @display(description="Address")
    def address(self, obj: Document) -> SafeString | str:
        return outward_link(obj.url)

    @display(description="Dossier", ordering="dossier__title")
    def dossier_shown(self, obj: Document) -> SafeString | str:
        return link_to(obj.dossier)

    @display(description="Publisher", ordering="publisher__name")
    def publisher_shown(self, obj: Document) -> SafeString | str:
        return link_to(obj.publisher)

    @display(description="Wire credited")
    def credit_shown(self, obj: Document) -> SafeString | str:
        return link_to(obj.credit)

    @display(description="State", ordering="state")
    def state_shown(self, obj: Document) -> SafeString | str:
        return badge(obj.state, DOCUMENT_STATES)

    @display(description="Copy of", ordering="origin__title")
    def origin_shown(self, obj: Document) -> SafeString | str:
        return link_to(obj.origin, length=60)

    @display(description="Statements", ordering="statements_n")
    def statement_count(self, obj: Any) -> int:
        return int(obj.statements_n)

    @display(description="At the desk")
    def reader(self, obj: Document) -> SafeString:
        """Its page at the review desk: the text with its statements marked in it."""
        return format_html('<a class="cb-link" href="{}">Read it</a>', reverse("desk:document", args=[obj.uid]))

    @display(description="What it reports")
    def statements_shown(self, obj: Document) -> SafeString:
        query = f"snapshot__document__id__exact={obj.pk}"
        return format_html('<a class="cb-link" href="{}">Its statements</a>', list_of(Statement, query))


def _notices_on(document: Document) -> SafeString | str:
    """The pages by which its publisher took it back without changing its text."""
    found = Notice.objects.filter(snapshot__document=document).select_related("snapshot__document")
    rows = [
        (
            link_to(notice, f"on version {notice.snapshot.number}"),
            moment(notice.fetched_at),
            badge(notice.state, DOCUMENT_STATES),
            notice.words,
            outward_link(notice.fetched_from),
            mono(notice.payload_sha256, shown=12),
        )
        for notice in found.defer("headers", "snapshot__text", "snapshot__signature").order_by("-pk")
    ]
    if not rows:
        return ""
    headers = ["Notice", "Fetched", "What it says", "By which words", "Fetched from", "SHA-256 of the bytes"]
    return render("panel", title="Notices of its publisher without a change of the text", body=table(headers, rows))


def _copies_of(document: Document) -> SafeString | str:
    rows = [
        (
            link_to(c),
            link_to(c.publisher),
            moment(c.published_at),
            badge(c.state, DOCUMENT_STATES),
            c.origin_explanation,
        )
        for c in document.copies.select_related("publisher").order_by("published_at", "pk")
    ]
    if not rows:
        return ""
    headers = ["Copy", "Publisher", "Published", "State", "Why it is held to be a copy"]
    return render("panel", title="Copies of this document: they add no origin", body=table(headers, rows))


def _gone(row: Archived) -> str:
    return f"Removed on {row.removed_at:%Y-%m-%d}: {row.removed_under}"


def _read_it(snapshot: Snapshot) -> SafeString:
    address = reverse("desk:document", args=[snapshot.document.uid])
    return format_html('<a class="cb-link" href="{}?snapshot={}">Read it</a>', address, snapshot.number)


class ArchivedAdmin(EvidenceAdmin):
    """What every evidentiary copy shows of where it is from, what it hashes to and where it lies."""

    @display(description="Fetched from")
    def address(self, obj: Archived) -> SafeString | str:
        return outward_link(obj.fetched_from)

    @display(description="SHA-256 of the bytes")
    def bytes_hash(self, obj: Archived) -> SafeString | str:
        return mono(obj.payload_sha256, shown=12)

    @display(description="SHA-256 of the bytes")
    def bytes_shown(self, obj: Archived) -> SafeString | str:
        return mono(obj.payload_sha256)

    @display(description="SHA-256 of the text")
    def text_shown(self, obj: Archived) -> SafeString | str:
        return mono(obj.hashes["text_sha256"])

    @display(description="WARC record")
    def warc(self, obj: Archived) -> str:
        if obj.removed_at is not None:
            return _gone(obj)
        return f"{obj.warc_path}, {obj.warc_length} bytes from byte {obj.warc_offset}"

    @display(description="Headers as received")
    def headers_shown(self, obj: Archived) -> SafeString | str:
        return pretty_json(obj.headers) if obj.headers else NOTHING


@admin.register(Snapshot)
class SnapshotAdmin(ArchivedAdmin):
    """The evidentiary copies. Their bytes, hashes and text never change; contents may go."""

    list_display = ["document_shown", "number", "latest", "fetched_at", "bytes_hash", "analysed_with", "matched_with"]
    list_display_links = ["number"]  # the first column leads to the document
    list_filter = ["latest", "fetched_at", "analysed_with", "extractor"]
    search_fields = ["document__title", "document__url", "payload_sha256", "text_sha256"]
    list_select_related = ["document"]
    fields = [
        "document_shown", "reader", "number", "latest", "fetched_at", "address", "http_status", "content_type",
        "bytes_shown", "text_shown", "warc", "extracted", "analysed_with", "matched_with", "ledger", "text_read",
        "headers_shown",
    ]  # fmt: skip
    readonly_fields = fields
    inlines = [NoticesInline]

    def get_queryset(self, request: HttpRequest) -> Any:
        return super().get_queryset(request).defer("signature")

    @display(description="Document", ordering="document__title")
    def document_shown(self, obj: Snapshot) -> SafeString | str:
        return link_to(obj.document)

    @display(description="At the desk")
    def reader(self, obj: Snapshot) -> SafeString:
        """The version at the review desk: the text with its statements marked in it, and the archived original."""
        return _read_it(obj)

    @display(description="Text read by")
    def extracted(self, obj: Snapshot) -> str:
        return f"{obj.extractor} {obj.extractor_version}"

    @display(description="Text")
    def text_read(self, obj: Snapshot) -> SafeString | str:
        return prose(obj.text) if obj.removed_at is None else _gone(obj)


@admin.register(Notice)
class NoticeAdmin(ArchivedAdmin):
    """Pages that took back a text without changing it. Their bytes and hashes never change; contents may go."""

    list_display = ["document_shown", "fetched_at", "state_shown", "words_shown", "bytes_hash"]
    list_display_links = ["fetched_at"]  # the first column leads to the document
    list_filter = ["state", "fetched_at"]
    search_fields = ["snapshot__document__title", "snapshot__document__url", "words", "payload_sha256"]
    list_select_related = ["snapshot__document"]
    fields = [
        "document_shown", "reader", "version", "state_shown", "words", "fetched_at", "address", "http_status",
        "content_type", "bytes_shown", "text_shown", "warc", "ledger", "headers_shown",
    ]  # fmt: skip
    readonly_fields = fields

    def get_queryset(self, request: HttpRequest) -> Any:
        return super().get_queryset(request).defer("snapshot__text", "snapshot__signature")

    @display(description="Document", ordering="snapshot__document__title")
    def document_shown(self, obj: Notice) -> SafeString | str:
        return link_to(obj.snapshot.document)

    @display(description="Version that it speaks of")
    def version(self, obj: Notice) -> SafeString | str:
        return link_to(obj.snapshot, f"version {obj.snapshot.number}: its text")

    @display(description="At the desk")
    def reader(self, obj: Notice) -> SafeString:
        """The version at the review desk, with the archived page below it."""
        return _read_it(obj.snapshot)

    @display(description="What it says", ordering="state")
    def state_shown(self, obj: Notice) -> SafeString | str:
        return badge(obj.state, DOCUMENT_STATES)

    @display(description="By which words")
    def words_shown(self, obj: Notice) -> str:
        return clip(obj.words, 90) or NOTHING
