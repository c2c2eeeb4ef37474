"""What reading a file or fetching an address gives, before anything is made of it."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from datetime import datetime

Headers = tuple[tuple[str, str], ...]

NOT_MODIFIED = 304
DEFAULT_MAX_BYTES = 20_000_000


@dataclass(frozen=True, slots=True)
class Fetched:
    """One version of one document as it was got.

    ``address`` is what was asked for (an http(s) address, or a file's ``file:`` address), ``final_address`` where the
    redirects in ``redirects`` led. ``payload`` is the body without its transfer and content encodings. ``status``,
    ``reason``, ``headers`` and ``peer`` (the network address that answered) are empty for files. ``moved_to`` is where
    the address has moved for good, if the server said so. A ``status`` of 304 comes without a payload, and only to whom
    asked whether anything changed.
    """

    address: str
    final_address: str
    payload: bytes
    content_type: str
    fetched_at: datetime
    status: int | None = None
    reason: str = ""
    headers: Headers = ()
    request_headers: Headers = ()
    redirects: tuple[str, ...] = ()
    peer: str = ""
    moved_to: str = ""
    sha256: str = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "sha256", hashlib.sha256(self.payload).hexdigest())

    @property
    def unchanged(self) -> bool:
        """Whether the server says that nothing changed since the version asked about."""
        return self.status == NOT_MODIFIED

    def header(self, name: str) -> str:
        """The last header of this name; empty where there is none."""
        return {key.lower(): value for key, value in self.headers}.get(name.lower(), "")

    @property
    def from_web(self) -> bool:
        """Whether a server gave it (and may therefore have put anything into it)."""
        return self.status is not None
