"""What changed since a place on the ledger: gapless, in order, with what became of what is gone.

Only sealed events are told: their places are final, so whoever has been told all up to one place has missed nothing
before it. What a reader may not see is told as hidden, with its place alone, so that gaplessness can be verified.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from claims.access import Access
from claims.choices import ContradictionState, DocumentState, StatementState, VerdictState
from claims.models import Dossier, Event, Statement
from claims.models.ledger import actor_told
from claims.services import ledger
from claims.services.protection import masked

LIMIT = 1000  # changes told at once
CHANGE, TOMBSTONE, HIDDEN = "change", "tombstone", "hidden"
# States in which an object counts no longer, though its row stays.
GONE: dict[str, tuple[str, ...]] = {
    "statement": (StatementState.REJECTED, StatementState.CORRECTED),
    "contradiction": (ContradictionState.DISMISSED, ContradictionState.RESOLVED, ContradictionState.LAPSED),
    "verdict": (VerdictState.SUPERSEDED, VerdictState.WITHDRAWN),
    "document": (DocumentState.RETRACTED, DocumentState.GONE),
}


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which changes to tell: of one dossier, of some sorts of objects; all, where nothing is said."""

    dossier: int | None = None
    types: frozenset[str] = frozenset()

    @property
    def everything(self) -> bool:
        """Whether no change is left out."""
        return self.dossier is None and not self.types


@dataclass(frozen=True, slots=True)
class Page:
    """Changes in the order of the ledger, as JSON values. All up to ``next`` has been looked at: go on after that.

    ``head`` and ``head_hash`` are where the ledger ended.
    """

    changes: list[dict[str, Any]]
    next: int
    head: int
    head_hash: str

    @property
    def more(self) -> bool:
        """Whether the ledger goes on after this page."""
        return self.next < self.head

    def as_json(self) -> dict[str, Any]:
        """The page as JSON values."""
        return {
            "changes": self.changes,
            "next": self.next,
            "more": self.more,
            "head": {"seq": self.head, "hash": self.head_hash},
        }


def changes_after(after: int, *, access: Access, wanted: Wanted | None = None, limit: int = LIMIT) -> Page:
    """Up to ``limit`` changes after this place. Places that lie beyond the head are the caller's mistake.

    Without filters every place is told, hidden or not. With them only what matches and may be seen is, and ``next``
    says how far that holds.
    """
    wanted = wanted or Wanted()
    head, head_hash = ledger.head()
    rows = Event.objects.sealed().filter(seq__gt=after, seq__lte=head)
    if wanted.dossier is not None:
        rows = rows.filter(dossier=wanted.dossier)
    if wanted.types:
        rows = rows.filter(object_type__in=wanted.types)
    events = list(rows.defer("prev_hash", "transaction")[:limit])
    told = told_of(events, access=access)
    if not wanted.everything:
        told = [change for change in told if change["kind"] != HIDDEN]
    covered = (events[-1].seq or head) if len(events) == limit else head
    return Page(told, max(covered, after), head, head_hash)


def told_of(events: Iterable[Event], *, access: Access) -> list[dict[str, Any]]:
    """Sealed events as this caller is told them, masked. A fixed number of queries, however many there are.

    A tombstone says in ``gone`` why the object counts no longer (merged, superseded, corrected, rejected, dismissed,
    resolved, lapsed, withdrawn, retracted, gone), and in ``became`` which object of its sort stands in its place, if
    one does. Of what is hidden only the place is told.
    """
    events = list(events)
    mine = Event.objects.filter(pk__in=[event.pk for event in events]).readable_by(access)
    shown = set(mine.order_by().values_list("pk", flat=True))
    slugs = dict(
        Dossier.objects.filter(pk__in={e.dossier_id for e in events if e.pk in shown}).values_list("pk", "slug")
    )
    replaced = _replacements(event for event in events if event.pk in shown)
    told = [
        _told(event, slugs, replaced, actor=actor_told(access, event.actor_label))
        if event.pk in shown
        else {"seq": event.seq, "kind": HIDDEN}
        for event in events
    ]
    return masked(told, access)


def _told(event: Event, slugs: Mapping[int, str], replaced: Mapping[UUID, UUID], *, actor: str) -> dict[str, Any]:
    """One event, as done by ``actor``."""
    told: dict[str, Any] = {
        "seq": event.seq,
        "kind": CHANGE,
        "type": event.object_type,
        "uid": str(event.object_uid),
        "verb": event.verb,
        "at": event.recorded_at.isoformat(),
        "actor": actor,
        "reason": event.reason,
        "dossier": slugs.get(event.dossier_id) if event.dossier_id is not None else None,
        "state": event.state,
        "hash": event.hash,
    }
    gone = _gone(event.object_type, event.state)
    if gone is not None:
        became = event.state.get("merged_into") or event.state.get("superseded_by") or replaced.get(event.object_uid)
        told |= {"kind": TOMBSTONE, "gone": gone, "became": str(became) if became else None}
    return told


def _gone(kind: str, state: Mapping[str, Any]) -> str | None:
    """Why an object in this public state counts no longer; ``None`` while it does."""
    if state.get("merged_into"):
        return "merged"
    decided = state.get("state")
    if decided in GONE.get(kind, ()):
        return str(decided)
    return "superseded" if state.get("superseded") else None


def _replacements(events: Iterable[Event]) -> dict[UUID, UUID]:
    """The statements that stand in the place of those that were corrected or read otherwise, by the old ones' ids."""
    gone = {e.object_uid for e in events if e.object_type == "statement" and _gone(e.object_type, e.state)}
    if not gone:
        return {}
    found = Statement.objects.filter(supersedes__uid__in=gone).order_by()
    return dict(found.values_list("supersedes__uid", "uid"))
