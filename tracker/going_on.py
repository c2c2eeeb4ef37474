"""What a process of a worker may go on with by itself: the next step of the row that it is at, without a message.

It may where it takes messages of that step anyway. A worker of fewer queues leaves the step to the others, as whoever
started it wants. Which queues a process serves, whether it is asked to stop, and whom its log lines are about, the
Celery application knows (``config``).
"""

import mmap
from collections.abc import Iterable, Sequence

from django.dispatch import Signal

from tracker.broker import queue_of

# Sent whenever a task turns to another step, or back to its own: ``task``, ``rows``.
turned = Signal()

_served: frozenset[str] = frozenset()
# One byte in memory that a process has in common with those that it forks: a worker's main process is told to stop,
# those that do its tasks are not.
_stop = mmap.mmap(-1, 1)


def serve(queues: Iterable[str]) -> None:
    """Note that this process does tasks from these queues."""
    global _served  # noqa: PLW0603  one process, one worker
    _served = frozenset(queues)


def serves(task: str, *, later: bool) -> bool:
    """Whether this process would get the message about such a step."""
    return queue_of(task, later=later) in _served


def stop() -> None:
    """Ask this process, and those that it forked or will fork, to begin nothing more."""
    _stop[0] = 1


def stopping() -> bool:
    """Whether it was asked to."""
    return _stop[0] == 1


def turn_to(task: str, rows: Sequence[int]) -> None:
    """Tell whoever follows what this process does that it now does this step for these rows."""
    turned.send(sender=task, task=task, rows=rows)
