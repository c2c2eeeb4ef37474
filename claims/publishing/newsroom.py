"""Who publishes: the newsroom as the settings name it, and where its readers find a claim."""

from typing import Any
from uuid import UUID

from django.conf import settings
from rest_framework.request import Request
from rest_framework.reverse import reverse


def organisation() -> dict[str, Any]:
    """The newsroom as schema.org describes it."""
    named = {"@type": "Organization", "name": settings.PUBLISHER_NAME}
    return named | ({"url": settings.PUBLISHER_URL} if settings.PUBLISHER_URL else {})


def page_of(claim: UUID, *, request: Request) -> str:
    """Where people read the review of a claim: the newsroom's own page, or else what this API answers."""
    if settings.CLAIM_PAGE_URL:
        return str(settings.CLAIM_PAGE_URL).replace("{uid}", str(claim))
    return str(reverse("api:claim-claimreview", kwargs={"uid": claim}, request=request))
