"""A client that is generated from the schema runs the guide's example as it stands there."""

import os
import re
import subprocess
import sys
from pathlib import Path

import httpx
import pytest
from django.db import transaction
from knox.models import AuthToken

from claims.services import ledger
from tests.factories import MACHINE
from tracker.analysis.embedding import embed

GUIDE = Path(__file__).resolve().parents[2] / "docs" / "guide-api.md"


def block(name):
    """The code below the remark of this name in the guide."""
    found = re.findall(rf"<!-- generated client: {name} -->\n```\w+\n(.*?)```", GUIDE.read_text(), re.DOTALL)
    assert len(found) == 1
    return found[0]


@pytest.fixture
def token(transactional_db, reader):
    return AuthToken.objects.create(reader)[1]


@pytest.fixture
def generated(tmp_path, live_server, token):
    """The folder of a client that was made of the schema, as a client of the API gets it."""
    answer = httpx.get(f"{live_server.url}/api/schema", headers={"Authorization": f"Token {token}"}, timeout=60)
    (tmp_path / "schema.yaml").write_bytes(answer.raise_for_status().content)
    (tmp_path / "config.yaml").write_text(block("configuration"))
    command = [sys.executable, "-m", "openapi_python_client", "generate", "--fail-on-warning", "--path", "schema.yaml"]
    options = ["--config", "config.yaml", "--meta", "none", "--output-path", "corroborate_client"]
    made = subprocess.run([*command, *options], cwd=tmp_path, capture_output=True, text=True, timeout=120, check=False)
    assert made.returncode == 0, made.stdout + made.stderr
    return tmp_path


def test_the_guides_example_runs_unchanged_on_a_client_made_from_the_schema(generated, live_server, token, case):
    case.claim.embedding = embed(case.claim.text)
    with transaction.atomic():
        case.claim.save(update_fields=["embedding"])
        ledger.record(MACHINE, "embedded", case.claim)
    ledger.seal()
    told = subprocess.run(
        [sys.executable, "-c", block("example")],
        cwd=generated,
        env=os.environ | {"CORROBORATE": live_server.url, "TOKEN": token},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert told.returncode == 0, told.stderr
    first, seen, place = told.stdout.splitlines()
    assert first.startswith(f"contested | {case.claim.text} | Asserted by {case.guild.name}")
    assert (seen, place) == ("seen before", "1")
