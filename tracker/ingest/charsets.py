"""From bytes to characters."""

from __future__ import annotations

import codecs
import re
from dataclasses import dataclass

from charset_normalizer import from_bytes

from tracker.ingest.errors import ErrorCode, IngestError

BOMS = (
    # The longer ones first: UTF-32's little-endian mark starts with UTF-16's.
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)

# Codecs that turn bytes into characters but are no charset of a document: transformations, and UTF-7 for safety.
NO_CHARSETS = frozenset({"unicode-escape", "raw-unicode-escape", "idna", "punycode", "utf-7", "undefined"})
# The Encoding Standard of the web reads these labels as windows-1252.
READ_AS_CP1252 = frozenset({"iso8859-1", "ascii"})
# Valid UTF-8 may also be these: only a declaration can tell.
SEVEN_BIT = frozenset({"iso2022_jp", "iso2022_kr", "hz"})

META_CHARSET = re.compile(rb"<meta[^>]{0,500}?charset\s*=\s*[\"']?\s*([a-zA-Z0-9_:.-]{2,40})", re.I)
XML_CHARSET = re.compile(rb"^\s*<\?xml[^>]{0,200}?encoding\s*=\s*[\"']([a-zA-Z0-9_:.-]{2,40})", re.I)
HEADER_CHARSET = re.compile(r"charset\s*=\s*[\"']?\s*([a-zA-Z0-9_:.-]{2,40})", re.I)

# Two or more bytes that are one character in UTF-8 (RFC 3629), with none of the overlong forms.
UTF8_SEQUENCE = re.compile(
    rb"[\xc2-\xdf][\x80-\xbf]|\xe0[\xa0-\xbf][\x80-\xbf]|[\xe1-\xec\xee\xef][\x80-\xbf]{2}|\xed[\x80-\x9f][\x80-\xbf]"
    rb"|\xf0[\x90-\xbf][\x80-\xbf]{2}|[\xf1-\xf3][\x80-\xbf]{3}|\xf4[\x80-\x8f][\x80-\xbf]{2}"
)
# What is in these is told by its mark or its NULs; guessed, they turn a few Latin letters into ideographs.
NEVER_GUESSED = ("utf_16", "utf_16_be", "utf_16_le", "utf_32", "utf_32_be", "utf_32_le", "utf_7")
DETECTION_SAMPLE = 200_000
UNSTORABLE = re.compile("[\x00\ud800-\udfff]")
REPLACEMENT = "\ufffd"


@dataclass(frozen=True, slots=True)
class Decoded:
    """``replaced`` is how many broken bytes stand as U+FFFD."""

    text: str
    encoding: str
    replaced: int = 0


def storable(text: str) -> str:
    """``text`` with every character that PostgreSQL cannot store (NUL, lone surrogates) as U+FFFD: same length."""
    return UNSTORABLE.sub(REPLACEMENT, text)


def declared_charset(payload: bytes, *, content_type: str) -> str | None:
    """The charset that the header names, else the page itself in its first two kilobytes."""
    header = HEADER_CHARSET.search(content_type)
    if header:
        return _known(header[1])
    head = payload[:2048]
    found = META_CHARSET.search(head) or XML_CHARSET.search(head)
    return _known(found[1].decode("ascii")) if found else None


def decode(payload: bytes, *, name: str, declared: str | None = None, lenient: bool = False) -> Decoded:
    """The characters of ``payload``, without its byte order mark.

    Byte order mark, then UTF-8, then the declared charset, then what the bytes look like. ``lenient`` accepts single
    broken bytes in UTF-8, as browsers do. Raises ``IngestError`` (bad_encoding) when none fits.
    """
    for mark, encoding in BOMS:
        if payload.startswith(mark):
            return _marked(payload[len(mark) :], encoding, name=name, lenient=lenient)
    for encoding in _candidates(payload, declared):
        text = _try(payload, encoding)
        if text is not None:
            return Decoded(text, encoding)
    valid, broken = _utf8_share(payload)
    if valid > broken:
        if lenient:
            return _replacing(payload, "utf-8")
        raise _bad(name, f"most of it is UTF-8, but {broken:,} of its bytes are not")
    detected = _detect(payload)
    if detected is None:
        raise _bad(name, "its bytes fit no character encoding")
    return detected


def _candidates(payload: bytes, declared: str | None) -> list[str]:
    encodings = ["utf-8"]
    wide = _wide_without_mark(payload)
    if declared in SEVEN_BIT:
        encodings.insert(0, declared)
    elif declared and not declared.startswith(("utf-16", "utf-32")):
        encodings.append(declared)
    if wide:
        encodings.insert(0, wide)
    return encodings


def _known(label: str) -> str | None:
    try:
        name = codecs.lookup(label).name
    except LookupError:
        return None
    if name in NO_CHARSETS or name.replace("_", "-") in NO_CHARSETS:
        return None
    return "cp1252" if name in READ_AS_CP1252 else name


def _try(payload: bytes, encoding: str) -> str | None:
    try:
        return payload.decode(encoding)
    except (UnicodeError, LookupError):  # LookupError: a codec between bytes and bytes
        return None


def _marked(payload: bytes, encoding: str, *, name: str, lenient: bool) -> Decoded:
    text = _try(payload, encoding)
    if text is not None:
        return Decoded(text, encoding)
    if lenient:
        return _replacing(payload, encoding)
    raise _bad(name, f"it starts with the mark of {encoding.upper()}, but is not {encoding.upper()} throughout")


def _replacing(payload: bytes, encoding: str) -> Decoded:
    text = payload.decode(encoding, errors="replace")
    return Decoded(text, encoding, text.count(REPLACEMENT))


def _wide_without_mark(payload: bytes) -> str | None:
    """UTF-16 in the Latin alphabet has a NUL in every other byte; no other text has."""
    sample = payload[:4096]
    if len(sample) < 4 or len(payload) % 2:
        return None
    even, odd = sample[0::2].count(0) / len(sample[0::2]), sample[1::2].count(0) / len(sample[1::2])
    if odd > 0.6 and even < 0.1:
        return "utf-16-le"
    if even > 0.6 and odd < 0.1:
        return "utf-16-be"
    return None


def _utf8_share(payload: bytes) -> tuple[int, int]:
    """How many multi-byte characters of UTF-8 there are, and how many other bytes beyond ASCII."""
    sequences = UTF8_SEQUENCE.findall(payload)
    beyond_ascii = len(payload.translate(None, delete=bytes(range(128))))
    return len(sequences), beyond_ascii - sum(map(len, sequences))


def _detect(payload: bytes) -> Decoded | None:
    matches = from_bytes(payload[:DETECTION_SAMPLE], cp_exclusion=list(NEVER_GUESSED))
    likely = [match.encoding for match in matches]
    equal = {encoding for match in matches for encoding in match.could_be_from_charset}
    if "cp1252" in equal:
        # Among code pages that make sense of these bytes, the commonest one where English is written.
        likely.insert(0, "cp1252")
    for encoding in likely:
        text = _try(payload, encoding)
        if text is not None:
            return Decoded(text, encoding)
    return None


def _bad(name: str, what: str) -> IngestError:
    return IngestError(
        ErrorCode.BAD_ENCODING, f"{name} cannot be decoded: {what}. Save it again as UTF-8, or get a fresh copy."
    )
