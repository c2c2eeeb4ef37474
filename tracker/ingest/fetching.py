"""Fetch one address: politely, guardedly, within limits."""

from __future__ import annotations

import ssl
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache

import httpcore
import httpx

from tracker.ingest.addresses import DEFAULT_PORTS, Resolver, host_and_port, parse_address, system_resolver
from tracker.ingest.errors import ErrorCode, IngestError, shown
from tracker.ingest.fetched import DEFAULT_MAX_BYTES, Fetched, Headers
from tracker.ingest.inflation import ACCEPTED, Corrupt, TooMuch, inflate
from tracker.ingest.network import Deadline, GuardedBackend

ACCEPT = "text/html,application/xhtml+xml,text/plain;q=0.9,text/markdown;q=0.9,*/*;q=0.1"
REDIRECTS = frozenset({301, 302, 303, 307, 308})


@dataclass(frozen=True, slots=True)
class FetchPolicy:
    """What a fetch may do.

    ``user_agent`` names the product and a way to reach whoever runs it. ``allow_hosts`` are servers (``host:port``)
    that may be fetched though they are not on the public internet. ``timeout`` is in seconds and for everything:
    look-ups, redirects and body together. ``max_bytes`` holds for the body as sent and for what it unpacks to.
    """

    user_agent: str
    allow_hosts: frozenset[str] = frozenset()
    max_bytes: int = DEFAULT_MAX_BYTES
    timeout: float = 30.0
    max_redirects: int = 5


def fetch(url: str, *, policy: FetchPolicy, resolve: Resolver = system_resolver) -> Fetched:
    """What the server answers, after redirects. No cookies, no proxies, no passwords from the environment.

    Raises ``IngestError``: invalid_address, refused_address, connection_failed, timed_out, too_many_redirects,
    http_status, too_large, empty.
    """
    target = parse_address(url)
    deadline = Deadline(policy.timeout)
    backend = GuardedBackend(allow_hosts=policy.allow_hosts, deadline=deadline, resolve=resolve)
    redirects: list[str] = []
    with httpcore.ConnectionPool(ssl_context=_ssl_context(), network_backend=backend) as pool:
        while True:
            answer = _ask(pool, target, policy)
            if isinstance(answer, _Body):
                break
            redirects.append(str(target))
            if len(redirects) > policy.max_redirects:
                raise IngestError(
                    ErrorCode.TOO_MANY_REDIRECTS,
                    f"{shown(url)} was redirected more than {policy.max_redirects} times. Find the page's own address.",
                )
            target = parse_address(str(answer.target))
    return Fetched(
        address=url.strip(),
        final_address=str(target),
        payload=answer.payload,
        content_type={name.lower(): value for name, value in answer.headers}.get("content-type", ""),
        fetched_at=datetime.now(UTC),
        status=answer.status,
        reason=answer.reason,
        headers=answer.headers,
        request_headers=_request_headers(target, policy),
        redirects=tuple(redirects),
        peer=backend.peer,
    )


@dataclass(frozen=True, slots=True)
class _Body:
    status: int
    reason: str
    headers: Headers
    payload: bytes


@dataclass(frozen=True, slots=True)
class _Redirect:
    target: httpx.URL


def _ask(pool: httpcore.ConnectionPool, target: httpx.URL, policy: FetchPolicy) -> _Body | _Redirect:
    """One request and what came of it; every failure of network and protocol becomes an ``IngestError``."""
    name = shown(target)
    try:
        with pool.stream("GET", _core_url(target), headers=list(_request_headers(target, policy))) as response:
            return _answer(response, target, policy)
    except httpcore.TimeoutException as error:
        raise IngestError(
            ErrorCode.TIMED_OUT, f"{name} did not answer completely within {policy.timeout:g} seconds. Try again later."
        ) from error
    except (httpcore.NetworkError, httpcore.ProtocolError, httpcore.UnsupportedProtocol) as error:
        reason = shown(error) or type(error).__name__
        raise IngestError(
            ErrorCode.CONNECTION_FAILED, f"The connection to {name} failed ({reason}). Check it, or try again later."
        ) from error
    except Corrupt as error:
        raise IngestError(
            ErrorCode.CONNECTION_FAILED, f"The answer of {name} cannot be unpacked: {error}. Try again later."
        ) from error
    except TooMuch as error:
        raise _too_large(name, policy) from error


def _answer(response: httpcore.Response, target: httpx.URL, policy: FetchPolicy) -> _Body | _Redirect:
    name = shown(target)
    headers = tuple((key.decode("latin-1"), value.decode("latin-1")) for key, value in response.headers)
    fields = {key.lower(): value for key, value in headers}
    reason = bytes(response.extensions.get("reason_phrase", b"")).decode("latin-1")
    if response.status in REDIRECTS and fields.get("location"):
        return _Redirect(_join(target, fields["location"]))
    if not 200 <= response.status < 300:
        raise IngestError(
            ErrorCode.HTTP_STATUS,
            f"{name} answered {response.status} {shown(reason)}".rstrip() + ". Check the address in a browser.",
            status=response.status,
        )
    length = fields.get("content-length", "")
    if length.isdecimal() and len(length) < 20 and int(length) > policy.max_bytes:
        raise _too_large(name, policy)
    payload = inflate(
        _limited(response.iter_stream(), policy.max_bytes),
        encoding=fields.get("content-encoding", "").strip().lower(),
        max_bytes=policy.max_bytes,
    )
    if not payload:
        raise IngestError(ErrorCode.EMPTY, f"{name} answered without a body. Check the address in a browser.")
    return _Body(response.status, reason, headers, payload)


def _limited(chunks: Iterator[bytes], max_bytes: int) -> Iterator[bytes]:
    """Packed bytes count too: a stream that unpacks to nothing could otherwise go on for ever."""
    total = 0
    for chunk in chunks:
        total += len(chunk)
        if total > max_bytes:
            raise TooMuch
        yield chunk


def _join(base: httpx.URL, location: str) -> httpx.URL:
    try:
        # Servers that send more than ASCII here mean UTF-8.
        return base.join(location.encode("latin-1").decode("utf-8", errors="replace"))
    except (httpx.InvalidURL, ValueError) as error:
        raise IngestError(
            ErrorCode.INVALID_ADDRESS, f"{shown(base)} redirects to {shown(location)}, which is not an address."
        ) from error


def _request_headers(target: httpx.URL, policy: FetchPolicy) -> Headers:
    host, port = host_and_port(target)
    bracketed = f"[{host}]" if ":" in host else host
    return (
        ("Host", bracketed if port == DEFAULT_PORTS[target.scheme] else f"{bracketed}:{port}"),
        ("User-Agent", policy.user_agent),
        ("Accept", ACCEPT),
        ("Accept-Language", "en"),
        ("Accept-Encoding", ", ".join(ACCEPTED)),
    )


def _core_url(target: httpx.URL) -> httpcore.URL:
    return httpcore.URL(
        scheme=target.raw_scheme, host=target.raw_host, port=host_and_port(target)[1], target=target.raw_path
    )


def _too_large(name: str, policy: FetchPolicy) -> IngestError:
    return IngestError(
        ErrorCode.TOO_LARGE, f"{name} sends more than {policy.max_bytes:,} bytes, the most that is taken in."
    )


@cache
def _ssl_context() -> ssl.SSLContext:
    return httpx.create_ssl_context(trust_env=False)
