"""Whose turn it is to ask a server: one row in PostgreSQL decides for all workers."""

from datetime import timedelta

import pytest
from django.utils import timezone

from tracker import politeness
from tracker.models import Host, HostVisit
from tracker.politeness import NotNow, turn

pytestmark = pytest.mark.django_db
PAGE, OTHER = "https://news.example/1", "https://other.example/1"


def test_no_more_requests_are_under_way_than_a_server_may_get(settings) -> None:
    settings.FETCH_HOST_CONNECTIONS = 1
    with turn(PAGE, patience=0):
        with pytest.raises(NotNow) as busy, turn("https://news.example/2", patience=0):
            pass
        assert busy.value.seconds > 0
        with turn(OTHER, patience=0):
            assert HostVisit.objects.count() == 2
    with turn(PAGE, patience=0):
        pass
    assert not HostVisit.objects.exists()


def test_between_two_requests_there_is_time_and_who_cannot_wait_is_spread_over_it(settings) -> None:
    settings.FETCH_HOST_DELAY_SECONDS = 30
    with turn(PAGE, patience=0):
        pass
    waits = []
    for _ in range(3):
        with pytest.raises(NotNow) as busy, turn(PAGE, patience=0):
            pass
        waits.append(busy.value.seconds)
    assert waits[0] < waits[1] < waits[2]
    Host.objects.update(next_at=timezone.now() - timedelta(seconds=1))
    with turn(PAGE, patience=0):
        pass


def test_the_request_of_a_worker_that_was_killed_counts_no_more_when_its_time_is_up(settings) -> None:
    settings.FETCH_HOST_CONNECTIONS = 1
    host = Host.objects.create(name="news.example:443")
    HostVisit.objects.create(host=host, until=timezone.now() - timedelta(seconds=1))
    with turn(PAGE, patience=0):
        assert HostVisit.objects.count() == 1


def test_whether_somebody_says_who_asks_is_known(settings) -> None:
    assert not politeness.operator_is_named()
    settings.FETCH_USER_AGENT = "Corroborate/0.1 (+https://newsroom.example/bot)"
    assert politeness.operator_is_named()
