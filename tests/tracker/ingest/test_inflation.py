"""Compressed bodies are unpacked no further than allowed."""

from __future__ import annotations

import gzip
import tracemalloc
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tracker.ingest.inflation import Corrupt, TooMuch, inflate


def pieces(packed: bytes, size: int) -> list[bytes]:
    return [packed[start : start + size] for start in range(0, len(packed), size)]


@given(body=st.binary(max_size=2_000), size=st.integers(1, 50))
def test_any_body_in_any_pieces_comes_back(body: bytes, size: int) -> None:
    for packed, encoding in (
        (gzip.compress(body), "gzip"),
        (zlib.compress(body), "deflate"),
        (body, ""),
        (body, "identity"),
    ):
        assert inflate(pieces(packed, size), encoding=encoding, max_bytes=2_000) == body


def test_members_of_a_gzip_body_follow_one_another() -> None:
    assert inflate([gzip.compress(b"one ") + gzip.compress(b"two")], encoding="gzip", max_bytes=100) == b"one two"


@pytest.mark.parametrize(("packed", "encoding"), [(gzip.compress(bytes(101), mtime=0), "gzip"), (bytes(101), "")])
def test_one_byte_too_much_is_too_much(packed: bytes, encoding: str) -> None:
    assert len(inflate([packed], encoding=encoding, max_bytes=101)) == 101
    with pytest.raises(TooMuch):
        inflate([packed], encoding=encoding, max_bytes=100)


def test_a_bomb_takes_no_more_memory_than_allowed() -> None:
    bomb = gzip.compress(bytes(50_000_000))
    tracemalloc.start()
    try:
        with pytest.raises(TooMuch):
            inflate([bomb], encoding="gzip", max_bytes=100_000)
        assert tracemalloc.get_traced_memory()[1] < 2_000_000
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize(
    ("packed", "encoding"),
    [
        (gzip.compress(b"He said so.", mtime=0)[:-1], "gzip"),
        (b"He said so.", "gzip"),
        (b"He said so.", "deflate"),
        (b"He said so.", "br"),
        (b"He said so.", "gzip, gzip"),
    ],
)
def test_what_is_not_packed_as_it_says_is_corrupt(packed: bytes, encoding: str) -> None:
    with pytest.raises(Corrupt):
        inflate([packed], encoding=encoding, max_bytes=1_000)


@given(packed=st.binary(max_size=200))
def test_any_bytes_are_unpacked_or_refused(packed: bytes) -> None:
    for encoding in ("gzip", "deflate"):
        try:
            inflate([packed], encoding=encoding, max_bytes=10_000)
        except (Corrupt, TooMuch):
            continue
