"""From what was fetched to the text that is analysed, and what the document says about itself."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any
from urllib.parse import unquote, urlsplit

from tracker.analysis.corrections import Notice
from tracker.ingest import webpage
from tracker.ingest.charsets import Decoded, declared_charset, decode, storable
from tracker.ingest.errors import ErrorCode, IngestError, shown
from tracker.ingest.fetched import Fetched
from tracker.ingest.front_matter import bad_front_matter, moment_entry, split_front_matter, text_entry
from tracker.ingest.signatures import binary_format, has_tags, is_html, is_xml, mostly_control_bytes, mostly_controls

STATES = ("live", "corrected", "retracted", "gone")
HTML_TYPES = frozenset({"text/html", "application/xhtml+xml"})
MARKDOWN_TYPES = frozenset({"text/markdown", "text/x-markdown"})
# What servers say when they do not know; the bytes decide.
TEXT_TYPES = frozenset({"", "text/plain", "application/octet-stream", "binary/octet-stream"})

PLAIN_VERSION = "1"
LONGEST_TITLE = 150
LONGEST_ADDRESS = 2000
LONGEST_SLUG = 100
SLUG = re.compile(r"[-a-zA-Z0-9_]+", re.ASCII)
NO_HEADING_END = re.compile(r"[.,;:…][\"'”’»)\]]*$")
# "– Agency" or "-- Agency-Partner" alone on the last line.
CLOSING_CREDIT = re.compile(r"(?:[–—]|--?)[^\S\n]*((?:[A-Z][\w.&'’/-]*)(?:[ \t]+[A-Z][\w.&'’/-]*){0,4})$")
# These entries have fields of their own; the others are kept as metadata.
OWN_FIELDS = frozenset(
    {"title", "publisher", "publisher_kind", "credit", "byline", "published_at", "updated_at", "language", "dossier"}
    | {"state", "url"}
)


@dataclass(frozen=True, slots=True)
class Extracted:
    """A document's text and what is known about it. Every offset elsewhere counts code points of ``text``.

    Plain text is kept as decoded, line ends included; of Markdown the front matter is cut off; of HTML the paragraphs
    are joined by blank lines. ``metadata`` holds JSON values only.
    """

    text: str
    title: str | None = None
    publisher: str | None = None
    publisher_kind: str | None = None
    credit: str | None = None
    byline: str | None = None
    published_at: datetime | None = None
    updated_at: datetime | None = None
    language: str | None = None
    dossier: str | None = None
    state: str | None = None
    notice: Notice | None = None
    url: str | None = None
    metadata: dict[str, Any] = field(default_factory=dict)
    extractor: str = "plain"
    extractor_version: str = PLAIN_VERSION


def extract(fetched: Fetched) -> Extracted:
    """The text of what was fetched. What it is, its bytes decide before its name or header.

    Raises ``IngestError`` and nothing else: empty, binary, unsupported_type, bad_encoding, bad_front_matter, no_text.
    """
    name = _name(fetched)
    media_type = fetched.content_type.split(";")[0].strip().lower()
    _check_bytes(fetched, name, media_type)
    decoded = decode(
        fetched.payload,
        name=name,
        declared=declared_charset(fetched.payload, content_type=fetched.content_type),
        lenient=fetched.from_web,
    )
    if mostly_controls(decoded.text):
        raise _binary(name, "not text")
    if media_type in MARKDOWN_TYPES:
        extracted = _from_markdown(fetched, decoded, name)
    elif is_html(decoded.text) or (media_type in HTML_TYPES and has_tags(decoded.text)):
        extracted = _from_html(fetched, decoded, name)
    elif is_xml(decoded.text):
        raise _unsupported(name, "XML, but no page")
    else:
        extracted = _from_plain(fetched, decoded)
    if not extracted.text.strip():
        raise IngestError(ErrorCode.NO_TEXT, f"{name} holds no text. Check that it was saved completely.")
    return extracted


def _name(fetched: Fetched) -> str:
    if fetched.from_web:
        return shown(fetched.final_address)
    return (
        shown(unquote(urlsplit(fetched.address).path))
        if fetched.address.startswith("file:")
        else shown(fetched.address)
    )


def _check_bytes(fetched: Fetched, name: str, media_type: str) -> None:
    if not fetched.payload:
        raise IngestError(ErrorCode.EMPTY, f"{name} is empty. Check that it was saved or sent completely.")
    known = binary_format(fetched.payload)
    if known is not None:
        raise _binary(name, known)
    if mostly_control_bytes(fetched.payload):
        raise _binary(name, "not text")
    if not (media_type in TEXT_TYPES | HTML_TYPES or media_type.startswith("text/")):
        raise _unsupported(name, media_type)


def _binary(name: str, what: str) -> IngestError:
    return IngestError(
        ErrorCode.BINARY, f"{name} is {what}, whatever its name says. Only text and HTML can be read: convert it first."
    )


def _unsupported(name: str, what: str) -> IngestError:
    return IngestError(
        ErrorCode.UNSUPPORTED_TYPE, f"{name} is {shown(what)}. Only plain text, Markdown and HTML can be read."
    )


def _from_plain(fetched: Fetched, decoded: Decoded) -> Extracted:
    text = storable(decoded.text)
    return Extracted(
        text=text,
        title=_heading(text),
        credit=closing_credit(text),
        url=fetched.final_address if fetched.from_web else None,
        metadata=_about(decoded),
    )


def _from_markdown(fetched: Fetched, decoded: Decoded, name: str) -> Extracted:
    entries, body = split_front_matter(decoded.text, name=name)
    text = storable(body)

    def entry(key: str) -> str | None:
        value = text_entry(entries, key, name=name)
        return None if value is None else storable(value)

    state = entry("state")
    if state is not None and state not in STATES:
        raise bad_front_matter(name, f"`state` is {shown(state)}, not one of {', '.join(STATES)}. Correct it")
    return Extracted(
        text=text,
        title=entry("title") or _heading(text),
        publisher=entry("publisher"),
        publisher_kind=_publisher_kind(entry("publisher_kind"), name),
        credit=entry("credit") or closing_credit(text),
        byline=entry("byline"),
        published_at=moment_entry(entries, "published_at", name=name),
        updated_at=moment_entry(entries, "updated_at", name=name),
        language=entry("language"),
        dossier=_dossier(entry("dossier"), name),
        state=state,
        url=_own_address(_short_enough(entry("url"), name), fetched),
        metadata=_about(decoded)
        | {key: value for key, value in _json_entries(entries).items() if key not in OWN_FIELDS},
        extractor="markdown",
    )


def _publisher_kind(kind: str | None, name: str) -> str | None:
    if kind == "unnamed":
        raise bad_front_matter(
            name, "`publisher_kind` is unnamed, but a publisher has a name. Correct it or leave it out"
        )
    return kind


def _dossier(slug: str | None, name: str) -> str | None:
    if slug is not None and not is_slug(slug):
        raise bad_front_matter(
            name,
            f"`dossier` is {shown(slug)}, no slug. Write letters, digits, - and _ only, {LONGEST_SLUG} at most",
        )
    return slug


def _short_enough(address: str | None, name: str) -> str | None:
    # Cut short it would be the address of something else.
    if address is not None and len(address) > LONGEST_ADDRESS:
        raise bad_front_matter(name, f"`url` is longer than {LONGEST_ADDRESS:,} characters. Correct it or leave it out")
    return address


def _from_html(fetched: Fetched, decoded: Decoded, name: str) -> Extracted:
    page = webpage.read_page(decoded.text, address=fetched.final_address)
    if not page.text.strip():
        raise IngestError(
            ErrorCode.NO_TEXT,
            f"{name} holds no readable text; it may be put together by scripts in a browser. "
            "Save the text that you see in the browser to a file.",
        )
    metadata = _about(decoded)
    if page.description:
        metadata["description"] = storable(page.description)

    def line(value: str | None) -> str | None:
        return None if value is None else storable(value)

    text = storable(page.text)
    return Extracted(
        text=text,
        title=line(page.title),
        publisher=line(page.publisher),
        credit=closing_credit(text),
        byline=line(page.byline),
        published_at=page.published_at,
        updated_at=page.updated_at,
        language=page.language,
        notice=page.notice,
        url=_own_address(line(page.canonical), fetched),
        metadata=metadata,
        extractor=webpage.NAME,
        extractor_version=webpage.VERSION,
    )


def is_slug(text: str) -> bool:
    """Whether it can name a dossier: letters, digits, - and _, not too many."""
    return len(text) <= LONGEST_SLUG and SLUG.fullmatch(text) is not None


def closing_credit(text: str) -> str | None:
    """The agency that the last line names alone after a dash ("– Meridian Press")."""
    lines = text.rstrip().rsplit("\n", 1)
    match = CLOSING_CREDIT.match(lines[-1].strip()[:100]) if len(lines) == 2 else None
    return match[1] if match else None


def _heading(text: str) -> str | None:
    """The first line where it looks like a title: short, no sentence, a blank line and more text after it."""
    lines = text.lstrip("\ufeff").lstrip().split("\n", 2)
    if lines[0].startswith("# "):
        return " ".join(lines[0].strip("# \t\r").split())[:LONGEST_TITLE] or None
    if len(lines) < 3 or lines[1].strip() or not lines[2].strip():
        return None
    first = " ".join(lines[0].split())
    if not first or len(first) > LONGEST_TITLE or NO_HEADING_END.search(first):
        return None
    return first


def _own_address(claimed: str | None, fetched: Fetched) -> str | None:
    """The address a document gives itself. One from the web is believed only about its own host."""
    parts = _web_address(claimed)
    if not fetched.from_web:
        return claimed if parts else None
    own = _web_address(fetched.final_address)
    return claimed if parts and own and parts == own else fetched.final_address


def _web_address(address: str | None) -> str | None:
    """The lower-case host of an http(s) address, else ``None``."""
    if not address:
        return None
    try:
        parts = urlsplit(address)
        host = parts.hostname
    except ValueError:
        return None
    return host if parts.scheme in {"http", "https"} else None


def _about(decoded: Decoded) -> dict[str, Any]:
    about: dict[str, Any] = {"encoding": decoded.encoding}
    if decoded.replaced:
        about["replaced_bytes"] = decoded.replaced
    return about


def _json_entries(entries: dict[str, Any]) -> dict[str, Any]:
    """The entries that JSON can hold: single values, and lists of them."""
    kept: dict[str, Any] = {}
    for key, value in entries.items():
        items = [_json_value(item) for item in value] if isinstance(value, list) else [_json_value(value)]
        if None not in items:
            kept[storable(key)] = items if isinstance(value, list) else items[0]
    return kept


def _json_value(value: object) -> bool | int | float | str | None:
    if isinstance(value, str):
        return storable(value)
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, float):
        # JSON has no infinity.
        return value if abs(value) < float("inf") else str(value)
    # Longer whole numbers than a database holds are no information about a document.
    return value if isinstance(value, int) and value.bit_length() < 64 else None
