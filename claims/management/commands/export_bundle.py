"""``manage.py export_bundle``: the signed evidence of one dossier as a file."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from claims.access import Access
from claims.bundle import keys
from claims.errors import ClaimsError
from claims.models import Dossier
from claims.publishing import bundling, signing


class Command(BaseCommand):
    help = "Write the evidence bundle of a dossier: rows, texts, WARC files, the ledger's proof, signed."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("dossier", help="Its slug.")
        parser.add_argument("file", type=Path, help="Where to; a file that is there already is an error.")

    def handle(self, *args: Any, **options: Any) -> None:
        dossier = Dossier.objects.filter(slug=options["dossier"]).first()
        if dossier is None:
            known = ", ".join(Dossier.objects.order_by("slug").values_list("slug", flat=True)) or "none"
            raise CommandError(f"There is no dossier {options['dossier']!r}. Known: {known}.")
        target: Path = options["file"]
        part = target.with_name(f"{target.name}.part")
        try:
            if target.exists():
                raise CommandError(f"{target} is there already.")
            with part.open("xb") as file:
                for piece in bundling.bundle_of(dossier, access=Access.of_everything()):
                    file.write(piece)
            part.rename(target)
        except FileExistsError as error:
            raise CommandError(f"{part} is there already: remove it if nothing writes it any more.") from error
        except (OSError, ClaimsError) as error:
            part.unlink(missing_ok=True)
            raise CommandError(str(error)) from error
        key = signing.signing_key().public_key()
        self.stdout.write(f"{target}: {target.stat().st_size:,} bytes, signed with the key {keys.key_id(key)}.")
        if bundling.holds_protected(dossier):
            self.stdout.write(self.style.WARNING("It holds protected sources or statements, unmasked."))
