"""The ledger: one row for every change, sealed in commit order into a hash chain."""

from typing import TYPE_CHECKING, Any, Self

import pgtrigger
from django.conf import settings
from django.db import models
from django.db.models import Exists, OuterRef, Q
from django.db.models.expressions import RawSQL
from django.db.models.functions import Now

from claims.models.base import never_deleted
from claims.models.claim import Judgement, Position
from claims.models.contradiction import Contradiction
from claims.models.source import Party, Source
from claims.models.verdict import ONCE_PUBLISHED

if TYPE_CHECKING:
    from claims.access import Access

# Sorts of things that the ledger tells of.
TYPES = (
    "claim", "contradiction", "document", "dossier", "judgement", "notice", "party", "position", "snapshot", "source",
    "statement", "verdict",
)  # fmt: skip
# Those of them that bear on more than one dossier, where they do.
BETWEEN: dict[str, Any] = {"contradiction": Contradiction, "judgement": Judgement, "position": Position}
PERSON = "user:"  # how the label of an actor begins who is somebody


class EventQuerySet(models.QuerySet["Event"]):
    """Reads of the ledger."""

    def sealed(self) -> Self:
        """Events that have their place in the chain, in its order."""
        return self.filter(seq__isnull=False).order_by("seq")

    def unsealed(self) -> Self:
        """Committed events that wait for the sealer, oldest first."""
        return self.filter(seq__isnull=True).order_by("pk")

    def readable_by(self, access: "Access") -> Self:
        """Events that this caller may be told of: the one rule for lists, histories, changes and webhooks.

        Those of the sorts of objects that he or she may see, in the dossiers that he or she may read, with the sources
        and parties that speak there. A verdict that was never published is nobody's word yet: it is told of to those
        who write verdicts.
        """
        told = self.filter(object_type__in=types_told(access))
        if not access.sees_drafts:
            told = told.exclude(
                Q(object_type="verdict") & ~Q(state__state__in=[state.value for state in ONCE_PUBLISHED])
            )
        if access.dossiers is None:
            return told
        elsewhere = Q(object_uid__in=Source.objects.readable_by(access).order_by().values("uid")) | Q(
            object_uid__in=Party.objects.readable_by(access).order_by().values("uid")
        )
        told = told.filter(Q(dossier__in=access.dossiers) | (Q(dossier=None) & elsewhere))
        # What bears on two dossiers is on the ledger as of one of them.
        for kind, rows in BETWEEN.items():
            both = rows.objects.filter(uid=OuterRef("object_uid")).readable_by(access)
            told = told.filter(~Q(object_type=kind) | Exists(both))
        return told


def knows_people(access: "Access") -> bool:
    """Whether this is somebody who may read the ledger, and so is told who did what; anybody else is not."""
    return access.user.is_authenticated and access.user.has_perm("claims.view_event")


def types_told(access: "Access") -> frozenset[str]:
    """The sorts of objects that this caller may be told of."""
    if knows_people(access):
        return frozenset(name for name in TYPES if access.user.has_perm(f"claims.view_{name}"))
    return frozenset(TYPES) - {"judgement"}


def actor_told(access: "Access", label: str) -> str:
    """Who did something, as this caller is told it."""
    return label if knows_people(access) or not label.startswith(PERSON) else PERSON.rstrip(":")


class Event(models.Model):
    """One change: who did what to which object, and the object's public state after it."""

    recorded_at = models.DateTimeField(db_default=Now(), editable=False)
    # Which transaction wrote it, so that the database can refuse a change that no event tells of.
    transaction = models.BigIntegerField(
        db_default=RawSQL("pg_current_xact_id()::text::bigint", []), editable=False, help_text="PostgreSQL's xid8."
    )
    actor = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+")
    actor_label = models.CharField(max_length=200, help_text="user:<name>, or machine:<algorithm>/<version>.")
    verb = models.CharField(max_length=50)
    object_type = models.CharField(max_length=50)
    object_uid = models.UUIDField()
    # Whom to tell: derived from what the chain covers, so it is no part of the hash and older chains still verify.
    dossier = models.ForeignKey(
        "Dossier", models.PROTECT, null=True, blank=True, related_name="+", db_index=False, editable=False,
        help_text="The dossier that the object belongs to; empty for what belongs to none, such as a party.",
    )  # fmt: skip
    state = models.JSONField(help_text="The object's public state after the change.")
    reason = models.TextField(blank=True)
    seq = models.BigIntegerField(null=True, unique=True, editable=False, help_text="Gapless place in the chain.")
    prev_hash = models.CharField(max_length=64, blank=True, editable=False)
    hash = models.CharField(max_length=64, blank=True, editable=False, help_text="SHA-256, hexadecimal.")

    objects = EventQuerySet.as_manager()

    class Meta:
        ordering = ["pk"]
        verbose_name = "ledger event"
        indexes = [
            # The commit-time check, an object's history, and its state as of a moment.
            models.Index(name="event_by_object", fields=["object_uid", "transaction"]),
            # What changed since a moment: claims that stand otherwise than they did.
            models.Index(
                name="event_standing_changes",
                fields=["-recorded_at"],
                condition=Q(object_type="claim", verb="standing changed"),
            ),
            # The changes of one dossier, and those of one sort of object, in the order of the chain.
            models.Index(name="event_by_dossier", fields=["dossier", "seq"], condition=Q(seq__isnull=False)),
            models.Index(name="event_by_type", fields=["object_type", "seq"], condition=Q(seq__isnull=False)),
            # The sealer's work list.
            models.Index(name="event_unsealed", fields=["id"], condition=Q(seq__isnull=True)),
        ]
        constraints = [
            # An event is wholly sealed or not at all.
            models.CheckConstraint(
                name="event_sealed_whole",
                condition=Q(seq__isnull=True, prev_hash="", hash="") | (Q(seq__gte=1) & ~Q(prev_hash="") & ~Q(hash="")),
            ),
        ]
        triggers = [
            never_deleted(),
            pgtrigger.ReadOnly(name="never_edited", exclude=["seq", "prev_hash", "hash"]),
            pgtrigger.Protect(
                name="sealed_once", operation=pgtrigger.Update, condition=pgtrigger.Q(old__seq__isnull=False)
            ),
        ]

    def __str__(self) -> str:
        return f"{self.seq or 'unsealed'}: {self.actor_label} {self.verb} {self.object_type} {self.object_uid}"
