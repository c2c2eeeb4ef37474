"""From a submission to standings: each step reads PostgreSQL, does its work and writes it whole or not at all.

Every step may run twice, at the same time or after a crash: it takes its row's lock before it writes and finds then
that the work is done. Slow work (the network, the analysis) happens outside any transaction.
"""

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from django.conf import settings
from django.db import connection, transaction
from django.db.models import F
from django.utils import timezone

from claims.choices import SourceKind
from claims.models import Document, Snapshot
from claims.services import ledger, statements
from claims.services.actor import Actor
from claims.services.documents import Copy, Printed, record_version, set_origin, similar_documents
from claims.services.sources import Named
from claims.services.statements import Attributed
from tracker import matching
from tracker.analysis import nearduplicates
from tracker.analysis.credits import find_byline, find_credit
from tracker.analysis.pipeline import EXTRACTOR, VERSION, analyse
from tracker.analysis.types import Statement as Found
from tracker.analysis.types import quantity_as_json
from tracker.ingest.archive import write_snapshot
from tracker.ingest.errors import IngestError
from tracker.ingest.extraction import Extracted, extract
from tracker.ingest.fetched import Fetched
from tracker.ingest.fetching import FetchPolicy, fetch
from tracker.models import Submission, SubmissionState
from tracker.submissions import ANALYSE, FETCH, MATCH, fail, wake, working_alone

INGEST = Actor.machine("ingest", "1")
ANALYSIS = Actor.machine(EXTRACTOR, VERSION)
ANALYSED_WITH = f"{EXTRACTOR}/{VERSION}"
ATTEMPTS = 3
ORIGINS_LOCK = 0x0819  # a PostgreSQL advisory lock: two copies that arrive together must see each other


# --- Fetch -----------------------------------------------------------------------------------------------------------


def read_submission(submission_id: int) -> None:
    """Fetch a submission, archive its bytes and record the version. A failure is written on the submission."""
    submission = Submission.objects.filter(pk=submission_id, state=SubmissionState.QUEUED).first()
    if submission is None:
        return
    # Counted before the work, so that an input that kills its worker is given up too.
    Submission.objects.filter(pk=submission_id).update(attempts=F("attempts") + 1)
    if submission.attempts >= ATTEMPTS:
        fail(submission_id, code="given_up", message=f"{submission.address}: the worker died on it {ATTEMPTS} times.")
        return
    try:
        fetched = _fetched(submission)
        extracted = extract(fetched)
        copy = _archived(fetched, extracted)
    except IngestError as error:
        if not error.transient or submission.attempts + 1 >= ATTEMPTS:
            fail(submission_id, code=error.code, message=str(error))
        return
    with transaction.atomic():
        locked = Submission.objects.select_for_update().get(pk=submission_id)
        if locked.state != SubmissionState.QUEUED:
            return
        recorded = record_version(_printed(locked, fetched, extracted), copy, actor=INGEST)
        locked.state, locked.payload, locked.finished_at = SubmissionState.DONE, None, timezone.now()
        locked.snapshot = recorded.snapshot
        locked.new_document, locked.new_snapshot = recorded.new_document, recorded.new_snapshot
        locked.save()
        wake(ANALYSE, recorded.snapshot.pk)


def _fetched(submission: Submission) -> Fetched:
    if submission.payload is None:
        policy = FetchPolicy(
            allow_hosts=settings.FETCH_ALLOW_HOSTS,
            max_bytes=settings.FETCH_MAX_BYTES,
            timeout=settings.FETCH_TIMEOUT_SECONDS,
            user_agent=settings.FETCH_USER_AGENT,
        )
        return fetch(submission.address, policy=policy)
    return Fetched(
        address=submission.address,
        final_address=submission.address,
        payload=bytes(submission.payload),
        content_type=submission.content_type,
        fetched_at=submission.created_at,
    )


def _archived(fetched: Fetched, extracted: Extracted) -> Copy:
    kept = write_snapshot(Path(settings.EVIDENCE_DIR), fetched)
    return Copy(
        fetched_at=fetched.fetched_at,
        fetched_from=fetched.final_address[:2000],
        warc_path=kept.path,
        warc_offset=kept.offset,
        warc_length=kept.length,
        payload_sha256=kept.sha256,
        text=extracted.text,
        extractor=extracted.extractor,
        extractor_version=extracted.extractor_version,
        http_status=fetched.status,
        headers=[list(header) for header in fetched.headers],
        content_type=fetched.content_type[:200],
        signature=nearduplicates.signature(extracted.text),
    )


def _printed(submission: Submission, fetched: Fetched, extracted: Extracted) -> Printed:
    """What the document says about itself. A file without an address is known by its bytes, wherever it lies."""
    address = extracted.url or (fetched.final_address if fetched.from_web else f"urn:sha256:{fetched.sha256}")
    kind = extracted.publisher_kind if extracted.publisher_kind in SourceKind.values else SourceKind.NEWS_MEDIA
    credit = extracted.credit or find_credit(extracted.text)
    return Printed(
        url=address[:2000],
        title=extracted.title or "",
        publisher=Named(extracted.publisher, str(kind)) if extracted.publisher else None,
        credit=Named(credit, SourceKind.NEWS_MEDIA) if credit else None,
        byline=extracted.byline or find_byline(extracted.text) or "",
        published_at=extracted.published_at,
        language=extracted.language or "",
        dossier=extracted.dossier or submission.dossier,
        state=extracted.state,
    )


# --- Analyse ---------------------------------------------------------------------------------------------------------


def analyse_snapshot(snapshot_id: int) -> None:
    """Settle which documents are copies, find the snapshot's statements and record them; once per snapshot."""
    snapshot = Snapshot.objects.select_related("document").get(pk=snapshot_id)
    if not snapshot.analysed_with:
        settle_origins(snapshot)
        record_analysis(snapshot, found_in(snapshot))
    elif not snapshot.matched_with:
        wake(MATCH, snapshot_id)


def found_in(snapshot: Snapshot) -> list[Attributed]:
    """What the present version of the analysis finds in a snapshot. Writes nothing."""
    published = snapshot.document.published_at or snapshot.fetched_at
    return [attributed(one) for one in analyse(snapshot.text, published_on=published.date())]


@transaction.atomic
def record_analysis(snapshot: Snapshot, found: list[Attributed]) -> statements.Analysed:
    """Record what the present version of the analysis found, and ask for its statements to be placed."""
    analysed = statements.record_statements(snapshot, found, extractor=EXTRACTOR, version=VERSION, actor=ANALYSIS)
    wake(MATCH, snapshot.pk)
    return analysed


def attributed(found: Found) -> Attributed:
    """What the analysis found, as ``claims`` records it."""
    source = None
    if found.source is not None:
        mention = found.source
        source = Named(
            mention.name or mention.passage.text,
            mention.kind.value if mention.name else SourceKind.UNNAMED,
            mention.description,
            mention.organisation,
        )
    return Attributed(
        content_spans=[list(span) for span in found.content.spans],
        source=source,
        source_spans=[list(span) for span in found.source.passage.spans] if found.source else [],
        cue_spans=[list(span) for span in found.cue.spans] if found.cue else [],
        parent=found.parent,
        quotation=found.quotation.value,
        polarity=found.polarity.value,
        modality=found.modality.value,
        decided_by_words=list(found.decided_by),
        quantities=[quantity_as_json(quantity) for quantity in found.quantities],
        place=found.place or "",
        when_text=found.when.text if found.when else "",
        when_first=found.when.first if found.when else None,
        when_last=found.when.last if found.when else None,
        confidence=found.confidence,
    )


@transaction.atomic
def settle_origins(snapshot: Snapshot) -> None:
    """Find the documents that copy one another and let all point at the one that the others copied.

    That is the one whose publisher the others credit, or else the earliest: in whichever order they arrive, the same.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [ORIGINS_LOCK])
    document = snapshot.document
    why: dict[int, str] = {}
    family = {document.pk: document}
    for other in similar_documents(snapshot):
        text = other.snapshots.get(latest=True).text
        verdict = nearduplicates.is_copy(snapshot.text, text)
        if verdict.is_copy:
            family[other.pk] = other
            why[other.pk] = verdict.explanation
            for relative in (*other.copies.all(), *([other.origin] if other.origin else [])):
                family.setdefault(relative.pk, relative)
    if len(family) == 1:
        return
    members = list(family.values())
    original = min(members, key=lambda d: (-_credited(d, members), d.published_at or NEVER, d.first_seen_at, d.pk))
    if original.origin_id is not None:
        set_origin(original, origin=None, explanation="", actor=INGEST)
    for copy in members:
        if copy.pk != original.pk:
            reason = why.get(copy.pk) or why.get(original.pk) or "a copy of a copy"
            set_origin(copy, origin=original, explanation=f"{reason}{_credit_line(copy, original)}", actor=INGEST)


NEVER = datetime.max.replace(tzinfo=UTC)


def _credited(document: Document, members: list[Document]) -> int:
    """How many of the others credit this document's publisher."""
    if document.publisher_id is None:
        return 0
    return sum(m.credit_id == document.publisher_id for m in members if m.pk != document.pk)


def _credit_line(copy: Document, original: Document) -> str:
    credited = copy.credit_id is not None and copy.credit_id == original.publisher_id
    return f"; it credits {copy.credit}" if credited else ""


# --- Match -----------------------------------------------------------------------------------------------------------


def match_snapshot(snapshot_id: int) -> None:
    """Place the snapshot's statements among the claims, and look for what now conflicts."""
    matching.match_snapshot(snapshot_id)


# --- Everything ------------------------------------------------------------------------------------------------------


def outstanding() -> list[tuple[str, int]]:
    """What is left to do, in the order in which to do it: (task, id)."""
    return [
        *((FETCH, pk) for pk in Submission.objects.waiting().values_list("pk", flat=True)),
        *((ANALYSE, pk) for pk in Snapshot.objects.awaiting_analysis().values_list("pk", flat=True)),
        *((MATCH, pk) for pk in Snapshot.objects.awaiting_matching().values_list("pk", flat=True)),
    ]


STEPS: dict[str, Callable[[int], None]] = {FETCH: read_submission, ANALYSE: analyse_snapshot, MATCH: match_snapshot}


def work_off(*, on_progress: Callable[[], None] = lambda: None) -> None:
    """Do everything outstanding in this process, then seal the ledger: a worker's steps, without a broker."""
    with working_alone():
        while todo := outstanding():
            for task, pk in todo:
                STEPS[task](pk)
                on_progress()
    ledger.seal()
