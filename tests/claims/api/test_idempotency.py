"""The same request under the same ``Idempotency-Key``: done once, answered alike, whoever races and whatever dies."""

import json
import os
import re
import subprocess
import sys
import threading
from datetime import timedelta
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import pytest
from django.contrib.auth.models import Permission
from django.db import connection, transaction
from django.utils import timezone
from knox.models import AuthToken
from rest_framework.test import APIClient

from claims.models import Contradiction, Event, KeptAnswer, Subscription, TokenGrant, Verdict
from claims.roles import ADMINISTRATOR
from claims.services import idempotency
from claims.services.protection import protect_source
from tests import factories
from tests.claims.api.conftest import V1, a_case
from tests.servers import ROOT, database_url, wait_until
from tracker.models import Feed, Submission

KEY = {"HTTP_IDEMPOTENCY_KEY": '"8e03978e-40d5-43dd-bc93-6894a57f9324"'}
OTHER = {"HTTP_IDEMPOTENCY_KEY": '"5ce83b7c-1f6a-4a0e-9f7e-2d9d5a1c0b11"'}
WAITS = "SELECT count(*) FROM pg_locks WHERE NOT granted"


def drafted(case, **said):
    return {"claim": str(case.claim.uid), "credibility": 3, "rationale": "Perhaps.", **said}


@pytest.fixture
def everything(client_of, db):
    """An administrator's client: of the roles the one that may post to every address."""
    return client_of(factories.UserFactory(role=ADMINISTRATOR))


# An address, a body and what it adds a row to.
POSTS = {
    "verdicts": (drafted, Verdict),
    "submissions": (lambda _: {"title": "A text", "text": "The mayor said the bridge was closed."}, Submission),
    "subscriptions": (lambda _: {"url": "https://hooks.example/corroborate"}, Subscription),
    "tokens": (lambda _: {"name": "CMS", "scopes": ["read"]}, AuthToken),
    "feeds": (lambda _: {"address": "https://outlet.example/rss"}, Feed),
}


@pytest.mark.parametrize("resource", POSTS)
def test_sent_again_it_is_answered_alike_and_done_once(everything, case, resource):
    body, model = POSTS[resource][0](case), POSTS[resource][1]
    before = model.objects.count()
    first = everything.post(V1 + resource, body, format="json", **KEY)
    assert first.status_code in (201, 202), first.content
    assert "Idempotent-Replayed" not in first
    again = everything.post(V1 + resource, dict(reversed(body.items())), format="json", **KEY)
    assert (again.status_code, again.content, again["Idempotent-Replayed"]) == (
        first.status_code,
        first.content,
        "true",
    )
    assert [again.get(name) for name in ("Location", "ETag", "Content-Type")] == [
        first.get(name) for name in ("Location", "ETag", "Content-Type")
    ]
    assert model.objects.count() == before + 1
    if resource != "feeds":  # of which there is one of each address
        other = everything.post(V1 + resource, body, format="json", **OTHER)
        assert (other.status_code, model.objects.count()) == (first.status_code, before + 2)


def test_a_secret_that_is_shown_once_is_in_no_kept_row(everything):
    body = POSTS["tokens"][0](None)
    secret = everything.post(f"{V1}tokens", body, format="json", **KEY).json()["token"]
    kept = KeptAnswer.objects.get()
    told = repr(vars(kept)) + bytes(kept.answer).decode()
    assert not any(hidden in told for hidden in (secret, "CMS", KEY["HTTP_IDEMPOTENCY_KEY"].strip('"')))
    assert everything.post(f"{V1}tokens", body, format="json", **KEY).json()["token"] == secret


def test_a_key_names_one_request_of_one_caller(client_of, reviewer, case):
    mine, elsewhere = client_of(reviewer), client_of(reviewer)
    first = mine.post(f"{V1}verdicts", drafted(case), format="json", **KEY)
    for address, body, more in (
        ("verdicts", drafted(case, rationale="Surely."), {}),
        ("verdicts?x=y", drafted(case), {}),
        ("contradictions", drafted(case), {}),
        ("verdicts", drafted(case), {"HTTP_IF_MATCH": "*"}),
    ):
        refused = mine.post(V1 + address, body, format="json", **KEY, **more)
        assert (refused.status_code, refused.json()["code"]) == (422, "key_reused")
    another = elsewhere.post(f"{V1}verdicts", drafted(case), format="json", **KEY)  # the same person's other token
    assert another.json()["uid"] != first.json()["uid"]
    unquoted = {"HTTP_IDEMPOTENCY_KEY": KEY["HTTP_IDEMPOTENCY_KEY"].strip('"')}
    assert mine.post(f"{V1}verdicts", drafted(case), format="json", **unquoted).json() == first.json()


def test_what_is_no_key_is_refused_by_name(client_of, reviewer, case):
    client = client_of(reviewer)
    for key in ("", '""', '"a', "a b", "é", "x" * 256):
        answer = client.post(f"{V1}verdicts", drafted(case), format="json", HTTP_IDEMPOTENCY_KEY=key)
        assert (key, answer.status_code, list(answer.json()["errors"])) == (key, 400, ["Idempotency-Key"])


def test_a_decision_keeps_what_was_done_and_what_the_domain_refused(client_of, reviewer, case):
    client, where = client_of(reviewer), f"{V1}contradictions/{case.contradiction.uid}"
    seen = client.get(where)["ETag"]
    sent = {"data": {"reason": "I was there."}, "format": "json"}
    assert client.post(f"{where}/confirm", **sent, **KEY).status_code == 428  # settles nothing: put right, it is done
    first = client.post(f"{where}/confirm", **sent, **KEY, HTTP_IF_MATCH=seen)
    again = client.post(f"{where}/confirm", **sent, **KEY, HTTP_IF_MATCH=seen)
    assert (first.status_code, again.status_code, again["ETag"]) == (200, 200, first["ETag"])
    assert again.json() == first.json()
    refused = client.post(f"{where}/confirm", **sent, **OTHER, HTTP_IF_MATCH="*")
    assert (refused.status_code, refused.json()["code"]) == (409, "already_decided")
    assert client.post(f"{where}/take-back", HTTP_IF_MATCH="*").status_code == 200
    still = client.post(f"{where}/confirm", **sent, **OTHER, HTTP_IF_MATCH="*")
    assert (still.status_code, still["Content-Type"]) == (409, refused["Content-Type"])
    assert still.json() == {**refused.json(), "request_id": still["X-Request-ID"]}, "each has its own request's id"
    assert still["Idempotent-Replayed"] == "true"


def test_an_answer_is_kept_for_its_time_and_then_forgotten(client_of, reviewer, case, settings):
    client = client_of(reviewer)
    first = client.post(f"{V1}verdicts", drafted(case), format="json", **KEY).json()
    client.post(f"{V1}verdicts", drafted(case), format="json", **OTHER)
    KeptAnswer.objects.update(at=timezone.now() - timedelta(hours=settings.IDEMPOTENCY_HOURS - 0.1))
    assert idempotency.prune() == 0
    assert client.post(f"{V1}verdicts", drafted(case), format="json", **KEY).json() == first
    KeptAnswer.objects.update(at=timezone.now() - timedelta(hours=settings.IDEMPOTENCY_HOURS + 0.1))
    assert client.post(f"{V1}verdicts", drafted(case), format="json", **KEY).json()["uid"] != first["uid"]
    assert (idempotency.prune(), KeptAnswer.objects.count()) == (1, 1)


def test_an_answer_is_masked_for_who_its_caller_is_by_then(client_of, case, editor):
    person = factories.UserFactory(role="reader")
    person.user_permissions.add(*Permission.objects.filter(codename__in=["review_statement", "view_protected"]))
    client, where = client_of(person), f"{V1}statements/{case.assertion.uid}/confirm"
    protect_source(case.guild, by=editor, reason="Threatened.")
    assert case.guild.name in client.post(where, **KEY, HTTP_IF_MATCH="*").content.decode()
    person.user_permissions.remove(Permission.objects.get(codename="view_protected"))
    again = client.post(where, **KEY, HTTP_IF_MATCH="*")
    assert (again.status_code, again["Idempotent-Replayed"]) == (200, "true")
    assert case.guild.name not in again.content.decode()
    person.user_permissions.remove(Permission.objects.get(codename="review_statement"))
    assert client.post(where, **KEY, HTTP_IF_MATCH="*").status_code == 403


def test_an_answer_is_not_given_again_to_a_token_that_reads_fewer_dossiers(case, reviewer, editor):
    elsewhere = a_case(reviewer, editor)
    token, secret = AuthToken.objects.create(reviewer)
    grant = TokenGrant.objects.create(token=token, name="x", scopes=["review"], limited=True)
    grant.dossiers.set([case.dossier, elsewhere.dossier])
    client = APIClient(headers={"Authorization": f"Token {secret}"})
    assert client.post(f"{V1}verdicts", drafted(case), format="json", **KEY).status_code == 201
    grant.dossiers.set([elsewhere.dossier])
    again = client.post(f"{V1}verdicts", drafted(case), format="json", **KEY)
    assert (again.status_code, case.claim.text in again.content.decode()) == (403, False)


def test_a_server_whose_secret_key_changed_says_that_it_was_done(client_of, reviewer, case, settings):
    client = client_of(reviewer)
    first = client.post(f"{V1}verdicts", drafted(case), format="json", **KEY).json()
    before, replaced = Verdict.objects.count(), settings.SECRET_KEY
    settings.SECRET_KEY = "another-secret-key-than-that-of-the-first-answer"
    settings.SECRET_KEY_FALLBACKS = [replaced]
    assert client.post(f"{V1}verdicts", drafted(case), format="json", **KEY).json() == first
    settings.SECRET_KEY_FALLBACKS = []
    again = client.post(f"{V1}verdicts", drafted(case), format="json", **KEY)
    assert (again.status_code, again.json()["code"], Verdict.objects.count()) == (409, "answer_unreadable", before)


# --- At once, and in between -----------------------------------------------------------------------------------------


@pytest.fixture
def sent(live_server, reviewer, case):
    """What a client sends over the network: a decision, whose row waits for whoever holds it."""
    token = AuthToken.objects.create(reviewer)[1]
    key = KEY["HTTP_IDEMPOTENCY_KEY"]
    headers = {"Authorization": f"Token {token}", "Idempotency-Key": key, "If-Match": "*", "Connection": "close"}
    where = f"{live_server.url}{V1}contradictions/{case.contradiction.uid}/confirm"
    return {"url": where, "json": {"reason": "I was there."}, "headers": headers, "timeout": 60}


def confirmations(case):
    return Event.objects.filter(object_uid=case.contradiction.uid, verb="confirmed").count()


def waiting():
    """How many sessions wait for a row that another one holds."""
    with connection.cursor() as cursor:
        cursor.execute(WAITS)
        return cursor.fetchone()[0]


@pytest.mark.django_db(transaction=True)
def test_of_many_at_once_one_is_done_and_the_others_are_told_that_or_to_wait(sent, case):
    answers = []
    with transaction.atomic():
        # Whoever comes first gets no further than this row; the others come meanwhile.
        Contradiction.objects.select_for_update(of=("self",)).get(pk=case.contradiction.pk)
        first = threading.Thread(target=lambda: answers.append(httpx.post(**sent)))
        first.start()
        wait_until(waiting, within=60, what="the first request is at work")
        meanwhile = [httpx.post(**sent) for _ in range(3)]
    first.join()
    assert [(one.status_code, one.json()["code"]) for one in meanwhile] == [(409, "key_in_use")] * 3
    assert meanwhile[0].headers["Retry-After"] == "1"
    racing = [threading.Thread(target=lambda: answers.append(httpx.post(**sent))) for _ in range(6)]
    for one in racing:
        one.start()
    for one in racing:
        one.join()
    assert {(one.status_code, one.json().get("code")) for one in answers} <= {(200, None), (409, "key_in_use")}
    assert {one.content for one in answers if one.status_code == 200} == {answers[0].content}
    assert (answers[0].status_code, confirmations(case)) == (200, 1)


@pytest.mark.django_db(transaction=True)
def test_of_many_that_come_first_together_one_is_done(sent, case):
    answers = []
    racing = [threading.Thread(target=lambda: answers.append(httpx.post(**sent))) for _ in range(8)]
    for one in racing:
        one.start()
    for one in racing:
        one.join()
    assert {(one.status_code, one.json().get("code")) for one in answers} <= {(200, None), (409, "key_in_use")}
    assert (confirmations(case), httpx.post(**sent).status_code, KeptAnswer.objects.count()) == (1, 200, 1)


@pytest.mark.django_db(transaction=True)
def test_a_process_that_is_killed_in_between_leaves_nothing_and_the_key_free(sent, case):
    token, key = sent["headers"]["Authorization"].split()[1], sent["headers"]["Idempotency-Key"]
    program = [sys.executable, str(Path(__file__).with_name("one_request.py")), urlsplit(sent["url"]).path, token, key]
    environment = os.environ | {"DATABASE_URL": database_url(), "PYTHONPATH": str(ROOT)}
    with transaction.atomic():
        Contradiction.objects.select_for_update(of=("self",)).get(pk=case.contradiction.pk)
        dying = subprocess.Popen([*program, json.dumps(sent["json"])], cwd=ROOT, env=environment)
        try:
            wait_until(waiting, within=60, what="the request is at work")
            assert httpx.post(**sent).json()["code"] == "key_in_use"
        finally:
            dying.kill()
            dying.wait()
    wait_until(lambda: not waiting(), within=60, what="its session goes on")
    answers = [httpx.post(**sent)]
    while answers[-1].status_code == 409:  # until PostgreSQL has seen that its client is gone
        assert answers[-1].json()["code"] == "key_in_use"
        answers.append(httpx.post(**sent))
    assert (answers[-1].status_code, "Idempotent-Replayed" in answers[-1].headers) == (200, False)
    assert (confirmations(case), KeptAnswer.objects.count()) == (1, 1)


@pytest.mark.django_db(transaction=True)
def test_the_guides_recipe_decides(sent, case):
    guide = (ROOT / "docs" / "guide-api.md").read_text()
    [recipe] = [code for code in re.findall(r"```python\n(.*?)```", guide, re.DOTALL) if "def decide(" in code]
    server, token = sent["url"].partition("/api/")[0], sent["headers"]["Authorization"].split()[1]
    told = subprocess.run(
        [sys.executable, "-c", recipe.replace('/api/v1/",', '/api/v1/", timeout=60,')],
        env=os.environ | {"CORROBORATE": server, "TOKEN": token, "CONTRADICTION": str(case.contradiction.uid)},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert told.stdout.splitlines() == [case.contradiction.explanation, "confirmed by rolf-reviewer"], told.stderr
