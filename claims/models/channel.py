"""By which way documents come in, as far as claims need to know it: its name, and whether it is heard of."""

from datetime import timedelta
from typing import Any, Self

from django.db import models
from django.db.models import Q

from claims.models.base import Recorded, never_deleted, recorded_in_same_transaction

# A claim is fed by what brought a document of it in the days before the silence. What was told long ago and is no
# longer followed is not degraded by it.
FED_WITHIN = timedelta(days=30)


class ChannelQuerySet(models.QuerySet["Channel"]):
    """Reads of channels."""

    def silent(self) -> Self:
        """Those from which nothing gets through, or nothing has come for longer than usual."""
        return self.filter(silent_since__isnull=False)


class Channel(Recorded):
    """A feed, for instance. While it is silent, the claims that it feeds are not covered as they were (promise 10)."""

    name = models.CharField(max_length=300)
    silent_since = models.DateTimeField(null=True, blank=True, help_text="When it was last heard of as usual.")
    silence = models.TextField(blank=True, help_text="Why nothing comes from it, as far as is known.")
    created_at = models.DateTimeField(auto_now_add=True)

    objects = ChannelQuerySet.as_manager()

    class Meta:
        ordering = ["name", "pk"]
        indexes = [
            # What a standing asks for.
            models.Index(name="channel_silent", fields=["id"], condition=Q(silent_since__isnull=False)),
        ]
        constraints = [
            models.CheckConstraint(
                name="channel_silence_explained", condition=Q(silent_since__isnull=True) | ~Q(silence="")
            ),
        ]
        triggers = [recorded_in_same_transaction(), never_deleted()]

    def __str__(self) -> str:
        return self.name

    def in_dossier(self) -> None:
        """None: what it brings may go to any."""

    def public_state(self) -> dict[str, Any]:
        return {
            "name": self.name,
            "silent_since": self.silent_since.isoformat() if self.silent_since else None,
            "silence": self.silence,
        }
