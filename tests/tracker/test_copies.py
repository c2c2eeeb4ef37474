"""Which document the others copied: by its credit, its date and its address, never by the order of arrival."""

import itertools
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection
from django.utils import timezone

from claims.models import Document, Snapshot
from claims.services.actor import Actor
from claims.services.documents import Copy, Printed, record_version, set_origin
from claims.services.sources import Named
from tests.factories import MACHINE
from tracker.analysis import nearduplicates
from tracker.copies import settle_origins

SENTENCES = [
    f"On day {day} the council of Arvel met about item {day}; {day * 7} lorries crossed the stone bridge before noon."
    for day in range(1, 13)
]
STORY = " ".join(SENTENCES)
OTHER = "The harvest fair opened in Besk with a parade of tractors, and in the evening it rained on the whole valley."
MORNING = datetime(2031, 5, 1, 6, tzinfo=UTC)

pytestmark = pytest.mark.django_db


def printed(name: str, text: str = STORY, *, day: int | None = 0, publisher: str = "", credit: str = "") -> Document:
    """A document is fetched, again or for the first time, and its origin settled."""
    snapshot = fetched(name, text, day=day, publisher=publisher, credit=credit)
    settle_origins(snapshot)
    return snapshot.document


def fetched(name: str, text: str, *, day: int | None = 0, publisher: str = "", credit: str = "") -> Snapshot:
    return record_version(
        Printed(
            f"https://outlet.example/{name}",
            publisher=Named(publisher, "news media") if publisher else None,
            credit=Named(credit, "news media") if credit else None,
            published_at=None if day is None else MORNING + timedelta(days=day),
        ),
        Copy(
            fetched_at=timezone.now(),
            fetched_from=f"https://outlet.example/{name}",
            warc_path="a",
            warc_offset=0,
            warc_length=1,
            payload_sha256="0" * 64,
            text=text,
            extractor="plain",
            extractor_version="1",
            signature=nearduplicates.signature(text),
        ),
        actor=MACHINE,
    ).snapshot


def origins() -> dict[str, str | None]:
    """The document that each one copies, by the ends of their addresses."""
    documents = Document.objects.select_related("origin")
    return {d.url.rsplit("/", 1)[1]: d.origin.url.rsplit("/", 1)[1] if d.origin else None for d in documents}


@pytest.mark.parametrize("order", list(itertools.permutations(["wire", "copy", "cut", "more cut"])))
def test_in_whatever_order_they_arrive_the_same_one_is_the_original(order):
    texts = {"wire": STORY, "copy": f"From our wire. {STORY}"}
    texts |= {"cut": " ".join(SENTENCES[:10]), "more cut": " ".join(SENTENCES[:8])}
    for name in order:
        wire = name == "wire"
        printed(name.replace(" ", "-"), texts[name], day=None, publisher="Wire" if wire else name,
                credit="" if wire else "Wire")  # fmt: skip
    assert origins() == {"wire": None, "copy": "wire", "cut": "wire", "more-cut": "wire"}


@pytest.mark.parametrize("order", ["xy", "yx"])
def test_nothing_else_to_go_by_the_address_decides_not_the_arrival(order):
    for name in order:
        printed(name, day=None)
    assert origins() == {"x": None, "y": "x"}


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
def test_those_that_arrive_together_see_each_other_whichever_is_settled_first(order):
    arrived = [fetched("wire", STORY), fetched("copy", STORY, day=1)]
    for number in order:
        settle_origins(arrived[number])
    assert origins() == {"wire": None, "copy": "wire"}


def test_a_document_that_copies_none_is_settled_without_reading_all_others(django_assert_num_queries):
    printed("wire")
    snapshot = fetched("other", OTHER)
    with django_assert_num_queries(2) as queries:
        settle_origins(snapshot)
    with connection.cursor() as cursor:
        cursor.execute("EXPLAIN " + queries.captured_queries[1]["sql"])
        assert "Seq Scan" not in "\n".join(line for (line,) in cursor.fetchall())


def test_a_document_whose_text_changed_is_no_copy_any_more():
    printed("wire")
    printed("copy", day=1)
    assert origins() == {"wire": None, "copy": "wire"}
    printed("copy", OTHER, day=1)
    assert origins() == {"wire": None, "copy": None}


def test_those_that_copied_a_document_that_changed_find_another_original():
    printed("wire")
    printed("second", day=1)
    printed("third", day=2)
    printed("wire", OTHER)
    assert origins() == {"wire": None, "second": None, "third": "second"}


def test_a_persons_word_is_followed_to_its_root(editor):
    first, second = printed("first"), printed("second", day=1)
    person = Actor.person(editor)
    set_origin(second, origin=None, explanation="it was first in print", actor=person)
    set_origin(first, origin=second, explanation="taken from there", actor=person)
    printed("third", day=2)
    assert origins() == {"first": "second", "second": None, "third": "second"}


def test_a_persons_word_and_a_credit_make_no_circle(editor):
    printed("a")
    b = printed("b", day=-1, publisher="Bee")
    c = printed("c", day=2)
    set_origin(b, origin=c, explanation="b copied c", actor=Actor.person(editor))
    printed("d", day=3, credit="Bee")
    assert {document.root.url.rsplit("/", 1)[1] for document in Document.objects.all()} == {"c"}


def test_a_document_that_a_person_called_a_copy_stays_one_when_its_text_changes(editor):
    printed("wire")
    copy = printed("copy", OTHER, day=1)
    wire = Document.objects.get(url__endswith="wire")
    set_origin(copy, origin=wire, explanation="it says so in print", actor=Actor.person(editor))
    printed("copy", OTHER + " Nobody minded.", day=1)
    assert origins() == {"wire": None, "copy": "wire"}
