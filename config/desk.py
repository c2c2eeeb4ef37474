"""The admin's frame, put together from both applications: its sidebar and its first page."""

from typing import Any

from django.http import HttpRequest
from django.templatetags.static import static
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

import claims.admin.arrivals
import claims.admin.dashboard
import tracker.admin
import tracker.feeds.admin
from claims.admin.markup import list_of
from tracker.models import Submission

# The desk's own pages, above the lists of rows: title, icon, address, and the permission to open it. One line a page.
DESK: list[tuple[str | Promise, str, str, str]] = [
    (_("Conflicts"), "balance", "desk:conflicts", "claims.view_contradiction"),
    (_("Search"), "search", "desk:search", "claims.view_claim"),
    (_("Disagreements"), "forum", "desk:disagreements", "claims.view_contradiction"),
    (_("My work"), "assignment_ind", "desk:mine", "claims.view_claim"),
]

# Group, then title, icon, application and model. What a person may not see is left out.
SIDEBAR: list[tuple[str, list[tuple[str, str, str, str]]]] = [
    ("Review", [
        ("Claims", "fact_check", "claims", "claim"),
        ("Contradictions", "compare_arrows", "claims", "contradiction"),
        ("Statements", "format_quote", "claims", "statement"),
        ("The same claim?", "join_inner", "claims", "judgement"),
        ("Verdicts", "gavel", "claims", "verdict"),
    ]),
    ("Evidence", [
        ("Dossiers", "folder_open", "claims", "dossier"),
        ("Documents", "description", "claims", "document"),
        ("Snapshots", "photo_camera", "claims", "snapshot"),
        ("Notices", "campaign", "claims", "notice"),
        ("Positions", "swap_vert", "claims", "position"),
        ("Evidence links", "link", "claims", "evidence"),
        ("Feeds", "rss_feed", "tracker", "feed"),
        ("Pages looked at again", "update", "tracker", "page"),
        ("Pages left alone", "update_disabled", "tracker", "leftalone"),
        ("Channels", "sensors", "claims", "channel"),
        ("Submissions", "upload_file", "tracker", "submission"),
        ("Archives", "inventory_2", "tracker", "backfill"),
        ("Bad records", "report", "tracker", "badrecord"),
    ]),
    ("Sources", [
        ("Sources", "record_voice_over", "claims", "source"),
        ("Names", "badge", "claims", "sourcename"),
        ("Parties", "flag", "claims", "party"),
        ("Grades", "grade", "claims", "reliabilitygrade"),
    ]),
    ("Record", [
        ("Ledger", "receipt_long", "claims", "event"),
        ("Time stamps", "schedule_send", "claims", "stamp"),
        ("Merged claims", "merge", "claims", "claimmerge"),
        ("Merged sources", "merge", "claims", "sourcemerge"),
    ]),
    ("Administration", [
        ("People", "person", "auth", "user"),
        ("Roles", "group", "auth", "group"),
        ("API tokens", "key", "knox", "authtoken"),
        ("Webhooks", "webhook", "claims", "subscription"),
        ("Webhook deliveries", "outbox", "claims", "delivery"),
        ("Periodic jobs", "schedule", "django_celery_beat", "periodictask"),
    ]),
]  # fmt: skip


def sidebar(request: HttpRequest) -> list[dict[str, Any]]:
    """The sidebar's groups, as this person may use them."""
    first = {"title": "", "items": [{"title": "What waits", "icon": "home", "link": reverse("admin:index")}]}
    groups = [
        {
            "title": group,
            "separator": True,
            "items": [
                {"title": title, "icon": icon, "link": reverse(f"admin:{app}_{model}_changelist")}
                for title, icon, app, model in items
                if request.user.has_perm(f"{app}.view_{model}") or request.user.has_perm(f"{app}.change_{model}")
            ],
        }
        for group, items in SIDEBAR
    ]
    desk = {
        "title": _("Desk"),
        "separator": True,
        "items": [
            {"title": title, "icon": icon, "link": reverse(address)}
            for title, icon, address, permission in DESK
            if request.user.has_perm(permission)
        ],
    }
    return [first, *(group for group in (desk, *groups) if group["items"])]


def dashboard(request: HttpRequest, context: dict[str, Any]) -> dict[str, Any]:
    """What the first page shows besides what every page shows."""
    now = timezone.now()
    shown = claims.admin.dashboard.dashboard(request, context)
    reading = tracker.admin.health_of_reading(request, now)
    if "arrivals" in shown and reading is not None:
        shown["arrivals"]["failures"] = claims.admin.arrivals.by_hour(reading.failures, now)
    if "arrivals" in shown:
        shown["arrivals_rows"] = claims.admin.arrivals.as_rows(shown["arrivals"])
    return {
        **shown,
        "cards": [*shown["cards"], *tracker.admin.cards(request)],
        "reading": reading,
        "feeds_told": tracker.feeds.admin.told(reading.feeds, now) if reading is not None else [],
        "reading_list": list_of(Submission),
    }


def icon(_request: HttpRequest) -> str:
    """The address of the icon that browsers show."""
    return static("claims/icon.svg")


def stylesheet(_request: HttpRequest) -> str:
    """The address of the admin's own styles."""
    return static("claims/admin.css")


def script(_request: HttpRequest) -> str:
    """The address of the admin's own script."""
    return static("claims/admin.js")
