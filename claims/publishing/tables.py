"""What can be exported, and the columns of each table. Both are relied upon: columns are added at the end, never taken.

Every table is one query whose rows are read as they are sent, so nothing here may take a second query for a row.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import django_filters as filters
from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import Case, CharField, F, FilteredRelation, OuterRef, Q, QuerySet, Subquery, Value, When

from claims import choices, models
from claims.access import Access
from claims.api.filtering import FilterSet, OneOf, Rows, Slug, Uid, YesNo
from claims.api.filters import (
    UNVERIFIED,
    VERIFICATIONS,
    ClaimFilter,
    DocumentFilter,
    SourceFilter,
    StatementFilter,
    VerdictFilter,
    counting_as,
)
from claims.models.readable import paths_of


@dataclass(frozen=True, slots=True)
class Table:
    """One kind of rows: what they are, what they can be narrowed by, and their columns, each with the path to it.

    ``leads_to`` are the columns that name a row which may be of another dossier than its own row.
    """

    about: str
    rows: Callable[[Access], QuerySet[Any]]
    filterset: type[FilterSet]
    columns: dict[str, str]
    shows: tuple[type[Any], ...]
    leads_to: Sequence[str] = ()

    @property
    def names(self) -> Sequence[str]:
        """The columns' names, in their order."""
        return list(self.columns)

    def values(self, rows: QuerySet[Any], access: Access) -> QuerySet[Any, tuple[Any, ...]]:
        """The rows as tuples of these columns, the oldest first; nothing where one names what the caller may not read.

        The rule is that of rows within rows (:func:`claims.models.readable.may_read`), asked within the one query.
        """
        paths = dict(self.columns)
        if access.dossiers is not None:
            for name in self.leads_to:
                relation = paths[name].removesuffix("__uid")
                kind = rows.model._meta.get_field(relation).related_model
                there = Q(**{f"{relation}__{path}__in": access.dossiers for path in paths_of(kind)})
                paths[name] = f"{name}_seen"
                rows = rows.annotate(**{paths[name]: Case(When(there, then=F(self.columns[name])))})
        return rows.order_by("pk").values_list(*paths.values())


class PositionFilter(FilterSet):
    """Positions by claim, by whose they are, and by side."""

    dossier = Slug(models.Dossier, field_name="claim__dossier", help_text="Slug of the dossier.")
    claim = Uid(models.Claim, field_name="claim", help_text="On this claim.")
    source = Uid(
        models.Source,
        chosen=lambda rows, source: rows.filter(statement__source__in=counting_as(source)),
        help_text="Of statements of this source, sources merged into it included.",
    )
    document = Uid(
        models.Document, field_name="statement__snapshot__document", help_text="Of statements in this document."
    )
    stance = OneOf(choices.Stance.choices, help_text="The side that is taken.")
    origin = OneOf(choices.Decider.choices, help_text="Whether a machine or a person took it.")
    superseded = YesNo(
        method="by_superseded", help_text="true: only those that a later one replaced. They are left out otherwise."
    )
    created_after = filters.IsoDateTimeFilter("created_at", "gte", help_text="Recorded then or later (ISO 8601).")
    created_before = filters.IsoDateTimeFilter("created_at", "lt", help_text="Recorded before (ISO 8601).")

    def by_superseded(self, rows: Rows, _name: str, value: bool) -> Rows:
        """Only superseded positions, or only others."""
        return rows.filter(superseded_at__isnull=not value)

    def filter_queryset(self, queryset: Rows) -> Rows:
        """What no longer counts is shown only to those who ask for it."""
        found: Rows = super().filter_queryset(queryset)
        if self.form.cleaned_data["superseded"] is not None:
            return found
        return found.filter(pk__in=models.Position.objects.current().values("pk"))


def _claims(_access: Access) -> QuerySet[Any]:
    worded = [When(in_force__credibility=value, then=Value(word)) for value, word in VERIFICATIONS.items()]
    return models.Claim.objects.annotate(
        in_force=FilteredRelation("verdicts", condition=Q(verdicts__state=choices.VerdictState.PUBLISHED)),
        verification=Case(*worded, default=Value(UNVERIFIED), output_field=CharField()),
    )


def _statements(access: Access) -> QuerySet[Any]:
    taken = Q(positions__superseded_at__isnull=True)
    if access.dossiers is not None:
        readable = models.Position.objects.readable_by(access).order_by()
        taken &= Q(positions__in=Subquery(readable.values("pk")))
    return models.Statement.objects.annotate(taken=FilteredRelation("positions", condition=taken))


def _positions(_access: Access) -> QuerySet[Any]:
    return models.Position.objects.all()


def _verdicts(_access: Access) -> QuerySet[Any]:
    links = models.Evidence.objects.filter(verdict=OuterRef("pk")).order_by("pk").values("url")
    return models.Verdict.objects.published().annotate(evidence_urls=ArraySubquery(links))


def _documents(_access: Access) -> QuerySet[Any]:
    return models.Document.objects.annotate(
        newest=FilteredRelation("snapshots", condition=Q(snapshots__latest=True)),
    )


def _sources(_access: Access) -> QuerySet[Any]:
    aliases = models.SourceName.objects.filter(source=OuterRef("pk")).order_by("name").values("name")
    return models.Source.objects.annotate(known_as=ArraySubquery(aliases))


_QUOTED = (
    models.Statement, models.Source, models.Party, models.Document, models.Snapshot, models.Dossier, models.Position,
    models.Claim,
)  # fmt: skip

TABLES = {
    "claims": Table(
        about="Claims with their standing and the verdict in force.",
        rows=_claims,
        leads_to=["rises_to", "merged_into"],
        filterset=ClaimFilter,
        shows=(*_QUOTED, models.Verdict),
        columns={
            "uid": "uid",
            "dossier": "dossier__slug",
            "text": "text",
            "kind": "kind",
            "place": "place",
            "happened_first": "when_first",
            "happened_last": "when_last",
            "measure": "measure",
            "counted": "counted",
            "low": "low",
            "best": "best",
            "high": "high",
            "favours": "favours__slug",
            "standing": "standing",
            "standing_version": "standing_version",
            "flags": "standing_flags",
            "origins": "origins",
            "refuting_origins": "refuting_origins",
            "verification": "verification",
            "credibility": "in_force__credibility",
            "verdict": "in_force__uid",
            "verdict_published_at": "in_force__published_at",
            "rises_to": "rises_to__uid",
            "merged_into": "merged_into__uid",
            "created_at": "created_at",
        },
    ),
    "statements": Table(
        about="Statements with who says so, where it is printed, and the side that they take now.",
        rows=_statements,
        filterset=StatementFilter,
        shows=_QUOTED,
        columns={
            "uid": "uid",
            "dossier": "snapshot__document__dossier__slug",
            "document": "snapshot__document__uid",
            "document_url": "snapshot__document__url",
            "publisher": "snapshot__document__publisher__name",
            "published_at": "snapshot__document__published_at",
            "snapshot": "snapshot__uid",
            "source": "source__uid",
            "source_name": "source__name",
            "source_text": "source_text",
            "cue": "cue_text",
            "content": "content_text",
            "content_spans": "content_spans",
            "quotation": "quotation",
            "polarity": "polarity",
            "modality": "modality",
            "place": "place",
            "happened_first": "when_first",
            "happened_last": "when_last",
            "confidence": "confidence",
            "state": "state",
            "parent": "parent__uid",
            "claim": "taken__claim__uid",
            "stance": "taken__stance",
            "created_at": "created_at",
        },
    ),
    "positions": Table(
        about="Which side each statement takes on which claim, how surely, and who or what says so.",
        rows=_positions,
        filterset=PositionFilter,
        shows=_QUOTED,
        columns={
            "uid": "uid",
            "dossier": "claim__dossier__slug",
            "claim": "claim__uid",
            "claim_text": "claim__text",
            "statement": "statement__uid",
            "content": "statement__content_text",
            "source": "statement__source__uid",
            "source_name": "statement__source__name",
            "document": "statement__snapshot__document__uid",
            "stance": "stance",
            "origin": "origin",
            "score": "score",
            "algorithm": "algorithm",
            "algorithm_version": "algorithm_version",
            "by": "by__username",
            "reason": "reason",
            "superseded_at": "superseded_at",
            "created_at": "created_at",
        },
    ),
    "verdicts": Table(
        about="Published verdicts in force.",
        rows=_verdicts,
        filterset=VerdictFilter,
        shows=(models.Verdict, models.Evidence, models.Claim, models.Dossier),
        columns={
            "uid": "uid",
            "dossier": "claim__dossier__slug",
            "claim": "claim__uid",
            "claim_text": "claim__text",
            "credibility": "credibility",
            "rationale": "rationale",
            "evidence": "evidence_urls",
            "author": "author__username",
            "approver": "approver__username",
            "published_at": "published_at",
            "review_due": "review_due",
        },
    ),
    "documents": Table(
        about="Documents with the hashes of their newest version.",
        rows=_documents,
        leads_to=["origin"],
        filterset=DocumentFilter,
        shows=(models.Document, models.Snapshot, models.Source, models.Dossier),
        columns={
            "uid": "uid",
            "dossier": "dossier__slug",
            "url": "url",
            "title": "title",
            "publisher": "publisher__uid",
            "publisher_name": "publisher__name",
            "credit": "credit__name",
            "byline": "byline",
            "published_at": "published_at",
            "language": "language",
            "state": "state",
            "origin": "origin__uid",
            "first_seen_at": "first_seen_at",
            "version": "newest__number",
            "snapshot": "newest__uid",
            "fetched_at": "newest__fetched_at",
            "payload_sha256": "newest__payload_sha256",
            "text_sha256": "newest__text_sha256",
        },
    ),
    "sources": Table(
        about="Sources with the names that lead to them and their present grade.",
        rows=_sources,
        leads_to=["named_in"],
        filterset=SourceFilter,
        shows=(models.Source, models.SourceName, models.Party),
        columns={
            "uid": "uid",
            "name": "name",
            "names": "known_as",
            "kind": "kind",
            "description": "description",
            "parent": "parent__uid",
            "party": "party__slug",
            "reliability": "reliability",
            "wikidata_id": "wikidata_id",
            "named_in": "named_in__uid",
            "merged_into": "merged_into__uid",
            "created_at": "created_at",
        },
    ),
}
