"""Archives and their bad records in the admin: how far each is, and what could not be taken in. They are only read."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.safestring import SafeString
from unfold.decorators import display

from claims.admin.base import EvidenceAdmin
from claims.admin.markup import BAD, GOOD, NOTE, NOTHING, badge, clip, link_to, list_of
from tracker.models import Backfill, BackfillState, BadRecord, Submission, SubmissionState

STATES: dict[str, str] = {BackfillState.READING: NOTE, BackfillState.DONE: GOOD, BackfillState.FAILED: BAD}


@admin.register(Backfill)
class BackfillAdmin(EvidenceAdmin):
    """What ``manage.py backfill`` reads and has read."""

    list_display = ["path_shown", "kind", "state_shown", "how_far", "handed_in", "bad_shown", "rate_shown", "moved_at"]
    list_filter = ["state", "kind", "dossier"]
    search_fields = ["path", "error"]
    fields = [
        "path", ("kind", "dossier"), ("state_shown", "how_far", "rate_shown"), "error",
        ("records", "handed_in", "left_out", "bad_shown"), ("to_read", "failed"),
        ("created_at", "moved_at", "finished_at"),
    ]  # fmt: skip
    readonly_fields = [
        "path", "kind", "dossier", "state_shown", "how_far", "rate_shown", "error", "records", "handed_in", "left_out",
        "bad_shown", "to_read", "failed", "created_at", "moved_at", "finished_at",
    ]  # fmt: skip

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    @display(description="Archive", ordering="path")
    def path_shown(self, obj: Backfill) -> str:
        return clip(obj.path, 90)

    @display(description="State", ordering="state")
    def state_shown(self, obj: Backfill) -> SafeString | str:
        return badge(obj.state, STATES, label=obj.get_state_display())

    @display(description="Read")
    def how_far(self, obj: Backfill) -> str:
        return f"{100 * obj.done / obj.size:.0f} %" if obj.size else NOTHING

    @display(description="Documents a second", ordering="rate")
    def rate_shown(self, obj: Backfill) -> str:
        return f"{obj.rate:.1f}" if obj.rate is not None else NOTHING

    @display(description="Bad records", ordering="bad")
    def bad_shown(self, obj: Backfill) -> SafeString | str:
        return _linked(obj.bad, list_of(BadRecord, f"backfill__id__exact={obj.pk}"))

    @display(description="Still to be read")
    def to_read(self, obj: Backfill) -> SafeString | str:
        left = Submission.objects.waiting().filter(later=True, backfill=obj).order_by().count()
        return _linked(left, list_of(Submission, f"backfill__id__exact={obj.pk}&state__exact={SubmissionState.QUEUED}"))

    @display(description="Failed when read")
    def failed(self, obj: Backfill) -> SafeString | str:
        failed = Submission.objects.filter(backfill=obj, state=SubmissionState.FAILED).order_by().count()
        return _linked(
            failed, list_of(Submission, f"backfill__id__exact={obj.pk}&state__exact={SubmissionState.FAILED}")
        )


def _linked(count: int, address: str) -> SafeString | str:
    return format_html('<a class="cb-link" href="{}">{}</a>', address, f"{count:,}") if count else "0"


@admin.register(BadRecord)
class BadRecordAdmin(EvidenceAdmin):
    """Records that could not be taken in."""

    list_display = ["reason_shown", "code", "number", "archive", "seen_at"]
    list_filter = ["code"]
    list_select_related = ["backfill"]

    def lookup_allowed(self, lookup: str, value: Any, request: HttpRequest | None = None) -> bool:
        """Also those of one archive, to which its page leads."""
        return lookup == "backfill__id__exact" or bool(super().lookup_allowed(lookup, value, request))

    search_fields = ["reason", "name"]
    fields = ["archive", ("number", "name"), ("code", "reason"), "excerpt", "seen_at"]
    readonly_fields = ["archive", "number", "name", "code", "reason", "excerpt", "seen_at"]

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    @display(description="Why", ordering="reason")
    def reason_shown(self, obj: BadRecord) -> str:
        return clip(obj.reason, 140)

    @display(description="Archive", ordering="backfill")
    def archive(self, obj: BadRecord) -> SafeString | str:
        return link_to(obj.backfill)
