"""Recomputing the cached standing of claims, from what the rows say now."""

import json
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import cast

from django.db import connection, transaction
from django.db.models import Q
from django.utils import timezone

from claims import signals, standing
from claims.choices import DocumentState, SourceKind
from claims.models import Claim, Position, Source, Statement
from claims.services import first_words, ledger
from claims.services.actor import Actor
from claims.services.weighing import (
    due_for_review,
    harmed_by,
    silences_of,
    weighed_before_written,
    weighed_positions,
)
from claims.standing import Body, Standing, Taken

# So many claims are recomputed, and their rows held in memory, at a time.
BATCH = 500
# What a claim keeps of its standing, and as what PostgreSQL reads it.
_CACHED = {
    "standing": "text", "standing_version": "text", "standing_flags": "text[]", "standing_explanation": "jsonb",
    "origins": "integer", "refuting_origins": "integer",
}  # fmt: skip
_WRITE = f"""
    UPDATE {Claim._meta.db_table} claim SET {", ".join(f"{name} = told.{name}" for name in _CACHED)}
    FROM jsonb_to_recordset(%s::jsonb) told (id bigint, {", ".join(f"{name} {kind}" for name, kind in _CACHED.items())})
    WHERE claim.id = told.id
"""  # noqa: S608 - only names of ours are put in
_deferred: ContextVar["_Deferred | None"] = ContextVar("deferred", default=None)


@dataclass(frozen=True, slots=True)
class _Deferred:
    """The claims that are to be recomputed, and those that have got their first standing."""

    asked: set[int] = field(default_factory=set)
    begun: set[int] = field(default_factory=set)


@contextmanager
def once_at_the_end(*, actor: Actor) -> Iterator[None]:
    """Within it nothing is recomputed; at its end every claim asked for is, once.

    Besides the work saved, claims are then locked in one order, so that two who change many claims cannot wait for each
    other.
    """
    if _deferred.get() is not None:
        yield
        return
    deferred = _Deferred()
    token = _deferred.set(deferred)
    try:
        yield
    finally:
        _deferred.reset(token)
    with transaction.atomic(savepoint=False):
        changed = _refresh_all(deferred.asked - deferred.begun, actor)
        _tell({*deferred.begun, *changed}, actor)


def begin(claims: Sequence[Claim], *, positions: Sequence[Position], actor: Actor) -> None:
    """Set the first standing of claims that are still to be written, with these positions, which are all they have.

    So their rows, and what is kept of them in each index, are written once. Call it within :func:`once_at_the_end`, in
    the transaction that writes the rows: what follows from the standings is told at its end.
    """
    deferred = _deferred.get()
    if deferred is None:
        raise RuntimeError("A first standing is told of at the end of `once_at_the_end`: begin it within.")
    if claims:
        weighed = weighed_before_written(positions)
        found = assess_all(claims, weighed)
        for claim in claims:
            _cache(claim, found[claim.pk])
        first_words.keep_new(found, weighed)
        ledger.record(actor, "standing changed", *claims)
        deferred.begun.update(claim.pk for claim in claims)


@transaction.atomic(savepoint=False)
def refresh(claim_ids: Iterable[int], *, actor: Actor) -> int:
    """Recompute the standing of these claims; return how many changed. Each change is one event on the ledger.

    A batch of claims takes a fixed number of queries, however many positions they have.
    """
    deferred = _deferred.get()
    if deferred is not None:
        deferred.asked.update(claim_ids)
        return 0
    changed = _refresh_all(set(claim_ids), actor)
    _tell(changed, actor)
    return len(changed)


def _refresh_all(claim_ids: Collection[int], actor: Actor) -> list[int]:
    """Recompute all of these; the ids of the claims whose standing or its explanation changed."""
    # In one order over all batches, so that nobody waits in a circle for rows that another one has locked.
    in_order = sorted(claim_ids)
    return [pk for start in range(0, len(in_order), BATCH) for pk in _refresh(in_order[start : start + BATCH], actor)]


def _tell(changed: Collection[int], actor: Actor) -> None:
    if changed:
        signals.standings_changed.send(sender=Claim, claim_ids=sorted(changed), actor=actor)


def refresh_for_source(source: Source, *, actor: Actor) -> int:
    """Recompute the claims in whose standing this source, its members or what was merged into it has a part."""
    family, frontier = {source.pk}, {source.pk}
    while frontier:
        found = Source.objects.filter(Q(merged_into__in=frontier) | Q(parent__in=frontier)).exclude(pk__in=family)
        frontier = set(found.values_list("pk", flat=True))
        family |= frontier
    said = Statement.objects.filter(source__in=family)
    printed = Q(snapshot__document__publisher__in=family) | Q(snapshot__document__origin__publisher__in=family)
    touched = Claim.objects.filter(
        Q(positions__statement__in=said)
        | Q(positions__statement__parent__in=said)
        | Q(positions__statement__parent__parent__in=said)
        | Q(positions__statement__in=Statement.objects.filter(printed))
    )
    return refresh(touched.values_list("pk", flat=True), actor=actor)


def _refresh(claim_ids: Sequence[int], actor: Actor) -> list[int]:
    """Recompute one batch; the ids of the claims whose standing or its explanation changed."""
    claims = list(
        Claim.objects.select_for_update(of=("self",))
        .filter(pk__in=claim_ids)
        .select_related("dossier", "favours", "rises_to", "merged_into")
        .defer("embedding", "rises_to__embedding", "merged_into__embedding")
        .order_by("pk")
    )
    weighed = weighed_positions(claims)
    found = assess_all(claims, weighed)
    first_words.keep(found, weighed)
    changed = [claim for claim in claims if _cache(claim, found[claim.pk])]
    if changed:
        _write(changed)
        ledger.record(actor, "standing changed", *changed)
    return [claim.pk for claim in changed]


def _write(claims: Sequence[Claim]) -> None:
    """Write what these claims keep of their standings: one statement, and no condition for each row as Django's own."""
    told = [{"id": claim.pk} | {name: getattr(claim, name) for name in _CACHED} for claim in claims]
    with connection.cursor() as cursor:
        cursor.execute(_WRITE, [json.dumps(told)])


def _cache(claim: Claim, found: Standing) -> bool:
    """Set what a claim keeps of its standing; whether that is another than before."""
    explanation = found.as_json()
    before = (claim.standing, claim.standing_version, claim.standing_explanation)
    if before == (found.value, found.version, explanation):
        return False
    claim.standing, claim.standing_version, claim.standing_flags = found.value, found.version, list(found.flags)
    claim.standing_explanation = explanation
    claim.origins, claim.refuting_origins = found.origins, found.refuting_origins
    return True


def assess(claim: Claim) -> Standing:
    """The standing that the claim's positions give it now."""
    return assess_all([claim])[claim.pk]


def assess_all(
    claims: Collection[Claim], positions: Mapping[int, Sequence[Position]] | None = None
) -> dict[int, Standing]:
    """The standing that their positions give these claims now, by their ids, in a fixed number of queries.

    ``positions`` are what :func:`~claims.services.weighing.weighed_positions` read of them, where that was done before.
    """
    weighed_now = weighed_positions(claims) if positions is None else positions
    harmed, due, silences = harmed_by(claims), due_for_review(claims), silences_of(weighed_now)
    return {
        claim.pk: standing.assess(
            [taken(position) for position in weighed_now.get(claim.pk, ())],
            harmed=harmed.get(claim.pk, frozenset()),
            rising=claim.rises_to_id is not None,
            silences=silences.get(claim.pk, ()),
            review_due=claim.pk in due,
        )
        for claim in claims
    }


def taken(position: Position) -> Taken:
    """One position out of :func:`~claims.services.weighing.weighed_positions` as the standing's rules see it."""
    statement = position.statement
    document = statement.snapshot.document
    root = document.root
    speaker = vouching(statement)
    return Taken(
        position=str(position.uid),
        stance=position.stance,
        speaker=speaker.resolved.name,
        source=body(speaker),
        publisher=body(root.publisher) if root.publisher else None,
        document=str(document.uid),
        root=str(root.uid),
        # A copy says what its original said when that came out.
        at=root.published_at or document.published_at or statement.snapshot.fetched_at,
        stands=not getattr(position, "replaced", False) and DocumentState.RETRACTED not in (document.state, root.state),
        corrected=document.taken_back or root.taken_back,
        number=position.pk,
    )


def vouching(statement: Statement) -> Source:
    """Whose word a statement is: its source's, or that of the named source that passes on somebody unnamed."""
    source = cast("Source", statement.source)  # positions of nobody's statements are not asked for
    outer = statement.parent
    if source.kind == SourceKind.UNNAMED and outer is not None and outer.source is not None:
        return vouching(outer)
    return source


def body(source: Source) -> Body:
    """The body whose word this is.

    Somebody unnamed belongs to the outlet that first printed the word: two unnamed officials of one outlet may be one
    man, so they count once; those of two outlets are never taken for one.
    """
    root = source.root
    party = source.effective_party
    key = str(root.uid)
    if root.named_in is not None:
        printed = root.named_in.root
        outlet = printed.publisher.root if printed.publisher else printed
        key = f"unnamed:{outlet.uid}:{root.name}"
    return Body(key, root.name, party.name if party else None)


def set_rising(earlier: Claim, later: Claim | None, *, actor: Actor) -> None:
    """Note that ``later`` is a later, higher figure of the toll that ``earlier`` gives; ``None``: none is known."""
    if earlier.rises_to_id != (later.pk if later else None):
        earlier.rises_to = later
        earlier.save(update_fields=["rises_to"])
        ledger.record(actor, "rose" if later else "rises no more", earlier)
        refresh([earlier.pk], actor=actor)


def refresh_reviews_due(*, actor: Actor) -> int:
    """Recompute the claims whose published verdict has come due for review since."""
    due = Claim.objects.filter(verdicts__state="published", verdicts__review_due__lte=timezone.now()).exclude(
        standing_flags__contains=[standing.REVIEW_DUE]
    )
    return refresh(due.values_list("pk", flat=True), actor=actor)
