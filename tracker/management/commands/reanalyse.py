"""``manage.py reanalyse``: read stored snapshots again with the present analysis."""

from argparse import ArgumentParser
from typing import IO, Any, cast

from django.core.management.base import BaseCommand
from rich.console import Console

from tracker import pipeline, reanalysis
from tracker.reanalysis import Difference
from tracker.terminal import printable


class Command(BaseCommand):
    help = "Show what the present analysis finds otherwise in stored snapshots; --apply records it."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--dossier", default="", help="Only this dossier (slug).")
        parser.add_argument("--document", default="", help="Only this document (its address).")
        parser.add_argument("--apply", action="store_true", help="Record the differences, then place the statements.")

    def handle(self, *args: Any, **options: Any) -> None:
        console = Console(file=cast("IO[str]", self.stdout), soft_wrap=True)
        snapshots = reanalysis.due(dossier=options["dossier"], url=options["document"])
        total = changed = 0
        for change in reanalysis.differences(snapshots):
            total += 1
            changed += not change.empty
            self._show(console, change)
            if options["apply"]:
                reanalysis.apply(change)
        if options["apply"]:
            pipeline.work_off()
        done = "read again" if options["apply"] else "would be read again; nothing was written (add --apply)"
        console.print(f"{total} snapshots with {pipeline.ANALYSED_WITH}: {done}. {changed} differ.")

    def _show(self, console: Console, change: Difference) -> None:
        title = printable(change.snapshot)
        console.print(f"[bold]{title}[/]: {change.kept} kept, {change.decided} decided by people and left alone")
        for one in change.added:
            name = printable(one.found.source.name) if one.found.source else "(source not named)"
            console.print(f"  [green]+[/] {name}: {printable(reanalysis.quoted(change, one))}")
        for statement in change.dropped:
            console.print(f"  [red]-[/] {printable(statement.source_text)}: {printable(statement.content_text)}")
