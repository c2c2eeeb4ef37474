"""Exports over HTTP. They read in a transaction of their own, so what they show has to be committed."""

import csv
import io
import json
import threading

import pytest
from django.db import connection, connections
from knox.models import AuthToken
from rest_framework.test import APIClient

from claims.models import TokenGrant
from claims.publishing.tables import TABLES
from claims.services.protection import protect_source, protect_statement
from tests import factories
from tests.claims.api.conftest import V1

pytestmark = pytest.mark.django_db(transaction=True)

# Relied upon: a column may be added at the end, none may go or move.
COLUMNS = {
    "claims": "uid dossier text kind place happened_first happened_last measure counted low best high favours standing"
    " standing_version flags origins refuting_origins verification credibility verdict verdict_published_at rises_to"
    " merged_into created_at",
    "statements": "uid dossier document document_url publisher published_at snapshot source source_name source_text"
    " cue content content_spans quotation polarity modality place happened_first happened_last confidence state parent"
    " claim stance created_at",
    "positions": "uid dossier claim claim_text statement content source source_name document stance origin score"
    " algorithm algorithm_version by reason superseded_at created_at",
    "verdicts": "uid dossier claim claim_text credibility rationale evidence author approver published_at review_due",
    "documents": "uid dossier url title publisher publisher_name credit byline published_at language state origin"
    " first_seen_at version snapshot fetched_at payload_sha256 text_sha256",
    "sources": "uid name names kind description parent party reliability wikidata_id named_in merged_into created_at",
}


def rows_at(api, address: str) -> list[dict]:
    answer = api.get(V1 + address)
    assert answer.status_code == 200, answer.getvalue()
    text = answer.getvalue().decode("utf-8-sig")
    if answer["Content-Type"].startswith("text/csv"):
        return list(csv.DictReader(io.StringIO(text, newline="")))
    return [json.loads(line) for line in text.splitlines()]


def test_every_table_has_its_columns_in_both_forms_and_the_rows_that_the_list_has(api, case, uids):
    assert {name: list(table.columns) for name, table in TABLES.items()} == {n: c.split() for n, c in COLUMNS.items()}
    for name, columns in COLUMNS.items():
        listed = uids(name) if name != "positions" else [str(case.refutation.uid), str(case.support.uid)]
        for form in ("csv", "jsonl"):
            rows = rows_at(api, f"exports/{name}.{form}")
            assert [list(row) for row in rows] == [columns.split()] * len(rows)
            assert [row["uid"] for row in rows] == listed[::-1], (name, form)


def test_a_row_says_what_the_single_object_says(api, case):
    (claim,) = rows_at(api, "exports/claims.jsonl")
    assert {
        "uid": str(case.claim.uid),
        "dossier": case.dossier.slug,
        "text": "the mill at Oster burnt down",
        "happened_first": "2031-05-04",
        "standing": "contested",
        "origins": 1,
        "refuting_origins": 1,
        "verification": "probably-true",
        "credibility": 2,
        "verdict": str(case.verdict.uid),
        "merged_into": None,
    }.items() <= claim.items()
    said = {row["uid"]: row for row in rows_at(api, "exports/statements.jsonl")}[str(case.denial.uid)]
    assert (said["stance"], said["claim"], said["source_name"]) == ("refutes", str(case.claim.uid), case.council.name)
    (verdict,) = rows_at(api, "exports/verdicts.jsonl")
    assert verdict["evidence"] == ["https://archive.example/photograph"]
    (document,) = rows_at(api, "exports/documents.jsonl")
    assert (document["version"], document["text_sha256"]) == (1, case.snapshot.text_sha256)


def test_an_export_is_narrowed_as_its_list_is_and_refuses_what_it_does_not_know(api, case):
    factories.ClaimFactory(text="the ferry sank")
    assert [row["text"] for row in rows_at(api, "exports/claims.csv?verification=unverified")] == ["the ferry sank"]
    assert rows_at(api, f"exports/positions.jsonl?stance=refutes&dossier={case.dossier.slug}")
    assert rows_at(api, "exports/positions.csv?superseded=true") == []
    for query in ("standing=nonsense", "page_size=5", "cursor=x", "nonsense=1"):
        answer = api.get(f"{V1}exports/claims.csv?{query}")
        assert (answer.status_code, answer["Content-Type"]) == (400, "application/problem+json"), query


def test_a_text_that_a_spreadsheet_would_run_is_text_in_csv_and_itself_in_json(api, case):
    factories.ClaimFactory(text="=cmd|'/C calc'!A0")
    assert rows_at(api, "exports/claims.csv")[-1]["text"] == "'=cmd|'/C calc'!A0"
    assert rows_at(api, "exports/claims.jsonl")[-1]["text"] == "=cmd|'/C calc'!A0"


def test_what_has_not_changed_is_not_sent_again(api, case):
    first = api.get(f"{V1}exports/claims.csv")
    assert first.getvalue()
    assert first["Content-Disposition"].startswith('attachment; filename="claims-')
    again = api.get(f"{V1}exports/claims.csv", HTTP_IF_NONE_MATCH=first["ETag"])
    assert (again.status_code, again.content) == (304, b"")
    factories.ClaimFactory()
    assert api.get(f"{V1}exports/claims.csv", HTTP_IF_NONE_MATCH=first["ETag"]).status_code == 200


def test_a_client_that_goes_away_frees_the_cursor_and_the_transaction(api, case, monkeypatch):
    monkeypatch.setattr("claims.publishing.export.ROWS_AT_ONCE", 1)

    def held() -> tuple[int, bool]:
        with connection.cursor() as cursor:
            cursor.execute("SELECT count(*) FROM pg_cursors WHERE name LIKE '\\_django\\_curs%'")
            return cursor.fetchone()[0], connection.in_atomic_block

    answer = api.get(f"{V1}exports/statements.jsonl")
    assert next(iter(answer.streaming_content))
    assert held() == (1, True)
    answer.close()
    assert held() == (0, False)


def test_what_is_written_meanwhile_is_not_in_an_export_that_has_begun(api, case, monkeypatch):
    monkeypatch.setattr("claims.publishing.export.ROWS_AT_ONCE", 1)
    answer = api.get(f"{V1}exports/statements.jsonl")
    pieces = iter(answer.streaming_content)
    first = next(pieces)

    def write() -> None:
        factories.StatementFactory()
        connections.close_all()

    writer = threading.Thread(target=write)
    writer.start()
    writer.join()
    assert len((first + b"".join(pieces)).splitlines()) == 2
    assert len(rows_at(api, "exports/statements.jsonl")) == 3


def test_a_protected_source_is_masked_in_every_table_and_form(api, case, editor, client_of):
    before = api.get(f"{V1}exports/sources.csv")["ETag"]
    protect_source(case.guild, by=editor, reason="Asked for it.")
    protect_statement(case.denial, by=editor, reason="Asked for it.")
    for name in COLUMNS:
        for form in ("csv", "jsonl"):
            sent = api.get(f"{V1}exports/{name}.{form}", HTTP_IF_NONE_MATCH=before).getvalue().decode()
            assert case.guild.name not in sent, (name, form)
            assert f"{case.guild.name} of Oster" not in sent, (name, form)
    denied = {row["uid"]: row for row in rows_at(api, "exports/statements.jsonl")}[str(case.denial.uid)]
    assert (set(denied["content"]), set(denied["place"])) == ({"█"}, {"█"})
    assert case.guild.name in client_of(editor).get(f"{V1}exports/sources.csv").getvalue().decode()


def test_a_token_for_one_dossier_exports_that_dossier_alone(case, reader):
    other = factories.ClaimFactory()
    instance, token = AuthToken.objects.create(reader)
    grant = TokenGrant.objects.create(token=instance, name="one", scopes=["read"], limited=True)
    grant.dossiers.add(other.dossier)
    client = APIClient()
    client.credentials(HTTP_AUTHORIZATION=f"Token {token}")
    assert [row["uid"] for row in rows_at(client, "exports/claims.jsonl")] == [str(other.uid)]
    assert rows_at(client, "exports/statements.csv") == []
    assert client.get(f"{V1}claims/{case.claim.uid}/claimreview").status_code == 404


@pytest.mark.parametrize("name", COLUMNS)
def test_an_export_takes_the_right_to_see_what_it_shows(name, client_of, case):
    assert client_of(factories.UserFactory()).get(f"{V1}exports/{name}.csv").status_code == 403


@pytest.mark.parametrize("address", ["exports/claims.xlsx", "exports/events.csv", "exports"])
def test_what_is_no_table_or_no_form_is_not_found(api, case, address):
    assert api.get(V1 + address).status_code == 404
