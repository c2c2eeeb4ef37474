"""Going from part to part. What cannot be looked at because the database is away is said once."""

from collections.abc import Callable, Collection, Iterable, Iterator
from functools import partial

from django.db import DatabaseError, InterfaceError, transaction

from tracker.doctor import clock, configuration, disk, feeds, ledger, pages, retention, servers, stamps, webhooks, work
from tracker.doctor.findings import Finding, error

Part = tuple[str, Callable[[], Iterable[Finding]]]


def parts(*, full: bool) -> tuple[list[Part], list[Part]]:
    """What needs no database, and what does."""
    without: list[Part] = [
        ("configuration", configuration.findings),
        ("disk", disk.findings),
        ("broker", servers.broker),
    ]
    within: list[Part] = [
        ("database", servers.database),
        ("scheduler", servers.scheduler),
        ("clock", clock.findings),
        ("feeds", feeds.findings),
        ("pages", pages.findings),
        ("work", work.findings),
        ("webhooks", webhooks.findings),
        ("ledger", partial(ledger.findings, full=full)),
        ("time stamps", stamps.findings),
        ("retention", retention.findings),
    ]
    return without, within


PARTS = [part for group in parts(full=False) for part, _look in group]


def examine(*, full: bool = False, only: Collection[str] = ()) -> Iterator[tuple[str, Finding]]:
    """Every finding, with the part that it belongs to, of all parts or ``only`` some of :data:`PARTS`.

    ``full`` verifies the whole ledger instead of its end.
    """
    without, within = ([one for one in group if not only or one[0] in only] for group in parts(full=full))
    for part, look in without:
        for finding in look():
            yield part, finding
    if not within:
        return
    away = servers.database_fault()
    if away is not None:
        yield "database", away
        return
    for part, look in within:
        try:
            with transaction.atomic():
                found = list(look())
            yield from ((part, finding) for finding in found)
        except (DatabaseError, InterfaceError) as fault:
            yield (
                part,
                error(
                    f"{part.replace(' ', '_')}_readable",
                    f"The database would not tell: {str(fault).strip().splitlines()[0]}",
                    "Mend what the findings on the database say, then ask again.",
                ),
            )
