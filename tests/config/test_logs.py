"""Log lines say which request or task they are about, in text and as JSON, and never what is protected."""

import json
import logging
import os
import re
import subprocess
import sys
import time
from pathlib import Path

import httpx
import pytest
from django.http import HttpResponse
from django.test import Client, RequestFactory
from knox.models import AuthToken

from claims.models import Snapshot
from claims.services.protection import masker_now, protect_source
from config.logs import MaskingFormatter, MaskingJsonFormatter
from config.tracing import About, RequestIdMiddleware, begin, end, forget
from tests import factories
from tests.servers import ROOT, Worker, database_url, wait_until
from tracker.models import Submission

OURS = "from-the-proxy-1"


def record(message="words", *arguments, exc_info=None, **extra) -> logging.LogRecord:
    """A line about whatever goes on now."""
    made = logging.getLogger("tracker").makeRecord(
        "tracker", logging.WARNING, "", 1, message, arguments, exc_info, extra=extra
    )
    assert About().filter(made)
    return made


def as_json(*arguments, **extra) -> dict[str, object]:
    return json.loads(MaskingJsonFormatter().format(record(*arguments, **extra)))


@pytest.fixture(autouse=True)
def _nothing_goes_on():
    forget()
    yield
    forget()


# --- Requests --------------------------------------------------------------------------------------------------------


def test_every_answer_has_an_id_of_its_own():
    first, second = (Client().get("/health/live").headers["X-Request-ID"] for _ in range(2))
    assert re.fullmatch(r"[0-9a-f]{32}", first)
    assert first != second


@pytest.mark.parametrize(
    ("given", "taken"),
    [(OURS, True), ("short", False), ("x" * 129, False), ("with blank in it", False), ("ümläut-id", False)],
)
def test_an_id_is_taken_over_where_it_is_sane(given, taken):
    assert (Client().get("/health/live", headers={"X-Request-ID": given}).headers["X-Request-ID"] == given) is taken


@pytest.mark.django_db
def test_lines_name_the_request_until_its_answer_is_sent():
    seen = []

    def view(request) -> HttpResponse:
        seen.append(as_json())
        return HttpResponse()

    answer = RequestIdMiddleware(view)(RequestFactory().get("/", headers={"X-Request-ID": OURS}))
    assert seen[0]["request_id"] == as_json()["request_id"] == OURS
    answer.close()
    assert "request_id" not in as_json()


@pytest.mark.django_db
def test_a_request_is_logged_with_its_answer_and_without_what_was_looked_for(caplog):
    logging.getLogger("corroborate.requests").setLevel("INFO")
    try:
        Client().get("/nowhere?q=Olga", headers={"X-Request-ID": OURS})
    finally:
        logging.getLogger("corroborate.requests").setLevel("WARNING")
    line = next(r for r in caplog.records if r.name == "corroborate.requests")
    assert line.getMessage() == "GET /nowhere: 404"
    assert (line.method, line.path, line.status) == ("GET", "/nowhere", 404)


# --- Tasks -----------------------------------------------------------------------------------------------------------


def test_lines_name_the_task_and_its_row():
    from tracker.tasks import fetch_submission, sweep

    begin(task_id="t-1", task=fetch_submission, args=[42])
    line = as_json()
    assert (line["task"], line["task_id"], line["row"]) == ("tracker.tasks.fetch_submission", "t-1", 42)
    assert MaskingFormatter("{message}", style="{").format(record()) == "words [fetch_submission(42) task_id t-1]"
    end()
    begin(task_id="t-2", task=sweep, args=[])
    assert "row" not in as_json()
    end()
    assert as_json().keys() == {"time", "level", "logger", "message"}


# --- What is protected -----------------------------------------------------------------------------------------------


class Repr:
    """Something that says who it is only when it is written."""

    def __init__(self, name: str) -> None:
        self.name = name

    def __repr__(self) -> str:
        return f"<Source {self.name}>"


@pytest.mark.django_db
def test_no_json_line_names_a_protected_source_wherever_it_stands(editor):
    source = factories.SourceFactory(name='Karim "Abu" O\'Haddad', kind="person")
    protect_source(source, by=editor, reason="Threatened.")
    masker_now()  # as every task and every web process learns it
    try:
        int(f"{source.name} cannot be read")
    except ValueError:
        told = MaskingJsonFormatter().format(
            record(
                "Of %s\nand of %s",
                source.name,
                Repr(source.name),
                exc_info=sys.exc_info(),
                who={"name": source.name, "names": [source.name, 7], source.name: True},
                what=Repr(source.name),
                line=source.name.encode(),
            )
        )
    assert "Haddad" not in told
    assert "Karim" not in told
    line = json.loads(told)
    assert line["message"].startswith("Of █")
    assert "cannot be read" in line["exception"]
    assert line["who"]["names"][1] == 7


# --- The real server and the real worker -----------------------------------------------------------------------------


def lines_of(log: Path) -> list[dict[str, object]]:
    """What was logged; Python's own warnings from before there is a log are no part of it."""
    return [json.loads(line) for line in log.read_text().splitlines() if line.startswith("{")]


@pytest.mark.django_db(transaction=True)
@pytest.mark.slow
def test_one_id_leads_from_a_request_through_the_server_into_each_task_that_it_starts(tmp_path, editor):
    _, token = AuthToken.objects.create(editor)
    socket, web_log, worker_log = tmp_path / "web.sock", tmp_path / "web.log", tmp_path / "worker.log"
    command = [sys.executable, "-m", "gunicorn", "config.wsgi", "--bind", f"unix:{socket}", "--threads", "2"]
    home = tmp_path / "home"
    environment = os.environ | {"DATABASE_URL": database_url(), "LOG_FORMAT": "json", "HOME": str(home)}
    environment.pop("XDG_RUNTIME_DIR", None)
    with web_log.open("wb") as log:
        web = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=log, stderr=log)
    try:
        with Worker(log=worker_log, LOG_FORMAT="json", SPAN_FINDER="rules"):
            wait_until(socket.exists, within=60, what="the web server listens")
            with httpx.Client(transport=httpx.HTTPTransport(uds=str(socket)), base_url="http://localhost") as client:
                answer = client.post(
                    "/api/v1/submissions",
                    json={"text": "The mayor of Arvel said the bridge was closed on Monday.", "title": "The bridge"},
                    headers={"Authorization": f"Token {token}", "X-Request-ID": OURS},
                    timeout=60,
                )
            assert (answer.status_code, answer.headers["X-Request-ID"]) == (202, OURS), answer.text
            assert list(home.rglob("*")) == [], "nothing, such as a control socket, lies outside the own folder"
            steps = {f"tracker.tasks.{name}" for name in ("fetch_submission", "analyse_snapshot", "match_snapshot")}

            def told() -> set[object]:
                return {line["task"] for line in lines_of(worker_log) if line.get("request_id") == OURS}

            wait_until(lambda: worker_log.exists() and told() >= steps, within=120, what="a line of each step")
    finally:
        web.terminate()
        web.wait(timeout=30)
    asked = [line for line in lines_of(web_log) if line.get("request_id") == OURS]
    assert any(line.get("path") == "/api/v1/submissions" and line["status"] == 202 for line in asked)
    assert any(line["logger"] == "gunicorn.error" for line in lines_of(web_log)), "gunicorn's own lines too"
    received = [line for line in lines_of(worker_log) if line["logger"] == "celery.worker.strategy"]
    assert "tracker.tasks.fetch_submission" in {line["task"] for line in received}
    assert all(line["task_id"] for line in received)
    ours = [line for line in lines_of(worker_log) if line.get("request_id") == OURS]
    assert any(str(line["message"]).startswith("Going on") for line in ours), "one message is enough for two steps"
    first = next(line for line in ours if line["task"] == "tracker.tasks.fetch_submission")
    assert first["row"] == Submission.objects.get().pk
    assert first["task_id"]
    assert {line["row"] for line in ours if line["task"] != first["task"]} == {Snapshot.objects.get().pk}
    assert time.strptime(str(first["time"])[:19], "%Y-%m-%dT%H:%M:%S")
