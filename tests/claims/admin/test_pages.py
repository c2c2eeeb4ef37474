"""Every model has its list, its search and its pages, for those who may."""

import re

import pytest
from django.apps import apps
from django.contrib import admin
from django.contrib.auth.models import Group, User
from django.urls import reverse
from django_celery_beat.models import ClockedSchedule, CrontabSchedule, IntervalSchedule, PeriodicTask, SolarSchedule
from knox.models import AuthToken

from claims import models
from claims.roles import VIEWED
from tests import factories
from tests.claims.admin.conftest import page

# Not among the admin's lists: the newsroom's working notes, which the desk shows where they belong, and what searches
# keep for themselves.
ELSEWHERE = {
    "presence", "hold", "visit", "assignment", "comment", "mention", "opinion", "disagreement", "word", "wordsread",
    "firstword", "tokengrant", "protectionchange", "allowance", "keptanswer",
}  # fmt: skip
# What API clients have, which is tested with them.
OF_CLIENTS = {"tokengrant", "protectionchange", "allowance", "keptanswer", "subscription", "delivery", "attempt"}
DOMAIN = [
    model
    for model in apps.get_app_config("claims").get_models()
    if "_" not in model._meta.model_name and model._meta.model_name not in ELSEWHERE | OF_CLIENTS
]

# Who may open the page that adds a row; everybody of the domain may look.
MAY_ADD = {
    models.Party: {"editor"},
    models.Source: {"editor"},
    models.Dossier: {"editor"},
    models.Verdict: {"reviewer", "editor"},
}
# Where somebody may change fields of a row on its page.
MAY_CHANGE = {models.Party: {"editor"}, models.Source: {"editor"}, models.Dossier: {"editor"}, models.Claim: {"editor"}}
ROLES = ["reader", "reviewer", "editor"]


@pytest.fixture(params=ROLES)
def somebody(request, world):
    return request.param, request.getfixturevalue(request.param)


def test_every_model_of_the_domain_is_registered():
    assert {m._meta.model_name for m in DOMAIN} == set(VIEWED)
    assert all(admin.site.is_registered(model) for model in DOMAIN)


@pytest.mark.parametrize("name", sorted(ELSEWHERE))
def test_working_notes_are_no_lists_of_the_admin(name):
    assert not admin.site.is_registered(apps.get_model("claims", name))


def test_nobody_signed_out_sees_anything(client, world):
    for model in DOMAIN:
        for name, args in (("changelist", []), ("change", [world[model].pk])):
            response = client.get(page(model, name, *args))
            assert response.status_code == 302
            assert "/login/" in response["Location"]


def test_somebody_without_a_role_sees_no_page(sign_in, world):
    client = sign_in(factories.UserFactory())
    for model in DOMAIN:
        assert client.get(page(model, "changelist")).status_code == 403
        assert client.get(page(model, "change", world[model].pk)).status_code == 403
        assert client.get(page(model, "add")).status_code == 403


def test_each_role_may_list_search_and_open_every_model(sign_in, somebody, world):
    client = sign_in(somebody[1])
    for model in DOMAIN:
        assert client.get(page(model, "changelist")).status_code == 200, model
        assert client.get(page(model, "changelist"), {"q": "bridge"}).status_code == 200, model
        assert client.get(page(model, "change", world[model].pk)).status_code == 200, model


def test_each_role_may_add_what_the_table_says(sign_in, somebody, world):
    role, user = somebody
    client = sign_in(user)
    for model in DOMAIN:
        expected = 200 if role in MAY_ADD.get(model, ()) else 403
        assert client.get(page(model, "add")).status_code == expected, model


def test_each_role_may_change_what_the_table_says(sign_in, somebody, world):
    role, user = somebody
    client = sign_in(user)
    for model in DOMAIN:
        response = client.get(page(model, "change", world[model].pk))
        assert (b'name="_save"' in response.content) == (role in MAY_CHANGE.get(model, ())), model


def test_no_page_links_to_one_that_its_reader_may_not_open(sign_in, reader, world):
    client = sign_in(reader)
    links = set()
    for model in DOMAIN:
        for address in (page(model, "changelist"), page(model, "change", world[model].pk)):
            links |= set(re.findall(r'href="(/admin/[^"#?]*)', client.get(address).content.decode()))
    assert len(links) > 40
    for link in sorted(links - {reverse("admin:logout")}):
        assert client.get(link, follow=True).status_code == 200, link


def test_evidence_refuses_a_forged_change(sign_in, administrator, world):
    client = sign_in(administrator)
    for model in set(DOMAIN) - MAY_CHANGE.keys():
        assert client.post(page(model, "change", world[model].pk), {"text": "forged"}).status_code == 403, model


def test_nothing_of_the_domain_can_be_deleted_not_even_by_an_administrator(sign_in, administrator, world):
    client = sign_in(administrator)
    for model in DOMAIN:
        assert client.get(page(model, "delete", world[model].pk)).status_code == 403, model
        assert b"delete_selected" not in client.get(page(model, "changelist")).content, model


def test_every_filter_of_every_list_answers(sign_in, editor, world):
    client = sign_in(editor)
    for model in DOMAIN:
        response = client.get(page(model, "changelist"))
        for spec in response.context["cl"].filter_specs:
            for choice in spec.choices(response.context["cl"]):
                address = page(model, "changelist") + choice["query_string"]
                assert client.get(address).status_code == 200, address


def test_people_roles_tokens_and_jobs_have_their_pages_for_an_administrator(sign_in, administrator):
    client = sign_in(administrator)
    for model in (
        User, Group, AuthToken, PeriodicTask, IntervalSchedule, CrontabSchedule, SolarSchedule, ClockedSchedule
    ):  # fmt: skip
        assert client.get(page(model, "changelist")).status_code == 200, model
        assert client.get(page(model, "add")).status_code == 200, model
    assert client.get(page(User, "change", administrator.pk)).status_code == 200
    assert client.get(page(User, "delete", administrator.pk)).status_code == 403


def test_people_roles_and_tokens_are_no_business_of_an_editor(sign_in, editor):
    client = sign_in(editor)
    for model in (User, Group, AuthToken, PeriodicTask):
        assert client.get(page(model, "changelist")).status_code == 403


def test_claims_are_sorted_as_asked(sign_in, reader):
    quiet = factories.ClaimFactory(text="a quiet claim", origins=3)
    contested = factories.ClaimFactory(text="a contested claim", standing="contested", origins=1)
    newest = factories.ClaimFactory(text="the newest claim")
    client = sign_in(reader)

    def listed(**query):
        return [c.pk for c in client.get(page(models.Claim, "changelist"), query).context["cl"].result_list]

    assert listed() == [newest.pk, contested.pk, quiet.pk]
    assert listed(first="contested") == [contested.pk, newest.pk, quiet.pk]
    assert listed(first="origins") == [quiet.pk, contested.pk, newest.pk]
    assert listed(o="2") != listed(first="contested")


def test_the_queue_of_contradictions_is_oldest_first(sign_in, reader):
    oldest, newer = factories.ContradictionFactory(), factories.ContradictionFactory()
    response = sign_in(reader).get(page(models.Contradiction, "changelist"))
    assert list(response.context["cl"].result_list) == [oldest, newer]


def test_the_ledger_leads_to_the_object_of_an_event(sign_in, reader, world):
    client = sign_in(reader)
    claim = world[models.Claim]
    events = client.get(page(models.Event, "changelist"), {"object_uid": str(claim.uid)})
    assert {e.object_uid for e in events.context["cl"].result_list} == {claim.uid}
    response = client.get(page(models.Event, "object", "claim", claim.uid))
    assert response["Location"] == page(models.Claim, "change", claim.pk)


@pytest.mark.parametrize("kind", ["claim", "sourcename", "user", "nothing"])
def test_an_event_about_nothing_known_answers_not_found(sign_in, reader, kind):
    address = page(models.Event, "object", kind, "00000000-0000-0000-0000-000000000000")
    assert sign_in(reader).get(address).status_code == 404


def test_a_claims_page_tells_its_standing_its_positions_and_its_conflicts(sign_in, reader, world):
    content = sign_in(reader).get(page(models.Claim, "change", world[models.Claim].pk)).content.decode()
    for sentence in (
        world[models.Claim]._meta.model.objects.get(pk=world[models.Claim].pk).standing_explanation["sentences"]
    ):
        assert sentence in content
    for row in (world[models.Statement], world[models.Source], world[models.Party], world[models.Contradiction]):
        assert page(type(row), "change", row.pk) in content
    assert page(models.Verdict, "change", world[models.Verdict].pk) in content


def test_a_statements_page_marks_its_words_in_their_place(sign_in, reader):
    text = "On Monday Mira Sotel said that the bridge was closed. It rained."
    snapshot = factories.SnapshotFactory(text=text)

    def at(words):
        return [[text.index(words), text.index(words) + len(words)]]

    statement = factories.StatementFactory(
        snapshot=snapshot, source_text="Mira Sotel", source_spans=at("Mira Sotel"), cue_text="said",
        cue_spans=at("said"), content_text="the bridge was closed", content_spans=at("the bridge was closed"),
    )  # fmt: skip
    content = sign_in(reader).get(page(models.Statement, "change", statement.pk)).content.decode()
    for name, words in (("source", "Mira Sotel"), ("cue", "said"), ("content", "the bridge was closed")):
        assert f'<mark class="cb-mark-{name}" title="{name}">{words}</mark>' in content
    assert "On Monday" in content
    assert "It rained." in content
