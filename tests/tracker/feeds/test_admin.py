"""Managing feeds in the admin: looking first, adding, stopping, and lists of feeds."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from tests import factories
from tests.tracker.feeds.conftest import Site
from tests.tracker.feeds.test_polling import poll
from tests.tracker.feeds.texts import rss
from tracker.models import Feed, FeedItem, FeedRule

pytestmark = pytest.mark.django_db
LIST, ADD = reverse("admin:tracker_feed_changelist"), reverse("admin:tracker_feed_add")
HOME = b"""<!doctype html><html><head><title>Karsk</title><link rel="alternate" type="application/rss+xml"
title="All news" href="/feed.xml"></head><body><p>The mayor said it was open.</p></body></html>"""


def asked(address: str, **said: Any) -> dict[str, Any]:
    return {
        "address": address,
        "kind": "",
        "shortest_interval": 300,
        "longest_interval": 21_600,
        "obey_robots": "on",
        **said,
    }


@pytest.fixture
def manager(client: Any) -> Any:
    client.force_login(factories.UserFactory(username="fay-feeds", role="feed manager"))
    return client


def page_of(feed: Feed, name: str = "change") -> str:
    return reverse(f"admin:tracker_feed_{name}", args=[feed.pk])


def test_a_feed_is_looked_at_before_it_is_added(manager, site: Site) -> None:
    site.put("/feed.xml", rss(site.address, [2, 1]))
    address = f"{site.address}/feed.xml"
    looked = manager.post(ADD, asked(address, look="1")).content.decode()
    assert "Dispatch 2" in looked
    assert "RSS 2.0" in looked
    assert not Feed.objects.exists()
    dossier = factories.DossierFactory(slug="harbour")
    saved = manager.post(ADD, asked(address, save="1", dossier=dossier.pk, group="Wires / Regional"))
    feed = Feed.objects.get()
    assert (saved.status_code, saved["Location"]) == (302, page_of(feed))
    assert (feed.title, feed.dossier, feed.group, feed.kind) == ("Karsk Mail", dossier, "Wires/Regional", "feed")
    assert feed.added_by.username == "fay-feeds"
    again = manager.post(ADD, asked(address, save="1")).content.decode()
    assert "There is a feed of" in again
    assert Feed.objects.count() == 1


def test_a_home_page_leads_to_the_feeds_that_it_names(manager, site: Site) -> None:
    site.put("/", HOME, Content_Type="text/html")
    site.put("/feed.xml", rss(site.address, [1]))
    looked = manager.post(ADD, asked(f"{site.address}/", look="1")).content.decode()
    assert "All news" in looked
    assert f'value="{site.address}/feed.xml"' in looked
    refused = manager.post(ADD, asked(f"{site.address}/", save="1")).content.decode()
    assert "Choose one of its feeds, or to watch the page" in refused
    chosen = manager.post(ADD, asked(f"{site.address}/", use=f"{site.address}/feed.xml")).content.decode()
    assert "Dispatch 1" in chosen
    manager.post(ADD, asked(f"{site.address}/", save="1", kind="page"))
    assert Feed.objects.get().kind == "page"


@pytest.mark.parametrize(
    ("address", "said"),
    [
        ("http://127.0.0.1:1/feed", "not on the public internet"),
        ("javascript:alert(1)", "only http and https"),
        ("/etc", "is not below a folder that FEED_FOLDERS names"),
    ],
)
def test_what_cannot_be_a_feed_is_refused_with_the_reason(manager, address, said) -> None:
    for button in ("look", "save"):
        page = manager.post(ADD, asked(address, **{button: "1"}))
        assert page.status_code == 200
        assert said in page.content.decode()
    assert not Feed.objects.exists()


def test_a_feeds_page_tells_how_it_goes_and_its_actions_work(manager, feed: Feed, site: Site) -> None:
    poll(feed)
    page = manager.get(page_of(feed)).content.decode()
    assert "It is read as usual." in page
    assert "Dispatch 2" in page
    site.put("/feed.xml", b"", 500)
    poll(feed)
    assert "answered 500" in manager.get(page_of(feed)).content.decode()
    manager.post(page_of(feed, "pause_this"), {"reason": "They asked us to."})
    feed.refresh_from_db()
    assert (feed.state, feed.state_reason) == ("paused", "fay-feeds: They asked us to.")
    told = manager.post(page_of(feed, "poll_this"), {}, follow=True).content.decode()
    assert "Resume it first" in told
    manager.post(page_of(feed, "resume_this"), {})
    feed.refresh_from_db()
    assert (feed.state, feed.failures) == ("active", 0)
    FeedItem.objects.update(state="waiting", submission=None)
    manager.post(page_of(feed, "skip_this"), {})
    assert set(FeedItem.objects.values_list("state", "reason")) == {("skipped", "Left out by fay-feeds.")}
    for health in ("well", "failing", "quiet"):
        assert manager.get(LIST, {"health": health}).status_code == 200


def test_what_is_settled_and_its_rules_are_changed_on_its_page(manager, feed: Feed) -> None:
    dossier = factories.DossierFactory(slug="courts")
    said = {
        "title": "The Mail", "group": "A//B", "shortest_interval": "600", "longest_interval": "7200", "dossier": "",
        "publisher": "", "rules-TOTAL_FORMS": "1", "rules-INITIAL_FORMS": "0", "rules-0-position": "1",
        "rules-0-field": "words", "rules-0-value": "trial, court", "rules-0-dossier": dossier.pk,
    }  # fmt: skip
    assert manager.post(page_of(feed), said).status_code == 302
    feed.refresh_from_db()
    assert (feed.title, feed.group, feed.shortest_interval, feed.dossier, feed.obey_robots) == (
        "The Mail", "A/B", 600, None, False,
    )  # fmt: skip
    assert feed.channel.__class__.objects.get(pk=feed.channel_id).name == "The Mail"
    assert FeedRule.objects.get().dossier == dossier
    refused = manager.post(page_of(feed), {**said, "longest_interval": "60"})
    assert "Not shorter than the shortest" in refused.content.decode()


def test_lists_of_feeds_go_in_and_out_with_their_folders(manager, feed: Feed) -> None:
    opml = f"""<opml version="2.0"><body><outline text="Wires"><outline text="Regional"><outline type="rss" text="Osk"
    xmlUrl="http://osk.example/feed"/></outline></outline><outline text="Here" xmlUrl="{feed.address}"/>
    <outline text="Bad" xmlUrl="javascript:alert(1)"/></body></opml>"""
    where = reverse("admin:tracker_feed_import_opml")
    told = manager.post(where, {"file": SimpleUploadedFile("mine.opml", opml.encode())}, follow=True).content.decode()
    assert "1 feeds added, 1 were there already. Left out: javascript:alert(1): not an http(s) address." in told
    added = Feed.objects.get(title="Osk")
    assert (added.group, added.address) == ("Wires/Regional", "http://osk.example/feed")
    sent = manager.get(reverse("admin:tracker_feed_export_opml"))
    Feed.objects.filter(pk=added.pk).delete()
    manager.post(where, {"file": SimpleUploadedFile("mine.opml", sent.content)})
    assert Feed.objects.get(title="Osk").group == "Wires/Regional"
    bomb = b"<!DOCTYPE opml [<!ENTITY a 'b'>]><opml><body/></opml>"
    refused = manager.post(where, {"file": SimpleUploadedFile("bomb.opml", bomb)}).content.decode()
    assert "declares entities of its own" in refused


def test_who_runs_this_is_asked_to_say_so(manager, settings) -> None:
    assert "does not name who runs this" in manager.get(LIST).content.decode()
    settings.FETCH_USER_AGENT = "Corroborate/0.1 (+https://newsroom.example/bot)"
    assert "does not name who runs this" not in manager.get(LIST).content.decode()
