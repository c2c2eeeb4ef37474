"""``manage.py verify_ledger``: is every event as it was sealed, in its place, none missing?"""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from claims.bundle import proof
from claims.models import Event
from claims.services import ledger


class Command(BaseCommand):
    help = "Verify the ledger's hash chain. Names the first bad event and exits with 1 when it does not hold."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--head",
            metavar="SEQ:HASH",
            help="A head noted earlier: it must still be in the chain, so no end was cut off.",
        )

        parser.add_argument(
            "--root",
            metavar="SIZE:ROOT",
            help="Of a bundle's manifest: the Merkle root of the first SIZE events must still be this.",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        broken = ledger.first_broken(Event.objects.sealed().iterator(chunk_size=2000))
        if broken:
            event, why = broken
            raise CommandError(
                f"Event {event.seq} ({event.actor_label} {event.verb} {event.object_type} {event.object_uid}, "
                f"row {event.pk}) does not verify: {why}."
            )
        if options["head"]:
            self._check_head(options["head"])
        if options["root"]:
            self._check_root(options["root"])
        seq, digest = ledger.head()
        self.stdout.write(
            f"{seq} events verified, {Event.objects.unsealed().count()} waiting to be sealed. Head {seq}:{digest}"
        )

    def _check_head(self, noted: str) -> None:
        seq, separator, digest = noted.partition(":")
        if not separator or not seq.isdecimal():
            raise CommandError(f"--head must look like 42:9f86…, not {noted!r}.")
        if int(seq) and not Event.objects.filter(seq=int(seq), hash=digest).exists():
            raise CommandError(
                f"Event {seq} with hash {digest} is no longer in the chain: its end was cut off or replaced."
            )

    def _check_root(self, noted: str) -> None:
        size, separator, root = noted.partition(":")
        if not separator or not (size.isascii() and size.isdecimal()):
            raise CommandError(f"--root must look like 42:9f86…, not {noted!r}.")
        hashes = Event.objects.sealed().filter(seq__lte=int(size)).values_list("hash", flat=True)
        if int(size) > ledger.head()[0] or proof.prove(hashes.iterator(), int(size), [])[0] != root:
            raise CommandError(f"The first {size} events have another root: they are other events than those.")
        self.stdout.write(f"The first {size} events have the root {size}:{root}")
