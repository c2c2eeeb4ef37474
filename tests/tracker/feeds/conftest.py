"""Feeds of every kind, and a web server on loopback that gives them as a test says."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from tests import factories
from tests.tracker.feeds.texts import rss
from tracker.feeds.services import add_feed
from tracker.models import Feed


@dataclass
class Answer:
    """What the server says at one path."""

    body: bytes = b""
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)


class Site(ThreadingHTTPServer):
    """A web server whose answers a test sets by their paths. It does what servers do with conditional requests."""

    daemon_threads = True

    def __init__(self) -> None:
        self.answers: dict[str, Answer] = {}
        self.asked: list[tuple[str, dict[str, str]]] = []
        super().__init__(("127.0.0.1", 0), _Handler)

    @property
    def host(self) -> str:
        return f"127.0.0.1:{self.server_address[1]}"

    @property
    def address(self) -> str:
        return f"http://{self.host}"

    def put(self, path: str, body: bytes = b"", status: int = 200, **headers: str) -> None:
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        self.answers[path] = Answer(body, status, sent)

    def paths(self) -> list[str]:
        return [path for path, _ in self.asked]


class _Handler(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        site: Site = self.server  # type: ignore[assignment]
        site.asked.append((self.path, dict(self.headers.items())))
        answer = site.answers.get(self.path, Answer(b"not here", 404))
        etag = answer.headers.get("ETag")
        unchanged = etag is not None and self.headers.get("If-None-Match") == etag
        self.send_response(304 if unchanged else answer.status)
        for name, value in answer.headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(0 if unchanged else len(answer.body)))
        self.end_headers()
        if not unchanged:
            with suppress(OSError):
                self.wfile.write(answer.body)

    def log_message(self, *args: object) -> None:
        pass


@pytest.fixture
def site(settings: Any) -> Iterator[Site]:
    with Site() as running:
        settings.FETCH_ALLOW_HOSTS = frozenset({running.host})
        settings.FETCH_TIMEOUT_SECONDS = 5
        thread = threading.Thread(target=running.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield running
        running.shutdown()
        thread.join()


@pytest.fixture
def feed(db: None, site: Site) -> Feed:
    """A feed of two items that has not been polled yet."""
    site.put("/feed.xml", rss(site.address, [2, 1]), Content_Type="application/rss+xml")
    return add_feed(address=f"{site.address}/feed.xml", dossier=factories.DossierFactory(slug="harbour"))
