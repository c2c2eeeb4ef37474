"""Claims, verdicts and dossiers as they were, and when they changed: answered from the ledger."""

from datetime import timedelta
from urllib.parse import urlencode

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from claims.models import Claim, Event
from claims.services.sources import grade_source
from claims.services.verdicts import draft_verdict, withdraw_verdict
from tests import factories
from tests.claims.api.conftest import V1, published
from tests.factories import MACHINE


@pytest.fixture
def recorded(db):
    """Sets the clock of the ledger's past: one test is one transaction, whose events all have one time."""

    def at(days_ago, **events):
        when = timezone.now() - timedelta(days=days_ago)
        with connection.cursor() as cursor:
            # What was changed before is checked while it is still true; then events are edited, as nobody may.
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
            cursor.execute("SET CONSTRAINTS ALL DEFERRED")
            cursor.execute("SET LOCAL session_replication_role = replica")
            made = Event.objects.filter(**events).filter(object_type="claim", verb="created").values("object_uid")
            Claim.objects.filter(uid__in=made).update(created_at=when)
            Event.objects.filter(**events).update(recorded_at=when, transaction=1000 - days_ago)
            cursor.execute("SET LOCAL session_replication_role = origin")
        return when

    return at


def moment(days_ago):
    return (timezone.now() - timedelta(days=days_ago)).isoformat()


def then(api, address, days_ago, **asked):
    return api.get(f"{V1}{address}?{urlencode({'as_of': moment(days_ago), **asked})}")


@pytest.fixture
def withdrawn(case, editor, recorded):
    """The case, recorded ten days ago; its verdict was withdrawn five days ago."""
    recorded(10, pk__gt=0)
    last = Event.objects.order_by("-pk").first().pk
    withdraw_verdict(case.verdict, by=editor, reason="Another mill.")
    recorded(5, pk__gt=last)
    return case


def test_a_claim_is_answered_as_it_was_held(api, withdrawn):
    before = then(api, f"claims/{withdrawn.claim.uid}", 7)
    assert before.status_code == 200, before.content
    held = before.json()
    assert held["state"]["standing"] == "contested"
    assert held["verdict"]["state"]["credibility"] == 2
    assert held["positions_in_all"] == 2
    assert [one["position"]["state"]["stance"] for one in held["positions"]] == ["supports", "refutes"]
    assert held["positions"][0]["source"]["uid"] == str(withdrawn.guild.uid)
    assert held["positions"][0]["document"]["state"]["url"] == withdrawn.document.url
    assert held["contradictions"][0]["contradiction"]["state"]["state"] == "suggested"
    after = then(api, f"claims/{withdrawn.claim.uid}", 3).json()
    assert after["verdict"] is None
    assert [one["state"]["state"] for one in after["verdicts"]] == ["withdrawn"]
    assert then(api, f"claims/{withdrawn.claim.uid}", 7, offset=1).json()["positions"] == held["positions"][1:]


def test_a_verdict_is_answered_as_it_was_held(api, withdrawn):
    held = then(api, f"verdicts/{withdrawn.verdict.uid}", 7).json()
    assert (held["state"]["state"], held["claim"]["uid"]) == ("published", str(withdrawn.claim.uid))
    assert then(api, f"verdicts/{withdrawn.verdict.uid}", 3).json()["state"]["state"] == "withdrawn"
    assert then(api, f"verdicts/{withdrawn.verdict.uid}", 3).json()["reason"] == "Another mill."


def test_a_verdict_that_was_still_a_draft_was_not_known_yet(api, case, recorded):
    recorded(10, pk__gt=0)
    recorded(5, object_uid=case.verdict.uid, verb="published")
    refused = then(api, f"verdicts/{case.verdict.uid}", 7)
    assert (refused.status_code, refused.json()["code"]) == (404, "not_yet_known")
    assert then(api, f"verdicts/{case.verdict.uid}", 4).status_code == 200


def test_a_draft_is_not_told_of_in_the_past_either(api, case, reviewer):
    draft_verdict(case.claim, credibility=4, rationale="Perhaps not.", by=reviewer)
    told = then(api, f"claims/{case.claim.uid}", 0).content.decode()
    history = api.get(f"{V1}claims/{case.claim.uid}/history").content.decode()
    assert "Two photographs." in told
    assert "Two photographs." in history
    assert "Perhaps not." not in told + history


def test_a_dossier_is_answered_with_its_claims_as_they_stood(api, withdrawn, recorded):
    dossier = withdrawn.dossier
    last = Event.objects.order_by("-pk").first().pk
    others = [factories.ClaimFactory(dossier=dossier) for _ in range(3)]
    recorded(2, pk__gt=last)
    assert then(api, f"dossiers/{dossier.uid}", 7).json()["state"]["title"] == dossier.title
    listed = then(api, f"dossiers/{dossier.uid}/claims", 7).json()
    assert [(one["uid"], one["state"]["standing"]) for one in listed["results"]] == [
        (str(withdrawn.claim.uid), "contested")
    ]
    page = then(api, f"dossiers/{dossier.uid}/claims", 1, page_size=3).json()
    assert len(page["results"]) == 3
    rest = api.get(page["next"]).json()
    assert (rest["as_of"], rest["next"]) == (page["as_of"], None)
    assert [one["uid"] for one in page["results"] + rest["results"]] == [
        str(claim.uid) for claim in (withdrawn.claim, *others)
    ]


@pytest.mark.parametrize("resource", ["claims", "verdicts", "dossiers"])
def test_before_it_was_recorded_nothing_was_known(api, case, resource):
    refused = then(api, f"{resource}/{case.by_resource[resource].uid}", 400)
    assert (refused.status_code, refused.json()["code"]) == (404, "not_yet_known")


@pytest.mark.parametrize("resource", ["claims", "verdicts", "dossiers"])
@pytest.mark.parametrize(
    "given", ["2999-01-01T00:00:00Z", "yesterday", "2013-05-19", "2013-05-19T18:00:00", "2013-13-01T00:00:00Z"]
)
def test_a_moment_that_is_none_or_has_not_come_is_refused(api, case, resource, given):
    refused = api.get(f"{V1}{resource}/{case.by_resource[resource].uid}", {"as_of": given})
    assert (refused.status_code, list(refused.json()["errors"])) == (400, ["as_of"])


def test_fields_are_not_chosen_of_the_past(api, case):
    refused = then(api, f"claims/{case.claim.uid}", 0, fields="text")
    assert (refused.status_code, list(refused.json()["errors"])) == (400, ["fields"])


@pytest.mark.parametrize("resource", ["claims", "verdicts", "dossiers", "sources", "documents"])
def test_a_history_tells_who_did_what_and_what_became_of_it(api, case, resource):
    row = case.by_resource[resource]
    page = api.get(f"{V1}{resource}/{row.uid}/history").json()
    assert page["next"] is None
    own = [change for one in page["results"] for change in one["changes"] if change["uid"] == str(row.uid)]
    assert own
    assert {"verb", "actor", "reason", "state", "at", "type"} < set(own[0])
    if resource == "verdicts":
        assert [(change["verb"], change["actor"]) for change in own] == [("published", "user:edda-editor")]


def test_a_history_is_read_page_after_page_the_newest_first(api, case, recorded):
    recorded(50, pk__gt=0)
    for day in range(5, 0, -1):
        last = Event.objects.order_by("-pk").first().pk
        grade_source(case.guild, grade="ABCDE"[day % 5], reason=f"Day {day}.", actor=MACHINE)
        recorded(day, pk__gt=last)
    address, told = f"{V1}sources/{case.guild.uid}/history?page_size=2", []
    while address:
        page = api.get(address).json()
        told += [change["reason"] for one in page["results"] for change in one["changes"]]
        address = page["next"]
    assert told[:5] == [f"Day {day}." for day in range(1, 6)]
    assert api.get(f"{V1}sources/{case.guild.uid}/history?cursor=x").status_code == 400


@pytest.mark.parametrize("address", ["claims/{claim}", "claims/{claim}/history", "dossiers/{dossier}/claims"])
def test_more_rows_take_no_more_queries(api, case, address, reviewer, editor):
    where = V1 + address.format(claim=case.claim.uid, dossier=case.dossier.uid)
    asked = {} if address.endswith("history") else {"as_of": timezone.now().isoformat()}
    with CaptureQueriesContext(connection) as few:
        assert api.get(where, asked).status_code == 200
    for n in range(3):
        statement = factories.StatementFactory(snapshot=factories.SnapshotFactory())
        factories.PositionFactory(claim=case.claim, statement=statement)
        other = factories.ClaimFactory(dossier=case.dossier)
        factories.ContradictionFactory(
            claim=case.claim, other_claim=other, position=case.support, type=["actor", "numeric", "temporal"][n]
        )
    published(case.claim, credibility=3, author=reviewer, approver=editor)
    asked = asked and {"as_of": timezone.now().isoformat()}
    with CaptureQueriesContext(connection) as many:
        assert api.get(where, asked).status_code == 200
    assert len(many) == len(few), "\n\n".join(query["sql"] for query in many)


def test_a_moment_may_have_any_offset_that_leads_to_a_year(api, case):
    address = f"{V1}claims/{case.claim.uid}?as_of="
    assert api.get(f"{address}2013-05-19T18:00:00%2B22:40").json()["code"] == "not_yet_known"
    assert list(api.get(f"{address}0001-01-01T00:00:00%2B10:00").json()["errors"]) == ["as_of"]
