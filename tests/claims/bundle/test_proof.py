"""The tree is that of RFC 6962, and what proves some leaves leads to the same root as all of them do."""

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from claims.bundle import proof


def hashes(size: int) -> list[str]:
    return [hashlib.sha256(str(n).encode()).hexdigest() for n in range(1, size + 1)]


def by_the_book(leaves: list[str]) -> bytes:
    """MTH of RFC 6962, section 2.1.1, word by word."""
    if not leaves:
        return hashlib.sha256().digest()
    if len(leaves) == 1:
        return hashlib.sha256(b"\x00" + bytes.fromhex(leaves[0])).digest()
    k = 1
    while k * 2 < len(leaves):
        k *= 2
    return hashlib.sha256(b"\x01" + by_the_book(leaves[:k]) + by_the_book(leaves[k:])).digest()


@st.composite
def trees(draw):
    size = draw(st.integers(1, 200))
    told = draw(st.sets(st.integers(1, size), max_size=20))
    return size, sorted(told)


@given(trees())
def test_the_root_is_that_of_the_standard_and_follows_from_what_is_told(tree):
    size, told = tree
    leaves = hashes(size)
    root, others = proof.prove(iter(leaves), size, told)
    assert root == by_the_book(leaves).hex()
    ranges = {(first, last): found for first, last, found in others}
    assert proof.root_from(size, {place: leaves[place - 1] for place in told}, ranges) == root
    covered = [place for first, last in ranges for place in range(first, last + 1)]
    assert sorted([*covered, *told]) == list(range(1, size + 1))


@given(trees(), st.data())
def test_another_event_or_another_place_leads_to_another_root(tree, data):
    size, told = tree
    leaves = hashes(size)
    root, others = proof.prove(iter(leaves), size, told)
    ranges = {(first, last): found for first, last, found in others}
    if told:
        forged = {place: leaves[place - 1] for place in told}
        forged[data.draw(st.sampled_from(told))] = hashlib.sha256(b"forged").hexdigest()
        assert proof.root_from(size, forged, ranges) != root


def test_an_empty_ledger_has_the_root_of_nothing():
    assert proof.prove(iter([]), 0, []) == (proof.EMPTY, [])
    assert proof.root_from(0, {}, {}) == proof.EMPTY


def test_a_proof_grows_with_the_logarithm_of_the_ledger():
    _, others = proof.prove(iter(hashes(10_000)), 10_000, [5_000])
    assert len(others) <= 14


def test_a_place_that_nothing_proves_is_named():
    with pytest.raises(ValueError, match="events 3 to 4"):
        proof.root_from(4, {1: hashes(1)[0], 2: hashes(2)[1]}, {})
