"""Who is here: who has an object open at the moment, and when a person was last at the desk."""

from datetime import datetime, timedelta
from typing import Any

from django.contrib.auth.models import User
from django.db import transaction
from django.utils import timezone

from claims.models import Presence, Visit
from claims.models.together import PRESENT_SECONDS

# Heard of again after so long, somebody has come back: what happened meanwhile happened since he or she was last here.
AWAY_MINUTES = 30


@transaction.atomic
def look_at(row: Any, *, user: User) -> None:
    """Note that somebody has this object open now. What is left of his or her earlier looks is cleared away."""
    now = timezone.now()
    stale = now - timedelta(seconds=PRESENT_SECONDS)
    Presence.objects.filter(user=user, seen_at__lt=stale).exclude(object_uid=row.uid).delete()
    Presence.objects.bulk_create(
        [Presence(object_type=row._meta.model_name, object_uid=row.uid, user=user, seen_at=now)],
        update_conflicts=True,
        unique_fields=["object_uid", "object_type", "user"],
        update_fields=["seen_at"],
    )


def look_away(row: Any, *, user: User) -> None:
    """Note that somebody has closed the object."""
    Presence.objects.about(row).filter(user=user).delete()


@transaction.atomic
def note_visit(user: User, *, away_minutes: float = AWAY_MINUTES) -> datetime | None:
    """Note that a person is at the desk now, and return when he or she was last here before this visit.

    ``None`` on the first visit. A visit ends when nothing was heard of the person for ``away_minutes``.
    """
    now = timezone.now()
    Visit.objects.bulk_create([Visit(user=user, seen_at=now)], ignore_conflicts=True)
    visit = Visit.objects.select_for_update(of=("self",)).get(user=user)
    if now - visit.seen_at > timedelta(minutes=away_minutes):
        visit.last_here_at = visit.seen_at
    visit.seen_at = now
    visit.save(update_fields=["seen_at", "last_here_at"])
    return visit.last_here_at
