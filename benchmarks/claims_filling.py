"""Fills a database with invented claims, and with the statements and positions that would have led to them."""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from itertools import islice
from typing import Any

from django.db import transaction

from benchmarks import bulk
from benchmarks.invented_claims import Fact, World
from claims.models import Claim, Document, Dossier, Position, Snapshot, Source, Statement
from claims.services.claims import Asserted
from tracker.analysis.embedding import embed
from tracker.analysis.toponyms import place_key

DOSSIERS = 20
OUTLETS = 500
BATCH = 20_000  # claims in one transaction
STATEMENTS_A_DOCUMENT = 12
BETWEEN = ". "  # statements of a document
NOON = datetime(2034, 1, 1, 12, tzinfo=UTC)
FIRST = "SELECT min(id) FROM {}"
CLAIM_COLUMNS = (
    "uid", "dossier_id", "created_at", "text", "kind", "place", "place_key", "when_first", "when_last", "measure",
    "counted", "best", "embedding",
)  # fmt: skip


def as_asserted(fact: Fact, *, wording: int) -> Asserted:
    """What the pipeline would look up for a statement of the fact."""
    text = fact.said(wording)
    return Asserted(
        text=text,
        embedding=embed(text),
        place=fact.place,
        place_key=place_key(fact.place),
        when_first=fact.day,
        when_last=fact.day,
        measure=fact.measure,
        counted=fact.counted,
        best=float(fact.number) if fact.measure else None,
    )


class Filler:
    """Writes facts as claims, with the statements and positions that would have led to them.

    Every ``every``-th claim is stated ``stated`` times, once in its own words and then in others; of every
    ``contested``-th of these the last statement refutes it, of none where that is 0.
    """

    def __init__(self, *, say: Callable[[str], None], every: int = 5, stated: int = 3, contested: int = 0) -> None:
        """``say`` hears what is being done. The database must be empty, or filled by another of these."""
        self._say = say
        self._every, self._stated, self._contested = every, stated, contested

        self.stored = Claim.objects.count()
        self._facts = islice(World(regions=DOSSIERS).facts(), self.stored, None)
        if self.stored:
            dossier, source = (bulk.rows_of(FIRST.format(m._meta.db_table))[0][0] for m in (Dossier, Source))
        else:
            dossier, source = bulk.next_id(Dossier), bulk.next_id(Source)
        self._dossiers = range(dossier, dossier + DOSSIERS)
        self._outlets = range(source, source + OUTLETS)
        if self.stored:
            return
        bulk.write(
            Dossier,
            ["id", "uid", "slug", "title"],
            ([pk, uuid.uuid4(), f"region-{n}", f"Region {n}"] for n, pk in enumerate(self._dossiers)),
        )
        bulk.write(
            Source,
            ["id", "uid", "name"],
            ([pk, uuid.uuid4(), f"Outlet {pk}"] for pk in self._outlets),
            kind="news media",
        )

    def grow_to(self, size: int, *, memory: str) -> float:
        """Have so many claims stored, the search indexes made anew; seconds that making them took, 0 if none had to."""
        if self.stored >= size:
            return 0.0
        with bulk.without_search_indexes(Claim, maintenance_work_mem=memory):
            while self.stored < size:
                self._add(list(islice(self._facts, min(BATCH, size - self.stored))))
                self._say(f"{self.stored:,} claims stored")
            start = time.perf_counter()
        took = time.perf_counter() - start
        self._say(f"search indexes made in {took:.0f} s")
        bulk.rows_of("VACUUM (ANALYZE)")
        bulk.verify([Dossier, Source, Claim, Document, Snapshot, Statement, Position])
        return took

    def _add(self, facts: Sequence[Fact]) -> None:

        with transaction.atomic():
            first = bulk.next_id(Claim)
            bulk.write(Claim, ["id", *CLAIM_COLUMNS], (self._claim(first + n, fact) for n, fact in enumerate(facts)))
            self._state(
                [
                    (first + n, fact, wording)
                    for n, fact in enumerate(facts)
                    if n % self._every == 0
                    for wording in range(self._stated)
                ]
            )
        self.stored += len(facts)

    def _claim(self, pk: int, fact: Fact) -> list[Any]:
        asserted = as_asserted(fact, wording=0)
        vector = "[" + ",".join([f"{value:.5f}" if value else "0" for value in asserted.embedding]) + "]"
        return [
            pk, uuid.uuid4(), self._dossiers[fact.region], NOON + timedelta(seconds=pk), asserted.text,
            "figure" if asserted.measure else "event", asserted.place, asserted.place_key, asserted.when_first,
            asserted.when_last, asserted.measure, asserted.counted, asserted.best, vector,
        ]  # fmt: skip

    def _state(self, said: Sequence[tuple[int, Fact, int]]) -> None:
        """Let the claims of these ids be stated: documents of a dozen statements, each with its position."""
        by_region: dict[int, list[tuple[int, Fact, int]]] = {}
        for one in said:
            by_region.setdefault(one[1].region, []).append(one)
        pages = [
            (region, told[start : start + STATEMENTS_A_DOCUMENT])
            for region, told in by_region.items()
            for start in range(0, len(told), STATEMENTS_A_DOCUMENT)
        ]
        document, snapshot, statement = bulk.next_id(Document), bulk.next_id(Snapshot), bulk.next_id(Statement)
        bulk.write(
            Document,
            ["id", "uid", "dossier_id", "url", "publisher_id"],
            (
                [document + n, uuid.uuid4(), self._dossiers[region], f"https://outlet.example/{document + n}",
                 self._outlets[n % len(self._outlets)]]
                for n, (region, _) in enumerate(pages)
            ),
            published_at=NOON,
        )  # fmt: skip
        bulk.write(
            Snapshot,
            ["id", "uid", "document_id", "text"],
            (
                [snapshot + n, uuid.uuid4(), document + n, BETWEEN.join(f.said(wording) for _, f, wording in told)]
                for n, (_, told) in enumerate(pages)
            ),
            number=1, latest=True, fetched_at=NOON, warc_offset=0, warc_length=1, payload_sha256="0" * 64,
            text_sha256="0" * 64, analysed_with="bulk/1", matched_with="bulk/1",
        )  # fmt: skip
        placed = [
            (snapshot + page, start, *one)
            for page, (_, told) in enumerate(pages)
            for start, one in zip(_starts(told), told, strict=True)
        ]
        bulk.write(
            Statement,
            ["id", "uid", "snapshot_id", "source_id", "content_text", "content_spans"],
            (
                [statement + n, uuid.uuid4(), page, self._outlets[(n + wording) % len(self._outlets)],
                 fact.said(wording), f"[[{start}, {start + len(fact.said(wording))}]]"]
                for n, (page, start, _, fact, wording) in enumerate(placed)
            ),
            quotation="indirect", extractor="bulk", extractor_version="1",
        )  # fmt: skip
        bulk.write(
            Position,
            ["uid", "statement_id", "claim_id", "stance"],
            (
                [uuid.uuid4(), statement + n, claim, self._stance(claim, wording)]
                for n, (_, _, claim, _, wording) in enumerate(placed)
            ),
            score=0.9, algorithm="bulk", algorithm_version="1",
        )  # fmt: skip

    def _stance(self, claim: int, wording: int) -> str:
        contested = self._contested and claim % self._contested == 0 and wording == self._stated - 1
        return "refutes" if contested else "supports"


def _starts(told: Sequence[tuple[int, Fact, int]]) -> list[int]:
    """Where each statement of a document starts in its text."""
    lengths = [len(fact.said(wording)) + len(BETWEEN) for _, fact, wording in told]
    return [sum(lengths[:n]) for n in range(len(lengths))]
