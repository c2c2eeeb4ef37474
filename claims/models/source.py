"""Who asserts: sources with their names, parties and graded reliability."""

import re
import unicodedata
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Self

import pgtrigger
from django.conf import settings
from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models import F, Q

from claims.choices import Reliability, SourceKind, known
from claims.models.base import Merge, Recorded, never_deleted, noted_as_protection, recorded_in_same_transaction

if TYPE_CHECKING:
    from claims.access import Access


@lru_cache(maxsize=4096)  # a document names the same few people over and over
def name_key(name: str) -> str:
    """The form under which a name is looked up: case, accents, punctuation and a leading article do not count."""
    plain = "".join(c for c in unicodedata.normalize("NFKD", name.casefold()) if not unicodedata.combining(c))
    words = re.findall(r"\w+", plain)
    if len(words) > 1 and words[0] in {"the", "a", "an"}:
        words = words[1:]
    return " ".join(words)


class PartyQuerySet(models.QuerySet["Party"]):
    """Reads of parties."""

    def readable_by(self, access: "Access") -> Self:
        """Parties of the sources that this caller may read."""
        if access.dossiers is None:
            return self
        return self.filter(pk__in=Source.objects.readable_by(access).order_by().values("party"))


class Party(Recorded):
    """A side with an interest in what is believed."""

    slug = models.SlugField(unique=True)
    name = models.CharField(max_length=200)
    opposes = models.ManyToManyField("self", symmetrical=True, blank=True)

    objects = PartyQuerySet.as_manager()

    class Meta:
        ordering = ["name"]
        verbose_name_plural = "parties"
        triggers = [recorded_in_same_transaction(), never_deleted()]

    def __str__(self) -> str:
        return self.name

    def in_dossier(self) -> int | None:
        return None

    def public_state(self) -> dict[str, Any]:
        return {"slug": self.slug, "name": self.name, "opposes": sorted(p.slug for p in self.opposes.all())}


class _AndAllAbove(models.Subquery):
    """The sources of a query of keys, and all that these speak for or were merged into, at whatever distance."""

    template = """(
        WITH RECURSIVE found (id) AS (
            %(subquery)s
            UNION
            SELECT unnest(ARRAY[s.parent_id, s.merged_into_id]) FROM found JOIN claims_source s ON s.id = found.id
        )
        SELECT id FROM found WHERE id IS NOT NULL
    )"""


class SourceQuerySet(models.QuerySet["Source"]):
    """Reads of sources."""

    def standing_alone(self) -> Self:
        """Sources that have not been merged into another."""
        return self.filter(merged_into__isnull=True)

    def readable_by(self, access: "Access") -> Self:
        """Sources that speak or publish in the dossiers that this caller may read, and what they belong to.

        That is: who says something in a document there, who published it, whom it credits; and all that any of these
        speaks for or was merged into, however often: whatever source such a row leads to may be read, too.
        """
        if access.dossiers is None:
            return self
        there = Q(
            *(
                Q(**{f"{path}__in": access.dossiers})
                for path in (
                    "statements__snapshot__document__dossier",
                    "publications__dossier",
                    "credited__dossier",
                    "named_in__dossier",
                )
            ),
            _connector=Q.OR,
        )
        return self.filter(pk__in=_AndAllAbove(Source.objects.filter(there).order_by().values("pk")))


class Source(Recorded):
    """A body that asserts. Outlets that publish are sources too.

    An unnamed source ("a government official") is a row of its own, tied to the document that it speaks in, and never
    merged across independent documents: two documents' unnamed officials may be two people.
    """

    name = models.CharField(max_length=300)
    kind = models.CharField(max_length=20, choices=SourceKind, default=SourceKind.UNKNOWN)
    description = models.CharField(max_length=500, blank=True)
    parent = models.ForeignKey(
        "self",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="members",
        help_text="The body it speaks for.",
    )
    party = models.ForeignKey(Party, models.PROTECT, null=True, blank=True, related_name="sources")
    reliability = models.CharField(max_length=1, choices=Reliability, default=Reliability.F)
    wikidata_id = models.CharField(max_length=20, blank=True)
    named_in = models.ForeignKey(
        "Document", models.PROTECT, null=True, blank=True, related_name="unnamed_sources",
        help_text="For an unnamed source: the document that it speaks in.",
    )  # fmt: skip
    merged_into = models.ForeignKey("self", models.PROTECT, null=True, blank=True, related_name="merged")
    protected = models.BooleanField(
        default=False, help_text="Its names are masked for everybody who may not see what is protected."
    )
    created_at = models.DateTimeField(auto_now_add=True)

    objects = SourceQuerySet.as_manager()

    class Meta:
        ordering = ["name", "pk"]
        permissions = [
            ("merge_source", "Can merge sources"),
            ("grade_source", "Can grade a source's reliability"),
            ("protect_source", "Can protect sources and statements"),
            ("view_protected", "Can see what is protected"),
        ]
        indexes = [
            # What to mask, for whoever may not see it.
            models.Index(name="source_protected", fields=["id"], condition=Q(protected=True)),
            # Search by part of a name, misspelt or not.
            GinIndex(name="source_name_trigrams", fields=["name"], opclasses=["gin_trgm_ops"]),
        ]
        constraints = [
            known("kind", SourceKind, name="source_kind_known"),
            known("reliability", Reliability, name="source_reliability_known"),
            models.CheckConstraint(name="source_not_its_own_parent", condition=~Q(parent=F("id"))),
            models.CheckConstraint(name="source_not_merged_into_itself", condition=~Q(merged_into=F("id"))),
            # "A government official" is one row per document, however often the document quotes him.
            models.UniqueConstraint(name="source_unnamed_once_per_document", fields=["named_in", "name"]),
            models.CheckConstraint(
                name="source_unnamed_has_document",
                condition=Q(kind=SourceKind.UNNAMED, named_in__isnull=False) | ~Q(kind=SourceKind.UNNAMED),
            ),
        ]
        triggers = [
            recorded_in_same_transaction(),
            never_deleted(),
            noted_as_protection(
                "NEW.protected OR (TG_OP = 'UPDATE' AND OLD.protected)", operation=pgtrigger.Insert | pgtrigger.Update
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def resolved(self) -> "Source":
        """The source that this one now counts as: itself, or the one it was merged into."""
        source = self
        while source.merged_into is not None:
            source = source.merged_into
        return source

    @property
    def root(self) -> "Source":
        """The body whose word this is: the topmost organisation above the resolved source."""
        source, seen = self.resolved, {self.pk}
        while source.parent is not None and source.parent.resolved.pk not in seen:
            source = source.parent.resolved
            seen.add(source.pk)
        return source

    @property
    def effective_party(self) -> Party | None:
        """Its own party, or else that of the nearest organisation above it that has one."""
        source, seen = self.resolved, set[int]()
        while source.party is None and source.parent is not None and source.pk not in seen:
            seen.add(source.pk)
            source = source.parent.resolved
        return source.party

    def in_dossier(self) -> int | None:
        # Somebody without a name speaks in one document, and belongs where that does.
        return self.named_in.dossier_id if self.named_in else None

    def public_state(self) -> dict[str, Any]:
        return {
            "name": self.name,
            "kind": self.kind,
            "description": self.description,
            "parent": str(self.parent.uid) if self.parent else None,
            "party": self.party.slug if self.party else None,
            "reliability": self.reliability,
            "wikidata_id": self.wikidata_id,
            "merged_into": str(self.merged_into.uid) if self.merged_into else None,
            "protected": self.protected,
        }


class SourceName(models.Model):
    """A name that a source is known by: its own or an alias. One name leads to one source."""

    source = models.ForeignKey(Source, models.PROTECT, related_name="names")
    name = models.CharField(max_length=300)
    key = models.CharField(max_length=300, unique=True, editable=False, help_text="See name_key().")

    class Meta:
        ordering = ["name"]
        constraints = [models.CheckConstraint(name="source_name_has_key", condition=~Q(key=""))]
        triggers = [
            pgtrigger.Protect(name="leads_to_one_source", operation=pgtrigger.Update),
            never_deleted(),
            noted_as_protection(
                "EXISTS (SELECT FROM claims_source WHERE id = NEW.source_id AND protected)", operation=pgtrigger.Insert
            ),
        ]

    def __str__(self) -> str:
        return self.name


class ReliabilityGrade(models.Model):
    """One grading of a source, by whom and why; the newest is the source's present grade."""

    source = models.ForeignKey(Source, models.PROTECT, related_name="grades")
    grade = models.CharField(max_length=1, choices=Reliability)
    reason = models.TextField(blank=True)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["-at", "-pk"]
        constraints = [known("grade", Reliability, name="reliability_grade_known")]
        triggers = [pgtrigger.Protect(name="history_is_kept", operation=pgtrigger.Update), never_deleted()]

    def __str__(self) -> str:
        return f"{self.source}: {self.grade}"


class SourceMerge(Merge):
    """One merge of a source into another. Nothing moved, so undoing it restores all."""

    source = models.ForeignKey(Source, models.PROTECT, related_name="merges")
    target = models.ForeignKey(Source, models.PROTECT, related_name="+")

    class Meta(Merge.Meta):
        constraints = [
            *Merge.Meta.constraints,
            models.UniqueConstraint(name="source_merged_once", fields=["source"], condition=Q(undone_at__isnull=True)),
        ]

    def __str__(self) -> str:
        return f"{self.source} -> {self.target}"
