"""The sides with an interest in what is believed, and who opposes whom."""

from collections.abc import Iterable

from django.db import transaction
from django.utils.text import slugify

from claims.models import Claim, Party
from claims.services import ledger, standings
from claims.services.actor import Actor


@transaction.atomic
def open_party(*, name: str, actor: Actor) -> Party:
    """The party of this name, created if there is none."""
    party, created = Party.objects.get_or_create(slug=slugify(name), defaults={"name": name})
    if created:
        ledger.record(actor, "created", party)
    return party


@transaction.atomic
def describe_party(party: Party, *, opposes: Iterable[Party], actor: Actor) -> Party:
    """Save a party's name and the parties that it opposes, which then oppose it too.

    Whom a claim harms depends on who opposes whom, so the claims that favour any of them are recomputed.
    """
    before = set(party.opposes.all()) if party.pk else set[Party]()
    created = party.pk is None
    party.save()
    wanted = set(opposes)
    party.opposes.set(wanted)
    changed = before ^ wanted
    ledger.record(actor, "created" if created else "described", party, *changed)
    touched = Claim.objects.filter(favours__in=[party, *changed])
    standings.refresh(touched.values_list("pk", flat=True), actor=actor)
    return party
