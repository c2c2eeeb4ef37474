"""The ways by which documents come in, and which of them are silent."""

from django.contrib import admin
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.safestring import SafeString
from unfold.decorators import display

from claims.admin.base import EvidenceAdmin
from claims.admin.markup import ALERT, GOOD, badge, list_of
from claims.models import Channel, Document


@admin.register(Channel)
class ChannelAdmin(EvidenceAdmin):
    """Each with the moment since when nothing comes from it, if that is so."""

    list_display = ["name", "heard", "silent_since", "silence"]
    search_fields = ["name", "silence"]
    fields = ["name", "heard", "silent_since", "silence", "documents_shown", ("created_at", "ledger")]
    readonly_fields = ["name", "heard", "silent_since", "silence", "documents_shown", "created_at", "ledger"]

    def get_ordering(self, request: HttpRequest) -> list[str]:
        return ["silent_since", "name", "pk"]  # the silent ones first: what is empty comes last

    @display(description="Heard of")
    def heard(self, obj: Channel) -> SafeString | str:
        silent = obj.silent_since is not None
        return badge("silent" if silent else "as usual", {"silent": ALERT, "as usual": GOOD})

    @display(description="Documents")
    def documents_shown(self, obj: Channel) -> SafeString | str:
        address = list_of(Document, f"channel__id__exact={obj.pk}")
        return format_html('<a class="cb-link" href="{}">What it brought</a>', address)
