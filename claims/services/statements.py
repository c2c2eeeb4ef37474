"""Who said which words: recording what an analysis found, and what people decide about it."""

import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any

from django.contrib.auth.models import User
from django.db import transaction
from django.utils import timezone

from claims import signals
from claims.choices import Decider, Modality, Polarity, Quotation, StatementState
from claims.errors import AlreadyDecided, ReasonMissing, SpansDoNotFit, StatementThere, WrongState
from claims.models import Claim, Position, Snapshot, Source, Statement
from claims.services import ledger, standings
from claims.services.actor import Actor
from claims.services.claims import carry_decided_position, drop_decided_position
from claims.services.copying import copy_in
from claims.services.keys import reserved_keys
from claims.services.opinions import record_decision
from claims.services.sources import Named, known_sources, resolve_source, sources_with_targets, with_new_sources
from claims.services.versions import refuse_if_changed

COUNTED = (StatementState.SUGGESTED, StatementState.CONFIRMED)  # states of rows that nothing has replaced
CONTEXT = 32  # characters of prefix and suffix, as the Web Annotation model's TextQuoteSelector keeps them
MOST_SPANS = 20  # pieces of one role that a person marks
MOST_CHARACTERS = 10_000  # of one role that a person marks
_PRESENT = f"""
    SELECT * FROM {Statement._meta.db_table} WHERE snapshot_id = %s AND superseded_at IS NULL ORDER BY id
"""  # noqa: S608 - only the name of a table is put in

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


def fitted(text: str, spans: Spans) -> Spans:
    """What a person marked, in the text's order, without blanks around it; what touches or overlaps is one span.

    Raises ``SpansDoNotFit`` for what lies outside the text, and for more than anybody would mark.
    """
    if len(spans) > MOST_SPANS:
        raise SpansDoNotFit(f"Mark at most {MOST_SPANS} pieces.")
    joined: Spans = []
    for start, end in sorted(spans):
        if not 0 <= start < end <= len(text):
            raise SpansDoNotFit("What you marked is not in this text. Reload the page and mark it again.")
        words_there = text[start:end]
        first, last = start + len(words_there) - len(words_there.lstrip()), start + len(words_there.rstrip())
        if first >= last:
            continue
        if joined and first <= joined[-1][1]:
            joined[-1][1] = max(joined[-1][1], last)
        else:
            joined.append([first, last])
    if sum(end - start for start, end in joined) > MOST_CHARACTERS:
        raise SpansDoNotFit(f"Mark at most {MOST_CHARACTERS:,} characters: one statement, not a whole text.")
    return joined


# --- What a reading would change -------------------------------------------------------------------------------------

NOT_KNOWN_YET = 0  # instead of the id of a source that nobody has named before


@dataclass(slots=True)
class Step:
    """What becomes of one find: a row that is there stays in its place, or it becomes a new row."""

    found: Attributed
    row: Statement | None = None
    replaces: Statement | None = None  # the row that the new one succeeds
    differs: list[str] = field(default_factory=list)  # in what, where the new row is about the same spans
    nested_otherwise: bool = False  # the row stays, but is nested in another one now
    under: Statement | None = None  # a person's row that the reading does not find, and in which this one is nested

    @property
    def new(self) -> bool:
        """Whether the find becomes a new row."""
        return self.row is None


@dataclass(frozen=True, slots=True)
class Plan:
    """What recording finds would change: a step for each of them, and what is left over."""

    steps: list[Step]
    kept: list[Statement]
    dropped: list[Statement]  # superseded: not found again, or read otherwise
    decided: list[Statement]  # people's; none of them is ever superseded
    followers: list[tuple[Statement, int]]  # those whose outer row is succeeded by that of this step: nested there

    @property
    def added(self) -> list[Step]:
        """The finds that become new rows."""
        return [step for step in self.steps if step.new]

    @property
    def changes(self) -> bool:
        """Whether recording it changes anything but the version."""
        return bool(self.dropped or self.followers) or any(step.new or step.nested_otherwise for step in self.steps)


def plan(
    found: Sequence[Attributed],
    *,
    sources: Sequence[int | None],
    present: Sequence[Statement],
    decided: Collection[Statement],
) -> Plan:
    """What recording ``found`` would change among the rows that are ``present``. Pure: both showing and doing use it.

    ``sources`` has the id of each find's source (:data:`NOT_KNOWN_YET`, or ``None`` where the text names nobody), and
    ``decided`` the rows on which a person has decided. Those stay, and nothing is found again in their words. Others
    stay when they are found as they are; otherwise the find that reads their words otherwise succeeds them.
    """
    order = sorted(present, key=lambda s: (s.state not in COUNTED, s.pk))
    steps: list[Step] = []
    kept: dict[int, Statement] = {}
    for one, source in _nesting_first(found, sources):
        same = next((s for s in order if same_spans(one, s)), None)
        differs = differences(one, same, source=source) if same is not None else []
        if same is not None and (same in decided or not differs):
            kept[same.pk] = same
            steps.append(Step(one, row=same))
        else:
            held = next((s for s in order if s in decided and _same_words(one, s)), None)
            steps.append(Step(one, row=held, differs=differs))
    dropped = [s for s in present if s not in decided and s.pk not in kept]
    _name_successors(steps, dropped)
    followers = _nest_steps(steps, kept, present, decided)
    return Plan(steps, list(kept.values()), dropped, [s for s in present if s in decided], followers)


def same_spans(one: Attributed, statement: Statement) -> bool:
    """Whether a find is about exactly the words of a recorded statement."""
    pairs = (
        (one.content_spans, statement.content_spans),
        (one.cue_spans, statement.cue_spans),
        (one.source_spans, statement.source_spans),
    )
    return all([list(span) for span in found] == recorded for found, recorded in pairs)


def differences(one: Attributed, statement: Statement, *, source: int | None) -> list[str]:
    """What a find makes of its words that a recorded statement does not: names of fields.

    ``source`` is the id of the find's source, as :func:`plan` takes it.
    """
    pairs = {
        "source": (source, statement.source.resolved.pk if statement.source else None),
        "quotation": (one.quotation, statement.quotation),
        "polarity": (one.polarity, statement.polarity),
        "modality": (one.modality, statement.modality),
        "quantities": (json.loads(json.dumps(one.quantities)), statement.quantities),
        "place": (one.place[:300], statement.place),
        "when": (
            (one.when_text[:300], one.when_first, one.when_last),
            (statement.when_text, statement.when_first, statement.when_last),
        ),
    }
    return [name for name, (found, recorded) in pairs.items() if found != recorded]


def _nesting_first(found: Sequence[Attributed], sources: Sequence[int | None]) -> list[tuple[Attributed, int | None]]:
    """Each find once, after the one that it is nested in. A nesting that leads nowhere or in a circle is left out."""
    first: dict[str, int] = {}
    once = [
        first.setdefault(json.dumps([f.content_spans, f.cue_spans, f.source_spans]), n) for n, f in enumerate(found)
    ]
    place: dict[int, int] = {}
    ordered: list[tuple[Attributed, int | None]] = []
    for number in sorted(first.values()):
        chain: list[int] = []
        at: int | None = number
        while at is not None and at not in place and at not in chain:
            chain.append(at)
            above = found[at].parent
            at = once[above] if above is not None and 0 <= above < len(found) else None
        for inner in reversed(chain):
            above = found[inner].parent
            outer = place.get(once[above]) if above is not None and 0 <= above < len(found) else None
            place[inner] = len(ordered)
            ordered.append((replace(found[inner], parent=outer), sources[inner]))
    return ordered


def _name_successors(steps: Sequence[Step], dropped: Sequence[Statement]) -> None:
    """Let each new find succeed the dropped row that is about the same words: the one that shares most of them."""
    shared = [
        (not same_spans(step.found, row), -_shared(step.found.content_spans, row.content_spans), number, row)
        for number, step in enumerate(steps)
        if step.new
        for row in dropped
        if _same_words(step.found, row)
    ]
    taken: set[int] = set()
    for _, _, number, row in sorted(shared, key=lambda pair: (*pair[:3], pair[3].pk)):
        if steps[number].replaces is None and row.pk not in taken:
            steps[number].replaces = row
            taken.add(row.pk)


def _nest_steps(
    steps: Sequence[Step], kept: Collection[int], present: Sequence[Statement], decided: Collection[Statement]
) -> list[tuple[Statement, int]]:
    """Note which rows that stay are nested otherwise now, and which of people's rows follow a successor.

    Nothing is ever nested in itself, however a find and a person's row come together. What a person saw, and the
    reading does not find, goes around the finds in its content as if it had been found.
    """
    parents = {s.pk: s.parent_id for s in present}
    found_again = {stand_in(step.row, present).pk for step in steps if step.row is not None}
    unseen = [s for s in present if s in decided and s.state in COUNTED and s.pk not in found_again]
    nodes: list[int] = []
    for number, step in enumerate(steps):
        outer = nodes[step.found.parent] if step.found.parent is not None else None
        step.under = _nearer(step.found, steps, unseen)
        if step.under is not None:
            outer = step.under.pk
        if step.row is None:
            nodes.append(-number - 1)  # a row that has no id yet
            parents[-number - 1] = outer
            continue
        row = stand_in(step.row, present)
        nodes.append(row.pk)
        if step.row.pk in kept and row == step.row and row.state in COUNTED and not _leads_to(outer, row.pk, parents):
            step.nested_otherwise = parents[row.pk] != outer
            parents[row.pk] = outer
    successors = {step.replaces.pk: number for number, step in enumerate(steps) if step.replaces is not None}
    followers = []
    for row in present:
        at = successors.get(parents[row.pk] or 0)
        if row in decided and row.state in COUNTED and at is not None and not _leads_to(nodes[at], row.pk, parents):
            followers.append((row, at))
            parents[row.pk] = nodes[at]
    return followers


def _nearer(one: Attributed, steps: Sequence[Step], unseen: Sequence[Statement]) -> Statement | None:
    """The smallest of these rows around a find, unless the find that it is nested in is smaller still."""
    row = _around(one.cue_spans, one.content_spans, unseen)
    if row is None or one.parent is None:
        return row
    return row if _size(row.content_spans) < _size(steps[one.parent].found.content_spans) else None


def stand_in(row: Statement, rows: Collection[Statement]) -> Statement:
    """The row among ``rows`` that counts in place of a corrected one: the correction; else the row itself."""
    for other in rows:
        if other.supersedes_id == row.pk and row.state == StatementState.CORRECTED:
            return stand_in(other, rows)
    return row


def _leads_to(node: int | None, goal: int, parents: Mapping[int, int | None]) -> bool:
    """Whether going up from ``node`` comes to ``goal``."""
    seen = set[int]()
    while node is not None and node not in seen:
        if node == goal:
            return True
        seen.add(node)
        node = parents.get(node)
    return False


def _same_words(one: Attributed, statement: Statement) -> bool:
    """Whether a find is about the words of a recorded statement: contents that overlap, under overlapping cues."""
    if one.cue_spans and statement.cue_spans and not _shared(one.cue_spans, statement.cue_spans):
        return False
    return _shared(one.content_spans, statement.content_spans) > 0


def _shared(one: Spans, other: Spans) -> int:
    """How many characters two lists of spans have in common."""
    return sum(max(0, min(b, d) - max(a, c)) for a, b in one for c, d in other)


def reading(snapshot: Snapshot, found: Sequence[Attributed]) -> Plan:
    """What recording ``found`` would change among a snapshot's rows. Writes nothing."""
    return _planned(snapshot, found, known_sources(_named(found), document=snapshot.document))


def _named(found: Iterable[Attributed]) -> list[Named]:
    return [one.source for one in found if one.source is not None]


def _planned(
    snapshot: Snapshot, found: Sequence[Attributed], known: Mapping[Named, Source], *, lock: bool = False
) -> Plan:
    """What recording ``found`` would change, where these are the sources known; ``lock`` holds the rows meanwhile."""
    present = _present(snapshot, lock=lock)
    sources = [
        (known[one.source].resolved.pk if one.source in known else NOT_KNOWN_YET) if one.source else None
        for one in found
    ]
    return plan(found, sources=sources, present=present, decided=_decided_by_people(present))


def _present(snapshot: Snapshot, *, lock: bool) -> list[Statement]:
    """The rows of a snapshot that nothing has superseded, with their sources and with what they are nested in."""
    present = list(Statement.objects.raw(_PRESENT + ("FOR UPDATE" if lock else ""), [snapshot.pk]))
    by_pk = {row.pk: row for row in present}
    sources = sources_with_targets(row.source_id for row in present if row.source_id is not None)
    for row in present:
        row.snapshot = snapshot
        row.source = sources[row.source_id] if row.source_id is not None else None
        if row.parent_id in by_pk:
            row.parent = by_pk[row.parent_id]
    return present


def _decided_by_people(statements: Sequence[Statement]) -> set[Statement]:
    """Those on which a person has decided: on their words, on the position they take, or that they be protected."""
    placed = set(
        Position.objects.filter(
            statement__in=statements, origin=Decider.PERSON, superseded_at__isnull=True
        ).values_list("statement", flat=True)
    )
    return {s for s in statements if s.state != StatementState.SUGGESTED or s.protected or s.pk in placed}


# --- Recording it ----------------------------------------------------------------------------------------------------


@transaction.atomic(savepoint=False)
def record_statements(
    snapshot: Snapshot, found: Sequence[Attributed], *, extractor: str, version: str, actor: Actor
) -> Analysed:
    """Record what one version of the analysis found in a snapshot, as :func:`plan` says. Again, it changes nothing.

    Rows that stay are nested in the rows of this reading, people's as well: what they are nested in may have been
    read otherwise, and a relay must go on being one. A fixed number of queries, however many are found.
    """
    document = snapshot.document
    snapshot = Snapshot.objects.select_for_update().get(pk=snapshot.pk)
    snapshot.document = document
    known = known_sources(_named(found), document=document)
    planned = _planned(snapshot, found, known, lock=True)
    _supersede(planned.dropped, actor)
    named = _named(step.found for step in planned.added)
    sources = with_new_sources(named, known=known, document=document, actor=actor)
    keys = iter(reserved_keys(Statement, len(planned.added)))
    added: list[Statement] = []
    rows: list[Statement] = []
    nested: list[tuple[Statement, Statement | None]] = []
    for step in planned.steps:
        parent = step.under or (rows[step.found.parent] if step.found.parent is not None else None)
        if step.row is None:
            row = _drafted(
                snapshot, step.found, source=sources[step.found.source] if step.found.source else None, parent=parent,
                supersedes=step.replaces, pk=next(keys), extractor=extractor, extractor_version=version,
            )  # fmt: skip
            added.append(row)
        else:
            row = stand_in(step.row, planned.decided)
            if step.nested_otherwise:
                nested.append((row, parent))
        rows.append(row)
    copy_in(added)
    ledger.record(actor, "suggested", *added)
    _nest([*nested, *((row, rows[at]) for row, at in planned.followers)], actor)
    # What the step before had failed at is no matter of the next one, which is to place them.
    Snapshot.objects.filter(pk=snapshot.pk).update(
        analysed_with=f"{extractor}/{version}", matched_with="", attempts=0, error=""
    )
    return Analysed(added, planned.kept, planned.dropped)


def _nest(pairs: Sequence[tuple[Statement, Statement | None]], actor: Actor) -> None:
    """Nest each statement in the other one of its pair, or in none."""
    for row, parent in pairs:
        row.parent = parent
    rows = [row for row, _ in pairs]
    if rows:
        Statement.objects.bulk_update(rows, ["parent"])
        ledger.record(actor, "nested", *rows)
        standings.refresh(_claims_of(rows), actor=actor)


def _drafted(
    snapshot: Snapshot,
    one: Attributed,
    *,
    source: Source | None,
    parent: Statement | None,
    supersedes: Statement | None = None,
    **others: Any,
) -> Statement:
    """A new row; the caller writes it and records it on the ledger. Among the ``others`` is who found it.

    What takes the place of a protected row is protected as well.
    """
    text = snapshot.text
    return Statement(
        snapshot=snapshot,
        source=source,
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
        supersedes=supersedes,
        protected=supersedes is not None and supersedes.protected,
        **others,
    )


def _supersede(stale: Sequence[Statement], actor: Actor) -> None:
    if not stale:
        return
    now = timezone.now()
    for statement in stale:
        statement.superseded_at = now
    Statement.objects.filter(pk__in=[statement.pk for statement in stale]).update(superseded_at=now)
    ledger.record(actor, "superseded", *stale)
    standings.refresh(_claims_of(stale), actor=actor)


def _claims_of(statements: Sequence[Statement]) -> list[int]:
    return list(Claim.objects.filter(positions__statement__in=statements).values_list("pk", flat=True))


# --- People ----------------------------------------------------------------------------------------------------------

# ``since`` is the version of the statement that its decider saw (claims.services.versions); a later one is refused.


@transaction.atomic
def confirm_statement(statement: Statement, *, by: User, since: int | None = None) -> Statement:
    """Record that a person holds the attribution to be right as it is."""
    return _decide(statement, StatementState.CONFIRMED, by=by, reason="", since=since)


@transaction.atomic
def reject_statement(statement: Statement, *, by: User, reason: str, since: int | None = None) -> Statement:
    """Record that the text does not say this. It counts for nothing from now on, and no machine suggests it again."""
    if not reason.strip():
        raise ReasonMissing("Say why the statement is wrong.")
    return _decide(statement, StatementState.REJECTED, by=by, reason=reason, since=since)


@transaction.atomic
def correct_statement(
    statement: Statement, *, corrected: Attributed, by: User, reason: str, since: int | None = None
) -> Statement:
    """Replace an attribution by a person's. The quoted words of the old row stay as they were.

    The new row takes the old one's place: what was nested in that is nested in it, and it keeps the position that a
    person gave the old one. Where a machine placed the old one, the new one is placed anew.
    """
    if not reason.strip():
        raise ReasonMissing("Say what was wrong.")
    snapshot = hold_snapshot(statement.snapshot_id)
    old = _decide(statement, StatementState.CORRECTED, by=by, reason=reason, since=since)
    actor = Actor.person(by)
    new = _add_by_hand(snapshot, corrected, parent=old.parent, by=by, supersedes=old)
    ledger.record(actor, "corrected", new, reason=reason)
    inner = old.nested.filter(superseded_at__isnull=True, state__in=COUNTED).exclude(pk=new.pk)
    _nest([(row, new) for row in inner], actor)
    carry_decided_position(old, to=new, actor=actor)
    _ask_for_placement(snapshot)
    return new


@transaction.atomic
def add_statement(snapshot: Snapshot, *, said: Attributed, by: User) -> Statement:
    """Record a statement that a person sees in a text and the machine missed. No later reading takes it away.

    It is nested in the smallest statement whose content its cue stands in, and what stands in its own content is nested
    in it. It takes its place among the claims like any other. Raises ``StatementThere`` where one of exactly these
    words is there, and ``SpansDoNotFit``.
    """
    snapshot = hold_snapshot(snapshot.pk)
    rows = snapshot.statements.filter(superseded_at__isnull=True, state__in=COUNTED)
    counted = list(rows.select_for_update(of=("self",)).order_by("pk"))
    if any(same_spans(said, row) for row in counted):
        raise StatementThere("This statement is there already, in exactly these words: correct that one instead.")
    actor = Actor.person(by)
    new = _add_by_hand(snapshot, said, parent=_around(said.cue_spans, said.content_spans, counted), by=by)
    ledger.record(actor, "added", new)
    inner = [
        (row, new)
        for row in counted
        if row.parent_id == new.parent_id and _around(row.cue_spans, row.content_spans, [new]) is not None
    ]
    _nest(inner, actor)
    _ask_for_placement(snapshot)
    return new


@transaction.atomic
def clear_position(statement: Statement, *, by: User, reason: str) -> Statement:
    """Take back what a person said that a statement says of a claim: it is placed anew, as if nobody had said so."""
    if not reason.strip():
        raise ReasonMissing("Say why the position does not hold.")
    snapshot = hold_snapshot(statement.snapshot_id)
    statement = Statement.objects.select_for_update(of=("self",), no_key=True).get(pk=statement.pk)
    drop_decided_position(statement, by=by, reason=reason)
    _ask_for_placement(snapshot)
    return statement


def hold_snapshot(snapshot_id: int) -> Snapshot:
    """The snapshot, for this transaction alone: no reading and no placing of its statements happens meanwhile."""
    return Snapshot.objects.select_for_update(of=("self",)).select_related("document").get(pk=snapshot_id)


def _add_by_hand(
    snapshot: Snapshot, said: Attributed, *, parent: Statement | None, by: User, supersedes: Statement | None = None
) -> Statement:
    """A person's row: confirmed from the start, and found by that person."""
    said = replace(
        said,
        content_spans=fitted(snapshot.text, said.content_spans),
        cue_spans=fitted(snapshot.text, said.cue_spans),
        source_spans=fitted(snapshot.text, said.source_spans),
    )
    if not said.content_spans:
        raise SpansDoNotFit("Mark the words that are said: a statement has a content.")
    actor, document = Actor.person(by), snapshot.document
    row = _drafted(
        snapshot, said, source=resolve_source(said.source, document=document, actor=actor) if said.source else None,
        parent=parent, supersedes=supersedes, extractor="person", extractor_version=by.get_username()[:50],
        origin=Decider.PERSON, state=StatementState.CONFIRMED, reviewed_by=by, reviewed_at=timezone.now(),
    )  # fmt: skip
    row.save(force_insert=True)
    record_decision(row, by=by)
    return row


def _around(cue: Spans, content: Spans, rows: Sequence[Statement]) -> Statement | None:
    """The smallest of these statements in whose content a cue stands; larger than what it goes around, so no circle.

    Where a statement has no cue, its content stands for it.
    """
    start, end = (cue or content)[0]
    size = _size(content)
    holding = [
        (_size(row.content_spans), row.pk, row)
        for row in rows
        if _size(row.content_spans) > size and any(a <= start and end <= b for a, b in row.content_spans)
    ]
    return min(holding, key=lambda found: found[:2])[2] if holding else None


def _size(spans: Spans) -> int:
    return sum(end - start for start, end in spans)


def _ask_for_placement(snapshot: Snapshot) -> None:
    """Let the snapshot's statements be placed among the claims; those that have their place keep it."""
    Snapshot.objects.filter(pk=snapshot.pk).update(matched_with="")
    signals.placement_wanted.send(sender=Snapshot, snapshot_id=snapshot.pk)


def _decide(
    statement: Statement, state: StatementState, *, by: User, reason: str, since: int | None = None
) -> Statement:
    statement = Statement.objects.select_for_update(of=("self",)).get(pk=statement.pk)
    if since is not None:
        refuse_if_changed(statement.uid, since=since)
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
    record_decision(statement, by=by, reason=reason)
    standings.refresh(_claims_of([statement]), actor=Actor.person(by))
    return statement
