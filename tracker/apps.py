"""The application that reads documents."""

from typing import Any

from django.apps import AppConfig
from django.db.models.signals import post_migrate


class TrackerConfig(AppConfig):
    name = "tracker"
    verbose_name = "Ingestion"

    def ready(self) -> None:
        from claims import signals, spelling  # noqa: PLC0415  the models must be loaded first
        from tracker import asked, webhooks  # noqa: PLC0415
        from tracker.analysis.toponyms import place_key  # noqa: PLC0415
        from tracker.conflicts import look_for_conflicts  # noqa: PLC0415

        spelling.compare_by(place_key)
        post_migrate.connect(_put_roles_in_place, sender=self, dispatch_uid="tracker.roles")
        signals.standings_changed.connect(look_for_conflicts, dispatch_uid="tracker.conflicts")
        signals.placement_wanted.connect(asked.place, dispatch_uid="tracker.placement")
        signals.circumstances_wanted.connect(asked.circumstances, dispatch_uid="tracker.circumstances")
        signals.delivery_wanted.connect(webhooks.want_delivery, dispatch_uid="tracker.deliveries")
        signals.call_wanted.connect(webhooks.check_address, dispatch_uid="tracker.calls")
        signals.original_wanted.connect(asked.original, dispatch_uid="tracker.originals")
        signals.archive_wanted.connect(asked.archive, dispatch_uid="tracker.archives")


def _put_roles_in_place(**_: Any) -> None:
    from claims.roles import (  # noqa: PLC0415  the models must be loaded first
        ADMINISTRATOR,
        EDITOR,
        FEED_MANAGER,
        READER,
        REVIEWER,
        grant,
    )

    views = {"view_submission", "view_feed", "view_feeditem", "view_feedrule", "view_backfill", "view_badrecord"}
    views |= {"view_page", "view_leftalone"}
    submits = views | {"add_submission"}
    feeds = submits | {"add_feed", "change_feed", "add_feedrule", "change_feedrule", "delete_feedrule"}
    feeds |= {"add_leftalone", "delete_leftalone"}
    roles = {READER: views, **dict.fromkeys((REVIEWER, EDITOR), submits)}
    roles |= dict.fromkeys((FEED_MANAGER, ADMINISTRATOR), feeds)
    grant(roles, app_label="tracker")
    jobs = {
        f"{verb}_{model}"
        for verb in ("view", "add", "change", "delete")
        for model in ("periodictask", "intervalschedule", "crontabschedule", "solarschedule", "clockedschedule")
    }
    grant({ADMINISTRATOR: jobs}, app_label="django_celery_beat")
