"""Who works on what: a word to the others that ends by itself, and that anybody may take over.

A hold stops no write. Whoever decides on something that changed meanwhile is stopped by its version
(:mod:`claims.services.versions`), whether or not anybody holds it.
"""

from datetime import timedelta
from typing import Any

from django.contrib.auth.models import User
from django.db import connection, transaction
from django.utils import timezone

from claims.models import Hold

HOLD_SECONDS = 120  # from the last sign of life of its holder
_QUEUE = "SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))"


def running_hold(row: Any) -> Hold | None:
    """Who works on this object now, with the hold that was taken over for it, if one was."""
    return Hold.objects.about(row).running().select_related("holder", "took_over__holder").first()


@transaction.atomic
def take_hold(row: Any, *, by: User) -> Hold:
    """The hold that runs now: this person's, taken or prolonged, or that of whoever works on the object already."""
    held = _held_now(row)
    if held is None:
        return _begin(row, by)
    if held.holder_id == by.pk:
        held.expires_at = timezone.now() + timedelta(seconds=HOLD_SECONDS)
        held.save(update_fields=["expires_at"])
    return held


@transaction.atomic
def take_over(row: Any, *, by: User) -> Hold:
    """Work on this object instead of whoever does now, who is told: his or her hold names the one that took it over."""
    held = _held_now(row)
    if held is None:
        return _begin(row, by)
    if held.holder_id == by.pk:
        return take_hold(row, by=by)
    held.ended_at = timezone.now()
    held.save(update_fields=["ended_at"])
    hold = _begin(row, by)
    held.taken_over_by = hold
    held.save(update_fields=["taken_over_by"])
    return hold


@transaction.atomic
def let_go(row: Any, *, by: User) -> None:
    """End this person's hold, if he or she has one."""
    held = _held_now(row)
    if held is not None and held.holder_id == by.pk:
        held.ended_at = timezone.now()
        held.save(update_fields=["ended_at"])


def _held_now(row: Any) -> Hold | None:
    """The hold that runs, once it is this transaction's turn. One that was left to expire is ended here."""
    with connection.cursor() as cursor:
        cursor.execute(_QUEUE, [f"hold {row.uid}"])  # where nobody holds it, there is no row to lock
    held = Hold.objects.about(row).filter(ended_at__isnull=True).select_related("holder").first()
    if held is not None and held.expires_at <= timezone.now():
        held.ended_at = held.expires_at
        held.save(update_fields=["ended_at"])
        return None
    return held


def _begin(row: Any, by: User) -> Hold:
    now = timezone.now()
    return Hold.objects.create(
        object_type=row._meta.model_name,
        object_uid=row.uid,
        holder=by,
        taken_at=now,
        expires_at=now + timedelta(seconds=HOLD_SECONDS),
    )
