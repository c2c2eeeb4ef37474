"""``manage.py verify_evidence``: is everything that was stored still what it was?"""

from argparse import ArgumentParser
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils.dateparse import parse_date, parse_datetime

from claims.models import Dossier, Notice, Snapshot
from claims.services import stamps
from tracker.ingest.errors import shown
from tracker.orphans import NotOurs, orphans, remove_orphans
from tracker.timestamps import faults_of_stamps
from tracker.verification import Verified, verify_notices, verify_snapshots

DONE = 500  # versions between two words on progress


class Command(BaseCommand):
    help = (
        "Hash every stored version anew: file, payload, headers and text, against the database and the ledger. Names "
        "each fault and exits with 1 when there is one."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--dossier", metavar="SLUG", help="Only what belongs to this dossier.")
        parser.add_argument(
            "--remove-orphans",
            action="store_true",
            help="Instead, remove the files older than a day that no version names.",
        )
        parser.add_argument("--since", metavar="DATE", help="Only what was fetched from then on: 2024-03-12 or a time.")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["remove_orphans"]:
            self._remove_orphans()
            return
        snapshots, notices = Snapshot.objects.all(), Notice.objects.all()
        if slug := options["dossier"]:
            if not Dossier.objects.filter(slug=slug).exists():
                raise CommandError(f"There is no dossier {slug}.")
            snapshots = snapshots.filter(document__dossier__slug=slug)
            notices = notices.filter(snapshot__document__dossier__slug=slug)
        if options["since"]:
            moment = _moment(options["since"])
            snapshots, notices = snapshots.filter(fetched_at__gte=moment), notices.filter(fetched_at__gte=moment)
        versions = self._verify(verify_snapshots(snapshots))
        told = self._verify(verify_notices(notices))
        faults = versions.faults + told.faults
        if not options["dossier"] and not options["since"]:
            faults += self._verify_stamps()
            self._list_orphans()
        count = f"{versions.count} versions"
        if told.count:
            count += f" and {told.count} notices on them"
        if faults:
            raise CommandError(f"{faults} faults in {count}. Restore what is damaged from a backup.")
        removed = versions.removed + told.removed
        gone = f" The contents of {removed} of them were removed, as the ledger says." if removed else ""
        self.stdout.write(f"{count} verified.{gone}")

    def _verify(self, rows: Iterator[Verified[Any]]) -> "_Counted":
        """Name each fault; returns how many rows were read, and what of them."""
        counted = _Counted()
        for verified in rows:
            counted.count += 1
            counted.removed += verified.row.removed_at is not None
            counted.faults += len(verified.faults)
            for fault in verified.faults:
                self.stdout.write(f"{_named(verified.row)}: {fault.damage}: {fault.detail}")
            if counted.count % DONE == 0:
                self.stderr.write(f"{counted.count} {verified.row._meta.verbose_name_plural} read …")
        return counted

    def _list_orphans(self) -> None:
        count = 0
        for name in orphans():
            count += 1
            self.stdout.write(f"{name}: no version names this file")
        if count:
            self.stdout.write(
                f"{count} files were written by processes that were killed before they could record them. Nothing "
                "refers to them: manage.py verify_evidence --remove-orphans removes them."
            )

    def _remove_orphans(self) -> None:
        try:
            for count, name in enumerate(remove_orphans(), start=1):
                self.stdout.write(f"{count}. {name} removed")
        except NotOurs as error:
            raise CommandError(str(error)) from error
        self.stdout.write("Every file that is older than a day is named by a version.")

    def _verify_stamps(self) -> int:
        """Every time stamp, and the events under it; returns how many faults there are."""
        stamped = faults = 0
        for stamp, found in faults_of_stamps():
            stamped = stamp.last_seq
            faults += len(found)
            for fault in found:
                self.stdout.write(f"Time stamp over {stamp}: {fault.damage}: {fault.detail}")
        state = stamps.state()
        if state["error"]:
            self.stderr.write(
                f"A time stamp has been outstanding since {state['waiting_since']:%Y-%m-%d %H:%M}: {state['error']}"
            )
        if stamped and not faults:
            self.stdout.write(
                f"Time stamps verified up to event {stamped}, {state['stamped_at']:%Y-%m-%d %H:%M:%S %Z}."
            )
        return faults


@dataclass(slots=True)
class _Counted:
    """What was read so far."""

    count: int = 0
    faults: int = 0
    removed: int = 0


def _named(row: Snapshot | Notice) -> str:
    if isinstance(row, Notice):
        snapshot = row.snapshot
        return f"{shown(snapshot.document.url)} notice on version {snapshot.number} ({row.uid})"
    return f"{shown(row.document.url)} version {row.number} ({row.uid})"


def _moment(given: str) -> datetime:
    """A day's beginning, or a moment; in UTC unless it says otherwise."""
    try:
        day = parse_date(given)
        moment = datetime(day.year, day.month, day.day) if day else parse_datetime(given)  # noqa: DTZ001
    except ValueError:
        moment = None
    if moment is None:
        raise CommandError(f"--since must be a date like 2024-03-12, or a time like 2024-03-12T14:30, not {given!r}.")
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
