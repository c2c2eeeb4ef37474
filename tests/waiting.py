"""Several connections at once: calls on one of their own, and waiting until somebody waits for a lock."""

import time
from collections.abc import Callable
from typing import TypeVar

from django.db import connection

Result = TypeVar("Result")
WAITING = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"


def elsewhere(call: Callable[[], Result]) -> Result:
    """The call's result, for a thread: its connection is closed afterwards."""
    try:
        return call()
    finally:
        connection.close()


def wait_until_waiting(count: int) -> None:
    """Come back once so many sessions wait for a lock."""
    for _ in range(3000):
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_stat_clear_snapshot()")
            cursor.execute(WAITING)
            if cursor.fetchone()[0] >= count:
                return
        time.sleep(0.01)
    raise AssertionError(f"{count} sessions never waited for a lock")
