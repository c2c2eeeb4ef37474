"""Handing in an address or a file to be read, and what became of it."""

import logging
from collections import defaultdict
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from urllib.parse import quote

from celery import current_app
from django.conf import settings
from django.contrib.auth.models import User
from django.db import transaction
from django.utils import timezone
from kombu.exceptions import OperationalError

from claims.models import Snapshot
from tracker.ingest.errors import ErrorCode, IngestError, shown
from tracker.ingest.extraction import LONGEST_ADDRESS
from tracker.ingest.reading import read_path
from tracker.models import Feed, Submission, SubmissionState

logger = logging.getLogger(__name__)

FETCH, ANALYSE, MATCH = (
    "tracker.tasks.fetch_submission",
    "tracker.tasks.analyse_snapshot",
    "tracker.tasks.match_snapshot",
)
BATCH = 20  # rows from archives that one message tells of
# A wake-up call is not worth waiting for: what nobody is woken for, the sweeper finds.
ONE_TRY = {"max_retries": 1, "interval_start": 0.1}


@dataclass(frozen=True, slots=True)
class Refused:
    """An input that could not even be handed in, and why."""

    address: str
    error: IngestError


_working_alone = ContextVar("working_alone", default=False)
Told = dict[tuple[str, bool], list[int]]  # by task, and by whether they are for later: rows
_gathered: ContextVar[Told | None] = ContextVar("gathered", default=None)


@contextmanager
def working_alone() -> Iterator[None]:
    """Within it nobody is woken: whoever works alone does what is outstanding by itself."""
    token = _working_alone.set(True)
    try:
        yield
    finally:
        _working_alone.reset(token)


def works_alone() -> bool:
    """Whether whoever asks does everything by itself, and may as well wait for it."""
    return _working_alone.get()


def wake(task: str, pk: int, *, later: bool = False) -> None:
    """Tell a worker, after the transaction commits, that there is work. Losing the message loses nothing.

    What is ``later`` waits in a queue of its own, behind everything else.
    """
    if _working_alone.get():
        return

    def tell() -> None:
        gathered = _gathered.get()
        if gathered is not None:
            gathered[task, later].append(pk)
        else:
            _send(task, [pk], later=later)

    transaction.on_commit(tell)


def wake_together(task: str, pks: Iterable[int]) -> None:
    """Tell workers, after the transaction commits, of rows from archives: of ``BATCH`` by one message."""
    if not _working_alone.get():
        transaction.on_commit(partial(_send_all, task, list(pks), later=True))


@contextmanager
def gathering() -> Iterator[Told]:
    """Within it nobody is woken: whom to wake is gathered, and done at its end. What is taken out of it is not told.

    Of rows from archives many are told of by one message then.
    """
    gathered: Told = defaultdict(list)
    token = _gathered.set(gathered)
    try:
        yield gathered
    finally:
        _gathered.reset(token)
        for (task, later), pks in gathered.items():
            _send_all(task, pks, later=later)


def _send_all(task: str, pks: list[int], *, later: bool) -> None:
    size = BATCH if later else 1
    for first in range(0, len(pks), size):
        _send(task, pks[first : first + size], later=later)


def _send(task: str, pks: list[int], *, later: bool) -> None:
    try:
        options = settings.BACKFILL_MESSAGE if later else {}
        current_app.send_task(task, pks, retry_policy=ONE_TRY, **options)
    except OperationalError as error:
        shown_pks = ", ".join(map(str, pks))
        logger.warning("No broker to announce %s(%s) to (%s); the next sweep finds it.", task, shown_pks, error)


def submit(
    *,
    address: str,
    payload: bytes | None = None,
    content_type: str = "",
    dossier: str = "",
    feed: Feed | None = None,
    by: User | None = None,
    announce: bool = True,
) -> Submission:
    """Hand in an address, or the bytes of a file named ``address``. The row is the job; a worker is woken at commit."""
    with transaction.atomic():
        submission = Submission.objects.create(
            address=address,
            payload=payload,
            content_type=content_type,
            dossier=dossier,
            feed=feed,
            submitted_by=by,
        )
        if announce:
            wake(FETCH, submission.pk)
    return submission


def file_address(path: Path) -> str:
    """What a handed-in file is called in records and answers: its name alone, for folders are nobody's business."""
    return f"file:///{quote(path.name)}"[:LONGEST_ADDRESS]


def submit_input(given: str, *, dossier: str = "", announce: bool = True) -> Submission | Refused:
    """Hand in what a person named on the command line: an http(s) address, or the path of a file."""
    if given.lower().startswith(("http://", "https://")):
        if len(given) > LONGEST_ADDRESS:
            why = f"{shown(given)} is longer than {LONGEST_ADDRESS:,} characters. Check the address."
            return Refused(given, IngestError(ErrorCode.INVALID_ADDRESS, why))
        return submit(address=given, dossier=dossier, announce=announce)
    try:
        fetched = read_path(Path(given), max_bytes=settings.FETCH_MAX_BYTES)
    except IngestError as error:
        return Refused(given, error)
    return submit(
        address=file_address(Path(given)),
        payload=fetched.payload,
        content_type=fetched.content_type,
        dossier=dossier,
        announce=announce,
    )


@transaction.atomic
def retry(submission: Submission) -> Submission:
    """Queue a failed submission again; of one that was read, the snapshot whose analysis was given up."""
    submission = Submission.objects.select_for_update(of=("self",)).select_related("snapshot").get(pk=submission.pk)
    if submission.state == SubmissionState.FAILED:
        submission.state, submission.error, submission.error_code = SubmissionState.QUEUED, "", ""
        submission.attempts, submission.claimed_until, submission.finished_at = 0, None, None
        submission.failures = 0
        submission.save(
            update_fields=["state", "error", "error_code", "attempts", "failures", "claimed_until", "finished_at"]
        )
        wake(FETCH, submission.pk, later=submission.later)
    elif submission.snapshot is not None:
        retry_snapshot(submission.snapshot)
    return submission


@transaction.atomic
def retry_snapshot(snapshot: Snapshot) -> Snapshot:
    """Let a snapshot whose analysis or matching was given up be tried again."""
    if Snapshot.objects.given_up().filter(pk=snapshot.pk).update(error="", attempts=0, announced_at=None):
        snapshot.refresh_from_db(fields=["error", "attempts", "announced_at"])
        wake(MATCH if snapshot.analysed_with else ANALYSE, snapshot.pk, later=snapshot.later)
    return snapshot


def fail(submission_id: int, *, code: str, message: str) -> None:
    """Note that a submission cannot be read, and why; nothing of it is kept but the bytes it came with."""
    Submission.objects.filter(pk=submission_id, state=SubmissionState.QUEUED).update(
        state=SubmissionState.FAILED, error_code=code, error=message, finished_at=timezone.now()
    )
