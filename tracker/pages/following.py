"""Noting where a document came from, so that it is looked at again."""

import random
from datetime import datetime, timedelta

from django.conf import settings
from django.utils import timezone

from claims.services.documents import Copy, Recorded
from tracker.feeds.looking import fit_to_ask_with
from tracker.feeds.pacing import after_success
from tracker.models import Page
from tracker.pages import pacing


def follow(recorded: Recorded, copy: Copy) -> None:
    """See to it that the page of this version, which a server has just given, is looked at again."""
    now = timezone.now()
    headers = {name.lower(): value for name, value in copy.headers}
    fields = {
        "address": copy.fetched_from,
        "validators": fit_to_ask_with(headers.get("etag", ""), headers.get("last-modified", "")),
        "last_checked_at": now,
        "failures": 0,
        "doubts": 0,
        "error": "",
        "error_code": "",
    }
    document = recorded.snapshot.document
    known = Page.objects.select_for_update(of=("self",)).filter(document=document).first()
    changed_at = now if recorded.new_snapshot or known is None else known.changed_at
    fields |= {"changed_at": changed_at, "next_check_at": next_check(changed_at, now=now)}
    Page.objects.update_or_create(document=document, defaults=fields)


def next_check(changed_at: datetime, *, now: datetime) -> datetime | None:
    """When to look again at a page whose text is the same since then; ``None`` where no more."""
    seconds = pacing.wait((now - changed_at).total_seconds(), days=settings.RECHECK_DAYS)
    if seconds is None:
        return None
    return now + timedelta(seconds=after_success(seconds, chance=random.random()))  # noqa: S311  no secret
