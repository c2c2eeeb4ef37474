"""``manage.py stamp_proof VERSION FOLDER``: what somebody else needs to check when a version was there."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any
from uuid import UUID

from django.core.management.base import BaseCommand, CommandError

from claims.models import ARCHIVED
from tracker.timestamps import proof_for, write_proof


class Command(BaseCommand):
    help = "Write the proof that a version was recorded when a time stamp was given; others check it with openssl."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("version", metavar="VERSION", type=UUID, help="The public id of a snapshot or a notice.")
        parser.add_argument("folder", metavar="FOLDER", type=Path)

    def handle(self, *args: Any, **options: Any) -> None:
        uid = options["version"]
        row = next((found for model in ARCHIVED if (found := model.objects.filter(uid=uid).first())), None)
        if row is None:
            raise CommandError(f"There is no version {uid}.")
        proof = proof_for(row)
        if proof is None:
            raise CommandError(f"No time stamp covers {row} yet. See the time stamps in the admin.")
        write_proof(proof, options["folder"])
        self.stdout.write(f"The proof for {row} is in {options['folder']}.")
