"""The first page: what waits for people, how claims stand, what changed since one was last here, and what comes in."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.contrib.auth.models import User
from django.db import connection
from django.db.models import Max, OuterRef, QuerySet, Subquery
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.http import urlencode
from django.utils.translation import gettext_lazy as _

from claims.admin.arrivals import Heard, documents_by_hour, hours, publishers_heard
from claims.admin.counting import MOST, Counted, bounded_count, counted
from claims.admin.markup import PLAIN, STANDINGS, list_of
from claims.admin.since import News, news
from claims.choices import JudgementAnswer, StatementState, VerdictState
from claims.desk.addresses import desk_address
from claims.desk.conflict_queue import open_contradictions, undecided_claims
from claims.models import Claim, Document, Dossier, Judgement, Source, Statement, Verdict
from claims.services.presence import note_visit
from claims.standing import VALUES

FIRST_TIME = timedelta(hours=24)  # how far somebody looks back who was never here before
DOSSIERS = 30
PUBLISHERS_SHOWN, RARE_SHOWN = 8, 30


@dataclass(frozen=True, slots=True)
class Card:
    """One queue: how many wait, for how long, and where it leads."""

    title: str | Promise
    count: Counted
    address: str
    tone: str = PLAIN
    note: str | Promise = ""
    oldest: datetime | None = None

    @property
    def number(self) -> int:
        """How many, as far as they were counted."""
        return self.count.number


def queue(title: str | Promise, rows: QuerySet[Any], by: str, address: str, tone: str, note: str | Promise) -> Card:
    """A card of these rows, with the age of the oldest by the field ``by``. An index serves both."""
    oldest = rows.order_by(by).values_list(by, flat=True).first()
    return Card(title, bounded_count(rows), address, tone, note, oldest)


def conflicts() -> Card:
    """The card of the conflict queue: suggested contradictions, and contested claims about which nobody has decided."""
    waiting: list[QuerySet[Any]] = [open_contradictions(), undecided_claims()]
    oldest = [rows.order_by("created_at").values_list("created_at", flat=True).first() for rows in waiting]
    return Card(
        _("Conflicts to decide"), sum(map(bounded_count, waiting), Counted(0)), reverse("desk:conflicts"), "bad",
        _("the most consequential first"), min(filter(None, oldest), default=None),
    )  # fmt: skip


def cards(request: HttpRequest) -> list[Card]:
    """The queues that this person may see."""
    today = timezone.localtime().replace(hour=0, minute=0, second=0, microsecond=0)
    suggested = f"state__exact={StatementState.SUGGESTED}"
    offered: list[tuple[str, Callable[[], Card]]] = [
        ("contradiction", conflicts),
        ("claim", lambda: queue(
            _("Contested claims"), Claim.objects.contested(), "created_at",
            list_of(Claim, "standing__exact=contested&merged=no"), "bad", _("asserted by some, refuted by others"),
        )),
        ("statement", lambda: queue(
            _("Statements to review"),
            Statement.objects.filter(superseded_at__isnull=True, state=StatementState.SUGGESTED), "created_at",
            list_of(Statement, f"{suggested}&superseded=no"), "note", _("found by a machine"),
        )),
        ("judgement", lambda: queue(
            _("Claims that may be the same"), Judgement.objects.pending(), "created_at",
            list_of(Judgement, f"answer__exact={JudgementAnswer.PENDING}"), "note", _("likeliest first"),
        )),
        ("verdict", lambda: queue(
            _("Verdicts to approve"), Verdict.objects.filter(state=VerdictState.PROPOSED), "created_at",
            list_of(Verdict, f"state__exact={VerdictState.PROPOSED}"), "note", _("proposed by a colleague"),
        )),
        ("verdict", lambda: queue(
            _("Verdicts due for review"), Verdict.objects.due_for_review(), "review_due",
            list_of(Verdict, "review=due"), "alert", _("published, and to be looked at again"),
        )),
        ("document", lambda: Card(
            _("Documents new today"), bounded_count(Document.objects.new_since(today)),
            list_of(Document, urlencode({"first_seen_at__gte": today.isoformat(), "from_archive__exact": "0"})), PLAIN,
            _("since midnight UTC"),
        )),
    ]  # fmt: skip
    return [card() for model, card in offered if request.user.has_perm(f"claims.view_{model}")]


def standings_by_dossier(request: HttpRequest) -> dict[str, Any] | None:
    """How many claims of each standing a dossier holds; ``None`` for those who may not see claims.

    Of the dossiers that a document last came into. Each number is counted up to a bound, by index alone.
    """
    if not request.user.has_perm("claims.view_claim"):
        return None
    latest = (
        Document.objects.filter(dossier=OuterRef("pk")).order_by().values("dossier").annotate(at=Max("first_seen_at"))
    )
    dossiers = list(
        Dossier.objects.annotate(at=Subquery(latest.values("at"))).order_by("-at", "title", "pk")[: DOSSIERS + 1]
    )
    numbers: dict[tuple[int, str], Counted] = {}
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT dossier, standing, (SELECT count(*) FROM (SELECT FROM claims_claim WHERE dossier_id = dossier "
            "AND standing = asked.standing AND merged_into_id IS NULL LIMIT %s) bounded) "
            "FROM unnest(%s::bigint[]) dossier, unnest(%s::text[]) asked(standing)",
            [MOST + 1, [dossier.pk for dossier in dossiers[:DOSSIERS]], ["", *VALUES]],
        )
        numbers.update({(dossier, value): counted(found) for dossier, value, found in cursor.fetchall()})
    # A standing that no claim here has is no column: all nine have no room beside each other.
    had = [value for value in VALUES if any(numbers[dossier.pk, value].number for dossier in dossiers[:DOSSIERS])]
    return {
        "values": [(value, STANDINGS[value]) for value in had],
        "more": len(dossiers) > DOSSIERS,
        "all": list_of(Dossier),
        "rows": [
            {
                "title": dossier.title,
                "address": desk_address(dossier),
                "total": sum((numbers[dossier.pk, value] for value in ("", *VALUES)), Counted(0)),
                "cells": [
                    (
                        numbers[dossier.pk, value],
                        STANDINGS[value],
                        list_of(Claim, f"dossier__id__exact={dossier.pk}&standing__exact={value}&merged=no"),
                    )
                    for value in had
                ],
                "parts": parts_of({value: numbers[dossier.pk, value].number for value in had}),
            }
            for dossier in dossiers[:DOSSIERS]
        ],
    }


def parts_of(counts: Mapping[str, int]) -> list[tuple[str, float, float]]:
    """A bar of 100 units, cut by standing: of each that occurs, its name, where it begins, and how long it is."""
    whole = sum(counts.values())
    parts, start = [], 0.0
    for value, n in counts.items():
        if n:
            parts.append((value, round(start, 2), round(100 * n / whole, 2)))
            start += 100 * n / whole
    return parts


def last_here(person: User) -> tuple[News, bool]:
    """What changed since this person was last here, and whether he or she ever was; notes the visit."""
    was_here = note_visit(person)
    return news(was_here or timezone.now() - FIRST_TIME), was_here is not None


def publishers(heard: list[Heard]) -> dict[str, Any]:
    """The publishers as the page lists them: all that are silent for longer than usual, and the latest heard of.

    Apart from them are those of which there are too few documents to tell what is usual.
    """
    silent = sum(one.silent for one in heard)
    regular = [one for one in heard if one.usual]
    shown = regular[: min(max(silent, PUBLISHERS_SHOWN), 3 * PUBLISHERS_SHOWN)]
    rare = [one for one in heard if not one.usual]
    sources = Source.objects.in_bulk([one.publisher for one in (*shown, *rare[:RARE_SHOWN])])

    def told(some: list[Heard]) -> list[tuple[Heard, Source, str]]:
        return [(one, sources[one.publisher], desk_address(sources[one.publisher])) for one in some]

    return {
        "shown": told(shown),
        "more": len(regular) - len(shown),
        "rare": told(rare[:RARE_SHOWN]),
        "rare_in_all": len(rare),
        "more_rare": max(0, len(rare) - RARE_SHOWN),
        "silent": silent,
        "all": len(heard),
    }


def arrivals(now: datetime) -> dict[str, Any]:
    """Documents by the hour, for the chart and for the table that says the same."""
    return {"hours": [hour.isoformat() for hour in hours(now)], "documents": documents_by_hour(now)}


def dashboard(request: HttpRequest, context: dict[str, Any]) -> dict[str, Any]:
    """What the first page shows besides what every page shows."""
    shown = {**context, "cards": cards(request), "standings": standings_by_dossier(request)}
    now = timezone.now()
    if request.user.has_perm("claims.view_event") and isinstance(request.user, User):
        shown["news"], shown["was_here"] = last_here(request.user)
    if request.user.has_perm("claims.view_document"):
        shown["publishers"] = publishers(publishers_heard(now))
        shown["arrivals"] = arrivals(now)
    return shown
