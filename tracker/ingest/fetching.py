"""Fetch one address: politely, guardedly, within limits."""

from __future__ import annotations

import email.utils
import ssl
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache

import httpcore
import httpx

from tracker.ingest.addresses import DEFAULT_PORTS, Resolver, host_and_port, parse_address, system_resolver
from tracker.ingest.errors import ErrorCode, IngestError, shown
from tracker.ingest.fetched import DEFAULT_MAX_BYTES, NOT_MODIFIED, Fetched, Headers
from tracker.ingest.inflation import ACCEPTED, Corrupt, TooMuch, inflate
from tracker.ingest.network import Deadline, GuardedBackend

ACCEPT = "text/html,application/xhtml+xml,text/plain;q=0.9,text/markdown;q=0.9,*/*;q=0.1"
REDIRECTS = frozenset({301, 302, 303, 307, 308})
FOR_GOOD = frozenset({301, 308})
# h11, which reads the protocol, gives up on a header longer than 100 kB and says so by this status (RFC 6585).
HEADER_TOO_LARGE = 431
MOST_HEADERS = 200
LONGEST_RETRY_AFTER = 30 * 24 * 3600.0


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


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is asked for besides the address.

    ``accept`` are the content types, best first. With ``etag`` or ``last_modified`` of an earlier answer the server may
    say that nothing changed. ``allowed`` is asked before each request, redirects included, and raises ``IngestError``
    where there must be none.
    """

    accept: str = ACCEPT
    etag: str = ""
    last_modified: str = ""
    allowed: Callable[[str], None] = lambda _address: None

    @property
    def conditional(self) -> bool:
        """Whether the server may answer that nothing changed."""
        return bool(self.etag or self.last_modified)


ANYTHING = Wanted()


def fetch(url: str, *, policy: FetchPolicy, resolve: Resolver = system_resolver, wanted: Wanted = ANYTHING) -> Fetched:
    """What the server answers, after redirects. No cookies, no proxies, no passwords from the environment.

    Raises ``IngestError``: invalid_address, refused_address, connection_failed, timed_out, too_many_redirects,
    http_status, too_large, empty; and what ``wanted.allowed`` raises.
    """
    target = parse_address(url)
    deadline = Deadline(policy.timeout)
    backend = GuardedBackend(allow_hosts=policy.allow_hosts, deadline=deadline, resolve=resolve)
    redirects: list[str] = []
    moved_to, moving = "", True
    with httpcore.ConnectionPool(ssl_context=ssl_context(), network_backend=backend) as pool:
        while True:
            wanted.allowed(str(target))
            answer = _ask(pool, target, policy, wanted)
            if isinstance(answer, _Body):
                break
            redirects.append(str(target))
            if len(redirects) > policy.max_redirects:
                raise IngestError(
                    ErrorCode.TOO_MANY_REDIRECTS,
                    f"{shown(url)} was redirected more than {policy.max_redirects} times. Find the page's own address.",
                )
            target = parse_address(str(answer.target))
            # Only an unbroken chain of such answers says where the address itself has gone.
            moving = moving and answer.for_good
            moved_to = str(target) if moving else moved_to
    return Fetched(
        address=url.strip(),
        final_address=str(target),
        payload=answer.payload,
        content_type={name.lower(): value for name, value in answer.headers}.get("content-type", ""),
        fetched_at=datetime.now(UTC),
        status=answer.status,
        reason=answer.reason,
        headers=answer.headers,
        request_headers=_request_headers(target, policy, wanted),
        redirects=tuple(redirects),
        peer=backend.peer,
        moved_to=moved_to,
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
    for_good: bool


def _ask(pool: httpcore.ConnectionPool, target: httpx.URL, policy: FetchPolicy, wanted: Wanted) -> _Body | _Redirect:
    """One request and what came of it; every failure of network and protocol becomes an ``IngestError``."""
    name = shown(target)
    try:
        with pool.stream("GET", core_url(target), headers=list(_request_headers(target, policy, wanted))) as response:
            return _answer(response, target, policy, wanted)
    except httpcore.TimeoutException as error:
        raise IngestError(
            ErrorCode.TIMED_OUT, f"{name} did not answer completely within {policy.timeout:g} seconds. Try again later."
        ) from error
    except (httpcore.NetworkError, httpcore.ProtocolError, httpcore.UnsupportedProtocol) as error:
        # The pool of connections raises again without its cause; the context is still there.
        if getattr(error.__cause__ or error.__context__, "error_status_hint", None) == HEADER_TOO_LARGE:
            raise _header_too_large(name) from error
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


def _answer(response: httpcore.Response, target: httpx.URL, policy: FetchPolicy, wanted: Wanted) -> _Body | _Redirect:
    name = shown(target)
    if len(response.headers) > MOST_HEADERS:
        raise _header_too_large(name)
    headers = tuple((key.decode("latin-1"), value.decode("latin-1")) for key, value in response.headers)
    fields = {key.lower(): value for key, value in headers}
    reason = bytes(response.extensions.get("reason_phrase", b"")).decode("latin-1")
    if response.status in REDIRECTS and fields.get("location"):
        return _Redirect(_join(target, fields["location"]), for_good=response.status in FOR_GOOD)
    if response.status == NOT_MODIFIED and wanted.conditional:
        return _Body(response.status, reason, headers, b"")
    if not 200 <= response.status < 300:
        raise IngestError(
            ErrorCode.HTTP_STATUS,
            f"{name} answered {response.status} {shown(reason)}".rstrip() + ". Check the address in a browser.",
            status=response.status,
            retry_after=_retry_after(fields.get("retry-after", "")),
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


def _retry_after(said: str) -> float | None:
    """Seconds from now, of a ``Retry-After`` that gives them or a date; ``None`` where it gives neither."""
    said = said.strip()
    if said.isascii() and said.isdigit() and len(said) < 12:
        return min(float(said), LONGEST_RETRY_AFTER)
    try:
        at = email.utils.parsedate_to_datetime(said)
    except (TypeError, ValueError):
        return None
    at = at if at.tzinfo else at.replace(tzinfo=UTC)
    return min(max((at - datetime.now(UTC)).total_seconds(), 0.0), LONGEST_RETRY_AFTER)


def _request_headers(target: httpx.URL, policy: FetchPolicy, wanted: Wanted) -> Headers:
    host, port = host_and_port(target)
    bracketed = f"[{host}]" if ":" in host else host
    return (
        ("Host", bracketed if port == DEFAULT_PORTS[target.scheme] else f"{bracketed}:{port}"),
        ("User-Agent", policy.user_agent),
        ("Accept", wanted.accept),
        ("Accept-Language", "en"),
        ("Accept-Encoding", ", ".join(ACCEPTED)),
        *((("If-None-Match", wanted.etag),) if wanted.etag else ()),
        *((("If-Modified-Since", wanted.last_modified),) if wanted.last_modified else ()),
    )


def core_url(target: httpx.URL) -> httpcore.URL:
    """The address as the transport takes it."""
    return httpcore.URL(
        scheme=target.raw_scheme, host=target.raw_host, port=host_and_port(target)[1], target=target.raw_path
    )


def _too_large(name: str, policy: FetchPolicy) -> IngestError:
    return IngestError(
        ErrorCode.TOO_LARGE, f"{name} sends more than {policy.max_bytes:,} bytes, the most that is taken in."
    )


def _header_too_large(name: str) -> IngestError:
    return IngestError(
        ErrorCode.TOO_LARGE,
        f"{name} sends a header that is longer than any page needs. Check the address in a browser.",
    )


@cache
def ssl_context() -> ssl.SSLContext:
    """What certificates are checked against: the packaged authorities, whatever the environment says."""
    return httpx.create_ssl_context(trust_env=False)
