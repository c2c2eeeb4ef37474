"""The admin's pages of what is looked at again, and of what is left alone."""

from typing import Any

from django import forms
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.http import HttpRequest
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display

from claims.admin.base import DomainAdmin, EvidenceAdmin, person
from claims.admin.decisions import Decision
from claims.admin.markup import ALERT, BAD, GOOD, NOTE, NOTHING, PLAIN, badge, clip, link_to, outward_link, prose
from tracker.models import LeftAlone, Page, PageFound
from tracker.pages.checking import check_now

FOUND: dict[str, str] = {
    PageFound.FIRST: PLAIN, PageFound.SAME: GOOD, PageFound.CHANGED: NOTE, PageFound.FAILED: BAD,
    PageFound.DOUBTED: ALERT, PageFound.GONE: BAD,
}  # fmt: skip

LOOK = Decision(
    name="look", title="Look now", done="looked at as soon as a worker is free", permission="manage",
    run=lambda page, _by, _said: check_now(page), icon="refresh",
    explanation="Whatever its turn, it is looked at as soon as a worker is free. What is left alone stays so, and you "
                "are told why.",
)  # fmt: skip


@admin.register(Page)
class PageAdmin(EvidenceAdmin):
    """Pages that are held, and when each was last looked at."""

    list_display = ["address_shown", "document_shown", "found_shown", "error_short", "changed_at", "last_checked_at",
                    "next_check_at"]  # fmt: skip
    list_filter = ["found", "document__dossier"]
    search_fields = ["address", "error", "document__title"]
    list_select_related = ["document"]
    fields = [
        "address_out", "document_shown", ("found_shown", "checks"), ("changed_at", "last_checked_at", "next_check_at"),
        ("failures", "doubts"), "error_shown",
    ]  # fmt: skip
    readonly_fields = ["address_out", "document_shown", "found_shown", "checks", "changed_at", "last_checked_at",
                       "next_check_at", "failures", "doubts", "error_shown"]  # fmt: skip
    look, look_this = LOOK.actions()
    actions = ["look"]
    actions_detail = ["look_this"]

    def has_manage_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return request.user.has_perm("tracker.change_feed")

    @display(description="Address", ordering="address")
    def address_shown(self, obj: Page) -> str:
        return clip(obj.address, 70)

    @display(description="Address")
    def address_out(self, obj: Page) -> SafeString | str:
        return outward_link(obj.address, length=200)

    @display(description="Document", ordering="document__title")
    def document_shown(self, obj: Page) -> SafeString | str:
        return link_to(obj.document, length=60)

    @display(description="Found", ordering="found")
    def found_shown(self, obj: Page) -> SafeString | str:
        return badge(obj.found, FOUND, label=obj.get_found_display())

    @display(description="What went wrong", ordering="error_code")
    def error_short(self, obj: Page) -> str:
        return clip(obj.error, 90) or NOTHING

    @display(description="What went wrong")
    def error_shown(self, obj: Page) -> SafeString | str:
        return prose(obj.error)


class LeftAloneForm(forms.ModelForm):
    """Whose pages, and why: one of the three."""

    class Meta:
        model = LeftAlone
        fields = ["publisher", "feed", "dossier", "reason"]

    def clean(self) -> dict[str, Any]:
        said = super().clean() or {}
        if not self.errors and sum(bool(said.get(one)) for one in ("publisher", "feed", "dossier")) != 1:
            raise ValidationError(_("Choose a publisher, a feed or a dossier: one of the three."))
        return said


@admin.register(LeftAlone)
class LeftAloneAdmin(DomainAdmin):
    """Publishers, feeds and dossiers whose pages are not looked at again."""

    form = LeftAloneForm
    added_by_name = person("added_by", "Added by")
    list_display = ["whose", "reason", "added_by_name", "created_at"]
    list_select_related = ["publisher", "feed", "dossier", "added_by"]
    search_fields = ["reason", "publisher__name", "feed__title", "dossier__title"]
    autocomplete_fields = ["publisher", "feed", "dossier"]
    fields = ["publisher", "feed", "dossier", "reason"]

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return request.user.has_perm("tracker.delete_leftalone")

    def save_model(self, request: HttpRequest, obj: LeftAlone, form: Any, change: bool) -> None:
        obj.added_by = request.user  # type: ignore[assignment]
        super().save_model(request, obj, form, change)

    @display(description="Whose pages")
    def whose(self, obj: LeftAlone) -> str:
        return f"{'publisher' if obj.publisher else 'feed' if obj.feed else 'dossier'}: {clip(str(obj), 80)}"
