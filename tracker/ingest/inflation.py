"""Undo a response's compression without being drowned by it."""

from __future__ import annotations

import zlib
from collections.abc import Iterable


class TooMuch(Exception):
    """More bytes came out than allowed."""


class Corrupt(Exception):
    """The bytes are not what the header says they are."""


# What we say that we understand. A server that sends anything else, or packs twice, is not understood.
ACCEPTED = ("gzip", "deflate")
STEP = 65_536


def inflate(chunks: Iterable[bytes], *, encoding: str, max_bytes: int) -> bytes:
    """The body behind ``chunks`` as its ``Content-Encoding`` says; raises as soon as it exceeds ``max_bytes``.

    Raises ``TooMuch`` and ``Corrupt``.
    """
    if encoding in {"", "identity"}:
        return _joined(chunks, max_bytes)
    if encoding in {"gzip", "x-gzip"}:
        return _inflated(chunks, zlib.MAX_WBITS | 16, max_bytes)
    if encoding == "deflate":
        # Half of the servers that say "deflate" leave out the wrapper that RFC 9110 asks for.
        packed = _joined(chunks, max_bytes)
        try:
            return _inflated([packed], zlib.MAX_WBITS, max_bytes)
        except Corrupt:
            return _inflated([packed], -zlib.MAX_WBITS, max_bytes)
    raise Corrupt(f"its content is encoded as {encoding!r}")


def _joined(chunks: Iterable[bytes], max_bytes: int) -> bytes:
    body = bytearray()
    for chunk in chunks:
        body += chunk
        if len(body) > max_bytes:
            raise TooMuch
    return bytes(body)


def _inflated(chunks: Iterable[bytes], window: int, max_bytes: int) -> bytes:
    body = bytearray()
    inflater = zlib.decompressobj(window)
    started = False
    try:
        for chunk in chunks:
            waiting = chunk
            while waiting:
                if inflater.eof:
                    if window < zlib.MAX_WBITS + 1:
                        break  # what follows a deflate stream is padding
                    inflater = zlib.decompressobj(window)  # gzip: members may follow one another
                started = True
                body += inflater.decompress(waiting, STEP)
                if len(body) > max_bytes:
                    raise TooMuch
                waiting = inflater.unconsumed_tail or inflater.unused_data
    except zlib.error as error:
        raise Corrupt("its compressed content is damaged") from error
    if started and not inflater.eof:
        raise Corrupt("its compressed content breaks off")
    return bytes(body)
