"""Counting what a caller asks, for all web processes together.

A caller's first request opens a window, which lasts as long as its limit says and lets so many through. One statement
counts and decides, under the lock of the row: however many ask at once, never more than the limit get through.
"""

import hashlib
import math
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import connection
from django.db.models.functions import Now

from claims.limits import Limit
from claims.models import Allowance

SPEND = """
    INSERT INTO claims_allowance AS kept (bucket, used, ends_at)
    VALUES (%(bucket)s, %(cost)s, now() + make_interval(secs => %(seconds)s))
    ON CONFLICT (bucket) DO UPDATE SET
        used = CASE WHEN kept.ends_at <= now() THEN 0 ELSE kept.used END + excluded.used,
        ends_at = CASE WHEN kept.ends_at <= now() THEN excluded.ends_at ELSE kept.ends_at END
    WHERE CASE WHEN kept.ends_at <= now() THEN 0 ELSE kept.used END + excluded.used <= %(amount)s
    RETURNING used, extract(epoch FROM ends_at - now())
"""
LEFT = "SELECT used, extract(epoch FROM ends_at - now()) FROM claims_allowance WHERE bucket = %s"


@dataclass(frozen=True, slots=True)
class Spent:
    """What counting one request came to."""

    allowed: bool
    left: int
    ends_in: int
    """Seconds until the window ends and the whole of the limit is there again; 1 at least."""


def spend(limit: Limit, *, name: str, caller: str, cost: int = 1) -> Spent:
    """Take ``cost`` from what this caller may still ask under the limit of this name, or nothing where it is more."""
    bucket = _bucket(name, caller)
    given: dict[str, Any] = {"bucket": bucket, "cost": cost, "seconds": limit.seconds, "amount": limit.amount}
    with connection.cursor() as cursor:
        row = None
        if cost <= limit.amount:
            cursor.execute(SPEND, given)
            row = cursor.fetchone()
        allowed = row is not None
        if row is None:
            cursor.execute(LEFT, [bucket])
            row = cursor.fetchone() or (0, limit.seconds)  # its window has ended, and was swept away, just now
    used, ends_in = row
    return Spent(allowed, max(limit.amount - used, 0), max(math.ceil(ends_in), 1))


def forget_ended() -> int:
    """Delete the windows that have ended; how many those were."""
    deleted, _ = Allowance.objects.filter(ends_at__lte=Now()).delete()
    return deleted


def _bucket(name: str, caller: str) -> UUID:
    """Which row counts for this caller. It is hashed with the secret key, since a caller may be somebody's address."""
    key = settings.SECRET_KEY.encode()[: hashlib.blake2b.MAX_KEY_SIZE]
    return UUID(bytes=hashlib.blake2b(f"{name} {caller}".encode(), digest_size=16, key=key).digest())
