"""A small server that speaks as much of S3 as evidence needs: objects in memory, on loopback."""

from __future__ import annotations

import contextlib
import re
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from email.utils import formatdate
from hashlib import md5
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, unquote, urlsplit
from xml.sax.saxutils import escape, unescape

BUCKET = "evidence"
PAGE = 2  # objects of one page of a list: few, so that the pages are turned


@dataclass
class Bucket:
    """What the server holds, and how it misbehaves when told to."""

    endpoint: str = ""
    objects: dict[str, bytes] = field(default_factory=dict)
    written: dict[str, str] = field(default_factory=dict)  # when, as headers say it
    break_off_uploads: bool = False
    unsigned: list[str] = field(default_factory=list)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    held: Bucket

    def do_PUT(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        if self.held.break_off_uploads:
            self.close_connection = True
            return
        key = self._key()
        if self.headers.get("If-None-Match") == "*" and key in self.held.objects:
            self._answer(412, b"<Error><Code>PreconditionFailed</Code></Error>")
            return
        self.held.objects[key] = body
        self.held.written[key] = formatdate(usegmt=True)
        self._answer(200, b"", ETag=f'"{md5(body).hexdigest()}"')

    def do_HEAD(self) -> None:
        body = self.held.objects.get(self._key())
        self.send_response(404 if body is None else 200)
        self.send_header("Content-Length", str(len(body or b"")))
        if body is not None:
            self.send_header("ETag", f'"{md5(body).hexdigest()}"')
            self.send_header("Last-Modified", self.held.written[self._key()])
        self.end_headers()

    def do_GET(self) -> None:
        parts = urlsplit(self.path)
        if "list-type" in parts.query:
            self._list(parse_qs(parts.query))
            return
        body = self.held.objects.get(self._key())
        if body is None:
            self._answer(404, b"<Error><Code>NoSuchKey</Code></Error>")
            return
        about = {"ETag": f'"{md5(body).hexdigest()}"', "Last-Modified": "Tue, 12 Mar 2024 14:30:05 GMT"}
        if wanted := self.headers.get("Range"):
            start, end = (int(edge) for edge in wanted.removeprefix("bytes=").split("-"))
            piece = body[start : end + 1]
            about["Content-Range"] = f"bytes {start}-{start + len(piece) - 1}/{len(body)}"
            self._answer(206, piece, **about)
            return
        self._answer(200, body, **about)

    def do_POST(self) -> None:
        """``?delete``: several objects at once, as a list of keys."""
        self._key()  # who asks
        asked = self.rfile.read(int(self.headers["Content-Length"])).decode()
        keys = [unescape(key) for key in re.findall("<Key>(.*?)</Key>", asked)]
        for key in keys:
            self.held.objects.pop(key, None)
        told = "".join(f"<Deleted><Key>{escape(key)}</Key></Deleted>" for key in keys)
        self._answer(200, f"<DeleteResult>{told}</DeleteResult>".encode())

    def _list(self, query: dict[str, list[str]]) -> None:
        prefix, after = query.get("prefix", [""])[0], query.get("continuation-token", [""])[0]
        keys = sorted(key for key in self.held.objects if key.startswith(prefix) and key > after)
        told = "".join(
            f"<Contents><Key>{escape(key)}</Key><Size>{len(self.held.objects[key])}</Size><ETag>x</ETag>"
            "<LastModified>2024-03-12T14:30:05.000Z</LastModified></Contents>"
            for key in keys[:PAGE]
        )
        more = f"<NextContinuationToken>{escape(keys[PAGE - 1])}</NextContinuationToken>" if keys[PAGE:] else ""
        self._answer(200, f"<ListBucketResult>{more}{told}</ListBucketResult>".encode())

    def _key(self) -> str:
        if not self.headers.get("Authorization", "").startswith("AWS4-HMAC-SHA256 Credential=key/"):
            self.held.unsigned.append(self.path)
        return unquote(urlsplit(self.path).path).removeprefix(f"/{BUCKET}/")

    def _answer(self, status: int, body: bytes, **headers: str) -> None:
        self.send_response(status)
        for key, value in {"Content-Type": "application/xml", "Content-Length": str(len(body))}.items():
            self.send_header(key, value)
        for key, value in headers.items():
            self.send_header(key, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args: object) -> None:
        pass


@contextlib.contextmanager
def bucket() -> Iterator[Bucket]:
    """A bucket called ``evidence`` for as long as the block runs."""
    held = Bucket()
    server = ThreadingHTTPServer(("127.0.0.1", 0), type("Handler", (_Handler,), {"held": held}))
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    held.endpoint = f"http://127.0.0.1:{server.server_address[1]}"
    try:
        yield held
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
