"""Are held pages looked at again when their time has come?"""

from collections.abc import Iterator

from django.conf import settings
from django.utils import timezone
from django.utils.timesince import timesince

from tracker.doctor.findings import NAMED, Finding, ok, some, warning
from tracker.models import Page
from tracker.pages.checking import left_today
from tracker.pipeline import lagging


def findings() -> Iterator[Finding]:
    """Pages whose look is long overdue, and what keeps it."""
    overdue = Page.objects.overdue()
    count = overdue.order_by().count()
    if not settings.RECHECKS_PER_DAY:
        yield ok("pages", "No held page is looked at again: RECHECKS_PER_DAY is 0.")
    elif count:
        first = list(overdue[:NAMED])
        more = f" and {count - NAMED} more" if count > NAMED else ""
        oldest = timesince(first[0].next_check_at, timezone.now()) if first[0].next_check_at else ""
        yield warning(
            "pages_overdue",
            f"{count} held pages should have been looked at again more than a day ago, the first {oldest} ago: "
            f"{some(page.address for page in first)}{more}.",
            f"{_cause()} Until then nobody hears of their corrections and retractions.",
        )
    else:
        yield ok("pages", "Held pages are looked at again when their time has come.")


def _cause() -> str:
    if lagging():
        return "No page is looked at while the analysis lags behind: give the queue analyse more workers."
    if not left_today():
        return (
            f"Today's {settings.RECHECKS_PER_DAY:,} looks are used up: raise RECHECKS_PER_DAY, or leave publishers, "
            "feeds or dossiers alone (Pages left alone in the admin)."
        )
    return "See that beat runs, that a worker answers for the queue fetch, and what its log says."
