"""Tell from the bytes themselves what a document is; names and headers are often wrong."""

from __future__ import annotations

import codecs
import re

# The first bytes of formats that people try to feed in, as their specifications give them. Each holds a byte or a
# sequence that no text starts with.
SIGNATURES: tuple[tuple[re.Pattern[bytes], str], ...] = tuple(
    (re.compile(pattern, re.S), name)
    for pattern, name in (
        (rb"\x89PNG\r\n\x1a\n", "a PNG image"),
        (rb"\xff\xd8\xff", "a JPEG image"),
        (rb"GIF8[79]a", "a GIF image"),
        (rb"II\*\x00|MM\x00\*", "a TIFF image"),
        (rb"RIFF.{4}WEBP", "a WebP image"),
        (rb"%PDF-", "a PDF document"),
        (rb"PK\x03\x04", "a ZIP archive or an office document"),
        (rb"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "an office document"),
        (rb"\{\\rtf", "an RTF document"),
        (rb"\x1f\x8b", "gzip-compressed data"),
        (rb"BZh[1-9]1AY&SY", "bzip2-compressed data"),
        (rb"\xfd7zXZ\x00", "xz-compressed data"),
        (rb"\x28\xb5\x2f\xfd", "zstd-compressed data"),
        (rb"7z\xbc\xaf\x27\x1c", "a 7-Zip archive"),
        (rb"Rar!\x1a\x07", "a RAR archive"),
        (rb".{257}ustar[\x00 ]", "a tar archive"),
        (rb"\x7fELF|MZ\x90\x00", "a program"),
        (rb"SQLite format 3\x00", "an SQLite database"),
        (rb"OggS\x00|ID3[\x02-\x04]|fLaC\x00|RIFF.{4}WAVE", "a sound recording"),
        (rb"\x00\x00\x00.ftyp|\x1aE\xdf\xa3|RIFF.{4}AVI ", "a video recording"),
    )
)

HTML_START = re.compile(
    r"\ufeff?(?:\s|<\?xml[^>]{0,200}\?>|<!--.{0,2000}?-->)*<(?:!doctype\s+html|html|head|body)\b", re.I | re.S
)
# A feed or another XML vocabulary is no page.
XML_START = re.compile(r"\ufeff?\s*<\?xml\b", re.I)
ANY_TAG = re.compile(r"</?[a-z][a-z0-9]*(?:\s[^<>]*)?/?>", re.I)

# Beyond this share of control characters nobody would call it text. Random bytes have about one in ten.
MOST_CONTROLS = 0.05
SAMPLE = 100_000
WIDE_MARKS = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE, codecs.BOM_UTF32_BE)
CONTROL_BYTES = bytes({*range(1, 9), *range(14, 27), *range(28, 32), 127})
CONTROL = re.compile(r"[\x00-\x08\x0e-\x1a\x1c-\x1f\x7f\x80-\x84\x86-\x9f]")


def binary_format(payload: bytes) -> str | None:
    """What ``payload`` is when its first bytes are those of a well-known format that is not text."""
    return next((name for pattern, name in SIGNATURES if pattern.match(payload)), None)


def mostly_control_bytes(payload: bytes) -> bool:
    """Whether so many bytes are control characters of ASCII that this is no text in any 8-bit encoding or UTF-8.

    NUL is left out of the count, and what has a byte order mark is not judged: in UTF-16 any byte can be half a letter.
    """
    if payload.startswith(WIDE_MARKS):
        return False
    sample = payload[:SAMPLE]
    return len(sample) - len(sample.translate(None, delete=CONTROL_BYTES)) > MOST_CONTROLS * len(sample)


def mostly_controls(text: str) -> bool:
    """Whether so many of the characters are control characters that this is no text."""
    sample = text[:SAMPLE]
    return len(CONTROL.findall(sample)) > MOST_CONTROLS * len(sample)


def is_html(text: str) -> bool:
    """Whether ``text`` opens like an HTML page."""
    return HTML_START.match(text[:10_000]) is not None


def is_xml(text: str) -> bool:
    """Whether ``text`` opens with an XML declaration."""
    return XML_START.match(text[:1_000]) is not None


def has_tags(text: str) -> bool:
    """Whether there is any markup in ``text``."""
    return ANY_TAG.search(text) is not None
