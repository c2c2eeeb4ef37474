"""What is looked at again, in the admin, and what is left alone."""

from __future__ import annotations

from typing import Any

import pytest
from django.urls import reverse
from django.utils import timezone

from claims.limits import SECONDS, Limit
from claims.models import Document
from claims.services import allowances
from claims.services.retention import close_dossier
from tests import factories
from tests.tracker.pages.test_checking import page as page  # noqa: PLC0414  the fixture
from tracker.models import LeftAlone, Page

pytestmark = pytest.mark.django_db
LIST, ALONE = reverse("admin:tracker_page_changelist"), reverse("admin:tracker_leftalone_changelist")


@pytest.fixture
def manager(client: Any) -> Any:
    client.force_login(factories.UserFactory(username="fay-feeds", role="feed manager"))
    return client


def test_pages_tell_what_was_found_and_are_looked_at_when_asked(
    manager, page: Page, django_capture_on_commit_callbacks
) -> None:
    Page.objects.update(found="failed", failures=1, error="It answered 503.", error_code="http_status")
    assert "It answered 503." in manager.get(LIST, {"q": "besk", "found__exact": "failed"}).content.decode()
    where = reverse("admin:tracker_page_change", args=[page.pk])
    assert "It answered 503." in manager.get(where).content.decode()
    with django_capture_on_commit_callbacks() as told:
        manager.post(reverse("admin:tracker_page_look_this", args=[page.pk]), {})
    page.refresh_from_db()
    assert page.next_check_at <= timezone.now()
    assert len(told) == 1


def alone(page: Page, settings: Any) -> None:
    LeftAlone.objects.create(dossier=page.document.dossier, reason="A court asked us to.")


def publisher_alone(page: Page, settings: Any) -> None:
    kept = factories.SourceFactory()
    merged = factories.SourceFactory(merged_into=kept)
    Document.objects.update(publisher=merged)
    LeftAlone.objects.create(publisher=kept, reason="They asked us to.")


def closed(page: Page, settings: Any) -> None:
    close_dossier(page.document.dossier, by=factories.UserFactory(), reason="It is over.")


def switched_off(page: Page, settings: Any) -> None:
    settings.RECHECKS_PER_DAY = 0


def used_up(page: Page, settings: Any) -> None:
    settings.RECHECKS_PER_DAY = 3
    allowances.spend(Limit(3, SECONDS["day"]), name="pages", caller="all", cost=3)


def at_work(page: Page, settings: Any) -> None:
    Page.objects.update(next_check_at=timezone.now())
    assert Page.objects.due().claim(page.pk, seconds=60, by="another worker")


def postponed(page: Page, settings: Any) -> None:
    at_work(page, settings)
    Page.objects.postpone(Page.objects.get(), seconds=60)


@pytest.mark.parametrize(
    ("so_that", "told"),
    [
        (alone, "left alone, as the pages of this dossier are: A court asked us to."),
        (publisher_alone, "left alone, as the pages of this publisher are: They asked us to."),
        (closed, "dossier is closed"),
        (switched_off, "RECHECKS_PER_DAY is 0"),
        (used_up, "looks are used up (RECHECKS_PER_DAY). Ask again in "),
        (at_work, "A worker is looking at it at this moment"),
        (postponed, "waits for its turn at its server"),
    ],
)
def test_where_nobody_would_look_it_is_said_why(
    manager, page: Page, settings: Any, so_that: Any, told: str, django_capture_on_commit_callbacks
) -> None:
    so_that(page, settings)
    before = Page.objects.get()
    with django_capture_on_commit_callbacks() as woken:
        answer = manager.post(reverse("admin:tracker_page_look_this", args=[page.pk]), {}, follow=True)
    assert told in answer.content.decode()
    assert "as soon as a worker is free." not in answer.content.decode()
    assert (Page.objects.get().next_check_at, woken) == (before.next_check_at, [])


def test_who_is_left_alone_is_noted_with_the_reason_and_taken_back(manager, page: Page) -> None:
    dossier = page.document.dossier
    add = reverse("admin:tracker_leftalone_add")
    refused = manager.post(add, {"reason": "They asked us to."}).content.decode()
    assert "one of the three" in refused
    assert manager.post(add, {"dossier": dossier.pk, "reason": "They asked us to."}).status_code == 302
    alone = LeftAlone.objects.get()
    assert (alone.dossier, alone.added_by.username) == (dossier, "fay-feeds")
    assert "They asked us to." in manager.get(ALONE).content.decode()
    manager.post(reverse("admin:tracker_leftalone_delete", args=[alone.pk]), {"post": "yes"})
    assert not LeftAlone.objects.exists()
