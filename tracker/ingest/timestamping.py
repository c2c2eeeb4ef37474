"""Asking a time-stamp authority (RFC 3161), and checking what it says."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256

import httpcore
import httpx
from asn1crypto.cms import CertificateSet
from asn1crypto.tsp import TimeStampResp
from cryptography.x509 import Certificate, load_pem_x509_certificates
from rfc3161_client import (
    HashAlgorithm,
    TimestampRequestBuilder,
    VerificationError,
    VerifierBuilder,
    decode_timestamp_response,
)

from tracker.ingest.addresses import Resolver, host_and_port, parse_address, system_resolver
from tracker.ingest.errors import ErrorCode, IngestError, shown
from tracker.ingest.fetching import FetchPolicy
from tracker.ingest.network import Deadline, GuardedBackend

QUERY, REPLY = "application/timestamp-query", "application/timestamp-reply"
LARGEST = 64 * 1024  # bytes of an answer, certificates included


class BadToken(Exception):
    """A token that does not vouch for what it should; the message says why."""


@dataclass(frozen=True, slots=True)
class Token:
    """An authority's answer, checked, and the moment that it vouches for."""

    response: bytes
    stamped_at: datetime


def read_roots(pem: bytes) -> list[Certificate]:
    """The certificates in a PEM file, at least one. Raises ``ValueError``."""
    return load_pem_x509_certificates(pem)


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


def check_token(response: bytes, message: bytes, *, roots: Sequence[Certificate], nonce: int | None = None) -> datetime:
    """The moment that an authority's answer vouches for. Raises ``BadToken`` where it does not vouch for ``message``.

    Its signature must lead to one of the roots, by certificates that were valid at that moment.
    """
    try:
        decoded = decode_timestamp_response(_in_order(response))
        verifier = VerifierBuilder(roots=list(roots), nonce=nonce).build()
        verifier.verify(decoded, sha256(message).digest())
    except (VerificationError, ValueError) as error:
        raise BadToken(shown(error)) from error
    return decoded.tst_info.gen_time


def _in_order(response: bytes) -> bytes:
    """The answer with its certificates in the order that DER asks for; OpenSSL's authorities send them in another.

    No signature covers their order, and what is kept is what was sent. Raises ``ValueError``.
    """
    try:
        decoded = TimeStampResp.load(response, strict=True)
        content = decoded["time_stamp_token"]["content"]
        certificates = list(content["certificates"])
        if len(certificates) < 2:
            return response
        content["certificates"] = CertificateSet(sorted(certificates, key=lambda one: bytes(one.dump())))
        return bytes(decoded.dump())
    except (KeyError, TypeError, AttributeError) as error:
        raise ValueError(f"no token in the answer ({error})") from error


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
