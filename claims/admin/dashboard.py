"""What waits for people, in numbers: the first page."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.db.models import Count, Q
from django.http import HttpRequest
from django.utils import timezone
from django.utils.http import urlencode

from claims.admin.markup import PLAIN, STANDINGS, list_of
from claims.choices import ContradictionState, JudgementAnswer, StatementState, VerdictState
from claims.models import Claim, Contradiction, Document, Dossier, Judgement, Statement, Verdict
from claims.standing import VALUES


@dataclass(frozen=True, slots=True)
class Card:
    """One number and where it leads."""

    title: str
    number: int
    address: str
    tone: str = PLAIN
    note: str = ""


def cards(request: HttpRequest) -> list[Card]:
    """The numbers that this person may see."""
    today = timezone.localtime().replace(hour=0, minute=0, second=0, microsecond=0)
    suggested = f"state__exact={StatementState.SUGGESTED}"
    offered: list[tuple[str, Callable[[], Card]]] = [
        ("claim", lambda: Card(
            "Contested claims", Claim.objects.contested().count(),
            list_of(Claim, "standing__exact=contested&merged=no"), "bad", "asserted by some, refuted by others",
        )),
        ("contradiction", lambda: Card(
            "Contradictions to review", Contradiction.objects.awaiting_review().count(),
            list_of(Contradiction, f"state__exact={ContradictionState.SUGGESTED}"), "alert", "oldest first",
        )),
        ("statement", lambda: Card(
            "Statements to review", Statement.objects.current().filter(state=StatementState.SUGGESTED).count(),
            list_of(Statement, f"{suggested}&superseded=no"), "note", "found by a machine",
        )),
        ("judgement", lambda: Card(
            "Claims that may be the same", Judgement.objects.pending().count(),
            list_of(Judgement, f"answer__exact={JudgementAnswer.PENDING}"), "note", "likeliest first",
        )),
        ("verdict", lambda: Card(
            "Verdicts to approve", Verdict.objects.filter(state=VerdictState.PROPOSED).count(),
            list_of(Verdict, f"state__exact={VerdictState.PROPOSED}"), "note", "proposed by a colleague",
        )),
        ("document", lambda: Card(
            "Documents new today", Document.objects.filter(first_seen_at__gte=today).count(),
            list_of(Document, urlencode({"first_seen_at__gte": today.isoformat()})), PLAIN, "since midnight UTC",
        )),
    ]  # fmt: skip
    return [card() for model, card in offered if request.user.has_perm(f"claims.view_{model}")]


def standings_by_dossier(request: HttpRequest) -> dict[str, Any] | None:
    """How many claims of each standing a dossier holds; ``None`` for those who may not see claims."""
    if not request.user.has_perm("claims.view_claim"):
        return None
    live = Q(claims__merged_into__isnull=True)
    counts = {
        f"n_{i}": Count("claims", filter=live & Q(claims__standing=value)) for i, value in enumerate(VALUES)
    }  # fmt: skip
    dossiers = Dossier.objects.annotate(total=Count("claims", filter=live), **counts)
    return {
        "values": [(value, STANDINGS[value]) for value in VALUES],
        "rows": [
            {
                "title": dossier.title,
                "address": list_of(Claim, f"dossier__id__exact={dossier.pk}&merged=no"),
                "total": dossier.total,
                "cells": [
                    (
                        getattr(dossier, f"n_{i}"),
                        STANDINGS[value],
                        list_of(Claim, f"dossier__id__exact={dossier.pk}&standing__exact={value}&merged=no"),
                    )
                    for i, value in enumerate(VALUES)
                ],
            }
            for dossier in dossiers
        ],
    }


def dashboard(request: HttpRequest, context: dict[str, Any]) -> dict[str, Any]:
    """What the first page shows besides what every page shows."""
    return {**context, "cards": cards(request), "standings": standings_by_dossier(request)}
