"""What is looked at again, in the admin, and what is left alone."""

from __future__ import annotations

from typing import Any

import pytest
from django.urls import reverse
from django.utils import timezone

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
