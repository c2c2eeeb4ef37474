"""XML from outside is data, never instructions: no entities, no other documents, no more markup than a list needs."""

from __future__ import annotations

import re
from typing import Any

from lxml import etree  # type: ignore[import-untyped]

from tracker.ingest.errors import ErrorCode, IngestError, shown

MOST_TAGS = 600_000
XINCLUDE = b"http://www.w3.org/2001/XInclude"
BLANK = b" \t\r\n\x0b\x0c"
START = re.compile(rb"<(?:[A-Za-z_][\w.\-]*:)?([A-Za-z_][\w.\-]*)")
MARKS = (b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff")


def narrowed(payload: bytes) -> bytes:
    """The bytes without byte order marks and NULs, so that markup looks the same in UTF-8, UTF-16 and UTF-32."""
    for mark in MARKS:
        payload = payload.removeprefix(mark)
    return payload.replace(b"\x00", b"")


def refuse_unsafe(payload: bytes, *, name: str) -> str:
    """The local name of the first element, lower case; empty where there is no element.

    Raises ``IngestError``: unsafe_xml where the document declares entities or includes others, too_large where it is
    nothing but markup. ``name`` is how messages call it.
    """
    markup = narrowed(payload)
    if markup.count(b"<") > MOST_TAGS:
        raise IngestError(ErrorCode.TOO_LARGE, f"{name} has more than {MOST_TAGS:,} tags, more than any feed needs.")
    prolog, root = _prolog(markup)
    if b"<!entity" in prolog.lower():
        raise IngestError(
            ErrorCode.UNSAFE_XML,
            f"{name} declares entities of its own, by which a small document can grow without end or take in files. "
            "It is not read; tell whoever publishes it.",
        )
    if XINCLUDE in markup:
        raise IngestError(
            ErrorCode.UNSAFE_XML,
            f"{name} includes other documents (XInclude). Nothing is included; tell whoever publishes it.",
        )
    return root


def _prolog(markup: bytes) -> tuple[bytes, str]:
    """What stands before the first element, without comments, and the local name of that element."""
    at = 0
    kept: list[bytes] = []
    while True:
        opening = markup.find(b"<", at)
        if opening < 0:
            return b"".join(kept), ""
        kept.append(markup[at:opening])
        if markup.startswith(b"<!--", opening):
            at = _after(markup, b"-->", opening + 4)
        elif markup.startswith(b"<?", opening):
            at = _after(markup, b"?>", opening + 2)
        elif markup.startswith(b"<!", opening):
            # A document type may hold declarations in brackets; each is looked at by itself.
            end = min(_after(markup, b">", opening), _after(markup, b"[", opening))
            kept.append(markup[opening:end])
            at = end
        else:
            found = START.match(markup, opening)
            if found:
                return b"".join(kept), found[1].decode("ascii").lower()
            at = opening + 1


def _after(markup: bytes, what: bytes, start: int) -> int:
    found = markup.find(what, start)
    return len(markup) if found < 0 else found + len(what)


def parse_xml(payload: bytes, *, name: str) -> Any:
    """The root element of a document that :func:`refuse_unsafe` let pass; what is not well formed is mended.

    Raises ``IngestError``: not_a_feed.
    """
    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, load_dtd=False, dtd_validation=False, huge_tree=False, recover=True,
        remove_comments=True, remove_pis=True,
    )  # fmt: skip
    try:
        root = etree.fromstring(payload, parser)
    except (etree.LxmlError, ValueError) as error:
        raise IngestError(ErrorCode.NOT_A_FEED, f"{name} is not well-formed XML ({shown(error)}).") from error
    if root is None:
        raise IngestError(ErrorCode.NOT_A_FEED, f"{name} is not XML. Check the address in a browser.")
    return root


def local_name(element: Any) -> str:
    """An element's name without its namespace, lower case; also of a prefix that nothing declares."""
    return element.tag.rpartition("}")[2].rpartition(":")[2].lower() if isinstance(element.tag, str) else ""


def children(element: Any, name: str) -> list[Any]:
    """The child elements of this local name, whatever their namespace."""
    return [child for child in element if local_name(child) == name]


def child_text(element: Any, *path: str) -> str:
    """The text of the first element along this path of local names; empty where there is none."""
    for name in path:
        found = children(element, name)
        if not found:
            return ""
        element = found[0]
    return str(element.text or "").strip()
