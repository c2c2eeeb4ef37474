"""Waiting for the ledger to go on: PostgreSQL says when it does, nobody asks again and again.

One thread of each process listens, on a connection of its own, while anybody waits. It also seals what others have
committed, so that who waits is told within moments and not at the next regular sealing.
"""

import contextlib
import logging
import threading
import time
from collections.abc import Iterator

import psycopg
from django.conf import settings
from django.db import DatabaseError, close_old_connections, connection
from psycopg import sql

from claims.errors import TooManyWaiting
from claims.models import Event
from claims.services import ledger

logger = logging.getLogger(__name__)

IDLE = 20.0  # seconds without anybody waiting, after which the thread ends
TOGETHER = 0.05  # seconds in which further commits are sealed along
OTHER_SEALER = 0.2  # seconds that another sealer is given to finish


class Bell:
    """Rings when events were sealed. So many may wait at once as ``CHANGES_WAITERS`` allows."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._rung = 0
        self._waiting = 0
        self._listener: threading.Thread | None = None
        self._listening = False
        self._stopped = False

    @contextlib.contextmanager
    def place(self) -> Iterator[None]:
        """A place among those who wait. Raises ``TooManyWaiting`` when all are taken."""
        self.take_place()
        try:
            yield
        finally:
            self.leave_place()

    def take_place(self) -> None:
        """Take a place, to be left again by :meth:`leave_place`."""
        with self._changed:
            if self._waiting >= settings.CHANGES_WAITERS:
                raise TooManyWaiting(
                    f"{self._waiting} clients wait here already, the most that this server lets: ask again later, "
                    "or with wait=0."
                )
            self._waiting += 1

    def leave_place(self) -> None:
        """Give a place back."""
        with self._changed:
            self._waiting -= 1
            self._changed.notify_all()

    def listen(self) -> int:
        """Make sure that somebody listens; how often it has rung. What is sealed from now on rings again."""
        with self._changed:
            if self._listener is None and not self._stopped:
                self._listener = threading.Thread(target=self._run, name="ledger bell", daemon=True)
                self._listener.start()
            self._changed.wait_for(lambda: self._listening or self._listener is None, timeout=10)
            return self._rung

    def wait(self, rung: int, *, until: float) -> None:
        """Wait until it has rung more often than that, at most until a moment of the monotonic clock.

        The database connection of this thread is given back meanwhile: many may wait, few connections are needed.
        """
        connection.close()
        with self._changed:
            self._changed.wait_for(
                lambda: self._rung > rung or self._stopped or self._listener is None,
                timeout=max(0.0, until - time.monotonic()),
            )
            deaf = self._listener is None and not self._stopped
        if deaf:  # the database does not let itself be listened to: no reason to ask it all the time
            time.sleep(max(0.0, min(1.0, until - time.monotonic())))

    @property
    def stopped(self) -> bool:
        """Whether all who wait shall go."""
        return self._stopped

    def stop(self) -> None:
        """Send away all who wait, and let go of the connection. Afterwards it can be waited for anew."""
        with self._changed:
            self._stopped = True
            listener = self._listener
            self._changed.notify_all()
            self._changed.wait_for(lambda: not self._waiting, timeout=10)
        if listener is not None:
            listener.join(timeout=10)
        self._stopped = False

    def _run(self) -> None:
        try:
            with _listening_connection() as listened:
                self._ring(listening=True)
                _seal()  # what was committed before anybody listened
                self._serve(listened)
        except psycopg.Error as error:
            logger.warning("Nobody hears of new changes at once any more: %s", error)
        finally:
            connection.close()
            with self._changed:
                self._listener, self._listening = None, False
                self._changed.notify_all()

    def _serve(self, listened: psycopg.Connection) -> None:
        used = time.monotonic()
        while not self._stopped:
            told = {notified.channel for notified in listened.notifies(timeout=0.5, stop_after=1)}
            if ledger.SEALED in told:
                self._ring(listening=True)
            if ledger.RECORDED in told:
                time.sleep(TOGETHER)
                _seal()
            now = time.monotonic()
            with self._changed:
                used = now if self._waiting else used
                if now - used > IDLE:
                    return

    def _ring(self, *, listening: bool) -> None:
        with self._changed:
            self._listening = listening
            self._rung += 1
            self._changed.notify_all()


def _listening_connection() -> psycopg.Connection:
    parameters = connection.get_connection_params() | {"cursor_factory": None, "context": None}
    opened = psycopg.connect(**parameters, autocommit=True)
    for channel in (ledger.RECORDED, ledger.SEALED):
        opened.execute(sql.SQL("LISTEN {}").format(sql.Identifier(channel)))
    return opened


def _seal() -> None:
    """Seal what waits. Another sealer may have looked just before the last commit: then it is tried again."""
    try:
        close_old_connections()
        until = time.monotonic() + OTHER_SEALER
        while not ledger.seal() and Event.objects.unsealed().exists() and time.monotonic() < until:
            time.sleep(TOGETHER)
    except DatabaseError as error:
        logger.warning("The ledger could not be sealed at once: %s", error)


bell = Bell()
