"""Who may read what, as a table."""

import pytest
from django.contrib.auth.models import Permission, User
from rest_framework.test import APIClient

from tests import factories
from tests.claims.api.conftest import V1

LISTS = ["dossiers", "documents", "statements", "claims", "contradictions", "sources", "verdicts"]
SUB_RESOURCES = {"documents": "text", "claims": "explanation"}
OTHERS = ["/api/", "/api/v1/", "/api/v1", "/api/schema/", "/api/schema"]

NOBODY, STRANGER, DISMISSED, READER, REVIEWER, EDITOR = (
    "nobody signed in", "no role", "inactive", "reader", "reviewer", "editor",
)  # fmt: skip
ANSWERS = {NOBODY: 401, STRANGER: 403, DISMISSED: 401, READER: 200, REVIEWER: 200, EDITOR: 200}


@pytest.fixture
def client_in_role(client_of, reader, reviewer, editor):
    def made(role: str) -> APIClient:
        cast = {READER: reader, REVIEWER: reviewer, EDITOR: editor}
        if role == NOBODY:
            return APIClient()
        if role in cast:
            return client_of(cast[role])
        return client_of(factories.UserFactory(is_active=role != DISMISSED, role=READER if role == DISMISSED else None))

    return made


@pytest.mark.parametrize("role", ANSWERS)
@pytest.mark.parametrize("resource", LISTS)
def test_each_role_gets_its_answer_from_each_endpoint(role, resource, client_in_role, case):
    client = client_in_role(role)
    row = f"{V1}{resource}/{case.by_resource[resource].uid}"
    addresses = [f"{V1}{resource}", f"{V1}{resource}/", row, f"{row}/"]
    if resource in SUB_RESOURCES:
        addresses.append(f"{row}/{SUB_RESOURCES[resource]}")
    assert {address: client.get(address).status_code for address in addresses} == dict.fromkeys(
        addresses, ANSWERS[role]
    )


@pytest.mark.parametrize("role", ANSWERS)
def test_root_and_schema_take_no_more_than_being_signed_in(role, client_in_role):
    client = client_in_role(role)
    expected = 401 if ANSWERS[role] == 401 else 200
    assert {address: client.get(address).status_code for address in OTHERS} == dict.fromkeys(OTHERS, expected)


# What may be made anew; rows that are there are changed by named decisions alone, and drafts by their authors.
MADE = {("post", "contradictions"), ("post", "statements"), ("post", "verdicts")}


@pytest.mark.parametrize("resource", LISTS)
@pytest.mark.parametrize("method", ["post", "put", "patch", "delete"])
def test_no_field_can_be_overwritten(resource, method, client_in_role, case):
    client = client_in_role(EDITOR)
    for address in (f"{V1}{resource}", f"{V1}{resource}/{case.by_resource[resource].uid}"):
        answer = getattr(client, method)(address, {"text": "rewritten"}, format="json")
        made = (method, resource) in MADE and address.endswith(resource)
        draft = (method, resource) == ("patch", "verdicts") and not address.endswith(resource)
        assert (answer.status_code, answer["Content-Type"]) == (
            400 if made or draft else 405, "application/problem+json",
        )  # fmt: skip


def test_who_may_view_claims_but_not_what_they_show_gets_none(client_of, case):
    user: User = factories.UserFactory()
    client = client_of(user)
    user.user_permissions.add(Permission.objects.get(codename="view_claim"))
    assert client.get(f"{V1}claims/{case.claim.uid}").status_code == 403
    assert client.get(f"{V1}claims").status_code == 403


def test_the_text_of_a_document_takes_the_right_to_view_snapshots(client_of, case):
    user: User = factories.UserFactory()
    client = client_of(user)
    address = f"{V1}documents/{case.document.uid}/text"
    user.user_permissions.add(Permission.objects.get(codename="view_document"))
    assert client.get(address).status_code == 403
    user.user_permissions.add(Permission.objects.get(codename="view_snapshot"))
    assert client.get(address).json()["text"] == case.snapshot.text


@pytest.mark.django_db
@pytest.mark.parametrize("header", ["Token", "Token wrong", "Token a b", "Bearer x", "Basic x", "Token \x00", "é"])
def test_a_bad_token_is_refused_and_says_how_to_sign_in(header):
    answer = APIClient().get(f"{V1}claims", HTTP_AUTHORIZATION=header)
    assert answer.status_code == 401
    assert answer["WWW-Authenticate"].startswith("Token")
    assert answer.json()["code"] in ("not_authenticated", "authentication_failed")


def test_a_session_serves_as_well_as_a_token(reader, case):
    client = APIClient()
    client.force_login(reader)
    assert client.get(f"{V1}claims").status_code == 200


@pytest.mark.django_db
def test_the_browsable_description_sends_a_visitor_to_the_login_page_first():
    answer = APIClient().get("/api/docs/")
    assert (answer.status_code, answer["Location"]) == (302, "/admin/login/?next=/api/docs/")
