"""The page of a claim: its standing and why, the timeline of statements, conflicts, verdicts, and its whole history.

With ``?as_of=`` and a moment it shows what was held then, from the ledger, and lets nothing be changed.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from django.core.paginator import Page, Paginator
from django.db.models import Case, Q, QuerySet, Value, When
from django.db.models.functions import Coalesce
from django.http import HttpRequest
from django.shortcuts import get_object_or_404
from django.urls import path, reverse
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from claims import standing
from claims.admin.claims import OPEN, in_figures
from claims.admin.markup import (
    CONTRADICTION_STATES,
    FLAGS,
    STANCES,
    STANDINGS,
    VERDICT_STATES,
    address_of,
    list_of,
    outward_link,
)
from claims.choices import Credibility, Stance
from claims.desk import claim_actions
from claims.desk.addresses import desk_address
from claims.desk.claim_lines import Line, last_changes, past_line, past_mark, present_lines
from claims.desk.pages import DeskPage
from claims.desk.timeline import Echo, Entry, Mark, fold
from claims.desk.verdict_steps import may_revise, steps_for
from claims.models import Claim, ClaimMerge, Contradiction, Event, Judgement, Party, Position
from claims.services.asof import ClaimThen, ContradictionHeld, Held, claim_as_of, history_of
from claims.services.verdicts import snapshots_of
from claims.services.versions import version_of

ENTRIES = 25  # lines of the timeline on one page
ECHOES = 10  # echoes under a line; all of them on a page of that origin
READ = 20_000  # positions of which the timeline is made: the oldest
LISTED = 50  # contradictions, verdicts and questions shown: the newest
STEPS = 100  # moments that the slider steps through, on either side
CHANGES = 8  # changes told of one moment

WHY_NOT: dict[str, Promise] = {
    standing.COPY: _("copy of a document already counted"),
    standing.SAME_SOURCE: _("the same source again"),
    standing.CHAIN: _("passes on another origin"),
    standing.CIRCULAR: _("cite only each other"),
    standing.MERE_REPORT: _("only passes it on"),
    standing.LATER_WORD: _("said otherwise later"),
    standing.SUPERSEDED: _("said again in a newer version"),
    standing.NO_LONGER_SAID: _("retracted or dropped"),
}
# Decided first what stands: suggested and confirmed conflicts before settled ones.
STANDING_FIRST = Case(When(state__in=["suggested", "confirmed"], then=Value(0)), default=Value(1))


@dataclass(frozen=True, slots=True)
class Folded:
    """An echo as it is shown under its origin."""

    line: Line
    reason: str
    detail: str


@dataclass(frozen=True, slots=True)
class Told:
    """A line of the timeline with what it needs to be shown."""

    entry: Entry
    line: Line
    reason: str
    echoes: Sequence[Folded]
    more: int


class ClaimPage(DeskPage):
    """A claim, now or as of a moment."""

    permission = "claims.view_claim"
    template_name = "desk/claim.html"
    page_title = _("Claim")  # type: ignore[assignment]

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """What was held at the moment asked for; without one, what is held now."""
        claim = get_object_or_404(_claims(), uid=kwargs["uid"])
        at, unreadable = moment_asked(self.request)
        history = history_of(claim.uid, around=at, limit=STEPS)
        context = {
            **super().get_context_data(**kwargs),
            "claim": claim,
            "at": at,
            "as_of": _in_address(at) if at else "",
            "unreadable": unreadable,
            "history": history,
            "moments": [
                {
                    "at": m.at, "as_of": _in_address(m.at), "changes": m.changes[:CHANGES],
                    "more": max(0, len(m.changes) - CHANGES),
                }
                for m in history.moments
            ],
            "ledger": list_of(Event, f"object_uid={claim.uid}"),
            "admin_page": address_of(claim),
            "dossier_page": desk_address(claim.dossier),
        }  # fmt: skip
        if at is None:
            return context | self._present(claim)
        then = claim_as_of(claim.uid, at)
        return context | (_past(claim, then, self._asked_page()) if then else {"unknown_then": True})

    def _present(self, claim: Claim) -> dict[str, Any]:
        marks = _marks(claim)
        entries = fold(marks, claim.standing_explanation)
        wanted = self.request.GET.get("origin", "")
        alone = next((entry for entry in entries if entry.position == wanted), None)
        return {
            **head(claim.public_state()),
            "favours": claim.favours.name if claim.favours else "",
            "standing_version": claim.standing_version,
            "discounted": _discounted(claim.standing_explanation),
            "version": version_of(claim.uid),
            "marks_left_out": len(marks) == READ,
            "alone": alone,
            **(_one_origin(alone, self._asked_page()) if alone else _timeline(entries, self._asked_page())),
            "contradictions": [_conflict(row, claim) for row in _contradictions(claim)],
            "verdicts": self._verdicts(claim),
            "judgements": [
                {"row": row, "other": row.other_claim if row.claim_id == claim.pk else row.claim,
                 "address": address_of(row)}
                for row in _judgements(claim)
            ],
            "merges": [
                {"row": row, "other": row.target if row.claim_id == claim.pk else row.claim, "address": address_of(row)}
                for row in _merges(claim)
            ],
            "merge_page": reverse("admin:claims_claim_merge_this", args=[claim.pk]),
            "snapshots": snapshots_of(claim)[: claim_actions.OFFERED],
            "grades": Credibility.choices,
            "stances": Stance.choices,
            "editable": claim.merged_into_id is None,
        }  # fmt: skip

    def _verdicts(self, claim: Claim) -> list[dict[str, Any]]:
        rows = list(
            claim.verdicts.select_related("author", "approver", "superseded_by").prefetch_related(
                "evidence__snapshot__document"
            )[:LISTED]
        )
        changes = last_changes(row.uid for row in rows)
        return [
            {
                "row": row,
                "words": row.get_credibility_display(),
                "state": row.state,
                "tone": VERDICT_STATES[row.state],
                "rationale": row.rationale,
                "author": row.author.get_username(),
                "approver": row.approver.get_username() if row.approver else "",
                "published_at": row.published_at,
                "review_due": row.review_due,
                "due": row.review_due is not None and row.review_due <= timezone.now(),
                "evidence": [
                    {
                        "shown": outward_link(e.url),
                        "note": e.note,
                        "snapshot": address_of(e.snapshot) if e.snapshot else "",
                    }
                    for e in row.evidence.all()
                ],
                "last": changes[row.uid],
                "version": changes[row.uid].pk,
                "steps": steps_for(row, self.person),
                "own": row.author_id == self.person.pk,
                "revise": reverse("desk:verdict_revise", args=[row.uid]) if may_revise(row, self.person) else "",
            }
            for row in rows
        ]

    def _asked_page(self) -> str:
        return self.request.GET.get("page", "1")


def moment_asked(request: HttpRequest) -> tuple[datetime | None, bool]:
    """The moment of ``?as_of=``; ``None`` without one, or for one to come. And whether it could not be read."""
    said = request.GET.get("as_of", "").strip()
    if not said:
        return None, False
    try:
        at = parse_datetime(said.replace(" ", "+") if "T" in said else said)
    except ValueError:  # well formed, but no such day or hour
        at = None
    if at is None:
        return None, True
    try:
        aware = (at if timezone.is_aware(at) else timezone.make_aware(at)).astimezone(UTC)
        return (aware if aware < timezone.now() else None), False
    except (OverflowError, ValueError):  # at the edge of the calendar
        return None, True


def head(state: Mapping[str, Any]) -> dict[str, Any]:
    """What is said above: the claim's public state, now or as the ledger keeps it, in words and colours."""
    first, last = state["when"]
    figure = in_figures(state["low"], state["best"], state["high"])
    why = state["why"]
    return {
        "state": state,
        "text": state["text"],
        "when": (first if first == last else f"{first} – {last}") if first else "",
        "figure": " ".join(filter(None, [figure, state["counted"], state["measure"]])) if state["measure"] else "",
        "bounds": [
            {"label": label, "value": f"{state[name]:,.0f}"}
            for name, label in (("low", _("low")), ("best", _("best")), ("high", _("high")))
            if state[name] is not None
        ],
        "favours": state["favours"] or "",
        "standing_tone": STANDINGS.get(state["standing"], "plain"),
        "flags": [(flag, FLAGS.get(flag, "note")) for flag in state["standing_flags"]],
        "sentences": why["sentences"],
        "sides": [
            {"stance": stance, "tone": STANCES[stance], "origins": why[key]}
            for stance, key in (("supports", "supporting"), ("refutes", "refuting"))
            if why[key]
        ],
        "standing_version": state["standing_version"],
        "rises_to": reverse("desk:claim", args=[state["rises_to"]]) if state["rises_to"] else "",
        "merged_into": reverse("desk:claim", args=[state["merged_into"]]) if state["merged_into"] else "",
    }


def _past(claim: Claim, then: ClaimThen, page: str) -> dict[str, Any]:
    # The ledger names parties by their slugs, which stay; people read names.
    parties = dict(Party.objects.filter(slug__in=_slugs(then)).values_list("slug", "name"))
    lines = {str(held.position.uid): past_line(held, parties) for held in then.positions}
    above = head(then.claim.state)
    entries = fold([past_mark(held) for held in then.positions], then.claim.state["why"])
    return {
        **above,
        "favours": parties.get(above["favours"], above["favours"]),
        "then": then,
        "left_out": then.positions_in_all - len(then.positions),
        **_shown(Paginator(entries, ENTRIES).get_page(page), lines),
        "contradictions": [_conflict_then(one, claim.uid) for one in then.contradictions],
        "verdicts": [_verdict_then(one) for one in then.verdicts],
    }


def _slugs(then: ClaimThen) -> set[str]:
    """The parties that a claim's past names."""
    named = [held.source.state["party"] for held in then.positions if held.source]
    return {slug for slug in (then.claim.state["favours"], *named) if slug}


# --- The timeline ----------------------------------------------------------------------------------------------------


def _marks(claim: Claim) -> list[Mark]:
    document = "statement__snapshot__document"
    said = Coalesce(f"{document}__origin__published_at", f"{document}__published_at", "statement__snapshot__fetched_at")
    rows = Position.objects.current().filter(claim=claim).annotate(said=said).order_by("pk")
    return [Mark(str(uid), stance, at) for uid, stance, at in rows.values_list("uid", "stance", "said")[:READ]]


def _timeline(entries: Sequence[Entry], page: str) -> dict[str, Any]:
    """One page of the timeline, with the rows that it shows read at once."""
    found = Paginator(entries, ENTRIES).get_page(page)
    wanted = {entry.position for entry in found}
    wanted |= {echo.position for entry in found for echo in entry.echoes[:ECHOES]}
    return _shown(found, present_lines(wanted))


def _one_origin(entry: Entry, page: str) -> dict[str, Any]:
    """One origin, and a page of its echoes."""
    echoes: Page[Echo] = Paginator(entry.echoes, ENTRIES).get_page(page)
    lines = present_lines({entry.position, *(echo.position for echo in echoes)})
    line = lines.get(entry.position)
    shown = [Told(entry, line, _why_not(entry.reason), _folded(echoes, lines), 0)] if line else []
    return {"timeline": shown, "pages": echoes, "in_all": len(entry.echoes)}


def _shown(found: Page[Entry], lines: Mapping[str, Line]) -> dict[str, Any]:
    told = [
        Told(
            entry,
            lines[entry.position],
            _why_not(entry.reason),
            _folded(entry.echoes[:ECHOES], lines),
            max(0, len(entry.echoes) - ECHOES),
        )
        for entry in found
        if entry.position in lines  # what was superseded since the page was begun
    ]
    return {"timeline": told, "pages": found, "in_all": found.paginator.count}


def _folded(echoes: Sequence[Echo] | Page[Echo], lines: Mapping[str, Line]) -> list[Folded]:
    return [
        Folded(lines[echo.position], _why_not(echo.reason), echo.detail) for echo in echoes if echo.position in lines
    ]


def _why_not(reason: str) -> str:
    return str(WHY_NOT.get(reason, reason))


def _discounted(explanation: Mapping[str, Any]) -> list[dict[str, Any]]:
    """What adds no origin, by the reason, with the first few in detail."""
    by_reason: dict[str, list[Mapping[str, str]]] = defaultdict(list)
    for one in explanation.get("discounted", []):
        by_reason[one["reason"]].append(one)
    return [
        {"reason": _why_not(reason), "count": len(found), "first": found[:ECHOES], "more": max(0, len(found) - ECHOES)}
        for reason, found in by_reason.items()
    ]


# --- Conflicts and verdicts ------------------------------------------------------------------------------------------


def _conflict(row: Contradiction, claim: Claim) -> dict[str, Any]:
    other = row.other_claim if row.claim_id == claim.pk else row.claim
    return {
        "address": desk_address(row),
        "state": row.state,
        "tone": CONTRADICTION_STATES[row.state],
        "type": row.get_type_display(),
        "explanation": row.explanation,
        "reason": row.reason,
        "other": other.text if row.other_claim_id is not None and other is not None else "",
        "other_address": desk_address(other) if row.other_claim_id is not None else "",
    }


def _conflict_then(held: ContradictionHeld, uid: UUID) -> dict[str, Any]:
    state = held.contradiction.state
    return {
        "address": reverse("desk:conflict", args=[held.contradiction.uid]),
        "state": state["state"],
        "tone": CONTRADICTION_STATES[state["state"]],
        "type": state["type"],
        "explanation": state["explanation"],
        "reason": state["reason"],
        "other": held.other.state["text"] if held.other and held.other.uid != uid else "",
        "other_address": reverse("desk:claim", args=[held.other.uid]) if held.other else "",
    }


def _verdict_then(held: Held) -> dict[str, Any]:
    state = held.state
    return {
        "words": str(Credibility(state["credibility"]).label),
        "state": state["state"],
        "tone": VERDICT_STATES[state["state"]],
        "rationale": state["rationale"],
        "author": state["author"],
        "approver": state["approver"] or "",
        "published_at": datetime.fromisoformat(state["published_at"]) if state["published_at"] else None,
        "review_due": datetime.fromisoformat(state["review_due"]) if state["review_due"] else None,
        "evidence": [{"shown": outward_link(one["url"]), "note": one["note"]} for one in state["evidence"]],
        "last": {"actor_label": held.actor, "verb": held.verb, "recorded_at": held.since, "reason": held.reason},
    }


# --- Rows ------------------------------------------------------------------------------------------------------------


def _claims() -> QuerySet[Claim]:
    related = ("dossier", "favours", "rises_to", "merged_into")
    return Claim.objects.select_related(*related).defer("embedding", "rises_to__embedding", "merged_into__embedding")


def _contradictions(claim: Claim) -> QuerySet[Contradiction]:
    return (
        Contradiction.objects.filter(Q(claim=claim) | Q(other_claim=claim))
        .select_related("claim", "other_claim")
        .defer("claim__embedding", "other_claim__embedding")
        .order_by(STANDING_FIRST, "-pk")[:LISTED]
    )


def _judgements(claim: Claim) -> QuerySet[Judgement]:
    return (
        Judgement.objects.filter(Q(claim=claim) | Q(other_claim=claim), answer__in=OPEN)
        .select_related("claim", "other_claim")
        .defer("claim__embedding", "other_claim__embedding")
        .order_by("-score", "pk")[:LISTED]
    )


def _merges(claim: Claim) -> QuerySet[ClaimMerge]:
    return (
        ClaimMerge.objects.filter(Q(claim=claim) | Q(target=claim), undone_at__isnull=True)
        .select_related("claim", "target", "by")
        .defer("claim__embedding", "target__embedding")[:LISTED]
    )


def _in_address(at: datetime) -> str:
    """A moment as an address holds it, to the microsecond."""
    return at.astimezone(UTC).isoformat().replace("+00:00", "Z")


urlpatterns = [
    path("claim/<uuid:uid>/", ClaimPage.as_view(), name="claim"),
    *claim_actions.urlpatterns,
]
