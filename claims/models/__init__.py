"""The rows of the domain, by concept."""

from claims.models.access import ProtectionChange, TokenGrant
from claims.models.allowance import Allowance
from claims.models.archived import Archived
from claims.models.channel import Channel
from claims.models.claim import EMBEDDING_DIMENSIONS, Claim, ClaimMerge, Judgement, Position
from claims.models.contradiction import Contradiction
from claims.models.document import Document, Dossier, Snapshot
from claims.models.first_word import FirstWord
from claims.models.kept import KeptAnswer
from claims.models.ledger import Event
from claims.models.notice import ARCHIVED, Notice
from claims.models.search import Word, WordsRead
from claims.models.source import Party, ReliabilityGrade, Source, SourceMerge, SourceName, name_key
from claims.models.stamp import Stamp
from claims.models.statement import Statement
from claims.models.together import Assignment, Comment, Disagreement, Hold, Mention, Opinion, Presence, Visit
from claims.models.verdict import Evidence, Verdict
from claims.models.webhook import Attempt, Delivery, Subscription

__all__ = [
    "ARCHIVED",
    "EMBEDDING_DIMENSIONS",
    "Allowance",
    "Archived",
    "Assignment",
    "Attempt",
    "Channel",
    "Claim",
    "ClaimMerge",
    "Comment",
    "Contradiction",
    "Delivery",
    "Disagreement",
    "Document",
    "Dossier",
    "Event",
    "Evidence",
    "FirstWord",
    "Hold",
    "Judgement",
    "KeptAnswer",
    "Mention",
    "Notice",
    "Opinion",
    "Party",
    "Position",
    "Presence",
    "ProtectionChange",
    "ReliabilityGrade",
    "Snapshot",
    "Source",
    "SourceMerge",
    "SourceName",
    "Stamp",
    "Statement",
    "Subscription",
    "TokenGrant",
    "Verdict",
    "Visit",
    "Word",
    "WordsRead",
    "name_key",
]
