"""Verdicts as ClaimReview: what they say, that schema.org knows all of it, and where those lead that are over."""

from datetime import UTC, datetime

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from claims.choices import Credibility
from claims.models import Claim
from claims.publishing import claimreview
from claims.services.claims import merge_claims
from claims.services.protection import protect_source
from claims.services.sources import merge_sources
from claims.services.verdicts import approve_verdict, draft_verdict, propose_verdict, withdraw_verdict
from tests import factories
from tests.claims.api.conftest import V1, a_case, published
from tests.claims.publishing.vocabulary import faults


def review_at(api, address: str) -> dict:
    answer = api.get(address)
    assert (answer.status_code, answer["Content-Type"]) == (200, "application/ld+json"), answer.content
    return answer.json()


def of(claim: Claim) -> str:
    return f"{V1}claims/{claim.uid}/claimreview"


def test_a_review_says_what_was_claimed_by_whom_where_and_how_it_is_rated(api, case, settings):
    settings.PUBLISHER_NAME, settings.PUBLISHER_URL = "Karsk Checks", "https://checks.example/"
    settings.CLAIM_PAGE_URL = "https://checks.example/claims/{uid}.html"
    review = review_at(api, of(case.claim))
    newsroom = {"@type": "Organization", "name": "Karsk Checks", "url": "https://checks.example/"}
    work = {
        "@type": "CreativeWork",
        "url": case.document.url,
        "headline": case.document.title,
        "datePublished": "2031-05-04T12:00:00+00:00",
        "inLanguage": "en",
        "publisher": {"@type": "Organization", "name": case.outlet.name},
    }
    assert review == {
        "@context": "https://schema.org",
        "@type": "ClaimReview",
        "url": f"https://checks.example/claims/{case.claim.uid}.html",
        "identifier": str(case.verdict.uid),
        "claimReviewed": "the mill at Oster burnt down",
        "datePublished": case.verdict.published_at.isoformat(),
        "author": newsroom,
        "publisher": newsroom,
        "reviewBody": "Two photographs.",
        "reviewRating": {
            "@type": "Rating", "ratingValue": 4, "bestRating": 5, "worstRating": 1, "alternateName": "Probably true",
        },
        "itemReviewed": {
            "@type": "Claim",
            "identifier": str(case.claim.uid),
            "text": "the mill at Oster burnt down",
            "author": [{"@type": "Organization", "name": case.guild.name}],
            "firstAppearance": work,
            "appearance": [work],
        },
        "citation": [
            {
                "@type": "CreativeWork",
                "url": "https://archive.example/photograph",
                "description": "The roof is gone.",
            }
        ],
    }  # fmt: skip


def test_without_pages_of_its_own_the_newsroom_links_to_the_review_itself(api, case):
    assert review_at(api, of(case.claim))["url"] == f"http://testserver{of(case.claim)}"


@pytest.mark.parametrize(("credibility", "value"), [(1, 5), (2, 4), (3, 3), (4, 2), (5, 1), (6, None)])
def test_every_credibility_has_its_place_on_the_scale_and_what_cannot_be_judged_has_none(credibility, value):
    rating = claimreview.rating(credibility)
    assert rating.get("ratingValue") == value
    assert ("bestRating" in rating) == (value is not None)
    assert rating["alternateName"]


def test_no_credibility_is_without_its_rating():
    assert set(claimreview.RATINGS) == set(Credibility)


def test_everything_that_reviews_say_is_defined_by_schema_org(api, case, reviewer, editor):
    other = a_case(reviewer, editor)
    factories.ContradictionFactory(
        claim=case.claim, other_claim=other.claim, position=case.support, other_position=other.support
    )
    person = factories.SourceFactory(kind="person", wikidata_id="Q42")
    unknown = factories.SourceFactory(kind="unknown")
    for source in (person, unknown, None):
        document = factories.DocumentFactory(dossier=case.dossier, url=f"urn:sha256:{source and source.pk}")
        statement = factories.StatementFactory(
            snapshot__document=document, source=source, source_text=source.name if source else ""
        )
        factories.PositionFactory(statement=statement, claim=case.claim)
    review = review_at(api, of(case.claim))
    assert len(review["itemReviewed"]["appearance"]) == 4
    assert [author.get("@type") for author in review["itemReviewed"]["author"]] == ["Person", None, "Organization"]
    assert review["associatedClaimReview"][0]["claimReviewed"] == other.claim.text
    assert list(faults(review)) == []
    assert list(faults(review_at(api, f"{V1}claimreviews"))) == []


def test_what_schema_org_does_not_define_would_be_noticed():
    wrong = {
        "@type": "ClaimReview",
        "claimReviewed": 7,
        "birthDate": "2031-05-04",
        "verdict": "true",
        "author": {"@type": "Rating"},
        "datePublished": "yesterday",
        "itemReviewed": {"@type": "Allegation"},
        "url": "nowhere",
    }
    found = [fault.split(":")[0] for fault in faults(wrong)]
    assert found == [
        "/claimReviewed", "/birthDate", "/verdict", "/author", "/datePublished", "/itemReviewed", "/itemReviewed",
        "/url",
    ]  # fmt: skip


def test_the_earliest_print_comes_first_and_a_merged_source_goes_by_the_name_it_counts_as(api, case, editor):
    earlier = factories.SnapshotFactory(
        document=factories.DocumentFactory(dossier=case.dossier, published_at=datetime(2031, 5, 3, 12, tzinfo=UTC))
    )
    alias = factories.SourceFactory(kind="organisation")
    merge_sources(alias, target=case.guild, by=editor, reason="The same guild.")
    factories.PositionFactory(
        statement=factories.StatementFactory(snapshot=earlier, source=alias, source_text=alias.name), claim=case.claim
    )
    claim = review_at(api, of(case.claim))["itemReviewed"]
    assert claim["firstAppearance"]["url"] == earlier.document.url
    assert [author["name"] for author in claim["author"]] == [case.guild.name]


def test_a_denial_is_no_appearance_of_the_claim(api, case):
    printed = factories.StatementFactory(snapshot__document__dossier=case.dossier)
    factories.PositionFactory(statement=printed, claim=case.claim, stance="refutes")
    assert len(review_at(api, of(case.claim))["itemReviewed"]["appearance"]) == 1


def test_a_claim_that_nobody_judged_or_whose_verdict_is_a_draft_has_no_review(api, case, reviewer):
    claim = factories.ClaimFactory()
    for _ in ("nothing", "a draft"):
        answer = api.get(of(claim))
        assert (answer.status_code, answer.json()["code"]) == (404, "never_judged")
        draft = draft_verdict(claim, credibility=5, rationale="Not said yet.", by=reviewer)
    assert api.get(f"{V1}verdicts/{draft.uid}/claimreview").status_code == 404


def test_a_superseded_verdict_leads_to_the_one_in_force(api, case, reviewer, editor):
    newer = published(case.claim, credibility=5, author=reviewer, approver=editor)
    answer = api.get(f"{V1}verdicts/{case.verdict.uid}/claimreview")
    assert (answer.status_code, answer["Location"]) == (307, f"http://testserver{of(case.claim)}")
    assert review_at(api, answer["Location"])["identifier"] == str(newer.uid)
    assert review_at(api, f"{V1}verdicts/{newer.uid}/claimreview")["reviewRating"]["alternateName"] == "Improbable"


def test_a_withdrawn_verdict_is_gone_and_says_why_until_another_takes_its_place(api, case, reviewer, editor):
    withdraw_verdict(case.verdict, by=editor, reason="The photograph was older")
    by_verdict = f"{V1}verdicts/{case.verdict.uid}/claimreview"
    for address in (of(case.claim), by_verdict):
        answer = api.get(address)
        assert (answer.status_code, answer.json()["code"]) == (410, "verdict_withdrawn")
        assert "The photograph was older. Nothing has taken its place" in answer.json()["detail"]
    again = draft_verdict(case.claim, credibility=4, rationale="One witness only.", by=reviewer)
    approve_verdict(propose_verdict(again, by=reviewer), by=editor)
    assert review_at(api, api.get(by_verdict)["Location"])["identifier"] == str(again.uid)


def test_a_merged_claim_leads_to_the_one_it_counts_as(api, case, editor):
    other = factories.ClaimFactory(dossier=case.dossier)
    merge_claims(other, target=case.claim, by=editor, reason="The same mill.")
    answer = api.get(of(other))
    assert (answer.status_code, answer["Location"]) == (307, f"http://testserver{of(case.claim)}")


def test_the_feed_has_every_review_in_force_page_by_page(api, case, reviewer, editor):
    others = [a_case(reviewer, editor) for _ in range(2)]
    withdraw_verdict(others[0].verdict, by=editor, reason="Wrong mill.")
    names, address = [], f"{V1}claimreviews?page_size=1"
    while address:
        answer = api.get(address)
        names += [one["item"]["identifier"] for one in answer.json()["dataFeedElement"]]
        address = answer.get("Link", "").partition(">")[0].lstrip("<")
    assert names == [str(others[1].verdict.uid), str(case.verdict.uid)]
    of_one = review_at(api, f"{V1}claimreviews?dossier={case.dossier.slug}")
    assert [one["item"]["identifier"] for one in of_one["dataFeedElement"]] == [str(case.verdict.uid)]


def test_the_feed_asks_the_same_number_of_queries_however_long_it_is(api, case, reviewer, editor):
    def asked(length: int) -> int:
        with CaptureQueriesContext(connection) as queries:
            assert len(review_at(api, f"{V1}claimreviews")["dataFeedElement"]) == length
        return len(queries)

    few = asked(1)
    more = [a_case(reviewer, editor) for _ in range(3)]
    assert asked(1 + len(more)) == few


@pytest.mark.parametrize("address", ["claims/{claim}/claimreview", "verdicts/{verdict}/claimreview", "claimreviews"])
def test_reviews_take_a_token_that_may_read_verdicts(client_of, case, address):
    there = V1 + address.format(claim=case.claim.uid, verdict=case.verdict.uid)
    assert client_of(factories.UserFactory()).get(there).status_code == 403


def test_a_protected_source_is_masked_in_a_review_and_in_the_reason_of_a_withdrawal(api, case, editor):
    protect_source(case.guild, by=editor, reason="Asked for it.")
    (author,) = review_at(api, of(case.claim))["itemReviewed"]["author"]
    assert set(author["name"]) == {"█"}
    withdraw_verdict(case.verdict, by=editor, reason=f"{case.guild.name} took it back.")
    for address in (of(case.claim), f"{V1}claimreviews"):
        assert case.guild.name not in api.get(address).content.decode()


@pytest.mark.parametrize("accepted", ["application/json", "text/html", "application/ld+json", "*/*"])
def test_whatever_a_client_would_rather_have_it_gets_linked_data(api, case, accepted):
    assert api.get(of(case.claim), HTTP_ACCEPT=accepted)["Content-Type"] == "application/ld+json"
