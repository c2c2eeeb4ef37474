"""The tokens' page: made with scopes, dossiers and an end, shown once, revoked, and seen to be used."""

import re
from datetime import UTC, datetime, timedelta

import pytest
from django.contrib.admin.models import LogEntry
from django.utils import timezone
from knox.models import AuthToken
from rest_framework.test import APIClient

from claims.models import TokenGrant
from claims.roles import ADMINISTRATOR
from tests import factories
from tests.claims.admin.conftest import page
from tests.claims.api.conftest import V1

LIST, ADD = page(AuthToken, "changelist"), page(AuthToken, "add")


@pytest.fixture
def client(db, client):
    """An administrator's browser."""
    client.force_login(factories.UserFactory(username="ada", role=ADMINISTRATOR))
    return client


@pytest.fixture
def make(client, reader):
    """The answer to the form for a new token."""

    def made(**given):
        given = {"name": "CMS", "user": reader.pk, "scopes": ["read"], "expiry_0": "", "expiry_1": "", **given}
        return client.post(ADD, given, follow=True)

    return made


def secret_in(answer):
    told = [str(message) for message in answer.context["messages"] if "not shown again" in str(message)]
    assert len(told) == 1
    return re.search(r">([0-9a-zA-Z]{64})<", told[0])[1]


def calling(secret):
    client = APIClient()
    client.credentials(HTTP_AUTHORIZATION=f"Token {secret}")
    return client


def test_a_token_does_and_reads_what_it_was_made_for(make, editor):
    ours, others = factories.DossierFactory(), factories.DossierFactory()
    ends = timezone.now() + timedelta(days=30)
    answer = make(
        user=editor.pk, scopes=["read", "submit"], dossiers=[ours.pk],
        expiry_0=f"{ends:%Y-%m-%d}", expiry_1=f"{ends:%H:%M:%S}",
    )  # fmt: skip
    api = calling(secret_in(answer))
    grant = TokenGrant.objects.get()
    assert (grant.name, grant.scopes, grant.limited, list(grant.dossiers.all())) == (
        "CMS", ["read", "submit"], True, [ours],
    )  # fmt: skip
    assert (grant.token.user, grant.token.expiry) == (editor, ends.replace(microsecond=0))
    assert [row["slug"] for row in api.get(f"{V1}dossiers").json()["results"]] == [ours.slug]
    assert api.get(f"{V1}dossiers/{others.uid}").status_code == 404
    assert api.get(f"{V1}tokens").json()["code"] == "insufficient_scope"


def test_without_dossiers_and_an_end_it_reads_all_and_lasts(make):
    factories.DossierFactory.create_batch(2)
    api = calling(secret_in(make()))
    assert len(api.get(f"{V1}dossiers").json()["results"]) == 2
    grant = TokenGrant.objects.get()
    assert (grant.limited, grant.token.expiry) == (False, None)


def test_its_secret_is_shown_once_and_stands_nowhere_else(make, client):
    answer = make()
    secret, token = secret_in(answer), AuthToken.objects.get()
    assert secret.startswith(token.token_key)
    pages = [client.get(address).content.decode() for address in (LIST, page(AuthToken, "change", token.pk))]
    assert not any(secret in shown for shown in pages)
    assert len(list(answer.context["messages"])) == 1
    assert all(token.token_key in shown for shown in pages)
    assert not any(secret in str(vars(entry)) for entry in LogEntry.objects.all())


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"name": ""}, "name"),
        ({"scopes": []}, "scopes"),
        ({"scopes": ["everything"]}, "scopes"),
        ({"dossiers": ["0"]}, "dossiers"),
        ({"user": ""}, "user"),
        ({"expiry_0": "2001-01-01", "expiry_1": "12:00:00"}, "expiry"),
        ({"expiry_0": "soon", "expiry_1": ""}, "expiry"),
    ],
)
def test_what_cannot_be_is_said_at_its_field(make, given, field):
    answer = make(**given)
    assert list(answer.context["adminform"].form.errors) == [field]
    assert not AuthToken.objects.exists()


def text_of(answer):
    return " ".join(re.sub(r"<[^>]+>", " ", answer.content.decode()).split())


def test_the_list_says_what_each_may_and_when_it_was_used(make, client, reader):
    dossier = factories.DossierFactory(slug="velmora-bridges")
    api = calling(secret_in(make(name="Bridge desk", scopes=["read", "submit"], dossiers=[dossier.pk])))
    unused = text_of(client.get(LIST))
    assert "Bridge desk" in unused
    assert "read, submit" in unused
    assert "velmora-bridges" in unused
    assert "never" in unused
    api.get(f"{V1}dossiers")
    TokenGrant.objects.update(last_used_at=datetime(2031, 5, 4, 12, 30, tzinfo=UTC))
    token = AuthToken.objects.get()
    for address in (LIST, page(AuthToken, "change", token.pk)):
        assert "4 May 2031" in text_of(client.get(address))
    AuthToken.objects.update(expiry=timezone.now())
    assert "has ended" in text_of(client.get(LIST))
    assert api.get(f"{V1}dossiers").status_code == 401


def test_use_is_noted(make):
    calling(secret_in(make())).get(f"{V1}dossiers")
    assert timezone.now() - TokenGrant.objects.get().last_used_at < timedelta(minutes=2)


def test_a_token_from_before_there_were_scopes_says_that_it_may_all(client, reader):
    AuthToken.objects.create(reader)
    assert "all that its user may" in text_of(client.get(LIST))
    assert "all that its user may" in text_of(client.get(page(AuthToken, "change", AuthToken.objects.get().pk)))


def test_a_revoked_token_signs_nobody_in(make, client):
    first, second = (calling(secret_in(make(name=name))) for name in ("first", "second"))
    one, other = AuthToken.objects.order_by("created")
    assert "Revoke (delete) selected tokens" in client.get(LIST).content.decode()
    client.post(page(AuthToken, "delete", one.pk), {"post": "yes"})
    assert [api.get(f"{V1}dossiers").status_code for api in (first, second)] == [401, 200]
    client.post(LIST, {"action": "delete_selected", "_selected_action": [other.pk], "post": "yes"})
    assert second.get(f"{V1}dossiers").status_code == 401
    assert not TokenGrant.objects.exists()


def test_nothing_of_a_token_is_changed_afterwards(make, client):
    make()
    token = AuthToken.objects.get()
    answer = client.post(page(AuthToken, "change", token.pk), {"name": "other", "scopes": ["admin"]})
    assert answer.status_code == 403
    assert TokenGrant.objects.get().scopes == ["read"]


def test_dossiers_are_found_by_typing(client):
    factories.DossierFactory(title="The bridges of Velmora")
    factories.DossierFactory(title="The mill at Oster")
    asked = {"term": "bridges", "app_label": "claims", "model_name": "tokengrant", "field_name": "dossiers"}
    found = client.get("/admin/autocomplete/", asked).json()["results"]
    assert [one["text"] for one in found] == ["The bridges of Velmora"]
