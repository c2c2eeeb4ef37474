"""Public keys: how they are named, written and read."""

import base64
import binascii
import hashlib
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_pem_public_key

ALGORITHM = "Ed25519"


def raw(key: Ed25519PublicKey) -> bytes:
    """The key's 32 bytes."""
    return key.public_bytes(Encoding.Raw, PublicFormat.Raw)


def encoded(key: Ed25519PublicKey) -> str:
    """The key in one line: Base64 of its bytes."""
    return base64.b64encode(raw(key)).decode()


def key_id(key: Ed25519PublicKey) -> str:
    """The short name of a key: 16 hexadecimal digits of the SHA-256 of its bytes."""
    return hashlib.sha256(raw(key)).hexdigest()[:16]


def read(given: str) -> Ed25519PublicKey:
    """The key in a PEM file, or given as Base64. Raises ``ValueError`` where it is neither."""
    if Path(given).is_file():
        found = load_pem_public_key(Path(given).read_bytes())
        if not isinstance(found, Ed25519PublicKey):
            raise ValueError(f"{given} holds no Ed25519 key")
        return found
    try:
        return Ed25519PublicKey.from_public_bytes(base64.b64decode(given, validate=True))
    except (binascii.Error, ValueError) as error:
        raise ValueError(f"{given!r} is neither a PEM file nor the Base64 of an Ed25519 key") from error
