"""What is read, on request or on a schedule: submissions, the feeds and archives that bring them, their servers."""

from tracker.models.backfill import Backfill, BackfillKind, BackfillState, BadRecord
from tracker.models.feed import Feed, FeedItem, FeedKind, FeedRule, FeedState, ItemState, RuleField
from tracker.models.host import Host, HostVisit
from tracker.models.submission import Submission, SubmissionState

__all__ = [
    "Backfill",
    "BackfillKind",
    "BackfillState",
    "BadRecord",
    "Feed",
    "FeedItem",
    "FeedKind",
    "FeedRule",
    "FeedState",
    "Host",
    "HostVisit",
    "ItemState",
    "RuleField",
    "Submission",
    "SubmissionState",
]
