"""What is kept of claims beside their standing, so that whatever is held against them need not weigh them again."""

from django.contrib.postgres.fields import ArrayField
from django.db import models

from claims.models.claim import Claim, Position


class FirstWord(models.Model):
    """Who asserts a claim first, among those who count, and where (:class:`claims.standing.FirstWord`).

    It follows from the positions as the standing does, and is no row of the ledger's. Nobody is shown it: it names
    whoever speaks, protected or not. Without a position it says that nobody who counts asserts the claim.
    """

    claim = models.OneToOneField(Claim, models.CASCADE, primary_key=True, related_name="first_word")
    position = models.ForeignKey(Position, models.CASCADE, null=True, related_name="+", db_index=False)
    speaker = models.TextField(blank=True)
    root = models.UUIDField(null=True, help_text="The document in which it was said first, or that this one copies.")
    at = models.DateTimeField(null=True)
    bodies = ArrayField(models.TextField(), default=list, help_text="The keys of everybody who counts for the claim.")

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="first_word_whole",
                condition=models.Q(position__isnull=True, root__isnull=True, at__isnull=True)
                | models.Q(position__isnull=False, root__isnull=False, at__isnull=False),
            )
        ]

    def __str__(self) -> str:
        return f"{self.speaker}: {self.claim_id}"
