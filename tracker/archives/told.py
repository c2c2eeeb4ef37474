"""What an archive says of a document, beside what the document says itself."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Any

from tracker.ingest.extraction import Extracted
from tracker.ingest.fetched import Fetched
from tracker.models import Submission

SAID = ("title", "publisher", "publisher_kind", "credit", "byline", "language")


def as_got(submission: Submission) -> Fetched:
    """A record of an archive as it was got then: a server's answer with its headers, or a file."""
    told: dict[str, Any] = submission.told
    answer = told.get("answer", {})
    return Fetched(
        address=submission.address,
        final_address=submission.address,
        payload=bytes(submission.payload or b""),
        content_type=submission.content_type,
        fetched_at=_moment(told.get("fetched_at")) or submission.created_at,
        status=answer.get("status"),
        reason=answer.get("reason", ""),
        headers=tuple((name, value) for name, value in answer.get("headers", [])),
        peer=answer.get("peer", ""),
    )


def as_told(submission: Submission, extracted: Extracted) -> Extracted:
    """What was read, and what the archive says where the document itself is silent.

    Where a document was got from, the archive knows: it has the first word on the address of what no server answered.
    """
    says: dict[str, Any] = submission.told.get("says", {})
    unsaid: dict[str, Any] = {name: getattr(extracted, name) or says.get(name) for name in SAID}
    return replace(
        extracted,
        url=says.get("url") or extracted.url,
        published_at=extracted.published_at or _moment(says.get("published")),
        **unsaid,
    )


def _moment(said: object) -> datetime | None:
    return datetime.fromisoformat(said) if isinstance(said, str) else None
