"""What a token may do, and when what is protected last changed."""

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from claims.choices import Scope
from claims.models.document import Dossier


class TokenGrant(models.Model):
    """What one token may do of what its user may. A token without such a row may do all of it.

    The token itself is knox's row, which keeps a hash of it and no more; with it goes what it was granted.
    """

    token = models.OneToOneField(settings.KNOX_TOKEN_MODEL, models.CASCADE, primary_key=True, related_name="grant")
    name = models.CharField(max_length=100, help_text="What it is for, so that it is known which one to revoke.")
    scopes = ArrayField(models.CharField(max_length=10, choices=Scope))
    limited = models.BooleanField(default=False, help_text="Whether it reads these dossiers only.")
    dossiers = models.ManyToManyField(Dossier, blank=True, related_name="+")
    last_used_at = models.DateTimeField(null=True, blank=True, help_text="To the minute.")

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="token_scopes_known", condition=Q(scopes__contained_by=Scope.values) & ~Q(scopes=[])
            ),
        ]

    def __str__(self) -> str:
        return self.name


class ProtectionChange(models.Model):
    """One change of what is protected, so that a process knows whether what it learnt of it still holds.

    The database writes these rows (:func:`claims.models.base.noted_as_protection`): no way to a changed name forgets
    it. They are only added to, so that nobody who records what a protected source said waits for anybody else.
    """

    at = models.DateTimeField(db_default=Now())

    class Meta:
        ordering = ["pk"]

    def __str__(self) -> str:
        return self.at.isoformat()
