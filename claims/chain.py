"""How an event of the ledger is hashed. Pure, so that a chain can be verified where there is no database."""

import hashlib
import json
from collections.abc import Mapping
from typing import Any

GENESIS = hashlib.sha256(b"corroborate ledger 1").hexdigest()
# What an event says; its hash covers all of it, its place and the hash before it included.
SAID = (
    "seq", "prev_hash", "recorded_at", "transaction", "actor", "verb", "object_type", "object_uid", "state", "reason",
)  # fmt: skip


def digest_of(said: Mapping[str, Any]) -> str:
    """SHA-256 over everything in :data:`SAID`."""
    return hashlib.sha256(written(said).encode()).hexdigest()


def written(said: Mapping[str, Any]) -> str:
    """Everything in :data:`SAID` as canonical JSON: sorted, without blanks."""
    covered = {name: said[name] for name in SAID}
    return json.dumps(covered, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
