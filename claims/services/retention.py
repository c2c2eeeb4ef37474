"""How long a dossier keeps the contents of documents, the legal hold that stops their removal, and the removal itself.

What goes are bytes, text and headers of a version, and with them the pages that took its text back. What stays is its
row with every hash, the words that statements quote, what was decided on them, and the ledger, which then says what was
removed, when and under which rule.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.contrib.auth.models import User
from django.db import connection, transaction
from django.db.models import Q
from django.utils import formats, timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from claims.errors import ContentsRemoved, OnLegalHold, ReasonMissing, WrongState
from claims.models import ARCHIVED, Archived, Dossier, Notice, Snapshot
from claims.models.archived import ArchivedQuerySet
from claims.models.document import SnapshotQuerySet
from claims.services import ledger
from claims.services.actor import Actor

RETENTION = Actor.machine("retention", "1")
REMOVAL_LOCK = 0x4E40  # a PostgreSQL advisory lock, shared by removals


@dataclass(frozen=True, slots=True)
class Due:
    """Versions of one dossier whose contents are to go, and the rule in words."""

    snapshots: SnapshotQuerySet
    rule: str


@transaction.atomic
def set_retention(
    dossier: Dossier, *, unused_days: int | None, closed_days: int | None, by: User, reason: str
) -> Dossier:
    """For how many days contents are kept: of versions that nothing rests on, and of all once the dossier is closed.

    ``None`` keeps them for ever. Nothing goes at once: the next run of the rules looks.
    """
    row = _locked(dossier, reason)
    row.keep_unused_days, row.keep_closed_days = unused_days, closed_days
    return _recorded(row, "retention set", by, reason, ["keep_unused_days", "keep_closed_days"])


@transaction.atomic
def close_dossier(dossier: Dossier, *, by: User, reason: str) -> Dossier:
    """The investigation is over: its retention period begins."""
    row = _locked(dossier, reason)
    if row.closed_at is not None:
        raise WrongState(f"{row} was closed on {row.closed_at:%Y-%m-%d} already.")
    row.closed_at = timezone.now()
    return _recorded(row, "closed", by, reason, ["closed_at"])


@transaction.atomic
def reopen_dossier(dossier: Dossier, *, by: User, reason: str) -> Dossier:
    """The investigation goes on: no period runs. What was removed does not come back."""
    row = _locked(dossier, reason)
    if row.closed_at is None:
        raise WrongState(f"{row} is not closed.")
    row.closed_at = None
    return _recorded(row, "reopened", by, reason, ["closed_at"])


@transaction.atomic
def place_hold(dossier: Dossier, *, by: User, reason: str) -> Dossier:
    """From now on nothing of this dossier is removed, whatever its rules say, until somebody lifts the hold."""
    row = _locked(dossier, reason)
    if row.legal_hold:
        raise WrongState(f"{row} is on legal hold already.")
    row.legal_hold = True
    return _recorded(row, "legal hold placed", by, reason, ["legal_hold"])


@transaction.atomic
def lift_hold(dossier: Dossier, *, by: User, reason: str) -> Dossier:
    """The dossier's own rules count again, from the next time that they are applied."""
    row = _locked(dossier, reason)
    if not row.legal_hold:
        raise WrongState(f"{row} is not on legal hold.")
    row.legal_hold = False
    return _recorded(row, "legal hold lifted", by, reason, ["legal_hold"])


def _locked(dossier: Dossier, reason: str) -> Dossier:
    if not reason.strip():
        raise ReasonMissing("Say why: the ledger keeps it for whoever asks later.")
    return Dossier.objects.select_for_update(no_key=True).get(pk=dossier.pk)


def _recorded(row: Dossier, verb: str, by: User, reason: str, changed: list[str]) -> Dossier:
    row.save(update_fields=changed)
    ledger.record(Actor.person(by), verb, row, reason=reason)
    return row


def due_in(dossier: Dossier, *, at: datetime) -> Iterator[Due]:
    """What of a dossier its rules would have removed at a moment; nothing, while it is on legal hold."""
    if dossier.legal_hold:
        return
    kept = Snapshot.objects.with_contents().filter(document__dossier=dossier).order_by("pk")
    # What was fetched again after the closing has its period from then on.
    if dossier.keep_closed_days and dossier.closed_at:
        before = at - timedelta(days=dossier.keep_closed_days)
        if dossier.closed_at <= before:
            read = ~Q(matched_with="") | ~Q(error="")  # what waits for its turn is read first
            yield Due(
                kept.filter(read, fetched_at__lte=before),
                f"the dossier was closed more than {_days(dossier.keep_closed_days)} ago",
            )
            kept = kept.filter(fetched_at__gt=before)
    if dossier.keep_unused_days:
        before = at - timedelta(days=dossier.keep_unused_days)
        yield Due(
            kept.unused().filter(fetched_at__lte=before),
            f"no claim or verdict rests on it, and it was fetched more than {_days(dossier.keep_unused_days)} ago",
        )


def in_words(dossier: Dossier) -> str:
    """What a person at the desk is told of how long contents are kept; empty where they are kept for ever."""
    told = []
    if dossier.closed_at:
        told.append(_("Closed on %(day)s.") % {"day": formats.date_format(dossier.closed_at, "j F Y")})
    if dossier.legal_hold:
        told.append(_("On legal hold: nothing of it is removed."))
    if dossier.keep_unused_days:
        told.append(
            ngettext(
                "Contents that no claim or verdict rests on go after %(n)s day.",
                "Contents that no claim or verdict rests on go after %(n)s days.",
                dossier.keep_unused_days,
            )
            % {"n": dossier.keep_unused_days}
        )
    if dossier.keep_closed_days:
        told.append(
            ngettext(
                "All contents go %(n)s day after it is closed.",
                "All contents go %(n)s days after it is closed.",
                dossier.keep_closed_days,
            )
            % {"n": dossier.keep_closed_days}
        )
    return " ".join(told)


def _days(count: int) -> str:
    return "1 day" if count == 1 else f"{count} days"


@contextmanager
def removals_wait() -> Iterator[None]:
    """Within it no removal is committed: those under way end first, and others wait. To be held for moments."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_lock(%s)", [REMOVAL_LOCK])
    try:
        yield
    finally:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_unlock(%s)", [REMOVAL_LOCK])


@transaction.atomic
def remove_contents(snapshot_id: int, *, at: datetime) -> Snapshot | None:
    """Remove text and headers of one version, if a rule still says so; ``None`` where none does any more.

    The pages that took back its text go with it, those too that came after it had gone. Files go afterwards, and by
    whoever keeps them: see :func:`files_to_remove`. Raises ``OnLegalHold``.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock_shared(%s)", [REMOVAL_LOCK])
    snapshot = Snapshot.objects.select_for_update(of=("self",)).select_related("document").get(pk=snapshot_id)
    # Others go on adding to the dossier meanwhile; a hold waits.
    dossier = Dossier.objects.select_for_update(no_key=True).get(pk=snapshot.document.dossier_id)
    if dossier.legal_hold:
        raise OnLegalHold(f"{dossier} is on legal hold: nothing of it is removed.")
    due = (due.rule for due in due_in(dossier, at=at) if due.snapshots.filter(pk=snapshot_id).exists())
    rule = snapshot.removed_under or next(due, None)
    gone: list[Archived] = [snapshot] if snapshot.removed_at is None else []
    gone += Notice.objects.with_contents().filter(snapshot=snapshot).select_for_update(of=("self",)).order_by("pk")
    if rule is None or not gone:
        return None
    for row in gone:
        row.headers, row.removed_at, row.removed_under = [], at, rule
        changed = ["headers", "removed_at", "removed_under"]
        if isinstance(row, Snapshot):
            row.text = ""
            changed.append("text")
        row.save(update_fields=changed)
    ledger.record(RETENTION, "contents removed", *gone, reason=rule)
    return snapshot


def printed_again(dossier: Dossier) -> SnapshotQuerySet:
    """Removed versions of a dossier whose text came again since, on a page that took it back: that page is to go, too.

    Nothing, while the dossier is on legal hold.
    """
    again = Snapshot.objects.with_notices_left().filter(document__dossier=dossier, document__dossier__legal_hold=False)
    return again.select_related("document").defer("text", "headers", "signature").order_by("pk")


def files_to_remove() -> list[ArchivedQuerySet[Any]]:
    """What of each sort lost its contents and has its file still; nothing of dossiers on legal hold."""
    return [model.objects.files_to_remove() for model in ARCHIVED]


def refuse_if_removed(row: Archived) -> None:
    """Raise ``ContentsRemoved``, which says when and why, where the contents of a version, or of a notice, are gone."""
    if row.removed_at is None:
        return
    raise ContentsRemoved(
        f"The contents of this version were removed on {row.removed_at:%Y-%m-%d}: {row.removed_under}. Its "
        "hashes, what was quoted from it and the ledger are kept.",
        members={
            "removed_at": row.removed_at.isoformat(),
            "removed_under": row.removed_under,
            "payload_sha256": row.hashes["payload_sha256"],
            "text_sha256": row.hashes["text_sha256"],
        },
    )
