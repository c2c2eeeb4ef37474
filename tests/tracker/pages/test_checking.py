"""Held pages are looked at again: corrections are found, servers are spared, and no outage passes for an end."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest
from django.db.utils import IntegrityError
from django.utils import timezone

from claims.models import Claim, Document, Event, Snapshot
from claims.services import allowances
from claims.services.actor import Actor
from claims.services.documents import set_document_state
from claims.services.retention import close_dossier, remove_contents, reopen_dossier, set_retention
from tests import factories
from tests.tracker.feeds.conftest import Site
from tests.tracker.feeds.texts import rss
from tracker import pipeline
from tracker.feeds.polling import poll_feed
from tracker.feeds.services import add_feed
from tracker.models import LeftAlone, Page, Submission
from tracker.pages.checking import BELIEVED, announce_due, check_page
from tracker.submissions import submit

pytestmark = pytest.mark.django_db

MAYOR = "The mayor of Besk said the bridge was closed on Monday."
DOCTOR = "Olga Brandt, a doctor in Besk, said five people were wounded in Besk on Monday."
NOTE = "Correction: an earlier version of this report misstated what the doctor said."
ELSE = "We use cookies to make this site better for you. Do accept all of them, or go on to the settings."


def html(*paragraphs: str, head: str = "") -> bytes:
    body = "".join(f"<p>{paragraph}</p>" for paragraph in paragraphs)
    return f"<html><head>{head}</head><body><article><h1>Besk</h1>{body}</article></body></html>".encode()


@pytest.fixture
def page(site: Site, settings: Any, tmp_path: Any) -> Page:
    """A page that was read once and has not been looked at again."""
    settings.EVIDENCE_DIR = tmp_path
    site.put("/besk", html(MAYOR, DOCTOR), Content_Type="text/html", ETag='"1"')
    submit(address=f"{site.address}/besk", announce=False)
    pipeline.work_off()
    return Page.objects.get()


def look(page: Page) -> Page:
    """Look at a page as if its time had come."""
    Page.objects.filter(pk=page.pk).update(next_check_at=timezone.now() - timedelta(seconds=1))
    check_page(page.pk)
    page.refresh_from_db()
    assert page.claimed_until is None
    return page


def files(settings: Any) -> int:
    return sum(1 for path in settings.EVIDENCE_DIR.rglob("*.warc.gz"))


def hours(page: Page) -> float:
    return (page.next_check_at - page.last_checked_at).total_seconds() / 3600


def test_what_is_fetched_is_looked_at_again_after_an_hour(page: Page, site: Site) -> None:
    assert (page.address, page.found, page.validators) == (f"{site.address}/besk", "first", {"etag": '"1"'})
    assert 0.8 < hours(page) < 1.2
    check_page(page.pk)
    assert site.paths().count("/besk") == 1, "its time has not come"


def test_what_a_person_hands_in_as_a_file_is_not(db: None, settings: Any, tmp_path: Any) -> None:
    settings.EVIDENCE_DIR = tmp_path
    submit(address="besk.txt", payload=MAYOR.encode(), content_type="text/plain", announce=False)
    pipeline.work_off()
    assert Document.objects.count() == 1
    assert not Page.objects.exists()


def test_a_page_that_did_not_change_is_not_sent_again_and_keeps_its_one_file(
    page: Page, site: Site, settings: Any
) -> None:
    look(page)
    assert site.asked[-1][1]["If-None-Match"] == '"1"'
    assert (page.found, page.checks, page.failures) == ("same", 1, 0)
    site.put("/besk", html(MAYOR, DOCTOR, head="<meta name='build' content='2'>"), Content_Type="text/html", ETag='"2"')
    look(page)
    assert (page.found, page.checks, page.validators) == ("same", 2, {"etag": '"2"'})
    assert (Snapshot.objects.count(), files(settings)) == (1, 1)


def test_the_longer_it_is_the_same_the_later_it_is_looked_at_until_it_is_let_go(page: Page, settings: Any) -> None:
    Page.objects.update(changed_at=timezone.now() - timedelta(days=10))
    assert 216 * 0.9 < hours(look(page)) < 264 * 1.1
    settings.RECHECK_DAYS = 9
    assert look(page).next_check_at is None


def test_a_correction_is_found_without_a_feeds_help(page: Page, site: Site) -> None:
    site.put("/besk", html(MAYOR, NOTE), Content_Type="text/html", ETag='"2"')
    look(page)
    pipeline.work_off()
    document = Document.objects.get()
    assert (document.state, document.notice, page.found) == ("corrected", NOTE, "changed")
    assert list(Snapshot.objects.order_by("number").values_list("number", "latest")) == [(1, False), (2, True)]
    assert Claim.objects.get(text__contains="five people").standing == "withdrawn"
    assert Claim.objects.get(text__contains="bridge").standing_flags == ["source-corrected"]
    assert Event.objects.get(object_uid=document.uid, verb="changed by its publisher").actor is None
    assert 0.8 < hours(page) < 1.2, "what has just changed may soon change again"


def test_a_retraction_in_the_markup_alone_is_found_and_archived_once(page: Page, site: Site, settings: Any) -> None:
    markup = json.dumps({"@type": "NewsArticle", "creativeWorkStatus": "Retracted"})
    head = f'<script type="application/ld+json">{markup}</script>'
    site.put("/besk", html(MAYOR, DOCTOR, head=head), Content_Type="text/html")
    for _ in range(2):
        look(page)
    assert Document.objects.get().state == "retracted"
    assert (Snapshot.objects.count(), files(settings)) == (1, 2)


def test_what_a_person_decided_is_neither_changed_nor_archived_again_and_again(
    page: Page, site: Site, settings: Any, editor: Any
) -> None:
    site.put("/besk", html(MAYOR, DOCTOR, NOTE), Content_Type="text/html")
    look(page)
    set_document_state(Document.objects.get(), state="live", actor=Actor.person(editor), reason="A new layout.")
    for _ in range(2):
        look(page)
    assert Document.objects.get().state == "live"
    assert (page.found, files(settings)) == ("same", 2)


# --- Gone, or something else ------------------------------------------------------------------------------------------


def test_a_missing_page_is_gone_when_it_was_missing_three_times(page: Page, site: Site) -> None:
    site.put("/besk", b"not here", 404)
    for _ in range(BELIEVED - 1):
        look(page)
        assert (page.found, Document.objects.get().state) == ("doubted", "live")
        assert hours(page) >= 8
    look(page)
    document = Document.objects.get()
    assert (page.found, page.doubts, document.state) == ("gone", 3, "gone")
    assert "answered 404" in Event.objects.filter(object_uid=document.uid).last().reason
    assert Claim.objects.get(text__contains="bridge").standing == "single-origin", "what it said, it said"
    site.put("/besk", html(MAYOR, DOCTOR), Content_Type="text/html", ETag='"1"')
    look(page)
    assert (page.found, page.doubts, Document.objects.get().state) == ("same", 0, "live")


def test_what_its_server_calls_gone_for_good_is_believed_at_once(page: Page, site: Site) -> None:
    site.put("/besk", b"", 410)
    look(page)
    assert (page.found, Document.objects.get().state) == ("gone", "gone")


def test_that_it_is_gone_does_not_hide_that_it_was_retracted(page: Page, site: Site, editor: Any) -> None:
    set_document_state(Document.objects.get(), state="retracted", actor=pipeline.INGEST, reason="They said so.")
    site.put("/besk", b"", 410)
    look(page)
    assert (page.found, Document.objects.get().state) == ("gone", "retracted")


def test_another_text_altogether_is_taken_for_a_version_when_it_stays(page: Page, site: Site) -> None:
    site.put("/besk", html(ELSE), Content_Type="text/html")
    for _ in range(BELIEVED - 1):
        look(page)
        assert (page.found, Snapshot.objects.count()) == ("doubted", 1)
        assert "another text altogether" in page.error
    look(page)
    assert (page.found, page.error, Snapshot.objects.count()) == ("changed", "", 2)


def test_a_retraction_that_replaces_the_text_is_believed_at_once(page: Page, site: Site) -> None:
    site.put("/besk", html("Retraction: this report was wrong and has been removed."), Content_Type="text/html")
    look(page)
    assert (page.found, Document.objects.get().state) == ("changed", "retracted")


def test_a_page_that_moved_stays_the_same_document_and_a_redirect_home_is_no_version_of_it(
    page: Page, site: Site
) -> None:
    site.put("/besk", b"", 301, Location="/new")
    site.put("/new", html(MAYOR, DOCTOR, "Rain fell all day."), Content_Type="text/html")
    look(page)
    document = Document.objects.get()
    assert (page.found, document.url, document.snapshots.count()) == ("changed", f"{site.address}/besk", 2)
    site.put("/besk", b"", 302, Location="/")
    site.put("/", html("Today's news from Besk and around it, chosen by our desk."), Content_Type="text/html")
    for _ in range(BELIEVED):
        look(page)
    assert (page.found, Document.objects.get().state, Snapshot.objects.count()) == ("gone", "gone", 2)
    assert "leads to" in page.error


# --- Politely, within bounds, and not everybody -----------------------------------------------------------------------


def test_an_outage_is_no_end_and_is_waited_out(page: Page, site: Site) -> None:
    site.put("/besk", b"", 503, Retry_After="86400")
    for failures in (1, 2, 3, 4):
        look(page)
        assert (page.found, page.failures, page.doubts, page.error_code) == ("failed", failures, 0, "http_status")
    assert hours(page) >= 23.9
    assert Document.objects.get().state == "live"


def test_a_page_that_kills_its_worker_is_left_for_later(page: Page, site: Site) -> None:
    Page.objects.update(attempts=3)
    look(page)
    assert (page.found, page.attempts) == ("failed", 0)
    assert "died on it" in page.error
    assert site.paths().count("/besk") == 1


def test_robots_are_obeyed_though_a_person_handed_the_address_in(page: Page, site: Site) -> None:
    site.put("/robots.txt", b"User-agent: *\nDisallow: /besk", Content_Type="text/plain")
    from tracker.models import Host

    Host.objects.update(robots_at=None)
    look(page)
    assert (page.found, page.error_code) == ("failed", "robots")
    assert site.paths().count("/besk") == 1


def test_no_more_are_asked_in_a_day_than_the_setting_says(
    page: Page, settings: Any, django_capture_on_commit_callbacks: Any
) -> None:
    settings.RECHECKS_PER_DAY = 1
    Page.objects.update(next_check_at=timezone.now())
    with django_capture_on_commit_callbacks() as told:
        assert announce_due() == 1
        assert announce_due() == 0, "it was just told"
    assert len(told) == 1
    look(page)
    assert page.checks == 1
    Page.objects.update(next_check_at=timezone.now(), announced_at=None)
    assert announce_due() == 0
    check_page(page.pk)
    page.refresh_from_db()
    assert page.checks == 1
    assert page.claimed_until > timezone.now() + timedelta(hours=23)
    settings.RECHECKS_PER_DAY = 0
    assert announce_due() == 0
    allowances.forget_ended()


def test_publishers_feeds_and_dossiers_can_be_left_alone(page: Page, site: Site) -> None:
    site.put("/feed.xml", rss(site.address, [1]), Content_Type="application/rss+xml")
    site.put("/1", html(MAYOR, DOCTOR), Content_Type="text/html")
    publisher = factories.SourceFactory(name="Karsk Mail", kind="news media")
    feed = add_feed(address=f"{site.address}/feed.xml", publisher=publisher)
    poll_feed(feed.pk)
    pipeline.work_off()
    of_feed = Page.objects.get(document__channel=feed.channel)
    assert Submission.objects.filter(feed=feed).count() == 1
    Page.objects.update(next_check_at=timezone.now())
    kept = factories.SourceFactory(name="Karsk Media")
    everything, others = {page, of_feed}, {page}
    assert set(Page.objects.due()) == everything
    for left, due in [
        ({"feed": feed}, others),
        ({"publisher": publisher}, others),
        ({"publisher": kept}, everything),
        ({"dossier": page.document.dossier}, set()),
    ]:
        alone = LeftAlone.objects.create(reason="They asked us to.", **left)
        assert set(Page.objects.due()) == due, left
        alone.delete()
    publisher.merged_into = kept
    publisher.save()
    LeftAlone.objects.create(reason="They asked us to.", publisher=kept)
    assert set(Page.objects.due()) == others


def test_what_a_dossier_has_closed_or_removed_is_not_fetched_back(page: Page, editor: Any) -> None:
    Page.objects.update(next_check_at=timezone.now())
    dossier = page.document.dossier
    close_dossier(dossier, by=editor, reason="The investigation is over.")
    assert not Page.objects.due().exists()
    reopen_dossier(dossier, by=editor, reason="It is not.")
    assert Page.objects.due().get() == page
    close_dossier(dossier, by=editor, reason="Now it is.")
    set_retention(dossier, unused_days=None, closed_days=1, by=editor, reason="The law says so.")
    assert remove_contents(page.document.snapshots.get().pk, at=timezone.now() + timedelta(days=2)) is not None
    reopen_dossier(dossier, by=editor, reason="A new lead.")
    assert not Page.objects.due().exists()


@pytest.mark.parametrize("left", [{}, {"feed": True, "dossier": True}])
def test_what_is_left_alone_is_one_of_three(db: None, site: Site, left: dict[str, bool]) -> None:
    site.put("/feed.xml", rss(site.address, [1]))
    made = {"feed": add_feed(address=f"{site.address}/feed.xml"), "dossier": factories.DossierFactory()}
    with pytest.raises(IntegrityError, match="left_alone_one_of_three"):
        LeftAlone.objects.create(reason="So.", **{name: made[name] for name in left})
