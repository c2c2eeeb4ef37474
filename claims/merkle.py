"""Merkle trees as RFC 6962 builds them: one hash over many, and a short proof that one of them is among them.

Pure, and small enough to be written again by whoever checks a proof: a leaf is hashed with a zero byte before it, two
nodes with a one byte before them, and a tree of n leaves is split at the largest power of two below n.
"""

import hashlib
from collections.abc import Iterable, Sequence


def leaf_hash(leaf: bytes) -> bytes:
    """The hash of one leaf."""
    return hashlib.sha256(b"\x00" + leaf).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """The hash of a node over two others."""
    return hashlib.sha256(b"\x01" + left + right).digest()


def root(leaves: Iterable[bytes]) -> bytes:
    """The one hash over all leaves, in their order; holds as many hashes at a time as the tree has levels."""
    waiting: list[tuple[int, bytes]] = []  # whole subtrees, the largest first, by their height
    for leaf in leaves:
        height, digest = 0, leaf_hash(leaf)
        while waiting and waiting[-1][0] == height:
            digest = node_hash(waiting.pop()[1], digest)
            height += 1
        waiting.append((height, digest))
    if not waiting:
        return hashlib.sha256().digest()
    digest = waiting.pop()[1]
    while waiting:
        digest = node_hash(waiting.pop()[1], digest)
    return digest


def path(leaves: Sequence[bytes], index: int) -> list[tuple[str, bytes]]:
    """What to hash a leaf with to come to the root: from the bottom up, each on its ``left`` or ``right``."""
    steps: list[tuple[str, bytes]] = []
    start, end = 0, len(leaves)
    while end - start > 1:
        split = start + (1 << (end - start - 1).bit_length() - 1)
        if index < split:
            steps.append(("right", root(leaves[split:end])))
            end = split
        else:
            steps.append(("left", root(leaves[start:split])))
            start = split
    return steps[::-1]


def climbed(leaf: bytes, steps: Iterable[tuple[str, bytes]]) -> bytes:
    """The root to which a path leads from a leaf."""
    digest = leaf_hash(leaf)
    for side, other in steps:
        digest = node_hash(other, digest) if side == "left" else node_hash(digest, other)
    return digest
