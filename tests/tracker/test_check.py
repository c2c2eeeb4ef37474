"""Checking a text before it is printed: which claims it repeats, supports or contradicts, and what is held of them."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from knox.models import AuthToken
from rest_framework.test import APIClient

from claims.models import Event, TokenGrant
from claims.services import standings
from claims.services.protection import protect_source
from tests import factories
from tests.claims.api.conftest import V1, client_of, published
from tests.factories import MACHINE
from tracker.analysis.embedding import embed

__all__ = ["client_of"]

BRIDGE = "the Osk bridge was destroyed in an air strike"
TOLL = "12 people were killed in the shelling of Karsk"
TOWN = "rebels took the town of Dravik"


@pytest.fixture
def api(reader, client_of):
    return client_of(reader)


@pytest.fixture
def dossier(db):
    return factories.DossierFactory(slug="velmora")


@pytest.fixture
def claims(dossier):
    """Three claims, each asserted by one source."""
    made = {}
    for text in (BRIDGE, TOLL, TOWN):
        made[text] = factories.ClaimFactory(dossier=dossier, text=text, embedding=embed(text))
        statement = factories.StatementFactory(content_text=text)
        factories.PositionFactory(claim=made[text], statement=statement)
    standings.refresh([claim.pk for claim in made.values()], actor=MACHINE)
    return made


def check(api, **asked):
    answer = api.post(f"{V1}check", asked, format="json")
    assert answer.status_code == 200, answer.content
    return answer.json()["results"]


@pytest.mark.parametrize(
    ("text", "relation", "about"),
    [
        ("The Osk bridge was destroyed in an air strike.", "repeats", BRIDGE),
        ("Osk bridge destroyed in air strike", "repeats", BRIDGE),
        ("The Osk bridge was not destroyed in an air strike.", "contradicts", BRIDGE),
        ("At least 40 people were killed in the shelling of Karsk.", "contradicts", TOLL),
        ("Rebels never took the town of Dravik", "contradicts", TOWN),
        ("The mayor of Tennel opened a new swimming pool.", None, None),
        ("The mayor visited Karsk", None, None),
        ("Rebels attacked the army near Dravik", None, None),
        ("Three people were wounded in Karsk on Friday.", None, None),
    ],
)
def test_a_text_is_related_to_the_claims_that_it_is_about(api, claims, text, relation, about):
    (found,) = check(api, text=text)
    assert [(one["relation"], one["claim"]["text"]) for one in found["claims"]] == (
        [(relation, about)] if relation else []
    )
    assert found["never_seen"] is (relation is None)
    assert (found["hint"] is None) is (relation is not None)


def test_what_is_found_says_why_and_how_the_claim_stands(api, claims, reviewer, editor):
    published(claims[TOLL], credibility=2, author=reviewer, approver=editor)
    ((found,),) = [one["claims"] for one in check(api, text="At least 40 people were killed in the shelling of Karsk.")]
    assert "12 against 40" in found["stance"]["explanation"]
    assert found["stance"]["label"] == "refutes"
    assert found["claim"]["standing"]["value"] == "single-origin"
    assert found["claim"]["verification"]["value"] == "probably-true"
    assert found["explanation"]


def test_a_hundred_texts_are_answered_in_their_order_and_no_more_are_taken(api, claims):
    texts = [f"The Osk bridge was destroyed in an air strike, part {n}." for n in range(99)] + [TOWN]
    results = check(api, texts=texts)
    assert [one["number"] for one in results] == list(range(100))
    assert results[-1]["claims"][0]["claim"]["text"] == TOWN
    refused = api.post(f"{V1}check", {"texts": [*texts, TOWN]}, format="json")
    assert (refused.status_code, list(refused.json()["errors"])) == (400, ["texts"])


@pytest.mark.parametrize(
    ("asked", "named"),
    [
        ({}, "text"),
        ({"text": "a", "texts": ["b"]}, "texts"),
        ({"text": ""}, "text"),
        ({"text": "x" * 1001}, "text"),
        ({"texts": []}, "texts"),
        ({"text": "a", "colour": "red"}, "colour"),
        ({"text": "a", "dossier": "none"}, "dossier"),
        ({"text": "a\x00b"}, "text"),
    ],
)
def test_what_cannot_be_checked_is_refused_by_name(api, db, asked, named):
    answer = api.post(f"{V1}check", asked, format="json")
    assert (answer.status_code, list(answer.json()["errors"])) == (400, [named])


def test_a_document_is_looked_up_by_its_address_and_never_fetched(api, claims, dossier):
    document = factories.DocumentFactory(dossier=dossier, url="https://karsk-mail.example/osk")
    snapshot = factories.SnapshotFactory(document=document)
    for text, stance in ((BRIDGE, "supports"), (TOLL, "refutes"), (TOWN, "reports")):
        statement = factories.StatementFactory(snapshot=snapshot)
        factories.PositionFactory(claim=claims[text], statement=statement, stance=stance)
    (found,) = check(api, url=document.url)
    assert found["document"] == str(document.uid)
    assert [(one["relation"], one["claim"]["text"]) for one in found["claims"]] == [
        ("supports", BRIDGE), ("contradicts", TOLL), ("reports", TOWN)
    ]  # fmt: skip
    (unknown,) = check(api, url="https://nowhere.example/")
    assert unknown["never_seen"]
    assert "/submissions" in unknown["hint"]
    empty = factories.DocumentFactory(dossier=dossier)
    (read,) = check(api, url=empty.url)
    assert (read["never_seen"], read["claims"]) == (False, [])


def test_only_one_dossier_is_searched_where_one_is_named(api, claims):
    other = factories.DossierFactory(slug="elsewhere")
    assert check(api, text=BRIDGE, dossier="velmora")[0]["claims"]
    assert check(api, text=BRIDGE, dossier=other.slug)[0]["never_seen"]


def test_a_check_records_nothing_and_more_claims_take_no_more_queries(api, claims, dossier):
    before = Event.objects.count()
    check(api, text=BRIDGE)  # whatever is looked up once in a process
    with CaptureQueriesContext(connection) as few:
        check(api, text=BRIDGE)
    for n in range(12):
        text = f"{BRIDGE} number {n}"
        claim = factories.ClaimFactory(dossier=dossier, text=text, embedding=embed(text))
        factories.PositionFactory(claim=claim, statement=factories.StatementFactory(content_text=text))
    recorded = Event.objects.count()
    with CaptureQueriesContext(connection) as many:
        assert len(check(api, text=BRIDGE)[0]["claims"]) > 1
    assert len(many) <= len(few), "\n\n".join(query["sql"] for query in many)
    assert Event.objects.count() == recorded > before


def test_a_token_that_only_reads_may_check_and_finds_only_its_dossiers(reader, claims, dossier):
    elsewhere = factories.DossierFactory(slug="elsewhere")
    for of, found in ((dossier, 1), (elsewhere, 0)):
        token, secret = AuthToken.objects.create(reader)
        TokenGrant.objects.create(token=token, name="x", scopes=["read"], limited=True).dossiers.set([of])
        client = APIClient()
        client.credentials(HTTP_AUTHORIZATION=f"Token {secret}")
        assert len(check(client, text=BRIDGE)[0]["claims"]) == found


def test_what_is_protected_is_not_found_by_guessing_at_it(reader, editor, claims, dossier, client_of):
    secret = factories.SourceFactory(name="Marta Kellin")
    text = "Marta Kellin left the town of Karsk"
    claim = factories.ClaimFactory(dossier=dossier, text=text, embedding=embed(text))
    factories.PositionFactory(claim=claim, statement=factories.StatementFactory(content_text=text))
    assert check(client_of(reader), text=text)[0]["claims"]
    protect_source(secret, by=editor, reason="She is in danger.")
    (found,) = check(client_of(reader), text=text)
    assert [one["claim"]["text"] for one in found["claims"]] == []
    assert check(client_of(editor), text=text)[0]["claims"] or not editor.has_perm("claims.view_protected")
