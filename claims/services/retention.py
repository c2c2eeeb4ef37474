"""How long a dossier keeps the contents of documents, the legal hold that stops their removal, and the removal itself.

What goes are bytes, text and headers of a version. What stays is its row with every hash, the words that statements
quote, what was decided on them, and the ledger, which then says what was removed, when and under which rule.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.contrib.auth.models import User
from django.db import connection, transaction
from django.db.models import Q
from django.utils import formats, timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from claims.errors import ContentsRemoved, OnLegalHold, ReasonMissing, WrongState
from claims.models import Dossier, Snapshot
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

    Its file goes afterwards, and by whoever keeps it: see :func:`files_to_remove`. Raises ``OnLegalHold``.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock_shared(%s)", [REMOVAL_LOCK])
    snapshot = Snapshot.objects.select_for_update(of=("self",)).select_related("document").get(pk=snapshot_id)
    # Others go on adding to the dossier meanwhile; a hold waits.
    dossier = Dossier.objects.select_for_update(no_key=True).get(pk=snapshot.document.dossier_id)
    if dossier.legal_hold:
        raise OnLegalHold(f"{dossier} is on legal hold: nothing of it is removed.")
    rule = next((due.rule for due in due_in(dossier, at=at) if due.snapshots.filter(pk=snapshot_id).exists()), None)
    if rule is None:
        return None
    snapshot.text, snapshot.headers, snapshot.removed_at, snapshot.removed_under = "", [], at, rule
    snapshot.save(update_fields=["text", "headers", "removed_at", "removed_under"])
    ledger.record(RETENTION, "contents removed", snapshot, reason=rule)
    return snapshot


def files_to_remove() -> SnapshotQuerySet:
    """Versions whose contents were removed, and whose file is still to go; none of dossiers on legal hold."""
    return Snapshot.objects.filter(
        removed_at__isnull=False, file_removed_at__isnull=True, document__dossier__legal_hold=False
    ).order_by("pk")


def refuse_if_removed(snapshot: Snapshot) -> None:
    """Raise ``ContentsRemoved``, which says when and why, where the contents of a version are gone."""
    if snapshot.removed_at is None:
        return
    raise ContentsRemoved(
        f"The contents of this version were removed on {snapshot.removed_at:%Y-%m-%d}: {snapshot.removed_under}. Its "
        "hashes, what was quoted from it and the ledger are kept.",
        members={
            "removed_at": snapshot.removed_at.isoformat(),
            "removed_under": snapshot.removed_under,
            "payload_sha256": snapshot.payload_sha256,
            "text_sha256": snapshot.text_sha256,
        },
    )
