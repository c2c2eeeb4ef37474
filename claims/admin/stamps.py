"""Time stamps over the ledger: how far it is stamped, and why an authority's answer is outstanding."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.utils.safestring import SafeString
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display

from claims.admin.base import EvidenceAdmin
from claims.admin.markup import NOTHING, clip, mono
from claims.models import Stamp


@admin.register(Stamp)
class StampAdmin(EvidenceAdmin):
    """Every stamp, newest first; read-only, as the authority gave them."""

    list_display = ["covers", "given", "authority", "attempts", "error_shown"]
    ordering = ["-first_seq"]
    show_full_result_count = False
    fields = [("covers", "given"), "authority", "root_shown", ("created_at", "attempts", "next_try_at"), "error"]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return ["covers", "given", "authority", "root_shown", "created_at", "attempts", "next_try_at", "error"]

    @display(description=_("Events"), ordering="first_seq")
    def covers(self, obj: Stamp) -> str:
        return f"{obj.first_seq:,}–{obj.last_seq:,}"

    @display(description=_("Stamped"), ordering="stamped_at")
    def given(self, obj: Stamp) -> Any:
        return obj.stamped_at or gettext("outstanding")

    @display(description=_("Merkle root"))
    def root_shown(self, obj: Stamp) -> SafeString | str:
        return mono(obj.root)

    @display(description=_("Why it is outstanding"))
    def error_shown(self, obj: Stamp) -> SafeString | str:
        return clip(obj.error, 120) or NOTHING
