"""Who said which words: recording what an analysis found, and what people decide about it."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from django.contrib.auth.models import User
from django.db import transaction
from django.utils import timezone

from claims.choices import Decider, Modality, Polarity, Quotation, StatementState
from claims.errors import AlreadyDecided, ReasonMissing, WrongState
from claims.models import Claim, Position, Snapshot, Statement
from claims.services import ledger, standings
from claims.services.actor import Actor
from claims.services.sources import Named, resolve_source

CONTEXT = 32  # characters of prefix and suffix, as the Web Annotation model's TextQuoteSelector keeps them

Spans = list[list[int]]


@dataclass(frozen=True, slots=True)
class Attributed:
    """One attribution in one text. Spans are ``[start, end)`` code points; ``parent`` is an index in the same list."""

    content_spans: Spans
    source: Named | None = None
    source_spans: Spans = field(default_factory=list)
    cue_spans: Spans = field(default_factory=list)
    parent: int | None = None
    quotation: str = Quotation.INDIRECT
    polarity: str = Polarity.AFFIRMS
    modality: str = Modality.ASSERTED
    decided_by_words: list[str] = field(default_factory=list)
    quantities: list[dict[str, Any]] = field(default_factory=list)
    place: str = ""
    when_text: str = ""
    when_first: date | None = None
    when_last: date | None = None
    confidence: float = 1.0


@dataclass(frozen=True, slots=True)
class Analysed:
    """What recording an analysis changed."""

    added: list[Statement]
    kept: list[Statement]
    superseded: list[Statement]


def words(text: str, spans: Spans) -> str:
    """The words of ``text`` at ``spans``, pieces joined by one blank."""
    return " ".join(text[start:end] for start, end in spans)


@transaction.atomic
def record_statements(
    snapshot: Snapshot, found: Sequence[Attributed], *, extractor: str, version: str, actor: Actor
) -> Analysed:
    """Record what one version of the analysis found in a snapshot. Running it again changes nothing.

    Suggestions that are found again as they are stay, those found otherwise are superseded by new rows, and those not
    found again are superseded. What a person confirmed, corrected, rejected or gave a position stays, and nothing is
    suggested again for words on which a person has decided.
    """
    snapshot = Snapshot.objects.select_for_update(of=("self",)).select_related("document").get(pk=snapshot.pk)
    present = list(snapshot.statements.filter(superseded_at__isnull=True).select_related("source").order_by("pk"))
    decided = _decided_by_people(present)
    added: list[Statement] = []
    kept: list[Statement] = []
    rows: list[Statement | None] = []
    for one in found:
        same = next((s for s in present if same_spans(one, s)), None)
        if same is not None and (same in decided or _says_the_same(one, same, snapshot, actor)):
            kept.append(same)
            rows.append(same)
        elif any(_same_words(one, s) for s in decided):
            rows.append(None)
        else:
            if same is not None:
                _supersede([same], actor)
            parent = rows[one.parent] if one.parent is not None and one.parent < len(rows) else None
            statement = _add(snapshot, one, parent=parent, extractor=extractor, version=version, actor=actor)
            rows.append(statement)
            added.append(statement)
    stale = [s for s in present if s not in decided and s not in kept and s.superseded_at is None]
    _supersede(stale, actor)
    Snapshot.objects.filter(pk=snapshot.pk).update(analysed_with=f"{extractor}/{version}", matched_with="")
    return Analysed(added, kept, [s for s in present if s.superseded_at is not None])


def _decided_by_people(statements: Sequence[Statement]) -> set[Statement]:
    """Those of these statements on which a person has decided: on their words, or on the position that they take."""
    placed = set(
        Position.objects.filter(
            statement__in=statements, origin=Decider.PERSON, superseded_at__isnull=True
        ).values_list("statement", flat=True)
    )
    return {s for s in statements if s.state != StatementState.SUGGESTED or s.pk in placed}


def same_spans(one: Attributed, statement: Statement) -> bool:
    """Whether a find is about exactly the words of a recorded statement."""
    pairs = (
        (one.content_spans, statement.content_spans),
        (one.cue_spans, statement.cue_spans),
        (one.source_spans, statement.source_spans),
    )
    return all([list(span) for span in found] == recorded for found, recorded in pairs)


def _says_the_same(one: Attributed, statement: Statement, snapshot: Snapshot, actor: Actor) -> bool:
    """Whether a find makes of the same words what a recorded statement makes of them."""
    source = resolve_source(one.source, document=snapshot.document, actor=actor) if one.source else None
    return (one.polarity, one.modality, source) == (
        statement.polarity,
        statement.modality,
        statement.source.resolved if statement.source else None,
    )


def _same_words(one: Attributed, decided: Statement) -> bool:
    """Whether a find is about words that a person has decided on: contents that overlap, under overlapping cues."""
    if one.cue_spans and decided.cue_spans and not _overlap(one.cue_spans, decided.cue_spans):
        return False
    return _overlap(one.content_spans, decided.content_spans)


def _overlap(one: Spans, other: Spans) -> bool:
    return any(a < d and c < b for a, b in one for c, d in other)


def _add(
    snapshot: Snapshot, one: Attributed, *, parent: Statement | None, extractor: str, version: str, actor: Actor
) -> Statement:
    text = snapshot.text
    statement = Statement.objects.create(
        snapshot=snapshot,
        source=resolve_source(one.source, document=snapshot.document, actor=actor) if one.source else None,
        source_text=words(text, one.source_spans),
        source_spans=one.source_spans,
        cue_text=words(text, one.cue_spans),
        cue_spans=one.cue_spans,
        content_text=words(text, one.content_spans),
        content_spans=one.content_spans,
        content_prefix=text[max(0, one.content_spans[0][0] - CONTEXT) : one.content_spans[0][0]],
        content_suffix=text[one.content_spans[-1][1] : one.content_spans[-1][1] + CONTEXT],
        parent=parent,
        quotation=one.quotation,
        polarity=one.polarity,
        modality=one.modality,
        decided_by_words=one.decided_by_words,
        quantities=one.quantities,
        place=one.place[:300],
        when_text=one.when_text[:300],
        when_first=one.when_first,
        when_last=one.when_last,
        confidence=one.confidence,
        extractor=extractor,
        extractor_version=version,
    )
    ledger.record(actor, "suggested", statement)
    return statement


def _supersede(stale: Sequence[Statement], actor: Actor) -> None:
    for statement in stale:
        statement.superseded_at = timezone.now()
        statement.save(update_fields=["superseded_at"])
        ledger.record(actor, "superseded", statement)
    if stale:
        standings.refresh(_claims_of(stale), actor=actor)


def _claims_of(statements: Sequence[Statement]) -> list[int]:
    return list(Claim.objects.filter(positions__statement__in=statements).values_list("pk", flat=True))


# --- People ----------------------------------------------------------------------------------------------------------


@transaction.atomic
def confirm_statement(statement: Statement, *, by: User) -> Statement:
    """Record that a person holds the attribution to be right as it is."""
    return _decide(statement, StatementState.CONFIRMED, by=by, reason="")


@transaction.atomic
def reject_statement(statement: Statement, *, by: User, reason: str) -> Statement:
    """Record that the text does not say this. It counts for nothing from now on, and no machine suggests it again."""
    if not reason.strip():
        raise ReasonMissing("Say why the statement is wrong.")
    return _decide(statement, StatementState.REJECTED, by=by, reason=reason)


@transaction.atomic
def correct_statement(statement: Statement, *, corrected: Attributed, by: User, reason: str) -> Statement:
    """Replace an attribution by a person's. The quoted words of the old row stay as they were."""
    if not reason.strip():
        raise ReasonMissing("Say what was wrong.")
    old = _decide(statement, StatementState.CORRECTED, by=by, reason=reason)
    new = _add(
        old.snapshot,
        corrected,
        parent=old.parent,
        extractor="person",
        version=by.get_username(),
        actor=Actor.person(by),
    )
    new.origin, new.state, new.supersedes = Decider.PERSON, StatementState.CONFIRMED, old
    new.reviewed_by, new.reviewed_at = by, timezone.now()
    new.save(update_fields=["origin", "state", "supersedes", "reviewed_by", "reviewed_at"])
    ledger.record(Actor.person(by), "corrected", new, reason=reason)
    Snapshot.objects.filter(pk=old.snapshot_id).update(matched_with="")
    return new


def _decide(statement: Statement, state: StatementState, *, by: User, reason: str) -> Statement:
    statement = Statement.objects.select_for_update(of=("self",)).get(pk=statement.pk)
    if statement.superseded_at is not None:
        raise WrongState("A newer analysis has superseded this statement.")
    if statement.state == state:
        raise AlreadyDecided(f"The statement is already {statement.state}.")
    if statement.state in (StatementState.CORRECTED, StatementState.REJECTED):
        raise AlreadyDecided(f"The statement was {statement.state} by {statement.reviewed_by}.")
    statement.state = state
    statement.reviewed_by, statement.reviewed_at, statement.review_reason = by, timezone.now(), reason
    statement.save(update_fields=["state", "reviewed_by", "reviewed_at", "review_reason"])
    ledger.record(Actor.person(by), str(state), statement, reason=reason)
    standings.refresh(_claims_of([statement]), actor=Actor.person(by))
    return statement
