"""Asks the product for the claims that a statement could be about, and takes the time."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from itertools import islice
from typing import Any, TypeVar

import psutil
from django.db import connection, transaction
from pgvector.django import CosineDistance

from benchmarks import bulk
from benchmarks.claims_filling import DOSSIERS, as_asserted
from benchmarks.invented_claims import Fact, World
from claims.models import Claim, Dossier
from claims.services.actor import Actor
from claims.services.candidates import candidates
from claims.services.claims import Asserted, drafted, take_positions
from claims.services.keys import reserved_keys
from tracker.ranking import ranked

NEIGHBOURS = 20
Answer = TypeVar("Answer")


@dataclass(frozen=True, slots=True)
class Question:
    """A statement that arrives: the dossier that it is read for, what it asserts, and the claim if it is there."""

    dossier: Dossier
    asserted: Asserted
    claim: int | None
    claims_in_dossier: int


@dataclass(slots=True)
class Times:
    """Milliseconds that each of the questions took.

    ``processor`` is what the processor spent on search and scoring together, in this process and in the database's: a
    busy machine makes waiting longer, but hardly that.
    """

    search: list[float] = field(default_factory=list)
    score: list[float] = field(default_factory=list)
    scan: list[float] = field(default_factory=list)
    insert: list[float] = field(default_factory=list)
    processor: list[float] = field(default_factory=list)
    recall: list[float] = field(default_factory=list)
    known: int = 0
    found: int = 0

    @property
    def both(self) -> list[float]:
        """Search and scoring together."""
        return [search + score for search, score in zip(self.search, self.score, strict=True)]


def questions(how_many: int, *, seed: int) -> list[Question]:
    """Half of them say a stored claim's fact in other words, half say something that nobody has said."""
    counts = dict(bulk.rows_of("SELECT dossier_id, count(*) FROM claims_claim GROUP BY 1"))
    dossiers = {int(d.slug.removeprefix("region-")): d for d in Dossier.objects.filter(slug__startswith="region-")}
    stored = World(regions=DOSSIERS).facts()
    chance = random.Random(seed)
    total = sum(counts.values())
    wanted = set(chance.sample(range(total), how_many // 2))
    told = [(n, fact) for n, fact in enumerate(islice(stored, total)) if n in wanted]
    first = Claim.objects.order_by("pk").values_list("pk", flat=True)[0]
    unheard = World(regions=DOSSIERS, happening=seed).facts()
    asked: list[tuple[int | None, Fact]] = [(first + n, fact) for n, fact in told]
    asked += [(None, fact) for fact in islice(unheard, how_many - len(asked))]
    chance.shuffle(asked)
    return [
        Question(
            dossiers[fact.region], as_asserted(fact, wording=fact.wordings - 1), claim, counts[dossiers[fact.region].pk]
        )
        for claim, fact in asked
    ]


def milliseconds(act: Callable[..., Answer], *given: Any) -> tuple[float, Answer]:
    """How long something takes, and what it returns."""
    start = time.perf_counter()
    returned = act(*given)
    return (time.perf_counter() - start) * 1000, returned


def ask(asked: Sequence[Question], *, scanned: int) -> Times:
    """Search and score for all the questions, scan for the first ``scanned`` of them."""
    for question in asked:  # whatever is read for the first time is read now
        ranked(question.asserted, candidates(question.dossier, [question.asserted])[0])
    times = Times()
    server = psutil.Process(connection.connection.info.backend_pid)
    for number, question in enumerate(asked):
        spent = _spent(server)
        took, (found,) = milliseconds(candidates, question.dossier, [question.asserted])
        times.search.append(took)
        took, _ = milliseconds(ranked, question.asserted, found)
        times.score.append(took)
        times.processor.append(_spent(server) - spent)
        here = {near.claim.pk for near in found}
        if question.claim is not None:
            times.known += 1
            times.found += question.claim in here
        if number < scanned:
            took, nearest = milliseconds(scan, question)
            times.scan.append(took)
            times.recall.append(len(here & set(nearest)) / max(1, len(nearest)))
    return times


def _spent(server: psutil.Process) -> float:
    """Milliseconds that the processor has spent on this process and on the server's, whose clock is coarse."""
    there = server.cpu_times()
    return (time.process_time() + there.user + there.system) * 1000


def scan(question: Question) -> list[int]:
    """The nearest claims of the dossier by reading all of its vectors."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_indexscan = off")
        near = Claim.objects.live().filter(dossier=question.dossier)
        near = near.order_by(CosineDistance("embedding", list(question.asserted.embedding)))
        return list(near.values_list("pk", flat=True)[:NEIGHBOURS])


class _Undone(Exception):
    """What was tried is to be rolled back."""


def inserts(asked: Sequence[Question]) -> list[float]:
    """Milliseconds that storing a new claim takes, its event and all its indexes included. Nothing stays."""
    machine, took = Actor.machine("scale", "1"), []
    for question in asked:
        with suppress(_Undone), transaction.atomic():
            (key,) = reserved_keys(Claim, 1)
            draft = drafted(question.dossier, question.asserted, key=key)
            took.append(milliseconds(partial(take_positions, [], founded=[draft], actor=machine))[0])
            raise _Undone
    return took
