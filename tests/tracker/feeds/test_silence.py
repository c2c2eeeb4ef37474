"""A feed that falls silent shows on the claims that it feeds, and on no others; when it is heard again, that goes."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from django.db.models import F
from django.utils import timezone

from claims.models import Channel, Claim, Document, Event
from claims.services import standings
from claims.services.coverage import rename_channel
from tests import factories
from tests.tracker.feeds.conftest import Site
from tests.tracker.feeds.test_polling import poll
from tests.tracker.feeds.texts import rss
from tracker.feeds import pacing
from tracker.feeds.services import add_feed, pause_feed, resume_feed
from tracker.models import Feed, FeedItem

pytestmark = pytest.mark.django_db
FLAG = "coverage-degraded"


@pytest.fixture
def fed(feed: Feed) -> Claim:
    """A claim that the feed brought a document of."""
    document = factories.DocumentFactory(channel=feed.channel)
    statement = factories.StatementFactory(snapshot=factories.SnapshotFactory(document=document))
    claim = factories.PositionFactory(statement=statement).claim
    standings.refresh([claim.pk], actor=factories.MACHINE)
    return claim


@pytest.fixture
def other(feed: Feed) -> Claim:
    """A claim that something else fed."""
    claim = factories.PositionFactory().claim
    standings.refresh([claim.pk], actor=factories.MACHINE)
    return claim


def flags(claim: Claim) -> list[str]:
    claim.refresh_from_db()
    return claim.standing_flags


def hourly(feed: Feed, site: Site, *, until: timedelta, items: int = 12) -> Feed:
    """A poll of a feed that brought something every hour, the last of it so long ago."""
    newest = timezone.now() - until
    body = b"".join(
        rss(site.address, [int(at.timestamp())], date=at.strftime("%a, %d %b %Y %H:%M:%S GMT"))
        .split(b"</ttl>")[1]
        .split(b"</channel>")[0]
        for at in (newest - timedelta(hours=n) for n in range(items))
    )
    site.put("/feed.xml", b"<rss version='2.0'><channel><title>Karsk Mail</title>" + body + b"</channel></rss>")
    return poll(feed)


def test_a_feed_that_goes_silent_flags_its_claims_until_it_is_heard_again(feed, fed, other, site) -> None:
    hourly(feed, site, until=timedelta(minutes=30))
    assert flags(fed) == flags(other) == []
    assert feed.usual_gap == 3600
    FeedItem.objects.update(
        published_at=F("published_at") - timedelta(hours=9), first_seen_at=F("first_seen_at") - timedelta(hours=9)
    )
    poll(feed)
    assert feed.quiet_since == Channel.objects.get(pk=feed.channel_id).silent_since
    assert (flags(fed), flags(other)) == ([FLAG], [])
    sentence = fed.standing_explanation["sentences"][-1]
    assert "nothing from Karsk Mail since" in sentence
    assert "usually comes every 1 hour" in sentence.replace("\xa0", " ")
    assert fed.standing == "single-origin"
    told = Event.objects.filter(object_type="channel").order_by("pk").values_list("verb", flat=True)
    assert list(told) == ["opened", "renamed", "fell silent"]
    events = Event.objects.count()
    poll(feed)
    assert Event.objects.count() == events  # the same silence is told once
    hourly(feed, site, until=timedelta(minutes=1), items=1)
    assert flags(fed) == []
    assert feed.quiet_since is None
    assert list(told.all()) == ["opened", "renamed", "fell silent", "heard again"]


def test_a_feed_that_cannot_be_read_flags_its_claims_after_the_third_failure(feed, fed, site) -> None:
    poll(feed)
    site.put("/feed.xml", b"", 503)
    for expected in ([], [], [FLAG], [FLAG]):
        poll(feed)
        assert flags(fed) == expected
    assert "its server answers with an error" in fed.standing_explanation["sentences"][-1]
    site.put("/feed.xml", rss(site.address, [1]))
    poll(feed)
    assert flags(fed) == []


def test_a_feed_that_is_gone_stays_silent_and_one_that_somebody_paused_is_not(feed, fed, site, editor) -> None:
    site.put("/feed.xml", b"", 410)
    poll(feed)
    assert flags(fed) == [FLAG]
    pause_feed(feed, by=editor, reason="The paper was closed.")
    assert flags(fed) == []
    feed.refresh_from_db()
    assert (feed.state, feed.state_reason) == ("paused", "edda-editor: The paper was closed.")
    resume_feed(feed)
    feed.refresh_from_db()
    assert (feed.state, feed.state_reason, feed.failures) == ("active", "", 0)


def test_what_a_feed_brought_long_before_it_fell_silent_is_not_flagged(feed, fed, site) -> None:
    Document.objects.filter(channel=feed.channel).update(first_seen_at=timezone.now() - timedelta(days=40))
    site.put("/feed.xml", b"", 410)
    with_its_event = Document.objects.get(channel=feed.channel)
    factories.ledger.record(factories.MACHINE, "moved in time", with_its_event)
    poll(feed)
    assert Channel.objects.get(pk=feed.channel_id).silent_since is not None
    assert flags(fed) == []


def test_a_silent_channel_that_is_renamed_is_told_by_its_new_name(feed, fed, site) -> None:
    site.put("/feed.xml", b"", 410)
    poll(feed)
    rename_channel(feed.channel, name="The Wire", actor=factories.MACHINE)
    fed.refresh_from_db()
    assert "nothing from The Wire since" in fed.standing_explanation["sentences"][-1]


def test_silences_of_two_feeds_are_told_together(feed, fed, site) -> None:
    second = add_feed(address=f"{site.address}/second.xml", title="Second")
    document = factories.DocumentFactory(channel=second.channel)
    snapshot = factories.SnapshotFactory(document=document)
    factories.PositionFactory(claim=fed, statement=factories.StatementFactory(snapshot=snapshot))
    site.put("/feed.xml", b"", 410)
    site.put("/second.xml", b"", 410)
    poll(feed)
    poll(second)
    assert flags(fed) == [FLAG]
    assert fed.standing_explanation["sentences"][-1].count("nothing from") == 2


def test_the_first_page_tells_which_feeds_are_silent_and_why(feed, site, client, reader) -> None:
    client.force_login(reader)
    assert "coverage degraded" not in client.get("/admin/").content.decode()
    site.put("/feed.xml", b"", 410)
    poll(feed)
    page = client.get("/admin/").content.decode()
    assert "Feeds from which nothing comes" in page
    assert "answered 410" in page


START = datetime(2031, 5, 5, tzinfo=UTC)


def every(hours: float, times: int) -> list[datetime]:
    return [START - timedelta(hours=hours * n) for n in range(times)]


@pytest.mark.parametrize(
    ("arrivals", "quiet", "silent"),
    [
        (every(1, 12), 2.9, False),
        (every(1, 12), 3.1, True),
        (every(1, 4), 1000, False),  # too few to tell
        ([], 1000, False),
        (every(0.01, 300), 0.7, False),  # in batches: a quarter of an hour is the shortest gap
        # By day every hour, and nothing by night: the second night is no silence.
        ([START - timedelta(hours=24 * day + hour) for day in range(5) for hour in range(14)], 10.5, False),
        ([START - timedelta(hours=24 * day + hour) for day in range(5) for hour in range(14)], 14.5, True),
    ],
)
def test_silence_is_told_from_the_feeds_own_history(arrivals, quiet, silent) -> None:
    assert pacing.is_silent(arrivals, now=START + timedelta(hours=quiet)) == silent


@pytest.mark.parametrize(
    ("arrivals", "quiet", "asked", "expected"),
    [
        (every(4, 12), 0, None, 7200),  # half the usual gap
        (every(4, 12), 30, None, 10_800),  # a tenth of the silence
        (every(0.3, 12), 0, None, 600),  # never oftener than this
        (every(1000, 12), 0, None, 21_600),  # nor more seldom
        (every(4, 12), 0, 9000, 9000),  # the server wants its answer kept
        (every(4, 12), 0, 1e9, 21_600),  # but not for ever
        ([], 0, None, 10_800),
    ],
)
def test_the_interval_follows_how_often_items_come(arrivals, quiet, asked, expected) -> None:
    now = START + timedelta(hours=quiet)
    assert pacing.interval(arrivals, now=now, shortest=600, longest=21_600, asked=asked) == pytest.approx(expected)


def test_backoff_doubles_within_bounds_and_never_before_the_server_asks() -> None:
    waits = [pacing.after_failure(900, failures=n, chance=1.0) for n in range(1, 10)]
    assert waits[:3] == [1800, 3600, 7200]
    assert waits[-1] == pacing.LONGEST_BACKOFF
    assert pacing.after_failure(900, failures=1, chance=0.0) == 900
    assert pacing.after_failure(900, failures=1, chance=0.0, retry_after=90_000) == 90_000
    assert [round(pacing.after_success(100, chance=chance)) for chance in (0, 0.5, 1)] == [90, 100, 110]
