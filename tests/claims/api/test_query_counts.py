"""How many queries each answer takes, each of them listed; more rows take no more."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from rest_framework.test import APIClient

from claims.services import standings
from claims.services.claims import merge_claims
from claims.services.sources import merge_sources
from tests import factories
from tests.claims.api.conftest import V1, a_case
from tests.factories import MACHINE

RIGHTS = ["the user's own permissions", "those of the user's groups"]
# Asked for callers who may not see what is protected.
PROTECTION = ["whether what is protected has changed"]
# A single row's tag comes before the row: which one it is, the newest changes of what it shows, and what is protected.
TAG = ["which row it is, and its version"]
VERDICT = ["verdicts in force, with author and approver", "their evidence"]
STATEMENTS = ["statements, with source, document and publisher"]
SIDES = ["one side's positions, with their statements", "the other side's positions, with their statements"]

QUERIES = {
    "dossiers": ["dossiers, with counts"],
    "documents": ["documents, with publisher, credit and origin", "their snapshots", "notices on these"],
    "statements": [*STATEMENTS, "their positions, with claims"],
    "claims": ["claims, with dossier", *VERDICT],
    "contradictions": ["contradictions, with claims", *SIDES],
    "sources": ["sources, with parent, party and what they were merged into", "their names"],
    "verdicts": VERDICT,
}
QUERIES_OF_ONE = QUERIES | {
    "claims": [
        *QUERIES["claims"], "its positions, with their statements",
        "lower figures of the same toll", "claims merged into it",
        "its contradictions, with claims", *SIDES,
    ],
    "sources": [*QUERIES["sources"], "its grades, with who gave them", "sources merged into it"],
}  # fmt: skip
QUERIES_OF_SUB_RESOURCES = {
    "claims/{}/explanation": QUERIES["claims"],
    "documents/{}/text": [*QUERIES["documents"], "the snapshot, with its text"],
}


@pytest.fixture
def counted(reader):
    """The statements that a request sends to the database."""
    client = APIClient()

    def made(address):
        reader.__dict__.pop("_perm_cache", None), reader.__dict__.pop("_user_perm_cache", None)
        reader.__dict__.pop("_group_perm_cache", None)
        client.force_authenticate(reader)
        with CaptureQueriesContext(
            connection,
        ) as queries:
            answer = client.get(V1 + address)
        assert answer.status_code == 200, answer.content
        sent = [query["sql"] for query in queries]
        return [sql for sql in sent if not sql.startswith("PREPARE")], answer.json()  # once for each connection

    return made


@pytest.fixture
def grown(reviewer, editor, case):
    """More cases, and more of everything in the first."""

    def add():
        for _ in range(2):
            a_case(reviewer, editor)
        for n in range(3):
            document = factories.DocumentFactory(
                dossier=case.dossier, credit=case.outlet, origin=case.document, origin_explanation="The same words."
            )
            member = factories.SourceFactory(parent=case.guild, party=case.guild.party)
            snapshot = factories.SnapshotFactory(document=document)
            nested = factories.StatementFactory(snapshot=snapshot, source=member, parent=case.assertion)
            position = factories.PositionFactory(statement=nested, claim=case.claim)
            twin, alias = factories.ClaimFactory(dossier=case.dossier), factories.SourceFactory(party=case.guild.party)
            merge_claims(twin, target=case.claim, by=editor, reason="The same mill.")
            merge_sources(alias, target=case.guild, by=editor, reason="One guild.")
            factories.ClaimFactory(dossier=case.dossier, rises_to=case.claim)
            other = factories.ClaimFactory(dossier=case.dossier)
            factories.ContradictionFactory(
                claim=case.claim, other_claim=other, position=position, type=["actor", "numeric", "temporal"][n]
            )
        standings.refresh([case.claim.pk], actor=MACHINE)

    return add


@pytest.mark.parametrize("resource", QUERIES)
def test_a_list_takes_the_queries_listed_however_many_rows_it_has(counted, case, grown, resource):
    expected = RIGHTS + PROTECTION + QUERIES[resource]
    few, answer = counted(resource)
    before = len(answer["results"])
    grown()
    many, answer = counted(resource)
    assert (len(few), len(many)) == (len(expected), len(expected)), "\n\n".join(many)
    assert len(answer["results"]) > before


@pytest.mark.parametrize("resource", QUERIES_OF_ONE)
def test_a_single_row_takes_the_queries_listed_however_much_it_shows(counted, case, grown, resource):
    expected = RIGHTS + TAG + QUERIES_OF_ONE[resource]
    address = f"{resource}/{case.by_resource[resource].uid}"
    few, _ = counted(address)
    grown()
    many, _ = counted(address)
    assert len(many) == len(expected), "\n\n".join(many)
    assert len(few) <= len(many)


@pytest.mark.parametrize("address", QUERIES_OF_SUB_RESOURCES)
def test_a_sub_resource_takes_the_queries_listed(counted, case, address):
    expected = RIGHTS + PROTECTION + QUERIES_OF_SUB_RESOURCES[address]
    row = case.by_resource[address.split("/", 1)[0]]
    queries, _ = counted(address.format(row.uid))
    assert len(queries) == len(expected), "\n\n".join(queries)


@pytest.mark.parametrize("resource", QUERIES)
def test_no_list_loads_text_or_embeddings(counted, case, resource):
    queries, _ = counted(resource)
    loaded = " ".join(queries)
    for column in ('"claims_snapshot"."text",', '"claims_snapshot"."headers"', '"claims_claim"."embedding"'):
        assert column not in loaded
