"""The seed dispatches: what an editor would have set up beforehand, then the dispatches through the real pipeline."""

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import yaml
from django.conf import settings
from django.db import transaction
from django.db.models import Exists, OuterRef
from rich.console import Console
from rich.progress import Progress

from claims.choices import Reliability
from claims.models import Claim, Event, Party, Source
from claims.services import ledger
from claims.services.actor import Actor
from claims.services.claims import set_favours
from claims.services.documents import open_dossier
from claims.services.parties import describe_party, open_party
from claims.services.sources import Named, add_alias, create_source, describe_source, grade_source, resolve_source
from tracker import pipeline
from tracker.models import Submission
from tracker.submissions import ANALYSE, FETCH, MATCH, Refused, file_address, submit_input

SEEDS = Path(settings.BASE_DIR) / "seeds"
SEEDER = Actor.machine("seeds", "1")
PATIENCE = 120.0  # seconds without progress before giving up on the worker


def load_seeds(*, console: Console, work: Callable[[], None] | None = None) -> None:
    """Set up the seeds' dossiers and read every dispatch, unless that has been done.

    Without ``work`` the running worker does the reading, and this waits for it; ``work`` does it in this process.
    """
    setup = yaml.safe_load((SEEDS / "dossiers.yaml").read_text(encoding="utf-8"))["dossiers"]
    for dossier in setup:
        prepare_dossier(dossier)
    read = set(Submission.objects.filter(state="done").values_list("address", flat=True))
    todo = [path for path in dispatches() if file_address(path) not in read]
    if todo:
        submissions = [submit_input(str(path), announce=work is None) for path in todo]
        for submission in submissions:
            if isinstance(submission, Refused):
                raise submission.error
        if work is not None:
            work()
        else:
            _wait(console, total=len(todo))
    for dossier in setup:
        _apply_favours(dossier)
    ledger.seal()


def dispatches() -> list[Path]:
    """The seed dispatches, in the order in which to read them."""
    return [path for path in sorted(SEEDS.glob("*.md")) if path.name != "README.md"]


def _wait(console: Console, *, total: int) -> None:
    with Progress(console=console, transient=True) as progress:
        bar = progress.add_task("Reading the seed dispatches", total=3 * total)
        left, since = 3 * total, time.monotonic()
        while left:
            now = min(3 * total, _steps_left())
            if now != left:
                left, since = now, time.monotonic()
                progress.update(bar, completed=3 * total - left)
            elif time.monotonic() - since > PATIENCE:
                raise TimeoutError(f"the worker has read nothing for {PATIENCE:.0f} seconds; its log is above.")
            time.sleep(0.2)


def _steps_left() -> int:
    """Steps to do: a submission that waits has all three before it."""
    ahead = {FETCH: 3, ANALYSE: 2, MATCH: 1}
    return sum(ahead[task] for task, _ in pipeline.outstanding())


@transaction.atomic
def prepare_dossier(setup: dict[str, Any]) -> None:
    """Open a dossier with its parties and known sources. What is there already stays as people have made it."""
    open_dossier(slug=setup["slug"], title=setup["title"], actor=SEEDER)
    known_before = set(Party.objects.values_list("pk", flat=True))
    parties = {party["name"]: open_party(name=party["name"], actor=SEEDER) for party in setup["parties"]}
    for party in setup["parties"]:
        mine = parties[party["name"]]
        # Whom a party opposes is symmetrical, so one that was there may gain a new opponent and loses none.
        wanted = {parties[name] for name in party["opposes"]} | set(mine.opposes.all())
        if mine.pk not in known_before and wanted != set(mine.opposes.all()):
            describe_party(mine, opposes=wanted, actor=SEEDER)
    for known in setup["sources"]:
        _source(known, parties)


def _source(known: dict[str, Any], parties: dict[str, Party]) -> None:
    if Source.objects.filter(names__name=known["name"]).exists():
        return
    parent = resolve_source(Named(known["parent"]), document=None, actor=SEEDER) if known.get("parent") else None
    source = create_source(
        name=known["name"], kind=known["kind"], parent=parent, party=parties.get(known.get("party", "")), actor=SEEDER
    )
    describe_source(source, kind=known["kind"], party=parties.get(known.get("party", "")), parent=parent, actor=SEEDER)
    for alias in known.get("aliases", []):
        add_alias(source, name=alias, actor=SEEDER)
    if known["reliability"] != Reliability.F:
        grade_source(source, grade=known["reliability"], reason="Set up with the exercise.", actor=SEEDER)


def _apply_favours(setup: dict[str, Any]) -> None:
    """Say whom a claim helps, where the setup knows it by the claim's words and nobody has ever said it."""
    said = Event.objects.filter(object_uid=OuterRef("uid"), verb="favours set")
    for rule in setup["favours"]:
        party = Party.objects.get(name=rule["party"])
        claims = Claim.objects.live().filter(~Exists(said), dossier__slug=setup["slug"], favours__isnull=True)
        wording = claims.filter(text__icontains=rule["text"]) | claims.filter(
            positions__statement__content_text__icontains=rule["text"]
        )
        for claim in wording.distinct():
            set_favours(claim, party=party, actor=SEEDER)
