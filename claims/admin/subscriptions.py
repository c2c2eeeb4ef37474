"""Who is called when something changes, and the log of the calls. Read-only, but for pause, resume, ping and replay."""

from collections.abc import Callable
from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from unfold.decorators import display

from claims.admin.base import EvidenceAdmin, person
from claims.admin.markup import NOTHING, clip
from claims.choices import DeliveryState
from claims.errors import ClaimsError
from claims.models import Delivery, Subscription
from claims.services import subscriptions


def _sees_all(request: HttpRequest) -> bool:
    """Whether this person looks after everybody's clients."""
    return request.user.has_perm("auth.view_user")


class OwnAdmin(EvidenceAdmin):
    """One's own rows, along ``owner_path``; everybody's for administrators."""

    owner_path = "owner"

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        rows: QuerySet[Any] = super().get_queryset(request)
        return rows if _sees_all(request) else rows.filter(**{self.owner_path: request.user.pk})

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_steer_permission(self, request: HttpRequest) -> bool:
        """Whether this person may pause, resume and replay what he or she sees here."""
        return request.user.has_perm("claims.change_subscription")

    def _each(self, request: HttpRequest, rows: QuerySet[Any], act: Callable[[Any], object], done: str) -> None:
        """Do it with each row; a refusal is a message about that row."""
        count = 0
        for row in rows:
            try:
                act(row)
            except ClaimsError as refused:
                self.message_user(request, f"{row}: {refused}", messages.WARNING)
            else:
                count += 1
        if count:
            self.message_user(request, f"{done}: {count}.", messages.SUCCESS)


@admin.register(Subscription)
class SubscriptionAdmin(OwnAdmin):
    """Addresses that are called, and how they fare. They are made and changed over the API."""

    list_display = ["url_shown", "name", "owner_shown", "state", "reason_shown", "after", "failures", "created_at"]
    list_filter = ["state", "created_at"]
    search_fields = ["url", "name", "owner__username"]
    list_select_related = ["owner"]
    fields = [
        ("name", "owner"), "url", ("state", "reason"), ("dossier", "types"), ("claims", "topics"),
        ("after", "failures"), ("failing_since", "held_until"), "created_at",
    ]  # fmt: skip
    readonly_fields = [
        "name", "owner", "url", "state", "reason", "dossier", "types", "claims", "topics", "after", "failures",
        "failing_since", "held_until", "created_at",
    ]  # fmt: skip
    actions = ["pause", "resume", "ping"]
    owner_shown = person("owner", "Owner")

    @display(description="Address", ordering="url")
    def url_shown(self, obj: Subscription) -> str:
        return clip(obj.url, 80)

    @display(description="Why", ordering="reason")
    def reason_shown(self, obj: Subscription) -> str:
        return clip(obj.reason, 90) or NOTHING

    @admin.action(description="Pause", permissions=["steer"])
    def pause(self, request: HttpRequest, queryset: QuerySet[Subscription]) -> None:
        by: Any = request.user
        self._each(request, queryset, lambda row: subscriptions.pause(row, by=by), "Paused")

    @admin.action(description="Resume", permissions=["steer"])
    def resume(self, request: HttpRequest, queryset: QuerySet[Subscription]) -> None:
        self._each(request, queryset, subscriptions.resume, "Resumed")

    @admin.action(description="Send a ping", permissions=["steer"])
    def ping(self, request: HttpRequest, queryset: QuerySet[Subscription]) -> None:
        self._each(request, queryset, subscriptions.ping, "Pings to be sent")


@admin.register(Delivery)
class DeliveryAdmin(OwnAdmin):
    """What was to be told, and what came of it."""

    owner_path = "subscription__owner"
    list_display = ["place", "subscription", "state", "tries", "outcome", "try_at", "finished_at"]
    list_filter = ["state", "created_at"]
    search_fields = ["subscription__url", "=uid"]
    list_select_related = ["subscription"]
    show_full_result_count = False
    fields = [("place", "state"), "subscription", ("tries", "try_at"), ("created_at", "finished_at"), "log"]
    readonly_fields = [
        "place",
        "subscription",
        "state",
        "tries",
        "outcome",
        "try_at",
        "created_at",
        "finished_at",
        "log",
    ]
    actions = ["replay"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return super().get_queryset(request).prefetch_related("attempts")

    @display(description="Event", ordering="seq")
    def place(self, obj: Delivery) -> str:
        return "ping" if obj.seq is None else f"{obj.seq:,}"

    @display(description="Last answer")
    def outcome(self, obj: Delivery) -> str:
        newest = max(obj.attempts.all(), key=lambda one: one.pk, default=None)
        return clip(str(newest), 90) if newest else NOTHING

    @display(description="Tries")
    def log(self, obj: Delivery) -> str:
        tries = sorted(obj.attempts.all(), key=lambda one: -one.pk)[:20]
        lines = [
            f"{one.at:%Y-%m-%d %H:%M:%S}  {one.status or '–'}  {one.duration_ms} ms  {one.error or one.excerpt}"
            for one in tries
        ]
        return "\n".join(lines) or NOTHING

    @admin.action(description="Deliver again", permissions=["steer"])
    def replay(self, request: HttpRequest, queryset: QuerySet[Delivery]) -> None:
        finished = queryset.exclude(state=DeliveryState.PENDING)
        self._each(request, finished, subscriptions.replay_delivery, "To be delivered again")
