"""Connections that go only where they may, and end when their time is up."""

from __future__ import annotations

import ssl
import threading
import time
from collections.abc import Iterable
from typing import Any

import httpcore

from tracker.ingest.addresses import Resolver, public_addresses
from tracker.ingest.errors import shown


class Deadline:
    """A moment on the monotonic clock that everything in one fetch shares."""

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        self._ends = time.monotonic() + seconds

    def remaining(self) -> float:
        """Seconds left, at least a millisecond of them. Raises ``TimeoutError`` when there is none."""
        left = self._ends - time.monotonic()
        if left <= 0:
            raise TimeoutError
        return max(left, 0.001)


class GuardedBackend(httpcore.NetworkBackend):
    """Resolves a name once, checks what it found, and connects to exactly that.

    The name is never looked up again, so an answer that changes between check and connection changes nothing. The host
    in the request and in the TLS handshake stays the name. ``peer`` is the address of the latest connection.
    """

    def __init__(self, *, allow_hosts: frozenset[str], deadline: Deadline, resolve: Resolver) -> None:
        self._allow_hosts = allow_hosts
        self._deadline = deadline
        self._resolve = resolve
        self._backend = httpcore.SyncBackend()
        self.peer = ""

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ARG002  (the deadline stands in its place)
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.NetworkStream:
        """A connection to the first of the host's addresses that answers."""
        addresses = public_addresses(
            host, port, allow_hosts=self._allow_hosts, resolve=self._resolve_before_the_deadline
        )
        failure: Exception | None = None
        for address in addresses:
            try:
                stream = self._backend.connect_tcp(
                    address, port, _left(self._deadline, httpcore.ConnectTimeout), local_address, socket_options
                )
            except httpcore.ConnectError as error:
                failure = error
            else:
                self.peer = address
                return DeadlineStream(stream, self._deadline)
        raise httpcore.ConnectError(str(failure)) from failure

    def _resolve_before_the_deadline(self, host: str, port: int) -> list[str]:
        """The operating system's look-up knows no time limit; this waits for it no longer than there is time."""
        answer: list[list[str] | OSError | UnicodeError] = []

        def look_up() -> None:
            try:
                answer.append(list(self._resolve(host, port)))
            except (OSError, UnicodeError) as error:
                answer.append(error)

        thread = threading.Thread(target=look_up, name=f"resolve {shown(host)}", daemon=True)
        thread.start()
        thread.join(_left(self._deadline, httpcore.ConnectTimeout))
        if not answer:
            raise httpcore.ConnectTimeout
        if isinstance(answer[0], list):
            return answer[0]
        raise answer[0]


class DeadlineStream(httpcore.NetworkStream):
    """A connection whose every operation ends at the deadline, however slowly the bytes come."""

    def __init__(self, stream: httpcore.NetworkStream, deadline: Deadline) -> None:
        self._stream = stream
        self._deadline = deadline

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:  # noqa: ARG002
        """Up to ``max_bytes``."""
        return self._stream.read(max_bytes, _left(self._deadline, httpcore.ReadTimeout))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:  # noqa: ARG002
        """All of ``buffer``."""
        self._stream.write(buffer, _left(self._deadline, httpcore.WriteTimeout))

    def close(self) -> None:
        """End the connection."""
        self._stream.close()

    def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,  # noqa: ARG002
    ) -> httpcore.NetworkStream:
        """The same connection, encrypted, to a server that proves to be ``server_hostname``."""
        left = _left(self._deadline, httpcore.ConnectTimeout)
        return DeadlineStream(self._stream.start_tls(ssl_context, server_hostname, left), self._deadline)

    def get_extra_info(self, info: str) -> Any:
        """What the connection knows about itself."""
        return self._stream.get_extra_info(info)


def _left(deadline: Deadline, timeout: type[httpcore.TimeoutException]) -> float:
    try:
        return deadline.remaining()
    except TimeoutError as error:
        raise timeout from error
