"""What the domain asks of this application: to place what a person added, to read marked words, to fetch originals."""

from collections.abc import Iterator
from datetime import date

from claims.errors import OriginalMissing
from claims.models import Archived
from claims.services.marking import Circumstances
from claims.services.statements import Spans
from tracker.analysis.pipeline import read_words
from tracker.analysis.types import quantity_as_json
from tracker.evidence import evidence_store
from tracker.ingest.archive import WarcRef, read_payload
from tracker.ingest.errors import IngestError
from tracker.ingest.store import NotStored
from tracker.submissions import MATCH, wake


def place(*, snapshot_id: int, **_: object) -> None:
    """Wake a worker for a snapshot whose statements wait for their place among the claims."""
    wake(MATCH, snapshot_id)


def circumstances(*, text: str, content_spans: Spans, published_on: date, **_: object) -> Circumstances:
    """What words that a person marked tell, read as the analysis reads those that it finds itself."""
    read = read_words(text, [(start, end) for start, end in content_spans], published_on=published_on)
    return Circumstances(
        quotation=read.quotation.value,
        quantities=[quantity_as_json(quantity) for quantity in read.quantities],
        place=read.place or "",
        when_text=read.when.text if read.when else "",
        when_first=read.when.first if read.when else None,
        when_last=read.when.last if read.when else None,
    )


def original(*, archived: Archived, **_: object) -> bytes:
    """The bytes of what was fetched, out of its WARC record. Raises ``OriginalMissing`` with what to do about it."""
    kept = WarcRef(archived.warc_path, archived.warc_offset, archived.warc_length, archived.payload_sha256)
    try:
        return read_payload(evidence_store(), kept)
    except IngestError as error:
        raise OriginalMissing(str(error)) from error


def archive(*, archived: Archived, **_: object) -> Iterator[bytes]:
    """The WARC file of what was fetched, piece by piece. Raises ``OriginalMissing`` with what to do about it."""
    try:
        yield from evidence_store().stream(archived.warc_path)
    except NotStored as error:
        raise OriginalMissing(f"{archived.warc_path} cannot be read ({error}). Restore it from a backup.") from error
