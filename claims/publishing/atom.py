"""The verdicts of a dossier as an Atom feed: what was published, and what became of it since."""

import re
from typing import Any
from uuid import UUID

from django.db.models import OuterRef, Subquery
from django.shortcuts import get_object_or_404
from django.utils.feedgenerator import Atom1Feed
from django.utils.html import escape
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework.renderers import BaseRenderer, JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response

from claims import models
from claims.access import access_of
from claims.api.etags import Conditional
from claims.api.filtering import refuse_unknown
from claims.api.permissions import MayView
from claims.api.schema import ProblemSchema
from claims.choices import VerdictState
from claims.models import Dossier, Event, Verdict
from claims.models.verdict import ONCE_PUBLISHED
from claims.publishing import newsroom
from claims.publishing.renderers import OneShape
from claims.services.protection import masked

ATOM = "application/atom+xml"
ENTRIES = 50
_NO_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff\ud800-\udfff]")
_SAID_FIRST = {VerdictState.WITHDRAWN: "Withdrawn: ", VerdictState.SUPERSEDED: "Superseded: "}


class AtomRenderer(BaseRenderer):
    """A feed as it is; errors as JSON, like everywhere."""

    media_type = ATOM
    format = "atom"
    charset = None

    def render(self, data: Any, *_: Any, **__: Any) -> bytes:
        """The bytes of the feed, or of a problem."""
        return data if isinstance(data, bytes) else JSONRenderer().render(data)


class VerdictFeed(Conditional):
    """The newest verdicts of a dossier, for feed readers."""

    permission_classes = [MayView]
    renderer_classes = [AtomRenderer]
    content_negotiation_class = OneShape
    schema = ProblemSchema()
    shows = (models.Dossier, models.Claim, models.Verdict)

    @extend_schema(summary="The verdicts of a dossier as an Atom feed", responses={(200, ATOM): OpenApiTypes.STR})
    def get(self, request: Request, uid: str) -> Response:
        """The 50 that changed last. One that was withdrawn or superseded comes again, under its id, and says so."""
        refuse_unknown(request)
        access = access_of(request)
        dossier = get_object_or_404(Dossier.objects.readable_by(access), uid=UUID(uid))
        newest = Event.objects.filter(object_uid=OuterRef("uid")).order_by("-pk")
        found = list(
            Verdict.objects.filter(claim__dossier=dossier, state__in=ONCE_PUBLISHED)
            .select_related("claim", "author", "approver")
            .defer("claim__embedding")
            .annotate(changed=Subquery(newest.values("recorded_at")[:1]), why=Subquery(newest.values("reason")[:1]))
            .order_by("-changed", "-pk")[:ENTRIES]
        )

        def shown(text: str) -> str:
            """As this caller may see it, without what XML cannot carry."""
            return _NO_XML.sub("\ufffd", masked(text, access))

        here = request.build_absolute_uri()
        feed = Atom1Feed(
            title=shown(f"Verdicts: {dossier.title}"), link=here, feed_url=here, description=shown(dossier.description),
            feed_guid=f"urn:uuid:{dossier.uid}",
        )  # fmt: skip
        for verdict in found:
            row: Any = verdict
            told = f"{verdict.get_credibility_display()}. {verdict.rationale}"
            if verdict.state == VerdictState.WITHDRAWN:
                told = f"This verdict was withdrawn: {row.why} Do not show it any more. It said: {told}"
            feed.add_item(
                title=shown(f"{_SAID_FIRST.get(VerdictState(verdict.state), '')}{verdict.claim.text}"),
                link=newsroom.page_of(verdict.claim.uid, request=request),
                description=escape(shown(told)),  # a summary is HTML: what is text must say so
                unique_id=f"urn:uuid:{verdict.uid}",
                pubdate=verdict.published_at,
                updateddate=row.changed,
                author_name=shown(f"{verdict.author.get_username()}, {verdict.approver}"),
                categories=[str(verdict.state)],
            )
        return Response(feed.writeString("utf-8").encode(), content_type=f"{ATOM}; charset=utf-8")
