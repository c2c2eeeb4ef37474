"""Fetching is guarded, limited and polite."""

from __future__ import annotations

import json
import socket
import time
from dataclasses import replace
from typing import Any

import httpcore
import pytest

from tests.tracker.ingest.conftest import PAGE, USER_AGENT, Server
from tracker.ingest.errors import ErrorCode, IngestError
from tracker.ingest.fetching import FetchPolicy, fetch

STRICT = FetchPolicy(user_agent=USER_AGENT, timeout=5)


def failure(url: str, policy: FetchPolicy, **kwargs: Any) -> IngestError:
    with pytest.raises(IngestError) as caught:
        fetch(url, policy=policy, **kwargs)
    return caught.value


def test_a_page_comes_back_with_everything_that_evidence_needs(server: Server, policy: FetchPolicy) -> None:
    fetched = fetch(server.address("/page"), policy=policy)
    assert fetched.payload == PAGE
    assert fetched.status == 200
    assert fetched.reason == "OK"
    assert fetched.content_type == "text/html; charset=utf-8"
    assert fetched.address == fetched.final_address == server.address("/page")
    assert ("User-Agent", USER_AGENT) in fetched.request_headers
    assert fetched.peer == "127.0.0.1"
    assert fetched.fetched_at.utcoffset() is not None
    assert len(fetched.sha256) == 64


@pytest.mark.parametrize("path", ["/packed", "/deflated", "/bare-deflated"])
def test_a_compressed_page_is_unpacked(server: Server, policy: FetchPolicy, path: str) -> None:
    assert fetch(server.address(path), policy=policy).payload == PAGE


# Inner addresses


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1/",
        "http://127.0.0.1:5432/",
        "http://127.8.9.10/",
        "http://[::1]/",
        "http://[::ffff:127.0.0.1]/",
        "http://[::ffff:7f00:1]/",
        "http://[64:ff9b::7f00:1]/",
        "http://[fe80::1]/",
        "http://169.254.169.254/latest/meta-data/",
        "http://10.0.0.1/",
        "http://100.100.100.200/",
        "http://0.0.0.0/",
        "http://0/",
        "http://2130706433/",
        "http://0x7f000001/",
        "http://017700000001/",
        "http://0177.0.0.1/",
        "http://127.1/",
        "http://localhost/",
        "http://localhost./",
        "http://\uff11\uff12\uff17.0.0.1/",
        "http://127\u30020\u30020\u30021/",
        "http://127%2e0.0.1/",
        "https://127.0.0.1/",
    ],
)
def test_an_inner_address_is_refused_before_anything_is_dialled(url: str, dialled: list[object]) -> None:
    def resolve(host: str, port: int) -> list[str]:
        # What the C library makes of names and of numbers, without asking any name server.
        return ["127.0.0.1"] if host.startswith("localhost") else [str(item[4][0]) for item in numeric(host, port)]

    def numeric(host: str, port: int) -> list[Any]:
        return socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_NUMERICHOST)

    error = failure(url, STRICT, resolve=resolve)
    assert error.code in {ErrorCode.REFUSED_ADDRESS, ErrorCode.INVALID_ADDRESS}
    assert not error.transient
    assert dialled == []


@pytest.mark.parametrize("answer", ["10.0.0.7", "127.0.0.1", "::1", "169.254.169.254", "fd00::7", "::ffff:10.0.0.7"])
def test_a_name_that_leads_inside_is_refused_before_anything_is_dialled(answer: str, dialled: list[object]) -> None:
    error = failure("https://news.example/page", STRICT, resolve=lambda *_: [answer])
    assert error.code is ErrorCode.REFUSED_ADDRESS
    assert "news.example" in str(error)
    assert dialled == []


def test_the_checked_address_is_the_one_dialled_and_the_name_is_looked_up_once(
    dialled: list[object], monkeypatch: pytest.MonkeyPatch
) -> None:
    answers = [["1.1.1.1"], ["127.0.0.1"]]

    def rebinding(host: str, port: int) -> list[str]:
        return answers.pop(0)

    monkeypatch.setattr(socket, "getaddrinfo", numeric_only(socket.getaddrinfo))
    error = failure("http://news.example/page", STRICT, resolve=rebinding)
    assert error.code is ErrorCode.CONNECTION_FAILED
    assert dialled == [("1.1.1.1", 80)]
    assert answers == [["127.0.0.1"]]


def numeric_only(getaddrinfo: Any) -> Any:
    def guarded(host: str, *args: Any, **kwargs: Any) -> Any:
        assert host[0].isdigit(), f"{host} was looked up a second time"
        return getaddrinfo(host, *args, **kwargs)

    return guarded


def test_the_next_address_is_tried_when_one_does_not_answer(dialled: list[object]) -> None:
    failure("http://news.example/page", STRICT, resolve=lambda *_: ["1.1.1.1", "1.0.0.1"])
    assert dialled == [("1.1.1.1", 80), ("1.0.0.1", 80)]


def test_the_request_keeps_the_name_though_the_address_is_dialled(server: Server, policy: FetchPolicy) -> None:
    fetched = fetch(server.address("/echo", "news.example"), policy=policy, resolve=lambda *_: ["127.0.0.1"])
    assert json.loads(fetched.payload)["Host"] == f"news.example:{server.port}"
    assert fetched.peer == "127.0.0.1"


def test_encryption_is_asked_for_under_the_name(monkeypatch: pytest.MonkeyPatch) -> None:
    names: list[str | None] = []

    class Stream(httpcore.NetworkStream):
        def start_tls(self, ssl_context: Any, server_hostname: str | None = None, timeout: float | None = None) -> Any:
            names.append(server_hostname)
            raise httpcore.ConnectError("certificate verify failed")

        def close(self) -> None:
            return

    monkeypatch.setattr(httpcore.SyncBackend, "connect_tcp", lambda self, host, *rest: names.append(host) or Stream())
    error = failure("https://news.example/page", STRICT, resolve=lambda *_: ["1.1.1.1"])
    assert names == ["1.1.1.1", "news.example"]
    assert error.code is ErrorCode.CONNECTION_FAILED
    assert "certificate verify failed" in str(error)


def test_proxies_from_the_environment_are_not_used(
    server: Server, policy: FetchPolicy, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    assert fetch(server.address("/page"), policy=policy).payload == PAGE


# Redirects


def test_a_redirect_is_followed_and_recorded(server: Server, policy: FetchPolicy) -> None:
    fetched = fetch(server.address("/redirect?/page#top"), policy=policy)
    assert fetched.payload == PAGE
    assert fetched.final_address == server.address("/page")
    assert fetched.redirects == (server.address("/redirect?/page"),)


@pytest.mark.parametrize(
    "target",
    [
        "http://127.0.0.1:1/",
        "http://localhost/",
        "//[::1]/",
        "http://169.254.169.254/latest/",
        "file:///etc/passwd",
        "gopher://127.0.0.1/",
        "http://reader:secret@news.example/",
        "http://0x7f.1/",
    ],
)
def test_a_redirect_inside_is_refused(server: Server, policy: FetchPolicy, target: str) -> None:
    def resolve(host: str, port: int) -> list[str]:
        return ["127.0.0.1"] if host == "localhost" else [host]

    error = failure(server.address(f"/redirect?{target}"), policy, resolve=resolve)
    assert error.code is ErrorCode.REFUSED_ADDRESS
    assert server.asked == [f"/redirect?{target}"]


def test_a_redirect_to_nonsense_is_an_error(server: Server, policy: FetchPolicy) -> None:
    assert failure(server.address("/redirect?http://[::1"), policy).code is ErrorCode.INVALID_ADDRESS


def test_redirects_end(server: Server, policy: FetchPolicy) -> None:
    assert failure(server.address("/loop"), policy).code is ErrorCode.TOO_MANY_REDIRECTS
    assert len(server.asked) == policy.max_redirects + 1


def test_cookies_are_not_sent_back(server: Server, policy: FetchPolicy) -> None:
    fetched = fetch(server.address("/cookie"), policy=policy)
    assert set(json.loads(fetched.payload)) == {"Host", "User-Agent", "Accept", "Accept-Language", "Accept-Encoding"}


# Limits


@pytest.mark.parametrize("path", ["/bomb", "/announced", "/endless", "/endless-nothing"])
def test_a_body_that_is_too_large_is_cut_off(server: Server, policy: FetchPolicy, path: str) -> None:
    error = failure(server.address(path), policy)
    assert error.code is ErrorCode.TOO_LARGE
    assert "1,000,000 bytes" in str(error)


@pytest.mark.parametrize("path", ["/never", "/slow", "/slow-header"])
def test_a_server_that_takes_too_long_is_given_up(server: Server, policy: FetchPolicy, path: str) -> None:
    started = time.monotonic()
    error = failure(server.address(path), replace(policy, timeout=0.4))
    assert error.code is ErrorCode.TIMED_OUT
    assert error.transient
    assert "0.4 seconds" in str(error)
    assert time.monotonic() - started < 60  # the server would drip for ever


def test_a_look_up_that_takes_too_long_is_given_up(server: Server, policy: FetchPolicy) -> None:
    def slow(host: str, port: int) -> list[str]:
        server.stopping.wait(10)
        return ["127.0.0.1"]

    error = failure(server.address("/page"), replace(policy, timeout=0.2), resolve=slow)
    assert error.code is ErrorCode.TIMED_OUT


# Errors


@pytest.mark.parametrize(("path", "status", "transient"), [("/nowhere", 404, False), ("/overloaded", 503, True)])
def test_an_error_status_is_told(
    server: Server,
    policy: FetchPolicy,
    path: str,
    status: int,
    transient: bool,
) -> None:
    error = failure(server.address(path), policy)
    assert (error.code, error.status, error.transient) == (ErrorCode.HTTP_STATUS, status, transient)
    assert str(status) in str(error)
    assert server.address(path) in str(error)


@pytest.mark.parametrize(
    ("path", "code"),
    [
        ("/empty", ErrorCode.EMPTY),
        ("/breaks-off", ErrorCode.CONNECTION_FAILED),
        ("/broken-gzip", ErrorCode.CONNECTION_FAILED),
        ("/no-gzip", ErrorCode.CONNECTION_FAILED),
        ("/packed-twice", ErrorCode.CONNECTION_FAILED),
        ("/gibberish", ErrorCode.CONNECTION_FAILED),
    ],
)
def test_a_broken_answer_is_an_error(server: Server, policy: FetchPolicy, path: str, code: ErrorCode) -> None:
    error = failure(server.address(path), policy)
    assert error.code is code
    assert server.address(path) in str(error)


def test_a_server_that_is_not_there_is_an_error(server: Server, policy: FetchPolicy) -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        name = f"127.0.0.1:{unused.getsockname()[1]}"
        error = failure(f"http://{name}/", replace(policy, allow_hosts=frozenset({name})))
    assert error.code is ErrorCode.CONNECTION_FAILED
