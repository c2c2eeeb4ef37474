"""Recomputing the cached standing of claims, from what the rows say now."""

from collections.abc import Iterable
from typing import cast

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from claims import standing
from claims.choices import SourceKind, StatementState
from claims.models import Claim, Position, Source, Statement
from claims.services import ledger
from claims.services.actor import Actor
from claims.standing import Body, Standing, Taken


def refresh_for_source(source: Source, *, actor: Actor) -> int:
    """Recompute the claims on which this source, its members or what was merged into it took a position."""
    family, frontier = {source.pk}, {source.pk}
    while frontier:
        found = Source.objects.filter(Q(merged_into__in=frontier) | Q(parent__in=frontier)).exclude(pk__in=family)
        frontier = set(found.values_list("pk", flat=True))
        family |= frontier
    touched = Claim.objects.filter(
        Q(positions__statement__source__in=family) | Q(positions__statement__snapshot__document__publisher__in=family)
    )
    return refresh(touched.values_list("pk", flat=True), actor=actor)


@transaction.atomic
def refresh(claim_ids: Iterable[int], *, actor: Actor) -> int:
    """Recompute the standing of these claims; return how many changed. Each change is one event on the ledger."""
    claims = Claim.objects.select_for_update(of=("self",)).filter(pk__in=set(claim_ids)).order_by("pk")
    return sum(_refresh(claim, actor) for claim in claims)


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
    positions = (
        Position.objects.filter(claim=claim, superseded_at__isnull=True, statement__source__isnull=False)
        .exclude(statement__state__in=[StatementState.REJECTED, StatementState.CORRECTED])
        .select_related(
            "statement__source__parent", "statement__source__party", "statement__source__merged_into",
            "statement__source__named_in__origin", "statement__parent__source",
            "statement__snapshot__document__publisher", "statement__snapshot__document__origin__publisher",
        )
    )  # fmt: skip
    harmed = frozenset(p.slug for p in claim.favours.opposes.all()) if claim.favours else frozenset()
    return standing.assess(
        [taken(position) for position in positions],
        harmed=harmed,
        rising=claim.rises_to_id is not None,
        review_due=claim.verdicts.due_for_review().exists(),
    )


def taken(position: Position) -> Taken:
    """The position as the standing's rules see it."""
    statement = position.statement
    snapshot = statement.snapshot
    document = snapshot.document
    root = document.root
    return Taken(
        position=str(position.uid),
        stance=position.stance,
        speaker=vouching(statement).resolved.name,
        source=body(vouching(statement)),
        publisher=body(root.publisher) if root.publisher else None,
        document=str(document.uid),
        root=str(root.uid),
        at=document.published_at or snapshot.fetched_at,
        stands=snapshot.latest and document.state != "retracted" and statement.superseded_at is None,
    )


def vouching(statement: Statement) -> Source:
    """Whose word a statement is: its source's, or that of the named source that passes on somebody unnamed."""
    source = cast("Source", statement.source)  # positions of nobody's statements are not asked for
    outer = statement.parent
    if source.kind == SourceKind.UNNAMED and outer is not None and outer.source is not None:
        return vouching(outer)
    return source


def body(source: Source) -> Body:
    """The body whose word this is. An unnamed one belongs to the document at the start of the copying."""
    root = source.root
    party = source.effective_party
    key = f"unnamed:{root.named_in.root.uid}:{root.name}" if root.named_in is not None else str(root.uid)
    return Body(key, root.name, party.slug if party else None)


def mark_rising(earlier: Claim, later: Claim, *, actor: Actor) -> None:
    """Note that ``later`` is a later, higher figure of the toll that ``earlier`` gives."""
    if earlier.rises_to_id == later.pk:
        return
    earlier.rises_to = later
    earlier.save(update_fields=["rises_to"])
    ledger.record(actor, "rose", earlier)


def refresh_reviews_due(*, actor: Actor) -> int:
    """Recompute the claims whose published verdict has come due for review since."""
    due = Claim.objects.filter(verdicts__state="published", verdicts__review_due__lte=timezone.now()).exclude(
        standing_flags__contains=[standing.REVIEW_DUE]
    )
    return refresh(due.values_list("pk", flat=True), actor=actor)
