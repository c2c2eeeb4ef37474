"""``manage.py ingest PATH_OR_URL…``: the main job in one line."""

import time
from argparse import ArgumentParser
from typing import IO, Any, cast

from celery import current_app
from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from kombu.exceptions import OperationalError
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn

from tracker import pipeline
from tracker.ingest.errors import shown
from tracker.ingest.extraction import LONGEST_SLUG, is_slug
from tracker.models import Submission, SubmissionState
from tracker.outages import Outage
from tracker.report import print_report
from tracker.submissions import Refused, submit_input

# A worker that has not moved anything for this long is taken for gone; its work is then done here.
PATIENCE = 60.0


class Command(BaseCommand):
    help = "Read files (.txt, .md, .html) and addresses: who said what, which claims, what is contested."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("inputs", nargs="+", metavar="PATH_OR_URL")
        parser.add_argument("--dossier", default="", help="Slug of the dossier for documents that name none.")
        parser.add_argument("--here", action="store_true", help="Work in this process even if a worker is running.")

    def handle(self, *args: Any, **options: Any) -> None:
        refuse_no_slug(options["dossier"])
        console = Console(file=cast("IO[str]", self.stdout))
        by_worker = not options["here"] and worker_answers()
        given = [submit_input(one, dossier=options["dossier"], announce=by_worker) for one in options["inputs"]]
        refused = [one for one in given if isinstance(one, Refused)]
        ids = [one.pk for one in given if isinstance(one, Submission)]
        with Progress(
            SpinnerColumn(), TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(),
            console=Console(stderr=True), transient=True,
        ) as progress:  # fmt: skip
            bar = progress.add_task("Reading (by the worker)" if by_worker else "Reading", total=len(ids))

            def show() -> None:
                progress.update(bar, completed=len(ids) - len(unfinished(ids)))

            if by_worker:
                wait_for_worker(ids, on_progress=show)
            work_here(ids, on_progress=show)
        submissions = list(Submission.objects.filter(pk__in=ids).select_related("snapshot__document").order_by("pk"))
        print_report(console, submissions, refused)
        failed = len(refused) + sum(not was_read(submission) for submission in submissions)
        if failed:
            raise CommandError(f"{failed} of {len(given)} inputs could not be read; the reasons are above.")


def was_read(submission: Submission) -> bool:
    """Whether its text was read, analysed and placed."""
    return submission.snapshot is not None and bool(submission.snapshot.matched_with) and not submission.snapshot.error


def refuse_no_slug(dossier: str) -> None:
    """Refuse a ``--dossier`` that can be no dossier's slug; none at all is well."""
    if dossier and not is_slug(dossier):
        raise CommandError(
            f"--dossier {shown(dossier)} is no slug. Write letters, digits, - and _ only, {LONGEST_SLUG} at most."
        )


def worker_answers() -> bool:
    """Whether a worker listens on the broker."""
    try:
        return bool(current_app.control.ping(timeout=1.0, limit=1))
    except OperationalError:
        return False


def unfinished(ids: list[int]) -> list[int]:
    """Which of these submissions have steps before them. What was given up has none; later tries are not waited for."""
    waiting = Submission.objects.filter(pk__in=ids, state=SubmissionState.QUEUED, failures=0).values_list(
        "pk", flat=True
    )
    in_work = Submission.objects.filter(pk__in=ids, snapshot__matched_with="", snapshot__error="")
    return [*waiting, *in_work.values_list("pk", flat=True)]


def work_here(ids: list[int], *, on_progress: Any) -> None:
    """Do what is left in this process. What another process has begun is waited for: it ends, or its claim does."""
    deadline = time.monotonic() + float(settings.WORK_LEASE_SECONDS) + PATIENCE
    while unfinished(ids) and time.monotonic() < deadline:
        try:
            pipeline.work_off(on_progress=on_progress)
        except Outage as outage:
            raise CommandError(f"{outage} Nothing that was handed in is lost.") from outage
        if unfinished(ids):
            time.sleep(0.5)


def wait_for_worker(ids: list[int], *, on_progress: Any) -> None:
    """Wait until the worker has done everything, or nothing has moved for a while."""
    left, since = unfinished(ids), time.monotonic()
    while left and time.monotonic() - since < PATIENCE:
        time.sleep(0.2)
        now = unfinished(ids)
        if now != left:
            left, since = now, time.monotonic()
            on_progress()
