"""Which rows an answer needs, so that each is one query however many rows it shows, and loads no text it leaves out."""

from collections.abc import Mapping, Sequence
from typing import Any, cast

from django.db.models import Count, OuterRef, Prefetch, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce

from claims.api.kept import Kept
from claims.models import (
    Claim,
    Contradiction,
    Document,
    Dossier,
    Event,
    Evidence,
    Notice,
    Position,
    ReliabilityGrade,
    Snapshot,
    Source,
    SourceName,
    Statement,
    Verdict,
)
from claims.models.verdict import ONCE_PUBLISHED, VerdictQuerySet

# What is large and never part of a list.
HEAVY_IN_SNAPSHOT = ("text", "headers", "signature")
HEAVY_IN_CLAIM = ("embedding", "standing_explanation")


def _below(path: str, fields: Sequence[str]) -> list[str]:
    return [f"{path}__{field}" for field in fields]


def dossiers() -> QuerySet[Dossier]:
    """Dossiers, with how many documents and live claims each has."""

    def counted(rows: QuerySet) -> Coalesce:
        per_dossier = rows.filter(dossier=OuterRef("pk")).order_by().values("dossier").annotate(n=Count("pk"))
        return Coalesce(Subquery(per_dossier.values("n")), 0)

    return Dossier.objects.annotate(
        document_count=counted(Document.objects.all()), claim_count=counted(Claim.objects.live())
    )


def snapshots() -> QuerySet[Snapshot]:
    """Snapshots without their text, with the notices on them."""
    notices = Notice.objects.defer("headers").order_by("pk")
    return Snapshot.objects.defer(*HEAVY_IN_SNAPSHOT).prefetch_related(Prefetch("notices", notices)).order_by("number")


def documents() -> QuerySet[Document]:
    """Documents with their publisher, credit and origin, and the snapshots without their text."""
    return Document.objects.select_related(
        "dossier", "publisher__party", "publisher__merged_into", "credit__party", "credit__merged_into", "origin"
    ).prefetch_related(Prefetch("snapshots", snapshots()))


def sources() -> QuerySet[Source]:
    """Sources with what they belong to and the names that lead to them."""
    return Source.objects.select_related(
        "party", "parent__party", "parent__merged_into", "merged_into__party", "merged_into__merged_into", "named_in"
    ).prefetch_related(Prefetch("names", SourceName.objects.order_by("name")))


def sources_in_full() -> QuerySet[Source]:
    """Sources with the history of their grades and what was merged into them besides."""
    return sources().prefetch_related(
        Prefetch("grades", ReliabilityGrade.objects.select_related("by")),
        Prefetch("merged", Source.objects.select_related("party", "merged_into").order_by("pk")),
    )


_QUOTED = (
    "parent",
    "source__party",
    "source__merged_into",
    "snapshot__document__dossier",
    "snapshot__document__publisher__party",
    "snapshot__document__publisher__merged_into",
    "snapshot__document__origin",
)


def quoted() -> QuerySet[Statement]:
    """Statements with their source, document and publisher."""
    return Statement.objects.select_related(*_QUOTED).defer(*_below("snapshot", HEAVY_IN_SNAPSHOT))


def statements() -> QuerySet[Statement]:
    """Statements with the positions that they take now."""
    taken = Position.objects.filter(superseded_at__isnull=True).select_related("claim", "by")
    return (
        quoted()
        .select_related("reviewed_by", "supersedes", "superseded_by")
        .prefetch_related(Prefetch("positions", taken.defer(*_below("claim", HEAVY_IN_CLAIM)), to_attr="taken_now"))
    )


def _with_statements(rows: QuerySet[Position]) -> QuerySet[Position]:
    """Positions with the statements that take them."""
    joined = rows.select_related("by", *_below("statement", _QUOTED))
    return joined.defer(*_below("statement__snapshot", HEAVY_IN_SNAPSHOT))


def verdicts(*, drafts: bool = False) -> VerdictQuerySet:
    """Verdicts that are or were in force, with people and evidence; ``drafts``: also those that never were."""
    evidence = Evidence.objects.select_related("snapshot__document").defer(*_below("snapshot", HEAVY_IN_SNAPSHOT))
    return (
        (Verdict.objects.all() if drafts else Verdict.objects.filter(state__in=ONCE_PUBLISHED))
        .select_related("author", "approver", "claim", "superseded_by")
        .defer(*_below("claim", HEAVY_IN_CLAIM))
        .prefetch_related(Prefetch("evidence", evidence))
    )


def _claims_alone() -> QuerySet[Claim]:
    return Claim.objects.select_related("dossier", "favours", "rises_to", "merged_into").defer(
        "embedding", *_below("rises_to", HEAVY_IN_CLAIM), *_below("merged_into", HEAVY_IN_CLAIM)
    )


def claims() -> QuerySet[Claim]:
    """Claims with the verdict in force, and no positions."""
    in_force = Prefetch("verdicts", verdicts().published(), to_attr="verdicts_in_force")
    return _claims_alone().prefetch_related(in_force)


_CLAIM = Kept[Claim](lambda pk: _claims_alone().filter(pk=pk))
_VERDICTS_OF = Kept[Verdict](lambda claim: verdicts().published().filter(claim=claim))
_POSITIONS_OF = Kept[Position](
    lambda claim: _with_statements(Position.objects.current().filter(claim=claim).order_by("pk"))
)


def claim_in_full(pk: int, kinds: Mapping[str, int]) -> Claim:
    """A claim with everything that is said of it. What ``kinds`` says there is none of is not asked for.

    ``kinds`` is how many rows of each kind its answer shows (:class:`claims.api.shown.Found`).
    """
    claim: Any = _CLAIM.rows(pk)[0]
    claim.verdicts_in_force = _VERDICTS_OF.rows(pk) if kinds["verdicts"] else []
    claim.taken_now = _POSITIONS_OF.rows(pk) if kinds["positions"] else []
    for position in claim.taken_now:
        position.claim = claim
    claim.conflicts_now = list(standing_contradictions_of(pk)) if kinds["contradictions"] else []
    short = Claim.objects.defer(*HEAVY_IN_CLAIM).order_by("pk")
    alone = kinds["claims"] == 1
    claim.lower_figures = [] if alone else list(short.filter(rises_to=pk))
    claim.merged_here = [] if alone else list(short.filter(merged_into=pk))
    return cast("Claim", claim)


def contradictions() -> QuerySet[Contradiction]:
    """Contradictions with both sides' claims and statements."""
    taken = _with_statements(Position.objects.select_related("claim").defer(*_below("claim", HEAVY_IN_CLAIM)))
    return (
        Contradiction.objects.select_related("claim", "other_claim", "decided_by")
        .defer(*_below("claim", HEAVY_IN_CLAIM), *_below("other_claim", HEAVY_IN_CLAIM))
        .prefetch_related(Prefetch("position", taken), Prefetch("other_position", taken))
    )


def standing_contradictions_of(claim: int) -> QuerySet[Contradiction]:
    """What stands against the claim with this key, on whichever side of the pair it is kept."""
    standing = Contradiction.objects.standing().values("pk")
    return contradictions().filter(Q(claim=claim) | Q(other_claim=claim), pk__in=standing).order_by("pk")


def events() -> QuerySet[Event]:
    """Sealed events."""
    return Event.objects.filter(seq__isnull=False)


# --- Rows shown in full besides -------------------------------------------------------------------------------------


def _in_full_source(path: str) -> tuple[list[str], list[str]]:
    """What a source in full needs at the end of a path: rows that it leads to, and its names."""
    led = [
        "party",
        "parent__party",
        "parent__merged_into",
        "merged_into__party",
        "merged_into__merged_into",
        "named_in",
    ]
    return _below(path, led), _below(path, ["names"])


def with_source(rows: QuerySet[Statement]) -> QuerySet[Statement]:
    """Statements with their sources in full."""
    joined, fetched = _in_full_source("source")
    return rows.select_related(*joined).prefetch_related(*fetched)


def with_document(rows: QuerySet[Statement]) -> QuerySet[Statement]:
    """Statements with their documents in full."""
    document = "snapshot__document"
    return rows.select_related(f"{document}__credit__party", f"{document}__credit__merged_into").prefetch_related(
        Prefetch(f"{document}__snapshots", snapshots())
    )


def with_claim(rows: QuerySet[Verdict]) -> QuerySet[Verdict]:
    """Verdicts with their claims as lists show them, in ``claim_in_full``."""
    return rows.prefetch_related(Prefetch("claim", claims(), to_attr="claim_in_full"))


def with_claims(rows: QuerySet[Contradiction]) -> QuerySet[Contradiction]:
    """Contradictions with the claims of both sides as lists show them, in ``…claim_in_full``."""
    return rows.prefetch_related(
        Prefetch("claim", claims(), to_attr="claim_in_full"),
        Prefetch("other_claim", claims(), to_attr="other_claim_in_full"),
    )
