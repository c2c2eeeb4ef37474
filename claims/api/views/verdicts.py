"""What we hold true."""

from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema, extend_schema_view

from claims import models
from claims.api import filters, loading
from claims.api.asof import AS_OF, MOMENT, AsOf, HasHistory, held_in, not_yet, now_or_then
from claims.api.serializers.asof import VerdictThenSerializer
from claims.api.serializers.claims import ClaimSerializer
from claims.api.serializers.verdicts import VerdictSerializer
from claims.api.shaping import Expansion
from claims.api.views.base import ReadOnly
from claims.models.verdict import ONCE_PUBLISHED
from claims.services.asof import object_as_of


@extend_schema_view(
    list=extend_schema(summary="Verdicts"),
    retrieve=extend_schema(
        summary="One verdict",
        responses=now_or_then("Verdict", VerdictSerializer, VerdictThenSerializer),
        parameters=[MOMENT],
    ),
)
class VerdictViewSet(AsOf, HasHistory, ReadOnly):
    """Verdicts: how credible a claim is held to be, why, and by which two people.

    A verdict that was superseded or withdrawn says so in `state`; lists leave it out unless asked for it. Drafts are
    nobody's word yet and not here.
    """

    queryset = models.Verdict.objects.all()
    serializer_class = VerdictSerializer
    filterset_class = filters.VerdictFilter
    orderings = {"published": "published_at", "credibility": "credibility"}
    expansions = {
        "claim": Expansion(
            ClaimSerializer, lambda verdict: verdict.claim_in_full, loading.with_claim, "as in the list of claims"
        )
    }
    takes = (*ReadOnly.takes, AS_OF)
    shows = (models.Verdict, models.Evidence, models.Claim, models.Document, models.Snapshot)

    def rows(self) -> QuerySet[models.Verdict]:
        """With claim, people and evidence."""
        return loading.verdicts()

    def then(self, uid: UUID, at: datetime) -> dict[str, Any]:
        """What was held then; before it was published it was nobody's word."""
        held = object_as_of(uid, at)
        if held is None or held.state["state"] not in ONCE_PUBLISHED:
            raise not_yet(at)
        claim = object_as_of(UUID(held.state["claim"]), at)
        return dict(VerdictThenSerializer(held_in(held, at, claim=claim)).data)
