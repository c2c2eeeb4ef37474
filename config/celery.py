"""The Celery application. Workers and beat start with ``celery -A config``."""

import contextlib
import gc
import logging.config
import os

from celery import Celery
from celery.signals import setup_logging, task_prerun, worker_process_init, worker_shutting_down

from config import tracing  # noqa: F401  log lines of a task name it

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

app = Celery("corroborate")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()


@setup_logging.connect
def log_as_everybody_does(loglevel: int | None = None, **_: object) -> None:
    """In the same form and with the same mask as web processes; ``--loglevel`` counts."""
    from django.conf import settings  # noqa: PLC0415  the settings must be ready first

    logging.config.dictConfig(settings.LOGGING)
    if loglevel:
        logging.getLogger().setLevel(loglevel)


@worker_process_init.connect
def keep_what_is_loaded(**_: object) -> None:
    """What a process of a worker begins with it keeps: hundreds of thousands of objects, of modules and models.

    So the garbage collector need not go through them again every few documents, only to find none that could go.
    """
    gc.collect()
    gc.freeze()


@worker_process_init.connect
def serve_what_the_worker_serves(**_: object) -> None:
    """Which steps a process of a worker may go on with. Later the application knows of every queue it has sent to."""
    from tracker import going_on  # noqa: PLC0415  the settings must be ready first

    going_on.serve(app.amqp.queues.consume_from)


@worker_shutting_down.connect
def begin_nothing_more(**_: object) -> None:
    """Let the processes of a worker that is told to stop finish what they are at."""
    from tracker import going_on  # noqa: PLC0415  the settings must be ready first

    going_on.stop()


@task_prerun.connect
def have_a_good_connection(**_: object) -> None:
    """Before a task asks the database for anything: what was kept of the tasks before may be too old, or broken."""
    from django.db import close_old_connections  # noqa: PLC0415  the settings must be ready first

    close_old_connections()


@task_prerun.connect
def learn_what_is_protected(**_: object) -> None:
    """Before a task says anything in a log: what must not be said there."""
    from django.db import DatabaseError  # noqa: PLC0415  the settings must be ready first

    from claims.services.protection import masker_now  # noqa: PLC0415

    with contextlib.suppress(DatabaseError):  # the task finds out for itself
        masker_now()
