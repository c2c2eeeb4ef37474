"""Whatever is sent, by whomever: every answer is one that the OpenAPI schema describes.

`make fuzz` sends many times as much, anew each time.
"""

import json
import socket

import pytest
from django.core.management import call_command
from hypothesis import settings as profile
from knox.models import AuthToken

from claims.access import Access
from claims.models import TokenGrant
from claims.services import ledger
from claims.services.bell import bell
from claims.services.subscriptions import subscribe
from tests.conformance.searching import SEED, search
from tracker.feeds.services import add_feed
from tracker.submissions import submit

SUITE = 2  # examples of an operation for each caller
CALLERS = ["nobody", "reader", "reviewer", "editor", "administrator", "read", "review", "submit", "admin"]


@pytest.fixture(scope="module")
def schema(tmp_path_factory):
    out = tmp_path_factory.mktemp("schema") / "schema.json"
    call_command("spectacular", "--format", "openapi-json", "--file", str(out))
    return json.loads(out.read_text())


@pytest.fixture
def no_names(monkeypatch):
    """Feeds are looked at where somebody asks for it: on a machine that knows no other."""
    real = socket.getaddrinfo

    def only_here(host, *args, **kwargs):
        if host not in ("127.0.0.1", "localhost", "::1"):
            raise socket.gaierror("no name is known here")
        return real(host, *args, **kwargs)

    monkeypatch.setattr(socket, "getaddrinfo", only_here)


@pytest.fixture
def server(live_server, settings):
    """A server whose streams end soon; what it listens with lets go of the database afterwards."""
    settings.CHANGES_STREAM_SECONDS = 1
    yield live_server.url
    bell.stop()


@pytest.fixture
def rows(transactional_db, case):
    """What ids in requests name, by the resource or the filter."""
    keys = {name: str(row.uid) for name, row in case.by_resource.items()}
    keys["feeds"] = str(add_feed(address="https://outlet.example/rss", dossier=case.dossier).uid)
    keys["submissions"] = str(submit(address="https://outlet.example/one", announce=False).uid)
    ledger.seal()
    return keys | {"slug of a dossier": case.dossier.slug, "slug of a party": case.guild.party.slug}


@pytest.fixture
def calling(reader, reviewer, editor, administrator, rows):
    """What each caller sends besides, and what is its own.

    Roles have a token that may do all that they may, and scopes one of the administrator's that may do no more.
    """
    people = {"reader": reader, "reviewer": reviewer, "editor": editor, "administrator": administrator}

    def made(caller):
        if caller == "nobody":
            return {}, rows
        person = people.get(caller, administrator)
        own, token = AuthToken.objects.create(person)
        other, _ = AuthToken.objects.create(person)
        if caller not in people:
            TokenGrant.objects.create(token=own, name=caller, scopes=[caller])
        subscription = subscribe(url="https://cms.example/hook", access=Access.of(person))
        mine = {"own token": own.token_key, "other token": other.token_key, "subscriptions": str(subscription.uid)}
        return {"Authorization": f"Token {token}"}, rows | mine

    return made


@pytest.mark.hypothesis
@pytest.mark.parametrize("caller", CALLERS)
def test_every_answer_is_one_that_the_schema_describes(server, schema, calling, no_names, caller):
    searching = not profile.default.derandomize
    headers, rows = calling(caller)
    found = search(
        schema,
        server=server,
        headers=headers,
        rows=rows,
        examples=profile.default.max_examples // 300 if searching else SUITE,
        seed=None if searching else SEED,
        thorough=searching,
        probes=searching or caller == "administrator",
    )
    print(f"{caller}: {found}")
    for (operation, check, said), example in sorted(found.failures.items()):
        print("", operation, check, said, example, sep="\n  ")
    assert not found.failures
    operations = {f"{method.upper()} {path}" for path, on in schema["paths"].items() for method in on}
    assert set(found.requests) >= operations
