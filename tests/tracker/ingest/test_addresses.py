"""Only addresses of the public internet are fetched."""

from __future__ import annotations

import ipaddress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tracker.ingest.addresses import endpoint, is_public, parse_address, public_addresses
from tracker.ingest.errors import ErrorCode, IngestError

INNER = [
    "0.0.0.0",
    "0.1.2.3",
    "10.1.2.3",
    "100.64.0.1",
    "127.0.0.1",
    "127.255.255.254",
    "169.254.169.254",
    "172.31.0.1",
    "192.0.0.8",
    "192.0.2.1",
    "192.168.1.1",
    "198.19.255.255",
    "198.51.100.1",
    "203.0.113.1",
    "224.0.0.1",
    "239.255.255.250",
    "240.0.0.1",
    "255.255.255.255",
    "::",
    "::1",
    "::7f00:1",
    "::ffff:127.0.0.1",
    "::ffff:8.8.8.8",
    "::ffff:0:10.0.0.1",
    "64:ff9b::a00:1",
    "64:ff9b:1::1",
    "100::1",
    "2001::1",
    "2001:db8::1",
    "2002:7f00:1::1",
    "fc00::1",
    "fd12:3456::1",
    "fe80::1",
    "fe80::1%eth0",
    "fec0::1",
    "ff02::1",
    "not an address",
    "",
]


@pytest.mark.parametrize("address", INNER)
def test_special_addresses_are_not_public(address: str) -> None:
    assert not is_public(address)


@pytest.mark.parametrize("address", ["1.1.1.1", "8.8.8.8", "172.32.0.1", "192.169.0.1", "2606:4700::1111"])
def test_addresses_of_the_internet_are_public(address: str) -> None:
    assert is_public(address)


@given(st.ip_addresses())
def test_what_python_knows_to_be_private_is_never_public(
    address: ipaddress.IPv4Address | ipaddress.IPv6Address,
) -> None:
    if address.is_private or address.is_loopback or address.is_link_local or address.is_multicast:
        assert not is_public(str(address))


@given(st.ip_addresses(v=4))
def test_no_address_inside_another_is_public(inner: ipaddress.IPv4Address) -> None:
    for prefix in ("::ffff:0:0", "::", "64:ff9b::"):
        outer = ipaddress.IPv6Address(int(ipaddress.IPv6Address(prefix)) | int(inner))
        assert not is_public(str(outer))


@pytest.mark.parametrize(
    ("address", "code"),
    [
        ("file:///etc/passwd", ErrorCode.REFUSED_ADDRESS),
        ("ftp://news.example/a", ErrorCode.REFUSED_ADDRESS),
        ("javascript:alert(1)", ErrorCode.REFUSED_ADDRESS),
        ("news.example/page", ErrorCode.REFUSED_ADDRESS),
        ("https://reader:secret@news.example/", ErrorCode.REFUSED_ADDRESS),
        ("http://2130706433/", ErrorCode.REFUSED_ADDRESS),
        ("http://0x7f000001/", ErrorCode.REFUSED_ADDRESS),
        ("http://0x7f.0.0.1/", ErrorCode.REFUSED_ADDRESS),
        ("http://0177.0.0.1/", ErrorCode.INVALID_ADDRESS),
        ("http://127.1/", ErrorCode.REFUSED_ADDRESS),
        ("http://127.0.0.1./", ErrorCode.REFUSED_ADDRESS),
        ("http://", ErrorCode.INVALID_ADDRESS),
        ("https:///page", ErrorCode.INVALID_ADDRESS),
        ("http://[::1", ErrorCode.INVALID_ADDRESS),
        ("http://news.example:99999/", ErrorCode.INVALID_ADDRESS),
        ("http://news.example:65536/", ErrorCode.INVALID_ADDRESS),
        ("http://news.example:0/", ErrorCode.INVALID_ADDRESS),
        ("http://a\x00b/", ErrorCode.INVALID_ADDRESS),
        ("https://" + "a" * 70_000, ErrorCode.INVALID_ADDRESS),
    ],
)
def test_an_address_that_cannot_be_fetched_is_named_and_refused(address: str, code: ErrorCode) -> None:
    with pytest.raises(IngestError) as caught:
        parse_address(address)
    assert caught.value.code is code
    assert len(str(caught.value)) < 1_000
    assert str(caught.value).isprintable()


@given(st.text() | st.text(alphabet="htps:/.[]@%0129axé\u3002").map(lambda rest: "http://" + rest))
def test_any_text_is_an_address_or_a_clear_error(text: str) -> None:
    try:
        url = parse_address(text)
    except IngestError:
        return
    assert url.scheme in {"http", "https"}
    assert url.host


def test_the_fragment_is_no_part_of_what_is_fetched() -> None:
    assert str(parse_address(" https://news.example/page?x=1#comments ")) == "https://news.example/page?x=1"


def test_one_inner_address_refuses_a_name_that_has_public_ones_too() -> None:
    with pytest.raises(IngestError, match=r"10\.0\.0\.5") as caught:
        public_addresses("news.example", 80, allow_hosts=frozenset(), resolve=lambda *_: ["1.1.1.1", "10.0.0.5"])
    assert caught.value.code is ErrorCode.REFUSED_ADDRESS


def test_an_allowed_server_is_allowed_on_its_port_only() -> None:
    allowed = frozenset({"intranet.example:8080"})

    def resolve(host: str, port: int) -> list[str]:
        return ["10.0.0.5"]

    assert public_addresses("intranet.example", 8080, allow_hosts=allowed, resolve=resolve) == ["10.0.0.5"]
    with pytest.raises(IngestError):
        public_addresses("intranet.example", 80, allow_hosts=allowed, resolve=resolve)


def test_a_name_without_addresses_cannot_be_reached() -> None:
    def unknown(host: str, port: int) -> list[str]:
        raise OSError("Name or service not known")

    for resolve in (unknown, lambda *_: []):
        with pytest.raises(IngestError) as caught:
            public_addresses("nowhere.example", 80, allow_hosts=frozenset(), resolve=resolve)
        assert caught.value.code is ErrorCode.CONNECTION_FAILED
        assert caught.value.transient


def test_endpoints_are_written_as_in_addresses() -> None:
    assert endpoint("News.Example", 80) == "news.example:80"
    assert endpoint("::1", 8000) == "[::1]:8000"
