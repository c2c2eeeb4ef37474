"""Adding many rows at once."""

import pytest
from django.db import IntegrityError, transaction

from claims.models import Event, Party, Source
from claims.services import ledger
from claims.services.copying import add_unless_there, copy_in
from claims.services.keys import reserved_keys
from tests.factories import MACHINE, DocumentFactory, PartyFactory, SourceFactory

pytestmark = pytest.mark.django_db

ODD = "tab\t, newline\n, backslash \\N \\., quote ' \", brace {}, 漢字, \u202e"


def events(*reasons: str) -> list[Event]:
    party = PartyFactory()
    return [
        Event(actor_label="t", verb="told", object_type="party", object_uid=party.uid, state={"odd": ODD}, reason=one)
        for one in reasons
    ]


def test_rows_are_what_they_would_be_if_django_wrote_them():
    copied, created = events(ODD, ""), events(ODD, "")
    copy_in(copied)
    Event.objects.bulk_create(created)
    rows = list(Event.objects.filter(verb="told").order_by("pk").values())
    assert len(rows) == 4
    for ours, theirs in zip(rows[:2], rows[2:], strict=True):
        for name in ours.keys() - {"id", "object_uid", "recorded_at"}:
            assert ours[name] == theirs[name], name
        assert ours["transaction"]
        assert ours["recorded_at"] <= theirs["recorded_at"]
    assert rows[0]["reason"] == ODD
    assert rows[0]["state"] == {"odd": ODD}


def test_rows_that_lead_to_each_other_keep_the_keys_that_were_reserved_for_them():
    first, second = reserved_keys(Source, 2)
    parent = Source(pk=first, name="Harbour Council", kind="organisation")
    member = Source(pk=second, name="Ada Lind", kind="person", parent=parent)
    copy_in([parent, member])
    ledger.record(MACHINE, "created", parent, member)
    assert Source.objects.get(name="Ada Lind").parent == Source.objects.get(pk=first)
    assert not member._state.adding
    assert reserved_keys(Source, 1)[0] > second


def test_what_the_database_refuses_is_an_error_of_the_frameworks_and_nothing_is_written():
    party = PartyFactory()
    with pytest.raises(IntegrityError, match="slug"), transaction.atomic():
        copy_in([Party(slug="new", name="New"), Party(slug=party.slug, name="Same")])
    assert list(Party.objects.all()) == [party]
    copy_in([])


def test_of_new_rows_those_are_left_out_whose_names_are_taken():
    document = DocumentFactory()
    taken = SourceFactory(kind="unnamed", named_in=document, name="an official")
    first, second = reserved_keys(Source, 2)
    same = Source(pk=first, name="an official", kind="unnamed", named_in=document)
    other = Source(pk=second, name=ODD, kind="unnamed", named_in=document)
    assert add_unless_there([same, other]) == {second}
    ledger.record(MACHINE, "created", other)
    assert set(document.unnamed_sources.values_list("pk", "name")) == {(taken.pk, "an official"), (second, ODD)}
    written = Source.objects.get(pk=second)
    assert [getattr(written, f.attname) for f in Source._meta.fields] == [
        getattr(other, f.attname) for f in Source._meta.fields
    ]
    assert (same._state.adding, other._state.adding) == (True, False)
    assert add_unless_there([]) == set()
