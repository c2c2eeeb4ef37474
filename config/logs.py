"""Log lines, with a mask over protected names and words: whoever reads logs is not asked who he or she is."""

import logging
import sys
import time
from typing import Any

from django.db import DatabaseError, connection

LEARN_EVERY = 5.0  # seconds


class MaskingFormatter(logging.Formatter):
    """Masks the whole line, the traceback included.

    By what this process learnt last (:func:`keep_up`): a line may be about a database that does not answer, and is not
    to ask it anything.
    """

    def format(self, record: logging.LogRecord) -> str:
        """The line."""
        line = super().format(record)
        # Logging begins before the applications are loaded.
        protection: Any = sys.modules.get("claims.services.protection")
        masker = protection.masker_known() if protection is not None else None
        return masker.text(line) if masker is not None else line


def keep_up() -> None:
    """Learn again and again what is protected, for log lines. Runs beside the requests of a web process."""
    from claims.services.protection import masker_now  # noqa: PLC0415  the applications must be loaded first

    while True:
        try:
            masker_now()
        except DatabaseError:
            connection.close()  # the next try gets another
        time.sleep(LEARN_EVERY)
