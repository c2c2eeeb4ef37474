"""Whose turn it is to ask a server, among all workers on all machines, and what its robots.txt asks for.

PostgreSQL holds both: a server's row says when it may be asked next and how many requests are under way. A request of a
worker that was killed counts until its time is up.
"""

import logging
import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import lru_cache, partial

from django.conf import settings
from django.db import connection, transaction
from protego import Protego

from tracker.ingest.addresses import endpoint, host_and_port, parse_address
from tracker.ingest.errors import ErrorCode, IngestError, shown
from tracker.ingest.fetched import Fetched
from tracker.ingest.fetching import ANYTHING, FetchPolicy, Wanted, fetch
from tracker.models import Host, HostVisit

logger = logging.getLogger(__name__)

PATIENCE = 3.0  # seconds that a worker waits for a turn before it does something else
LONGEST_DELAY = 60.0  # a robots.txt that asks for more does not get it
LONGEST_QUEUE = timedelta(hours=1)
ROBOTS_FRESH = timedelta(hours=24)  # RFC 9309: not longer than a day
ROBOTS_AGAIN = timedelta(minutes=30)  # after it could not be read
ROBOTS_KEPT = timedelta(days=30)  # an old one is better than none, for so long
ROBOTS_MAX_BYTES = 512 * 1024
UNNAMED = "operator not named"


class NotNow(Exception):
    """The server is busy with others of us. ``seconds`` is when to come back."""

    def __init__(self, host: str, seconds: float) -> None:
        super().__init__(f"{host} is asked again in {seconds:.0f} seconds.")
        self.seconds = seconds


@dataclass(frozen=True, slots=True)
class _Turn:
    visit: int
    wait: float


def fetch_policy(*, max_bytes: int | None = None) -> FetchPolicy:
    """What fetches may do, as the settings say."""
    return FetchPolicy(
        allow_hosts=settings.FETCH_ALLOW_HOSTS,
        max_bytes=max_bytes or settings.FETCH_MAX_BYTES,
        timeout=settings.FETCH_TIMEOUT_SECONDS,
        user_agent=settings.FETCH_USER_AGENT,
    )


def operator_is_named() -> bool:
    """Whether the settings say who runs this and how to reach them, as whoever is asked may expect."""
    return UNNAMED not in settings.FETCH_USER_AGENT


def host_name(address: str) -> str:
    """``host:port`` of an address. Raises ``IngestError`` where it is none that may be fetched."""
    return endpoint(*host_and_port(parse_address(address)))


@contextmanager
def turn(address: str, *, patience: float = PATIENCE) -> Iterator[None]:
    """Within it the caller may ask the server of ``address`` once. Raises ``NotNow`` where that takes too long."""
    name = host_name(address)
    ends = time.monotonic() + patience
    while True:
        taken = _take(name, patience=max(ends - time.monotonic(), 0.0))
        if isinstance(taken, _Turn):
            break
        if time.monotonic() + 0.1 >= ends:
            raise NotNow(name, _come_back(name))
        time.sleep(0.1)
    try:
        time.sleep(taken.wait)
        yield
    finally:
        HostVisit.objects.filter(pk=taken.visit).delete()


def _now() -> datetime:
    with connection.cursor() as cursor:
        cursor.execute("SELECT clock_timestamp()")
        now: datetime = cursor.fetchone()[0]
    return now


def _take(name: str, *, patience: float) -> _Turn | None:
    """A turn, with the seconds to wait for it; ``None`` where there is none within ``patience``."""
    Host.objects.get_or_create(name=name)
    with transaction.atomic():
        host = Host.objects.select_for_update().get(name=name)
        now = _now()
        visits = HostVisit.objects.filter(host=host)
        visits.filter(until__lt=now).delete()
        start = max(now, host.next_at or now)
        wait = (start - now).total_seconds()
        if wait > patience or visits.count() >= settings.FETCH_HOST_CONNECTIONS:
            return None
        host.next_at = start + timedelta(seconds=max(settings.FETCH_HOST_DELAY_SECONDS, host.delay))
        host.save(update_fields=["next_at"])
        # The fetch itself ends at its deadline; what its worker did not take back after that was killed with it.
        visit = HostVisit.objects.create(
            host=host, until=start + timedelta(seconds=2 * settings.FETCH_TIMEOUT_SECONDS + 5)
        )
    return _Turn(visit.pk, wait)


def _come_back(name: str) -> float:
    """In how many seconds to try again: those who cannot wait are spread over the time that their turns will take."""
    with transaction.atomic():
        host = Host.objects.select_for_update().get(name=name)
        now = _now()
        step = timedelta(seconds=max(settings.FETCH_HOST_DELAY_SECONDS, host.delay, 0.5))
        until = max(host.queue_until or now, now) + step
        host.queue_until = min(until, now + LONGEST_QUEUE)
        host.save(update_fields=["queue_until"])
    return (host.queue_until - now).total_seconds()


# --- robots.txt (RFC 9309) --------------------------------------------------------------------------------------------


def check_robots(address: str, *, patience: float = PATIENCE) -> None:
    """Raise ``IngestError`` (robots) where the server asks that this address be not fetched by programs.

    Its robots.txt is kept for a day. A server that has none allows everything; while one cannot be read because the
    server is in trouble, the last one counts, and without any nothing is fetched.
    """
    target = parse_address(address)
    if target.path == "/robots.txt":
        return
    name = host_name(address)
    host = Host.objects.get_or_create(name=name)[0]
    fresh = ROBOTS_AGAIN if host.robots_closed else ROBOTS_FRESH
    if host.robots_at is None or datetime.now(UTC) - host.robots_at > fresh:
        host = _read_robots(host, f"{target.scheme}://{target.netloc.decode('ascii')}/robots.txt", patience=patience)
    if host.robots_closed:
        raise IngestError(
            ErrorCode.ROBOTS, f"{shown(address)} is not fetched for now: {host.robots_closed}", status=503
        )
    if host.robots and not _rules(host.robots).can_fetch(str(target), settings.FETCH_USER_AGENT):
        raise IngestError(
            ErrorCode.ROBOTS,
            f"The robots.txt of {name} asks that programs do not fetch {shown(address)}. Ask the publisher, or hand in "
            "what you may read yourself.",
        )


def _read_robots(host: Host, address: str, *, patience: float) -> Host:
    closed, text = "", ""
    try:
        with turn(address, patience=patience):
            text = fetch(
                address, policy=fetch_policy(max_bytes=ROBOTS_MAX_BYTES), wanted=Wanted(accept="text/plain,*/*;q=0.5")
            ).payload.decode("utf-8", "replace")
    except IngestError as error:
        if error.code in {ErrorCode.REFUSED_ADDRESS, ErrorCode.INVALID_ADDRESS}:
            raise
        missing = error.code is ErrorCode.EMPTY or (
            error.status is not None and 400 <= error.status < 500 and error.status not in {408, 429}
        )
        closed = "" if missing else f"its robots.txt cannot be read ({error})"
    now = datetime.now(UTC)
    if closed and host.robots and host.robots_at and now - host.robots_at < ROBOTS_KEPT:
        logger.info("%s: %s; the one read before still counts.", host.name, closed)
        return host
    rules = _rules(text)
    asked = rules.crawl_delay(settings.FETCH_USER_AGENT) if text else None
    host.robots, host.robots_at, host.robots_closed = re.sub("[\x00]", "", text), now, closed
    host.delay = min(float(asked or 0), LONGEST_DELAY)
    host.save(update_fields=["robots", "robots_at", "robots_closed", "delay"])
    return host


@lru_cache(maxsize=200)
def _rules(text: str) -> Protego:
    return Protego.parse(text)


def sitemaps_named(address: str) -> list[str]:
    """The sitemaps that the robots.txt of this server names, as far as it was read before."""
    host = Host.objects.filter(name=host_name(address)).first()
    return list(_rules(host.robots).sitemaps)[:20] if host is not None and host.robots else []


def fetch_politely(
    address: str,
    *,
    wanted: Wanted = ANYTHING,
    obey_robots: bool,
    patience: float = PATIENCE,
    max_bytes: int | None = None,
) -> Fetched:
    """What the server answers, once it is our turn. Raises ``IngestError`` as fetching does, and ``NotNow``.

    With ``obey_robots`` also where a redirect leads to what a robots.txt asks not to fetch.
    """
    if obey_robots:
        check_robots(address, patience=patience)
        wanted = replace(wanted, allowed=partial(check_robots, patience=patience))
    with turn(address, patience=patience):
        return fetch(address, policy=fetch_policy(max_bytes=max_bytes), wanted=wanted)
