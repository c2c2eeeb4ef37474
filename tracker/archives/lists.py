"""A list of feeds (OPML) as an archive: what its feeds still list, each address once."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tracker.archives.records import Bad, Entry, LeftOut, Position, Record
from tracker.feeds.looking import Looked, look
from tracker.feeds.opml import Outline, read_opml
from tracker.ingest.errors import ErrorCode, IngestError, shown
from tracker.models import Feed, FeedKind
from tracker.politeness import NotNow

PATIENCE = 60.0  # seconds that a server's turn is waited for


@dataclass(frozen=True, slots=True)
class FeedList:
    """The feeds of a list are asked one after the other; one feed is taken in whole."""

    path: Path
    max_bytes: int

    @property
    def size(self) -> int | None:
        """Feeds."""
        return len(self._outlines())

    @property
    def fingerprint(self) -> str:
        """Size and time: a list that was written anew has other feeds."""
        status = self.path.stat()
        return f"{status.st_size} {status.st_mtime_ns}"

    def done(self, position: Position) -> int:
        """Feeds asked."""
        return int(position.get("feed", 0))

    def read(self, position: Position) -> Iterator[Record]:
        """What the feeds from a position on list. A feed that is polled here anyway is left out: its polls take all."""
        number, begun = int(position.get("record", 0)), int(position.get("feed", 0))
        for feed, outline in enumerate(self._outlines()):
            if feed < begun:
                continue
            held = list(self._held(outline))
            for place, one in enumerate(held, start=1):
                after = {"feed": feed + 1, "record": number + len(held)} if place == len(held) else None
                yield Record(number + place, after, one)
            number += len(held)

    def _outlines(self) -> list[Outline]:
        try:
            with self.path.open("rb") as file:
                payload = file.read(self.max_bytes + 1)
        except OSError as error:
            why = f"{shown(self.path)} cannot be read ({shown(error.strerror)}). Check its permissions."
            raise IngestError(ErrorCode.UNREADABLE, why) from error
        if len(payload) > self.max_bytes:
            raise IngestError(ErrorCode.TOO_LARGE, f"{shown(self.path)} is larger than {self.max_bytes:,} bytes.")
        return read_opml(payload, name=shown(self.path.name))[0]

    def _held(self, outline: Outline) -> Iterator[Entry | Bad | LeftOut]:
        if Feed.objects.active().filter(address=outline.address).exists():
            yield LeftOut()
            return
        try:
            seen = look(Looked(FeedKind.FEED, outline.address), patience=PATIENCE)
        except IngestError as error:
            yield Bad(error, name=shown(outline.address))
            return
        except NotNow as busy:
            yield Bad(
                IngestError(ErrorCode.TIMED_OUT, f"{outline.address} was not asked: {busy}"), name=outline.address
            )
            return
        listed = {item.address: item for item in seen.listing.items} if seen.listing is not None else {}
        if not listed:
            yield LeftOut()
        for address, item in listed.items():
            says: dict[str, Any] = {"title": item.title} if item.title else {}
            if item.published_at is not None:
                says["published"] = item.published_at.isoformat()
            yield Entry(address[:2000], told={"says": says})
