"""Every error is problem details (RFC 9457), with the same code for the same reason."""

import re
from pathlib import Path

import pytest
from django.core.exceptions import ValidationError as InvalidRow
from rest_framework import exceptions
from rest_framework.test import APIClient

from claims import errors
from claims.api.errors import answer, by_field
from claims.services.protection import protect_source
from tests import factories
from tests.claims.api.conftest import V1

DOMAIN = [
    (errors.AlreadyDecided, 409, "already_decided"),
    (errors.WrongState, 409, "wrong_state"),
    (errors.OwnVerdict, 403, "own_verdict"),
    (errors.NotMergeable, 409, "not_mergeable"),
    (errors.ReasonMissing, 400, "reason_missing"),
    (errors.NotAName, 400, "not_a_name"),
    (errors.CircularSource, 409, "circular_source"),
]


@pytest.mark.django_db
@pytest.mark.parametrize(("kind", "status", "code"), DOMAIN)
def test_a_refusal_of_the_domain_keeps_its_status_and_code(kind, status, code):
    found = answer(kind("Say why."), {})
    assert (found.status_code, found.content_type) == (status, "application/problem+json")
    assert found.data["status"] == status
    assert found.data["code"] == code
    assert found.data["detail"] == "Say why."
    assert found.data["type"] == "about:blank"
    assert "errors" not in found.data


@pytest.mark.django_db
def test_a_row_that_the_model_refuses_is_a_bad_request_by_field():
    found = answer(InvalidRow({"name": ["Too long."]}), {})
    assert (found.status_code, found.data["errors"]) == (400, {"name": ["Too long."]})
    assert answer(InvalidRow("Not so."), {}).data["errors"] == {"": ["Not so."]}


def test_an_unforeseen_error_is_left_to_django():
    assert answer(ZeroDivisionError(), {}) is None


@pytest.mark.parametrize(
    ("detail", "flat"),
    [
        (["a", "b"], {"": ["a", "b"]}),
        ({"x": ["a"], "y": "b"}, {"x": ["a"], "y": ["b"]}),
        ({"x": {"y": ["a"], "z": [{"w": ["b"]}, {}]}}, {"x.y": ["a"], "x.z.0.w": ["b"]}),
        ({"non_field_errors": ["a"], "x": {"non_field_errors": ["b"]}}, {"": ["a"], "x": ["b"]}),
    ],
)
def test_messages_are_found_under_the_path_of_their_field(detail, flat):
    assert by_field(exceptions.ValidationError(detail).detail) == flat


@pytest.mark.parametrize(
    ("address", "status", "code"),
    [
        ("claims/00000000-0000-0000-0000-000000000000", 404, "not_found"),
        ("claims/no-uid", 404, "not_found"),
        ("claims/00000000-0000-0000-0000-000000000000/explanation", 404, "not_found"),
        ("documents/00000000-0000-0000-0000-000000000000/text", 404, "not_found"),
        ("unicorns", 404, "not_found"),
        ("claims?unicorn=1", 400, "invalid"),
        ("claims?format=xml", 404, "not_found"),
    ],
)
def test_what_is_not_there_or_not_understood_is_said_so(api, address, status, code):
    found = api.get(V1 + address)
    assert (found.status_code, found["Content-Type"]) == (status, "application/problem+json")
    assert (found.json()["status"], found.json()["code"]) == (status, code)


def test_an_unacceptable_media_type_is_said_so(api):
    found = api.get(f"{V1}claims", HTTP_ACCEPT="image/png")
    assert (found.status_code, found.json()["code"]) == (406, "not_acceptable")


def test_it_says_by_which_id_the_logs_know_the_request(api):
    ours = "proxy-4711-abc"
    for address, accepted in (
        ("claims?unicorn=1", "*/*"),
        ("unicorns", "*/*"),
        ("changes/stream?unicorn=1", "text/event-stream"),
    ):
        found = api.get(V1 + address, HTTP_X_REQUEST_ID=ours, HTTP_ACCEPT=accepted)
        assert (found.json()["request_id"], found["X-Request-ID"]) == (ours, ours)
    found = api.get(f"{V1}claims?unicorn=1")
    assert found.json()["request_id"] == found["X-Request-ID"] != ours
    nobody = APIClient().get(f"{V1}claims")
    assert (nobody.status_code, nobody.json()["request_id"]) == (401, nobody["X-Request-ID"])
    assert api.get(f"{V1}claims").json().keys() == {"next", "previous", "results"}


def test_an_id_that_a_caller_chose_does_not_tell_whether_it_names_somebody_protected(api, editor):
    source = factories.SourceFactory(name="Olgabrandt")
    protect_source(source, by=editor, reason="She asked for it.")
    for address, status in (("unicorns", 404), ("claims?unicorn=1", 400)):
        found = api.get(V1 + address, HTTP_X_REQUEST_ID="Olgabrandt")
        assert (found.status_code, found.json()["request_id"]) == (status, "Olgabrandt")


def every(kind):
    for one in kind.__subclasses__():
        yield one
        yield from every(one)


def test_the_guide_lists_every_code_that_the_domain_refuses_with():
    told = (Path(__file__).parents[3] / "docs" / "guide-api.md").read_text()
    listed = told[told.index("| status | code | when |") : told.index("## How much you may ask")]
    by_status = {
        (int(row[1]), code.strip())
        for row in re.finditer(r"^\| (\d+) \| ([^|]*) \|", listed, re.M)
        for code in row[2].split(",")
    }
    at_the_desk = set(re.findall(r"\w+", listed[listed.index("The desk and the reading") :]))
    unlisted = {one.code for one in every(errors.ClaimsError) if (one.status, one.code) not in by_status} - at_the_desk
    assert unlisted == set()
