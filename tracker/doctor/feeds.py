"""Which feeds bring nothing, although they should?"""

from collections import defaultdict
from collections.abc import Iterator

from tracker.doctor.findings import Finding, error, ok, some, warning
from tracker.feeds.health import Condition, condition
from tracker.models import Feed

READ = {Condition.WELL, Condition.FAILING, Condition.SILENT, Condition.UNREACHABLE}


def findings() -> Iterator[Finding]:
    """Feeds that cannot be reached, are silent, or gone."""
    by = defaultdict(list)
    for feed in Feed.objects.only("title", "address", "state", "failures", "quiet_since"):
        by[condition(feed)].append(str(feed))
    polled = sum(len(by[each]) for each in READ)
    if not polled:
        yield ok("feeds", "No feed is polled.")
    if unreachable := by[Condition.UNREACHABLE]:
        if len(unreachable) == polled and polled > 1:
            yield error(
                "feeds_unreachable",
                f"None of {polled} feeds can be read.",
                "Look at this machine's way out: name servers, firewall, proxy. Each feed's page has its reason.",
            )
        else:
            yield warning(
                "feeds_unreachable",
                f"{len(unreachable)} of {polled} feeds cannot be read: {some(unreachable)}.",
                "Their pages in the admin have the reason. The claims that they feed show it as coverage degraded.",
            )
    if silent := by[Condition.SILENT]:
        yield warning(
            "feeds_silent",
            f"{len(silent)} feeds have been silent for longer than usual: {some(silent)}.",
            "See whether the publisher has moved them. The claims that they feed show it as coverage degraded.",
        )
    if gone := by[Condition.GONE]:
        yield warning(
            "feeds_gone",
            f"{len(gone)} feeds are gone for good, their servers say: {some(gone)}.",
            "Find where they went, or pause them so that nobody waits for them.",
        )
    if polled and not (unreachable or silent or gone):
        yield ok("feeds", f"{polled} feeds are read as usual.")
