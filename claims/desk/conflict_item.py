"""One conflict as the desk shows it: both sides, their words in place, and what was decided on like ones before."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import Case, IntegerField, Q, QuerySet, Value, When
from django.shortcuts import get_object_or_404
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from claims.admin.markup import (
    CONTRADICTION_STATES,
    DOCUMENT_STATES,
    FLAGS,
    GRADES,
    JUDGEMENT_ANSWERS,
    MODALITIES,
    POLARITIES,
    STANCES,
    STANDINGS,
    STATEMENT_STATES,
    badge,
    badges,
    clip,
    outward_link,
)
from claims.admin.statements import in_its_place
from claims.choices import Question, Stance
from claims.desk.addresses import desk_address
from claims.models import Claim, Contradiction, Document, Event, Judgement, Opinion, Party, Position, Source
from claims.models.contradiction import DECIDED
from claims.services.versions import version_of
from claims.services.weighing import put_in_place

SHOWN = 6  # statements of a side in full; the claim's page has them all
COUNTED = 100  # further ones are counted up to here
EARLIER, LOOKED_THROUGH = 6, 1000  # earlier decisions shown, and how many of the latest are looked through for them
CHANGES = 8  # of the item, the latest

# What of a claim no page of the desk shows, and is large.
_UNREAD = ("claim__embedding", "other_claim__embedding")


@dataclass(frozen=True, slots=True)
class Shown:
    """One statement on a side: who says it, where, and why it counts or does not."""

    position: Position
    place: SafeString
    source: Source | None
    party: Party | None
    document: Document
    publisher: Source | None
    said_at: datetime
    not_counted: str = ""

    @property
    def labels(self) -> list[SafeString | str]:
        """The stance, how the words are meant, and what people or the publisher have done since, as labels."""
        statement = self.position.statement
        said = [badge(self.position.stance, STANCES), badge(statement.polarity, POLARITIES)]
        if statement.modality not in MODALITIES:
            said.append(badge(statement.modality, {}))
        if statement.state != "suggested":
            said.append(badge(statement.state, STATEMENT_STATES))
        if self.document.state != "live":
            said.append(badge(self.document.state, DOCUMENT_STATES))
        return said

    @property
    def grade(self) -> SafeString | str:
        """How reliable its source is, as a label with the meaning of the letter."""
        if self.source is None:
            return ""
        return badge(self.source.reliability, GRADES, label=self.source.get_reliability_display())

    @property
    def source_address(self) -> str:
        """The page of the source."""
        return desk_address(self.source) if self.source else ""

    @property
    def document_address(self) -> str:
        """The page of the document."""
        return desk_address(self.document)

    @property
    def url(self) -> SafeString | str:
        """The document out there."""
        return outward_link(self.document.url, length=60)


@dataclass(frozen=True, slots=True)
class Side:
    """One side of the conflict: its claim, which sort of positions it shows, and its statements."""

    claim: Claim
    title: str
    origins: int
    statements: tuple[Shown, ...]
    further: int

    @property
    def standing(self) -> SafeString | str:
        """The claim's standing and its flags, as labels."""
        shown = badge(self.claim.standing, STANDINGS)
        flags = badges(self.claim.standing_flags, FLAGS) if self.claim.standing_flags else ""
        return format_html("{} {}", shown, flags)

    @property
    def address(self) -> str:
        """The page of the claim."""
        return desk_address(self.claim)

    @property
    def reasons(self) -> list[str]:
        """Why the claim stands so."""
        return list(self.claim.standing_explanation.get("sentences") or [])

    @property
    def leading(self) -> list[Shown]:
        """The statement that the conflict is about, and the others that count."""
        return [shown for place, shown in enumerate(self.statements) if not place or not shown.not_counted]

    @property
    def echoes(self) -> list[Shown]:
        """The others, which add no origin."""
        return [shown for shown in self.statements[1:] if shown.not_counted]

    @property
    def many_further(self) -> bool:
        """Whether there are more further ones than are counted."""
        return self.further >= COUNTED


@dataclass(frozen=True)
class Item:
    """A contradiction, or a contested claim about whose conflict nothing is suggested; ``version`` as it is now."""

    row: Contradiction | Claim
    version: int

    @property
    def contradiction(self) -> Contradiction | None:
        """The contradiction, if it is one."""
        return self.row if isinstance(self.row, Contradiction) else None

    @property
    def claim(self) -> Claim:
        """The contested claim, or the first of the two that conflict."""
        return self.row.claim if isinstance(self.row, Contradiction) else self.row

    @property
    def other_claim(self) -> Claim | None:
        """The second claim of two that conflict."""
        return self.row.other_claim if isinstance(self.row, Contradiction) else None

    @property
    def claims(self) -> list[Claim]:
        """The claim, or both."""
        return [self.claim, *([self.other_claim] if self.other_claim else [])]

    @property
    def explanation(self) -> str:
        """Why they are held to conflict, in words."""
        if isinstance(self.row, Contradiction):
            return self.row.explanation
        sentences = self.row.standing_explanation.get("sentences") or []
        return str(sentences[0]) if sentences else self.row.text

    @property
    def labels(self) -> list[SafeString | str]:
        """What sort of conflict it is, and what was decided about it, as labels."""
        if not isinstance(self.row, Contradiction):
            return [badge(self.row.standing, STANDINGS)]
        sort = badge(self.row.type, {}, label=self.row.get_type_display())
        state = badge(self.row.state, CONTRADICTION_STATES, label=self.row.get_state_display())
        return [sort, state]

    @property
    def open(self) -> bool:
        """Whether a decision is awaited."""
        if isinstance(self.row, Contradiction):
            merged = any(claim.merged_into_id for claim in self.claims)
            return self.row.state == "suggested" and not merged
        return self.row.standing == "contested" and self.row.merged_into_id is None


def find_item(uid: UUID) -> Item:
    """The contradiction with this public id, or else the claim; raises ``Http404`` where there is neither.

    A claim of which there is a contradiction on its own positions is shown as that.
    """
    known = Contradiction.objects.select_related("claim__dossier", "other_claim", "decided_by").defer(*_UNREAD)
    found = known.filter(uid=uid).first()
    if found is None:
        claims = Claim.objects.select_related("dossier", "merged_into").defer("embedding", "merged_into__embedding")
        claim = get_object_or_404(claims, uid=uid)
        found = known.filter(claim=claim, other_claim__isnull=True).exclude(state="lapsed").order_by("-pk").first()
        if found is None:
            return Item(claim, version_of(claim.uid))
    return Item(found, version_of(found.uid))


def sides_of(item: Item) -> list[Side]:
    """Both sides: the two claims, or who supports and who refutes the one."""
    chosen: list[tuple[Claim, str, int, Stance | None, int]]
    if item.other_claim is not None and item.contradiction is not None:
        first = item.contradiction.position_id, item.contradiction.other_position_id
        chosen = [
            (claim, _("The claim") if not place else _("Conflicts with"), claim.origins, None, pk)
            for place, (claim, pk) in enumerate(zip(item.claims, first, strict=True))
        ]
    else:
        row = item.contradiction
        chosen = [
            (item.claim, _("For it"), item.claim.origins, Stance.SUPPORTS, row.position_id if row else 0),
            (item.claim, _("Against it"), item.claim.refuting_origins, Stance.REFUTES,
             row.other_position_id if row else 0),
        ]  # fmt: skip
    found = [_positions(claim, stance, first=pk) for claim, _title, _origins, stance, pk in chosen]
    put_in_place([position.statement for positions, _more in found for position in positions])
    return [
        Side(claim, title, origins, tuple(_shown(p, claim) for p in positions), more)
        for (claim, title, origins, _stance, _pk), (positions, more) in zip(chosen, found, strict=True)
    ]


def _positions(claim: Claim, stance: str | None, *, first: int) -> tuple[list[Position], int]:
    """The positions of a side to show, the one that conflicts first; and how many more there are."""
    taken = Position.objects.current().filter(claim=claim)
    if stance is not None:
        taken = taken.filter(stance=stance)
    order = Case(
        When(pk=first, then=Value(0)),
        When(uid__in=_first_of_origins(claim), then=Value(1)),
        When(stance=Stance.SUPPORTS, then=Value(2)),
        When(stance=Stance.REFUTES, then=Value(3)),
        default=Value(4),
        output_field=IntegerField(),
    )
    shown = (
        taken.select_related("statement__snapshot", "by")
        .defer("statement__snapshot__headers", "statement__snapshot__signature")
        .order_by(order, "pk")
    )
    return list(shown[:SHOWN]), taken.order_by("pk")[SHOWN : SHOWN + COUNTED].count()


def _first_of_origins(claim: Claim) -> list[str]:
    """The positions by which origins enter the record: these tell more than what repeats them."""
    why = claim.standing_explanation
    origins = [*(why.get("supporting") or []), *(why.get("refuting") or [])]
    return [uid for origin in origins[:COUNTED] for uid in origin["positions"][:1]]


def _shown(position: Position, claim: Claim) -> Shown:
    statement = position.statement
    document = statement.snapshot.document
    discounted = claim.standing_explanation.get("discounted") or []
    why = {told["position"]: f"{told['reason']}: {told['detail']}" for told in discounted}
    return Shown(
        position=position,
        place=in_its_place(statement),
        source=statement.source.resolved if statement.source else None,
        party=statement.source.effective_party if statement.source else None,
        document=document,
        publisher=document.publisher,
        said_at=document.published_at or statement.snapshot.fetched_at,
        not_counted=why.get(str(position.uid), ""),
    )


# --- What was decided before ------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Earlier:
    """A decision on a like conflict, and what makes it alike."""

    row: Contradiction
    alike: str

    @property
    def state(self) -> SafeString | str:
        """What was decided, as a label."""
        return badge(self.row.state, CONTRADICTION_STATES)


def earlier_decisions(item: Item) -> list[Earlier]:
    """What people decided on conflicts of the same claims, and of the same two sources.

    Those of the same claims first, then the latest; of the sources', only the :data:`LOOKED_THROUGH` latest decisions
    of all are looked through.
    """
    decided = Contradiction.objects.filter(state__in=DECIDED).select_related("decided_by").order_by("-decided_at")
    if item.contradiction is not None:
        decided = decided.exclude(pk=item.contradiction.pk)
    of_claims = decided.filter(Q(claim__in=item.claims) | Q(other_claim__in=item.claims))
    told = [Earlier(row, _("the same claim")) for row in of_claims[:EARLIER]]
    known = {earlier.row.pk for earlier in told}
    of_sources = _of_the_same_sources(decided, item)[: EARLIER + len(known)] if item.contradiction is not None else []
    told += [Earlier(row, _("the same sources")) for row in of_sources if row.pk not in known]
    return told[:EARLIER]


def _of_the_same_sources(decided: QuerySet[Contradiction], item: Item) -> QuerySet[Contradiction]:
    assert item.contradiction is not None  # noqa: S101  the caller has looked
    pair = Position.objects.filter(pk__in=[item.contradiction.position_id, item.contradiction.other_position_id])
    sources = pair.values("statement__source")
    latest = Contradiction.objects.filter(state__in=DECIDED).order_by("-decided_at").values("pk")[:LOOKED_THROUGH]
    return decided.filter(
        pk__in=latest, position__statement__source__in=sources, other_position__statement__source__in=sources
    )


def asked_whether_same(item: Item) -> tuple[Judgement, SafeString | str] | None:
    """The question whether the two claims are the same, if somebody or a machine has asked it, and its answer."""
    if item.other_claim is None:
        return None
    first, second = sorted(claim.pk for claim in item.claims)
    asked = Judgement.objects.filter(claim=first, other_claim=second).select_related("decided_by").first()
    return (asked, badge(asked.answer, JUDGEMENT_ANSWERS, label=asked.get_answer_display())) if asked else None


def opinions_on(item: Item) -> list[Opinion]:
    """What each person thinks of this conflict, the latest first."""
    found = Opinion.objects.newest().about(item.row).filter(question=Question.CONFLICT).exclude(answer="none")
    return list(found.select_related("person").order_by("-pk")[:EARLIER])


def changes_of(item: Item) -> list[Event]:
    """What happened to this item, the latest first, as the ledger has it."""
    return list(Event.objects.filter(object_uid=item.row.uid).order_by("-pk").defer("state")[:CHANGES])


# --- The words that go on the ledger where a person gives none --------------------------------------------------------

CONFIRM, DISMISS, UNSURE, SAME = "confirm", "dismiss", "unsure", "same"
DECISIONS = (CONFIRM, DISMISS, UNSURE, SAME)


def standard_reason(decision: str, explanation: str) -> str:
    """What is recorded as the reason for a decision when the person adds nothing: true of every such press."""
    said = {
        CONFIRM: _("Confirmed at the desk as proposed: %(why)s"),
        DISMISS: _("Dismissed at the desk: not held to be a conflict, although it was proposed because: %(why)s"),
        UNSURE: _("Put off at the desk: left undecided, having read: %(why)s"),
        SAME: _("Held at the desk to be one claim and no conflict, although it was proposed because: %(why)s"),
    }[decision]
    return said % {"why": clip(explanation, 500)}


def standard_reasons(item: Item) -> Sequence[tuple[str, str]]:
    """The standard reason of every decision."""
    return [(decision, standard_reason(decision, item.explanation)) for decision in DECISIONS]


def as_context(item: Item) -> dict[str, Any]:
    """What the page of an item shows of it."""
    return {
        "item": item,
        "sides": sides_of(item),
        "earlier": earlier_decisions(item),
        "asked": asked_whether_same(item),
        "opinions": opinions_on(item),
        "changes": changes_of(item),
        "standard_reasons": standard_reasons(item),
    }
