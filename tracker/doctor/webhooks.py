"""Which subscribers cannot be told of changes?"""

from collections.abc import Iterator

from claims.choices import SubscriptionState
from claims.models import Subscription
from tracker.doctor.findings import Finding, ok, some, warning
from tracker.lag import FAILING


def findings() -> Iterator[Finding]:
    """Subscriptions that fail or were given up. Their addresses are not shown: they may hold secrets."""
    dead = Subscription.objects.filter(state=SubscriptionState.DEAD)
    failing = Subscription.objects.filter(state=SubscriptionState.ACTIVE, failures__gte=FAILING)
    for check, rows, words in (
        ("webhooks_dead", dead, "were given up"),
        ("webhooks_failing", failing, "fail again and again"),
    ):
        if named := [one.name or f"number {one.pk}" for one in rows.order_by("pk")]:
            yield warning(
                check,
                f"{len(named)} webhook subscriptions {words}: {some(named)}.",
                "Tell their owners. The subscription's page in the admin has every answer, and starts it again.",
            )
    if not dead and not failing:
        yield ok("webhooks", "Every subscriber is told.")
