"""``manage.py restore FOLDER``: what ``manage.py backup`` wrote, in the place of what is there, and verified."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError

from tracker import backup
from tracker.backup import BackupFailed, Manifest


class Command(BaseCommand):
    help = "Put a backup in the place of what is there, migrate it to this version, and verify ledger and evidence."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("source", metavar="FOLDER", type=Path, help="What `manage.py backup` wrote.")
        parser.add_argument(
            "--overwrite", action="store_true", help="Replace a database that holds something: all of it is lost."
        )

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            manifest = backup.read_manifest(options["source"])
            self._refuse_to_destroy(options["overwrite"])
            backup.restore(options["source"])
        except (BackupFailed, OSError) as error:
            raise CommandError(str(error)) from error
        self._compare(manifest)
        call_command("migrate", verbosity=0)
        call_command("verify_ledger", head=manifest.head, stdout=self.stdout)
        call_command("verify_evidence", stdout=self.stdout, stderr=self.stderr)
        self.stdout.write(
            f"Restored: {manifest.events} events, {manifest.versions} versions, head {manifest.head}, standings as "
            "backed up."
        )

    def _refuse_to_destroy(self, overwrite: bool) -> None:
        if others := backup.others_connected():
            raise CommandError(f"{others} other sessions use the database: stop web, workers and beat first.")
        there = backup.occupied()
        if there and not overwrite:
            raise CommandError(f"Nothing was restored: {there}. With --overwrite the backup replaces it.")

    def _compare(self, manifest: Manifest) -> None:
        """Before any migration: every claim must stand as it did when the backup was made."""
        if backup.standings_sha256() != manifest.standings_sha256:
            raise CommandError("The restored claims do not stand as they did when the backup was made.")
