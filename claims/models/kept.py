"""What a POST was answered, kept for whoever sends it again under the same key."""

from django.db import models
from django.db.models.functions import Now


class KeptAnswer(models.Model):
    """The first answer under one caller's ``Idempotency-Key``, written in the transaction of what it tells of.

    Neither the key nor the answer can be read from the row: :mod:`claims.services.idempotency`.
    """

    name = models.CharField(max_length=64, primary_key=True, help_text="SHA-256 of the caller and the key.")
    request = models.CharField(max_length=64, help_text="SHA-256 of what was asked.")
    answer = models.BinaryField(help_text="Encrypted: only the key opens it.")
    at = models.DateTimeField(db_default=Now())

    class Meta:
        indexes = [models.Index(name="kept_answer_oldest", fields=["at"])]

    def __str__(self) -> str:
        return self.name[:12]
