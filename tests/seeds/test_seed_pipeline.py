"""The whole pipeline over the seed dispatches gives what a person who read them expects."""

import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from django.core.management import call_command
from rich.console import Console

from claims.models import Claim, Event, Position, Statement
from claims.services import ledger
from tests.seeds.expectations import shortfalls
from tracker import pipeline, seeding

EXPECTED = yaml.safe_load((Path(seeding.SEEDS) / "expected.yaml").read_text(encoding="utf-8"))["dossiers"]


def load() -> None:
    seeding.load_seeds(console=Console(quiet=True), work=pipeline.work_off)


@pytest.fixture(scope="module")
def seeded(django_db_setup: None, django_db_blocker: Any) -> Iterator[None]:
    """The dispatches, read once for the tests of this module and committed; flushed after them."""
    with django_db_blocker.unblock():
        load()
        yield
        call_command("flush", interactive=False, verbosity=0)


@pytest.mark.django_db
def test_the_standings_origins_and_contradictions_are_the_expected_ones(seeded):
    assert [shortfall for dossier in EXPECTED for shortfall in shortfalls(dossier)] == []


@pytest.mark.django_db
def test_reading_them_again_changes_nothing(seeded):
    def state() -> list[int]:
        return [model.objects.count() for model in (Statement, Claim, Position, Event)]

    before = state()
    load()
    pipeline.work_off()
    assert state() == before


@pytest.mark.django_db
def test_the_ledger_of_it_all_verifies(seeded):
    assert ledger.head()[0] == Event.objects.count() > 100
    assert ledger.first_broken(Event.objects.sealed()) is None


def test_the_order_of_arrival_changes_no_standing(seeded, db, monkeypatch):
    call_command("flush", interactive=False, verbosity=0)
    files = sorted(seeding.SEEDS.glob("*.md"))
    # A first version cannot arrive after its correction; everything else may come in any order.
    shuffled = [path for path in files if "corrected-version" not in path.name]
    random.Random(7).shuffle(shuffled)
    shuffled += [path for path in files if "corrected-version" in path.name]
    monkeypatch.setattr(seeding, "dispatches", lambda: [path for path in shuffled if path.name != "README.md"])
    load()
    assert [shortfall for dossier in EXPECTED for shortfall in shortfalls(dossier)] == []
