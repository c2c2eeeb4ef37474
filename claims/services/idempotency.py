"""Doing once what is asked for twice: the first answer under a caller's ``Idempotency-Key``, and giving it again.

The answer is kept in the transaction of the change that it tells of: either both are there or neither is, whenever a
process dies. While that transaction lasts its key is locked by the database, which lets go of it in any case.

What is kept may hold protected names, and secrets that are shown once. It is encrypted with a key made of the caller,
of what the caller chose as ``Idempotency-Key``, which is nowhere kept, and of the installation's ``SECRET_KEY``: with
the database alone nobody reads it. It is masked when it is given, like every answer, for who the caller is by then.
"""

import hashlib
import json
from base64 import urlsafe_b64encode
from dataclasses import asdict, dataclass
from datetime import timedelta
from typing import Any

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.conf import settings
from django.db import connection
from django.utils import timezone
from django.utils.crypto import salted_hmac

from claims.errors import AnswerUnreadable, KeyInUse, KeyReused
from claims.models import KeptAnswer

PRUNED_AT_ONCE = 5000


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer as it was first given, before anything in it was masked."""

    status: int
    body: Any
    headers: dict[str, str]
    within: list[int] | None
    """Keys of the dossiers that its caller could read; ``None`` for all."""


@dataclass(frozen=True, slots=True)
class Key:
    """What one caller named one request by: the caller, and his or her own word for it."""

    caller: str
    word: str

    @property
    def name(self) -> str:
        """What it is found by; the word cannot be told from it."""
        return hashlib.sha256(f"{self.caller}\0{self.word}".encode()).hexdigest()

    @property
    def lock(self) -> int:
        """Its number among PostgreSQL's advisory locks."""
        return int.from_bytes(bytes.fromhex(self.name[:16]), signed=True)

    def cipher(self) -> MultiFernet:
        """What encrypts its answer, and decrypts one that was encrypted under a ``SECRET_KEY`` since replaced."""
        return MultiFernet(map(self._cipher_under, [settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS]))

    def _cipher_under(self, secret: str) -> Fernet:
        said = f"{self.caller}\0{self.word}"
        made = salted_hmac("claims.idempotency", said, secret=secret, algorithm="sha256")
        return Fernet(urlsafe_b64encode(made.digest()))


def first_answer(key: Key, *, request: str) -> Answer | None:
    """What was answered under this key already; ``None`` for a new one, which is locked until the transaction ends.

    Call it first in the transaction of the change. Raises ``KeyInUse`` while another request under this key is at work,
    and ``KeyReused`` where it named another request.
    """
    with connection.cursor() as cursor:
        # Let go of at the end of the transaction, once what it wrote can be seen, and also when this process dies.
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [key.lock])
        if not cursor.fetchone()[0]:
            raise KeyInUse("A request under this Idempotency-Key is being worked on. Ask again in a moment.")
    kept = KeptAnswer.objects.filter(pk=key.name).first()
    if kept is None:
        return None
    if kept.at < _oldest():
        kept.delete()
        return None
    if kept.request != request:
        raise KeyReused(
            "This Idempotency-Key named another request: other words, another address or another If-Match. Send this "
            "one under a key of its own."
        )
    try:
        return Answer(**json.loads(key.cipher().decrypt(bytes(kept.answer))))
    except InvalidToken as changed:
        raise AnswerUnreadable(
            "What is asked for was done already under this key. Its answer cannot be read any more, because the "
            "server's SECRET_KEY has changed since: look at what came of it."
        ) from changed


def keep(key: Key, answer: Answer, *, request: str) -> None:
    """Keep the first answer under a key. Call it in the transaction of what it tells of."""
    written = key.cipher().encrypt(json.dumps(asdict(answer)).encode())
    KeptAnswer.objects.create(name=key.name, request=request, answer=written)


def prune() -> int:
    """Forget answers that were kept for ``IDEMPOTENCY_HOURS``; how many."""
    old = list(KeptAnswer.objects.filter(at__lt=_oldest()).order_by("at").values_list("pk", flat=True)[:PRUNED_AT_ONCE])
    return KeptAnswer.objects.filter(pk__in=old).delete()[0]


def _oldest() -> Any:
    return timezone.now() - timedelta(hours=settings.IDEMPOTENCY_HOURS)
