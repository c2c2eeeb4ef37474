"""Feeds over REST."""

from __future__ import annotations

from typing import Any

import pytest

from tests import factories
from tests.tracker.feeds.conftest import Site
from tests.tracker.feeds.test_polling import poll
from tests.tracker.feeds.texts import rss
from tests.tracker.test_api import client_of
from tracker.models import Feed

pytestmark = pytest.mark.django_db
FEEDS = "/api/v1/feeds"


@pytest.fixture
def api() -> Any:
    return client_of(factories.UserFactory(role="feed manager"))


def test_a_feed_is_previewed_added_changed_stopped_and_polled(api, site: Site) -> None:
    site.put("/feed.xml", rss(site.address, [1]))
    address = f"{site.address}/feed.xml"
    looked = api.post(f"{FEEDS}/preview", {"address": address}, format="json").json()
    assert (looked["kind"], looked["format"], looked["error"]) == ("feed", "RSS 2.0", "")
    assert looked["items"][0]["title"] == "Dispatch 1"
    factories.DossierFactory(slug="harbour")
    answer = api.post(FEEDS, {"address": address, "dossier": "harbour", "group": "Wires"}, format="json")
    assert answer.status_code == 201, answer.content
    one = answer["Location"]
    assert api.post(FEEDS, {"address": address}, format="json").json()["code"] == "feed_there"
    feed = poll(Feed.objects.get())
    shown = api.get(one).json()
    assert (shown["title"], shown["failures"], shown["dossier"], shown["listed"]) == ("Karsk Mail", 0, "harbour", 1)
    seen = api.get(one)["ETag"]
    poll(Feed.objects.get())  # how it fares is no change of what people settled
    changed = api.patch(one, {"title": "The Mail", "dossier": None}, format="json", HTTP_IF_MATCH=seen)
    assert [changed.json()[name] for name in ("title", "dossier", "group")] == ["The Mail", None, "Wires"]
    unseen = api.patch(one, {"title": "Mine"}, format="json")
    assert (unseen.status_code, unseen.json()["code"]) == (428, "match_missing")
    late = api.patch(one, {"title": "Mine"}, format="json", HTTP_IF_MATCH=seen)
    assert (late.status_code, late.json()["now"]["title"]) == (412, "The Mail")
    assert api.post(f"{one}/poll", HTTP_IF_MATCH=seen).status_code == 412
    assert api.patch(one, {"group": "Press"}, format="json", HTTP_IF_MATCH=changed["ETag"]).status_code == 200
    assert api.post(f"{one}/pause", {"reason": "a test"}, format="json").json()["state"] == "paused"
    assert api.post(f"{one}/poll").json()["code"] == "not_polled"
    assert api.post(f"{one}/resume").json()["state"] == "active"
    assert api.post(f"{one}/poll").status_code == 202
    items = api.get(f"{one}/items").json()["results"]
    assert [(item["title"], item["state"]) for item in items] == [("Dispatch 1", "submitted")]
    assert [row["uid"] for row in api.get(FEEDS).json()["results"]] == [str(feed.uid)]


def test_lists_of_feeds_go_in_and_out(api, feed: Feed) -> None:
    listed = api.get(f"{FEEDS}/opml")
    assert (listed.status_code, feed.address.encode() in listed.content) == (200, True)
    told = api.post(f"{FEEDS}/opml", listed.content, content_type="text/x-opml").json()
    assert told == {"added": 0, "there": 1, "left_out": []}
    for nothing_of_the_sort in (b"<rss/>", b""):
        refused = api.post(f"{FEEDS}/opml", nothing_of_the_sort, content_type="text/x-opml")
        assert (refused.status_code, refused.json()["code"]) == (400, "unreadable_list")


@pytest.mark.parametrize(
    ("body", "wrong"),
    [
        ({}, "address"),
        ({"address": "http://a.example/", "colour": 1}, "colour"),
        ({"address": "http://a.example/", "kind": "rumour"}, "kind"),
        ({"address": "http://a.example/", "dossier": "unheard-of"}, "dossier"),
        ({"address": "http://a.example/", "shortest_interval": 1}, "shortest_interval"),
        ({"address": "http://a.example/", "shortest_interval": 30_000}, "longest_interval"),
    ],
)
def test_what_is_wrong_is_named(api, body, wrong) -> None:
    answer = api.post(FEEDS, body, format="json")
    assert (answer.status_code, list(answer.json()["errors"])) == (400, [wrong])
    assert not Feed.objects.exists()


def test_an_address_that_is_none_is_refused(api) -> None:
    answer = api.post(FEEDS, {"address": "ftp://a.example/"}, format="json")
    assert (answer.status_code, answer.json()["code"]) == (400, "not_a_feed_address")


def test_a_reader_looks_and_changes_nothing(feed: Feed) -> None:
    reader = client_of(factories.UserFactory(role="reader"))
    assert reader.get(f"{FEEDS}/{feed.uid}").status_code == 200
    assert reader.post(FEEDS, {"address": "http://a.example/"}, format="json").status_code == 403
    assert reader.post(f"{FEEDS}/{feed.uid}/pause", {"reason": "x"}, format="json").status_code == 403
