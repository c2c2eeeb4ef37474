"""``/api/v1/changes`` over a real server: pages, waiting, streams, and clear answers to what cannot be."""

import json
import threading
import time

import httpx
import pytest
from knox.models import AuthToken

from claims.limits import Limit
from claims.services import ledger
from claims.services.bell import bell
from tests import factories
from tests.claims.api.conftest import V1

CHANGES = V1 + "changes"
STREAM = CHANGES + "/stream"


@pytest.fixture
def client(live_server, reader):
    """A reader's client of a server that runs; whoever listened for it lets go of the database afterwards."""
    headers = {"Authorization": f"Token {AuthToken.objects.create(reader)[1]}"}
    with httpx.Client(base_url=live_server.url, headers=headers, timeout=30) as client:
        yield client
    bell.stop()


def events_of(lines, count):
    """So many events of a stream, each as id, name and data."""
    found, event = [], {}
    for line in lines:
        if line:
            name, _, value = line.partition(": ")
            event[name] = value
        else:
            if "data" in event:
                found.append((event["id"], event["event"], json.loads(event["data"])))
            event = {}
            if len(found) == count:
                return found
    return found


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("after=-1", "after"), ("after=x", "after"), ("after=1.5", "after"), ("after=", "after"),
        ("after=99999999999999999999", "after"), ("wait=61", "wait"), ("wait=-1", "wait"), ("limit=0", "limit"),
        ("limit=1001", "limit"), ("dossier=nowhere", "dossier"), ("dossier=%00", "dossier"), ("type=ghost", "type"),
        ("since=3", "since"), ("after=1&after=2", "after"),
    ],
)  # fmt: skip
def test_what_cannot_be_asked_is_refused_by_name(api, query, field):
    answer = api.get(f"{CHANGES}?{query}")
    assert answer.status_code == 400
    assert list(answer.json()["errors"]) == [field]


@pytest.mark.parametrize("address", [CHANGES, STREAM])
def test_a_place_that_the_ledger_has_not_reached_is_told_apart_from_nothing_new(api, address):
    factories.DossierFactory()
    ledger.seal()
    answer = api.get(f"{address}?after=2")
    assert (answer.status_code, answer.json()["code"]) == (409, "ahead_of_ledger")
    assert "ends at 1" in answer.json()["detail"]
    assert api.get(f"{CHANGES}?after=1").json()["changes"] == []


def test_pages_are_read_to_the_end(api, case):
    ledger.seal()
    seqs, after = [], 0
    while True:
        page = api.get(f"{CHANGES}?after={after}&limit=7").json()
        seqs += [change["seq"] for change in page["changes"]]
        after = page["next"]
        if not page["more"]:
            break
    assert seqs == list(range(1, page["head"]["seq"] + 1))
    assert page["head"]["hash"] == ledger.head()[1]


@pytest.mark.django_db
@pytest.mark.parametrize("address", [CHANGES, STREAM])
def test_who_may_not_read_the_ledger_is_told_so(client_of, address):
    assert client_of(factories.UserFactory()).get(address).status_code == 403
    assert httpx.codes.is_client_error(client_of(factories.UserFactory(is_active=False)).get(address).status_code)


@pytest.mark.django_db(transaction=True)
def test_who_waits_is_told_within_a_moment_of_the_commit(client):
    answers = []

    def wait() -> None:
        answers.append((client.get(CHANGES, params={"after": 0, "wait": 30}).json(), time.monotonic()))

    waiting = threading.Thread(target=wait)
    waiting.start()
    while not bell._waiting:
        time.sleep(0.01)
    dossier = factories.DossierFactory()  # nobody seals it but the one who waits
    committed = time.monotonic()
    waiting.join()
    page, at = answers[0]
    assert [change["uid"] for change in page["changes"]] == [str(dossier.uid)]
    assert page["next"] == page["head"]["seq"] == 1
    assert at - committed < 5  # about 0.1 on a quiet machine; far less than the 30 asked for


@pytest.mark.django_db(transaction=True)
def test_an_answer_without_news_comes_when_the_wait_is_over_and_covers_what_did_not_match(client):
    dossier = factories.DossierFactory()
    factories.DossierFactory()
    ledger.seal()
    page = client.get(CHANGES, params={"after": 1, "wait": 1, "dossier": dossier.slug}).json()
    assert page == {"changes": [], "next": 2, "more": False, "head": {"seq": 2, "hash": ledger.head()[1]}}


@pytest.mark.django_db(transaction=True)
def test_no_more_wait_than_there_are_places_and_the_others_are_answered_all_the_same(client, settings):
    settings.CHANGES_WAITERS = 1
    waiting = threading.Thread(target=lambda: client.get(CHANGES, params={"wait": 30}))
    waiting.start()
    while not bell._waiting:
        time.sleep(0.01)
    for address in (f"{CHANGES}?wait=5", STREAM):
        refused = client.get(address)
        assert (refused.status_code, refused.json()["code"]) == (503, "too_many_waiting")
        assert refused.headers["Retry-After"] == "5"
        assert refused.headers["Content-Type"] == "application/problem+json"
    assert client.get(CHANGES).status_code == 200
    factories.DossierFactory()
    waiting.join()
    assert bell._waiting == 0
    assert client.get(CHANGES, params={"wait": 5}).json()["changes"] != []


@pytest.mark.django_db(transaction=True)
def test_a_stream_goes_on_where_it_broke_off(client):
    factories.DossierFactory.create_batch(3)
    ledger.seal()
    with client.stream("GET", STREAM, headers={"Accept": "text/event-stream"}) as stream:
        assert stream.headers["Content-Type"] == "text/event-stream"
        assert "ETag" not in stream.headers
        first = events_of(stream.iter_lines(), 2)
    assert [(one[0], one[1], one[2]["seq"]) for one in first] == [("1", "change", 1), ("2", "change", 2)]
    factories.DossierFactory()
    with client.stream("GET", STREAM, headers={"Last-Event-ID": first[-1][0]}) as stream:
        lines = stream.iter_lines()
        rest = events_of(lines, 2)
        factories.DossierFactory()
        rest += events_of(lines, 1)
    assert [one[0] for one in rest] == ["3", "4", "5"]


@pytest.mark.django_db(transaction=True)
def test_a_stream_says_that_it_is_there_ends_by_itself_and_gives_its_place_back(client, settings):
    settings.CHANGES_STREAM_SECONDS = 1
    dossier = factories.DossierFactory()
    factories.DossierFactory()
    ledger.seal()
    with client.stream("GET", STREAM, params={"dossier": dossier.slug}) as stream:
        body = stream.read().decode()
    assert body.startswith("retry: 2000\n\nid: 1\nevent: change\ndata: {")
    assert ": still here\nid: 2\n" in body  # the second dossier was looked at, and is not told
    deadline = time.monotonic() + 10
    while bell._waiting and time.monotonic() < deadline:
        time.sleep(0.01)
    assert bell._waiting == 0


@pytest.mark.django_db(transaction=True)
def test_a_stream_that_is_taken_up_again_and_again_uses_up_no_other_limit(client, settings):
    settings.CHANGES_STREAM_SECONDS = 0.1
    settings.API_LIMITS = settings.API_LIMITS | {"changes": Limit(3, 3600), "read": Limit(1, 3600)}
    answers = [client.get(STREAM) for _ in range(4)]
    assert [answer.status_code for answer in answers] == [200, 200, 200, 429]
    assert answers[0].headers["RateLimit"].startswith('"changes";r=2;')
    assert client.get(f"{V1}claims").status_code == 200


@pytest.mark.parametrize("header", ["x", "-1", "1,2"])
def test_a_stream_that_cannot_be_resumed_says_so(api, header):
    answer = api.get(STREAM, HTTP_LAST_EVENT_ID=header, HTTP_ACCEPT="text/event-stream")
    assert answer.status_code == 400
    assert list(answer.json()["errors"]) == ["Last-Event-ID"]
