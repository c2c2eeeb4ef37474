"""The Celery application. Workers and beat start with ``celery -A config``."""

import contextlib
import os

from celery import Celery
from celery.signals import task_prerun

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

app = Celery("corroborate")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()


@task_prerun.connect
def learn_what_is_protected(**_: object) -> None:
    """Before a task says anything in a log: what must not be said there."""
    from django.db import DatabaseError  # noqa: PLC0415  the settings must be ready first

    from claims.services.protection import masker_now  # noqa: PLC0415

    with contextlib.suppress(DatabaseError):  # the task finds out for itself
        masker_now()
