"""The ledger: who changed what, when, and what it was like afterwards. Read-only, here as in the database."""

from typing import Any

from django.apps import apps
from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponseRedirect
from django.urls import path, reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from unfold.decorators import display

from claims.admin.base import EvidenceAdmin
from claims.admin.markup import NOTHING, address_of, clip, mono, pretty_json
from claims.models import Event
from claims.models.base import Recorded


@admin.register(Event)
class EventAdmin(EvidenceAdmin):
    """Every change, newest first."""

    list_display = ["place", "recorded_at", "actor_shown", "verb", "object_shown", "reason_shown"]
    list_filter = ["verb", "object_type", "recorded_at"]
    search_fields = ["actor_label", "reason", "=object_uid"]
    search_help_text = "Actor, reason, or the public id of an object"
    ordering = ["-pk"]
    show_full_result_count = False
    fields = [
        ("place", "recorded_at"), ("actor_shown", "verb"), "object_shown", "reason", "prev_hash_shown", "hash_shown",
        "state_shown",
    ]  # fmt: skip

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return [
            "place", "recorded_at", "actor_shown", "verb", "object_shown", "reason", "prev_hash_shown", "hash_shown",
            "state_shown",
        ]  # fmt: skip

    def get_urls(self) -> list[Any]:
        to_object = path(
            "object/<slug:object_type>/<uuid:uid>/",
            self.admin_site.admin_view(self.open_object),
            name="claims_event_object",
        )
        return [to_object, *super().get_urls()]

    def open_object(self, request: HttpRequest, object_type: str, uid: Any) -> HttpResponseRedirect:
        """To the page of the object that an event is about; a list of events needs no query for each."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        try:
            model = apps.get_model("claims", object_type)
        except LookupError:
            raise Http404 from None
        found = model._default_manager.filter(uid=uid).first() if issubclass(model, Recorded) else None
        if found is None:
            raise Http404
        return HttpResponseRedirect(address_of(found))

    @display(description="Seq", ordering="seq")
    def place(self, obj: Event) -> str:
        return f"{obj.seq:,}" if obj.seq is not None else "not sealed yet"

    @display(description="Actor", ordering="actor_label")
    def actor_shown(self, obj: Event) -> str:
        return obj.actor_label

    @display(description="Object", ordering="object_type")
    def object_shown(self, obj: Event) -> SafeString | str:
        address = reverse("admin:claims_event_object", args=[obj.object_type, obj.object_uid])
        return format_html('<a class="cb-link" href="{}">{} {}</a>', address, obj.object_type, str(obj.object_uid)[:8])

    @display(description="Reason")
    def reason_shown(self, obj: Event) -> str:
        return clip(obj.reason, 90) or NOTHING

    @display(description="Hash of the event before")
    def prev_hash_shown(self, obj: Event) -> SafeString | str:
        return mono(obj.prev_hash)

    @display(description="Hash")
    def hash_shown(self, obj: Event) -> SafeString | str:
        return mono(obj.hash)

    @display(description="State after the change")
    def state_shown(self, obj: Event) -> SafeString | str:
        return pretty_json(obj.state)
