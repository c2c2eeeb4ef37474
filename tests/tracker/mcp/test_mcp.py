"""The official SDK's own client against the real command, on a real database: it lists the tools and calls them."""

import os
import socket
import subprocess
import sys
from collections.abc import Awaitable, Callable
from typing import Any, get_args

import anyio
import pytest
from knox.models import AuthToken
from mcp import Client, StdioServerParameters
from mcp.client.streamable_http import streamable_http_client
from mcp.shared._httpx_utils import create_mcp_http_client

from claims.api.filters import UNVERIFIED, VERIFICATIONS
from claims.services import ledger
from claims.services.protection import protect_source
from tests import factories
from tests.claims.api.conftest import case, client_of
from tests.servers import ROOT, database_url, wait_until
from tracker.mcp.server import Verification

__all__ = ["case", "client_of"]
pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]
READING = {"check_text", "find_claims", "get_claim", "explain_standing", "list_changes", "list_dossiers"}
WRITING = {"submit_document", "submission_state"}


def environment(**more: str) -> dict[str, str]:
    return os.environ | {"DATABASE_URL": database_url()} | more


def listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def token_of(user) -> str:
    return AuthToken.objects.create(user)[1]


def talking(talk: Callable[[Client], Awaitable[None]], *arguments: str, token: str) -> None:
    """Let the client talk to the command over standard input and output."""
    command = StdioServerParameters(
        command=sys.executable,
        args=["manage.py", "mcp", *arguments],
        env=environment(CORROBORATE_TOKEN=token),
        cwd=ROOT,
    )

    async def run() -> None:
        async with Client(command) as client:
            await talk(client)

    anyio.run(run)


async def called(client: Client, tool: str, **arguments: Any) -> dict[str, Any]:
    answer = await client.call_tool(tool, arguments)
    assert not answer.is_error, answer.content
    return answer.structured_content


async def refused(client: Client, tool: str, **arguments: Any) -> str:
    answer = await client.call_tool(tool, arguments)
    assert answer.is_error
    return answer.content[0].text


def test_an_agent_checks_finds_explains_and_follows_changes(case, reader, editor):
    protect_source(case.council, by=editor, reason="Asked for it.")
    ledger.seal()
    uid, names = str(case.claim.uid), []

    async def talk(client: Client) -> None:
        tools = (await client.list_tools()).tools
        assert {tool.name for tool in tools} == READING
        assert all(tool.annotations.read_only_hint for tool in tools)
        assert "corroborated does not mean true" in client.instructions

        dossiers = await called(client, "list_dossiers")
        assert [one["slug"] for one in dossiers["dossiers"]] == [case.dossier.slug]
        found = await called(client, "find_claims", words="mill", standing="contested", verification="probably-true")
        assert ([one["uid"] for one in found["claims"]], found["more"]) == ([uid], False)
        claim = await called(client, "get_claim", uid=uid)
        assert claim["verification"]["value"] == "probably-true"
        why = await called(client, "explain_standing", uid=uid)
        assert why["value"] == "contested"
        never = await called(client, "check_text", text="The ferry to Lonto sank on Friday.")
        assert (never["never_seen"], never["claims"]) == (True, [])
        seen = 0
        while True:
            page = await called(client, "list_changes", after=seen, limit=10)
            names.extend((change["seq"], change.get("type")) for change in page["changes"])
            assert case.council.name not in str(page)
            seen = page["next"]
            if not page["more"]:
                break
        assert case.council.name not in str([dossiers, found, claim, why])

        assert "404" in await refused(client, "get_claim", uid="00000000-0000-4000-8000-000000000000")
        assert "There is no dossier nowhere" in await refused(client, "find_claims", dossier="nowhere")
        assert "standing" in await refused(client, "find_claims", standing="true")
        assert "submit_document" in await refused(client, "submit_document", url="https://outlet.example/")

    talking(talk, token=token_of(reader))
    assert [seq for seq, _ in names] == list(range(1, ledger.head()[0] + 1))


def test_writing_is_there_only_when_it_was_allowed_and_the_token_may(case, reader, reviewer):
    async def talk(client: Client) -> None:
        assert {tool.name for tool in (await client.list_tools()).tools} == READING | WRITING
        job = await called(client, "submit_document", title="Ferry", text="Mayor Tomas Belg said the ferry sank.")
        assert (await called(client, "submission_state", uid=job["uid"]))["state"] == "queued"

    async def may_not(client: Client) -> None:
        assert "403" in await refused(client, "submit_document", title="Ferry", text="Mayor Belg said so.")

    talking(talk, "--allow-writes", token=token_of(reviewer))
    talking(may_not, "--allow-writes", token=token_of(reader))


@pytest.mark.parametrize(
    ("token", "said"), [("", "Set CORROBORATE_TOKEN"), ("nonsense", "may not read"), (None, "403")]
)
def test_without_a_token_that_may_read_it_says_so_and_ends(token, said):
    given = token_of(factories.UserFactory()) if token is None else token
    command, variables = [sys.executable, "manage.py", "mcp"], environment(CORROBORATE_TOKEN=given)
    done = subprocess.run(
        command, cwd=ROOT, env=variables, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout) == (1, "")
    assert said in done.stderr


def test_over_http_each_client_has_the_rights_of_its_own_token(case, reader):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    address, token = f"http://127.0.0.1:{port}/mcp", token_of(reader)
    server = subprocess.Popen([sys.executable, "manage.py", "mcp", "--http", str(port)], cwd=ROOT, env=environment())

    async def asked(authorization: str | None) -> Any:
        headers = {"Authorization": authorization} if authorization else {}
        async with (
            create_mcp_http_client(headers=headers) as http,
            Client(streamable_http_client(address, http_client=http)) as client,
        ):
            return await client.call_tool("get_claim", {"uid": str(case.claim.uid)})

    try:
        wait_until(lambda: listens(port), within=120, what="the server listens")
        answer = anyio.run(asked, f"Bearer {token}")
        assert answer.structured_content["uid"] == str(case.claim.uid)
        for wrong in (None, "Bearer nonsense"):
            answer = anyio.run(asked, wrong)
            assert answer.is_error
            assert "401" in answer.content[0].text
    finally:
        server.terminate()
        server.wait(timeout=60)


def test_the_verdicts_that_an_agent_can_ask_for_are_all_that_there_are():
    assert set(get_args(Verification)) == {UNVERIFIED, *VERIFICATIONS.values()}
