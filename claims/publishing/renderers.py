"""Media types besides plain JSON."""

from collections.abc import Iterable
from typing import Any

from rest_framework.negotiation import DefaultContentNegotiation
from rest_framework.renderers import BaseRenderer, JSONRenderer
from rest_framework.request import Request

LINKED = "application/ld+json"


class LinkedDataRenderer(JSONRenderer):
    """JSON-LD: JSON whose names are a vocabulary's."""

    media_type = LINKED
    format = "jsonld"


class OneShape(DefaultContentNegotiation):
    """For what has one media type: it is answered in that, whatever a client says that it would rather have."""

    def select_renderer(
        self,
        request: Request,  # noqa: ARG002
        renderers: Iterable[BaseRenderer],
        format_suffix: str | None = None,  # noqa: ARG002
    ) -> Any:
        """The only renderer, and its media type."""
        (renderer,) = renderers
        return renderer, renderer.media_type
