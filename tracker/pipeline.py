"""From a submission to standings: each step reads PostgreSQL, does its work and writes it whole or not at all.

A step begins by claiming its row for a while (:mod:`claims.models.work`), so that no two workers do the same, and
counts the attempt. What fails too often, or kills its worker, is given up with the reason on its row, and the rest goes
on. Still, every step may run twice: it finds then that the work is done. Slow work (the network, the analysis) happens
outside any transaction.
"""

import logging
import random
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from itertools import product
from typing import Any

from django.conf import settings
from django.db import InterfaceError, OperationalError, transaction
from django.db.models import Count
from django.db.models.functions import Now
from django.utils import timezone

from claims.choices import SourceKind
from claims.errors import ClaimsError
from claims.models import Snapshot
from claims.models.work import WorkQuerySet
from claims.services import ledger, statements
from claims.services.actor import Actor
from claims.services.carrying import carry_decisions
from claims.services.documents import Copy, NotKept, Printed, brings_nothing_new, record_version
from claims.services.sources import Named
from claims.services.statements import Attributed
from tracker import claimants, going_on, matching
from tracker.analysis import nearduplicates
from tracker.analysis.corrections import Notice, find_notice
from tracker.analysis.credits import find_byline, find_credit
from tracker.analysis.finders import Finder, extractor
from tracker.analysis.pipeline import analyse
from tracker.analysis.types import Statement as Found
from tracker.analysis.types import quantity_as_json
from tracker.archives.told import as_got, as_told
from tracker.broker import messages_wait_in, queue_of
from tracker.copies import settle_origins
from tracker.evidence import kept, require_room
from tracker.feeds import pacing
from tracker.ingest.errors import IngestError, shown
from tracker.ingest.extraction import Extracted, extract
from tracker.ingest.fetched import Fetched
from tracker.models import Feed, FeedItem, Submission, SubmissionState
from tracker.outages import Outage
from tracker.pages.following import follow
from tracker.politeness import PATIENCE, NotNow, fetch_politely
from tracker.submissions import (
    ANALYSE,
    FETCH,
    MATCH,
    Told,
    fail,
    gathering,
    retry_snapshot,
    wake,
    wake_together,
    working_alone,
    works_alone,
)

logger = logging.getLogger(__name__)

INGEST = Actor.machine("ingest", "1")
FINDER = Finder(settings.SPAN_FINDER)
EXTRACTOR, VERSION = extractor(FINDER)
ANALYSIS = Actor.machine(EXTRACTOR, VERSION)
ANALYSED_WITH = f"{EXTRACTOR}/{VERSION}"
ATTEMPTS = 3
PATIENCE_ALONE = 60.0  # seconds that whoever works alone waits for a server's turn
ANNOUNCED_AT_ONCE = 200  # rows of one sweep
BELIEVED_AT_ONCE = 1000  # of each queue in one sweep
TOLD_SECONDS = 10.0  # after which, with no message left, a worker is told again
BELIEVED_SECONDS = 3600.0  # after which, with messages left, it is told again all the same
BATCH_SECONDS = 5.0  # after which no more is begun of what one message told of, nor of what follows from it
STATEMENTS_TOGETHER = 200  # statements of snapshots that are placed in one transaction
EARLIER_FIRST = 2.0  # seconds that one version of a page waits for the one before it


# --- Fetch -----------------------------------------------------------------------------------------------------------


def read_submission(*submission_ids: int) -> None:
    """Fetch submissions, archive their bytes and record the versions. A failure is written on its submission.

    While the analysis lags behind, nothing more is fetched for it: the next sweeps come back to it. How much of an
    archive waits, whoever reads the archive sees to.
    """
    if works_alone() or not lagging() or Submission.objects.filter(pk__in=submission_ids, later=True).exists():
        _perform(FETCH, submission_ids)


def lagging() -> bool:
    """Whether more fresh versions wait for their analysis than are to wait (``ANALYSIS_BACKLOG``)."""
    fresh = Snapshot.objects.awaiting_analysis().filter(later=False).order_by()
    return fresh[: settings.ANALYSIS_BACKLOG].count() >= settings.ANALYSIS_BACKLOG


def _read(submission: Submission) -> None:
    if _has_earlier_version(submission):
        Submission.objects.postpone(submission, seconds=EARLIER_FIRST)
        return
    require_room()
    try:
        fetched = _fetched(submission)
        extracted = extract(fetched)
        _record_once(submission, _printed(submission, fetched, extracted), fetched, extracted)
    except NotNow as busy:
        Submission.objects.postpone(submission, seconds=busy.seconds)
    except IngestError as error:
        _not_read(submission, error)
    except ClaimsError as refused:
        fail(submission.pk, code=refused.code, message=str(refused))


def _has_earlier_version(submission: Submission) -> bool:
    """Whether the same archive holds a version of the same address that is still to be read: versions have an order."""
    if submission.backfill_id is None:
        return False
    waiting = Submission.objects.waiting().filter(backfill__isnull=False, address=submission.address)
    return waiting.filter(backfill=submission.backfill_id, pk__lt=submission.pk).exists()


def _not_read(submission: Submission, error: IngestError) -> None:
    """Note why an address was not read. What may pass is tried again, later each time; alone, a few times at once."""
    failures, alone = submission.failures + 1, works_alone()
    if not error.transient or failures >= (ATTEMPTS if alone else settings.FETCH_ATTEMPTS):
        fail(submission.pk, code=error.code, message=str(error))
        return
    Submission.objects.waiting().filter(pk=submission.pk).order_by().update(
        failures=failures, error_code=error.code, error=str(error)
    )
    if not alone:
        pause = pacing.after_failure(
            settings.FETCH_RETRY_SECONDS,
            failures=failures - 1,
            chance=random.random(),  # noqa: S311  no secret: it spreads the tries
            retry_after=error.retry_after,
        )
        Submission.objects.postpone(submission, seconds=pause)


def _record_once(submission: Submission, said: Printed, fetched: Fetched, extracted: Extracted) -> None:
    """Record a version. Of one that is known already no file is written."""
    if brings_nothing_new(said, extracted.text):
        with suppress(NotKept):  # another worker recorded another version just now
            _record(submission, said, _copy(fetched, extracted))
            return
    with archived(fetched, extracted) as copy:
        _record(submission, said, copy)


@transaction.atomic
def _record(submission: Submission, said: Printed, copy: Copy) -> None:
    still_to_do = Submission.objects.waiting().filter(pk=submission.pk).select_for_update(no_key=True)
    if not still_to_do.values_list("pk"):
        return
    # What a person hands in is that person's word; what was fetched is the web server's.
    handed_in = submission.payload is not None and submission.submitted_by is not None
    actor = Actor.person(submission.submitted_by) if handed_in and submission.submitted_by else INGEST
    recorded = record_version(said, copy, actor=actor)
    if submission.payload is None:  # a server gave it, just now
        follow(recorded, copy)
    Submission.objects.finish(
        submission,
        state=SubmissionState.DONE,
        payload=None,
        finished_at=timezone.now(),
        snapshot=recorded.snapshot,
        error="",  # of tries before this one
        error_code="",
        new_document=recorded.new_document,
        new_snapshot=recorded.new_snapshot,
    )
    if recorded.snapshot.error:
        retry_snapshot(recorded.snapshot)
    else:
        wake(ANALYSE, recorded.snapshot.pk, later=recorded.snapshot.later)


def _fetched(submission: Submission) -> Fetched:
    if submission.payload is None:
        # What a person asks for is asked for as by a browser; what a feed or a list of feeds lists, as by a program.
        feed, listed = submission.feed, submission.backfill_id is not None
        return fetch_politely(
            submission.address,
            obey_robots=feed.obey_robots if feed is not None else listed,
            patience=PATIENCE_ALONE if works_alone() else PATIENCE,
        )
    if submission.backfill_id is not None:
        return as_got(submission)
    return Fetched(
        address=submission.address,
        final_address=submission.address,
        payload=bytes(submission.payload),
        content_type=submission.content_type,
        fetched_at=submission.created_at,
    )


@contextmanager
def archived(fetched: Fetched, extracted: Extracted) -> Iterator[Copy]:
    """One version, its bytes kept; within it, record it. Raises ``Outage`` where they cannot be kept."""
    with kept(fetched) as where:
        yield replace(
            _copy(fetched, extracted),
            warc_path=where.path,
            warc_offset=where.offset,
            warc_length=where.length,
            warc_sha256=where.file_sha256,
        )


def _copy(fetched: Fetched, extracted: Extracted) -> Copy:
    """One version whose bytes are not kept."""
    return Copy(
        fetched_at=fetched.fetched_at,
        fetched_from=fetched.final_address[:2000],
        warc_path="",
        warc_offset=0,
        warc_length=0,
        payload_sha256=fetched.sha256,
        text=extracted.text,
        extractor=extracted.extractor,
        extractor_version=extracted.extractor_version,
        http_status=fetched.status,
        headers=[list(header) for header in fetched.headers],
        content_type=fetched.content_type[:200],
        signature=nearduplicates.signature(extracted.text),
    )


def _printed(submission: Submission, fetched: Fetched, extracted: Extracted) -> Printed:
    feed = submission.feed
    item = submission.items.order_by("pk").first() if feed is not None else None
    if submission.backfill_id is None:
        return printed(fetched, extracted, feed=feed, item=item, dossier=submission.dossier)
    told = as_told(submission, extracted)
    return replace(printed(fetched, told, feed=feed, item=item, dossier=submission.dossier), from_archive=True)


def printed(
    fetched: Fetched, extracted: Extracted, *, feed: Feed | None, item: FeedItem | None = None, dossier: str = ""
) -> Printed:
    """What the document says about itself, and where it is silent, its feed of it.

    A file without an address is known by its bytes, wherever it lies. Who publishes what a feed lists, whoever set the
    feed up knows better than the page.
    """
    address = extracted.url or (fetched.final_address if fetched.from_web else f"urn:sha256:{fetched.sha256}")
    kind = extracted.publisher_kind if extracted.publisher_kind in SourceKind.values else SourceKind.NEWS_MEDIA
    credit = extracted.credit or find_credit(extracted.text)
    notice = _notice(extracted)
    return Printed(
        url=address[:2000],
        title=extracted.title or (item.title if item else ""),
        publisher=_publisher(feed) or (Named(extracted.publisher, str(kind)) if extracted.publisher else None),
        credit=Named(credit, SourceKind.NEWS_MEDIA) if credit else None,
        byline=extracted.byline or find_byline(extracted.text) or "",
        published_at=extracted.published_at or (item.published_at if item else None),
        language=extracted.language or "",
        dossier=extracted.dossier or dossier,
        state=extracted.state or (notice.state if notice else ""),
        notice=notice.words if notice else "",
        state_reason=notice.explanation if notice else "",
        channel=feed.channel if feed else None,
    )


def _notice(extracted: Extracted) -> Notice | None:
    """What the document says of its own correction or retraction: its header has the first word, then its markup."""
    found = extracted.notice or find_notice(extracted.text, title=extracted.title or "")
    return found if found and extracted.state in (None, found.state) else None


def _publisher(feed: Feed | None) -> Named | None:
    known = feed.publisher.resolved if feed is not None and feed.publisher is not None else None
    return Named(known.name, known.kind) if known is not None else None


# --- Analyse ---------------------------------------------------------------------------------------------------------


def analyse_snapshot(*snapshot_ids: int) -> None:
    """Settle which documents are copies, find the snapshots' statements and record them; once per snapshot."""
    _perform(ANALYSE, snapshot_ids)


def _analyse(snapshot: Snapshot) -> None:
    settle_origins(snapshot)
    found = found_in(snapshot)
    with transaction.atomic():
        record_analysis(snapshot, found)
        Snapshot.objects.release(snapshot)
        wake(MATCH, snapshot.pk, later=snapshot.later)


def found_in(snapshot: Snapshot) -> list[Attributed]:
    """What the present version of the analysis finds in a snapshot. Writes nothing."""
    published = snapshot.document.published_at or snapshot.fetched_at
    return [attributed(one) for one in analyse(snapshot.text, published_on=published.date(), finder=FINDER)]


@transaction.atomic(savepoint=False)
def record_analysis(snapshot: Snapshot, found: list[Attributed]) -> statements.Analysed:
    """Record what the present version of the analysis found; its statements wait to be placed then.

    What people decided on the same words in the version before holds in this one.
    """
    with ledger.written_together():
        carry_decisions(snapshot, actor=ANALYSIS)
        return statements.record_statements(snapshot, found, extractor=EXTRACTOR, version=VERSION, actor=ANALYSIS)


def attributed(found: Found) -> Attributed:
    """What the analysis found, as ``claims`` records it."""
    source = None
    if found.source is not None:
        mention = found.source
        source = Named(
            mention.name or mention.passage.text,
            mention.kind.value if mention.name else SourceKind.UNNAMED,
            mention.description,
            mention.organisation,
        )
    return Attributed(
        content_spans=[list(span) for span in found.content.spans],
        source=source,
        source_spans=[list(span) for span in found.source.passage.spans] if found.source else [],
        cue_spans=[list(span) for span in found.cue.spans] if found.cue else [],
        parent=found.parent,
        quotation=found.quotation.value,
        polarity=found.polarity.value,
        modality=found.modality.value,
        decided_by_words=list(found.decided_by),
        quantities=[quantity_as_json(quantity) for quantity in found.quantities],
        place=found.place or "",
        when_text=found.when.text if found.when else "",
        when_first=found.when.first if found.when else None,
        when_last=found.when.last if found.when else None,
        confidence=found.confidence,
    )


# --- Match -----------------------------------------------------------------------------------------------------------


def match_snapshot(*snapshot_ids: int) -> None:
    """Place the snapshots' statements among the claims, and look for what now conflicts."""
    _perform(MATCH, snapshot_ids)


def _match(snapshots: Sequence[Snapshot]) -> None:
    with transaction.atomic():
        matching.match_snapshots([snapshot.pk for snapshot in snapshots])
        Snapshot.objects.release_all(snapshots, attempts=0)


def _of_one_dossier(pks: Sequence[int]) -> list[list[int]]:
    """The snapshots of each dossier, so many at a time that placing them together takes no long time. One query."""
    found = Snapshot.objects.filter(pk__in=pks).annotate(count=Count("statements"))
    parts: list[list[int]] = []
    room, last = 0, None
    rows = found.order_by("document__dossier", "pk").values_list("pk", "document__dossier", "count")
    for pk, dossier, count in rows:
        if dossier != last or count > room:
            parts.append([])
            room, last = STATEMENTS_TOGETHER, dossier
        parts[-1].append(pk)
        room -= count
    return parts


# --- Everything ------------------------------------------------------------------------------------------------------


def _one_by_one(pks: Sequence[int]) -> list[list[int]]:
    return [[pk] for pk in pks]


@dataclass(frozen=True, slots=True)
class _Step:
    """Which rows a step has to do, how it does some, where it notes why it gave one up, and which it does together."""

    waiting: Callable[[], WorkQuerySet[Any]]
    run: Callable[[Sequence[Any]], None]
    give_up: Callable[[Any, str], None]
    parts: Callable[[Sequence[int]], list[list[int]]] = _one_by_one


def _give_up_submission(submission: Submission, why: str) -> None:
    fail(submission.pk, code="given_up", message=f"{shown(submission.address)} could not be read: {why}")


def _give_up_snapshot(snapshot: Snapshot, why: str) -> None:
    step = "placed among the claims" if snapshot.analysed_with else "analysed"
    Snapshot.objects.filter(pk=snapshot.pk).update(error=f"It could not be {step}: {why}")


STEPS: dict[str, _Step] = {
    FETCH: _Step(Submission.objects.waiting, lambda rows: _read(*rows), _give_up_submission),
    ANALYSE: _Step(Snapshot.objects.awaiting_analysis, lambda rows: _analyse(*rows), _give_up_snapshot),
    MATCH: _Step(Snapshot.objects.awaiting_matching, _match, _give_up_snapshot, _of_one_dossier),
}


def _perform(task: str, pks: Sequence[int]) -> None:
    """Do one step for these rows, then what follows from it as far as this process may; others are told of the rest.

    What follows is done at once, so that a document that was begun is finished before the next one is: the sooner its
    claims are seen, and the less waits. It is a step like any other: begun with a claim, its attempts counted.
    """
    begun = time.monotonic()
    with gathering() as told:
        _perform_step(task, pks, begun)
        while following := _to_go_on_with(told, begun):
            step, later = following
            rows = told.pop(following)
            if not later:  # each is told of by itself
                told[following] = rows[1:]
                rows = rows[:1]
            going_on.turn_to(step, rows)
            logger.info("Going on, without a message.")
            try:
                _perform_step(step, rows, begun)
            except (OperationalError, InterfaceError) as away:
                # What the message asked for is done. This step is tried again by whoever gets its own message.
                logger.warning("The database: %s. It is tried again.", away)
                told[following] += rows
                break
            finally:
                going_on.turn_to(task, pks)


def _to_go_on_with(told: Told, begun: float) -> tuple[str, bool] | None:
    """What this process goes on with of what it would have to tell of: what is fresh first, of archives all of a step.

    Nothing where a message would not come here, where it is asked to stop, and where it has been at it for so long that
    others must have their turn (the time limit of the task, which a step is to have to itself, is many times longer).
    With an archive nothing while something fresh waits.
    """
    if going_on.stopping() or time.monotonic() - begun >= BATCH_SECONDS:
        return None
    for (step, later), rows in sorted(told.items(), key=lambda item: item[0][1]):
        if rows and step in STEPS and going_on.serves(step, later=later) and not (later and _fresh_waits()):
            return step, later
    return None


def _fresh_waits() -> bool:
    """Whether something waits, for somebody to begin it, that no archive brought."""
    return any(step.waiting().filter(later=False).unclaimed().exists() for step in STEPS.values())


def _perform_step(task: str, pks: Sequence[int], begun: float) -> None:
    """Do one step for these rows, as far as it is still to do and nobody else is at it.

    Several are from archives. What of them is not begun after a while is handed on, in halves, behind whatever is fresh
    and to whoever is idle; and so it is when the worker is asked to stop.
    """
    if len(pks) == 1:
        _perform_one(task, pks[0])
        return
    parts = STEPS[task].parts(pks)
    while parts:
        part = parts.pop(0)
        if len(part) == 1:
            _perform_one(task, part[0])
        else:
            parts[:0] = _one_by_one(_perform_together(task, part))
        if going_on.stopping() or time.monotonic() - begun >= BATCH_SECONDS:
            break
    left = [pk for part in parts for pk in part]
    wake_together(task, left[: len(left) // 2])
    wake_together(task, left[len(left) // 2 :])


def _perform_together(task: str, pks: Sequence[int]) -> Sequence[int]:
    """Do one step for several rows at once; return those that are to be done by themselves.

    Those are the ones that were begun before: whatever stopped them must not stop the others with them. And all of
    them, where doing them together failed: one of them is the reason, and the attempt counts for none.
    """
    step = STEPS[task]
    free = step.waiting().filter(attempts=0)
    rows = free.claim_all(pks, seconds=settings.WORK_LEASE_SECONDS, by=claimants.this_process())
    if not rows:
        return pks
    claims = type(rows[0])._default_manager
    try:
        step.run(rows)
    except (OperationalError, InterfaceError):
        raise
    except Exception:
        logger.exception("%s failed for %d rows together; each is done by itself now.", task, len(rows))
        claims.release_all(rows, attempts=0)
        return pks
    finally:
        claims.release_all(rows)
    done = {row.pk for row in rows}
    return [pk for pk in pks if pk not in done]


def _perform_one(task: str, pk: int) -> None:
    """Do one step for one row, if it is still to do and nobody else is at it."""
    step = STEPS[task]
    waiting = step.waiting()
    row = waiting.claim(pk, seconds=settings.WORK_LEASE_SECONDS, by=claimants.this_process())
    if row is None:
        return
    try:
        if row.attempts > ATTEMPTS:
            step.give_up(row, f"the worker died on it, or lost the database, {ATTEMPTS} times.")
        else:
            step.run([row])
    except (OperationalError, InterfaceError):  # the database is away: the task is tried again, then the row
        raise
    except Outage as outage:
        logger.error("%s(%s) has to wait: %s", task, pk, outage)  # noqa: TRY400  it is no fault of the program's
        type(row)._default_manager.postpone(row, seconds=outage.seconds)
        if works_alone():
            raise
    except Exception as error:  # whatever it is, it must not stop the work on other rows
        logger.exception("%s(%s) failed, attempt %d of %d.", task, pk, row.attempts, ATTEMPTS)
        if row.attempts >= ATTEMPTS:
            said = shown(f"{type(error).__name__}: {error}")
            step.give_up(row, f"the program failed on it {ATTEMPTS} times ({said}). The log says more.")
    finally:
        type(row)._default_manager.release(row)


def outstanding() -> list[tuple[str, int]]:
    """What is left to do, in the order in which to do it: (task, id). What was given up is not among it."""
    return [(task, pk) for task, step in STEPS.items() for pk in step.waiting().values_list("pk", flat=True)]


def unclaimed() -> list[tuple[str, int]]:
    """What of it nobody is working on."""
    return [
        (task, pk) for task, step in STEPS.items() for pk in step.waiting().unclaimed().values_list("pk", flat=True)
    ]


def announce_outstanding() -> int:
    """Tell workers of work that nobody is at and that nobody was told of lately; return of how many rows.

    What is fresh comes before what is from archives, then the furthest along, then the oldest. A sweep tells of so many
    rows at most: a long queue must not grow longer by being swept.
    """
    left = ANNOUNCED_AT_ONCE
    for later, task in product((False, True), reversed(STEPS)):
        if task == FETCH and not later and lagging():
            continue
        rows = _untold(STEPS[task].waiting().filter(later=later).unclaimed(), queue_of(task, later=later))
        told = list(rows.values_list("pk", flat=True)[:left])
        _note_told(rows, told)
        if later:
            wake_together(task, told)
        else:
            for pk in told:
                wake(task, pk)
        left -= len(told)
    return ANNOUNCED_AT_ONCE - left


def _untold(rows: WorkQuerySet[Any], queue: str) -> WorkQuerySet[Any]:
    """Those of which probably no message is under way.

    Where no message waits in the queue, none is of those who were told of some time ago. Where some do, whoever takes
    them is busy, and each row may have one among them: all but those that were begun and given back, of which nobody
    was told since. That is believed for an hour of the others.
    """
    idle = rows.unannounced(within=TOLD_SECONDS)
    if not idle.exists() or not messages_wait_in(queue):
        return idle
    believed = rows.never_begun().filter(announced_at=None)
    _note_told(rows, list(believed.values_list("pk", flat=True)[:BELIEVED_AT_ONCE]))
    return rows.unannounced(within=BELIEVED_SECONDS).exclude(announced_at=None, attempts=0, claimed_until=None)


def _note_told(rows: WorkQuerySet[Any], pks: Sequence[int]) -> None:
    if pks:
        rows.filter(pk__in=pks).order_by().update(announced_at=Now())


def work_off(*, on_progress: Callable[[], None] = lambda: None) -> None:
    """Do everything outstanding in this process, then seal the ledger: a worker's steps, without a broker.

    Raises ``Outage`` where something that it takes is out of order; what is left stays queued.
    """
    claimants.release_the_dead()
    with working_alone():
        while todo := unclaimed():
            for task, pk in todo:
                _perform_one(task, pk)
                on_progress()
    ledger.seal()
