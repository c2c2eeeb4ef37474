"""The archived originals: what was fetched, byte for byte.

Whoever keeps them answers ``signals.original_wanted`` and ``signals.archive_wanted``.
"""

import hashlib
from collections.abc import Iterator, Sequence
from typing import Any

from claims import signals
from claims.errors import OriginalMissing
from claims.models import Archived
from claims.services.retention import refuse_if_removed


def original_of(row: Archived) -> bytes:
    """The bytes that a snapshot was made of, or that a notice was read from, checked against its hash.

    Raises ``OriginalMissing``, or ``ContentsRemoved`` where a rule took them away.
    """
    refuse_if_removed(row)
    answers: Sequence[tuple[Any, Any]] = signals.original_wanted.send(sender=type(row), archived=row)
    for _receiver, answer in answers:
        if isinstance(answer, bytes) and hashlib.sha256(answer).hexdigest() == row.payload_sha256:
            return answer
    raise OriginalMissing("Nobody here keeps the bytes of this version, or they are not those that its hash names.")


def archive_of(row: Archived) -> Iterator[bytes]:
    """The WARC file that keeps a snapshot or a notice, piece by piece. Raises the same, at the first or later."""
    refuse_if_removed(row)
    answers: Sequence[tuple[Any, Any]] = signals.archive_wanted.send(sender=type(row), archived=row)
    if not answers:
        raise OriginalMissing("Nobody here keeps the file of this version.")
    yield from answers[0][1]
