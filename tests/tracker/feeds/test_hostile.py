"""Servers that mean harm: refused with a reason on the feed's page, and nothing but loopback is ever dialled."""

from __future__ import annotations

import base64
import gzip
import socket
import socketserver
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from html import unescape
from pathlib import Path
from typing import Any

import pytest
from django.urls import reverse

from claims.models import Document, Snapshot
from tests import factories
from tests.tracker.feeds.test_polling import poll
from tests.tracker.feeds.texts import article, rss
from tracker.feeds.services import add_feed
from tracker.models import Feed, FeedItem, HostVisit, Submission

pytestmark = pytest.mark.django_db

# --- Proof: a hook on every connection of this process ---------------------------------------------------------------

DIALLED: list[Any] = []
WATCHING = threading.Event()


def _watch(event: str, args: tuple[Any, ...]) -> None:
    if event == "socket.connect" and WATCHING.is_set() and isinstance(args[1], tuple):
        DIALLED.append(args[1][0])
        if not (args[1][0].startswith("127.") or args[1][0] == "::1"):
            raise ConnectionRefusedError(f"{args[1]} is not this machine")


sys.addaudithook(_watch)


@pytest.fixture(autouse=True)
def only_loopback_is_dialled() -> Iterator[None]:
    """Fail the test, and the connection, where anything but loopback is dialled."""
    DIALLED.clear()
    WATCHING.set()
    yield
    WATCHING.clear()
    assert [host for host in DIALLED if not (host.startswith("127.") or host == "::1")] == []


def test_the_hook_would_see_another_address() -> None:
    with socket.socket() as probe, pytest.raises(Exception, match=r"not this machine|203\.0\.113\.9"):
        probe.connect(("203.0.113.9", 80))
    assert DIALLED in ([], ["203.0.113.9"])  # pytest-socket may have been faster
    DIALLED.clear()


# --- The server -------------------------------------------------------------------------------------------------------

Script = Callable[[socket.socket], None]


class Hostile(socketserver.ThreadingTCPServer):
    """Says, to whoever asks for anything but robots.txt, what the test's script sends."""

    daemon_threads = True
    allow_reuse_address = True

    def __init__(self) -> None:
        self.script: Script = lambda _: None
        super().__init__(("127.0.0.1", 0), _Talk)

    @property
    def host(self) -> str:
        return f"127.0.0.1:{self.server_address[1]}"


class _Talk(socketserver.BaseRequestHandler):
    def handle(self) -> None:
        asked = b""
        while b"\r\n\r\n" not in asked:
            asked += self.request.recv(4096)
        with suppress(OSError):
            if b" /robots.txt " in asked:
                self.request.sendall(b"HTTP/1.1 404 No\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
            else:
                self.server.script(self.request)  # type: ignore[attr-defined]


def answer(body: bytes, *headers: str, status: str = "200 OK") -> Script:
    head = "".join(f"{header}\r\n" for header in headers)
    sent = (
        f"HTTP/1.1 {status}\r\n{head}Content-Length: {len(body)}\r\nConnection: close\r\n\r\n".encode("latin-1") + body
    )
    return lambda to: to.sendall(sent)


def redirect(target: str) -> Script:
    return answer(b"", f"Location: {target}", status="302 Found")


def endless(first: bytes, piece: bytes) -> Script:
    """Bytes until the other side has had enough."""

    def say(to: socket.socket) -> None:
        to.sendall(first)
        while True:
            to.sendall(piece)

    return say


def drip(to: socket.socket) -> None:
    """A body that comes a byte at a time."""
    to.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n")
    while True:
        to.sendall(b" ")
        threading.Event().wait(0.05)


@pytest.fixture
def hostile(settings: Any, tmp_path: Path) -> Iterator[Hostile]:
    settings.EVIDENCE_DIR = tmp_path / "evidence"
    settings.FETCH_MAX_BYTES = 1_000_000
    settings.FETCH_TIMEOUT_SECONDS = 1.5
    with Hostile() as server:
        settings.FETCH_ALLOW_HOSTS = frozenset({server.host})
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield server
        server.shutdown()
        thread.join()


LAUGHS = b"""<?xml version="1.0"?><!DOCTYPE lolz [<!ENTITY lol "lol"><!ENTITY lol2 "&lol;&lol;&lol;&lol;&lol;&lol;">
<!ENTITY lol3 "&lol2;&lol2;&lol2;&lol2;&lol2;">]><rss version="2.0"><channel><title>&lol3;</title></channel></rss>"""
OUTSIDE = b"""<?xml version="1.0"?><!DOCTYPE rss [<!ENTITY file SYSTEM "file:///etc/passwd">]>
<rss version="2.0"><channel><title>&file;</title></channel></rss>"""
XINCLUDE = b"""<rss version="2.0" xmlns:xi="http://www.w3.org/2001/XInclude"><channel><title>a</title>
<xi:include href="feed.xml"/></channel></rss>"""
# 50 MB of NULs in 80 bytes.
BROTLI = base64.b64decode(
    "y///P/gnAOKxQCD3/o///3/wTwDEYRGA7v0f////4J8AiMMCAN37P/7//8E/ARCHBQC693/8//+DfwIgDgsAdO//8g9eD/8EQBwWAOig6wE="
)
FEED_TYPE = "Content-Type: application/rss+xml"
HTTP = b"HTTP/1.1 200 OK\r\n"

HARM: dict[str, tuple[Script, str, str]] = {
    "another port of this machine": (redirect("http://127.0.0.1:1/"), "refused_address", "not on the public internet"),
    "this machine without a port": (redirect("http://127.0.0.1/"), "refused_address", "not on the public internet"),
    "a cloud's credentials": (
        redirect("http://169.254.169.254/latest/meta-data/"), "refused_address", "169.254.169.254",
    ),
    "this machine in IPv6": (redirect("http://[::1]/"), "refused_address", "not on the public internet"),
    "IPv4 in IPv6": (redirect("http://[::ffff:127.0.0.1]/"), "refused_address", "not on the public internet"),
    "an address as one number": (redirect("http://2130706433/"), "refused_address", "unusual way"),
    "an octal address": (redirect("http://0177.0.0.1/"), "invalid_address", "which is not an address"),
    "a hexadecimal address": (redirect("http://0x7f.1/"), "refused_address", "unusual way"),
    "a name that leads inside": (redirect("http://inside.example/"), "refused_address", "it leads to 127.0.0.1"),
    "a name that also leads inside": (redirect("http://both.example/"), "refused_address", "it leads to 10.0.0.1"),
    "another scheme": (redirect("file:///etc/passwd"), "refused_address", "only http and https"),
    "a password": (redirect("http://user:secret@a.example/"), "refused_address", "password"),
    "a circle": (redirect("/again"), "too_many_redirects", "redirected more than 5 times"),
    "a gzip bomb": (
        answer(gzip.compress(bytes(60_000_000)), FEED_TYPE, "Content-Encoding: gzip"), "too_large", "1,000,000 bytes",
    ),
    "a gzip bomb without a header": (answer(gzip.compress(bytes(60_000_000)), FEED_TYPE), "too_large", "unpacks to"),
    "a brotli bomb": (
        answer(BROTLI, FEED_TYPE, "Content-Encoding: br"), "connection_failed", "its content is encoded as 'br'",
    ),
    "an endless body": (endless(HTTP + b"\r\n", b"<item>" * 10_000), "too_large", "1,000,000 bytes"),
    "an endless body in chunks": (
        endless(HTTP + b"Transfer-Encoding: chunked\r\n\r\n", b"1000\r\n" + b"x" * 4096 + b"\r\n"), "too_large",
        "1,000,000 bytes",
    ),
    "a slow body": (drip, "timed_out", "within 1.5 seconds"),
    "a header without end": (endless(HTTP + b"X-A: ", b"a" * 65_536), "too_large", "header"),
    "headers without end": (endless(HTTP, b"X-A: a\r\n" * 5_000), "too_large", "header"),
    "three hundred headers": (answer(b"x", *[f"X-{n}: a" for n in range(300)]), "too_large", "header"),
    "a billion laughs": (answer(LAUGHS, FEED_TYPE), "unsafe_xml", "declares entities of its own"),
    "a billion laughs in UTF-16": (
        answer(LAUGHS.decode().encode("utf-16"), FEED_TYPE), "unsafe_xml", "declares entities of its own",
    ),
    "an entity from a file": (answer(OUTSIDE, FEED_TYPE), "unsafe_xml", "declares entities of its own"),
    "a document that includes itself": (answer(XINCLUDE, FEED_TYPE), "unsafe_xml", "XInclude"),
    "a picture that says it is a feed": (answer(b"\x89PNG\r\n\x1a\n" + bytes(99), FEED_TYPE), "binary", "a PNG image"),
    "a page that calls itself a feed": (answer(article(), FEED_TYPE), "not_a_feed", "is a web page, no feed"),
    "a program that says it is XML": (answer(b"\x7fELF" + bytes(99), "Content-Type: text/xml"), "binary", "a program"),
    "nothing": (answer(b"", FEED_TYPE), "empty", "without a body"),
    "gibberish": (lambda to: to.sendall(b"\x00\x01 no HTTP\r\n\r\n"), "connection_failed", "failed"),
}  # fmt: skip


def names_lead(host: str, port: int, *_: Any, **__: Any) -> list[Any]:
    """What the test's names resolve to, without asking anybody."""
    led = {"inside.example": ["127.0.0.1"], "both.example": ["93.184.216.34", "10.0.0.1"]}
    return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (where, port)) for where in led.get(host, [host])]


@pytest.mark.parametrize("harm", HARM)
def test_harm_is_refused_with_its_reason_on_the_feeds_page(hostile, client, monkeypatch, settings, harm) -> None:
    hostile.script, code, words = HARM[harm]
    monkeypatch.setattr(socket, "getaddrinfo", names_lead)
    feed = poll(add_feed(address=f"http://{hostile.host}/feed.xml"))
    assert (feed.failures, feed.error_code) == (1, code), feed.error
    assert words in feed.error
    client.force_login(factories.UserFactory(role="feed manager"))
    page = unescape(client.get(reverse("admin:tracker_feed_change", args=[feed.pk])).content.decode())
    assert words in page
    # Nothing is kept of it, and nothing half.
    assert (feed.validators, feed.digest, feed.title, feed.last_success_at) == ({}, "", "", None)
    for model in (FeedItem, Submission, Document, Snapshot, HostVisit):
        assert not model.objects.exists(), model
    assert not settings.EVIDENCE_DIR.exists()
    assert set(DIALLED) == {"127.0.0.1"}


def test_a_name_that_is_bound_anew_is_held_to_what_was_checked(hostile, monkeypatch, settings) -> None:
    asked: list[str] = []

    def binds_anew(host: str, port: int, *_: Any, **__: Any) -> list[Any]:
        if host != "rebinds.example":
            return names_lead(host, port)  # an address, on the way to the connection
        asked.append(host)
        where = "127.0.0.1" if len(asked) <= 2 else "169.254.169.254"  # robots.txt, and the feed
        return names_lead(where, port)

    monkeypatch.setattr(socket, "getaddrinfo", binds_anew)
    name = f"rebinds.example:{hostile.server_address[1]}"
    settings.FETCH_ALLOW_HOSTS = frozenset({name})
    hostile.script = answer(rss("http://a.example", [1]), FEED_TYPE)
    feed = poll(add_feed(address=f"http://{name}/feed.xml"))
    assert (feed.failures, feed.listed) == (0, 1)
    assert asked == ["rebinds.example"] * 2  # once for each connection: checked and dialled are the same answer
    assert set(DIALLED) == {"127.0.0.1"}


def test_cookies_of_one_answer_go_nowhere(hostile) -> None:
    asked: list[bytes] = []
    page = answer(rss("http://a.example", [1]), FEED_TYPE, "Set-Cookie: who=1; Path=/")

    def remember(to: socket.socket) -> None:
        asked.append(b"")
        page(to)

    hostile.script = remember
    feed = poll(poll(add_feed(address=f"http://{hostile.host}/feed.xml")))
    assert (feed.failures, len(asked)) == (0, 2)
    assert "ookie" not in str(feed.validators)


def test_scripts_in_titles_are_words_at_most(hostile, client) -> None:
    body = rss(
        "http://a.example", [1, 2], title="&lt;script&gt;alert(1)&lt;/script&gt;Bridge &lt;img src=x onerror=y&gt;{n}"
    )
    body = body.replace(b"<title>Karsk Mail</title>", b"<title><![CDATA[<script>alert(2)</script>Karsk]]></title>")
    hostile.script = answer(body.replace(b"http://a.example/2", b"javascript:alert(3)"), FEED_TYPE)
    feed = poll(add_feed(address=f"http://{hostile.host}/feed.xml"))
    # What is told to be HTML loses its scripts; in what is told to be plain text they are words, which pages escape.
    assert (feed.title, feed.note) == ("<script>alert(2)</script>Karsk", "1 items without an http(s) address.")
    assert FeedItem.objects.get().title == "<script>alert(1)</script>Bridge <img src=x onerror=y>1"
    Feed.objects.update(title="<script>alert(4)</script>", error="<script>alert(5)</script>")
    FeedItem.objects.update(title="<script>alert(6)</script>", address="javascript:alert(7)")
    client.force_login(factories.UserFactory(role="feed manager"))
    for name, args in (("change", [feed.pk]), ("changelist", [])):
        page = client.get(reverse(f"admin:tracker_feed_{name}", args=args)).content.decode()
        assert "<script>alert" not in page
        assert 'href="javascript:' not in page
