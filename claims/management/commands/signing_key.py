"""``manage.py signing_key``: the public keys that bundles are signed with, and replacing the one in use."""

from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from claims.bundle import keys
from claims.errors import KeyUnreadable
from claims.publishing import signing


class Command(BaseCommand):
    help = (
        "Show the public keys that bundles are signed with, the one in use first. Publish them where readers trust it."
    )
    requires_system_checks = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--rotate", action="store_true", help="Sign with a new key from now on.")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            if options["rotate"]:
                signing.rotate()
            found = signing.public_keys()
        except (KeyUnreadable, OSError) as error:
            raise CommandError(str(error)) from error
        for place, key in enumerate(found):
            state = f"in use, {settings.SIGNING_KEY}" if place == 0 else "replaced"
            self.stdout.write(f"{keys.key_id(key)}  {keys.encoded(key)}  ({state})")
