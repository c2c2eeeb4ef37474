"""Snapshots as they are kept: one compressed WARC file (ISO 28500) for each version that was fetched."""

from __future__ import annotations

import gzip
import hashlib
import re
import uuid
import zlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC
from io import BytesIO
from typing import Any
from urllib.parse import urlsplit

from warcio.archiveiterator import ArchiveIterator
from warcio.exceptions import ArchiveLoadFailed
from warcio.statusandheaders import StatusAndHeaders
from warcio.warcwriter import WARCWriter

from tracker.ingest.errors import ErrorCode, IngestError
from tracker.ingest.fetched import Fetched
from tracker.ingest.store import EvidenceStore, NotStored

WARC_VERSION = "WARC/1.1"
# The stored body is unpacked, so headers about how it travelled are kept under the name that web archives use for that.
TRAVEL_HEADERS = frozenset({"content-encoding", "transfer-encoding", "content-length"})
ORIGINAL_PREFIX = "X-Archive-Orig-"
NAME = re.compile(r"[0-9a-f]{2}/([0-9a-f]{64})-[0-9a-f]{16}\.warc\.gz")
# Any fixed value will do: it makes a record's id follow from what is in it.
NAMESPACE = uuid.UUID("6f1d7a58-0c0e-5b1c-9c57-3b7b0f6f2a10")


@dataclass(frozen=True, slots=True)
class WarcRef:
    """Where a snapshot lies.

    ``path`` is its name in the store, ``offset`` and ``length`` are those of its record in bytes. ``sha256`` is the
    payload's, ``file_sha256`` that of the whole file with every header in it; both hexadecimal.
    """

    path: str
    offset: int
    length: int
    sha256: str
    file_sha256: str = ""


def write_snapshot(store: EvidenceStore, fetched: Fetched) -> WarcRef:
    """Keep what was fetched and say where. Either the whole file is there afterwards or none of it.

    The file's name and bytes follow from what was fetched: writing the same again changes nothing.
    """
    identity, path = _identity(fetched), name_of(fetched)
    content, offset, length = _render(fetched, identity)
    store.write(path, content)
    return WarcRef(path, offset, length, sha256=fetched.sha256, file_sha256=hashlib.sha256(content).hexdigest())


def name_of(fetched: Fetched) -> str:
    """The name in the store of the file that keeps what was fetched."""
    return f"{fetched.sha256[:2]}/{fetched.sha256}-{_identity(fetched)[:16]}.warc.gz"


def payload_in(name: str) -> str | None:
    """The hash of the payload that a file of this name keeps; ``None`` of a file that was not written here."""
    found = NAME.fullmatch(name)
    return found[1] if found else None


def read_payload(store: EvidenceStore, ref: WarcRef) -> bytes:
    """The snapshot's payload, checked against its hash.

    Raises ``IngestError``: snapshot_missing, snapshot_damaged.
    """
    try:
        record = store.read(ref.path, offset=ref.offset, length=ref.length)
    except NotStored as error:
        raise IngestError(
            ErrorCode.SNAPSHOT_MISSING, f"Snapshot {ref.path} cannot be read ({error}). Restore it from a backup."
        ) from error
    payload = _payload(record)
    if payload is None or hashlib.sha256(payload).hexdigest() != ref.sha256:
        raise IngestError(
            ErrorCode.SNAPSHOT_DAMAGED,
            f"Snapshot {ref.path} does not hold what was stored in it. Restore it from a backup.",
        )
    return payload


def _identity(fetched: Fetched) -> str:
    parts = (fetched.address, fetched.final_address, fetched.fetched_at.astimezone(UTC).isoformat(), fetched.sha256)
    return hashlib.sha256("\n".join(parts).encode("utf-8", "surrogatepass")).hexdigest()


def _render(fetched: Fetched, identity: str) -> tuple[bytes, int, int]:
    """The file's bytes, and where in it the record with the payload starts and how long it is."""
    buffer = BytesIO()
    writer = WARCWriter(buffer, gzip=True, warc_version=WARC_VERSION)
    moment = fetched.fetched_at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")

    def common(role: str) -> dict[str, str]:
        return {"WARC-Record-ID": f"<urn:uuid:{uuid.uuid5(NAMESPACE, identity + role)}>", "WARC-Date": moment}

    info = b"software: Corroborate\r\nformat: WARC File Format 1.1\r\n"
    writer.write_record(
        writer.create_warc_record(
            "", "warcinfo", payload=BytesIO(info), length=len(info), warc_headers_dict=common("warcinfo")
        )
    )
    offset = buffer.tell()
    writer.write_record(_main_record(writer, fetched, common("main")))
    length = buffer.tell() - offset
    if fetched.from_web:
        request = common("request") | {"WARC-Concurrent-To": common("main")["WARC-Record-ID"]}
        writer.write_record(_request_record(writer, fetched, request))
    return buffer.getvalue(), offset, length


def _main_record(writer: Any, fetched: Fetched, headers: dict[str, str]) -> Any:
    headers |= {"WARC-Payload-Digest": f"sha256:{fetched.sha256}"}
    if not fetched.from_web:
        return writer.create_warc_record(
            _one_line(fetched.final_address),
            "resource",
            payload=BytesIO(fetched.payload),
            length=len(fetched.payload),
            warc_content_type=_one_line(fetched.content_type) or "application/octet-stream",
            warc_headers_dict=headers,
        )
    if fetched.peer:
        headers["WARC-IP-Address"] = fetched.peer
    return writer.create_warc_record(
        fetched.final_address,
        "response",
        payload=BytesIO(fetched.payload),
        length=len(fetched.payload),
        http_headers=StatusAndHeaders(
            f"{fetched.status} {_one_line(fetched.reason).encode('ascii', 'replace').decode()}".rstrip(),
            stored_headers(fetched.headers, len(fetched.payload)),
            protocol="HTTP/1.1",
        ),
        warc_headers_dict=headers,
    )


def _request_record(writer: Any, fetched: Fetched, headers: dict[str, str]) -> Any:
    parts = urlsplit(fetched.final_address)
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    return writer.create_warc_record(
        fetched.final_address,
        "request",
        http_headers=StatusAndHeaders(
            f"GET {target} HTTP/1.1", _clean(fetched.request_headers), protocol="", is_http_request=True
        ),
        warc_content_type="application/http; msgtype=request",
        warc_headers_dict=headers,
    )


def stored_headers(received: Iterable[Sequence[str]], length: int) -> list[tuple[str, str]]:
    """The header lines of a response as they are kept with a payload of so many bytes."""
    kept = [
        (ORIGINAL_PREFIX + name if name.lower() in TRAVEL_HEADERS else name, value) for name, value in _clean(received)
    ]
    return [*kept, ("Content-Length", str(length))]


def _clean(headers: Iterable[Sequence[str]]) -> list[tuple[str, str]]:
    return [(_one_line(name), _one_line(value)) for name, value in headers]


def _one_line(value: str) -> str:
    return value.replace("\r", " ").replace("\n", " ").strip()


def _payload(record: bytes) -> bytes | None:
    try:
        for found in ArchiveIterator(BytesIO(record)):
            return bytes(found.content_stream().read())
    except (ArchiveLoadFailed, EOFError, ValueError, zlib.error, gzip.BadGzipFile):
        return None
    return None
