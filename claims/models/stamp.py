"""When the ledger was seen by somebody else: time stamps of an authority over its events (RFC 3161)."""

from typing import Self

import pgtrigger
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now

from claims.models.base import never_deleted
from claims.models.work import Work, WorkQuerySet


class StampQuerySet(WorkQuerySet["Stamp"]):
    """Reads of time stamps."""

    def given(self) -> Self:
        """Those that an authority has given, in the ledger's order."""
        return self.filter(stamped_at__isnull=False).order_by("first_seq")

    def outstanding(self) -> Self:
        """Those that no authority has given yet, oldest first."""
        return self.filter(stamped_at__isnull=True).order_by("first_seq")

    def to_ask_for(self) -> Self:
        """Those of them that are to be asked for now: not just tried in vain."""
        return self.outstanding().filter(Q(next_try_at=None) | Q(next_try_at__lte=Now()))


class Stamp(Work):
    """Sealed events from ``first_seq`` to ``last_seq``, the Merkle root over their hashes, and the authority's token.

    The row is the job: until the token is there, it is asked for again and again. The token proves that the events, and
    through the hash chain all before them, were there when it was given. It is not on the ledger itself: a stamp would
    then be something new to stamp.
    """

    first_seq = models.BigIntegerField(unique=True)
    last_seq = models.BigIntegerField(unique=True)
    root = models.CharField(max_length=64, help_text="SHA-256, hexadecimal (claims/merkle.py).")
    created_at = models.DateTimeField(auto_now_add=True)
    authority = models.CharField(max_length=2000, blank=True)
    response = models.BinaryField(null=True, blank=True, help_text="The authority's whole answer, DER.")
    stamped_at = models.DateTimeField(null=True, blank=True, help_text="The moment that the token vouches for.")
    next_try_at = models.DateTimeField(null=True, blank=True)
    error = models.TextField(blank=True, help_text="Why the last attempt brought nothing.")

    objects = StampQuerySet.as_manager()

    class Meta:
        ordering = ["-first_seq"]
        verbose_name = "time stamp"
        indexes = [
            # The work list.
            models.Index(name="stamp_outstanding", fields=["first_seq"], condition=Q(stamped_at__isnull=True)),
        ]
        constraints = [
            models.CheckConstraint(
                name="stamp_covers_events", condition=Q(first_seq__gte=1, last_seq__gte=F("first_seq"))
            ),
            models.CheckConstraint(name="stamp_root_is_sha256", condition=Q(root__regex=r"^[0-9a-f]{64}$")),
            models.CheckConstraint(
                name="stamp_given_whole",
                condition=Q(stamped_at__isnull=True, response__isnull=True, authority="")
                | (Q(stamped_at__isnull=False, response__isnull=False) & ~Q(authority="")),
            ),
        ]
        triggers = [
            never_deleted(),
            pgtrigger.ReadOnly(name="covers_what_it_covers", fields=["first_seq", "last_seq", "root", "created_at"]),
            pgtrigger.Protect(
                name="given_once", operation=pgtrigger.Update, condition=pgtrigger.Q(old__stamped_at__isnull=False)
            ),
        ]

    def __str__(self) -> str:
        return f"events {self.first_seq} to {self.last_seq}"
