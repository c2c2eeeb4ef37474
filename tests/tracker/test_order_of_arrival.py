"""Whatever the order in which documents arrive, the same is known in the end; reading again changes nothing of it.

The documents are read by the real pipeline. Only what the analysis finds in a text is given: a line of a document is a
statement, so that no example depends on how well a sentence is parsed.
"""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any

import pytest
from django.db import connection, transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from claims.models import Claim, Contradiction, Document, Event, Position, Snapshot, Statement
from claims.services import statements
from claims.services.actor import Actor
from claims.services.claims import set_position
from claims.services.documents import set_document_state, set_origin
from claims.services.sources import Named
from claims.services.statements import Attributed
from tracker import matching, pipeline
from tracker.models import Submission
from tracker.submissions import submit

pytestmark = pytest.mark.django_db

OUTLETS = ("Arvel Gazette", "Besk Courier", "Inland Wire")
PEOPLE = {"Ada Lind": "Harbour Council", "Olaf Brandt": "Harbour Council", "Mira Tosk": None, "an official": None}
# Each of these is one claim in two wordings; the last two are rival figures of one toll.
CLAIMS = (
    ("the stone bridge at Arvel was closed to lorries", "the stone bridge at Arvel was closed to all lorries"),
    ("fire destroyed the grain mill in Besk", "the grain mill in Besk was destroyed by fire"),
    ("nine miners were killed in Karsk", "nine miners were killed at Karsk"),
    ("40 miners were killed in Karsk", "40 miners were killed at Karsk"),
)
TOLLS = {2: 9.0, 3: 40.0}
CUES = ("said", "denied", "hinted")
STATEMENT = re.compile(r"^(?P<source>[^:.\n]+?) (?P<cue>said|denied|hinted) that (?P<content>.+)\.$", re.MULTILINE)


@dataclass(frozen=True)
class Said:
    """Who says or denies which claim, in which of its wordings."""

    who: str
    claim: int
    wording: int
    cue: str

    @property
    def line(self) -> str:
        return f"{self.who} {self.cue} that {CLAIMS[self.claim][self.wording]}."


@dataclass(frozen=True)
class Page:
    """One publication. Pages of one ``story`` have one text; ``credit`` names whose story it is."""

    story: int
    publisher: str
    hour: int
    said: tuple[Said, ...]
    credit: str | None = None

    def text(self) -> str:
        around = [
            f"Item {n} of report {self.story} concerns parcel {n * 7 + self.story * 31} by the canal." for n in range(9)
        ]
        return "\n\n".join([*around, *(one.line for one in self.said)])


def found_in(snapshot: Snapshot) -> list[Attributed]:
    """What there is to find in a page, without any analysis."""
    return [_attributed(line) for line in STATEMENT.finditer(snapshot.text)]


def _attributed(line: re.Match[str]) -> Attributed:
    who, claim = line["source"], next(n for n, words in enumerate(CLAIMS) if line["content"] in words)
    kind = "unnamed" if who == "an official" else "news media" if who in OUTLETS else "person"
    toll = {"measure": "killed", "counted": "miners", "low": TOLLS.get(claim), "best": TOLLS.get(claim),
            "high": TOLLS.get(claim), "place": "Karsk"}  # fmt: skip
    return Attributed(
        content_spans=[list(line.span("content"))],
        cue_spans=[list(line.span("cue"))],
        source_spans=[list(line.span("source"))],
        source=Named(who, kind, organisation=PEOPLE.get(who)),
        polarity="denies" if line["cue"] == "denied" else "affirms",
        modality="hedged" if line["cue"] == "hinted" else "asserted",
        quantities=[toll] if claim in TOLLS else [],
        place=("Arvel", "Besk", "Karsk", "Karsk")[claim],
    )


@dataclass(frozen=True)
class Decision:
    """What a reviewer decides about a page, as soon as it is read or when all are."""

    kind: str
    statement: int
    at_once: bool


def arrive(number: int, page: Page) -> None:
    hand_in(number, page)
    pipeline.work_off()


def hand_in(number: int, page: Page) -> Submission:
    front = [f"url: https://outlet.example/{number}", f"publisher: {page.publisher}"]
    front += [f"published_at: 2031-05-06T{page.hour:02}:00:00Z"]
    front += [f"credit: {page.credit}"] if page.credit else []
    payload = "\n".join(["---", *front, "---", page.text(), ""]).encode()
    return submit(address=f"{number}.md", payload=payload, content_type="text/markdown", announce=False)


def decide(number: int, decision: Decision, reviewer: Any) -> None:
    document = Document.objects.get(url=f"https://outlet.example/{number}")
    rows = list(Statement.objects.current().filter(snapshot__document=document).order_by("pk"))
    row = rows[decision.statement % len(rows)]
    if decision.kind == "rejects a statement":
        statements.reject_statement(row, by=reviewer, reason="The text says otherwise.")
    elif decision.kind == "confirms a statement":
        statements.confirm_statement(row, by=reviewer)
    elif decision.kind == "turns a position":
        position = row.positions.get(superseded_at__isnull=True)
        turned = "supports" if position.stance == "refutes" else "refutes"
        set_position(row, claim=position.claim, stance=turned, by=reviewer, reason="Irony.")
    elif decision.kind == "notes a retraction":
        set_document_state(document, state="retracted", actor=Actor.person(reviewer), reason="Seen in print.")
    else:
        set_origin(document, origin=None, explanation="Its own reporting.", actor=Actor.person(reviewer))
    pipeline.work_off()


def what_people_decided() -> set[tuple[object, ...]]:
    """Every decision of a person that the rows hold now."""
    decided: set[tuple[object, ...]] = set()
    for statement in Statement.objects.filter(reviewed_by__isnull=False):
        decided.add(
            (statement.snapshot.document.url, statement.content_text, statement.state, statement.reviewed_by_id)
        )
    for position in Position.objects.filter(origin="person", superseded_at__isnull=True):
        at = position.statement
        decided.add((at.snapshot.document.url, at.content_text, position.stance, position.by_id))
    for document in Document.objects.all():
        if document.state_decided_by_person:
            decided.add((document.url, document.state))
        if document.origin_decided_by_person:
            decided.add((document.url, document.origin_id))
    return decided


def what_is_known() -> dict[frozenset[tuple[str, str, str]], object]:
    """Each claim by the statements about it, with its standing and what conflicts; ids, which differ, left out."""
    key_of, known = {}, {}
    for claim in Claim.objects.live():
        positions = Position.objects.current().filter(claim=claim).select_related("statement__snapshot__document")
        key = frozenset((p.statement.snapshot.document.url, p.statement.content_text, p.stance) for p in positions)
        if key:
            key_of[claim.pk] = key
            why = claim.standing_explanation
            known[key] = (
                claim.standing, sorted(claim.standing_flags), claim.origins, claim.refuting_origins, why["sentences"],
                [origin["names"] for origin in (*why["supporting"], *why["refuting"])],
                sorted((d["source"], d["reason"], d["detail"]) for d in why["discounted"]),
            )  # fmt: skip
    for one in Contradiction.objects.standing():
        sides = frozenset(key_of[pk] for pk in (one.claim_id, one.other_claim_id) if pk)
        known[sides] = (one.type, one.state, round(one.score, 3))  # type: ignore[index]
    return known


@contextmanager
def rolled_back() -> Iterator[None]:
    """An empty database for one example. What the database checks at commit is checked before it is forgotten."""
    with transaction.atomic():
        yield
        connection.check_constraints()
        transaction.set_rollback(True)


SAID = st.builds(
    Said,
    st.sampled_from([*PEOPLE, *OUTLETS]),
    st.integers(0, len(CLAIMS) - 1),
    st.integers(0, 1),
    st.sampled_from(CUES),
)
PAGES = st.builds(
    Page,
    story=st.integers(0, 3),
    publisher=st.sampled_from(OUTLETS),
    hour=st.integers(0, 20),
    said=st.lists(SAID, min_size=1, max_size=2, unique_by=lambda s: s.line).map(tuple),
    credit=st.none() | st.sampled_from(OUTLETS),
)
KINDS = (
    "rejects a statement", "confirms a statement", "turns a position", "notes a retraction", "calls it no copy",
)  # fmt: skip
DECISIONS = st.builds(Decision, st.sampled_from(KINDS), st.integers(0, 1), st.booleans())


@st.composite
def arrivals(draw: st.DrawFn) -> tuple[list[Page], list[int], dict[int, Decision]]:
    """Some pages, another order for them, and what a reviewer decides about some of them."""
    pages = draw(st.lists(PAGES, min_size=2, max_size=4))
    first_of: dict[int, Page] = {}
    same_story = [replace(page, said=first_of.setdefault(page.story, page).said) for page in pages]
    order = draw(st.permutations(range(len(pages))))
    decisions = draw(st.dictionaries(st.integers(0, len(pages) - 1), DECISIONS, max_size=2))
    return same_story, order, decisions


def read_all(pages: list[Page], order: list[int], decisions: dict[int, Decision], reviewer: Any) -> None:
    for number in order:
        arrive(number, pages[number])
        if number in decisions and decisions[number].at_once:
            decide(number, decisions[number], reviewer)
    for number, decision in sorted(decisions.items()):
        if not decision.at_once:
            decide(number, decision, reviewer)


@pytest.fixture(autouse=True)
def perfect_analysis(monkeypatch):
    monkeypatch.setattr(pipeline, "found_in", found_in)


@settings(
    max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
@given(arrivals())
def test_neither_the_order_of_arrival_nor_a_second_reading_changes_what_is_known_or_was_decided(reviewer, drawn):
    pages, other_order, decisions = drawn
    with rolled_back():
        read_all(pages, list(range(len(pages))), decisions, reviewer)
        known, decided = what_is_known(), what_people_decided()
        read_again()
        assert what_is_known() == known
        assert what_people_decided() == decided
    with rolled_back():
        read_all(pages, other_order, decisions, reviewer)
        assert what_is_known() == known
        assert what_people_decided() == decided


@settings(
    max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
@given(arrivals())
def test_documents_that_are_placed_together_are_placed_as_one_by_one(reviewer, drawn):
    pages, _order, _decisions = drawn
    with rolled_back():
        read_all(pages, list(range(len(pages))), {}, reviewer)
        known = what_is_known()
    with rolled_back():
        for number, page in enumerate(pages):
            pipeline.read_submission(hand_in(number, page).pk)
        snapshots = list(Snapshot.objects.order_by("pk").values_list("pk", flat=True))
        for pk in snapshots:
            pipeline.analyse_snapshot(pk)
        matching.match_snapshots(snapshots)
        assert what_is_known() == known


def read_again() -> None:
    """The same pages handed in again, the same analysis of what is stored, and the matching of it all once more."""
    rows = [Statement, Claim, Position, Contradiction, Event]
    before = [model.objects.count() for model in rows]
    for snapshot in Snapshot.objects.order_by("pk"):
        pipeline.record_analysis(snapshot, found_in(snapshot))
    pipeline.work_off()
    assert [model.objects.count() for model in rows] == before
