"""Subscriptions over REST: one's own, within what the token may see, the secret shown once, clear refusals."""

import pytest
from knox.models import AuthToken
from rest_framework.test import APIClient

from claims.models import Delivery, Subscription, TokenGrant
from claims.services import ledger, subscriptions
from tests import factories
from tests.claims.api.conftest import V1

SUBSCRIPTIONS = V1 + "subscriptions"
URL = "https://hooks.example/corroborate"


def made(api, **said):
    answer = api.post(SUBSCRIPTIONS, {"url": URL, **said}, format="json")
    assert answer.status_code == 201, answer.content
    return answer.json()


def token_of(user, *, scopes=("read",), dossiers=None):
    token, secret = AuthToken.objects.create(user)
    grant = TokenGrant.objects.create(token=token, name="test", scopes=list(scopes), limited=dossiers is not None)
    grant.dossiers.set(dossiers or [])
    client = APIClient()
    client.credentials(HTTP_AUTHORIZATION=f"Token {secret}")
    return client


def test_a_subscription_is_made_read_changed_and_ended_and_its_secret_is_shown_once(api, case):
    ledger.seal()
    new = made(api, name="CMS", dossier=case.dossier.slug, topics=["verdict"], claims=[str(case.claim.uid)])
    assert new["secret"].startswith("whsec_")
    assert new["after"] == ledger.head()[0]
    where = f"{SUBSCRIPTIONS}/{new['uid']}"
    shown = api.get(where).json()
    assert shown == {name: value for name, value in new.items() if name != "secret"}
    assert api.get(SUBSCRIPTIONS).json()["results"] == [shown]
    changed = api.patch(
        where, {"topics": [], "dossier": None, "types": ["claim"]}, format="json", HTTP_IF_MATCH="*"
    ).json()
    assert (changed["topics"], changed["dossier"], changed["types"]) == ([], None, ["claim"])
    rotated = api.post(f"{where}/rotate-secret").json()
    assert rotated["secret"] != new["secret"]
    assert new["secret"] not in api.get(where).content.decode()
    assert api.delete(where, HTTP_IF_MATCH=api.get(where)["ETag"]).status_code == 204
    assert api.get(where).status_code == 404
    assert not Subscription.objects.exists()


def test_what_was_settled_meanwhile_is_not_overwritten_and_deliveries_are_no_change(api):
    where = f"{SUBSCRIPTIONS}/{made(api, name='CMS')['uid']}"
    seen = api.get(where)["ETag"]
    factories.DossierFactory()
    ledger.seal()
    subscriptions.plan(Subscription.objects.get().pk)
    assert api.get(where)["ETag"] != seen  # its place on the ledger is another
    assert api.get(where, HTTP_IF_NONE_MATCH=api.get(where)["ETag"]).status_code == 304
    changed = api.patch(where, {"name": "Site"}, format="json", HTTP_IF_MATCH=seen)
    assert (changed.status_code, changed.json()["name"]) == (200, "Site")
    for method, body in (("patch", {"name": "Mine"}), ("delete", None)):
        unsaid = getattr(api, method)(where, body, format="json")
        assert (unsaid.status_code, unsaid.json()["code"]) == (428, "match_missing")
        late = getattr(api, method)(where, body, format="json", HTTP_IF_MATCH=seen)
        assert (late.status_code, late.json()["code"], late.json()["now"]["name"]) == (412, "changed_meanwhile", "Site")
    assert api.post(f"{where}/pause", HTTP_IF_MATCH=seen).status_code == 412
    paused = api.post(f"{where}/pause", HTTP_IF_MATCH=changed["ETag"])
    assert api.delete(where, HTTP_IF_MATCH=paused["ETag"]).status_code == 204


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "url"), ({"url": URL, "colour": "red"}, "colour"), ({"url": URL, "types": ["ghost"]}, "types.0"),
        ({"url": URL, "topics": ["weather"]}, "topics.0"), ({"url": URL, "dossier": "nowhere"}, "dossier"),
        ({"url": URL, "claims": ["x"]}, "claims.0"), ({"url": URL, "after": -1}, "after"),
    ],
)  # fmt: skip
def test_what_cannot_be_subscribed_to_is_refused_by_name(api, body, field):
    answer = api.post(SUBSCRIPTIONS, body, format="json")
    assert answer.status_code == 400
    assert list(answer.json()["errors"]) == [field]


@pytest.mark.parametrize("url", ["http://127.0.0.1/x", "http://169.254.169.254/", "ftp://hooks.example/", "nonsense"])
def test_addresses_inside_a_network_are_refused(api, url):
    answer = api.post(SUBSCRIPTIONS, {"url": url}, format="json")
    assert (answer.status_code, answer.json()["code"]) == (400, "address_refused")


def test_ping_pause_resume_replay_and_the_log(api):
    factories.DossierFactory.create_batch(2)
    ledger.seal()
    new = made(api, after=0)
    where = f"{SUBSCRIPTIONS}/{new['uid']}"
    subscriptions.plan(Subscription.objects.get().pk)
    Delivery.objects.update(state="delivered")
    ping = api.post(f"{where}/ping")
    assert (ping.status_code, ping.json()["seq"], ping.json()["state"]) == (202, None, "pending")
    log = api.get(f"{where}/deliveries").json()["results"]
    assert [(one["seq"], one["state"]) for one in log] == [(None, "pending"), (2, "delivered"), (1, "delivered")]
    again = api.post(f"{where}/deliveries/{log[1]['uid']}/replay")
    assert (again.status_code, again.json()["state"]) == (202, "pending")
    assert api.post(f"{where}/deliveries/{log[1]['uid']}/replay").json()["code"] == "wrong_state"
    assert api.post(f"{where}/replay", {"after": 0}, format="json").status_code == 202
    assert {one["state"] for one in api.get(f"{where}/deliveries").json()["results"]} == {"pending"}
    assert api.post(f"{where}/pause").json()["state"] == "paused"
    for refused in ("pause", "ping"):
        assert (api.post(f"{where}/{refused}").status_code, api.post(f"{where}/{refused}").json()["code"]) == (
            409, "wrong_state",
        )  # fmt: skip
    assert api.post(f"{where}/resume").json()["state"] == "active"


def test_nobody_sees_or_steers_anothers_subscription(api, client_of, reviewer):
    where = f"{SUBSCRIPTIONS}/{made(api)['uid']}"
    other = client_of(reviewer)
    assert other.get(SUBSCRIPTIONS).json()["results"] == []
    answers = {
        other.get(where).status_code, other.delete(where).status_code, other.get(f"{where}/deliveries").status_code,
        other.patch(where, {"url": URL}, format="json").status_code,
        *(other.post(f"{where}/{verb}").status_code for verb in ("ping", "pause", "resume", "rotate-secret")),
    }  # fmt: skip
    assert answers == {404}
    assert client_of(factories.UserFactory()).get(SUBSCRIPTIONS).status_code == 403
    assert APIClient().get(SUBSCRIPTIONS).status_code == 401


def test_a_token_for_one_dossier_subscribes_within_it_and_sees_no_other_subscription(api, reader, case):
    elsewhere = factories.ClaimFactory()
    made(api)  # by the same person, within all
    narrow = token_of(reader, dossiers=[case.dossier])
    assert narrow.get(SUBSCRIPTIONS).json()["results"] == []
    answer = narrow.post(SUBSCRIPTIONS, {"url": URL, "dossier": elsewhere.dossier.slug}, format="json")
    assert list(answer.json()["errors"]) == ["dossier"]
    subscription = Subscription.objects.get(uid=made(narrow, after=0)["uid"])
    ledger.seal()
    while subscriptions.plan(subscription.pk):
        pass
    told = [subscriptions.payload(delivery)["data"]["dossier"] for delivery in subscription.deliveries.all()]
    assert {*told} == {case.dossier.slug, None}
    assert token_of(reader, scopes=["submit"]).get(SUBSCRIPTIONS).status_code == 403
