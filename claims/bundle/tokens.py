"""What a time-stamp authority's answer vouches for (RFC 3161), checked where there is no database and no network."""

from collections.abc import Sequence
from datetime import datetime
from hashlib import sha256

from asn1crypto.cms import CertificateSet
from asn1crypto.tsp import TimeStampResp
from cryptography.x509 import Certificate, load_pem_x509_certificates
from rfc3161_client import VerificationError, VerifierBuilder, decode_timestamp_response

LONGEST_REASON = 300


class BadToken(Exception):
    """A token that does not vouch for what it should; the message says why."""


def read_roots(pem: bytes) -> list[Certificate]:
    """The certificates in a PEM file, at least one. Raises ``ValueError``."""
    return load_pem_x509_certificates(pem)


def check_token(response: bytes, message: bytes, *, roots: Sequence[Certificate], nonce: int | None = None) -> datetime:
    """The moment that an authority's answer vouches for. Raises ``BadToken`` where it does not vouch for ``message``.

    Its signature must lead to one of the roots, by certificates that were valid at that moment.
    """
    try:
        decoded = decode_timestamp_response(_in_order(response))
        verifier = VerifierBuilder(roots=list(roots), nonce=nonce).build()
        verifier.verify(decoded, sha256(message).digest())
    except (VerificationError, ValueError) as error:
        raise BadToken(" ".join(str(error).split())[:LONGEST_REASON]) from error
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
