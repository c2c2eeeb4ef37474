"""Google's own client, with only the endpoint changed, finds our published verdicts."""

from datetime import timedelta

import pytest
from django.db import transaction
from django.utils import timezone
from googleapiclient.discovery import build
from googleapiclient.errors import HttpError
from rest_framework.test import APIClient

from claims.services import ledger
from claims.services.verdicts import Link, approve_verdict, draft_verdict, propose_verdict, withdraw_verdict
from tests import factories
from tests.claims.api.conftest import client_of
from tests.factories import MACHINE

__all__ = ["client_of"]

SEARCH = "/v1alpha1/claims:search"


def judged(text, *, dossier, author, approver, credibility=2):
    """A claim that one source asserts, with a verdict in force."""
    claim = factories.ClaimFactory(dossier=dossier, text=text)
    document = factories.DocumentFactory(dossier=dossier)
    statement = factories.StatementFactory(
        snapshot=factories.SnapshotFactory(document=document), source=factories.SourceFactory(name=f"Who says {text}")
    )
    factories.PositionFactory(claim=claim, statement=statement)
    link = Link("https://archive.example/photograph")
    verdict = draft_verdict(claim, credibility=credibility, rationale="A photograph.", by=author, evidence=[link])
    return approve_verdict(propose_verdict(verdict, by=author), by=approver)


def made_public(dossier):
    with transaction.atomic():
        dossier.public_read = True
        dossier.save(update_fields=["public_read"])
        ledger.record(MACHINE, "opened to the public", dossier)
    return dossier


@pytest.fixture
def people(reviewer, editor):
    return {"author": reviewer, "approver": editor}


@pytest.fixture
def public(db):
    return made_public(factories.DossierFactory())


@pytest.fixture
def search(settings):
    """What anybody finds."""
    settings.CLAIM_PAGE_URL = "https://www.karsk-desk.example/claims/{uid}"
    settings.PUBLISHER_NAME = "Karsk Desk"

    def found(client=None, **asked):
        return (client or APIClient()).get(SEARCH, asked)

    return found


def texts(answer):
    assert answer.status_code == 200, answer.content
    return [claim["text"] for claim in answer.json().get("claims", [])]


@pytest.mark.django_db(transaction=True)
def test_googles_client_reads_our_verdicts_page_after_page(live_server, public, people):
    for n in range(3):
        judged(f"The Osk bridge was destroyed in air strike {n}", dossier=public, **people)
    service = build(
        "factchecktools",
        "v1alpha1",
        developerKey="any-key-will-do",
        static_discovery=True,
        client_options={"api_endpoint": live_server.url},
    )
    with service:
        asked = service.claims().search(query="Osk bridge", languageCode="en-US", pageSize=2, maxAgeDays=30)
        pages = []
        while asked is not None:
            page = asked.execute()
            pages.append(page)
            asked = service.claims().search_next(asked, page)
        assert [[claim["text"][-1] for claim in page["claims"]] for page in pages] == [["2", "1"], ["0"]]
        claim = pages[0]["claims"][0]
        (review,) = claim["claimReview"]
        assert claim["claimant"] == "Who says The Osk bridge was destroyed in air strike 2"
        assert claim["claimDate"]
        assert review["textualRating"] == "Probably true"
        assert review["url"].startswith(live_server.url)
        assert (review["publisher"]["site"], review["languageCode"]) == ("localhost", "en")
        assert service.claims().search(query="zeppelin").execute() == {}
        with pytest.raises(HttpError, match="Give words to search for"):
            service.claims().search().execute()


def test_a_review_says_who_published_it_and_how_it_was_rated(search, public, people):
    verdict = judged("The mill burnt down", dossier=public, credibility=5, **people)
    (claim,) = search(query="mill").json()["claims"]
    assert claim["claimReview"] == [
        {
            "publisher": {"name": "Karsk Desk", "site": "karsk-desk.example"},
            "url": f"https://www.karsk-desk.example/claims/{verdict.claim.uid}",
            "title": "Improbable: “The mill burnt down”",
            "reviewDate": verdict.published_at.isoformat(),
            "textualRating": "Improbable",
            "languageCode": "en",
        }
    ]


def test_only_verdicts_in_force_are_found(search, public, people):
    verdict = judged("The mill burnt down", dossier=public, **people)
    draft_verdict(
        factories.ClaimFactory(dossier=public, text="The mill drowned"),
        credibility=2,
        rationale="Wet.",
        by=people["author"],
    )
    assert texts(search(query="mill")) == ["The mill burnt down"]
    withdraw_verdict(verdict, by=people["approver"], reason="Another mill.")
    assert search(query="mill").json() == {}


def test_nobody_finds_what_is_not_public_and_a_token_finds_all(search, public, people, reader, client_of):
    judged("The mill burnt down", dossier=public, **people)
    judged("The mill stands", dossier=factories.DossierFactory(), **people)
    assert texts(search(query="mill")) == ["The mill burnt down"]
    assert texts(search(query="mill", key="a-key")) == ["The mill burnt down"]
    assert texts(search(client_of(reader), query="mill")) == ["The mill stands", "The mill burnt down"]
    visitor = factories.UserFactory()
    assert texts(search(client_of(visitor), query="mill")) == ["The mill burnt down"]


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ({"query": "mills burning"}, True),
        ({"query": "mil brnt"}, False),
        ({"query": "The mil burnt down"}, True),
        ({"query": "mill", "languageCode": "en-GB"}, True),
        ({"query": "mill", "languageCode": "sr-Latn"}, False),
        ({"reviewPublisherSiteFilter": "karsk-desk.example"}, True),
        ({"reviewPublisherSiteFilter": "https://www.karsk-desk.example"}, True),
        ({"query": "mill", "reviewPublisherSiteFilter": "elsewhere.example"}, False),
        ({"query": "mill", "maxAgeDays": "1"}, True),
        ({"query": "mill", "offset": "1"}, False),
        ({"query": "mill", "alt": "json", "prettyPrint": "false", "key": "x"}, True),
    ],
)
def test_the_parameters_mean_what_they_mean_at_google(search, public, people, asked, found):
    judged("The mill burned down", dossier=public, **people)
    assert bool(texts(search(**asked))) is found


def test_reviews_older_than_asked_for_are_left_out(search, public, people, monkeypatch):
    judged("The mill burnt down", dossier=public, **people)
    later = timezone.now() + timedelta(days=5)
    monkeypatch.setattr("claims.publishing.factcheck.timezone.now", lambda: later)
    assert texts(search(query="mill", maxAgeDays="4")) == []
    assert texts(search(query="mill", maxAgeDays="6")) == ["The mill burnt down"]


@pytest.mark.parametrize(
    ("asked", "named"),
    [
        ({}, "query"),
        ({"query": "x" * 201}, "query"),
        ({"query": "a\x00b"}, "query"),
        ({"query": "a", "pageSize": "0"}, "pageSize"),
        ({"query": "a", "pageSize": "many"}, "pageSize"),
        ({"query": "a", "pageToken": "nonsense"}, "pageToken"),
        ({"query": "a", "pageToken": "W10"}, "pageToken"),
        ({"query": "a", "offset": "-1"}, "offset"),
        ({"query": "a", "maxAgeDays": "x"}, "maxAgeDays"),
        ({"query": "a", "colour": "red"}, "colour"),
    ],
)
def test_a_wrong_parameter_is_refused_in_both_shapes(search, db, asked, named):
    answer = search(**asked)
    assert (answer.status_code, list(answer.json()["errors"])) == (400, [named])
    assert answer.json()["error"] == {"code": 400, "message": answer.json()["detail"], "status": "INVALID_ARGUMENT"}


def test_more_claims_take_no_more_queries(search, public, people):
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    judged("The mill burnt down", dossier=public, **people)
    with CaptureQueriesContext(connection) as few:
        assert len(texts(search(query="mill"))) == 1
    for n in range(4):
        judged(f"The mill burnt down {n}", dossier=public, **people)
    with CaptureQueriesContext(connection) as many:
        assert len(texts(search(query="mill"))) == 5
    assert len(many) == len(few)


def test_the_same_is_answered_below_api(search, public, people):
    judged("The mill burnt down", dossier=public, **people)
    assert APIClient().get("/api" + SEARCH, {"query": "mill"}).json() == search(query="mill").json()
