"""A real worker reads a feed, and hears of the correction of what it listed."""

from __future__ import annotations

from typing import Any

import pytest
from django.utils import timezone

from claims.models import Claim, Document, Snapshot
from tests import factories
from tests.servers import Worker, wait_until
from tests.tracker.feeds.conftest import Site
from tests.tracker.feeds.texts import rss
from tests.tracker.pages.test_checking import DOCTOR, MAYOR, NOTE, html
from tracker.feeds import polling
from tracker.feeds.services import add_feed
from tracker.models import Page
from tracker.pages import checking

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]


def placed() -> int:
    return Snapshot.objects.exclude(matched_with="").count()


def test_what_a_feed_lists_is_read_and_its_correction_heard_of(site: Site, settings: Any, tmp_path: Any) -> None:
    settings.EVIDENCE_DIR = tmp_path
    site.put("/feed.xml", rss(site.address, [1]), Content_Type="application/rss+xml")
    site.put("/1", html(MAYOR, DOCTOR), Content_Type="text/html")
    feed = add_feed(address=f"{site.address}/feed.xml", dossier=factories.DossierFactory(slug="harbour"))
    there = {"FETCH_ALLOW_HOSTS": site.host, "EVIDENCE_DIR": str(tmp_path)}
    with Worker(**there):
        polling.announce_due()  # what the scheduler does, as with the pages below
        wait_until(lambda: placed() == 1, within=120, what="what the feed lists is placed")
        feed.refresh_from_db()
        assert (feed.failures, feed.listed, feed.title) == (0, 1, "Karsk Mail")
        assert Document.objects.get().dossier.slug == "harbour"
        site.put("/1", html(MAYOR, NOTE), Content_Type="text/html")
        Page.objects.update(next_check_at=timezone.now())
        checking.announce_due()
        wait_until(lambda: placed() == 2, within=120, what="the corrected version is placed")
    assert Document.objects.get().state == "corrected"
    assert Claim.objects.get(text__contains="five people").standing == "withdrawn"
    assert Page.objects.get().found == "changed"
