"""``manage.py apply_retention``: what the rules of dossiers remove, shown first or done."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from claims.models import Dossier
from tracker import retention
from tracker.ingest.errors import shown


class Command(BaseCommand):
    help = (
        "Remove the contents of versions that the rules of their dossiers do not keep any longer: bytes, text and "
        "headers. Hashes, quoted words and the ledger stay. Beat does the same once an hour."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--dossier", metavar="SLUG", default="", help="Only what belongs to this dossier.")
        parser.add_argument("--dry-run", action="store_true", help="Only say what would be removed.")

    def handle(self, *args: Any, **options: Any) -> None:
        slug = options["dossier"]
        dossier = Dossier.objects.filter(slug=slug).first() if slug else None
        if slug and dossier is None:
            raise CommandError(f"There is no dossier {slug}.")
        if dossier is not None and dossier.legal_hold:
            self.stdout.write(f"{dossier} is on legal hold: nothing of it is removed.")
            return
        if options["dry_run"]:
            count = self._list(retention.planned(dossier=slug))
            self.stdout.write(f"{count} versions would lose their contents. Nothing was changed.")
            return
        applied = retention.apply(dossier=slug)
        count = self._list(applied.removed)
        self.stdout.write(f"{count} versions lost their contents, {applied.files} files are gone.")
        if applied.waiting:
            raise CommandError(applied.waiting)

    def _list(self, found: Any) -> int:
        count = 0
        for one in found:
            count += 1
            self.stdout.write(f"{shown(one.snapshot.document.url)} version {one.snapshot.number}: {one.rule}")
        return count
