"""Handing documents in over REST: a job that says what became of it."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from knox.models import AuthToken
from rest_framework.test import APIClient

from claims.models import Snapshot
from tests import factories
from tracker.models import Submission
from tracker.pipeline import read_submission

SUBMISSIONS = "/api/v1/submissions"
TEXT = "The harbour master said the crane fell on Friday.\n\n---\n\nThe port’s owner denied it."
DESCRIBED = {
    "title": "Crane falls: “nobody hurt”",
    "text": TEXT,
    "publisher": "The Quayside Post",
    "url": "https://quayside.example/crane",
    "published_at": "2031-05-04T12:00:00+02:00",
    "language": "en",
    "dossier": "port",
}


def client_of(user=None):
    client = APIClient()
    if user is not None:
        _, token = AuthToken.objects.create(user)
        client.credentials(HTTP_AUTHORIZATION=f"Token {token}")
    return client


@pytest.fixture
def api(reviewer):
    return client_of(reviewer)


@pytest.mark.parametrize(
    ("role", "post", "get"),
    [(None, 401, 401), ("none", 403, 403), ("reader", 403, 200), ("reviewer", 202, 200), ("editor", 202, 200)],
)
def test_each_role_gets_its_answer(db, role, post, get):
    client = client_of(factories.UserFactory(role=None if role == "none" else role) if role else None)
    waiting = Submission.objects.create(address="https://quayside.example/")
    assert client.post(SUBMISSIONS, {"url": "https://quayside.example/"}, format="json").status_code == post
    assert client.get(f"{SUBMISSIONS}/{waiting.uid}").status_code == get


def test_an_address_becomes_a_job_and_the_answer_says_where_to_ask(api, reviewer):
    answer = api.post(SUBMISSIONS, {"url": "https://quayside.example/crane", "dossier": "port"}, format="json")
    assert answer.status_code == 202
    assert answer["Location"] == f"http://testserver{SUBMISSIONS}/{answer.json()['uid']}"
    job = api.get(answer["Location"]).json()
    assert job == answer.json()
    assert (job["state"], job["address"], job["dossier"]) == ("queued", "https://quayside.example/crane", "port")
    assert (job["document"], job["snapshot"], job["finished_at"]) == (None, None, None)
    submission = Submission.objects.get()
    assert (submission.submitted_by, submission.payload) == (reviewer, None)


def test_a_text_is_read_as_it_was_handed_in_with_what_is_known_of_it(api):
    answer = api.post(SUBMISSIONS, DESCRIBED, format="json")
    assert answer.status_code == 202, answer.content
    read_submission(Submission.objects.get().pk)
    job = api.get(answer["Location"]).json()
    assert (job["state"], job["new_document"], job["error"]) == ("done", True, "")
    snapshot = Snapshot.objects.select_related("document__publisher", "document__dossier").get(uid=job["snapshot"])
    document = snapshot.document
    assert str(document.uid) == job["document"]
    assert snapshot.text.strip() == TEXT
    assert (document.title, document.language, document.dossier.slug) == (DESCRIBED["title"], "en", "port")
    assert document.publisher.name == "The Quayside Post"
    assert document.published_at.isoformat() == "2031-05-04T10:00:00+00:00"


def test_a_failure_is_given_with_its_reason(api):
    failed = Submission.objects.create(
        address="https://quayside.example/", state="failed", error_code="not_found", error="Answered 404."
    )
    job = api.get(f"{SUBMISSIONS}/{failed.uid}").json()
    assert (job["state"], job["error_code"], job["error"]) == ("failed", "not_found", "Answered 404.")


REFUSED = [
    ({}, ["url"]),
    ({"url": "ftp://quayside.example/"}, ["url"]),
    ({"url": "no address"}, ["url"]),
    ({"url": "https://quayside.example/\x00"}, ["url"]),
    ({"url": "https://quayside.example/" + "x" * 2000}, ["url"]),
    ({"url": "https://quayside.example/", "title": "Crane"}, ["title"]),
    ({"text": "Somebody said so."}, ["title"]),
    ({"title": "Crane", "text": ""}, ["text"]),
    ({"title": "Crane", "text": "a\x00b"}, ["text"]),
    ({"url": "https://quayside.example/", "dossier": "no slug!"}, ["dossier"]),
    ({"url": "https://quayside.example/", "priority": 1}, ["priority"]),
    ([], [""]),
    ("text", [""]),
]


@pytest.mark.parametrize(("body", "fields"), REFUSED)
def test_what_cannot_be_read_is_refused_by_field_and_nothing_is_queued(api, body, fields):
    answer = api.post(SUBMISSIONS, body, format="json")
    assert (answer.status_code, list(answer.json()["errors"])) == (400, fields)
    assert answer["Content-Type"] == "application/problem+json"
    assert not Submission.objects.exists()


def test_a_text_longer_than_any_document_is_refused(api, settings):
    settings.FETCH_MAX_BYTES = 1024
    answer = api.post(SUBMISSIONS, {"title": "Crane", "text": "é" * 600}, format="json")
    assert (answer.status_code, list(answer.json()["errors"])) == (400, ["text"])


@pytest.mark.parametrize(
    ("body", "code", "fields"),
    [
        ("{", "parse_error", []),
        (r'{"title": "Crane", "text": "\ud800"}', "invalid", ["text"]),
        (r'{"\ud800": 1}', "invalid", ["?"]),
        (r'{"url": "\ud800"}', "invalid", ["url"]),
    ],
)
def test_a_body_that_is_no_text_is_refused(api, body, code, fields):
    answer = api.post(SUBMISSIONS, body, content_type="application/json")
    assert (answer.status_code, answer.json()["code"]) == (400, code)
    assert list(answer.json().get("errors", {})) == fields


def test_there_is_no_list_of_what_others_handed_in(api):
    assert api.get(SUBMISSIONS).status_code == 405


VALUES = st.none() | st.booleans() | st.integers() | st.text(max_size=20) | st.lists(st.text(max_size=3), max_size=2)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(body=st.dictionaries(st.sampled_from([*DESCRIBED, "byline", "x"]), VALUES, max_size=4))
def test_no_body_is_too_odd_for_an_answer(api, body):
    assert api.post(SUBMISSIONS, body, format="json").status_code in (202, 400)
