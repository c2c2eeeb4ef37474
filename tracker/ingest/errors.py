"""The one exception of this package: what was wrong with an input, in words for the person who gave it."""

from __future__ import annotations

from enum import StrEnum

SHOWN_LENGTH = 200


class ErrorCode(StrEnum):
    """Stable codes; clients may rely on them."""

    MISSING_FILE = "missing_file"
    IS_A_DIRECTORY = "is_a_directory"
    NOT_A_FILE = "not_a_file"
    UNREADABLE = "unreadable"
    EMPTY = "empty"
    TOO_LARGE = "too_large"
    BINARY = "binary"
    UNSUPPORTED_TYPE = "unsupported_type"
    BAD_ENCODING = "bad_encoding"
    NO_TEXT = "no_text"
    BAD_FRONT_MATTER = "bad_front_matter"
    INVALID_ADDRESS = "invalid_address"
    REFUSED_ADDRESS = "refused_address"
    HTTP_STATUS = "http_status"
    TIMED_OUT = "timed_out"
    TOO_MANY_REDIRECTS = "too_many_redirects"
    CONNECTION_FAILED = "connection_failed"
    ROBOTS = "robots"
    NOT_A_FEED = "not_a_feed"
    UNSAFE_XML = "unsafe_xml"
    BAD_RECORD = "bad_record"
    SNAPSHOT_MISSING = "snapshot_missing"
    SNAPSHOT_DAMAGED = "snapshot_damaged"


# Trying again later may help with these; with everything else it cannot.
TRANSIENT_CODES = frozenset({ErrorCode.TIMED_OUT, ErrorCode.CONNECTION_FAILED})
TRANSIENT_STATUSES = frozenset({408, 425, 429, 500, 502, 503, 504})


class IngestError(Exception):
    """An input that cannot be taken in. The message names it, says what is wrong and what to do about it.

    ``status`` is the HTTP status where a server gave one, ``retry_after`` the seconds after which it asks to be asked
    again, where it says so.
    """

    def __init__(
        self, code: ErrorCode, message: str, *, status: int | None = None, retry_after: float | None = None
    ) -> None:
        super().__init__(code, message)
        self.code = code
        self.message = message
        self.status = status
        self.retry_after = retry_after

    def __str__(self) -> str:
        return self.message

    @property
    def transient(self) -> bool:
        """Whether the same input may well succeed later, so that a task should try again."""
        return self.code in TRANSIENT_CODES or (
            self.code in {ErrorCode.HTTP_STATUS, ErrorCode.ROBOTS} and self.status in TRANSIENT_STATUSES
        )


def shown(name: object) -> str:
    """``name`` fit for a message or a terminal: one line, no control characters, not endless."""
    text = "".join(char if char.isprintable() else ascii(char)[1:-1] for char in str(name)[: SHOWN_LENGTH + 1])
    return text if len(str(name)) <= SHOWN_LENGTH else text[:SHOWN_LENGTH] + "…"
