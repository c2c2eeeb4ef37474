"""Whether the broker answers. It carries wake-up calls only, so nothing is lost while it does not."""

from typing import Any

from celery import current_app
from django.conf import settings
from kombu.exceptions import OperationalError

SECONDS = 1  # that it may take


def broker_fault() -> str:
    """Why the broker does not answer; nothing where it does."""
    options = {**current_app.conf.broker_transport_options, "socket_connect_timeout": SECONDS, "max_retries": 0}
    try:
        with current_app.connection_for_write(connect_timeout=SECONDS, transport_options=options) as connection:
            connection.ensure_connection(max_retries=1, interval_start=0, interval_step=0, timeout=SECONDS)
    except (OperationalError, OSError) as fault:
        return str(fault).strip().splitlines()[0] if str(fault).strip() else type(fault).__name__
    return ""


def queue_of(task: str, *, later: bool = False) -> str:
    """The queue that messages about a step go to; what is ``later`` is from an archive and comes after all else."""
    return str(settings.BACKFILL_MESSAGE["queue"] if later else settings.CELERY_TASK_ROUTES[task]["queue"])


def messages_wait_in(queue: str) -> bool:
    """Whether messages wait there that no worker has got yet; not so where there is no broker to ask."""
    with current_app.connection_for_write(connect_timeout=SECONDS) as connection:
        unanswered: Any = (OperationalError, OSError, *connection.connection_errors, *connection.channel_errors)
        try:
            connection.ensure_connection(max_retries=1, interval_start=0, interval_step=0, timeout=SECONDS)
            channel: Any = connection.default_channel
            return bool(channel.queue_declare(queue, passive=True).message_count)
        except unanswered:  # nobody there, or no such queue yet
            return False


def queues_needed() -> set[str]:
    """The queues that tasks are sent to."""
    routed = {route["queue"] for route in settings.CELERY_TASK_ROUTES.values()}
    return {settings.CELERY_TASK_DEFAULT_QUEUE, settings.BACKFILL_MESSAGE["queue"], *routed}


def queues_served(*, within: float) -> set[str]:
    """The queues that some worker says it takes tasks from, within so many seconds."""
    answers = current_app.control.inspect(timeout=within).active_queues() or {}
    return {queue["name"] for queues in answers.values() for queue in queues}
