"""Limits of the API: which one counts a request, what its answer says, and that no more get through."""

import threading
from collections import Counter

import httpx
import pytest
from django.db import transaction
from django.utils import timezone
from knox.models import AuthToken
from rest_framework.test import APIClient

from claims.limits import Limit
from claims.models import Allowance, TokenGrant
from claims.roles import ADMINISTRATOR
from claims.services import ledger
from claims.services.allowances import forget_ended, spend
from tests import factories
from tests.claims.api.conftest import V1
from tests.factories import MACHINE
from tests.servers import web_server

NAMES = ("nobody", "read", "review", "submit", "admin", "check", "changes")


@pytest.fixture
def limits(settings):
    """Few of each kind, and of each kind another number, so that the answer tells which one counted it."""
    settings.API_LIMITS = {name: Limit(number, 3600) for number, name in enumerate(NAMES, 3)}
    return settings.API_LIMITS


@pytest.fixture
def caller(db):
    """A client with a token of its own, of these scopes."""
    administrator = factories.UserFactory(role=ADMINISTRATOR)

    def made(*scopes):
        token, secret = AuthToken.objects.create(administrator)
        if scopes:
            TokenGrant.objects.create(token=token, name="x", scopes=list(scopes))
        client = APIClient()
        client.credentials(HTTP_AUTHORIZATION=f"Token {secret}")
        return client

    return made


@pytest.mark.parametrize(
    ("method", "address", "named"),
    [
        ("get", "claims", "read"),
        ("get", "claims/no-uid", "read"),
        ("get", "exports/claims.csv", "read"),
        ("post", "subscriptions", "read"),
        ("post", "submissions", "submit"),
        ("get", "tokens", "admin"),
        ("post", "check", "check"),
        ("get", "changes", "changes"),
        ("post", "claims", "review"),
    ],
)
def test_what_a_request_takes_names_its_limit(limits, caller, method, address, named):
    answer = getattr(caller(), method)(V1 + address, **({"format": "json"} if method == "post" else {}))
    amount = limits[named].amount
    assert answer["RateLimit-Policy"] == f'"{named}";q={amount};w=3600'
    assert answer["RateLimit"] in (f'"{named}";r={amount - 1};t=3600', f'"{named}";r={amount - 1};t=3599')


def test_a_request_too_many_is_told_when_to_come_back(limits, caller):
    client = caller()
    statuses = [client.get(f"{V1}claims").status_code for _ in range(limits["read"].amount)]
    refused = client.get(f"{V1}claims")
    assert statuses == [200] * limits["read"].amount
    assert (refused.status_code, refused["Content-Type"]) == (429, "application/problem+json")
    assert refused.json()["code"] == "too_many_requests"
    assert 3590 <= int(refused["Retry-After"]) <= 3600
    assert refused["RateLimit"] == f'"read";r=0;t={refused["Retry-After"]}'
    assert "4 in 3600 seconds" in refused.json()["detail"]


def test_one_limit_used_up_leaves_the_others_and_other_tokens_alone(limits, caller):
    client, other = caller(), caller()
    while client.get(f"{V1}claims").status_code == 200:
        pass
    assert client.get(f"{V1}changes").status_code == 200
    assert client.get(f"{V1}tokens").status_code == 200
    assert other.get(f"{V1}claims").status_code == 200


def test_an_unchanged_row_counts_too_and_says_so(limits, caller, case):
    client = caller()
    first = client.get(f"{V1}claims/{case.claim.uid}")
    again = client.get(f"{V1}claims/{case.claim.uid}", HTTP_IF_NONE_MATCH=first["ETag"])
    assert again.status_code == 304
    assert again["RateLimit"].startswith('"read";r=2;')


def test_whoever_did_not_sign_in_is_counted_by_address(limits, case):
    with transaction.atomic():
        case.dossier.public_read = True
        case.dossier.save(update_fields=["public_read"])
        ledger.record(MACHINE, "edited", case.dossier)
    asked = [APIClient().get(f"{V1}claims", REMOTE_ADDR="192.0.2.7").status_code for _ in range(4)]
    assert asked == [200, 200, 200, 429]
    assert APIClient().get(f"{V1}claims", REMOTE_ADDR="192.0.2.8").status_code == 200
    # What a client writes itself into the header of proxies changes nothing while no proxy is named.
    spoofed = APIClient().get(f"{V1}claims", REMOTE_ADDR="192.0.2.7", HTTP_X_FORWARDED_FOR="192.0.2.99")
    assert spoofed.status_code == 429


def test_addresses_of_one_network_of_the_new_kind_are_one_caller(limits, db):
    asked = [APIClient().get(f"{V1}claims", REMOTE_ADDR=f"2001:db8:1:2::{n}").status_code for n in range(1, 5)]
    assert asked == [401, 401, 401, 429]
    assert APIClient().get(f"{V1}claims", REMOTE_ADDR="2001:db8:1:3::1").status_code == 401
    mapped = [APIClient().get(f"{V1}claims", REMOTE_ADDR=f"::ffff:192.0.2.{n}").status_code for n in range(1, 5)]
    assert mapped == [401] * 4


def test_behind_a_proxy_the_address_that_it_saw_counts(limits, settings, db):
    settings.REST_FRAMEWORK = {**settings.REST_FRAMEWORK, "NUM_PROXIES": 1}
    seen = ["192.0.2.1, 198.51.100.7"] * 4 + ["198.51.100.7, 192.0.2.1"]
    asked = [APIClient().get(f"{V1}claims", HTTP_X_FORWARDED_FOR=one).status_code for one in seen]
    assert asked == [401, 401, 401, 429, 401]


@pytest.mark.parametrize(
    ("credentials", "status"), [({}, 401), ({"HTTP_AUTHORIZATION": "Token " + "a" * 64}, 401)], ids=["none", "wrong"]
)
def test_what_is_refused_counts_as_well_so_that_nobody_guesses_on(limits, db, credentials, status):
    asked = [APIClient().get(f"{V1}claims", **credentials) for _ in range(4)]
    assert [answer.status_code for answer in asked] == [status] * 3 + [429]
    assert asked[0]["RateLimit"].startswith('"nobody";r=2;')


def test_what_a_token_is_not_granted_counts_for_its_address(limits, caller):
    asked = [caller("read").get(f"{V1}tokens") for _ in range(4)]
    assert [answer.status_code for answer in asked] == [403] * 3 + [429]


def test_what_a_role_may_not_counts_for_its_token(limits, client_of, reader):
    client = client_of(reader)
    asked = [client.post(f"{V1}submissions", {}, format="json").status_code for _ in range(7)]
    assert asked == [403] * limits["submit"].amount + [429]


def test_each_text_that_is_checked_counts(settings, limits, caller):
    settings.API_LIMITS = limits | {"check": Limit(100, 60)}
    client = caller()
    texts = [f"Osk bridge number {number} fell." for number in range(60)]
    first = client.post(f"{V1}check", {"texts": texts}, format="json")
    second = client.post(f"{V1}check", {"texts": texts}, format="json")
    third = client.post(f"{V1}check", {"texts": texts[:39]}, format="json")
    assert (first.status_code, first["RateLimit"][:13]) == (200, '"check";r=40;')
    assert (second.status_code, second.json()["code"]) == (429, "too_many_requests")
    assert (third.status_code, third["RateLimit"][:12]) == (200, '"check";r=0;')


def test_health_and_metrics_have_no_limit(limits, client, db):
    for address in ("/health/live", "/health/ready", "/metrics"):
        answers = [client.get(address) for _ in range(12)]
        assert {answer.status_code for answer in answers} == {200}
        assert not any("RateLimit" in answer for answer in answers)


def test_without_a_limit_nothing_is_counted(settings, caller):
    settings.API_LIMITS = dict.fromkeys(NAMES)
    answer = caller().get(f"{V1}claims")
    assert answer.status_code == 200
    assert "RateLimit" not in answer
    assert not Allowance.objects.exists()


@pytest.mark.django_db(transaction=True)  # within one transaction time stands still
def test_a_window_that_has_ended_is_opened_anew_and_swept():
    limit = Limit(2, 60)
    given = {"name": "read", "caller": "token x"}
    assert [spend(limit, **given).left for _ in range(2)] == [1, 0]
    assert not spend(limit, **given).allowed
    assert forget_ended() == 0
    Allowance.objects.update(ends_at=timezone.now())
    found = spend(limit, **given)
    assert (found.allowed, found.left, found.ends_in) == (True, 1, 60)
    Allowance.objects.update(ends_at=timezone.now())
    assert forget_ended() == 1
    assert not Allowance.objects.exists()


def test_a_price_above_the_limit_is_never_paid(db):
    assert not spend(Limit(2, 60), name="check", caller="token x", cost=3).allowed
    assert not Allowance.objects.exists()


def test_no_row_tells_an_address(limits, db):
    APIClient().get(f"{V1}claims", REMOTE_ADDR="192.0.2.7")
    APIClient().get(f"{V1}claims", REMOTE_ADDR="192.0.2.8")
    assert Allowance.objects.count() == 2
    assert not any("192" in str(row) and "0.2" in str(row) for row in Allowance.objects.all())


@pytest.mark.parametrize("written", ["5", "0/minute", "-1/minute", "5/fortnight", "1e3/minute", "5/minute\n", ""])
def test_what_is_no_limit_is_refused(written):
    with pytest.raises(ValueError, match="Write a limit like"):
        Limit.read(written)


def test_a_limit_is_read_as_it_is_written():
    assert Limit.read("90/hour") == Limit(90, 3600)
    assert Limit.read("none") is None


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_never_more_than_the_limit_get_through_two_web_processes(reader):
    """Twelve clients at once, of one token and of none, on the web server of ``make run``, which has two processes."""
    token = AuthToken.objects.create(reader)[1]
    answers: Counter = Counter()
    lock = threading.Lock()

    def ask(server, headers, times):
        said = []
        for _ in range(times):
            answer = server.get(f"{V1}claims?page_size=1", headers=headers)
            said.append((bool(headers), answer.status_code, "Retry-After" in answer.headers))
        with lock:
            answers.update(said)

    signed = {"Authorization": f"Token {token}"}
    with (
        web_server(THROTTLE_READ="100/hour", THROTTLE_NOBODY="40/hour") as address,
        httpx.Client(base_url=address, timeout=60) as server,
    ):
        clients = [threading.Thread(target=ask, args=(server, sent, 15)) for sent in [signed] * 12 + [{}] * 6]
        for one in clients:
            one.start()
        for one in clients:
            one.join()
    assert answers == {
        (True, 200, False): 100, (True, 429, True): 80, (False, 401, False): 40, (False, 429, True): 50,
    }  # fmt: skip
