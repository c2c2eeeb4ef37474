"""Polling: what is new is handed in once, politely, and what goes wrong is told."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from claims.models import Document
from tests import factories
from tests.tracker.feeds.conftest import Site
from tests.tracker.feeds.texts import article, rss
from tracker import pipeline
from tracker.feeds.polling import POLL, announce_due, poll_feed
from tracker.feeds.services import add_feed
from tracker.models import Feed, FeedItem, FeedRule, Submission

pytestmark = pytest.mark.django_db


def poll(feed: Feed) -> Feed:
    """Poll a feed as if its time had come."""
    Feed.objects.filter(pk=feed.pk).update(next_poll_at=timezone.now() - timedelta(seconds=1))
    poll_feed(feed.pk)
    feed.refresh_from_db()
    assert feed.claimed_until is None
    return feed


def addresses() -> list[str]:
    return list(Submission.objects.order_by("pk").values_list("address", flat=True))


def test_what_a_feed_lists_is_handed_in_once_the_newest_first(feed: Feed, site: Site) -> None:
    poll(feed)
    assert addresses() == [f"{site.address}/2", f"{site.address}/1"]
    assert (feed.title, feed.format, feed.site, feed.listed) == ("Karsk Mail", "RSS 2.0", f"{site.address}/", 2)
    assert (feed.failures, feed.error, feed.attempts) == (0, "", 0)
    assert feed.last_success_at == feed.last_polled_at == feed.last_new_at
    poll(feed)
    assert len(addresses()) == 2
    site.put("/feed.xml", rss(site.address, [3, 2, 1]))
    poll(feed)
    assert addresses()[2:] == [f"{site.address}/3"]
    item = FeedItem.objects.get(title="Dispatch 3")
    assert (item.state, item.submission.feed, item.submission.dossier) == ("submitted", feed, "harbour")


def test_what_was_handed_in_becomes_a_document_of_its_publisher_in_its_dossier(feed: Feed, site: Site) -> None:
    feed.publisher = factories.SourceFactory(name="The Karsk Mail", kind="news media")
    feed.save()
    site.put("/1", article())
    site.put("/2", article("Pier burns"), 500)
    poll(feed)
    for submission in Submission.objects.all():
        pipeline.read_submission(submission.pk)
    document = Document.objects.get()
    assert (document.publisher, document.dossier.slug, document.channel) == (feed.publisher, "harbour", feed.channel)
    assert document.title == "Harbour closed"
    assert document.published_at.isoformat() == "2025-05-05T00:01:00+00:00"  # the page does not say it, the feed does


def test_a_feed_that_did_not_change_is_not_sent_again(feed: Feed, site: Site) -> None:
    site.put("/feed.xml", rss(site.address, [1]), ETag='"a"', Last_Modified="Mon, 05 May 2025 00:00:00 GMT")
    poll(feed)
    poll(feed)
    first, second = (headers for path, headers in site.asked if path == "/feed.xml")
    assert "If-None-Match" not in first
    assert second["If-None-Match"] == '"a"'
    assert second["If-Modified-Since"] == "Mon, 05 May 2025 00:00:00 GMT"
    assert (feed.failures, feed.listed) == (0, 1)
    poll(feed)
    assert site.asked[-1][1]["If-None-Match"] == '"a"'


def test_a_validator_that_fits_no_header_is_not_kept(feed: Feed, site: Site) -> None:
    site.put("/feed.xml", rss(site.address, [1]), ETag='"\xfc"')
    poll(feed)
    poll(feed)
    assert feed.failures == 0
    assert "If-None-Match" not in site.asked[-1][1]


def test_rules_send_items_into_dossiers(feed: Feed, site: Site) -> None:
    for position, (field, value) in enumerate([("words", "bridge, pier"), ("section", "Courts"), ("address", "/9")]):
        FeedRule.objects.create(
            feed=feed, position=position, field=field, value=value, dossier=factories.DossierFactory(slug=f"d-{field}")
        )
    old = {"date": "Mon, 05 May 2025 00:00:00 GMT"}
    listed = [
        rss(site.address, [7], title="A PIER burns", section="Courts", **old),
        rss(site.address, [8], title="Spier sails", section="courts", **old),
        rss(site.address, [9], title="Spier again", **old),
        rss(site.address, [10], title="Else", **old),
    ]
    for body in listed:
        site.put("/feed.xml", body)
        poll(feed)
    found = dict(FeedItem.objects.values_list("title", "submission__dossier"))
    assert found == {
        "A PIER burns": "d-words",
        "Spier sails": "d-section",
        "Spier again": "d-address",
        "Else": "harbour",
    }


def test_ten_thousand_items_are_noted_at_once_and_handed_in_in_bounded_steps(feed: Feed, site: Site, settings) -> None:
    settings.FEED_ITEMS_AT_ONCE = 3
    site.put("/feed.xml", rss(site.address, range(10_400, 0, -1), date="Mon, 05 May 2025 00:00:00 GMT"), ETag="a")
    poll(feed)
    assert (FeedItem.objects.count(), len(addresses())) == (10_000, 3)
    assert feed.note == "400 items beyond the first 10,000."
    assert FeedItem.objects.filter(state="waiting").count() == 9_997
    assert feed.next_poll_at < timezone.now() + timedelta(seconds=feed.shortest_interval + 1)
    poll(feed)
    assert len(addresses()) == 6
    assert len(set(addresses())) == 6


@pytest.mark.parametrize(
    ("status", "headers", "said"),
    [(500, {}, "answered 500"), (404, {}, "answered 404"), (429, {"Retry-After": "90000"}, "answered 429")],
)
def test_a_failure_is_told_and_the_feed_is_asked_more_seldom(feed, site, status, headers, said) -> None:
    site.put("/feed.xml", b"no", status, **headers)
    poll(feed)
    first = feed.next_poll_at - timezone.now()
    assert said in feed.error
    assert (feed.failures, feed.state, feed.error_code) == (1, "active", "http_status")
    since = feed.failing_since
    for _ in range(3):
        poll(feed)
    assert (feed.failures, feed.failing_since) == (4, since)
    assert feed.next_poll_at - timezone.now() > timedelta(hours=1)
    assert (first > timedelta(seconds=89_000)) == bool(headers)
    assert not Submission.objects.exists()
    site.put("/feed.xml", rss(site.address, [1]))
    poll(feed)
    assert (feed.failures, feed.failing_since, feed.error, feed.error_code) == (0, None, "", "")


def test_a_feed_that_is_gone_is_polled_no_more(feed: Feed, site: Site) -> None:
    site.put("/feed.xml", b"no", 410)
    poll(feed)
    assert feed.state == "gone"
    assert "answered 410" in feed.state_reason
    before = len(site.asked)
    poll(feed)
    assert len(site.asked) == before


def test_a_feed_that_moved_for_good_is_asked_at_its_new_address(feed: Feed, site: Site) -> None:
    site.put("/feed.xml", b"", 301, Location="/new.xml")
    site.put("/new.xml", b"", 302, Location="/today.xml")
    site.put("/today.xml", rss(site.address, [1]))
    poll(feed)
    assert (feed.address, feed.moved_from) == (f"{site.address}/new.xml", f"{site.address}/feed.xml")
    other = add_feed(address=f"{site.address}/other.xml")
    site.put("/other.xml", b"", 308, Location="/new.xml")
    poll(other)
    assert other.state == "paused"
    assert "is a feed here already" in other.state_reason


def test_what_a_robots_txt_forbids_is_not_fetched(feed: Feed, site: Site) -> None:
    site.put("/robots.txt", b"User-agent: corroborate\nDisallow: /feed.xml\n")
    poll(feed)
    assert site.paths() == ["/robots.txt"]
    assert (feed.error_code, feed.failures) == ("robots", 1)
    assert "robots.txt" in feed.error
    feed.obey_robots = False
    feed.save()
    poll(feed)
    assert (feed.failures, len(addresses())) == (0, 2)


def test_a_listed_page_that_a_robots_txt_forbids_fails_with_that_reason(feed: Feed, site: Site) -> None:
    site.put("/robots.txt", b"User-agent: *\nDisallow: /1\n")
    site.put("/1", article())
    poll(feed)
    submission = Submission.objects.get(address__endswith="/1")
    pipeline.read_submission(submission.pk)
    submission.refresh_from_db()
    assert (submission.state, submission.error_code) == ("failed", "robots")
    assert "/1" not in site.paths()


def test_any_number_of_beats_wake_each_due_feed_once(
    feed: Feed, django_capture_on_commit_callbacks, monkeypatch
) -> None:
    from tracker import submissions

    sent = []
    monkeypatch.setattr(submissions.current_app, "send_task", lambda task, args, **_: sent.append((task, *args)))
    with django_capture_on_commit_callbacks(execute=True):
        assert announce_due() == 1
        assert announce_due() == 0
    assert sent == [(POLL, feed.pk)]
    poll_feed(feed.pk)
    with django_capture_on_commit_callbacks(execute=True):
        assert announce_due() == 0
    before = Feed.objects.get().last_polled_at
    poll_feed(feed.pk)  # a message that came twice
    assert Feed.objects.get().last_polled_at == before


def test_a_feed_that_somebody_has_is_left_alone(feed: Feed, site: Site) -> None:
    Feed.objects.due().claim(feed.pk, seconds=60)
    poll_feed(feed.pk)
    assert site.asked == []


def test_a_feed_whose_worker_died_on_it_too_often_waits_with_the_reason(feed: Feed, site: Site) -> None:
    for _ in range(3):
        Feed.objects.due().claim(feed.pk, seconds=0)  # killed: nothing was given back
    poll(feed)
    assert feed.error == "The worker died on it 3 times."
    assert site.asked == []
    poll(feed)
    assert (feed.failures, len(addresses())) == (0, 2)


def test_a_watched_page_is_handed_in_when_its_words_change(db, site: Site) -> None:
    site.put("/page", article("Version one"))
    page = add_feed(address=f"{site.address}/page", kind="page")
    poll(page)
    poll(page)
    assert addresses() == [f"{site.address}/page"]
    site.put("/page", article("Version one").replace(b"<article>", b"<article class='new'>"))
    poll(page)
    assert len(addresses()) == 1
    site.put("/page", article("Version two"))
    poll(page)
    assert len(addresses()) == 2
    for submission in Submission.objects.all():
        pipeline.read_submission(submission.pk)
    assert Document.objects.get().title == "Version two"


def test_a_folder_is_read_without_leaving_it(db, tmp_path, settings) -> None:
    import os
    import time

    settings.FEED_FOLDERS = [tmp_path / "drop"]
    (tmp_path / "drop/courts").mkdir(parents=True)
    (tmp_path / "secret.txt").write_text("The chief said it was secret.")
    old = time.time() - 60
    for name in ("one.txt", "courts/two.md", "three.exe", ".hidden.txt"):
        path = tmp_path / "drop" / name
        path.write_text(f"The mayor said {name} was there.\n")
        os.utime(path, (old, old))
    (tmp_path / "drop/link.txt").symlink_to(tmp_path / "secret.txt")
    (tmp_path / "drop/fresh.txt").write_text("Half a sent")
    folder = add_feed(address=str(tmp_path / "drop"), kind="folder")
    poll(folder)
    assert sorted(addresses()) == ["file:///one.txt", "file:///two.md"]
    assert folder.note.splitlines() == [
        "1 files of other kinds than .txt, .md, .markdown, .html, .htm.",
        "1 links and other entries that are no files.",
        "1 files that are just being written.",
    ]
    poll(folder)
    assert len(addresses()) == 2
    (tmp_path / "drop/one.txt").write_text("The mayor said it was gone.\n")
    os.utime(tmp_path / "drop/one.txt", (old + 1, old + 1))
    poll(folder)
    assert len(addresses()) == 3


def test_sitemaps_of_an_index_are_read_together(db, site: Site) -> None:
    news = 'xmlns:news="http://www.google.com/schemas/sitemap-news/0.9"'
    site.put(
        "/sitemap.xml",
        f"""<sitemapindex xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">
        <sitemap><loc>{site.address}/old.xml</loc><lastmod>2020-01-01</lastmod></sitemap>
        <sitemap><loc>{site.address}/new.xml</loc><lastmod>2025-01-01</lastmod></sitemap>
        <sitemap><loc>{site.address}/lost.xml</loc><lastmod>2019-01-01</lastmod></sitemap></sitemapindex>""".encode(),
    )
    page = "<url><loc>{0}/{1}</loc><news:news><news:publication><news:name>Karsk Mail</news:name></news:publication>"
    page += "<news:title>Page {1}</news:title><news:publication_date>2025-01-0{1}T00:00:00Z</news:publication_date>"
    page += "</news:news></url>"
    for name, numbers in (("old", [1]), ("new", [2, 3])):
        pages = "".join(page.format(site.address, n) for n in numbers)
        site.put(f"/{name}.xml", f"<urlset {news}>{pages}</urlset>".encode(), ETag=f'"{name}"')
    feed = add_feed(address=f"{site.address}/sitemap.xml", kind="sitemap")
    poll(feed)
    assert addresses() == [f"{site.address}/{n}" for n in (3, 2, 1)]
    assert (feed.title, feed.format, feed.failures) == ("Karsk Mail", "index of sitemaps", 0)
    assert "lost.xml" in feed.note
    assert "answered 404" in feed.note
    asked = len(site.asked)
    poll(feed)
    again = dict(site.asked[asked:])
    assert again["/new.xml"]["If-None-Match"] == '"new"'
    assert len(addresses()) == 3
