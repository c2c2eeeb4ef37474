"""``manage.py verify_bundle``: is an evidence bundle what its maker signed? Needs no database and no settings."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from claims.bundle.__main__ import add_arguments, check
from claims.bundle.verifying import Fault


class Command(BaseCommand):
    help = (
        "Verify an evidence bundle: signature, every member, versions, statements, the ledger. Names the first fault."
    )
    requires_system_checks = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        add_arguments(parser)

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            check(options["file"], options["key"], stamp_roots=options["stamp_roots"], say=self.stdout.write)
        except Fault as fault:
            raise CommandError(f"Not what was signed. {fault}") from fault
        except (ValueError, OSError) as error:
            raise CommandError(str(error), returncode=2) from error
