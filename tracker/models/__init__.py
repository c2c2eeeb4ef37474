"""What is read, on request or on a schedule: submissions, what brings them, pages that are held, their servers."""

from tracker.models.backfill import Backfill, BackfillKind, BackfillState, BadRecord
from tracker.models.feed import Feed, FeedItem, FeedKind, FeedRule, FeedState, ItemState, RuleField
from tracker.models.host import Host, HostVisit
from tracker.models.page import LeftAlone, Page, PageFound
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
    "LeftAlone",
    "Page",
    "PageFound",
    "RuleField",
    "Submission",
    "SubmissionState",
]
