"""How well reading goes: what failed, and where nothing gets through any more.

An address's host is *out* when its last :data:`OUTAGE` attempts or more all failed: then its silence is an outage, and
never "nothing happened". What nobody has begun to read after :data:`STUCK` is shown as an outage of the reading itself.
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from urllib.parse import urlsplit

from django.db.models import Q
from django.utils.translation import gettext as _

from tracker.models import Feed, FeedState, Submission, SubmissionState

LOOKED_AT = 2000  # of the newest submissions
OUTAGE = 3
STUCK = timedelta(minutes=10)
FEEDS_SHOWN = 20


@dataclass(slots=True)
class Host:
    """What became of what was handed in from one host, the newest first."""

    name: str
    read: int = 0
    failed: int = 0
    waiting: int = 0
    last_read: datetime | None = None
    last_failure: datetime | None = None
    error: str = ""
    failing: int = 0  # attempts that failed since the last one that did not
    failing_since: datetime | None = None

    @property
    def out(self) -> bool:
        """Whether nothing gets through any more."""
        return self.failing >= OUTAGE


@dataclass(frozen=True, slots=True)
class Health:
    """How reading goes, by host: outages first, then failures; and what is stuck."""

    hosts: list[Host] = field(default_factory=list)
    well: int = 0  # hosts without a failure, which are not listed
    stuck_since: datetime | None = None
    failures: list[datetime] = field(default_factory=list)
    feeds: list[Feed] = field(default_factory=list)  # those from which nothing comes that should, the longest first
    feeds_well: int = 0  # the other ones that are polled

    @property
    def outages(self) -> list[Host]:
        """The hosts that are out."""
        return [host for host in self.hosts if host.out]


def host_of(address: str) -> str:
    """The host of an address; what is handed in as a file has none."""
    try:
        return (urlsplit(address).hostname or "") if address.lower().startswith(("http://", "https://")) else ""
    except ValueError:
        return ""


def health(now: datetime) -> Health:
    """How reading goes, as the newest submissions tell."""
    rows = Submission.objects.order_by("-pk").values_list("address", "state", "error", "created_at", "finished_at")
    newest = list(rows[:LOOKED_AT])
    hosts = _by_host(newest)
    waiting = Submission.objects.waiting().filter(later=False).values_list("created_at", flat=True).first()
    troubled = [host for host in hosts if host.failed]
    silent = Feed.objects.filter(Q(quiet_since__isnull=False) | Q(failures__gt=0)).exclude(state=FeedState.PAUSED)
    feeds = list(silent.order_by("quiet_since", "failing_since", "pk")[:FEEDS_SHOWN])
    return Health(
        hosts=sorted(troubled, key=lambda host: (not host.out, -host.failing, -host.failed, host.name)),
        well=len(hosts) - len(troubled),
        stuck_since=waiting if waiting is not None and now - waiting > STUCK else None,
        feeds=feeds,
        feeds_well=Feed.objects.active().filter(quiet_since__isnull=True, failures=0).count(),
        failures=[done or made for _, state, _, made, done in newest if state == SubmissionState.FAILED],
    )


def _by_host(newest: Iterable[tuple[str, str, str, datetime, datetime | None]]) -> list[Host]:
    hosts: dict[str, Host] = {}
    tried: Counter[str] = Counter()  # how many of a host were read or failed so far, going back in time
    for address, state, error, made, done in newest:
        name = host_of(address)
        host = hosts.setdefault(name, Host(name or _("files")))
        at = done or made
        if state == SubmissionState.QUEUED:
            host.waiting += 1
        elif state == SubmissionState.DONE:
            host.read += 1
            host.last_read = host.last_read or at
            tried[name] += 1
        else:
            if host.failing == tried[name]:
                host.failing += 1
                host.failing_since = at
            host.failed += 1
            host.last_failure, host.error = host.last_failure or at, host.error or error
            tried[name] += 1
    return list(hosts.values())
