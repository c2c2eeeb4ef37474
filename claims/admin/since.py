"""What changed since a person was last here, read from the ledger."""

from collections import Counter
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from claims.admin.counting import Counted, bounded_count
from claims.admin.markup import PLAIN, STANDINGS
from claims.desk.addresses import desk_address
from claims.models import Claim, Contradiction, Document, Event, Verdict
from claims.standing import VALUES

EVENTS = 400  # of the newest changes that are looked at
SHOWN = 8
# What an editor should look at first.
WEIGHT = {value: n for n, value in enumerate(
    ("contested", "denied", "corroborated", "withdrawn", "one-sided", "echoed", "single-origin")
)}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Change:
    """A claim that stands otherwise than it did."""

    claim: Claim
    before: str
    now: str
    at: datetime

    @property
    def address(self) -> str:
        """The claim's page."""
        return desk_address(self.claim)

    @property
    def tone_before(self) -> str:
        """What colour says of how it stood."""
        return STANDINGS.get(self.before, PLAIN)

    @property
    def tone(self) -> str:
        """What colour says of how it stands."""
        return STANDINGS.get(self.now, PLAIN)


@dataclass(frozen=True, slots=True)
class News:
    """What changed since a moment."""

    since: datetime
    changes: list[Change]  # of claims that were there before, the weightiest first
    changed: Counted
    born: list[tuple[str, int]]  # how many new claims stand how
    contradictions: list[Contradiction]
    contradicted: Counted
    due: list[Verdict]  # verdicts whose review came due
    documents: Counted

    @property
    def born_shown(self) -> list[tuple[str, int, str]]:
        """How many new claims stand how, with what colour says of it."""
        return [(value, number, STANDINGS.get(value, PLAIN)) for value, number in self.born]

    @property
    def contradictions_shown(self) -> list[dict[str, str]]:
        """The new contradictions, each with its page."""
        return [{"address": desk_address(c), "text": c.explanation, "type": c.type} for c in self.contradictions]

    @property
    def due_shown(self) -> list[dict[str, Any]]:
        """The claims whose verdict came due, each with its page."""
        return [{"address": desk_address(v.claim), "text": v.claim.text, "at": v.review_due} for v in self.due]

    @property
    def nothing(self) -> bool:
        """Whether nothing changed at all."""
        return not (self.changes or self.born or self.contradictions or self.due or self.documents.number)


def news(since: datetime) -> News:
    """What changed since a moment, in a fixed number of queries that each read no more than they show, or a bound."""
    events = list(
        Event.objects.filter(object_type="claim", verb="standing changed", recorded_at__gt=since)
        .order_by("-recorded_at", "-pk")
        .only("object_uid", "recorded_at", "state")[: EVENTS + 1]
    )
    newest: dict[UUID, Event] = {}
    for event in events[:EVENTS]:
        newest.setdefault(event.object_uid, event)
    before = {
        event.object_uid: str(event.state.get("standing", ""))
        for event in Event.objects.filter(object_uid__in=list(newest), object_type="claim", recorded_at__lte=since)
        .order_by("object_uid", "-pk")
        .distinct("object_uid")
        .only("object_uid", "state")
    }
    changed = [
        event for uid, event in newest.items() if uid in before and before[uid] != event.state.get("standing", "")
    ]
    changed.sort(key=lambda event: (WEIGHT.get(event.state.get("standing", ""), len(WEIGHT)), -event.pk))
    born = Counter(str(event.state.get("standing", "")) for uid, event in newest.items() if uid not in before)
    claims = {
        claim.uid: claim
        for claim in Claim.objects.filter(uid__in=[event.object_uid for event in changed[:SHOWN]])
        .select_related("dossier")
        .defer("embedding", "standing_explanation")
    }
    contradictions = Contradiction.objects.awaiting_review().filter(created_at__gt=since)
    return News(
        since=since,
        changes=[
            Change(claims[e.object_uid], before[e.object_uid], e.state.get("standing", ""), e.recorded_at)
            for e in changed[:SHOWN]
            if e.object_uid in claims
        ],
        changed=Counted(len(changed), more=len(events) > EVENTS),
        born=[(value, born[value]) for value in VALUES if born[value]],
        contradictions=list(
            contradictions.order_by("-created_at", "-pk").select_related("claim").defer("claim__embedding")[:SHOWN]
        ),
        contradicted=bounded_count(contradictions),
        due=list(
            Verdict.objects.due_for_review()
            .filter(review_due__gt=since)
            .order_by("-review_due")
            .select_related("claim")
            .defer("claim__embedding")[:SHOWN]
        ),
        documents=bounded_count(Document.objects.new_since(since)),
    )
