"""The admin's pages of feeds: adding one after a look at what it would bring, and how each is doing."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from django import forms
from django.conf import settings
from django.contrib import admin, messages
from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied, ValidationError
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.utils import timezone
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.timesince import timesince
from django.utils.translation import gettext_lazy as _
from unfold.admin import TabularInline
from unfold.decorators import action, display
from unfold.widgets import (
    UnfoldAdminFileFieldWidget,
    UnfoldAdminIntegerFieldWidget,
    UnfoldAdminSelectWidget,
    UnfoldAdminTextInputWidget,
    UnfoldBooleanSwitchWidget,
)

from claims.admin.base import DomainAdmin, person
from claims.admin.choosing import row_chosen
from claims.admin.decisions import Decision, Reason
from claims.admin.markup import (
    ALERT,
    BAD,
    GOOD,
    NOTE,
    NOTHING,
    PLAIN,
    address_of,
    badge,
    clip,
    link_to,
    list_of,
    moment,
    outward_link,
    prose,
    table,
)
from claims.errors import ClaimsError
from claims.models import Dossier, Source
from tracker.feeds.health import in_words, usual_shown
from tracker.feeds.lists import exported, import_list
from tracker.feeds.services import (
    CHANGEABLE,
    Preview,
    add_feed,
    change_feed,
    pause_feed,
    poll_now,
    preview,
    resume_feed,
    skip_waiting,
)
from tracker.ingest.errors import IngestError
from tracker.models import Feed, FeedItem, FeedKind, FeedRule, FeedState, ItemState
from tracker.politeness import operator_is_named

STATES: dict[str, str] = {
    "well": GOOD, "new": PLAIN, "failing": BAD, "quiet": ALERT, FeedState.PAUSED: PLAIN, FeedState.GONE: BAD,
}  # fmt: skip
ITEM_STATES: dict[str, str] = {ItemState.WAITING: NOTE, ItemState.SUBMITTED: GOOD, ItemState.SKIPPED: PLAIN}
ITEMS_SHOWN = 25
NOT_NAMED = _(
    "FETCH_USER_AGENT does not name who runs this. Whoever is read on a schedule expects to be told who asks and how "
    "to reach them: set it to your name, a page or an address."
)


def state_of(feed: Feed) -> str:
    """A word for how a feed is doing."""
    if feed.state != FeedState.ACTIVE:
        return feed.state
    if feed.failures:
        return "failing"
    if feed.quiet_since is not None:
        return "quiet"
    return "well" if feed.last_success_at is not None else "new"


class HealthFilter(admin.SimpleListFilter):
    """Feeds by how they are doing."""

    title = "health"
    parameter_name = "health"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Sequence[tuple[str, str]]:
        return [("well", "read as usual"), ("failing", "failing"), ("quiet", "silent for longer than usual")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        active = {"state": FeedState.ACTIVE}
        found = {
            "well": queryset.filter(**active, failures=0, quiet_since__isnull=True),
            "failing": queryset.filter(**active, failures__gt=0),
            "quiet": queryset.filter(**active, failures=0, quiet_since__isnull=False),
        }
        return found.get(self.value() or "", queryset)


class FeedForm(forms.ModelForm):
    """What people settle of a feed."""

    class Meta:
        model = Feed
        fields = list(CHANGEABLE)

    def clean(self) -> dict[str, Any]:
        said = super().clean() or {}
        shortest, longest = said.get("shortest_interval"), said.get("longest_interval")
        if shortest and longest and longest < shortest:
            self.add_error("longest_interval", _("Not shorter than the shortest interval."))
        if shortest is not None and shortest < 60:
            self.add_error("shortest_interval", _("Not oftener than once a minute."))
        return said


class AddFeedForm(FeedForm):
    """The same for a new feed, with its address."""

    address = forms.CharField(
        max_length=2000, widget=UnfoldAdminTextInputWidget,
        help_text=_("Of a feed, a sitemap, or a home page that names its feeds; or the path of a folder."),
    )  # fmt: skip
    kind = forms.ChoiceField(
        choices=[("", _("as found there")), *FeedKind.choices], required=False, widget=UnfoldAdminSelectWidget
    )
    title = forms.CharField(
        max_length=300, required=False, widget=UnfoldAdminTextInputWidget, help_text=_("Empty: as the feed says.")
    )
    group = forms.CharField(
        max_length=300, required=False, widget=UnfoldAdminTextInputWidget, help_text=_("Folders: Wires/Regional.")
    )
    publisher = row_chosen(
        Feed, "publisher", Source.objects.filter(merged_into__isnull=True), required=False,
        help_text=_("Who publishes what it lists. Empty: each page says so itself."),
    )  # fmt: skip
    dossier = forms.ModelChoiceField(
        Dossier.objects.all(), required=False, widget=UnfoldAdminSelectWidget, empty_label=_("the inbox"),
        help_text=_("Rules for single items are set on the feed's page."),
    )  # fmt: skip
    shortest_interval = forms.IntegerField(initial=300, min_value=60, widget=UnfoldAdminIntegerFieldWidget)
    longest_interval = forms.IntegerField(initial=21_600, min_value=60, widget=UnfoldAdminIntegerFieldWidget)
    obey_robots = forms.BooleanField(initial=True, required=False, widget=UnfoldBooleanSwitchWidget)
    field_order = ["address", "kind", "title", "group", "publisher", "dossier"]


class ListForm(forms.Form):
    """A list of feeds from another reader."""

    file = forms.FileField(widget=UnfoldAdminFileFieldWidget, help_text=_("An OPML file."))
    dossier = AddFeedForm.base_fields["dossier"]

    def clean_file(self) -> Any:
        file = self.cleaned_data["file"]
        if file.size > settings.FETCH_MAX_BYTES:
            raise ValidationError(_("That is larger than any list of feeds."))
        return file


class RulesInline(TabularInline):
    """Where items go that are not for the feed's own dossier; the first rule that holds counts."""

    model = FeedRule
    fields = ["position", "field", "value", "dossier"]
    extra = 0
    verbose_name_plural = "rules: items that go to other dossiers"


def _pause(feed: Feed, by: User, said: dict[str, Any]) -> object:
    return pause_feed(feed, by=by, reason=said["reason"])


def _resume(feed: Feed, _by: User, _said: dict[str, Any]) -> object:
    return resume_feed(feed)


def _poll(feed: Feed, _by: User, _said: dict[str, Any]) -> object:
    return poll_now(feed)


def _skip(feed: Feed, by: User, _said: dict[str, Any]) -> object:
    return skip_waiting(feed, by=by)


PAUSE = Decision(
    name="pause", title="Pause", done="paused", permission="manage", run=_pause, questions=Reason, icon="pause",
    explanation="It is polled no more until somebody resumes it. Its claims are not flagged for that.",
    when=lambda feed: feed.state == FeedState.ACTIVE,
)  # fmt: skip
RESUME = Decision(
    name="resume", title="Resume", done="resumed", permission="manage", run=_resume, icon="play_arrow",
    explanation="It is polled again, beginning now.", when=lambda feed: feed.state != FeedState.ACTIVE,
)  # fmt: skip
POLL = Decision(
    name="poll", title="Poll now", done="polled as soon as a worker is free", permission="manage", run=_poll,
    icon="refresh", explanation="Whatever its interval, it is looked at as soon as a worker is free.",
    when=lambda feed: feed.state == FeedState.ACTIVE,
)  # fmt: skip
SKIP = Decision(
    name="skip", title="Leave out what waits", done="relieved of what waited", permission="manage", run=_skip,
    icon="skip_next", explanation="Older items that wait for the next polls are not handed in. They stay listed.",
    when=lambda feed: FeedItem.objects.filter(feed=feed).waiting().exists(),
)  # fmt: skip


@admin.register(Feed)
class FeedAdmin(DomainAdmin):
    """What is read on a schedule."""

    form = FeedForm
    added_by_name = person("added_by", "Added by")
    list_display = ["title_shown", "state_shown", "how", "group", "format", "publisher_shown", "dossier", "last_new_at",
                    "next_poll_at"]  # fmt: skip
    list_filter = [HealthFilter, "state", "kind", "dossier"]
    search_fields = ["title", "address", "group", "publisher__name"]
    list_select_related = ["publisher", "dossier"]
    autocomplete_fields = ["publisher"]
    inlines = [RulesInline]
    fieldsets = [
        (None, {"fields": [
            "address_out", ("state_shown", "how"), ("title", "group"), ("publisher", "dossier"),
            ("shortest_interval", "longest_interval"), "obey_robots",
        ]}),
        ("How it goes", {"fields": [
            ("kind", "format"), ("last_polled_at", "last_success_at"), ("last_new_at", "usual"),
            ("interval_shown", "next_poll_at"), ("listed", "failing_since"), "error_shown", "note_shown",
            ("moved_from", "site_out"), ("added_by_name", "created_at"),
        ]}),
    ]  # fmt: skip
    readonly_fields = [
        "address_out", "state_shown", "how", "kind", "format", "last_polled_at", "last_success_at", "last_new_at",
        "usual", "interval_shown", "next_poll_at", "listed", "failing_since", "error_shown", "note_shown", "moved_from",
        "site_out", "added_by_name", "created_at",
    ]  # fmt: skip
    pause, pause_this = PAUSE.actions()
    resume, resume_this = RESUME.actions()
    poll, poll_this = POLL.actions()
    skip, skip_this = SKIP.actions()
    actions = ["pause", "resume", "poll"]
    actions_detail = ["poll_this", "pause_this", "resume_this", "skip_this"]
    actions_list = ["import_opml", "export_opml"]

    def has_manage_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return request.user.has_perm("tracker.change_feed")

    def save_model(self, request: HttpRequest, obj: Feed, form: Any, change: bool) -> None:
        changes = {name: form.cleaned_data[name] for name in form.changed_data if name in CHANGEABLE}
        if changes:
            change_feed(obj, by=request.user, **changes)  # type: ignore[arg-type]

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> Any:
        if not operator_is_named() and request.method == "GET":
            self.message_user(request, NOT_NAMED, messages.WARNING)
        return super().changelist_view(request, extra_context)

    def panel_after(self, request: HttpRequest, obj: Feed) -> SafeString | str:
        items = FeedItem.objects.filter(feed=obj).select_related("submission__snapshot__document").defer(
            "submission__payload", "submission__snapshot__text", "submission__snapshot__headers",
        )[:ITEMS_SHOWN]  # fmt: skip
        waiting = FeedItem.objects.filter(feed=obj).waiting().count()
        more = format_html('<p class="cb-remark">{} items wait for the next polls.</p>', waiting) if waiting else ""
        rows = [
            (
                badge(item.state, ITEM_STATES, label=item.get_state_display(), hint=item.reason),
                outward_link(item.address) if obj.kind != FeedKind.FOLDER else item.address,
                clip(item.title, 90),
                moment(item.published_at),
                _became(item),
            )
            for item in items
        ]
        found = table(["", "Address", "Title", "Published", "Became"], rows, empty="It has listed nothing yet.")
        return format_html('<div class="cb-card"><h2>The latest items</h2>{}{}</div>', found, more)

    # --- Adding, after a look ---------------------------------------------------------------------------------------

    def add_view(self, request: HttpRequest, form_url: str = "", extra_context: dict[str, Any] | None = None) -> Any:
        """First what a feed would bring, then the feed."""
        if not self.has_add_permission(request):
            raise PermissionDenied
        asked = request.POST.copy() if request.method == "POST" else None
        if asked is not None and "use" in asked:
            asked["address"], asked["kind"] = str(asked["use"]), ""
        form = AddFeedForm(asked)
        looked: Preview | None = None
        if asked is not None and form.is_valid():
            looked = preview(form.cleaned_data["address"], kind=form.cleaned_data["kind"])
            if "save" in asked:
                added = self._add(request, form, looked)
                if added is not None:
                    return HttpResponseRedirect(address_of(added))
        context = {
            **self.admin_site.each_context(request), **(extra_context or {}), "title": _("Add a feed"), "form": form,
            "looked": looked, "shown": _shown(looked), "kind_found": FeedKind(looked.kind).label if looked else "",
            "media": self.media + form.media, "opts": self.opts, "back": list_of(Feed),
        }  # fmt: skip
        return TemplateResponse(request, "admin/tracker/add_feed.html", context)

    def _add(self, request: HttpRequest, form: AddFeedForm, looked: Preview) -> Feed | None:
        settled = {name: form.cleaned_data[name] for name in CHANGEABLE}
        if not settled["title"] and looked.listing is not None:
            settled["title"] = looked.listing.title
        if looked.refused:
            form.add_error("address", looked.error)
            return None
        if looked.kind == FeedKind.PAGE and form.cleaned_data["kind"] != FeedKind.PAGE:
            form.add_error("kind", _("A web page is at this address. Choose one of its feeds, or to watch the page."))
            return None
        try:
            return add_feed(
                address=form.cleaned_data["address"],
                kind=form.cleaned_data["kind"] or looked.kind,
                by=request.user,  # type: ignore[arg-type]
                **settled,
            )
        except ClaimsError as refused:
            form.add_error("address", str(refused))
            return None

    # --- Lists of feeds ---------------------------------------------------------------------------------------------

    @action(description="Import OPML", icon="upload", permissions=["add"])
    def import_opml(self, request: HttpRequest) -> HttpResponse:
        form = ListForm(request.POST or None, request.FILES or None)
        if request.method == "POST" and form.is_valid():
            file = form.cleaned_data["file"]
            try:
                told = import_list(
                    file.read(),
                    name=file.name,
                    dossier=form.cleaned_data["dossier"],
                    by=request.user,  # type: ignore[arg-type]
                )
            except IngestError as error:
                form.add_error("file", str(error))
            else:
                self.message_user(request, str(told), messages.SUCCESS if told.added else messages.WARNING)
                return HttpResponseRedirect(list_of(Feed))
        context = {
            **self.admin_site.each_context(request), "title": _("Import a list of feeds"), "form": form,
            "media": self.media + form.media, "opts": self.opts, "back": list_of(Feed),
        }  # fmt: skip
        return TemplateResponse(request, "admin/tracker/import_feeds.html", context)

    @action(description="Export OPML", icon="download", permissions=["view"])
    def export_opml(self, request: HttpRequest) -> HttpResponse:
        return HttpResponse(
            exported(),
            content_type="text/x-opml; charset=utf-8",
            headers={"Content-Disposition": 'attachment; filename="corroborate-feeds.opml"'},
        )

    # --- Columns ----------------------------------------------------------------------------------------------------

    @display(description="Feed", ordering="title")
    def title_shown(self, obj: Feed) -> str:
        return clip(obj.title or obj.address, 80)

    @display(description="State", ordering="state")
    def state_shown(self, obj: Feed) -> SafeString | str:
        return badge(state_of(obj), STATES)

    @display(description="How it goes")
    def how(self, obj: Feed) -> str:
        return clip(in_words(obj, now=timezone.now()), 300)

    @display(description="Publisher", ordering="publisher__name")
    def publisher_shown(self, obj: Feed) -> SafeString | str:
        return link_to(obj.publisher)

    @display(description="Address")
    def address_out(self, obj: Feed) -> SafeString | str:
        return outward_link(obj.address, length=200)

    @display(description="Home page")
    def site_out(self, obj: Feed) -> SafeString | str:
        return outward_link(obj.site)

    @display(description="Something new usually comes every")
    def usual(self, obj: Feed) -> str:
        return usual_shown(obj, now=timezone.now()) or NOTHING

    @display(description="Polled about every")
    def interval_shown(self, obj: Feed) -> str:
        now = timezone.now()
        return timesince(now - timedelta(seconds=obj.interval), now)

    @display(description="What went wrong")
    def error_shown(self, obj: Feed) -> SafeString | str:
        return prose(obj.error)

    @display(description="Left out by the last poll")
    def note_shown(self, obj: Feed) -> SafeString | str:
        return format_html_join("", "<p>{}</p>", ((line,) for line in obj.note.splitlines())) or NOTHING


def told(feeds: Sequence[Feed], now: datetime) -> list[tuple[Feed, str, str]]:
    """For the first page: each feed with the address of its page, and how it is doing in words."""
    return [(feed, address_of(feed), in_words(feed, now=now)) for feed in feeds]


def _became(item: FeedItem) -> SafeString | str:
    submission = item.submission
    if submission is None:
        return item.reason or NOTHING
    if submission.snapshot is not None:
        return link_to(submission.snapshot.document, length=60)
    return link_to(submission, submission.error or submission.get_state_display(), length=60)


def _shown(looked: Preview | None) -> SafeString | str:
    if looked is None or looked.listing is None:
        return ""
    rows = [
        (clip(item.title, 90) or NOTHING, moment(item.published_at), outward_link(item.address))
        for item in looked.items
    ]
    return table(["Title", "Published", "Address"], rows, empty="It lists nothing at the moment.")
