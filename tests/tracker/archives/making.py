"""Archives for tests: pages, lines and WARC files about an invented country."""

import hashlib
import json
from datetime import datetime
from io import BytesIO
from pathlib import Path
from typing import Any

from warcio.statusandheaders import StatusAndHeaders
from warcio.warcwriter import WARCWriter

SITE = "https://news.example"


def words(town: str) -> str:
    return (
        f"The mayor of {town} said the bridge at {town} was closed on Monday.\n\n"
        f"Olga Brandt, a doctor in {town}, said five people were wounded in {town} on Monday.\n"
    )


def page(town: str, *, words: str = "", head: str = "") -> bytes:
    said = words or f"The mayor of {town} said the bridge at {town} was closed on Monday."
    return (
        f"<html><head><title>{town}</title>{head}</head><body><article><p>{said}</p></article></body></html>".encode()
    )


def line(**values: Any) -> bytes:
    return json.dumps(values).encode() + b"\n"


def warc(path: Path, answers: list[tuple[str, datetime, bytes, dict[str, Any]]], *, packed: bool = True) -> Path:
    """A WARC file of answers: address, moment, body, and what differs from an HTML page that was answered with 200."""
    with path.open("wb") as file:
        writer = WARCWriter(file, gzip=packed)
        info = b"software: test\r\n"
        writer.write_record(writer.create_warc_record("", "warcinfo", payload=BytesIO(info), length=len(info)))
        for address, moment, body, more in answers:
            content_type = more.get("content_type", "text/html; charset=utf-8")
            about = {
                "WARC-Date": moment.strftime("%Y-%m-%dT%H:%M:%SZ"),
                "WARC-Payload-Digest": f"sha256:{hashlib.sha256(body).hexdigest()}",
            }
            if more.get("status", 200) is None:
                record = writer.create_warc_record(
                    address,
                    "resource",
                    payload=BytesIO(body),
                    length=len(body),
                    warc_content_type=content_type,
                    warc_headers_dict=about,
                )
            else:
                headers = [("Content-Type", content_type), *more.get("headers", [])]
                http = StatusAndHeaders(f"{more.get('status', 200)} Said", headers, protocol="HTTP/1.1")
                record = writer.create_warc_record(
                    address,
                    "response",
                    payload=BytesIO(body),
                    length=len(body),
                    http_headers=http,
                    warc_headers_dict=about,
                )
            writer.write_record(record)
    return path
