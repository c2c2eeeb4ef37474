"""Recomputing the cached standing of claims, from what the rows say now."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import cast

from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils import timezone

from claims import signals, standing
from claims.choices import DocumentState, SourceKind
from claims.models import Claim, Position, Snapshot, Source, Statement
from claims.services import ledger
from claims.services.actor import Actor
from claims.standing import Body, Standing, Taken

_deferred: ContextVar[set[int] | None] = ContextVar("deferred", default=None)


@contextmanager
def once_at_the_end(*, actor: Actor) -> Iterator[None]:
    """Within it nothing is recomputed; at its end every claim asked for is, once.

    Besides the work saved, claims are then locked in one order, so that two who change many claims cannot wait for each
    other.
    """
    if _deferred.get() is not None:
        yield
        return
    asked: set[int] = set()
    token = _deferred.set(asked)
    try:
        yield
    finally:
        _deferred.reset(token)
    refresh(asked, actor=actor)


@transaction.atomic
def refresh(claim_ids: Iterable[int], *, actor: Actor) -> int:
    """Recompute the standing of these claims; return how many changed. Each change is one event on the ledger."""
    ids = set(claim_ids)
    asked = _deferred.get()
    if asked is not None:
        asked |= ids
        return 0
    claims = Claim.objects.select_for_update(of=("self",)).filter(pk__in=ids).order_by("pk")
    changed = [claim.pk for claim in claims if _refresh(claim, actor)]
    if changed:
        signals.standings_changed.send(sender=Claim, claim_ids=changed, actor=actor)
    return len(changed)


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


def _refresh(claim: Claim, actor: Actor) -> bool:
    found = assess(claim)
    explanation = found.as_json()
    before = (claim.standing, claim.standing_version, claim.standing_explanation)
    if before == (found.value, found.version, explanation):
        return False
    claim.standing, claim.standing_version, claim.standing_flags = found.value, found.version, list(found.flags)
    claim.standing_explanation = explanation
    claim.origins, claim.refuting_origins = found.origins, found.refuting_origins
    claim.save(
        update_fields=[
            "standing", "standing_version", "standing_flags", "standing_explanation", "origins", "refuting_origins"
        ]
    )  # fmt: skip
    ledger.record(actor, "standing changed", claim)
    return True


def assess(claim: Claim) -> Standing:
    """The standing that the claim's positions give it now."""
    harmed = frozenset(p.name for p in claim.favours.opposes.all()) if claim.favours else frozenset()
    return standing.assess(
        [taken(position) for position in weighed(claim)],
        harmed=harmed,
        rising=claim.rises_to_id is not None,
        review_due=claim.verdicts.due_for_review().exists(),
    )


def weighed(claim: Claim) -> QuerySet[Position]:
    """The positions that a claim's standing weighs: of statements that somebody makes and that are read as they stand.

    ``replaced`` is set on each: whether a newer version of its document has been analysed, which then speaks for it.
    """
    newer = Snapshot.objects.filter(
        document=OuterRef("statement__snapshot__document"), number__gt=OuterRef("statement__snapshot__number")
    ).exclude(analysed_with="")
    return (
        Position.objects.current()
        .filter(claim=claim, statement__source__isnull=False)
        .annotate(replaced=Exists(newer))
        .select_related(
            "statement__source__parent", "statement__source__party", "statement__source__merged_into",
            "statement__source__named_in__origin", "statement__source__named_in__publisher",
            "statement__parent__source",
            "statement__snapshot__document__publisher", "statement__snapshot__document__origin__publisher",
        )
        .order_by("pk")
    )  # fmt: skip


def taken(position: Position) -> Taken:
    """One position out of :func:`weighed` as the standing's rules see it."""
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
