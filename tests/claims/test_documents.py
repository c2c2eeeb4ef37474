"""Documents and their versions: one per address, and what people said of them stays."""

import threading

import pytest
from django.db import connection, connections, transaction
from django.utils import timezone

from claims.errors import AddressTaken, CircularOrigin
from claims.models import Document, Event, Snapshot
from claims.services.actor import Actor
from claims.services.documents import Copy, Printed, Recorded, record_version, set_document_state, set_origin
from claims.services.sources import Named
from tests import factories
from tests.factories import MACHINE

STORY = "https://outlet.example/story"
FIRST = "The mayor of Arvel said the bridge was closed."


def version(
    text: str, *, fetched: bool = True, url: str = STORY, state: str = "", printed: Printed | None = None
) -> Recorded:
    copy = Copy(
        fetched_at=timezone.now(),
        fetched_from=url if fetched else "story.md",
        http_status=200 if fetched else None,
        warc_path="a",
        warc_offset=0,
        warc_length=1,
        warc_sha256="1" * 64,
        payload_sha256="0" * 64,
        text=text,
        extractor="plain",
        extractor_version="1",
    )
    return record_version(printed or Printed(url, state=state), copy, actor=MACHINE)


@pytest.mark.django_db(transaction=True)
def test_two_workers_with_one_new_address_make_one_document_of_two_versions():
    gate, errors = threading.Barrier(2), list[Exception]()

    def work(text: str) -> None:
        try:
            with transaction.atomic():
                gate.wait(timeout=10)
                version(text)
        except Exception as error:  # noqa: BLE001  asserted on below
            errors.append(error)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=work, args=[text]) for text in (FIRST, "Another text.")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []
    assert Document.objects.count() == 1
    assert sorted(Snapshot.objects.values_list("number", "latest")) == [(1, False), (2, True)]


@pytest.mark.django_db
def test_a_new_document_takes_few_queries_and_is_told_in_order(django_assert_num_queries):
    version(FIRST, url="https://outlet.example/another")  # opens the dossier
    printed = Printed(STORY, publisher=Named("Arvel Post", "news media"), credit=Named("Besk Wire", "news media"))
    # Whether it is known; its dossier; who published it and whom it credits, four with new ones; the document, in a
    # savepoint; the version; and what is told.
    with django_assert_num_queries(11):
        version(FIRST, printed=printed)
    told = Event.objects.order_by("pk").values_list("verb", "object_type")
    assert list(told)[-4:] == [("created", "source")] * 2 + [("first seen", "document"), ("archived", "snapshot")]


@pytest.mark.django_db
def test_one_address_written_otherwise_is_one_document():
    version(FIRST)
    again = version(FIRST, url="HTTPS://Outlet.example:443/story?utm_source=mail#top")
    assert (again.new_document, again.new_snapshot) == (False, False)


@pytest.mark.django_db
def test_what_a_person_says_of_a_state_no_machine_changes(editor):
    document = version(FIRST).snapshot.document
    set_document_state(document, state="retracted", actor=Actor.person(editor), reason="a notice on the page")
    version(FIRST + " It rained.")
    version(FIRST + " It snowed.", state="live")
    version(FIRST + " It snowed.", state="corrected")
    set_document_state(document, state="live", actor=MACHINE)
    document.refresh_from_db()
    assert (document.state, document.state_decided_by_person) == ("retracted", True)
    set_document_state(document, state="live", actor=Actor.person(editor), reason="the notice was about another")
    document.refresh_from_db()
    assert document.state == "live"


@pytest.mark.django_db
@pytest.mark.parametrize("removed", ["retracted", "gone"])
def test_what_was_removed_comes_back_only_by_its_own_word(removed):
    version(FIRST, state=removed)
    document = version(FIRST + " It rained.").snapshot.document
    document.refresh_from_db()
    assert document.state == removed
    version(FIRST + " It rained.", state="live")
    document.refresh_from_db()
    assert document.state == "live"


@pytest.mark.django_db
def test_a_new_text_is_a_correction_until_the_document_says_otherwise():
    document = version(FIRST).snapshot.document
    version(FIRST + " It rained.")
    version(FIRST + " It rained.", state="live")
    document.refresh_from_db()
    assert document.state == "corrected"


@pytest.mark.django_db
def test_what_is_handed_in_never_replaces_what_was_fetched():
    version(FIRST)
    with pytest.raises(AddressTaken, match="was fetched"), transaction.atomic():
        version("The mayor of Arvel said the bridge was open.", fetched=False, state="retracted")
    document = Document.objects.get()
    assert (document.state, document.snapshots.count()) == ("live", 1)


@pytest.mark.django_db
def test_what_is_fetched_replaces_what_was_handed_in():
    version(FIRST, fetched=False)
    version(FIRST + " It rained.", fetched=False)
    assert version("The bridge is open.").snapshot.number == 3


@pytest.mark.django_db
def test_a_new_version_changes_no_standing_before_it_is_read():
    before = version(FIRST).snapshot
    Snapshot.objects.filter(pk=before.pk).update(analysed_with="x/1", matched_with="x/1")
    claim = factories.ClaimFactory(standing="single-origin")
    factories.PositionFactory(claim=claim, statement__snapshot=before)
    after = version(FIRST + " It rained.").snapshot
    assert not Event.objects.filter(verb="standing changed").exists()
    assert list(Snapshot.objects.newest_analysed()) == [before]
    Snapshot.objects.filter(pk=after.pk).update(analysed_with="x/1")
    assert list(Snapshot.objects.newest_analysed()) == [after]


@pytest.mark.django_db
def test_people_cannot_make_a_circle_of_copies(editor):
    person = Actor.person(editor)
    one, other, third = factories.DocumentFactory.create_batch(3)
    set_origin(other, origin=one, explanation="the same words", actor=person)
    set_origin(third, origin=other, explanation="the same words", actor=person)
    for copy in (other, third, one):
        with pytest.raises(CircularOrigin):
            set_origin(one, origin=copy, explanation="the other way round", actor=person)
    with pytest.raises(CircularOrigin):
        set_origin(one, origin=third, explanation="the same words", actor=MACHINE)


@pytest.mark.django_db
def test_a_person_turns_round_what_a_machine_found(editor):
    one, other = factories.DocumentFactory.create_batch(2)
    set_origin(other, origin=one, explanation="the same words", actor=MACHINE)
    set_origin(one, origin=other, explanation="printed a day later", actor=Actor.person(editor))
    one.refresh_from_db()
    other.refresh_from_db()
    assert (one.origin, other.origin, other.origin_decided_by_person) == (other, None, False)


@pytest.mark.django_db
def test_a_step_of_the_pipeline_has_no_text_taken_apart_again():
    """PostgreSQL works out what a search reads of a row anew whenever a trigger could still change the row."""
    before_update_of_a_row = 1 | 2 | 16  # TRIGGER_TYPE_ROW, _BEFORE and _UPDATE
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT tgname FROM pg_trigger WHERE tgrelid = %s::regclass AND tgtype & %s = %s",
            [Snapshot._meta.db_table, before_update_of_a_row, before_update_of_a_row],
        )
        assert cursor.fetchall() == []
