"""What a line of a claim's timeline shows of a position, as it is now or as it was at a moment."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import Max
from django.urls import reverse
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _

from claims.choices import Decider
from claims.desk.timeline import Mark
from claims.models import Event, Position
from claims.services.asof import Held, PositionHeld
from claims.services.weighing import put_in_place

# Never shown on a line, and large.
UNREAD = tuple(f"statement__snapshot__{name}" for name in ("text", "headers", "signature"))


@dataclass(frozen=True, slots=True)
class Line:
    """A position in the words of its statement: who, when, where printed, and who decided that it is one.

    ``version`` names what was seen of it (``claims.services.versions``), 0 where it is of the past.
    """

    uid: str
    stance: str
    speaker: str
    speaker_address: str
    kind: str
    party: str
    reliability: str
    source_text: str
    cue: str
    words: str
    denies: bool
    modality: str
    document: str
    document_address: str
    document_state: str
    publisher: str
    published: datetime | None
    seen: datetime
    copies: str
    decided: str
    by_person: bool
    why: Sequence[str]
    reason: str
    version: int = 0
    move_address: str = ""

    @property
    def at(self) -> datetime:
        """When it was said, as far as is known."""
        return self.published or self.seen


def present_lines(uids: Iterable[str]) -> dict[str, Line]:
    """The lines of these positions as they are now, by their ids; in a fixed number of queries."""
    positions = list(
        Position.objects.filter(uid__in=list(uids)).select_related("by", "statement__snapshot").defer(*UNREAD)
    )
    put_in_place([position.statement for position in positions])
    versions = last_changes({uid for p in positions for uid in (p.uid, p.statement.uid)})
    return {str(p.uid): _present(p, max(versions[p.uid].pk, versions[p.statement.uid].pk)) for p in positions}


def last_changes(uids: Iterable[UUID]) -> dict[UUID, Event]:
    """The newest event of each of these objects, without the state."""
    told = Event.objects.filter(object_uid__in=list(uids)).order_by()
    newest = told.values("object_uid").annotate(last=Max("pk")).values("last")
    return {event.object_uid: event for event in Event.objects.filter(pk__in=newest).defer("state")}


def _present(position: Position, version: int) -> Line:
    statement = position.statement
    source = statement.source.resolved if statement.source else None
    document = statement.snapshot.document
    party = source.effective_party if source else None
    return Line(
        uid=str(position.uid),
        stance=position.stance,
        speaker=source.name if source else "",
        speaker_address=reverse("desk:source", args=[source.uid]) if source else "",
        kind=source.get_kind_display() if source else "",
        party=party.name if party else "",
        reliability=source.reliability if source else "",
        source_text=statement.source_text,
        cue=statement.cue_text,
        words=statement.content_text,
        denies=statement.polarity == "denies",
        modality=statement.modality,
        document=str(document),
        document_address=reverse("desk:document", args=[document.uid]),
        document_state=document.state,
        publisher=document.publisher.resolved.name if document.publisher else "",
        published=document.published_at,
        seen=statement.snapshot.fetched_at,
        copies=str(document.root) if document.origin_id is not None else "",
        decided=_decided(position.by.get_username() if position.by else None, position.algorithm, position.score),
        by_person=position.origin == Decider.PERSON,
        why=position.explanation,
        reason=position.reason,
        version=version,
        move_address=reverse("admin:claims_position_place_this", args=[position.pk]),
    )


def past_line(held: PositionHeld, parties: Mapping[str, str]) -> Line:
    """The line of a position as it was at a moment, exactly as recorded; ``parties`` has their names by their slugs."""
    position, statement, document = held.position.state, held.statement.state, held.document.state
    source: dict[str, Any] = dict(held.source.state) if held.source else {}
    return Line(
        uid=str(held.position.uid),
        stance=position["stance"],
        speaker=source.get("name", ""),
        speaker_address=reverse("desk:source", args=[held.source.uid]) if held.source else "",
        kind=source.get("kind", ""),
        party=parties.get(source.get("party") or "", source.get("party") or ""),
        reliability=source.get("reliability", ""),
        source_text=statement["source_text"],
        cue=statement["cue_text"],
        words=statement["content_text"],
        denies=statement["polarity"] == "denies",
        modality=statement["modality"],
        document=document["title"] or document["url"],
        document_address=reverse("desk:document", args=[held.document.uid]),
        document_state=document["state"],
        publisher=held.publisher.state["name"] if held.publisher else "",
        published=_moment(document["published_at"]),
        seen=_seen(held.snapshot),
        copies=document["origin_explanation"] if document["origin"] else "",
        decided=_decided(position["by"], position["algorithm"].partition("/")[0], position["score"]),
        by_person=position["origin"] == Decider.PERSON,
        why=position["explanation"],
        reason=position["reason"],
    )


def past_mark(held: PositionHeld) -> Mark:
    """What the timeline needs to put a position of the past in its place."""
    said = _moment(held.document.state["published_at"]) or _seen(held.snapshot)
    return Mark(str(held.position.uid), held.position.state["stance"], said)


def _seen(snapshot: Held) -> datetime:
    return datetime.fromisoformat(snapshot.state["fetched_at"])


def _moment(said: str | None) -> datetime | None:
    return parse_datetime(said) if said else None


def _decided(by: str | None, algorithm: str, score: float) -> str:
    if by:
        return by
    return _("%(algorithm)s, %(score).0f%% sure") % {"algorithm": algorithm, "score": score * 100}
