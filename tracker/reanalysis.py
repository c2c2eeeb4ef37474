"""Reading stored snapshots again with the present analysis: first the difference, then, when asked, the change."""

from collections.abc import Iterator
from dataclasses import dataclass

from django.db.models import QuerySet

from claims.choices import StatementState
from claims.models import Snapshot, Statement
from claims.services.statements import Attributed, same_spans, words
from tracker import pipeline


@dataclass(frozen=True, slots=True)
class Difference:
    """What reading one snapshot again would change. What people decided is in none of these lists."""

    snapshot: Snapshot
    found: list[Attributed]
    added: list[Attributed]
    dropped: list[Statement]
    kept: int
    decided: int

    @property
    def empty(self) -> bool:
        """Whether nothing would change but the version."""
        return not self.added and not self.dropped


def due(*, dossier: str = "", url: str = "") -> QuerySet[Snapshot]:
    """Snapshots that an earlier version of the analysis read: of one dossier, of one document, or all."""
    snapshots = Snapshot.objects.analysed_otherwise(pipeline.ANALYSED_WITH).select_related("document")
    if dossier:
        snapshots = snapshots.filter(document__dossier__slug=dossier)
    if url:
        snapshots = snapshots.filter(document__url=url)
    return snapshots


def differences(snapshots: QuerySet[Snapshot]) -> Iterator[Difference]:
    """What the present analysis finds otherwise in each snapshot. Writes nothing."""
    for snapshot in snapshots.iterator(chunk_size=50):
        yield difference(snapshot)


def difference(snapshot: Snapshot) -> Difference:
    """What the present analysis finds otherwise in one snapshot. Writes nothing."""
    found = pipeline.found_in(snapshot)
    present = list(snapshot.statements.filter(superseded_at__isnull=True))
    suggested = [s for s in present if s.state == StatementState.SUGGESTED]
    dropped = [s for s in suggested if not any(same_spans(one, s) for one in found)]
    added = [one for one in found if not any(same_spans(one, s) for s in present)]
    return Difference(
        snapshot=snapshot,
        found=found,
        added=added,
        dropped=dropped,
        kept=len(suggested) - len(dropped),
        decided=len(present) - len(suggested),
    )


def apply(change: Difference) -> None:
    """Record the new reading. Suggestions that it does not repeat are superseded; what people decided stays."""
    pipeline.record_analysis(change.snapshot, change.found)


def quoted(change: Difference, one: Attributed) -> str:
    """The words of an attribution that is not recorded yet."""
    return words(change.snapshot.text, one.content_spans)
