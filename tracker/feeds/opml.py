"""Lists of feeds, as other readers write and read them (OPML 2.0, http://opml.org/spec2.opml)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from email.utils import format_datetime
from typing import Any

from django.utils import timezone
from lxml import etree  # type: ignore[import-untyped]

from tracker.feeds.listing import line, web_address
from tracker.feeds.xml import children, parse_xml, refuse_unsafe
from tracker.ingest.errors import ErrorCode, IngestError

MOST_FEEDS = 5_000
DEEPEST = 20


@dataclass(frozen=True, slots=True)
class Outline:
    """One feed of a list: where, what it is called, its home page, and the folders that it lies in."""

    address: str
    title: str = ""
    site: str = ""
    group: str = ""


def read_opml(payload: bytes, *, name: str) -> tuple[list[Outline], list[str]]:
    """The feeds of a list, each address once, and in words what was left out. Raises ``IngestError``."""
    if refuse_unsafe(payload, name=name) != "opml":
        raise IngestError(ErrorCode.NOT_A_FEED, f"{name} is no OPML. Export it from your feed reader as OPML.")
    root = parse_xml(payload, name=name)
    found: dict[str, Outline] = {}
    left_out: list[str] = []
    waiting: list[tuple[Any, tuple[str, ...]]] = [
        (outline, ()) for body in reversed(children(root, "body")) for outline in reversed(children(body, "outline"))
    ]
    while waiting:
        outline, folders = waiting.pop()
        told = {local: value for local, value in outline.attrib.items() if isinstance(local, str)}
        known = {key.lower(): value for key, value in told.items()}
        title = line(known.get("title") or known.get("text") or "", longest=300)
        given = known.get("xmlurl", "")
        address = web_address(given)
        if address and len(found) >= MOST_FEEDS:
            left_out.append(f"Everything beyond the first {MOST_FEEDS:,} feeds.")
            break
        if address:
            group = "/".join(folders)[:300]
            found.setdefault(address, Outline(address, title, web_address(known.get("htmlurl", "")), group))
        elif given:
            left_out.append(f"{line(given, longest=200)}: not an http(s) address.")
        below = children(outline, "outline")
        if below and len(folders) >= DEEPEST:
            left_out.append(f"What is more than {DEEPEST} folders deep, below {title}.")
        elif below:
            inside = (*folders, title.replace("/", "-")) if title and not address else folders
            waiting += [(one, inside) for one in reversed(below)]
    return list(found.values()), left_out


def write_opml(outlines: Iterable[Outline], *, title: str) -> bytes:
    """A list of feeds, each in its folders."""
    root = etree.Element("opml", version="2.0")
    head = etree.SubElement(root, "head")
    etree.SubElement(head, "title").text = title
    etree.SubElement(head, "dateCreated").text = format_datetime(timezone.now())
    body = etree.SubElement(root, "body")
    folders: dict[tuple[str, ...], Any] = {(): body}
    for outline in outlines:
        path = tuple(part for part in outline.group.split("/") if part)
        for depth in range(1, len(path) + 1):
            if path[:depth] not in folders:
                folders[path[:depth]] = etree.SubElement(folders[path[: depth - 1]], "outline", text=path[depth - 1])
        told = {
            "type": "rss",
            "text": outline.title or outline.address,
            "title": outline.title,
            "xmlUrl": outline.address,
        }
        if outline.site:
            told["htmlUrl"] = outline.site
        etree.SubElement(folders[path], "outline", told)
    return bytes(etree.tostring(root, xml_declaration=True, encoding="UTF-8", pretty_print=True))
