"""Two people at one row: nobody overwrites what the other has just changed without being told."""

import json

import pytest
from django.test import Client

from claims.errors import ChangedMeanwhile
from claims.models import Claim, Contradiction, Dossier, Event, Party, Source
from claims.services.claims import set_favours
from claims.services.documents import set_document_state
from claims.services.sources import describe_source
from claims.services.standings import refresh
from tests import factories
from tests.claims.admin.conftest import page
from tests.claims.admin.test_editing import NO_ROWS, errors_of, opened
from tests.factories import MACHINE

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def two(editor):
    """Two editors at their own browsers."""
    first, second = Client(), Client()
    first.force_login(editor)
    second.force_login(factories.UserFactory(username="emil-editor", role="editor"))
    return first, second


def typed(**values):
    return {"description": "", "parent": "", "party": "", "wikidata_id": "", "kind": "monitor", **NO_ROWS, **values}


def save(client, row, form):
    return client.post(page(type(row), "change", row.pk), form)


def shown(response, name):
    return response.context["adminform"].form[name].value()


def test_the_second_of_two_editors_is_told_what_changed_and_keeps_what_was_typed(two):
    first, second = two
    source = factories.SourceFactory(kind="monitor")
    before, at_once = opened(first, source), opened(second, source)
    assert save(first, source, typed(description="Counts the dead.", **before)).status_code == 302
    refused = save(second, source, typed(wikidata_id="Q42", **at_once))
    assert refused.status_code == 200
    told = " ".join(errors_of(refused)["__all__"])
    assert "edda-editor: described" in told
    assert "“description” was empty and is “Counts the dead.”." in told
    assert shown(refused, "wikidata_id") == "Q42"
    source.refresh_from_db()
    assert (source.description, source.wikidata_id) == ("Counts the dead.", "")


def test_saved_again_it_stands_and_what_was_not_touched_is_the_others(two):
    first, second = two
    source = factories.SourceFactory(kind="monitor")
    party = factories.PartyFactory()
    before, at_once = opened(first, source), opened(second, source)
    save(first, source, typed(description="Counts the dead.", party=party.pk, **before))
    refused = save(second, source, typed(wikidata_id="Q42", **at_once))
    again = {name: shown(refused, name) for name in ("description", "party", "wikidata_id", "kind", "seen", "opened")}
    assert (again["description"], again["party"]) == ("Counts the dead.", str(party.pk))
    assert save(second, source, typed(**again)).status_code == 302
    source.refresh_from_db()
    assert (source.description, source.party, source.wikidata_id) == ("Counts the dead.", party, "Q42")


def test_where_both_typed_into_one_field_ones_own_words_stay_in_the_form(two):
    first, second = two
    source = factories.SourceFactory(kind="monitor")
    before, at_once = opened(first, source), opened(second, source)
    save(first, source, typed(description="Counts the dead.", **before))
    refused = save(second, source, typed(description="Counts the wounded.", **at_once))
    assert shown(refused, "description") == "Counts the wounded."
    assert "Counts the dead." in " ".join(errors_of(refused)["__all__"])


def test_a_third_change_meanwhile_is_refused_again(two):
    first, second = two
    source = factories.SourceFactory(kind="monitor")
    at_once = opened(second, source)
    save(first, source, typed(description="One.", **opened(first, source)))
    refused = save(second, source, typed(wikidata_id="Q42", **at_once))
    save(first, source, typed(description="Two.", **opened(first, source)))
    form = {name: shown(refused, name) for name in ("description", "wikidata_id", "seen", "opened")}
    assert "“description” was “One.” and is “Two.”." in " ".join(
        errors_of(save(second, source, typed(**form)))["__all__"]
    )


@pytest.mark.parametrize("kind", [Dossier, Party, Claim, Source])
def test_every_form_that_edits_refuses_a_stale_version(two, kind, editor):
    first, second = two
    other = factories.PartyFactory()
    made = {
        Dossier: (factories.DossierFactory, {"title": "Gorge", "slug": "gorge", "description": ""}),
        Party: (factories.PartyFactory, {"name": "Council", "slug": "council", "opposes": []}),
        Claim: (factories.ClaimFactory, {"favours": other.pk, **NO_ROWS}),
        Source: (factories.SourceFactory, typed(kind="organisation", description="New.")),
    }
    factory, form = made[kind]
    row = factory()
    stale = opened(second, row)
    assert save(first, row, form | opened(first, row)).status_code == 302
    before = Event.objects.count()
    assert "edda-editor" in errors_of(save(second, row, form | stale))["__all__"][0]
    assert Event.objects.count() == before


@pytest.mark.parametrize("said", [{}, {"seen": ""}, {"seen": "x"}, {"seen": "-1"}, {"seen": "9" * 30}, {"seen": "²"}])
def test_a_form_that_does_not_say_which_version_it_showed_changes_nothing(two, said):
    first, _second = two
    source = factories.SourceFactory(kind="monitor")
    answer = save(first, source, typed(description="New.", **said))
    assert "which version" in errors_of(answer)["__all__"][0]
    source.refresh_from_db()
    assert source.description == ""


@pytest.mark.parametrize("said", ["", "{", "[]", "7", json.dumps({"kind": [1], "party": {"a": 1}, "nothing": None})])
def test_whatever_the_form_says_it_was_opened_with_does_no_harm(two, said):
    first, second = two
    source = factories.SourceFactory(kind="monitor")
    stale = opened(second, source) | {"opened": said}
    save(first, source, typed(description="One.", **opened(first, source)))
    assert save(second, source, typed(wikidata_id="Q42", **stale)).status_code == 200
    source.refresh_from_db()
    assert source.wikidata_id == ""


def test_a_machine_that_only_counts_anew_stops_nobody(two):
    first, _second = two
    claim, party = factories.ClaimFactory(), factories.PartyFactory()
    form = {"favours": party.pk, **NO_ROWS, **opened(first, claim)}
    factories.PositionFactory(claim=claim)
    refresh([claim.pk], actor=MACHINE)
    assert save(first, claim, form).status_code == 302
    claim.refresh_from_db()
    assert claim.favours == party


def test_a_machine_that_changed_what_the_form_edits_does(two):
    first, _second = two
    claim, party = factories.ClaimFactory(), factories.PartyFactory()
    form = {"favours": party.pk, **NO_ROWS, **opened(first, claim)}
    other = factories.PartyFactory()
    set_favours(claim, party=other, actor=MACHINE)
    assert save(first, claim, form).status_code == 200
    claim.refresh_from_db()
    assert claim.favours == other


def test_who_may_only_look_gets_no_form(reader):
    client = Client()
    client.force_login(reader)
    content = client.get(page(Source, "change", factories.SourceFactory().pk)).content
    assert b'name="seen"' not in content


# --- Decisions -------------------------------------------------------------------------------------------------------


def asked(client, row, action):
    """The address of a decision about one row, and what its page sends."""
    address = page(type(row), f"{action}_this", row.pk)
    return address, dict(client.get(address).context["versions"])


def test_a_decision_is_undone_where_another_person_changed_the_row_meanwhile(two):
    _first, second = two
    document = factories.DocumentFactory()
    address, versions = asked(second, document, "state")
    emil = factories.UserFactory(username="erna")
    from claims.services.actor import Actor

    set_document_state(document, state="corrected", reason="A note below it.", actor=Actor.person(emil))
    answer = second.post(
        address, {"decided": "1", "state": "retracted", "reason": "The outlet took it back.", **versions}, follow=True
    )
    assert "erna" in "".join(str(m) for m in answer.context["messages"])
    document.refresh_from_db()
    assert document.state == "corrected"
    address, versions = asked(second, document, "state")
    second.post(address, {"decided": "1", "state": "retracted", "reason": "The outlet took it back.", **versions})
    document.refresh_from_db()
    assert document.state == "retracted"


def test_what_a_machine_did_meanwhile_undoes_no_decision(two, editor):
    first, _second = two
    source = factories.SourceFactory()
    address, versions = asked(first, source, "grade")
    describe_source(source, actor=MACHINE, description="Found in an almanac.")
    first.post(address, {"decided": "1", "grade": "B", "reason": "Ten years of counts.", **versions})
    source.refresh_from_db()
    assert source.reliability == "B"


def test_of_several_rows_only_those_that_were_changed_are_left(two):
    _first, second = two
    changed, unchanged = factories.ContradictionFactory(), factories.ContradictionFactory()
    ticked = {"action": "dismiss", "_selected_action": [changed.pk, unchanged.pk]}
    versions = dict(second.post(page(Contradiction, "changelist"), ticked).context["versions"])
    from claims.services.contradictions import decide_contradiction

    other = factories.UserFactory(username="erna")
    decide_contradiction(changed, state="confirmed", by=other, reason="One bridge.")
    second.post(page(Contradiction, "changelist"), {**ticked, "decided": "1", "reason": "Two.", **versions})
    states = dict(Contradiction.objects.values_list("pk", "state"))
    assert (states[changed.pk], states[unchanged.pk]) == ("confirmed", "dismissed")


def test_the_version_is_of_before_the_row_was_read(two, monkeypatch):
    """A change between reading the version and reading the row must be refused, never missed."""
    first, _second = two
    source = factories.SourceFactory(kind="monitor")
    from claims.admin import base

    real = base.version_before

    def slowly(model, pk):
        seen = real(model, pk)
        describe_source(source, actor=MACHINE, description=f"Known since event {seen}.")
        return seen

    monkeypatch.setattr(base, "version_before", slowly)
    stale = opened(first, source)
    monkeypatch.undo()
    assert save(first, source, typed(wikidata_id="Q42", **stale)).status_code == 200


def test_the_refusal_has_its_own_code():
    assert (ChangedMeanwhile.code, ChangedMeanwhile.status) == ("changed_meanwhile", 412)
