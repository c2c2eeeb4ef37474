"""Making, listing and revoking one's own tokens."""

from datetime import timedelta

import pytest
from django.utils import timezone
from knox.models import AuthToken
from rest_framework.test import APIClient

from claims.models import TokenGrant
from tests import factories
from tests.claims.api.conftest import V1

pytestmark = pytest.mark.django_db
ADDRESS = f"{V1}tokens"


@pytest.fixture
def mine(editor):
    client = APIClient()
    client.force_login(editor)
    return client


def with_token(secret):
    client = APIClient()
    client.credentials(HTTP_AUTHORIZATION=f"Token {secret}")
    return client


def test_a_token_is_shown_once_and_then_listed_without_its_secret(mine):
    ends = timezone.now() + timedelta(days=1)
    dossier = factories.DossierFactory()
    asked = {"name": "CMS", "scopes": ["read"], "dossiers": [dossier.slug], "expires_at": ends.isoformat()}
    made = mine.post(ADDRESS, asked, format="json")
    assert made.status_code == 201, made.content
    secret = made.json()["token"]
    assert with_token(secret).get(f"{V1}claims").status_code == 200
    (listed,) = mine.get(ADDRESS).json()
    assert (listed["name"], listed["scopes"], listed["dossiers"]) == ("CMS", ["read"], [dossier.slug])
    assert listed["last_used_at"] is not None
    assert secret not in mine.get(ADDRESS).content.decode()
    assert not AuthToken.objects.filter(digest=secret).exists()


def test_a_revoked_token_signs_nobody_in(mine):
    made = mine.post(ADDRESS, {"name": "CMS", "scopes": ["read"]}, format="json").json()
    assert mine.delete(f"{ADDRESS}/{made['key']}").status_code == 204
    assert with_token(made["token"]).get(f"{V1}claims").status_code == 401
    assert mine.get(ADDRESS).json() == []


def test_nobody_sees_or_revokes_the_tokens_of_others(mine, reader):
    other, _secret = AuthToken.objects.create(reader)
    assert mine.get(ADDRESS).json() == []
    assert mine.delete(f"{ADDRESS}/{other.token_key}").status_code == 404
    assert AuthToken.objects.filter(pk=other.pk).exists()


def test_a_token_makes_none_that_may_do_more(editor):
    one, another = factories.DossierFactory(), factories.DossierFactory()
    token, secret = AuthToken.objects.create(editor)
    grant = TokenGrant.objects.create(token=token, name="x", scopes=["admin", "read"], limited=True)
    grant.dossiers.set([one])
    client = with_token(secret)
    refused = [
        {"name": "x", "scopes": ["review"], "dossiers": [one.slug]},
        {"name": "x", "scopes": ["read"]},
        {"name": "x", "scopes": ["read"], "dossiers": [another.slug]},
    ]
    assert [client.post(ADDRESS, asked, format="json").status_code for asked in refused] == [403, 403, 400]
    assert client.post(ADDRESS, refused[0] | {"scopes": ["read"]}, format="json").status_code == 201


WRONG = [
    {},
    {"name": "x"},
    {"name": "x", "scopes": []},
    {"name": "x", "scopes": ["all"]},
    {"name": "", "scopes": ["read"]},
    {"name": "x", "scopes": ["read"], "expires_at": "2001-01-01T00:00:00Z"},
    {"name": "x", "scopes": ["read"], "dossiers": ["nowhere"]},
]


@pytest.mark.parametrize("asked", WRONG)
def test_what_is_asked_wrongly_is_refused(mine, asked):
    answer = mine.post(ADDRESS, asked, format="json")
    assert (answer.status_code, answer["Content-Type"]) == (400, "application/problem+json")
    assert not AuthToken.objects.exists()


def test_a_token_without_a_grant_is_listed_as_what_it_may_do(mine, editor):
    AuthToken.objects.create(editor)
    (listed,) = mine.get(ADDRESS).json()
    assert (listed["name"], listed["scopes"], listed["dossiers"]) == ("", ["read", "review", "submit", "admin"], None)
