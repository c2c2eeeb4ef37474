"""The rows of the domain, by concept."""

from claims.models.claim import EMBEDDING_DIMENSIONS, Claim, ClaimMerge, Judgement, Position
from claims.models.contradiction import Contradiction
from claims.models.document import Document, Dossier, Snapshot
from claims.models.ledger import Event
from claims.models.source import Party, ReliabilityGrade, Source, SourceMerge, SourceName, name_key
from claims.models.statement import Statement
from claims.models.verdict import Evidence, Verdict

__all__ = [
    "EMBEDDING_DIMENSIONS",
    "Claim",
    "ClaimMerge",
    "Contradiction",
    "Document",
    "Dossier",
    "Event",
    "Evidence",
    "Judgement",
    "Party",
    "Position",
    "ReliabilityGrade",
    "Snapshot",
    "Source",
    "SourceMerge",
    "SourceName",
    "Statement",
    "Verdict",
    "name_key",
]
