"""Asking a time-stamp authority (RFC 3161)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import httpcore
import httpx
from cryptography.x509 import Certificate
from rfc3161_client import HashAlgorithm, TimestampRequestBuilder

from claims.bundle.tokens import check_token
from tracker.ingest.addresses import Resolver, host_and_port, parse_address, system_resolver
from tracker.ingest.errors import ErrorCode, IngestError, shown
from tracker.ingest.fetching import FetchPolicy
from tracker.ingest.network import Deadline, GuardedBackend

QUERY, REPLY = "application/timestamp-query", "application/timestamp-reply"
LARGEST = 64 * 1024  # bytes of an answer, certificates included


@dataclass(frozen=True, slots=True)
class Token:
    """An authority's answer, checked, and the moment that it vouches for."""

    response: bytes
    stamped_at: datetime


def ask_for_token(
    authority: str,
    message: bytes,
    *,
    roots: Sequence[Certificate],
    policy: FetchPolicy,
    resolve: Resolver = system_resolver,
) -> Token:
    """A token over ``message``, from the authority at this address, checked before it is believed.

    The request goes where any fetch may go, and nowhere else; a redirect is not followed. Raises ``IngestError``
    (invalid_address, refused_address, connection_failed, timed_out, http_status, too_large) and ``BadToken``.
    """
    request = TimestampRequestBuilder().data(message).hash_algorithm(HashAlgorithm.SHA256).build()
    answer = _post(parse_address(authority), request.as_bytes(), policy=policy, resolve=resolve)
    return Token(answer, check_token(answer, message, roots=roots, nonce=request.nonce))


def _post(target: httpx.URL, query: bytes, *, policy: FetchPolicy, resolve: Resolver) -> bytes:
    name = shown(target)
    backend = GuardedBackend(allow_hosts=policy.allow_hosts, deadline=Deadline(policy.timeout), resolve=resolve)
    host, port = host_and_port(target)
    headers: dict[bytes | str, bytes | str] = {
        "Host": target.netloc.decode("ascii"), "User-Agent": policy.user_agent, "Content-Type": QUERY, "Accept": REPLY,
        "Content-Length": str(len(query)),
    }  # fmt: skip
    url = httpcore.URL(scheme=target.raw_scheme, host=host, port=port, target=target.raw_path)
    context = httpx.create_ssl_context(trust_env=False)
    try:
        with (
            httpcore.ConnectionPool(ssl_context=context, network_backend=backend) as pool,
            pool.stream("POST", url, headers=headers, content=query) as response,
        ):
            if response.status != 200:
                raise IngestError(ErrorCode.HTTP_STATUS, f"{name} answered {response.status}.", status=response.status)
            answer = b""
            for piece in response.iter_stream():
                answer += piece
                if len(answer) > LARGEST:
                    raise IngestError(ErrorCode.TOO_LARGE, f"{name} sends more than {LARGEST:,} bytes, no time stamp.")
            return answer
    except httpcore.TimeoutException as error:
        raise IngestError(ErrorCode.TIMED_OUT, f"{name} did not answer within {policy.timeout:g} seconds.") from error
    except (httpcore.NetworkError, httpcore.ProtocolError) as error:
        reason = shown(error) or type(error).__name__
        raise IngestError(ErrorCode.CONNECTION_FAILED, f"The connection to {name} failed ({reason}).") from error
