"""``manage.py backfill PATH…``: archives into the database, resumable, behind whatever is fresh."""

import time
from argparse import ArgumentParser
from collections.abc import Iterable, Sequence
from contextlib import nullcontext
from pathlib import Path
from typing import IO, Any, cast

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from rich.console import Console
from rich.progress import BarColumn, Progress, SpinnerColumn, TaskID, TaskProgressColumn, TextColumn

from tracker import claimants, pipeline
from tracker.archives import reading
from tracker.ingest.errors import IngestError
from tracker.management.commands.ingest import refuse_no_slug, worker_answers
from tracker.models import Backfill, BackfillState, BadRecord, Submission, SubmissionState
from tracker.outages import Outage
from tracker.submissions import working_alone
from tracker.terminal import printable

TICK = 0.5  # seconds
SAID_EVERY = 30.0  # seconds between two lines where there is no terminal
PATIENCE = 60.0  # a worker that has not moved anything for this long is taken for gone; its work is then done here
LISTED = 20  # records of each archive that are named in the end


class Command(BaseCommand):
    help = (
        "Read archives: WARC files, folders, JSON Lines, what the feeds of an OPML still list. Start it again to go on."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("paths", nargs="+", metavar="PATH", type=Path)
        parser.add_argument("--dossier", default="", help="Slug of the dossier for documents that name none.")
        parser.add_argument(
            "--again", action="store_true", help="Read from the beginning what was begun or read before."
        )
        parser.add_argument("--here", action="store_true", help="Work in this process even if a worker is running.")
        parser.add_argument("--no-wait", action="store_true", help="End when all is handed in; workers do the rest.")

    def handle(self, *args: Any, **options: Any) -> None:
        refuse_no_slug(options["dossier"])
        console = Console(file=cast("IO[str]", self.stdout))
        claimants.release_the_dead()
        found, refused = _opened(options["paths"], dossier=options["dossier"], again=options["again"])
        for error in refused:
            console.print(f"[bold red]Not read[/] ({error.code}): {printable(error)}", soft_wrap=True)
        by_worker = not options["here"] and worker_answers()
        # Whoever works alone wakes nobody.
        with (
            _Watch(by_worker=by_worker) as watch,
            nullcontext() if by_worker or options["no_wait"] else working_alone(),
        ):
            try:
                for backfill in found:
                    watch.turn_to(backfill)
                    if backfill.state == BackfillState.READING and not reading.read_on(
                        backfill.pk, make_room=watch.make_room
                    ):
                        raise CommandError(f"{backfill.path} is being read by another process. Nothing was changed.")
                if not options["no_wait"]:
                    watch.wait_for_the_rest()
            except Outage as outage:
                raise CommandError(f"{outage} Nothing is lost: start the command again to go on.") from outage
            except reading.Lost as lost:
                raise CommandError(f"{lost} Nothing was read twice.") from lost
            except KeyboardInterrupt:
                raise CommandError("Stopped. Nothing is lost: start the command again to go on.") from None
        found = list(Backfill.objects.filter(pk__in=[one.pk for one in found]).order_by("pk"))
        for backfill in found:
            _print_report(console, backfill)
        broken = len(refused) + sum(one.state == BackfillState.FAILED for one in found)
        if broken:
            raise CommandError(f"{broken} archives could not be read to their end; the reasons are above.")


def _opened(paths: Iterable[Path], *, dossier: str, again: bool) -> tuple[list[Backfill], list[IngestError]]:
    found: list[Backfill] = []
    refused: list[IngestError] = []
    for path in (one for given in paths for one in reading.archives_in(given)):
        try:
            found.append(reading.open_backfill(path, dossier=dossier, again=again))
        except IngestError as error:
            refused.append(error)
    return found, refused


class _Watch:
    """Shows how it goes, waits for workers, and does their work where there are none."""

    def __init__(self, *, by_worker: bool) -> None:
        self._by_worker = by_worker
        self._console = Console(stderr=True)
        self._progress = Progress(
            SpinnerColumn(), TextColumn("{task.description}"), BarColumn(), TaskProgressColumn(),
            TextColumn("{task.fields[how]}"), console=self._console, transient=True,
        )  # fmt: skip
        self._bar: TaskID | None = None
        self._backfill: Backfill | None = None
        self._handed_in_before = 0
        self._marks: list[tuple[float, int]] = []  # when how many were done, of the last minute
        self._looked = self._said = 0.0

    def __enter__(self) -> "_Watch":
        self._progress.__enter__()
        return self

    def __exit__(self, *told: Any) -> None:
        self._progress.__exit__(*told)

    def turn_to(self, backfill: Backfill) -> None:
        """Show this archive from now on."""
        self._handed_in_before += self._backfill.handed_in if self._backfill is not None else 0
        self._backfill = backfill
        if self._bar is not None:
            self._progress.remove_task(self._bar)
        self._bar = self._progress.add_task(printable(Path(backfill.path).name), total=backfill.size, how="")

    def make_room(self, backfill: Backfill) -> None:
        """Wait, or work, until fewer documents of archives wait than may."""
        self._backfill = backfill
        self._move(until_below=settings.BACKFILL_AHEAD, backfill=backfill)

    def wait_for_the_rest(self) -> None:
        """Wait, or work, until everything is placed that is not put off for a later try."""
        if self._backfill is not None:
            self._backfill.refresh_from_db()
        self._move(until_below=1, backfill=None)

    def _move(self, *, until_below: int, backfill: Backfill | None) -> None:
        left, since = reading.left(), time.monotonic()
        while True:
            self._show(left, backfill)
            if left.all < until_below:
                return
            if not self._by_worker:
                self._work(backfill)
            time.sleep(TICK if self._by_worker else 0.0)
            now = reading.left()
            if now != left:
                left, since = now, time.monotonic()
            elif time.monotonic() - since > PATIENCE:
                if not self._by_worker:  # what others hold is waited for until their time is up
                    if time.monotonic() - since > settings.WORK_LEASE_SECONDS + PATIENCE:
                        return
                    time.sleep(TICK)
                self._by_worker = False

    def _work(self, backfill: Backfill | None) -> None:
        pipeline.work_off(on_progress=lambda: self._show(None, backfill))

    def _show(self, left: reading.Left | None, backfill: Backfill | None) -> None:
        now = time.monotonic()
        if self._backfill is None or now - self._looked < TICK:
            return
        self._looked = now
        left = left or reading.left()
        rate = self._rate(now, self._handed_in_before + self._backfill.handed_in - left.all)
        if backfill is not None:
            reading.hold(backfill, rate=rate)
        how = (
            f"{self._backfill.handed_in:,} documents, {left.to_read:,} to read, {left.to_analyse:,} to analyse, "
            f"{left.to_place:,} to place, {self._backfill.bad:,} bad" + (f", {rate:.1f} a second" if rate else "")
        )
        if self._bar is not None:
            self._progress.update(self._bar, completed=self._backfill.done, how=how)
        if not self._console.is_terminal and now - self._said > SAID_EVERY:
            self._said = now
            self._console.print(f"{printable(Path(self._backfill.path).name)}: {how}", soft_wrap=True)

    def _rate(self, now: float, done: int) -> float | None:
        """Documents a second, of the last minute."""
        self._marks = [(at, count) for at, count in self._marks if now - at < 60] + [(now, done)]
        (first, before), (last, after) = self._marks[0], self._marks[-1]
        return max(after - before, 0) / (last - first) if last - first > 1 else None


def _print_report(console: Console, backfill: Backfill) -> None:
    console.rule(f"[bold]{printable(backfill.path)}[/]", align="left")
    console.print(
        f"{backfill.get_state_display().capitalize()}: {backfill.records:,} records, {backfill.handed_in:,} documents "
        f"handed in, {backfill.left_out:,} without one, {backfill.bad:,} bad."
    )
    if backfill.error:
        console.print(f"[bold red]{printable(backfill.error)}[/]", soft_wrap=True)
    failed = Submission.objects.filter(backfill=backfill, state=SubmissionState.FAILED).order_by("entry")
    reasons: Sequence[tuple[Any, str, str]] = [
        *BadRecord.objects.filter(backfill=backfill).values_list("number", "code", "reason")[: LISTED + 1],
        *failed.values_list("entry", "error_code", "error")[: LISTED + 1],
    ]
    for number, code, reason in sorted(reasons)[:LISTED]:
        console.print(f"[red]Record {number:,}[/] ({code}): {printable(reason)}", soft_wrap=True)
    if len(reasons) > LISTED:
        console.print("… and more: the archive's page in the admin has them all.")
