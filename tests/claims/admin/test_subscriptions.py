"""The log of webhooks in the admin: one's own, read-only, with pause, resume, ping and replay; no secret anywhere."""

import pytest
from django.urls import reverse
from django.utils import timezone

from claims.access import Access
from claims.models import Attempt, Delivery
from claims.services.subscriptions import subscribe
from tests import factories

LIST, LOG = "admin:claims_subscription_changelist", "admin:claims_delivery_changelist"


@pytest.fixture
def subscription(reviewer):
    made = subscribe(url="https://hooks.example/mine", access=Access.of(reviewer))
    delivery = Delivery.objects.create(subscription=made, seq=7, state="delivered", finished_at=timezone.now())
    Attempt.objects.create(delivery=delivery, duration_ms=12, status=200, excerpt="<script>alert(1)</script>")
    return made


def act(client, address, action, row):
    return client.post(reverse(address), {"action": action, "_selected_action": [row.pk]}, follow=True)


def test_the_owner_steers_it_and_sees_no_secret(client, reviewer, subscription):
    client.force_login(reviewer)
    listed = client.get(reverse(LIST)).content.decode()
    page = client.get(reverse("admin:claims_subscription_change", args=[subscription.pk])).content.decode()
    assert "https://hooks.example/mine" in listed
    assert "https://hooks.example/mine" in page
    assert subscription.secret not in listed + page
    for action, state in (("pause", "paused"), ("pause", "paused"), ("resume", "active"), ("ping", "active")):
        assert act(client, LIST, action, subscription).status_code == 200
        subscription.refresh_from_db()
        assert subscription.state == state
    assert subscription.deliveries.filter(seq=None).count() == 1
    delivery = subscription.deliveries.get(seq=7)
    shown = client.get(reverse("admin:claims_delivery_change", args=[delivery.pk])).content.decode()
    assert "&lt;script&gt;alert(1)" in shown
    assert "<script>alert(1)" not in shown
    act(client, LOG, "replay", delivery)
    delivery.refresh_from_db()
    assert delivery.state == "pending"


def test_others_see_nothing_of_it_but_administrators_all(client, reader, subscription):
    client.force_login(reader)
    for address in (LIST, LOG):
        assert "hooks.example" not in client.get(reverse(address)).content.decode()
    act(client, LIST, "pause", subscription)
    subscription.refresh_from_db()
    assert subscription.state == "active"
    client.force_login(factories.UserFactory(role="administrator"))
    for address in (LIST, LOG):
        assert "hooks.example" in client.get(reverse(address)).content.decode()
