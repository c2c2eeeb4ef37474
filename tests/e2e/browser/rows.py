"""Rows for the browser tests and the screenshots, about Velmora, which does not exist."""

import re
from collections.abc import Sequence
from datetime import timedelta
from itertools import cycle
from typing import Any

from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import Count
from django.utils import timezone

from claims import models
from claims.models.base import Recorded
from claims.services import standings
from claims.services.assignments import assign
from claims.services.comments import add_comment
from tests import factories
from tests.claims.admin.conftest import build_world
from tests.e2e.browser.hostile import ADDRESSES, TEXTS
from tests.factories import MACHINE

TOWNS = ["Askel", "Brenn", "Corvo", "Dalmere", "Estrin", "Falk", "Gorran", "Haldis", "Ilmen", "Jorva", "Keld", "Lomar"]
MISSED = "Harbour master Ilse Roen promised that the cranes would work again by Friday."


@transaction.atomic
def add() -> dict[str, Any]:
    """Everything; the addresses of the rows that tests look up, by name."""
    editor = User.objects.get(username="editor")
    found = {
        "drill": drill(),
        "missed": document_with_a_missed_statement(),
        "twins": two_sources_that_are_one(),
        "verdict": claim_for_a_verdict("The grain store of Dalmere burnt down on Saturday"),
        "judged": claim_for_a_verdict("The pumping station of Keld stood still on Friday"),
        "shared": claim_for_a_verdict("The mayor of Estrin left the town on Sunday"),
        "hostile": hostile_worlds(editor),
        "world": of_the_seeds(),
    }
    # They count as read: the running worker would find other statements in them.
    models.Snapshot.objects.filter(extractor="test").update(analysed_with="test/1", matched_with="test/1")
    return found


def drill() -> dict[str, Any]:
    """Twelve contradictions about ferries, one a town; whether it ran is affirmed by one and denied by another."""
    dossier = factories.DossierFactory(slug="velmora-ferries", title="Ferries on the Osk")
    office = factories.SourceFactory(name="Ferry Office of Velmora", kind="organisation", reliability="B")
    union = factories.SourceFactory(name="Union of Osk Boatmen", kind="organisation", reliability="C")
    publisher = factories.SourceFactory(name="Osk Valley Courier", kind="news media")
    conflicts = []
    for number, town in enumerate(TOWNS):
        words = f"the ferry to {town} ran on Monday morning"
        snapshot = printed(
            dossier, publisher, f"Boatmen and office disagree over {town}",
            f"Ferry Office of Velmora said that {words}.\n\nUnion of Osk Boatmen denied that {words}.", days=number,
        )  # fmt: skip
        claim = factories.ClaimFactory(dossier=dossier, text=words[0].upper() + words[1:], place=town)
        yes = said(snapshot, office, "said that", words)
        no = said(snapshot, union, "denied that", words, last=True, polarity="denies")
        factories.PositionFactory(statement=yes, claim=claim, explanation=["The same words."])
        factories.PositionFactory(statement=no, claim=claim, stance="refutes", explanation=["It denies it."])
        standings.refresh([claim.pk], actor=MACHINE)
        conflicts.append(models.Contradiction.objects.get(claim=claim))  # proposed as soon as the standing changed
    return {"dossier": str(dossier.uid), "conflicts": uids(conflicts)}


def document_with_a_missed_statement() -> dict[str, Any]:
    """A document of whose two statements the analysis found one."""
    dossier = factories.DossierFactory(slug="velmora-harbour", title="The harbour of Corvo")
    master = factories.SourceFactory(name="Ilse Roen", kind="person")
    council = factories.SourceFactory(name="Town Council of Corvo", kind="government")
    publisher = factories.SourceFactory(name="Corvo Evening Post", kind="news media")
    first = "Town Council of Corvo said that two of the four cranes were out of use."
    snapshot = printed(dossier, publisher, "Cranes at a standstill in Corvo", f"{first}\n\n{MISSED}\n", days=1)
    statement = said(snapshot, council, "said that", "two of the four cranes were out of use")
    claim = factories.ClaimFactory(dossier=dossier, text="Two of the four cranes of Corvo were out of use")
    factories.PositionFactory(statement=statement, claim=claim)
    standings.refresh([claim.pk], actor=MACHINE)
    return {
        "document": str(snapshot.document.uid), "statement": str(statement.uid), "source": str(master.uid),
        "sentence": MISSED,
    }  # fmt: skip


def two_sources_that_are_one() -> dict[str, Any]:
    """Two rows for one committee, each with a statement."""
    dossier = factories.DossierFactory(slug="velmora-relief", title="Relief for Haldis")
    publisher = factories.SourceFactory(name="Haldis Observer", kind="news media")
    kept = factories.SourceFactory(name="Haldis Relief Committee", kind="organisation")
    twin = factories.SourceFactory(name="Relief Committee for Haldis", kind="organisation")
    for source, words in ((kept, "four lorries arrived"), (twin, "the lorries were unloaded")):
        snapshot = printed(dossier, publisher, f"{source.name}: a report", f"{source.name} said that {words}.", days=2)
        statement = said(snapshot, source, "said that", words)
        claim = factories.ClaimFactory(dossier=dossier, text=words[0].upper() + words[1:])
        factories.PositionFactory(statement=statement, claim=claim)
        standings.refresh([claim.pk], actor=MACHINE)
    return {"kept": str(kept.uid), "twin": str(twin.uid), "names": [kept.name, twin.name], "claim": str(claim.uid)}


def claim_for_a_verdict(text: str) -> dict[str, Any]:
    """A claim that two independent origins support."""
    dossier, _ = models.Dossier.objects.get_or_create(slug="velmora-ferries")
    words = text[0].lower() + text[1:]
    claim = factories.ClaimFactory(dossier=dossier, text=text)
    for name in ("Fire Brigade of Velmora", "Valley Farmers' League"):
        source = models.Source.objects.filter(name=name).first() or factories.SourceFactory(name=name)
        publisher = factories.SourceFactory(name=f"{name} Bulletin on {claim.pk}", kind="news media")
        snapshot = printed(dossier, publisher, f"{name} on {claim.pk}", f"{name} said that {words}.", days=3)
        factories.PositionFactory(statement=said(snapshot, source, "said that", words), claim=claim)
    standings.refresh([claim.pk], actor=MACHINE)
    return {"claim": str(claim.uid), "text": text}


def hostile_worlds(person: User) -> dict[str, Any]:
    """One row of every model for each hostile text; the address of each page by its model's name."""
    addresses = cycle(ADDRESSES)
    worlds: dict[str, Any] = {}
    for name, words in TEXTS.items():
        world = build_world(person, words=words, url=f"{next(addresses)}#{name}")
        for model in (models.Claim, models.Contradiction):
            add_comment(world[model], author=person, text=f"@reviewer @editor {words}")
            assign(world[model], to=person, by=person, note=words)
        worlds[name] = {
            model._meta.model_name: {"pk": row.pk, "uid": str(getattr(row, "uid", ""))} for model, row in world.items()
        }
    User.objects.create_user("mallory", first_name=TEXTS["script"][:150], last_name=TEXTS["image"][:150])
    return worlds


def of_the_seeds() -> dict[str, Any]:
    """The rows of the seeds with the most to show, one of each model, as :func:`hostile_worlds` gives its own."""
    dossier = models.Dossier.objects.get(slug="velmora-exercise")
    conflict = models.Contradiction.objects.filter(claim__dossier=dossier).order_by("-score", "pk").first()
    claim = models.Claim.objects.contested().filter(dossier=dossier).order_by("-origins", "pk").first()
    statements = models.Statement.objects.current().filter(snapshot__document__dossier=dossier)
    busiest = statements.values("snapshot").annotate(n=Count("pk")).order_by("-n", "snapshot")[0]
    named = statements.filter(source__isnull=False).exclude(source__kind__in=["unnamed", "unknown"])
    talker = named.values("source").annotate(n=Count("pk")).order_by("-n", "source")[0]
    snapshot = models.Snapshot.objects.get(pk=busiest["snapshot"])
    source = models.Source.objects.get(pk=talker["source"]).resolved
    rows = [dossier, conflict, claim, snapshot, snapshot.document, source, statements.filter(snapshot=snapshot)[0]]
    return {row._meta.model_name: {"pk": row.pk, "uid": str(row.uid)} for row in rows}


def printed(dossier: models.Dossier, publisher: models.Source, title: str, text: str, *, days: int) -> models.Snapshot:
    """A document as it was read, ``days`` ago."""
    at = timezone.now() - timedelta(days=days)
    document = factories.DocumentFactory(
        dossier=dossier, publisher=publisher, title=title, published_at=at,
        url="https://outlet.example/" + re.sub(r"\W+", "-", title.lower()),
    )  # fmt: skip
    return factories.SnapshotFactory(document=document, text=text, fetched_at=at)


def said(
    snapshot: models.Snapshot, source: models.Source, cue: str, content: str, *, last: bool = False, **fields: Any
) -> models.Statement:
    """A statement found in the snapshot's text: the first, or the ``last``, sentence in which the source says this."""
    at = snapshot.text.rindex(source.name) if last else snapshot.text.index(source.name)

    def spans(words: str) -> list[list[int]]:
        start = snapshot.text.index(words, at)
        return [[start, start + len(words)]]

    return factories.StatementFactory(
        snapshot=snapshot, source=source, source_text=source.name, source_spans=spans(source.name), cue_text=cue,
        cue_spans=spans(cue), content_text=content, content_spans=spans(content), confidence=0.9, **fields,
    )  # fmt: skip


def uids(rows: Sequence[Recorded]) -> list[str]:
    """The public ids, in order."""
    return [str(row.uid) for row in rows]
