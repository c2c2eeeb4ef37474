"""A small web server on this machine, with all the manners that servers can have."""

from __future__ import annotations

import gzip
import json
import socket
import threading
import zlib
from collections.abc import Callable, Iterator
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from tracker.ingest.fetching import FetchPolicy

PAGE = b"""<!doctype html><html lang="en"><head><title>Bridge closed</title></head>
<body><article><p>The mayor said the bridge was closed on Monday.</p></article></body></html>"""
USER_AGENT = "Corroborate/0.1 (+mailto:desk@newsroom.example)"


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
        return

    def do_GET(self) -> None:
        path, _, query = self.path.partition("?")
        self.server.asked.append(self.path)  # type: ignore[attr-defined]
        self.close_connection = True
        action: Callable[[str], None] = getattr(
            self, "answer_" + path.strip("/").replace("-", "_"), self.answer_missing
        )
        with suppress(OSError):
            action(query)

    def give(self, body: bytes, status: int = 200, **headers: str) -> None:
        self.send_response(status)
        sent = {"Content-Type": "text/html; charset=utf-8", "Content-Length": str(len(body))}
        sent |= {name.replace("_", "-"): value for name, value in headers.items()}
        for name, value in sent.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def answer_missing(self, query: str) -> None:
        self.give(b"Not here", 404)

    def answer_page(self, query: str) -> None:
        self.give(PAGE)

    def answer_overloaded(self, query: str) -> None:
        self.give(b"Later", 503)

    def answer_empty(self, query: str) -> None:
        self.give(b"")

    def answer_packed(self, query: str) -> None:
        self.give(gzip.compress(PAGE), Content_Encoding="gzip")

    def answer_deflated(self, query: str) -> None:
        self.give(zlib.compress(PAGE), Content_Encoding="deflate")

    def answer_bare_deflated(self, query: str) -> None:
        packer = zlib.compressobj(wbits=-zlib.MAX_WBITS)
        self.give(packer.compress(PAGE) + packer.flush(), Content_Encoding="deflate")

    def answer_bomb(self, query: str) -> None:
        self.give(gzip.compress(bytes(30_000_000)), Content_Encoding="gzip")

    def answer_packed_twice(self, query: str) -> None:
        self.give(gzip.compress(gzip.compress(bytes(30_000_000))), Content_Encoding="gzip, gzip")

    def answer_broken_gzip(self, query: str) -> None:
        self.give(gzip.compress(PAGE)[:-12], Content_Encoding="gzip")

    def answer_no_gzip(self, query: str) -> None:
        self.give(PAGE, Content_Encoding="gzip")

    def answer_redirect(self, query: str) -> None:
        self.give(b"", 302, Location=query)

    def answer_loop(self, query: str) -> None:
        self.give(b"", 302, Location="/loop")

    def answer_cookie(self, query: str) -> None:
        self.give(b"", 302, Location="/echo", Set_Cookie="visitor=1")

    def answer_echo(self, query: str) -> None:
        self.give(json.dumps(dict(self.headers.items())).encode(), Content_Type="text/plain")

    def answer_announced(self, query: str) -> None:
        self.give(b"x", Content_Length="900000000")

    def answer_breaks_off(self, query: str) -> None:
        self.give(PAGE, Content_Length=str(len(PAGE) + 100))

    def answer_endless(self, query: str) -> None:
        self.stream(b"x" * 60_000, pause=0.0)

    def answer_endless_nothing(self, query: str) -> None:
        # Empty blocks: packed bytes without end that unpack to nothing.
        self.stream(b"\x00\x00\x00\xff\xff" * 10_000, pause=0.0, first=gzip.compress(b"")[:10], encoding="gzip")

    def answer_slow(self, query: str) -> None:
        self.stream(b"x", pause=0.05)

    def answer_never(self, query: str) -> None:
        self.server.stopping.wait(20)  # type: ignore[attr-defined]

    def answer_slow_header(self, query: str) -> None:
        self.wfile.write(b"HTTP/1.1 200 OK\r\n")
        while not self.server.stopping.wait(0.05):  # type: ignore[attr-defined]
            self.wfile.write(b"X-More: 1\r\n")

    def answer_gibberish(self, query: str) -> None:
        self.wfile.write(b"\x00\x01\x02 nothing that HTTP knows\r\n\r\n")

    def stream(self, piece: bytes, pause: float, first: bytes = b"", encoding: str = "") -> None:
        self.send_response(200)
        self.send_header("Content-Type", "text/plain")
        if encoding:
            self.send_header("Content-Encoding", encoding)
        self.end_headers()
        self.wfile.write(first)
        while not self.server.stopping.wait(pause):  # type: ignore[attr-defined]
            self.wfile.write(piece)


class Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.stopping = threading.Event()
        super().__init__(("127.0.0.1", 0), Handler)

    @property
    def port(self) -> int:
        return int(self.server_address[1])

    def address(self, path: str, host: str = "127.0.0.1") -> str:
        return f"http://{host}:{self.port}{path}"


@pytest.fixture
def server() -> Iterator[Server]:
    with Server() as running:
        thread = threading.Thread(target=running.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield running
        running.stopping.set()
        running.shutdown()
        thread.join()


@pytest.fixture
def policy(server: Server) -> FetchPolicy:
    """Allows the test server and nothing else."""
    return FetchPolicy(
        user_agent=USER_AGENT,
        allow_hosts=frozenset({f"127.0.0.1:{server.port}", f"news.example:{server.port}"}),
        max_bytes=1_000_000,
        timeout=5,
    )


@pytest.fixture
def dialled(monkeypatch: pytest.MonkeyPatch) -> list[object]:
    """Every network address that anybody tries to connect to; no attempt gets through."""
    attempts: list[object] = []

    def refuse(self: socket.socket, address: object) -> None:
        attempts.append(address)
        raise ConnectionRefusedError("no connection is made in this test")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    monkeypatch.setattr(socket.socket, "connect_ex", refuse)
    return attempts
