"""The key that this installation signs with: made at first use, readable by its owner alone, and replaced by rotation.

The public keys of those replaced are kept beside it, so that what they signed can still be told from a forgery.
"""

import os
import tempfile
from collections.abc import Callable
from pathlib import Path

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
    load_pem_public_key,
)
from django.conf import settings

from claims.bundle.keys import key_id
from claims.errors import KeyUnreadable


def signing_key() -> Ed25519PrivateKey:
    """The key in ``SIGNING_KEY``, made there first where there is none. Raises ``KeyUnreadable``."""
    path: Path = settings.SIGNING_KEY
    if not path.exists():
        # Of two processes that make one at the same time, the first one's stays.
        _place(path, _private_pem(Ed25519PrivateKey.generate()), place=os.link)
    return _loaded(path)


def rotate() -> tuple[Ed25519PublicKey, Ed25519PublicKey]:
    """Sign with a new key from now on; the public keys of the old one, which is gone, and of the new one."""
    path: Path = settings.SIGNING_KEY
    old, new = signing_key().public_key(), Ed25519PrivateKey.generate()
    _place(_retired(path, old), old.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo), place=os.replace)
    _place(path, _private_pem(new), place=os.replace)
    return old, new.public_key()


def public_keys() -> list[Ed25519PublicKey]:
    """The key in use, and then those that were used before."""
    path: Path = settings.SIGNING_KEY
    found = [signing_key().public_key()]
    for old in sorted(path.parent.glob(f"{path.stem}.*.retired.pem")):
        loaded = load_pem_public_key(old.read_bytes())
        if isinstance(loaded, Ed25519PublicKey):
            found.append(loaded)
    return found


def _retired(path: Path, key: Ed25519PublicKey) -> Path:
    return path.with_name(f"{path.stem}.{key_id(key)}.retired.pem")


def _loaded(path: Path) -> Ed25519PrivateKey:
    try:
        key = load_pem_private_key(path.read_bytes(), password=None)
    except (OSError, ValueError, TypeError, UnsupportedAlgorithm) as error:
        raise KeyUnreadable(f"The signing key {path} cannot be used: {error}") from error
    if not isinstance(key, Ed25519PrivateKey):
        raise KeyUnreadable(f"The signing key {path} is no Ed25519 key.")
    return key


def _private_pem(key: Ed25519PrivateKey) -> bytes:
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


def _place(path: Path, content: bytes, *, place: Callable[[Path, Path], None]) -> None:
    """Write a file that its owner alone can read, whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")  # its mode is 0600
    temporary = Path(name)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        place(temporary, path)
    except FileExistsError:
        pass
    finally:
        temporary.unlink(missing_ok=True)
