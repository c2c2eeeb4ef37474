"""Only some fields of a row, rows in full besides, many rows by their ids, and where things went."""

from urllib.parse import urlencode

import pytest

from claims.choices import StatementState
from claims.services.claims import merge_claims
from claims.services.sources import merge_sources
from claims.services.statements import reject_statement
from claims.services.verdicts import withdraw_verdict
from tests import factories
from tests.claims.api.conftest import V1, published


@pytest.mark.parametrize("resource", ["claims", "documents", "statements", "verdicts", "sources", "dossiers"])
def test_only_the_fields_asked_for_are_shown_and_the_id(api, case, resource):
    field = {"statements": "content", "sources": "name", "verdicts": "rationale", "claims": "text"}.get(
        resource, "title"
    )
    row = api.get(f"{V1}{resource}/{case.by_resource[resource].uid}?fields={field}").json()
    assert set(row) == {"uid", field}
    listed = api.get(f"{V1}{resource}?fields={field}").json()["results"]
    assert all(set(one) == {"uid", field} for one in listed)
    assert listed


def test_an_unknown_field_or_expansion_is_refused_and_the_known_ones_are_named(api, case):
    answer = api.get(f"{V1}claims?fields=text,colour")
    assert answer.status_code == 400
    assert "colour" in answer.json()["errors"]["fields"][0]
    assert "standing" in answer.json()["errors"]["fields"][0]
    assert api.get(f"{V1}verdicts/{case.verdict.uid}?expand=author").json()["errors"].keys() == {"expand"}
    assert api.get(f"{V1}claims/{case.claim.uid}/explanation?fields=text").status_code == 400


EXPANSIONS = {
    "statements": {"source": "sources", "document": "documents"},
    "verdicts": {"claim": "claims"},
    "contradictions": {"claims": "claims"},
}


@pytest.mark.parametrize("resource", EXPANSIONS)
def test_what_a_row_names_is_shown_in_full_as_its_own_list_shows_it(api, case, resource):
    names = EXPANSIONS[resource]
    row = api.get(f"{V1}{resource}/{case.by_resource[resource].uid}?expand={','.join(names)}").json()
    assert set(row["expanded"]) == set(names)
    for name, other in names.items():
        shown = row["expanded"][name]
        listed = {one["uid"]: one for one in api.get(f"{V1}{other}").json()["results"]}
        for one in shown if isinstance(shown, list) else [shown]:
            assert one == listed[one["uid"]]


@pytest.mark.parametrize("resource", EXPANSIONS)
def test_more_rows_in_full_take_no_more_queries(api, case, resource, django_assert_num_queries, reviewer, editor):
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    from tests.claims.api.conftest import a_case

    address = f"{V1}{resource}?expand={','.join(EXPANSIONS[resource])}"
    with CaptureQueriesContext(connection) as few:
        before = len(api.get(address).json()["results"])
    for _ in range(2):
        a_case(reviewer, editor)
    with CaptureQueriesContext(connection) as many:
        assert len(api.get(address).json()["results"]) > before
    assert len(many) == len(few)


def test_the_tag_of_rows_in_full_changes_with_them(api, case):
    from tests.claims.api.test_etags import renamed

    address = f"{V1}verdicts/{case.verdict.uid}?expand=claim"
    before = api.get(address)
    assert api.get(address, HTTP_IF_NONE_MATCH=before["ETag"]).status_code == 304
    renamed(case.claim.favours, "name", "Guilds of the river")
    after = api.get(address, HTTP_IF_NONE_MATCH=before["ETag"])
    assert after.status_code == 200
    assert after["ETag"] != before["ETag"]


def test_many_rows_are_read_at_once_by_their_ids_whatever_has_become_of_them(api, case, editor, uids):
    merged = factories.ClaimFactory(dossier=case.dossier)
    merge_claims(merged, target=case.claim, by=editor, reason="The same.")
    reject_statement(case.denial, by=editor, reason="Never said.")
    nobody = "00000000-0000-4000-8000-000000000000"
    asked = urlencode({"uid": [str(merged.uid), str(case.claim.uid), nobody]}, doseq=True)
    assert set(uids(f"claims?{asked}")) == {str(merged.uid), str(case.claim.uid)}
    assert uids(f"statements?uid={case.assertion.uid},{case.denial.uid}") == [
        str(case.denial.uid), str(case.assertion.uid)
    ]  # fmt: skip


def test_up_to_two_hundred_ids_come_on_one_page_and_no_more_are_taken(api, case):
    made = [str(factories.ClaimFactory(dossier=case.dossier).uid) for _ in range(60)]
    assert len(api.get(f"{V1}claims?uid={','.join(made)}").json()["results"]) == 60
    ids = ",".join(f"00000000-0000-4000-8000-{n:012d}" for n in range(201))
    assert "200 at most" in api.get(f"{V1}claims?uid={ids}").json()["errors"]["uid"][0]
    assert api.get(f"{V1}claims?uid=nonsense").status_code == 400


def test_a_merged_thing_says_where_it_went_to_the_end_of_all_merges(api, case, editor):
    first, second = (factories.ClaimFactory(dossier=case.dossier) for _ in range(2))
    merge_claims(first, target=second, by=editor, reason="The same.")
    merge_claims(second, target=case.claim, by=editor, reason="The same.")
    answer = api.get(f"{V1}claims/{first.uid}")
    assert answer.status_code == 200
    assert answer.json()["merged_into"] == str(case.claim.uid)
    alias, other = (factories.SourceFactory() for _ in range(2))
    merge_sources(alias, target=other, by=editor, reason="One.")
    before = api.get(f"{V1}sources/{alias.uid}")
    merge_sources(other, target=case.guild, by=editor, reason="One.")
    after = api.get(f"{V1}sources/{alias.uid}", HTTP_IF_NONE_MATCH=before["ETag"])
    assert after.status_code == 200
    assert after.json()["merged_into"]["uid"] == str(case.guild.uid)
    statement = factories.StatementFactory(source=alias, snapshot=case.snapshot)
    assert api.get(f"{V1}statements/{statement.uid}").json()["source"]["merged_into"] == str(case.guild.uid)


def test_what_counts_no_longer_answers_with_its_state(api, case, reviewer, editor):
    reject_statement(case.denial, by=editor, reason="Never said.")
    rejected = api.get(f"{V1}statements/{case.denial.uid}").json()
    assert (rejected["state"], rejected["superseded_by"]) == (StatementState.REJECTED, None)
    later = published(case.claim, credibility=3, author=reviewer, approver=editor)
    superseded = api.get(f"{V1}verdicts/{case.verdict.uid}").json()
    assert (superseded["state"], superseded["superseded_by"]) == ("superseded", str(later.uid))
    withdraw_verdict(later, by=editor, reason="Wrong photograph.")
    assert api.get(f"{V1}verdicts/{later.uid}").json()["state"] == "withdrawn"
    assert api.get(f"{V1}verdicts").json()["results"] == []
    listed = api.get(f"{V1}verdicts?state=withdrawn&state=superseded").json()["results"]
    assert {row["state"] for row in listed} == {"withdrawn", "superseded"}


def test_a_draft_is_nobody_elses_word_yet(api, case, reviewer):
    from claims.services.verdicts import draft_verdict

    draft = draft_verdict(case.claim, credibility=4, rationale="Perhaps not.", by=reviewer)
    assert api.get(f"{V1}verdicts/{draft.uid}").status_code == 404


def test_sealed_events_are_read_by_place_and_drafts_are_left_out(api, case, reviewer):
    from claims.services import ledger
    from claims.services.verdicts import draft_verdict

    draft = draft_verdict(case.claim, credibility=4, rationale="Perhaps not.", by=reviewer)
    assert api.get(f"{V1}events").json()["results"] == []
    ledger.seal()
    found = api.get(f"{V1}events?object={case.claim.uid}&ordering=seq").json()["results"]
    assert found[0]["verb"] == "created"
    assert {one["type"] for one in found} == {"claim"}
    assert api.get(f"{V1}events/{found[0]['seq']}").json() == found[0]
    assert api.get(f"{V1}events?object={draft.uid}").json()["results"] == []
    told = api.get(f"{V1}events?object={case.verdict.uid}").json()["results"]
    assert [one["verb"] for one in told] == ["published"]


def test_claims_and_statements_are_found_by_party_and_credibility(case, uids):
    member = factories.SourceFactory(parent=case.guild)
    statement = factories.StatementFactory(source=member, snapshot=case.snapshot)
    other = factories.ClaimFactory(dossier=case.dossier)
    factories.PositionFactory(statement=statement, claim=other)
    party = case.guild.party.slug
    assert uids(f"claims?party={party}") == [str(other.uid), str(case.claim.uid)]
    assert uids(f"statements?party={party}") == [str(statement.uid), str(case.assertion.uid)]
    assert uids("claims?credibility=2") == [str(case.claim.uid)]
    assert uids("claims?credibility=1&credibility=3") == []
    assert uids(f"contradictions?publisher={case.outlet.uid}") == [str(case.contradiction.uid)]
    assert uids(f"contradictions?publisher={case.guild.uid}") == []
