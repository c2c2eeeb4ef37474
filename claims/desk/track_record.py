"""What a source said first-hand, read from the database: the claims of which it is an origin, and how they ended."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from django.db.models import Case, Count, F, JSONField, OuterRef, QuerySet, Subquery, TextField, Value, When
from django.db.models.fields.json import KeyTransform
from django.db.models.functions import Cast, JSONArray, JSONObject

from claims.choices import SourceKind, Stance
from claims.desk.outcomes import ASSERTED, DENIED, Word
from claims.models import Claim, Position, Source, Statement, Verdict
from claims.services.weighing import harmed_by, read_sources
from claims.standing import AGAINST_INTEREST

LATEST_SAID = 5000  # statements of a source of which the claims are looked at, the newest first
LATEST_CITED = 500  # of which the publishers are counted


def said_by(family: Collection[int]) -> QuerySet[Statement]:
    """What these sources say, as it is read now, the newest first."""
    return Statement.objects.current().filter(source__in=family).order_by("-pk")


def words_of(family: Collection[int], *, party: str | None, latest: int = LATEST_SAID) -> list[Word]:
    """The word of a source (with all whose word is its own) on each claim of which it is an origin, the newest first.

    An echo is nobody's own word: a position counts only where the claim's standing names it as part of an origin, and
    not of a circle. ``party`` is the name of the source's party: what harms that is said against its interest.
    """
    newest = said_by(family)[:latest].values("pk")
    own = _first_hand(Position.objects.filter(statement__in=newest))
    # Somebody unnamed who speaks within the statement of a named source: that one vouches for it.
    passed_on = Position.objects.filter(statement__parent__in=newest, statement__source__kind=SourceKind.UNNAMED)
    rows = list(own.union(_first_hand(passed_on)).order_by("-claim"))
    flagged = Claim.objects.filter(pk__in=[claim for claim, stance, _c, flags in rows if AGAINST_INTEREST in flags])
    harmed = harmed_by(flagged.only("pk", "favours")) if party else {}
    return [
        Word(
            claim,
            ASSERTED if stance == Stance.SUPPORTS else DENIED,
            credibility,
            stance == Stance.SUPPORTS and party in harmed.get(claim, ()),
        )
        for claim, stance, credibility, flags in rows
    ]


def _first_hand(positions: QuerySet[Position]) -> QuerySet:
    """Of these positions those that make an origin: claim, stance, credibility of the verdict in force, flags."""
    this: Any = JSONArray(
        JSONObject(
            positions=JSONArray(Cast("uid", TextField())),
            circular=Value(False, JSONField()),
        )
    )
    in_force = Verdict.objects.published().filter(claim=OuterRef("claim")).values("credibility")
    sides = Case(
        When(stance=Stance.SUPPORTS, then=KeyTransform("supporting", "claim__standing_explanation")),
        default=KeyTransform("refuting", "claim__standing_explanation"),
        output_field=JSONField(),
    )
    return (
        positions.filter(
            superseded_at__isnull=True,
            stance__in=[Stance.SUPPORTS, Stance.REFUTES],
            claim__merged_into__isnull=True,
            statement__in=Statement.objects.current(),
        )
        .annotate(this=this, origins=sides)
        .filter(origins__contains=F("this"))
        .order_by()
        .values_list("claim", "stance", Subquery(in_force[:1]), "claim__standing_flags")
    )


@dataclass(frozen=True, slots=True)
class Citing:
    """A publisher that prints the words of a source, in so many of its newest statements."""

    publisher: Source
    statements: int


def cited_by(family: Collection[int], *, most: int, latest: int = LATEST_CITED) -> list[Citing]:
    """The publishers that print these sources' words, first those that do most often; others than they themselves."""
    newest = said_by(family)[:latest].values("pk")
    counted = (
        Statement.objects.filter(pk__in=newest, snapshot__document__publisher__isnull=False)
        .order_by()
        .values_list("snapshot__document__publisher")
        .annotate(n=Count("pk"))
    )
    by_pk = dict(counted)
    sums: dict[int, int] = {}
    publishers = {pk: source.resolved for pk, source in read_sources(by_pk.keys() - set(family)).items()}
    for pk, publisher in publishers.items():
        sums[publisher.pk] = sums.get(publisher.pk, 0) + by_pk[pk]
    found = {publisher.pk: publisher for publisher in publishers.values() if publisher.pk not in family}
    ordered = sorted(found.values(), key=lambda publisher: (-sums[publisher.pk], publisher.name, publisher.pk))
    return [Citing(publisher, sums[publisher.pk]) for publisher in ordered[:most]]
