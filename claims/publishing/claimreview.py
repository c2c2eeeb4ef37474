"""Published verdicts as schema.org's ClaimReview, which search engines and fact-check pages read.

Pure but for the look-ups at the end: what a review says follows from the verdict, the claim, where the claim was made
and which other reviews bear on it.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from django.db.models import F, Prefetch, Q, QuerySet, Window
from django.db.models.functions import RowNumber

from claims.choices import Credibility, SourceKind, Stance
from claims.models import Claim, Contradiction, Document, Evidence, Position, Source, Verdict

CONTEXT = "https://schema.org"
WORST, BEST = 1, 5
# A credibility of 1 to 6 (NATO) as a rating that is better the higher it is, and in words. What cannot be judged has
# no place between true and false: it has words and no number.
RATINGS: Mapping[int, tuple[int | None, str]] = {
    Credibility.CONFIRMED: (5, "Confirmed"),
    Credibility.PROBABLY_TRUE: (4, "Probably true"),
    Credibility.POSSIBLY_TRUE: (3, "Possibly true"),
    Credibility.DOUBTFUL: (2, "Doubtful"),
    Credibility.IMPROBABLE: (1, "Improbable"),
    Credibility.UNVERIFIABLE: (None, "Truth cannot be judged"),
}
# What a source is to schema.org, which knows two kinds of authors. Of a source of unknown kind nothing is said.
PEOPLE = frozenset({SourceKind.PERSON, SourceKind.UNNAMED})
MOST_APPEARANCES = 20
MOST_RELATED = 20

Node = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Review:
    """A verdict in force, with what its review tells besides.

    ``appearances`` are positions that assert or relay the claim, by when they were printed; ``related`` are the
    verdicts in force on claims that conflict with this one, or that its figure rose to or from.
    """

    verdict: Verdict
    appearances: Sequence[Position] = ()
    related: Sequence[Verdict] = field(default_factory=tuple)


def claim_review(review: Review, *, publisher: Node, page_of: Callable[[UUID], str]) -> Node:
    """The review as a node of type ClaimReview, without its context."""
    verdict = review.verdict
    node: Node = {
        **_reference(verdict, page_of),
        "identifier": str(verdict.uid),
        "datePublished": _moment(verdict.published_at),
        "author": publisher,
        "publisher": publisher,
        "reviewBody": verdict.rationale,
        "itemReviewed": _claim(verdict.claim, review.appearances),
    }
    cited = [{"@type": "CreativeWork", "url": e.url, **_unless_empty(description=e.note)} for e in _evidence(verdict)]
    related = [_reference(other, page_of) for other in review.related]
    return node | _unless_empty(citation=cited, associatedClaimReview=related)


def rating(credibility: int) -> Node:
    """A credibility of 1 to 6 as a node of type Rating."""
    value, words = RATINGS[credibility]
    scale = {} if value is None else {"ratingValue": value, "bestRating": BEST, "worstRating": WORST}
    return {"@type": "Rating", **scale, "alternateName": words}


def feed(items: Iterable[Node], *, name: str, publisher: Node) -> Node:
    """Reviews as a node of type DataFeed: each an item with the time of its publication."""
    return {
        "@context": CONTEXT,
        "@type": "DataFeed",
        "name": name,
        "publisher": publisher,
        "dataFeedElement": [
            {"@type": "DataFeedItem", "dateCreated": item["datePublished"], "item": item} for item in items
        ],
    }


def _reference(verdict: Verdict, page_of: Callable[[UUID], str]) -> Node:
    """What one review says of another: where it is, of which claim, and how that was rated."""
    return {
        "@type": "ClaimReview",
        "url": page_of(verdict.claim.uid),
        "claimReviewed": verdict.claim.text,
        "reviewRating": rating(verdict.credibility),
    }


def _claim(claim: Claim, appearances: Sequence[Position]) -> Node:
    documents = list({p.statement.snapshot.document_id: p.statement.snapshot.document for p in appearances}.values())
    asserting = [p.statement.source for p in appearances if p.stance == Stance.SUPPORTS]
    sources = list({source.resolved.pk: source.resolved for source in asserting if source is not None}.values())
    works = [_work(document) for document in documents]
    return {"@type": "Claim", "identifier": str(claim.uid), "text": claim.text} | _unless_empty(
        author=[_author(source) for source in sources],
        firstAppearance=works[0] if works else None,
        appearance=works,
    )


def _author(source: Source) -> Node:
    node: Node = {"name": source.name}
    if source.kind in PEOPLE:
        node["@type"] = "Person"
    elif source.kind != SourceKind.UNKNOWN:
        node["@type"] = "Organization"
    if source.wikidata_id:
        node["sameAs"] = f"https://www.wikidata.org/wiki/{source.wikidata_id}"
    return node


def _work(document: Document) -> Node:
    on_the_web = document.url.startswith(("http://", "https://"))
    publisher = {"@type": "Organization", "name": document.publisher.name} if document.publisher else None
    return {"@type": "CreativeWork", ("url" if on_the_web else "identifier"): document.url} | _unless_empty(
        headline=document.title,
        datePublished=_moment(document.published_at),
        inLanguage=document.language,
        publisher=publisher,
    )


def _evidence(verdict: Verdict) -> Iterable[Evidence]:
    return verdict.evidence.all()


def _moment(at: Any) -> str | None:
    return at.isoformat() if at else None


def _unless_empty(**values: Any) -> Node:
    return {name: value for name, value in values.items() if value}


# --- Look-ups: a fixed number of queries, however many verdicts ------------------------------------------------------


def in_force() -> QuerySet[Verdict]:
    """Verdicts in force on claims that stand by themselves, with what a review says of them."""
    return (
        Verdict.objects.published()
        .filter(claim__merged_into__isnull=True)
        .select_related("claim")
        .defer("claim__embedding", "claim__standing_explanation")
        .prefetch_related(Prefetch("evidence", Evidence.objects.order_by("pk")))
    )


def reviews_of(
    verdicts: Sequence[Verdict], *, readable: Callable[[QuerySet[Any]], QuerySet[Any]] = lambda rows: rows
) -> list[Review]:
    """The reviews of these verdicts, in their order, with what of the rest ``readable`` lets through."""
    ids = [verdict.claim_id for verdict in verdicts]
    appearances, related = _appearances(ids, readable), _related(ids, readable)
    return [Review(v, appearances[v.claim_id], related[v.claim_id]) for v in verdicts]


def _appearances(
    claims: Sequence[int], readable: Callable[[QuerySet[Any]], QuerySet[Any]]
) -> Mapping[int, list[Position]]:
    """Where each claim was asserted or relayed, the earliest first, at most so many of each."""
    printed = (F("statement__snapshot__document__published_at").asc(nulls_last=True), F("pk").asc())
    ranked = (
        readable(Position.objects.current())
        .filter(claim__in=claims, stance__in=[Stance.SUPPORTS, Stance.REPORTS])
        .annotate(rank=Window(RowNumber(), partition_by="claim", order_by=printed))
        .filter(rank__lte=MOST_APPEARANCES)
        .order_by("claim", "rank")
        .select_related("statement__source__merged_into", "statement__snapshot__document__publisher")
        .defer(*(f"statement__snapshot__{name}" for name in ("text", "headers", "signature")))
    )
    found: defaultdict[int, list[Position]] = defaultdict(list)
    for position in ranked:
        found[position.claim_id].append(position)
    return found


def _related(claims: Sequence[int], readable: Callable[[QuerySet[Any]], QuerySet[Any]]) -> Mapping[int, list[Verdict]]:
    """The verdicts in force on claims that conflict with each, or that its figure rose to or from."""
    conflicts = Contradiction.objects.standing().filter(other_claim__isnull=False)
    pairs = set(conflicts.filter(Q(claim__in=claims) | Q(other_claim__in=claims)).values_list("claim", "other_claim"))
    rises = Claim.objects.filter(Q(pk__in=claims) | Q(rises_to__in=claims), rises_to__isnull=False)
    pairs |= {(one, other) for one, other in rises.values_list("pk", "rises_to") if other is not None}
    beside: defaultdict[int, set[int]] = defaultdict(set)
    for one, other in pairs:
        beside[one].add(other)
        beside[other].add(one)
    wanted = set[int]().union(*(beside[claim] for claim in claims))
    verdicts = {verdict.claim_id: verdict for verdict in readable(in_force()).filter(claim__in=wanted)}
    return {
        claim: [verdicts[other] for other in sorted(beside[claim]) if other in verdicts][:MOST_RELATED]
        for claim in claims
    }
