"""Fills a database with invented claims, and with the statements and positions that would have led to them."""

from __future__ import annotations

import json
import time
import uuid
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import islice
from typing import Any

from django.contrib.auth.models import User
from django.db import transaction

from benchmarks import bulk
from benchmarks.invented_claims import Fact, World
from claims import standing
from claims.models import Claim, Document, Dossier, Position, Snapshot, Source, Statement, Verdict
from claims.services.claims import Asserted
from tracker.analysis.embedding import embed
from tracker.analysis.toponyms import place_key

DOSSIERS = 20
OUTLETS = 500
BATCH = 20_000  # claims in one transaction
STATEMENTS_A_DOCUMENT = 12
CLAIMS_A_VERDICT = 100
BETWEEN = ". "  # statements of a document
NOON = datetime(2034, 1, 1, 12, tzinfo=UTC)
FIRST = "SELECT min(id) FROM {}"
CLAIM_COLUMNS = (
    "uid", "dossier_id", "created_at", "text", "kind", "place", "place_key", "when_first", "when_last", "measure",
    "counted", "best", "embedding",
)  # fmt: skip
STANDING_COLUMNS = (
    "standing", "standing_version", "standing_flags", "standing_explanation", "origins", "refuting_origins",
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


def every_fifth_thrice(number: int) -> int:
    """Every fifth claim is stated three times, the others are not."""
    return 0 if number % 5 else 3


def as_news_goes(number: int) -> int:
    """Most claims are stated once, some twice, few often: of 10,000 together 15,060 times, of them one 61 times."""
    if number % 10_000 == 0:
        return 61
    rest = number % 100
    return 20 if rest == 1 else 5 if rest < 6 else 2 if rest < 21 else 1


@dataclass(frozen=True, slots=True)
class _Said:
    """One statement to be written: of which claim, in which words, on which page and by whom."""

    claim: int
    fact: Fact
    wording: int
    page: int
    start: int
    outlet: int
    stance: str
    position: uuid.UUID


@dataclass(frozen=True, slots=True)
class _Page:
    """One document to be written."""

    uid: uuid.UUID
    dossier: int
    publisher: int
    text: str


class Filler:
    """Writes facts as claims, with the statements and positions that would have led to them.

    ``stated`` says of the number of a claim how often it is stated, once in its own words and then in others; of every
    ``contested``-th claim the last statement refutes it, of none where that is 0. ``in_full``: besides, each claim has
    its standing, by the product's own rules, and every hundredth a verdict, and the events on the ledger tell all that
    the product's own would (:func:`benchmarks.bulk.write`).
    """

    def __init__(
        self,
        *,
        say: Callable[[str], None],
        stated: Callable[[int], int] = every_fifth_thrice,
        contested: int = 0,
        in_full: bool = False,
    ) -> None:
        """``say`` hears what is being done. The database must be empty, or filled by another of these."""
        self._say = say
        self._stated, self._contested, self._in_full = stated, contested, in_full

        self.stored = Claim.objects.count()
        self._facts = islice(World(regions=DOSSIERS).facts(), self.stored, None)
        if self.stored:
            dossier, source = (bulk.rows_of(FIRST.format(m._meta.db_table))[0][0] for m in (Dossier, Source))
        else:
            dossier, source = bulk.next_id(Dossier), bulk.next_id(Source)
        self._dossiers = range(dossier, dossier + DOSSIERS)
        self._outlets = range(source, source + OUTLETS)
        self._people = [User.objects.get_or_create(username=name)[0].pk for name in ("author", "approver")]
        if not self.stored:
            bulk.write(
                Dossier,
                ["id", "uid", "slug", "title"],
                ([pk, uuid.uuid4(), f"region-{n}", f"Region {n}"] for n, pk in enumerate(self._dossiers)),
                in_full=in_full,
            )
            bulk.write(
                Source,
                ["id", "uid", "name"],
                ([pk, uuid.uuid4(), f"Outlet {pk}"] for pk in self._outlets),
                in_full=in_full,
                kind="news media",
            )
        outlets = Source.objects.filter(pk__in=self._outlets).order_by("pk")
        self._bodies = [standing.Body(str(outlet.uid), outlet.name) for outlet in outlets]

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
        bulk.verify([Dossier, Source, Claim, Document, Snapshot, Statement, Position, Verdict])
        return took

    def _add(self, facts: Sequence[Fact]) -> None:
        with transaction.atomic():
            first = bulk.next_id(Claim)
            pages, said = self._told([(first + n, self.stored + n, fact) for n, fact in enumerate(facts)])
            weighed = self._weighed(pages, said) if self._in_full else {}
            columns = [*CLAIM_COLUMNS, *(STANDING_COLUMNS if self._in_full else ())]
            bulk.write(
                Claim,
                ["id", *columns],
                (self._claim(first + n, fact) + self._standing(weighed, first + n) for n, fact in enumerate(facts)),
                in_full=self._in_full,
            )
            self._state(pages, said)
            if self._in_full:
                self._judge(range(first, first + len(facts), CLAIMS_A_VERDICT))
        self.stored += len(facts)

    def _claim(self, pk: int, fact: Fact) -> list[Any]:
        asserted = as_asserted(fact, wording=0)
        vector = "[" + ",".join([f"{value:.5f}" if value else "0" for value in asserted.embedding]) + "]"
        return [
            pk, uuid.uuid4(), self._dossiers[fact.region], NOON + timedelta(seconds=pk), asserted.text,
            "figure" if asserted.measure else "event", asserted.place, asserted.place_key, asserted.when_first,
            asserted.when_last, asserted.measure, asserted.counted, asserted.best, vector,
        ]  # fmt: skip

    def _standing(self, weighed: Mapping[int, standing.Standing], claim: int) -> list[Any]:
        if not self._in_full:
            return []
        found = weighed.get(claim) or standing.assess([])
        return [
            found.value, found.version, list(found.flags), json.dumps(found.as_json()), found.origins,
            found.refuting_origins,
        ]  # fmt: skip

    def _told(self, claims: Sequence[tuple[int, int, Fact]]) -> tuple[list[_Page], list[_Said]]:
        """Documents of a dozen statements each, in which claims of these ids and numbers are stated."""
        by_region: dict[int, list[tuple[int, Fact, int, bool]]] = {}
        for claim, number, fact in claims:
            times = self._stated(number)
            for wording in range(times):
                refuted = bool(self._contested) and number % self._contested == 1 and wording == times - 1
                by_region.setdefault(fact.region, []).append((claim, fact, wording, refuted))
        pages: list[_Page] = []
        said: list[_Said] = []
        for region, stated in by_region.items():
            for start in range(0, len(stated), STATEMENTS_A_DOCUMENT):
                told = stated[start : start + STATEMENTS_A_DOCUMENT]
                at = 0
                for claim, fact, wording, refuted in told:
                    outlet, stance = (len(said) + wording) % OUTLETS, "refutes" if refuted else "supports"
                    said.append(_Said(claim, fact, wording, len(pages), at, outlet, stance, uuid.uuid4()))
                    at += len(fact.said(wording)) + len(BETWEEN)
                text = BETWEEN.join(fact.said(wording) for _, fact, wording, _ in told)
                pages.append(_Page(uuid.uuid4(), self._dossiers[region], len(pages) % OUTLETS, text))
        return pages, said

    def _weighed(self, pages: Sequence[_Page], said: Sequence[_Said]) -> dict[int, standing.Standing]:
        """The standing of each claim that is stated, by the product's rules."""
        taken: defaultdict[int, list[standing.Taken]] = defaultdict(list)
        for one in said:
            page, speaker = pages[one.page], self._bodies[one.outlet]
            taken[one.claim].append(
                standing.Taken(
                    position=str(one.position),
                    stance=one.stance,
                    speaker=speaker.name,
                    source=speaker,
                    publisher=self._bodies[page.publisher],
                    document=str(page.uid),
                    root=str(page.uid),
                    at=NOON,
                )
            )
        return {claim: standing.assess(positions) for claim, positions in taken.items()}

    def _state(self, pages: Sequence[_Page], said: Sequence[_Said]) -> None:
        """Write documents, their statements and the positions that these take."""
        document, snapshot, statement = bulk.next_id(Document), bulk.next_id(Snapshot), bulk.next_id(Statement)
        bulk.write(
            Document,
            ["id", "uid", "dossier_id", "url", "publisher_id"],
            (
                [document + n, page.uid, page.dossier, f"https://outlet.example/{document + n}",
                 self._outlets[page.publisher]]
                for n, page in enumerate(pages)
            ),
            in_full=self._in_full, published_at=NOON,
        )  # fmt: skip
        bulk.write(
            Snapshot,
            ["id", "uid", "document_id", "text"],
            ([snapshot + n, uuid.uuid4(), document + n, page.text] for n, page in enumerate(pages)),
            in_full=self._in_full, number=1, latest=True, fetched_at=NOON, warc_offset=0, warc_length=1,
            payload_sha256="0" * 64, text_sha256="0" * 64, analysed_with="bulk/1", matched_with="bulk/1",
        )  # fmt: skip
        bulk.write(
            Statement,
            ["id", "uid", "snapshot_id", "source_id", "content_text", "content_spans"],
            (
                [statement + n, uuid.uuid4(), snapshot + one.page, self._outlets[one.outlet],
                 one.fact.said(one.wording), f"[[{one.start}, {one.start + len(one.fact.said(one.wording))}]]"]
                for n, one in enumerate(said)
            ),
            in_full=self._in_full, quotation="indirect", extractor="bulk", extractor_version="1",
        )  # fmt: skip
        position = bulk.next_id(Position)
        bulk.write(
            Position,
            ["id", "uid", "statement_id", "claim_id", "stance"],
            (
                [position + n, one.position, statement + n, one.claim, one.stance]
                for n, one in enumerate(said)
            ),
            in_full=self._in_full, score=0.9, algorithm="bulk", algorithm_version="1",
            explanation=["the same event, place and day"],
        )  # fmt: skip

    def _judge(self, claims: Sequence[int]) -> None:
        """Publish a verdict on each of these claims."""
        author, approver = self._people
        bulk.write(
            Verdict,
            ["uid", "claim_id"],
            ([uuid.uuid4(), claim] for claim in claims),
            in_full=True, credibility=2, rationale="Several bodies that do not cite each other say so.",
            state="published", author_id=author, approver_id=approver, published_at=NOON,
        )  # fmt: skip
