"""The OpenAPI description is valid, complete and true."""

import io

import pytest
import yaml
from django.core.management import call_command
from openapi_schema_validator import OAS31Validator
from openapi_spec_validator import OpenAPIV31SpecValidator, validate

from claims.api import views
from claims.models import Claim
from tests.claims.api.conftest import V1


@pytest.fixture(scope="module")
def schema():
    out = io.StringIO()
    call_command("spectacular", "--validate", "--fail-on-warn", stdout=out)
    return yaml.safe_load(out.getvalue())


def test_the_schema_is_valid_openapi_3_1_without_a_warning(schema):
    assert schema["openapi"].startswith("3.1")
    validate(schema, cls=OpenAPIV31SpecValidator)


def test_every_resource_is_described_with_its_list_its_rows_and_its_failures(schema):
    for name, view in views.RESOURCES.items():
        row = f"{V1}{name}/{{{view.lookup_field}}}"
        listed, single = schema["paths"][V1 + name]["get"], schema["paths"][row]["get"]
        assert listed["description"]
        assert single["summary"]
        assert {"200", "400", "401", "403"} <= set(listed["responses"])
        assert "404" in single["responses"]
        assert "application/problem+json" in listed["responses"]["400"]["content"]


def test_every_operation_says_what_happens_beyond_its_limit(schema):
    for operations in schema["paths"].values():
        for operation in operations.values():
            refused = operation["responses"]["429"]
            assert "application/problem+json" in refused["content"]
            assert {"Retry-After", "RateLimit", "RateLimit-Policy"} <= set(refused["headers"])
            assert all("RateLimit" in answer["headers"] for answer in operation["responses"].values())


def test_what_is_answered_with_a_tag_is_described_with_one_and_nothing_else(schema, editor, client_of):
    client = client_of(editor)
    tagged, described = {}, {}
    for path, operations in schema["paths"].items():
        if "get" in operations and "{" not in path and not path.endswith(("claims:search", "/stream")):
            answer = client.get(path)
            assert answer.status_code == 200, path
            tagged[path] = "ETag" in answer
            operation = operations["get"]
            described[path] = "ETag" in operation["responses"]["200"]["headers"]
            assert ("304" in operation["responses"]) is described[path]
            named = {parameter["name"] for parameter in operation["parameters"]} if described[path] else set()
            assert ("If-None-Match" in named) is described[path]
    assert described == tagged
    assert (tagged[f"{V1}claims"], tagged[f"{V1}tokens"]) == (True, False)
    streamed = schema["paths"][f"{V1}changes/stream"]["get"]["responses"]  # see also what is sent, in test_changes
    assert ("ETag" in streamed["200"]["headers"], "304" in streamed) == (False, False)


def test_every_parameter_says_what_it_means(schema):
    silent = [
        (path, parameter["name"])
        for path, operations in schema["paths"].items()
        for operation in operations.values()
        for parameter in operation.get("parameters", [])
        if parameter["in"] == "query" and not (parameter.get("description") and parameter["schema"])
    ]
    assert silent == []


def test_every_filter_that_the_api_takes_is_in_the_schema(schema):
    for name, view in views.RESOURCES.items():
        described = {p["name"] for p in schema["paths"][V1 + name]["get"]["parameters"] if p["in"] == "query"}
        assert described == {
            *view.filterset_class.base_filters, "cursor", "page_size", "ordering", "fields",
            *(["expand"] if view.expansions else []),
        }  # fmt: skip


# Events are looked up by their place, and have no case of their own: see test_events.
ROWS = [name for name in views.RESOURCES if name != "events"]


@pytest.mark.parametrize("resource", ROWS)
def test_answers_are_as_the_schema_describes_them(schema, api, case, resource):
    row = case.by_resource[resource]
    checked = {V1 + resource: V1 + resource, f"{V1}{resource}/{{uid}}": f"{V1}{resource}/{row.uid}"}
    if resource == "claims":
        checked[f"{V1}claims/{{uid}}/explanation"] = f"{V1}claims/{row.uid}/explanation"
    if resource == "documents":
        checked[f"{V1}documents/{{uid}}/text"] = f"{V1}documents/{row.uid}/text"
    for path, address in checked.items():
        declared = schema["paths"][path]["get"]["responses"]["200"]["content"]["application/json"]["schema"]
        answer = api.get(address).json()
        errors = list(OAS31Validator({**declared, "components": schema["components"]}).iter_errors(answer))
        assert [f"{address} {list(e.absolute_path)}: {e.message}" for e in errors] == []
        assert answer.get("results") != []


def test_an_answer_of_another_shape_would_be_noticed(schema):
    reference = {"$ref": "#/components/schemas/Claim", "components": schema["components"]}
    assert list(OAS31Validator(reference).iter_errors({"uid": 7}))


@pytest.mark.parametrize("resource", ROWS)
def test_nothing_is_answered_that_the_schema_leaves_out(schema, api, case, resource):
    row = api.get(f"{V1}{resource}/{case.by_resource[resource].uid}").json()
    answer = schema["paths"][f"{V1}{resource}/{{uid}}"]["get"]["responses"]["200"]
    name = answer["content"]["application/json"]["schema"]["$ref"].rsplit("/", 1)[-1]
    if name.endswith("NowOrThen"):
        name = schema["components"]["schemas"][name]["anyOf"][0]["$ref"].rsplit("/", 1)[-1]
    # `expanded` is there only for those who ask for it, and any field but the id may be left out.
    assert set(row) == set(schema["components"]["schemas"][name]["properties"]) - {"expanded"}
    assert schema["components"]["schemas"][name]["required"] == ["uid"]


def test_the_schema_is_served_and_the_browsable_page_needs_no_outside_host(reader, client_of):
    assert client_of(reader).get("/api/schema/").status_code == 200
    client = client_of(reader)
    client.credentials()
    client.force_login(reader)
    page = client.get("/api/docs/", HTTP_ACCEPT="text/html")
    assert page.status_code == 200
    body = page.content.decode()
    assert "/static/drf_spectacular_sidecar/" in body
    assert "http://" not in body.replace("http://testserver", "").replace("http://www.w3.org", "")
    assert "https://" not in body


def test_the_root_lists_the_resources(api):
    for address in ("/api/", "/api/v1/"):
        root = api.get(address).json()
        assert set(root) == {*views.RESOURCES, "changes", "subscriptions", "schema", "docs"}
        assert root["claims"] == "http://testserver/api/v1/claims"


def test_the_large_columns_of_a_claim_stay_out_of_the_schema(schema):
    assert Claim._meta.get_field("embedding")
    assert "embedding" not in schema["components"]["schemas"]["ClaimDetail"]["properties"]


ASKS_ONLY = {"check_create", "feeds_preview"}
SWITCHES = {"pause", "resume", "poll", "ping", "replay", "rotate_secret"}  # they overwrite nothing that somebody wrote


def test_every_post_that_changes_something_takes_a_key_and_every_change_of_a_row_says_which_version(schema):
    unnamed, unmatched = set(), set()
    for path, operations in schema["paths"].items():
        for method, operation in operations.items():
            name, headers = operation["operationId"], {p["name"] for p in operation.get("parameters", [])}
            if method == "post" and "Idempotency-Key" not in headers:
                unnamed.add(name)
            elif method == "post":
                assert {"409", "422"} <= set(operation["responses"]), name
            if method in ("post", "patch", "put", "delete") and "{uid}" in path:
                required = {p["name"] for p in operation["parameters"] if p.get("required")}
                if "If-Match" in required:
                    assert {"412", "428"} <= set(operation["responses"]), name
                elif not name.endswith(tuple(SWITCHES)):
                    unmatched.add(name)
    assert (unnamed, unmatched) == (ASKS_ONLY, set())
