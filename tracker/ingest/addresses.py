"""Which addresses may be fetched. The server runs inside somebody's network; an address must not reach into it."""

from __future__ import annotations

import ipaddress
import re
import socket
from collections.abc import Callable, Sequence

import httpx

from tracker.ingest.errors import ErrorCode, IngestError, shown

Resolver = Callable[[str, int], Sequence[str]]

DEFAULT_PORTS = {"http": 80, "https": 443}
# A host whose last label is a number is an IPv4 address to every browser and to the C library, however it is written.
NUMERIC_LABEL = re.compile(r"(?:0x[0-9a-f]*|[0-9]+)$", re.I)

# IANA's special-purpose registries (RFC 6890 and later entries), spelt out because Python's own judgement of
# `is_global` changed between patch releases. Addresses that carry an IPv4 address inside are refused as a whole:
# whoever translates them may stand in the inner network.
SPECIAL = tuple(
    ipaddress.ip_network(network)
    for network in (
        "0.0.0.0/8",
        "10.0.0.0/8",
        "100.64.0.0/10",  # shared by a provider's customers
        "127.0.0.0/8",
        "169.254.0.0/16",  # link-local; clouds serve credentials here
        "172.16.0.0/12",
        "192.0.0.0/24",
        "192.0.2.0/24",
        "192.31.196.0/24",
        "192.52.193.0/24",
        "192.88.99.0/24",  # 6to4 relays
        "192.168.0.0/16",
        "192.175.48.0/24",
        "198.18.0.0/15",
        "198.51.100.0/24",
        "203.0.113.0/24",
        "224.0.0.0/4",  # multicast
        "240.0.0.0/4",  # reserved, and broadcast
        "::/96",  # unspecified, loopback, IPv4-compatible
        "::ffff:0:0/96",  # IPv4-mapped
        "::ffff:0:0:0/96",  # IPv4-translated
        "64:ff9b::/96",  # NAT64
        "64:ff9b:1::/48",
        "100::/64",
        "100:0:0:1::/64",
        "2001::/23",  # Teredo among others
        "2001:db8::/32",
        "2002::/16",  # 6to4
        "2620:4f:8000::/48",
        "3fff::/20",
        "5f00::/16",
        "fc00::/7",
        "fe80::/10",
        "fec0::/10",
        "ff00::/8",
    )
)


def system_resolver(host: str, port: int) -> list[str]:
    """The network addresses of ``host``, as the operating system finds them. Raises ``OSError``."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(info[4][0]) for info in found))


def is_public(address: str) -> bool:
    """Whether a network address belongs to the public internet. What is no address does not."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return False
    if not parsed.is_global or parsed.is_multicast or parsed.is_reserved:
        return False
    return not any(parsed in network for network in SPECIAL if network.version == parsed.version)


def is_literal(host: str) -> bool:
    """Whether a host is a network address itself, and no name."""
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True


def parse_address(address: str) -> httpx.URL:
    """The address, if it is a complete http(s) one without a password. The fragment is dropped.

    Raises ``IngestError``: invalid_address, refused_address.
    """
    try:
        url = httpx.URL(address.strip())
        host = url.host
    except (httpx.InvalidURL, TypeError, ValueError) as error:  # ValueError: a host that IDNA cannot encode
        raise _invalid(address, shown(error)) from error
    if url.scheme not in DEFAULT_PORTS:
        raise _refused(address, "only http and https addresses are fetched")
    if not host:
        raise _invalid(address, "it names no server")
    if url.userinfo:
        raise _refused(address, "it holds a user name or a password, which would be kept as evidence. Remove them")
    if url.port is not None and not 0 < url.port < 65536:
        raise _invalid(address, f"there is no port {url.port}")
    _check_numeric(address, host)
    return url.copy_with(fragment=None)


def host_and_port(url: httpx.URL) -> tuple[str, int]:
    """The server as ASCII, and the port it is asked on."""
    return url.raw_host.decode("ascii"), url.port or DEFAULT_PORTS[url.scheme]


def endpoint(host: str, port: int) -> str:
    """``host:port`` as lists of allowed servers write it, an IPv6 address in brackets."""
    return f"[{host}]:{port}" if ":" in host else f"{host.lower()}:{port}"


def public_addresses(host: str, port: int, *, allow_hosts: frozenset[str], resolve: Resolver) -> list[str]:
    """The network addresses to connect to; the name is resolved once, here.

    A server in ``allow_hosts`` may be anywhere. For any other, one address that is not public refuses them all: a
    public name that also points inside is a mistake or an attack. Raises ``IngestError``: refused_address,
    connection_failed.
    """
    name = endpoint(host, port)
    try:
        found = list(resolve(host, port))
    except (OSError, UnicodeError) as error:
        raise IngestError(
            ErrorCode.CONNECTION_FAILED, f"{shown(host)} cannot be found ({shown(error)}). Check the address."
        ) from error
    if not found:
        raise IngestError(ErrorCode.CONNECTION_FAILED, f"{shown(host)} has no network address. Check the address.")
    if name not in allow_hosts:
        for address in found:
            if not is_public(address):
                raise _refused(host, f"it leads to {shown(address)}, which is not on the public internet")
    return found


def _check_numeric(address: str, host: str) -> None:
    last = host.rstrip(".").rsplit(".", 1)[-1]
    if ":" in host or not NUMERIC_LABEL.match(last):
        return
    try:
        ipaddress.IPv4Address(host)
    except ValueError:
        raise _refused(address, "it writes a network address in an unusual way. Write four decimal numbers") from None


def _invalid(address: str, what: str) -> IngestError:
    return IngestError(
        ErrorCode.INVALID_ADDRESS,
        f"{shown(address)} is not an address: {what}. Write it like https://news.example/page.",
    )


def _refused(address: str, what: str) -> IngestError:
    return IngestError(ErrorCode.REFUSED_ADDRESS, f"{shown(address)} is not fetched: {what}.")
