"""Log lines, with a mask over protected names and words: whoever reads logs is not asked who he or she is."""

import json
import logging
import sys
import time
from typing import Any

from django.db import DatabaseError, connection
from pythonjsonlogger.json import JsonFormatter

LEARN_EVERY = 5.0  # seconds


class MaskingFormatter(logging.Formatter):
    """Lines for people: masks the whole line, the traceback included, and says what it is about.

    By what this process learnt last (:func:`keep_up`): a line may be about a database that does not answer, and is not
    to ask it anything.
    """

    def format(self, record: logging.LogRecord) -> str:
        """The line."""
        line = super().format(record)
        masker = _masker()
        return masker.text(line) if masker is not None else line

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802  logging's name for it
        """The line without a traceback, with what it is about at its end."""
        line = super().formatMessage(record)
        about = [f"{name} {record.__dict__[name]}" for name in ("task_id", "request_id") if name in record.__dict__]
        if "task" in record.__dict__:
            row = record.__dict__.get("row", "")
            about[0] = f"{record.__dict__['task'].rpartition('.')[2]}({row}) {about[0]}"
        return f"{line} [{', '.join(about)}]" if about else line


class MaskingJsonFormatter(JsonFormatter):
    """Lines for programs: one JSON object each, every text in it masked before it is escaped."""

    def __init__(self) -> None:
        super().__init__(
            ["levelname", "name", "message"],
            rename_fields={"levelname": "level", "name": "logger", "exc_info": "exception", "stack_info": "stack"},
            timestamp="time",
            json_ensure_ascii=False,
        )

    def serialize_log_record(self, log_data: dict[str, Any]) -> str:
        """The line, of plain values first: what an object says of itself is masked like any other text."""
        line = super().serialize_log_record(log_data)
        masker = _masker()
        if masker is None:
            return line
        return json.dumps(_masked(masker, json.loads(line)), ensure_ascii=False)


def _masker() -> Any:
    # Logging begins before the applications are loaded.
    protection: Any = sys.modules.get("claims.services.protection")
    return protection.masker_known() if protection is not None else None


def _masked(masker: Any, value: Any) -> Any:
    if isinstance(value, str):
        return masker.text(value)
    if isinstance(value, list):
        return [_masked(masker, one) for one in value]
    if isinstance(value, dict):
        shown = masker.value(value)  # a row says by its id what else of it is protected
        return {masker.text(key): _masked(masker, one) for key, one in shown.items()}
    return value


def keep_up() -> None:
    """Learn again and again what is protected, for log lines. Runs beside the requests of a web process."""
    from claims.services.protection import masker_now  # noqa: PLC0415  the applications must be loaded first

    while True:
        try:
            masker_now()
        except DatabaseError:
            connection.close()  # the next try gets another
        time.sleep(LEARN_EVERY)
