"""What we hold true: a verdict's way from draft to publication and beyond. Each change has one door here."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.core.validators import URLValidator
from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from claims.choices import Credibility, VerdictState
from claims.errors import NotTheAuthor, OwnVerdict, ReasonMissing, WrongState
from claims.models import Claim, Evidence, Snapshot, Statement, Verdict
from claims.services import ledger, standings
from claims.services.actor import Actor


@dataclass(frozen=True, slots=True)
class Link:
    """What a verdict rests on: an address, and the snapshot that keeps what was there."""

    url: str
    snapshot: Snapshot | None = None
    note: str = ""


def snapshots_of(claim: Claim) -> QuerySet[Snapshot]:
    """The versions of documents in which something is said of the claim, the newest first, without their texts."""
    said_in = Statement.objects.filter(positions__claim=claim, positions__superseded_at__isnull=True)
    return (
        Snapshot.objects.filter(pk__in=said_in.order_by().values("snapshot"))
        .select_related("document")
        .defer("text", "headers", "signature")
        .order_by("-fetched_at", "-pk")
    )


_web_address = URLValidator(schemes=["http", "https"])


@transaction.atomic
def draft_verdict(
    claim: Claim,
    *,
    credibility: int,
    rationale: str,
    by: User,
    evidence: Sequence[Link] = (),
    review_due: datetime | None = None,
) -> Verdict:
    """A new draft by this author."""
    if not rationale.strip():
        raise ReasonMissing("A verdict needs its rationale.")
    if claim.merged_into_id is not None:
        raise WrongState(f"This claim was merged into {claim.merged_into}: judge that one.")
    verdict = Verdict.objects.create(
        claim=claim,
        credibility=Credibility(credibility),
        rationale=rationale,
        author=by,
        review_due=review_due,
    )
    _add_evidence(verdict, evidence)
    ledger.record(Actor.person(by), "drafted", verdict)
    return verdict


@transaction.atomic
def revise_verdict(
    verdict: Verdict,
    *,
    credibility: int,
    rationale: str,
    by: User,
    evidence: Sequence[Link] = (),
    review_due: datetime | None = None,
) -> Verdict:
    """Change a draft of one's own; ``evidence`` is added to what it has.

    Nobody else may: whoever approves it would approve words of his or her own.
    """
    if not rationale.strip():
        raise ReasonMissing("A verdict needs its rationale.")
    verdict = _locked(verdict, VerdictState.DRAFT)
    if verdict.author_id != by.pk:
        raise NotTheAuthor(f"This draft is {verdict.author}'s, who alone may change it: draft another one.")
    verdict.credibility, verdict.rationale = Credibility(credibility), rationale
    verdict.review_due = review_due
    verdict.save(update_fields=["credibility", "rationale", "review_due"])
    _add_evidence(verdict, evidence)
    ledger.record(Actor.person(by), "revised", verdict)
    return verdict


def _add_evidence(verdict: Verdict, evidence: Sequence[Link]) -> None:
    """Keep the links, each a web address or that of the document which its snapshot is of, and each once."""
    kept = set(verdict.evidence.values_list("url", flat=True))
    for link in evidence:
        if link.snapshot is None or link.url != link.snapshot.document.url:
            _web_address(link.url)
        if link.url in kept:
            raise ValidationError(f"The verdict rests on {link.url} already: name each address once.")
        kept.add(link.url)
    Evidence.objects.bulk_create(
        Evidence(verdict=verdict, url=link.url, snapshot=link.snapshot, note=link.note) for link in evidence
    )


@transaction.atomic
def propose_verdict(verdict: Verdict, *, by: User) -> Verdict:
    """Ask for approval."""
    verdict = _locked(verdict, VerdictState.DRAFT)
    verdict.state = VerdictState.PROPOSED
    verdict.save(update_fields=["state"])
    ledger.record(Actor.person(by), "proposed", verdict)
    return verdict


@transaction.atomic
def approve_verdict(verdict: Verdict, *, by: User) -> Verdict:
    """Publish a proposed verdict of somebody else's; it supersedes the claim's present one."""
    verdict = _locked(verdict, VerdictState.PROPOSED)
    if verdict.author_id == by.pk:
        raise OwnVerdict("A verdict is approved by another person than its author.")
    actor = Actor.person(by)
    present = Verdict.objects.select_for_update(of=("self",)).filter(claim=verdict.claim_id).published().first()
    if present is not None:
        present.state, present.superseded_by = VerdictState.SUPERSEDED, verdict
        present.save(update_fields=["state", "superseded_by"])
        ledger.record(actor, "superseded", present)
    verdict.state, verdict.approver, verdict.published_at = VerdictState.PUBLISHED, by, timezone.now()
    verdict.save(update_fields=["state", "approver", "published_at"])
    ledger.record(actor, "published", verdict)
    standings.refresh([verdict.claim_id], actor=actor)
    return verdict


@transaction.atomic
def return_verdict(verdict: Verdict, *, by: User, reason: str) -> Verdict:
    """Give a proposed verdict back to its author as a draft, with the reason."""
    if not reason.strip():
        raise ReasonMissing("Say what is missing.")
    verdict = _locked(verdict, VerdictState.PROPOSED)
    verdict.state = VerdictState.DRAFT
    verdict.save(update_fields=["state"])
    ledger.record(Actor.person(by), "returned", verdict, reason=reason)
    return verdict


@transaction.atomic
def withdraw_verdict(verdict: Verdict, *, by: User, reason: str) -> Verdict:
    """Take a published verdict back, with the reason. It stays readable as withdrawn."""
    if not reason.strip():
        raise ReasonMissing("Say why the verdict is withdrawn.")
    verdict = _locked(verdict, VerdictState.PUBLISHED)
    verdict.state = VerdictState.WITHDRAWN
    verdict.save(update_fields=["state"])
    ledger.record(Actor.person(by), "withdrawn", verdict, reason=reason)
    standings.refresh([verdict.claim_id], actor=Actor.person(by))
    return verdict


def _locked(verdict: Verdict, needed: VerdictState) -> Verdict:
    verdict = Verdict.objects.select_for_update(of=("self",)).get(pk=verdict.pk)
    if verdict.state != needed:
        raise WrongState(f"The verdict is {verdict.state}; only one that is {needed.value} allows this.")
    return verdict
