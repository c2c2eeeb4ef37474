"""Reading stored snapshots again with the present analysis: first the difference, then, when asked, the change."""

from collections.abc import Iterator
from dataclasses import dataclass

from django.db.models import QuerySet

from claims.models import Snapshot, Statement
from claims.services.statements import Attributed, Plan, Step, reading, same_spans, words
from tracker import pipeline


@dataclass(frozen=True, slots=True)
class Difference:
    """What reading one snapshot again would change: the plan by which it is recorded, so exactly what is done."""

    snapshot: Snapshot
    found: list[Attributed]
    plan: Plan

    @property
    def empty(self) -> bool:
        """Whether nothing would change but the version."""
        return not self.plan.changes

    @property
    def added(self) -> list[Step]:
        """What becomes a new row; where that reads words otherwise, it says which row it ``replaces``."""
        return self.plan.added

    @property
    def dropped(self) -> list[Statement]:
        """Suggestions that are not found again, or read otherwise."""
        return self.plan.dropped

    @property
    def kept(self) -> int:
        """How many suggestions stay."""
        return len([row for row in self.plan.kept if row not in self.plan.decided])

    @property
    def decided(self) -> int:
        """How many rows people have decided on. They are never added again or dropped."""
        return len(self.plan.decided)


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
    return Difference(snapshot, found, reading(snapshot, found))


def apply(change: Difference) -> None:
    """Record the new reading. Suggestions that it does not repeat are superseded; what people decided stays."""
    pipeline.record_analysis(change.snapshot, change.found)


def quoted(change: Difference, step: Step) -> str:
    """The words of an attribution that is not recorded yet, and what it makes otherwise of words read before."""
    said = words(change.snapshot.text, step.found.content_spans)
    if step.replaces is None or not same_spans(step.found, step.replaces):
        return said
    return f"{said} (read otherwise: {', '.join(step.differs)})"
