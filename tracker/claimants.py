"""Which process has a row to itself, and taking back what processes that were killed had.

Only a process of this machine can be known to be dead. What others had comes back when their time is up.
"""

import os
import socket
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import psutil
from django.db.models.functions import Now

from claims.models import Snapshot, Subscription
from claims.models.work import WorkQuerySet
from tracker.models import Backfill, Feed, Submission


@cache
def _machine() -> str:
    """This machine; within it, what shares its numbering of processes (two containers may share a host's name)."""
    numbering = Path("/proc/self/ns/pid")
    return f"{socket.gethostname()[:100]} {numbering.readlink() if numbering.is_symlink() else ''}".strip()


def this_process() -> str:
    """The name of this process, which no other one has: a number is given again, but not with the same start."""
    return _own_name(os.getpid())


@cache
def _own_name(pid: int) -> str:
    return _name(pid)


def _name(pid: int) -> str:
    return f"{_machine()} {pid} {psutil.Process(pid).create_time():.2f}"


def is_known_dead(claimant: str) -> bool:
    """Whether a process of that name was one of this machine and is no more."""
    machine, pid, _ = [*claimant.rsplit(" ", 2), "", ""][:3]
    if machine != _machine() or not (pid.isascii() and pid.isdigit()):
        return False
    try:
        return psutil.Process(int(pid)).status() == psutil.STATUS_ZOMBIE or _name(int(pid)) != claimant
    except psutil.NoSuchProcess:
        return True
    except (psutil.Error, OverflowError):
        return False


def held_by_the_dead() -> int:
    """How many rows are held by processes of this machine that were killed."""
    return sum(rows.count() for rows in _of_the_dead())


def release_the_dead() -> int:
    """Give back what killed processes of this machine had; return the number of rows. The attempts stay counted."""
    return sum(rows.update(claimed_until=None) for rows in _of_the_dead())


def _of_the_dead() -> Iterator[WorkQuerySet[Any]]:
    for model in (Submission, Snapshot, Feed, Subscription, Backfill):
        rows: WorkQuerySet[Any] = model._default_manager.filter(claimed_until__gt=Now()).order_by()
        claimants = rows.values_list("claimed_by", flat=True).distinct()
        yield rows.filter(claimed_by__in=[claimant for claimant in claimants if is_known_dead(claimant)])
