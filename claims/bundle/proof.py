"""The Merkle tree (:mod:`claims.merkle`) over the hashes of the whole ledger, and what proves some of its leaves.

A bundle tells the events of one dossier and no others. For the rest it has the root of each largest subtree without any
of its own: from these and from its own events, whose hashes follow from what they say, the root of the whole follows.
So the proof grows with the events told, and with the logarithm of the ledger.
"""

from bisect import bisect_left
from collections.abc import Iterator, Mapping, Sequence
from itertools import islice

from claims import merkle

Range = tuple[int, int]
EMPTY = merkle.root([]).hex()


def prove(hashes: Iterator[str], size: int, told: Sequence[int]) -> tuple[str, list[tuple[int, int, str]]]:
    """The root, and the subtrees that hold none of the events ``told``: first and last place, and root.

    ``hashes`` are those of all ``size`` events in their order, read once; ``told`` are places from 1 on, in order.
    """
    others: list[tuple[int, int, str]] = []

    def root_of(low: int, high: int) -> bytes:
        if bisect_left(told, low + 1) == bisect_left(told, high + 1):
            found = merkle.root(map(bytes.fromhex, islice(hashes, high - low)))
            others.append((low + 1, high, found.hex()))
            return found
        if high - low == 1:
            return merkle.leaf_hash(bytes.fromhex(next(hashes)))
        middle = low + _split(high - low)
        return merkle.node_hash(root_of(low, middle), root_of(middle, high))

    return (root_of(0, size).hex() if size else EMPTY), others


def root_from(size: int, told: Mapping[int, str], others: Mapping[Range, str]) -> str:
    """The root that follows from the hashes of the events told, by place, and the roots of the others, by their range.

    Raises ``ValueError`` naming a place about which nothing is said.
    """
    places = sorted(told)

    def root_of(low: int, high: int) -> bytes:
        if bisect_left(places, low + 1) == bisect_left(places, high + 1):
            if (low + 1, high) not in others:
                raise ValueError(f"nothing proves events {low + 1} to {high}")
            return bytes.fromhex(others[low + 1, high])
        if high - low == 1:
            return merkle.leaf_hash(bytes.fromhex(told[high]))
        middle = low + _split(high - low)
        return merkle.node_hash(root_of(low, middle), root_of(middle, high))

    return root_of(0, size).hex() if size else EMPTY


def _split(size: int) -> int:
    """The largest power of two below a size above 1."""
    return 1 << ((size - 1).bit_length() - 1)
