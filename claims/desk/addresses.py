"""Where a row is worked on: the desk's page where it has one, the admin's otherwise."""

from typing import Any

from django.db import models
from django.urls import reverse

from claims.admin.markup import address_of
from claims.models import Claim, Contradiction, Document, Dossier, Source

PAGES: dict[type[models.Model], str] = {
    Claim: "desk:claim",
    Contradiction: "desk:conflict",
    Document: "desk:document",
    Dossier: "desk:dossier",
    Source: "desk:source",
}


def desk_address(row: Any) -> str:
    """The page on which this row is worked on."""
    page = PAGES.get(type(row))
    return reverse(page, args=[row.uid]) if page else address_of(row)
