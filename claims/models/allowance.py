"""What callers of the API have used of what they may ask in a while."""

from django.db import models


class Allowance(models.Model):
    """What one caller has used of one limit since its window began.

    Written by :mod:`claims.services.allowances` alone. The table is not logged: after a crash of the database server it
    is empty, and everybody begins anew.
    """

    bucket = models.UUIDField(primary_key=True, help_text="A keyed hash of the limit and the caller.")
    used = models.PositiveIntegerField()
    ends_at = models.DateTimeField()

    class Meta:
        default_permissions = ()

    def __str__(self) -> str:
        return str(self.bucket)
