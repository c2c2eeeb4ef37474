"""Which request a log line is about, or which task on which row: from a request into every task that it starts."""

import logging
import re
import time
import uuid
from collections.abc import Callable, Mapping, Sequence
from contextvars import ContextVar
from types import MappingProxyType
from typing import Any

from celery.signals import before_task_publish, task_postrun, task_prerun
from django.core.signals import request_finished
from django.dispatch import receiver
from django.http import HttpRequest
from django.http.response import HttpResponseBase

from tracker.going_on import turned

logger = logging.getLogger("corroborate.requests")

HEADER = "X-Request-ID"
CARRIED = "corroborate_request_id"  # in the headers of a message
SANE = re.compile(r"[A-Za-z0-9._-]{8,128}")  # what is taken over from a proxy; anything else could forge lines
WATCHED = ("/health/", "/metrics")  # asked every few seconds by machines

NOTHING: Mapping[str, Any] = MappingProxyType({})
_about: ContextVar[Mapping[str, Any]] = ContextVar("log_about", default=NOTHING)


class About(logging.Filter):
    """Adds ``request_id``, ``task``, ``task_id`` and ``row`` to each record, as far as there are any."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Always true: it only adds."""
        for name, value in (_about.get() or _told_by_celery(record)).items():
            if not hasattr(record, name):
                setattr(record, name, value)
        return True


def _told_by_celery(record: logging.LogRecord) -> Mapping[str, Any]:
    """The task that a worker's main process, which runs none itself, says something of."""
    told = record.__dict__.get("data")
    if not (record.name.startswith("celery.") and isinstance(told, dict) and {"id", "name"} <= told.keys()):
        return NOTHING
    return {"task": told["name"], "task_id": told["id"]}


class RequestIdMiddleware:
    """Gives each request an id, the proxy's where it sends a sane one, tells it with the answer, and logs the two.

    The id stays until the answer is sent: Django logs refusals after the last middleware, and a stream writes later.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """The answer, with the id in its header."""
        given = request.headers.get(HEADER, "")
        request_id = given if SANE.fullmatch(given) else uuid.uuid4().hex
        _about.set({"request_id": request_id})
        request.request_id = request_id  # type: ignore[attr-defined]  # for answers that say it in their body too
        started = time.monotonic()
        response = self.get_response(request)
        response.headers[HEADER] = request_id
        logger.log(
            logging.DEBUG if request.path_info.startswith(WATCHED) else logging.INFO,
            "%s %s: %d",
            request.method,
            request.path_info,  # what somebody looks for is in the query, and nobody's business
            response.status_code,
            extra={
                "method": request.method,
                "path": request.path_info,
                "status": response.status_code,
                "milliseconds": round((time.monotonic() - started) * 1000),
            },
        )
        return response


@receiver(request_finished, dispatch_uid="tracing.request")
def forget(**_: Any) -> None:
    """The answer is sent: what this thread says next is about something else."""
    _about.set(NOTHING)


@before_task_publish.connect(dispatch_uid="tracing.publish")
def carry(headers: dict[str, Any] | None = None, **_: Any) -> None:
    """Send the id of the request along with the task that it starts, and with those that this one starts."""
    request_id = _about.get().get("request_id")
    if headers is not None and request_id:
        headers[CARRIED] = request_id


@task_prerun.connect(dispatch_uid="tracing.begin")
def begin(task_id: str, task: Any, args: Any = (), **_: Any) -> None:
    """From here on lines of this process are about this task."""
    about: dict[str, Any] = {"task": task.name, "task_id": task_id}
    if len(args) == 1 and isinstance(args[0], int):
        about["row"] = args[0]
    carried = task.request.get(CARRIED)
    if isinstance(carried, str) and SANE.fullmatch(carried):
        about["request_id"] = carried
    _about.set(about)


@receiver(turned, dispatch_uid="tracing.turn")
def turn(task: str, rows: Sequence[int], **_: Any) -> None:
    """The task that runs does another step now: lines are about that one, and its row, under the same id."""
    about = {**_about.get(), "task": task}
    about.pop("row", None)
    if len(rows) == 1:
        about["row"] = rows[0]
    _about.set(about)


@task_postrun.connect(dispatch_uid="tracing.end")
def end(**_: Any) -> None:
    """The task is over."""
    _about.set(NOTHING)
