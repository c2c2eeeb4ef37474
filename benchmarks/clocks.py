"""How a worker spends its time: which part of each document's processor time goes where, and how large the process is.

Loaded into the worker by ``celery --include benchmarks.clocks``. Each process of the worker writes what it counted into
a file of its own below ``CLOCKS``, after every few tasks.
"""

from __future__ import annotations

import functools
import json
import os
import time
from collections import defaultdict
from pathlib import Path
from typing import Any

import psutil
from celery.signals import task_postrun, task_prerun

from tracker import conflicts, evidence, matching, pipeline
from tracker.analysis import nearduplicates

EVERY = 1  # tasks: one is a document, or a batch of them

# What is clocked: module, function, and the part that it is counted as. A part inside another one is taken off it.
PARTS: list[tuple[Any, str, str]] = [
    (pipeline, "analyse", "finding statements"),
    (pipeline, "extract", "reading the page"),
    (nearduplicates, "signature", "copies: comparing texts"),
    (nearduplicates, "is_copy", "copies: comparing texts"),
    (evidence, "write_snapshot", "keeping evidence"),
    (pipeline, "_record_once", "recording the version"),
    (pipeline, "settle_origins", "copies: looking for them"),
    (pipeline, "record_analysis", "recording statements"),
    (matching, "match_snapshots", "placing and conflicts: rows"),
    (matching, "embed", "placing: comparing"),
    (matching, "ranked", "placing: comparing"),
    (conflicts, "_asserted", "conflicts: comparing"),
    (conflicts, "_figures_against", "conflicts: comparing"),
    (conflicts, "_words_against", "conflicts: comparing"),
    (conflicts, "_denials", "conflicts: comparing"),
]
REST = "jobs, messages and the rest"

_spent: dict[str, float] = defaultdict(float)
_stack: list[list[Any]] = []  # part, when it was begun or gone on with
_tasks = 0


def _switch(part: str | None) -> None:
    """Go from one part into another one, or back where there is none."""
    now = time.process_time()
    if _stack:
        _spent[_stack[-1][0]] += now - _stack[-1][1]
    if part is None:
        _stack.pop()
        if _stack:
            _stack[-1][1] = now
    else:
        _stack.append([part, now])


def _clocked(function: Any, part: str) -> Any:
    @functools.wraps(function)
    def clocked(*args: Any, **kwargs: Any) -> Any:
        _switch(part)
        try:
            return function(*args, **kwargs)
        finally:
            _switch(None)

    return clocked


for _module, _name, _part in PARTS:
    setattr(_module, _name, _clocked(getattr(_module, _name), _part))


@task_prerun.connect
def _begin(**_: Any) -> None:
    _switch(REST)


@task_postrun.connect
def _end(**_: Any) -> None:
    global _tasks  # noqa: PLW0603  one process, one count
    _switch(None)
    _tasks += 1
    if _tasks % EVERY:
        return
    told = {"spent": dict(_spent), "tasks": _tasks, "rss": psutil.Process().memory_info().rss}
    target = Path(os.environ["CLOCKS"]) / f"{os.getpid()}.json"
    target.with_suffix(".new").write_text(json.dumps(told))
    target.with_suffix(".new").replace(target)
