"""Looking again at pages that are held: a page whose time has come is claimed, fetched, and what changed is recorded.

What is found is written whole or not at all. A worker that is killed leaves a claim that lapses; the page is due still.
A server is believed at once that a page has another version, but not that it has gone or has become something else
altogether: outages, consent walls and misled redirects look the same for a while.
"""

import hashlib
import logging
import random
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.db import InterfaceError, OperationalError, transaction
from django.db.models import F, Q
from django.db.models.functions import Now
from django.utils import formats, timezone
from django.utils.timesince import timesince
from django.utils.translation import gettext as _

from claims.addresses import normalised
from claims.choices import DocumentState
from claims.errors import WrongState
from claims.limits import SECONDS, Limit
from claims.models import Document, Snapshot
from claims.services import allowances
from claims.services.documents import Printed, record_version, says_something_new, set_document_state
from tracker import claimants, pipeline
from tracker.analysis import nearduplicates
from tracker.evidence import require_room
from tracker.feeds.looking import validators_of
from tracker.feeds.pacing import after_failure
from tracker.ingest.errors import ErrorCode, IngestError, shown
from tracker.ingest.extraction import Extracted, extract
from tracker.ingest.fetched import Fetched
from tracker.ingest.fetching import Wanted
from tracker.models import Feed, LeftAlone, Page, PageFound
from tracker.outages import Outage
from tracker.pages import pacing
from tracker.pages.following import next_check
from tracker.politeness import NotNow, fetch_politely
from tracker.submissions import ANALYSE, wake

logger = logging.getLogger(__name__)

CHECK = "tracker.tasks.check_page"
ANNOUNCED_AT_ONCE = 200
ATTEMPTS = 3
MISSING, GONE = frozenset({404, 410}), 410
BELIEVED = 3  # answers in a row that a page is gone, or has become something else
DOUBTED = 8 * pacing.HOUR  # between two of them at least
ANOTHER_TEXT = 0.1  # share of the shorter text's runs of words that a version has in common with the one before


class SomethingElse(Exception):
    """What the address gives now is no version of the page, as far as can be told."""

    def __init__(self, why: str, *, believable: bool) -> None:
        super().__init__(why)
        self.believable = believable
        """Whether it is taken for the page's next version once it was seen often enough; otherwise the page is gone."""


@dataclass(frozen=True, slots=True)
class _Version:
    """Another version, ready to be recorded."""

    printed: Printed
    fetched: Fetched
    extracted: Extracted


def announce_due() -> int:
    """Wake workers for the pages whose time has come; return the number of messages. Any number may do so at once."""
    if not settings.RECHECKS_PER_DAY or pipeline.lagging():
        return 0
    left = min(_budget().left, ANNOUNCED_AT_ONCE)
    with transaction.atomic():
        due = Page.objects.due().unclaimed().unannounced(within=settings.WORK_LEASE_SECONDS)
        told = list(due.select_for_update(skip_locked=True, of=("self",)).values_list("pk", flat=True)[:left])
        Page.objects.filter(pk__in=told).update(announced_at=Now())
        for pk in told:
            wake(CHECK, pk)
    return len(told)


@transaction.atomic
def check_now(page: Page) -> Page:
    """Have a page looked at as soon as a worker is free, whatever its turn.

    Raises ``WrongState``, which says why, where none would look at it.
    """
    if why := why_not_now(page):
        raise WrongState(why)
    Page.objects.filter(pk=page.pk).update(next_check_at=Now(), attempts=0)
    page.refresh_from_db(fields=["next_check_at", "attempts"])
    wake(CHECK, page.pk)
    return page


def why_not_now(page: Page) -> str:
    """Why no worker that is told of a page would look at it, in words for whoever asked; empty where one would."""
    now = timezone.now()
    document = page.document
    if alone := _left_alone(document):
        return _("It is left alone, as the pages of this %(whose)s are: %(reason)s") % {
            "whose": _("publisher") if alone.publisher else _("feed") if alone.feed else _("dossier"),
            "reason": alone.reason,
        }
    if document.dossier.closed_at is not None:
        return _("Its dossier is closed: nothing of it is fetched again. Reopen the dossier first.")
    if document.snapshots.filter(latest=True, removed_at__isnull=False).exists():
        return _("A rule of its dossier removed its contents: they are not fetched back.")
    if not settings.RECHECKS_PER_DAY:
        return _("Pages are not looked at again here: RECHECKS_PER_DAY is 0.")
    today = _budget()
    if not today.left:
        return _("Today's %(count)s looks are used up (RECHECKS_PER_DAY). Ask again in %(time)s.") % {
            "count": settings.RECHECKS_PER_DAY,
            "time": timesince(now, now + timedelta(seconds=max(today.ends_in, 60))),
        }
    if page.claimed_until is not None and page.claimed_until > now:
        if page.claimed_by:
            return _("A worker is looking at it at this moment: its finding will show here.")
        return _("It waits for its turn at its server, and is looked at by itself after %(time)s.") % {
            "time": formats.date_format(timezone.localtime(page.claimed_until), "H:i:s"),
        }
    return ""


def _left_alone(document: Document) -> LeftAlone | None:
    """By which row of the list of those that are left alone its page is one of them."""
    of_it = Q(dossier=document.dossier_id)
    if document.channel_id:
        of_it |= Q(feed__channel=document.channel_id)
    if document.publisher is not None:
        of_it |= Q(publisher__in=[document.publisher_id, document.publisher.merged_into_id or document.publisher_id])
    return LeftAlone.objects.select_related("publisher", "feed", "dossier").filter(of_it).first()


def left_today() -> int:
    """How many pages may still be looked at today."""
    return _budget().left


def _budget(*, spent: int = 0) -> allowances.Spent:
    """What may still be asked of servers today."""
    return allowances.spend(Limit(settings.RECHECKS_PER_DAY, SECONDS["day"]), name="pages", caller="all", cost=spent)


def check_page(pk: int) -> None:
    """Look at one page, if its time has come and nobody else is at it. What goes wrong is written on it."""
    page = Page.objects.due().claim(pk, seconds=settings.WORK_LEASE_SECONDS, by=claimants.this_process())
    if page is None:
        return
    try:
        today = _budget()
        if page.attempts > ATTEMPTS:
            _note_failure(page, IngestError(ErrorCode.UNREADABLE, f"The worker died on it {ATTEMPTS} times."))
        elif not today.left:
            Page.objects.postpone(page, seconds=today.ends_in)
        else:
            _check(page)
    except (OperationalError, InterfaceError):  # the database is away: the task is tried again, then the page
        raise
    except NotNow as busy:
        Page.objects.postpone(page, seconds=busy.seconds)
    except Outage as outage:
        logger.error("Page %s has to wait: %s", pk, outage)  # noqa: TRY400  it is no fault of the program's
        Page.objects.postpone(page, seconds=outage.seconds)
    except IngestError as error:
        _note_failure(page, error)
    except Exception as error:  # whatever it is, it must not stop the other pages
        logger.exception("Looking at page %s again failed.", pk)
        said = shown(f"{type(error).__name__}: {error}")
        _note_failure(page, IngestError(ErrorCode.UNREADABLE, f"The program failed on it ({said}). The log says more."))
    finally:
        Page.objects.release(page)


def _check(page: Page) -> None:
    require_room()
    document = Document.objects.select_related("channel__feed__publisher").get(pk=page.document_id)
    last = document.snapshots.get(latest=True)
    feed: Feed | None = getattr(document.channel, "feed", None)
    wanted = Wanted(etag=page.validators.get("etag", ""), last_modified=page.validators.get("last_modified", ""))
    try:
        fetched = fetch_politely(page.address, wanted=wanted, obey_robots=feed is None or feed.obey_robots)
    except IngestError:
        _budget(spent=1)
        raise
    _budget(spent=1)
    if fetched.unchanged:
        _note(page, fetched, PageFound.SAME)
        return
    extracted = extract(fetched)
    said = replace(pipeline.printed(fetched, extracted, feed=feed), url=document.url)
    same = hashlib.sha256(extracted.text.encode()).hexdigest() == last.text_sha256
    if same and not says_something_new(document, said):
        _note(page, fetched, PageFound.SAME)
        return
    try:
        if not same:
            _require_same_page(document, last, fetched, extracted, said)
    except SomethingElse as else_:
        if not (else_.believable and page.doubts + 1 >= BELIEVED):
            _note_doubt(page, str(else_), gone=page.doubts + 1 >= BELIEVED)
            return
    _record(page, _Version(said, fetched, extracted))


def _require_same_page(
    document: Document, last: Snapshot, fetched: Fetched, extracted: Extracted, said: Printed
) -> None:
    """Raise ``SomethingElse`` where an address gives what can hardly be the page's next version."""
    leads_to = normalised(fetched.final_address)
    if leads_to not in (document.url, normalised(last.fetched_from)):
        taken = Document.objects.filter(url=leads_to).exclude(pk=document.pk).exists()
        if taken or not nearduplicates.is_copy(last.text, extracted.text):
            raise SomethingElse(
                f"Its address leads to {shown(leads_to)} now, where another text is. Hand that address in, if it is to "
                "be read.",
                believable=False,
            )
    elif not said.notice and nearduplicates.containment(last.text, extracted.text) < ANOTHER_TEXT:
        raise SomethingElse(
            "It has another text altogether now. Should it have so for longer, that is taken for its next version; to "
            "have it read at once, hand the address in.",
            believable=True,
        )


# --- What was found ---------------------------------------------------------------------------------------------------


def _still_ours(page: Page) -> Page | None:
    """The page's row, locked; ``None`` where the time was up and somebody else has it now."""
    locked = Page.objects.select_for_update(of=("self",)).get(pk=page.pk)
    return locked if locked.claimed_until == page.claimed_until else None


def _record(page: Page, version: _Version) -> None:
    with pipeline.archived(version.fetched, version.extracted) as copy, transaction.atomic():
        if _still_ours(page) is None:
            return
        _take_back_gone(page)
        recorded = record_version(version.printed, copy, actor=pipeline.INGEST)
        if recorded.new_snapshot:
            wake(ANALYSE, recorded.snapshot.pk)
        _note(page, version.fetched, PageFound.CHANGED, changed=recorded.new_snapshot)


@transaction.atomic
def _note(page: Page, fetched: Fetched, found: PageFound, *, changed: bool = False) -> None:
    locked = _still_ours(page)
    if locked is None:
        return
    _take_back_gone(locked)
    now = timezone.now()
    changed_at = now if changed else locked.changed_at
    Page.objects.filter(pk=locked.pk).update(
        found=found,
        validators=validators_of(fetched, locked.validators),
        changed_at=changed_at,
        last_checked_at=now,
        next_check_at=next_check(changed_at, now=now),
        checks=F("checks") + 1,
        failures=0,
        doubts=0,
        attempts=0,
        error="",
        error_code="",
    )


def _take_back_gone(page: Page) -> None:
    """A page that is there again is as it was before it went."""
    document = Document.objects.get(pk=page.document_id)
    if document.state == DocumentState.GONE:
        before = DocumentState.CORRECTED if document.snapshots.count() > 1 else DocumentState.LIVE
        set_document_state(document, state=before, actor=pipeline.INGEST, reason="its server gives it again")


def _note_doubt(page: Page, why: str, *, gone: bool, code: str = "something_else") -> None:
    with transaction.atomic():
        locked = _still_ours(page)
        if locked is None:
            return
        _note_not_read(locked, PageFound.GONE if gone else PageFound.DOUBTED, code=code, why=why, at_least=DOUBTED)
        Page.objects.filter(pk=locked.pk).update(doubts=F("doubts") + 1)
        document = Document.objects.get(pk=locked.document_id)
        # A retraction or a correction says more than that the page has gone, and goes on to count.
        if gone and document.state in (DocumentState.LIVE, DocumentState.CORRECTED) and not document.taken_back:
            set_document_state(document, state=DocumentState.GONE, actor=pipeline.INGEST, reason=why)


def _note_failure(page: Page, error: IngestError) -> None:
    if error.code is ErrorCode.HTTP_STATUS and error.status in MISSING:
        gone = error.status == GONE or page.doubts + 1 >= BELIEVED
        _note_doubt(page, str(error), gone=gone, code=str(error.code))
        return
    with transaction.atomic():
        locked = _still_ours(page)
        if locked is None:
            return
        backoff = after_failure(
            pacing.SOONEST,
            failures=locked.failures,
            chance=random.random(),  # noqa: S311  no secret: it spreads the tries
            retry_after=error.retry_after,
        )
        _note_not_read(locked, PageFound.FAILED, code=str(error.code), why=str(error), at_least=backoff)


def _note_not_read(page: Page, found: PageFound, *, code: str, why: str, at_least: float) -> None:
    now = timezone.now()
    usual = next_check(page.changed_at, now=now)
    changes: dict[str, Any] = {
        "found": found,
        "last_checked_at": now,
        "next_check_at": max(usual, now + timedelta(seconds=at_least)) if usual is not None else None,
        "checks": F("checks") + 1,
        "failures": F("failures") + 1,
        "attempts": 0,
        "error_code": code,
        "error": why,
    }
    Page.objects.filter(pk=page.pk).update(**changes)
