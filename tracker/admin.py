"""What was handed in to be read, and the periodic jobs."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django import forms
from django.conf import settings
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.core.validators import URLValidator
from django.db.models import Model, QuerySet
from django.http import HttpRequest
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from django_celery_beat.admin import ClockedScheduleAdmin as BeatClockedAdmin
from django_celery_beat.admin import CrontabScheduleAdmin as BeatCrontabAdmin
from django_celery_beat.admin import PeriodicTaskAdmin as BeatTaskAdmin
from django_celery_beat.admin import PeriodicTaskForm, TaskSelectWidget
from django_celery_beat.models import (
    ClockedSchedule,
    CrontabSchedule,
    IntervalSchedule,
    PeriodicTask,
    SolarSchedule,
)
from unfold.admin import ModelAdmin
from unfold.decorators import display
from unfold.widgets import (
    UnfoldAdminFileFieldWidget,
    UnfoldAdminSelectWidget,
    UnfoldAdminTextInputWidget,
)

from claims.admin.base import EvidenceAdmin, person
from claims.admin.dashboard import Card, queue
from claims.admin.decisions import Decision
from claims.admin.documents import SnapshotAdmin
from claims.admin.markup import BAD, GOOD, NOTE, NOTHING, badge, clip, link_to, list_of, outward_link
from claims.models import Dossier, Snapshot
from tracker.health import LOOKED_AT, Health, health
from tracker.models import Submission, SubmissionState
from tracker.submissions import retry, retry_snapshot, submit

STATES: dict[str, str] = {SubmissionState.QUEUED: NOTE, SubmissionState.DONE: GOOD, SubmissionState.FAILED: BAD}
EMPTY_FILE = "The file is empty."


class SubmissionForm(forms.ModelForm):
    """An address to fetch, or a file to read: one of the two."""

    address = forms.CharField(
        required=False, max_length=2000, validators=[URLValidator(schemes=["http", "https"])],
        widget=UnfoldAdminTextInputWidget, help_text="An http(s) address to fetch.",
    )  # fmt: skip
    file = forms.FileField(
        required=False, widget=UnfoldAdminFileFieldWidget, max_length=300, allow_empty_file=True,
        help_text="Or a file: text, Markdown with front matter, or HTML.",
    )  # fmt: skip
    dossier = forms.ModelChoiceField(
        Dossier.objects.all(), required=False, to_field_name="slug", widget=UnfoldAdminSelectWidget,
        empty_label="the inbox", help_text="Used where the document itself names none.",
    )  # fmt: skip

    class Meta:
        model = Submission
        fields = ["address"]

    def clean_dossier(self) -> str:
        dossier: Dossier | None = self.cleaned_data["dossier"]
        return dossier.slug if dossier else ""

    def clean_file(self) -> Any:
        file = self.cleaned_data["file"]
        if file and file.size > settings.FETCH_MAX_BYTES:
            raise ValidationError(f"{file.name} is larger than {settings.FETCH_MAX_BYTES // 1024**2} MB.")
        if file and not file.size:
            raise ValidationError(EMPTY_FILE)
        return file

    def clean(self) -> dict[str, Any]:
        said = super().clean() or {}
        if not self.errors and bool(said.get("address")) == bool(said.get("file")):
            raise ValidationError("Give an address or a file, one of the two.")
        if said.get("file"):
            said["address"] = said["file"].name
        return said


def _retry(submission: Submission, _by: Any, _said: dict[str, Any]) -> object:
    return retry(submission)


def _may_be_retried(submission: Submission) -> bool:
    return submission.state == SubmissionState.FAILED or bool(submission.snapshot and submission.snapshot.error)


RETRY = Decision(
    name="retry", title="Try again", done="queued again", permission="submit", run=_retry, icon="refresh",
    explanation="What failed or was given up is queued again; the rest stays as it is.", when=_may_be_retried,
)  # fmt: skip


class GivenUpFilter(admin.SimpleListFilter):
    """What was read, but not analysed or placed: the program failed on it too often."""

    title = "given up"
    parameter_name = "given_up"
    field = "error"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Sequence[tuple[str, str]]:
        return [("yes", "Analysis given up")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return queryset.filter(**{f"{self.field}__gt": ""}) if self.value() == "yes" else queryset


class SnapshotGivenUpFilter(GivenUpFilter):
    """The same, of submissions."""

    field = "snapshot__error"


@admin.register(Submission)
class SubmissionAdmin(EvidenceAdmin):
    """Addresses and files handed in, and what became of each."""

    submitted_by_name = person("submitted_by", "Handed in by")
    form = SubmissionForm
    list_display = [
        "address_shown",
        "state_shown",
        "error_shown",
        "result",
        "dossier",
        "submitted_by_name",
        "created_at",
    ]
    list_filter = ["state", SnapshotGivenUpFilter, "error_code", "dossier", "created_at"]
    search_fields = ["address", "error", "snapshot__error", "snapshot__document__title"]
    list_select_related = ["snapshot__document", "submitted_by"]
    retry, retry_this = RETRY.actions()
    actions = ["retry"]
    actions_detail = ["retry_this"]

    def lookup_allowed(self, lookup: str, value: Any, request: HttpRequest | None = None) -> bool:
        """Also those of one archive, to which its page leads: a filter would list every archive there is."""
        return lookup == "backfill__id__exact" or bool(super().lookup_allowed(lookup, value, request))

    def has_add_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("tracker.add_submission")

    def has_submit_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return request.user.has_perm("tracker.add_submission")

    def get_queryset(self, request: HttpRequest) -> Any:
        return super().get_queryset(request).defer(
            "payload", "snapshot__text", "snapshot__headers", "snapshot__signature"
        )  # fmt: skip

    def get_fields(self, request: HttpRequest, obj: Model | None = None) -> Any:
        if obj is None:
            return ["address", "file", "dossier"]
        return [
            "address_out", ("state_shown", "attempts"), ("error_code", "error"), "given_up", "result",
            ("new_document", "new_snapshot"), ("dossier", "submitted_by_name"), ("created_at", "finished_at"),
        ]  # fmt: skip

    def get_readonly_fields(self, request: HttpRequest, obj: Model | None = None) -> Any:
        if obj is None:
            return []
        return [
            "address_out", "state_shown", "attempts", "error_code", "error", "given_up", "result", "new_document",
            "new_snapshot", "dossier", "submitted_by_name", "created_at", "finished_at",
        ]  # fmt: skip

    def save_model(self, request: HttpRequest, obj: Submission, form: Any, change: bool) -> None:
        file = form.cleaned_data["file"]
        made = submit(
            address=form.cleaned_data["address"],
            payload=file.read() if file else None,
            content_type=(file.content_type or "") if file else "",
            dossier=form.cleaned_data["dossier"],
            by=request.user,  # type: ignore[arg-type]
        )
        obj.pk, obj._state.adding = made.pk, False
        obj.refresh_from_db()

    @display(description="Handed in", ordering="address")
    def address_shown(self, obj: Submission) -> str:
        return clip(obj.address, 90)

    @display(description="Handed in")
    def address_out(self, obj: Submission) -> SafeString | str:
        return outward_link(obj.address)

    @display(description="State", ordering="state")
    def state_shown(self, obj: Submission) -> SafeString | str:
        return badge(obj.state, STATES, label=obj.get_state_display())

    @display(description="What went wrong", ordering="error_code")
    def error_shown(self, obj: Submission) -> str:
        return clip(obj.error or (obj.snapshot.error if obj.snapshot else ""), 90) or NOTHING

    @display(description="Analysis given up")
    def given_up(self, obj: Submission) -> str:
        return (obj.snapshot.error if obj.snapshot else "") or NOTHING

    @display(description="Read as")
    def result(self, obj: Submission) -> SafeString | str:
        return link_to(obj.snapshot.document if obj.snapshot else None)


# --- Snapshots: what the pipeline gave up -----------------------------------------------------------------------------

admin.site.unregister(Snapshot)


def _retry_snapshot(snapshot: Snapshot, _by: Any, _said: dict[str, Any]) -> object:
    return retry_snapshot(snapshot)


RETRY_SNAPSHOT = Decision(
    name="retry", title="Try again", done="queued again", permission="submit", run=_retry_snapshot, icon="refresh",
    explanation="A version whose analysis was given up is analysed again; others stay as they are.",
    when=lambda snapshot: bool(snapshot.error),
)  # fmt: skip


@admin.register(Snapshot)
class TrackedSnapshotAdmin(SnapshotAdmin):
    """The evidentiary copies, and which of them the pipeline gave up."""

    list_display = [*SnapshotAdmin.list_display, "error_shown"]
    list_filter: Any = [GivenUpFilter, *SnapshotAdmin.list_filter]
    fields: Any = [*SnapshotAdmin.fields, ("error", "attempts")]
    readonly_fields = [*SnapshotAdmin.readonly_fields, "error", "attempts"]
    retry, retry_this = RETRY_SNAPSHOT.actions()
    actions = ["retry"]
    actions_detail = ["retry_this"]

    def has_submit_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return request.user.has_perm("tracker.add_submission")

    @display(description="Given up", ordering="error")
    def error_shown(self, obj: Snapshot) -> str:
        return clip(obj.error, 90) or NOTHING


def cards(request: HttpRequest) -> list[Card]:
    """The queues of this application for the first page."""
    if not request.user.has_perm("tracker.view_submission"):
        return []
    # Failures among the last ones alone: a count of all would read the whole table.
    last = Submission.objects.order_by("-pk").values("pk")[:LOOKED_AT]
    failed = Submission.objects.filter(state=SubmissionState.FAILED, pk__in=last)
    return [
        queue(
            _("Failed submissions"), failed, "created_at", list_of(Submission, "state__exact=failed"), BAD,
            _("could not be read"),
        ),
        queue(
            _("Versions given up"), Snapshot.objects.given_up(), "fetched_at", list_of(Snapshot, "given_up=yes"), BAD,
            _("analysis failed repeatedly"),
        ),
        queue(
            _("Waiting to be read"), Submission.objects.waiting(), "created_at",
            list_of(Submission, "state__exact=queued"), NOTE, _("queued submissions"),
        ),
    ]  # fmt: skip


def health_of_reading(request: HttpRequest, now: datetime) -> Health | None:
    """How reading goes, for those who may see submissions."""
    return health(now) if request.user.has_perm("tracker.view_submission") else None


# --- Periodic jobs: django-celery-beat's own pages, in this admin's looks ---------------------------------------------

for model in (PeriodicTask, IntervalSchedule, CrontabSchedule, SolarSchedule, ClockedSchedule):
    admin.site.unregister(model)


class TaskSelect(UnfoldAdminSelectWidget, TaskSelectWidget):
    """The choice of a task."""


class JobForm(PeriodicTaskForm):
    """The form of a periodic task."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["task"].widget = UnfoldAdminTextInputWidget()
        self.fields["regtask"].widget = TaskSelect()


@admin.register(PeriodicTask)
class PeriodicTaskAdmin(BeatTaskAdmin, ModelAdmin):
    """Jobs that beat starts."""

    form = JobForm


@admin.register(IntervalSchedule, SolarSchedule)
class ScheduleAdmin(ModelAdmin):
    """When jobs are started."""


@admin.register(CrontabSchedule)
class CrontabAdmin(BeatCrontabAdmin, ModelAdmin):
    """When jobs are started, in cron's words."""

    inlines: list[Any] = []


@admin.register(ClockedSchedule)
class ClockedAdmin(BeatClockedAdmin, ModelAdmin):
    """When a job is started once."""

    inlines: list[Any] = []


import tracker.archives.admin  # noqa: E402  its pages are registered with these
import tracker.feeds.admin  # noqa: E402  and its
import tracker.pages.admin  # noqa: E402, F401  and its
