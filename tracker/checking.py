"""Which claims a text repeats, supports or contradicts, before anybody prints it. Nothing is recorded.

The database finds the claims that are nearest in meaning; matching says whether a text asserts one of them; stance says
which side it takes on those that it does not repeat outright. A text that nothing held resembles was never seen, which
says nothing about whether it is true.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from claims.choices import Stance
from claims.models import Document, Position, Statement
from claims.services.candidates import nearest_claims
from claims.services.claims import Asserted
from tracker.analysis import stance
from tracker.analysis.embedding import embed
from tracker.camps import parties_by_name
from tracker.ranking import Candidate, ranked

REPEATS, SUPPORTS, CONTRADICTS, REPORTS = "repeats", "supports", "contradicts", "reports"
RELATIONS = (REPEATS, SUPPORTS, CONTRADICTS, REPORTS)
LONGEST = 1000  # characters of one text: an assertion, not an article
MOST_TEXTS = 100
NEAREST = 20
# So many of the likeliest claims are judged, and none that shares less with the text: a figure that is another one
# takes a like claim's score this far down.
JUDGED = 4
JUDGED_FROM = 0.3
COVERED_FROM = 0.6  # of what the claim says, where the text does not repeat it
MOST_CLAIMS = 200  # of one document
_SIDES = {Stance.SUPPORTS: SUPPORTS, Stance.REFUTES: CONTRADICTS, Stance.REPORTS: REPORTS}


@dataclass(frozen=True, slots=True)
class Related:
    """A claim that a text is about: how, how surely, and why."""

    claim_id: int
    relation: str
    score: float
    explanation: tuple[str, ...]
    judged: stance.Stance | None = None


def check_texts(texts: Sequence[str], *, dossiers: Collection[int] | None) -> list[list[Related]]:
    """For each text the claims of these dossiers (``None``: of all) that it is about, the likeliest first."""
    parties = parties_by_name()
    found = []
    for text in texts:
        asserted = Asserted(text=text, embedding=embed(text))
        near = nearest_claims(asserted.embedding, dossiers=dossiers, limit=NEAREST)
        likely = ranked(asserted, near, parties=parties) if near else []
        related = [_related(text, candidate) for candidate in likely[:JUDGED]]
        found.append([one for one in related if one is not None])
    return found


def _related(text: str, candidate: Candidate) -> Related | None:
    match, claim = candidate.match, candidate.claim
    if match.score < JUDGED_FROM:
        return None
    judged = stance.judge(text, claim.text)
    # Stance takes it for granted that both are about one thing. Where they share less, that is not so.
    same_matter = match.joins or stance.coverage(text, claim.text) >= COVERED_FROM
    if (match.joins and match.refutes) or (judged.label == stance.REFUTES and same_matter):
        relation = CONTRADICTS
    elif match.joins:
        relation = REPEATS
    elif judged.label == stance.SUPPORTS and same_matter and match.suggests:
        relation = SUPPORTS
    else:
        return None
    return Related(claim.pk, relation, match.score, match.explanation, judged)


def check_document(document: Document) -> list[Related]:
    """The claims on which the newest version of a document takes sides, as its statements were placed."""
    statements = Statement.objects.filter(snapshot__document=document, snapshot__latest=True)
    taken = Position.objects.current().filter(statement__in=statements, claim__merged_into__isnull=True)
    related: dict[tuple[int, str], Related] = {}
    for position in taken.order_by("pk")[:MOST_CLAIMS]:
        relation = _SIDES[Stance(position.stance)]
        one = Related(position.claim_id, relation, position.score, tuple(position.explanation))
        related.setdefault((position.claim_id, relation), one)
    return list(related.values())


def warm() -> None:
    """Load what a check needs, so that the first one does not wait for it: some two seconds, once in a process."""
    stance.judge("The bridge was closed.", "the bridge was closed")
    stance.judge("Bridge closed", "the bridge was closed")


def claims_of(related: Sequence[Sequence[Related]]) -> set[int]:
    """The keys of all claims found."""
    return {one.claim_id for some in related for one in some}
