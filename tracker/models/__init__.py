"""What is read, on request or on a schedule: submissions, the feeds that bring them, and the servers they come from."""

from tracker.models.feed import Feed, FeedItem, FeedKind, FeedRule, FeedState, ItemState, RuleField
from tracker.models.host import Host, HostVisit
from tracker.models.submission import Submission, SubmissionState

__all__ = [
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
