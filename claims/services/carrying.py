"""What people decided about the words of one version, carried over to the next one where the same words stand."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher

from django.db import transaction
from django.db.models import QuerySet

from claims.choices import Decider, StatementState
from claims.models import Position, Snapshot, Statement
from claims.services import ledger
from claims.services.actor import Actor
from claims.services.copying import copy_in
from claims.services.keys import reserved_keys
from claims.services.statements import Spans

REACH = 200  # characters around a passage that tell its occurrences apart
# What a row that is carried over keeps; its spans move with its words.
KEPT = (
    "source", "source_text", "cue_text", "content_text", "quotation", "polarity", "modality", "decided_by_words",
    "place", "when_text", "when_first", "when_last", "confidence", "extractor", "extractor_version",
    "origin", "state", "reviewed_by_id", "reviewed_at", "review_reason", "protected",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Moved:
    """A decided row of the version before, and by how many characters its words stand further on in the new one."""

    row: Statement
    by: int

    def spans(self, spans: Spans) -> Spans:
        """Where words of the old text stand in the new one."""
        return [[start + self.by, end + self.by] for start, end in spans]


@transaction.atomic(savepoint=False)
def carry_decisions(snapshot: Snapshot, *, actor: Actor) -> int:
    """Carry what people decided in the version before over to this one; return how many rows that is.

    Call it once a version is to be read for the first time, in the transaction of recording the reading: rows on which
    people decided stay there, and nothing is found again in their words. What people confirmed, rejected, corrected,
    added, placed or protected is carried where its words stand as they stood; otherwise it stays with the old version,
    as does all of a version whose text was removed.
    """
    before = _version_before(snapshot) if snapshot.number > 1 and not snapshot.analysed_with else None
    if before is None or before.removed_at is not None:
        return 0
    reason = f"decided on the same words in version {before.number}"
    moved = list(_moved(_decided(before), before.text, snapshot.text))
    carried: dict[int, Statement] = {}
    for one, key in zip(moved, reserved_keys(Statement, len(moved)), strict=True):
        carried[one.row.pk] = _drafted(one, snapshot, carried, key)
    copy_in([*carried.values()])
    for row in carried.values():
        # A decision is told as one, so that what was held at a moment is found by it.
        verb = str(row.state) if row.state != StatementState.SUGGESTED else "carried over"
        ledger.record(actor, verb, row, reason=reason)
    _carry_positions(carried, actor, reason)
    return len(carried)


def _version_before(snapshot: Snapshot) -> Snapshot | None:
    earlier = Snapshot.objects.filter(document=snapshot.document_id, number__lt=snapshot.number)
    return earlier.exclude(analysed_with="").order_by("-number").first()


def _decided(before: Snapshot) -> list[Statement]:
    """Rows that a person has decided on, placed or protected; what another one replaces comes before that one."""
    rows = list(before.statements.filter(superseded_at__isnull=True).select_related("source").order_by("pk"))
    placed = set(_by_people([row.pk for row in rows]).values_list("statement", flat=True))
    return [s for s in rows if s.state != StatementState.SUGGESTED or s.protected or s.pk in placed]


def _by_people(statements: Collection[int]) -> QuerySet[Position]:
    return Position.objects.filter(statement__in=statements, origin=Decider.PERSON, superseded_at__isnull=True)


def _moved(rows: Sequence[Statement], old: str, new: str) -> Iterable[Moved]:
    """Those of the rows whose whole passage, from source to content, stands word for word in the new text."""
    for row in rows:
        spans = [*row.content_spans, *row.cue_spans, *row.source_spans]
        start, end = min(a for a, _ in spans), max(b for _, b in spans)
        at = _find(old, start, end, new)
        if at is not None:
            yield Moved(row, at - start)


def _find(old: str, start: int, end: int, new: str) -> int | None:
    """Where the passage stands in the new text: of several places the one whose surroundings are most alike."""
    passage = old[start:end]
    places: list[int] = []
    at = new.find(passage)
    while at >= 0 and len(places) < 50:
        places.append(at)
        at = new.find(passage, at + 1)
    around = old[max(0, start - REACH) : start], old[end : end + REACH]

    def alike(place: int) -> float:
        there = new[max(0, place - REACH) : place], new[place + len(passage) : place + len(passage) + REACH]
        return sum(SequenceMatcher(None, a, b, autojunk=False).ratio() for a, b in zip(around, there, strict=True))

    return max(places, key=alike, default=None) if len(places) != 1 else places[0]


def _drafted(moved: Moved, snapshot: Snapshot, carried: dict[int, Statement], key: int) -> Statement:
    """The row again, in the new version: what it replaces, and is nested in, came before it."""
    old = moved.row
    content = moved.spans(old.content_spans)
    first, last = content[0][0], content[-1][1]
    return Statement(
        pk=key,
        snapshot=snapshot,
        content_spans=content,
        cue_spans=moved.spans(old.cue_spans),
        source_spans=moved.spans(old.source_spans),
        quantities=[{**one, "spans": moved.spans(one.get("spans", []))} for one in old.quantities],
        content_prefix=snapshot.text[max(0, first - len(old.content_prefix)) : first],
        content_suffix=snapshot.text[last : last + len(old.content_suffix)],
        parent=carried.get(old.parent_id or 0),
        supersedes=carried.get(old.supersedes_id or 0),
        **{name: getattr(old, name) for name in KEPT},
    )


def _carry_positions(carried: dict[int, Statement], actor: Actor, reason: str) -> None:
    """Give the rows the positions that people set for those before them."""
    positions = [
        Position(
            statement=carried[old.statement_id], claim=old.claim.resolved, stance=old.stance, origin=old.origin,
            score=old.score, explanation=old.explanation, algorithm=old.algorithm,
            algorithm_version=old.algorithm_version, by=old.by, reason=old.reason,
        )
        for old in _by_people(carried).select_related("claim__merged_into", "by")
    ]  # fmt: skip
    for position, key in zip(positions, reserved_keys(Position, len(positions)), strict=True):
        position.pk = key
    copy_in(positions)
    ledger.record(actor, "taken", *positions, reason=reason)
