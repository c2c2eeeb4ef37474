"""``manage.py backup FOLDER``: database, evidence and keys as they are at one moment, while everything runs."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from tracker.backup import BackupFailed, back_up


class Command(BaseCommand):
    help = "Write the database, the evidence and the keys into a new folder. Workers and web may go on meanwhile."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("target", metavar="FOLDER", type=Path, help="An empty folder, or one that is made.")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            manifest = back_up(options["target"])
        except (BackupFailed, OSError) as error:
            raise CommandError(str(error)) from error
        keys = ", ".join(manifest.keys) or "none (SECRET_KEY comes from the environment: keep it yourself)"
        self.stdout.write(
            f"{manifest.events} events and {manifest.versions} versions backed up to {options['target']}. "
            f"Keys: {keys}. Head {manifest.head}"
        )
        if manifest.missing:
            raise CommandError(
                f"{len(manifest.missing)} files of evidence could not be read and are not in it: "
                f"{', '.join(manifest.missing[:5])} … See `manage.py verify_evidence`."
            )
