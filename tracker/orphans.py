"""Files of evidence that no row names: what processes wrote and were killed before they could record it."""

from collections.abc import Iterator
from datetime import timedelta
from itertools import islice

from django.utils import timezone

from tracker.evidence import evidence_store, named, remove_unnamed
from tracker.ingest.archive import payload_in
from tracker.ingest.store import NotStored

OLD = timedelta(days=1)  # nobody is at one version for so long
BATCH = 1000


class NotOurs(Exception):
    """The files and the database do not belong together."""


def orphans(*, older_than: timedelta = OLD) -> Iterator[str]:
    """Their names. What was not written by this product, whatever it is, is not among them. Writes nothing."""
    yield from (name for batch in _unnamed(older_than) for name in batch)


def remove_orphans(*, older_than: timedelta = OLD) -> Iterator[str]:
    """Remove them; the names of those that went. A version may be recorded meanwhile: each is asked for again.

    Raises ``NotOurs`` where the database names none of all the files: it is another one, or not restored yet.
    """
    if not _names_any():
        raise NotOurs(
            "This database names none of the files that are there: they are another installation's, or the database is "
            "not restored yet. Nothing was removed."
        )
    for name in list(orphans(older_than=older_than)):
        if remove_unnamed(name):
            yield name


def _batches() -> Iterator[list[str]]:
    names = (name for name in evidence_store().names() if payload_in(name))
    while batch := list(islice(names, BATCH)):
        yield batch


def _names_any() -> bool:
    return any(named(batch) for batch in _batches())


def _unnamed(older_than: timedelta) -> Iterator[list[str]]:
    store, before = evidence_store(), timezone.now() - older_than
    for batch in _batches():
        found = []
        for name in sorted(set(batch) - named(batch)):
            try:
                if store.written_at(name) < before:
                    found.append(name)
            except NotStored:
                continue  # it is gone by now
        yield found
