"""Who asserts: the sources of a whole document are found by their names, or created, in one go."""

import threading

import pytest
from django.db import connection, connections, transaction

from claims.errors import WrongState
from claims.models import Event, Source, SourceName
from claims.services.sources import Named, add_alias, create_source, merge_sources, resolve_source, resolve_sources
from tests.factories import MACHINE, DocumentFactory, SourceFactory
from tests.servers import wait_until

OFFICIAL = Named("an official", "unnamed")
MAYOR = Named("Ada Berg", "person", "mayor of Arvel", "Arvel Town Council")
COUNCIL = Named("the Arvel Town Council", "government")


def resolved(*named: Named, document=None):
    found = resolve_sources(named, document=document, actor=MACHINE)
    return [found[one] for one in named]


@pytest.mark.django_db
def test_of_several_names_of_one_source_the_first_says_what_it_is():
    mayor, same, council = resolved(MAYOR, Named("ADA BERG"), COUNCIL)
    assert mayor == same
    assert (mayor.kind, mayor.description, mayor.parent) == ("person", "mayor of Arvel", council)
    assert (council.name, council.kind) == ("Arvel Town Council", "organisation")
    assert [event.state["name"] for event in Event.objects.filter(verb="created").order_by("pk")] == [
        "Arvel Town Council",
        "Ada Berg",
    ]
    assert resolved(MAYOR, COUNCIL) == [mayor, council]
    assert Event.objects.filter(verb="created").count() == 2


@pytest.mark.django_db
def test_the_organisation_of_somebody_known_is_no_concern():
    resolved(Named("Ada Berg"))
    resolved(MAYOR)
    assert [source.name for source in Source.objects.all()] == ["Ada Berg"]


@pytest.mark.django_db
def test_nobody_speaks_for_itself_and_a_name_without_a_letter_is_kept():
    council, dashes = resolved(Named("Arvel Town Council", organisation="The Arvel Town Council"), Named("--"))
    assert council.parent is None
    assert resolved(Named("--")) == [dashes]
    assert Source.objects.count() == 2


@pytest.mark.django_db
def test_an_alias_leads_to_what_its_source_counts_as_and_an_unnamed_source_stays_the_documents_own(editor):
    document = DocumentFactory()
    guard, official = resolved(Named("Northern Guard"), OFFICIAL, document=document)
    add_alias(guard, name="the guardsmen", actor=MACHINE)
    army, state = SourceFactory(), SourceFactory()
    merge_sources(guard, target=army, reason="One force.", by=editor)
    merge_sources(army, target=state, reason="One state.", by=editor)
    merge_sources(official, target=state, reason="He said so.", by=editor)
    assert resolved(Named("Guardsmen"), OFFICIAL, document=document) == [state, official]


@pytest.mark.django_db
def test_an_unnamed_source_needs_its_document():
    with pytest.raises(WrongState, match="needs the document"), transaction.atomic():
        resolve_source(OFFICIAL, document=None, actor=MACHINE)


@pytest.mark.django_db
def test_however_many_names_the_same_number_of_queries(django_assert_num_queries, editor):
    document = DocumentFactory()
    for known, count in ((2, 1), (20, 25)):
        people = [Named(f"person {count}.{n}", "person", organisation=f"body {count}.{n}") for n in range(count)]
        unnamed = [Named(f"official {count}.{n}", "unnamed") for n in range(count)]
        there = [Named(source.name) for source in SourceFactory.create_batch(known)]
        with django_assert_num_queries(5):  # one that finds them; their keys, names and rows; and what is told
            resolved(*people, *there, *unnamed, document=document)
        with django_assert_num_queries(1):
            resolved(*people, *there, *unnamed, document=document)


@pytest.mark.django_db(transaction=True)
def test_two_processes_that_meet_the_same_new_names_take_the_same_sources():
    document = DocumentFactory()
    named = [MAYOR, OFFICIAL, Named("Besk Radio", "news media")]
    there, done = list[list[Source]](), list[Source]()

    def work() -> None:
        try:
            with transaction.atomic():
                there.append(resolved(Named("only here"), *reversed(named), document=document))
            done.append(create_source(name="Besk Radio!", kind="news media", actor=MACHINE))
        finally:
            connections.close_all()

    other = threading.Thread(target=work)
    with transaction.atomic():
        here = resolved(*named, document=document)
        other.start()
        wait_until(somebody_waits, within=20, what="the other waits for these names")
    other.join()
    assert there[0][1:] == [*reversed(here)]
    assert done == [here[2]]
    assert there[0][1:][2].parent == here[0].parent
    created = Event.objects.filter(verb="created", object_type="source", object_uid__in=Source.objects.values("uid"))
    assert sorted(created.values_list("state__name", flat=True)) == sorted(
        ["Ada Berg", "Arvel Town Council", "Besk Radio", "an official", "only here", document.publisher.name]
    )
    assert set(SourceName.objects.values_list("source", flat=True)) == set(
        Source.objects.exclude(kind="unnamed").values_list("pk", flat=True)
    )


def somebody_waits() -> bool:
    """Whether another session waits for what this one holds."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT EXISTS (SELECT FROM pg_locks WHERE NOT granted)")
        return bool(cursor.fetchone()[0])
